"""The checks of a build, one row each: what is compared, and what follows where it is wrong.

`docs/checks.md` is made from these rows. `--strict` and `--lenient` move the answer one step: see `Answer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Answer(Enum):
    """What a build does with a fault."""

    REFUSE = "the package is refused; published with `flatsim:warnings` by `--lenient`"
    """It contradicts itself in what it is."""
    WITHHOLD = "the value is left out, with a warning; the package is refused by `--strict`"
    """A value cannot be right, or is not told for certain."""
    NAME = "a warning names it; the package is refused by `--strict`"
    """Something is missing or unusual, and no published value depends on it."""
    NOTE = "a note, which refuses nothing"
    """Not a fault of one package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check."""

    kind: str
    """Of its warnings, as the summary and the report name it."""
    compared: str
    answer: Answer
    withheld: tuple[str, ...] = ()
    """Properties of the item that are left out."""
    absent: str = ""
    """What else of the package is not published or not used."""


_BASELINE: Final = ("insar:perpendicular_baseline", "insar:height_of_ambiguity")
_NETWORK: Final = ("flatsim:n_interferograms", "flatsim:network_connected")

CHECKS: Final = (
    Check(kind="dates", answer=Answer.REFUSE,
          compared="dates in the names of a pair's files, times of measurement in its `.meta` and dates of its scenes "
          "with the dates of the package's name"),
    Check(kind="orbit", answer=Answer.REFUSE,
          compared="direction and number of the orbit in the `.meta`, and the orbits of scenes, with the track's name"),
    Check(kind="satellite", answer=Answer.REFUSE, compared="satellite of the scenes with that of the package's name"),
    Check(kind="position", answer=Answer.REFUSE,
          compared="the footprint with the earth, with sizes that a swath can have, and with the region's box"),
    Check(kind="cube dates", answer=Answer.WITHHOLD,
          compared="`RMSdate.txt` with the bands of the cube, the order of time and the dates of the package's name",
          withheld=("cube:dimensions", "cube:variables", "flatsim:n_dates", "flatsim:max_gap_days",
                    "flatsim:network_connected"),
          absent="dates as names of the cube's bands"),
    Check(kind="line of sight", answer=Answer.WITHHOLD,
          compared="length, incidence and direction of the vectors with what Sentinel-1 and the track's orbit have",
          withheld=("view:incidence_angle", "view:azimuth", "insar:height_of_ambiguity"),
          absent="the same of the items of its track"),
    Check(kind="coherence", answer=Answer.WITHHOLD,
          compared="coherence with 0 to 1, 0 to 100 % and, in bytes, 0 to 255",
          withheld=("flatsim:coherence_mean",)),
    Check(kind="baseline", answer=Answer.WITHHOLD,
          compared="the baseline of a pair's `.meta` with that of `baseline.rsc`", withheld=_BASELINE),
    Check(kind="reference system", answer=Answer.WITHHOLD,
          compared="a reference system where there is ground geometry, none where there is radar geometry",
          absent="`proj:code`, `proj:transform` and `proj:bbox` of the raster"),
    Check(kind="table line", answer=Answer.WITHHOLD,
          compared="each line of a table with the shape of the table, each value with its range, each date with the "
          "package's name, and what a line says twice",
          absent="what the line tells"),
    Check(kind="table", answer=Answer.WITHHOLD,
          compared="a table with its own numbering, its end, and the other lists of the track",
          withheld=(), absent="counts, connection and `false` that depend on lines which may be missing"),
    Check(kind="network", answer=Answer.WITHHOLD,
          compared="the pairs of the inversion with the dates of the cube and the list of the stack", withheld=_NETWORK,
          absent="`flatsim:used_in_timeseries` where it would be false"),
    Check(kind="metadata value", answer=Answer.WITHHOLD, compared="numbers and times in a `.meta`, which must be some",
          absent="the value"),
    Check(kind="pixels", answer=Answer.NAME,
          compared="pixels of the coherence with its range: those outside are left out of the mean"),
    Check(kind="scale", answer=Answer.NAME,
          compared="coherence in percent or bytes: its mean is published from 0 to 1"),
    Check(kind="no data", answer=Answer.NAME,
          compared="one value all around a raster that is not declared as no data: taken for it"),
    Check(kind="longitudes", answer=Answer.NAME, compared="longitudes beyond 180 degrees: the footprint is shifted"),
    Check(kind="bands", answer=Answer.NAME, compared="the number of bands with that of the product"),
    Check(kind="missing file", answer=Answer.NAME,
          compared="names in a package with what is behind them: links into nothing, pipes, sockets"),
    Check(kind="missing product", answer=Answer.NAME,
          compared="products that a preview, a legend, a `.meta` or the other packages of the track name"),
    Check(kind="unknown product", answer=Answer.NAME, compared="acronyms of rasters with the vocabulary"),
    Check(kind="foreign product", answer=Answer.NAME, compared="products with the kind of the package"),
    Check(kind="file time", answer=Answer.NAME, compared="times of files with the present"),
    Check(kind="outside", answer=Answer.NOTE,
          compared="the place that a link leads to with the trees: `/data/` does not publish what is outside"),
    Check(kind="missing pairs", answer=Answer.NOTE,
          compared="the pairs of the inversion with the packages: a delivery may be partial"),
    Check(kind="not used", answer=Answer.NOTE,
          compared="what is refused with what its track would have taken from it, values and links"),
    Check(kind="not listed", answer=Answer.NOTE, compared="folders that cannot be listed; the exit status is 3"),
    Check(kind="unknown keys", answer=Answer.NOTE, compared="keys of `.meta` files with the vocabulary"),
    Check(kind="thumbnail", answer=Answer.NOTE, compared="pictures that cannot be shown"),
)  # fmt: skip

BY_KIND: Final = {check.kind: check for check in CHECKS}
