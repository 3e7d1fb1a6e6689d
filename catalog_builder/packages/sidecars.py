"""Texts of the sidecar files → values. Pure; `catalog_builder.read.package` fetches the bytes.

Formats: the columns that readers of real deliveries rely on. Blank lines and lines that do not start with a digit
where a number is due (headers, comments) are passed over; a date that does not exist is an error, for a wrong date is
worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from math import isfinite
from pathlib import PurePath

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import DatePair, Scene
from catalog_builder.packages.names import compact_date
from catalog_builder.vocab.satellites import BY_CODE
from catalog_builder.vocab.sidecars import DEM_NAMES, KNOWN_KEYS, MISSING, VOCABULARY

_SCENE = re.compile(r"(S1[A-D])_IW_SLC__\w{4}_(\d{8}T\d{6})_(\d{8}T\d{6})_(\d{6})", re.ASCII)
_ZONE_LETTER = re.compile(r"(?<=\d)[A-Za-z]$")
_LONGEST_ACQUISITION = timedelta(hours=1)
MAX_BASELINE_M = 10_000.0
"""Far beyond the orbital tube of Sentinel-1, and beyond the critical baseline."""
_YEARS = range(1970, 2101)
"""Years that a time of this data can lie in."""
_DATES = re.compile(r"(?<!\d)(\d{8})[-_\s]+(\d{8})(?!\d)", re.ASCII)
_META_LINE = re.compile(r"\s*([A-Za-z][\w./-]*)(?:\s*:\s*|\s+|\s*$)(.*)")


def decode(content: bytes) -> str:
    """Text of a sidecar file: UTF-8 with or without a byte order mark, else Latin-1, which never fails.

    NUL characters are left out: no database takes them.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\0", "")


def parse_meta(text: str) -> Iterator[tuple[str, str]]:
    """Keys and values of a `.meta` file in file order; those without a value are left out.

    >>> list(parse_meta("Used_DEM: SRTM\\nSensor S1\\nUser_ID: N/a\\n"))
    [('Used_DEM', 'SRTM'), ('Sensor', 'S1')]
    """
    for line in text.splitlines():
        yield from _meta_line(line)


@lru_cache(maxsize=4096)
def _meta_line(line: str) -> tuple[tuple[str, str], ...]:
    """Key and value of one line, if it has both. The files of a track say the same in most of theirs."""
    match = _META_LINE.fullmatch(line)
    return ((match[1], match[2].strip()),) if match and match[2].strip().lower() not in MISSING else ()


@dataclass(frozen=True, slots=True)
class Meta:
    """What the `.meta` files of a package say together."""

    first: dict[str, str]
    """First value of each key that the builder uses."""
    variants: dict[str, tuple[str, ...]]
    """Further values of such a key, each once."""
    unknown: frozenset[str]
    """Keys that are not in the vocabulary."""


def collect_meta(texts: Iterable[str]) -> Meta:
    """Merge the `.meta` files of a package, which repeat each other.

    >>> collect_meta(["Used_DEM: SRTM", "Used_DEM: NASADEM\\nColour: red"])
    Meta(first={'Used_DEM': 'SRTM'}, variants={'Used_DEM': ('NASADEM',)}, unknown=frozenset({'Colour'}))
    """
    values: dict[str, dict[str, None]] = {}
    unknown = set()
    for line in dict.fromkeys(chain.from_iterable(map(str.splitlines, texts))):
        for key, value in _meta_line(line):
            if key in KNOWN_KEYS:
                values.setdefault(key, {})[value] = None
            elif key not in VOCABULARY:
                unknown.add(key)
    first = {key: next(iter(found)) for key, found in values.items()}
    variants = {key: tuple(found)[1:] for key, found in values.items() if len(found) > 1}
    return Meta(first, variants, frozenset(unknown))


def parse_parameters(text: str) -> dict[str, str]:
    """`key = value` lines of `nsbas.proc`.

    >>> parse_parameters("SarMasterDir = 20151111\\n# note\\n")
    {'SarMasterDir': '20151111'}
    """
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def parse_baselines(text: str, where: str) -> dict[date, float]:
    """`baseline.rsc` → perpendicular baseline in metres of each date.

    >>> parse_baselines("20151111 -12.5 0.0\\n", "baseline.rsc")
    {datetime.date(2015, 11, 11): -12.5}
    """
    values = ((compact_date(where, row[0]), _number(row[1], where)) for row in _rows(text, columns=2))
    baselines = {day: value for day, value in values if isfinite(value)}
    for day, value in baselines.items():
        if abs(value) > MAX_BASELINE_M:
            raise PackageRefused(where, f"{PurePath(where).name}: {value:g} of {day} is not a baseline in metres")
    return baselines


def parse_pairs(text: str, where: str) -> tuple[DatePair, ...]:
    """`interf_pair.rsc` → all computed pairs, in file order."""
    return tuple(_pair(row[0], row[1], where) for row in _rows(text, columns=2))


def parse_stack(text: str, where: str) -> frozenset[DatePair]:
    """`Stk-In_list_InU` → pairs of the stack: the two dates that each line names, in whatever file name or column.

    >>> [pair] = parse_stack("CNES_InU_radar_20151111_20151123_sd_era_8rlks.tiff\\n", "list")
    >>> pair.secondary
    datetime.date(2015, 11, 23)
    """
    return frozenset(_pair(match[1], match[2], where) for match in map(_DATES.search, text.splitlines()) if match)


def parse_unwrapped_fraction(text: str, where: str) -> dict[DatePair, float]:
    """`list_unw_frac.txt` → unwrapped fraction, 0 to 1, of each pair."""
    values = ((_pair(row[0], row[1], where), _number(row[2], where)) for row in _rows(text, columns=3))
    fractions = {pair: value for pair, value in values if isfinite(value)}
    for pair, value in fractions.items():
        if not 0 <= value <= 1:
            reason = f"{PurePath(where).name}: {value:g} of {pair.reference}/{pair.secondary} is not between 0 and 1"
            raise PackageRefused(where, reason)
    return fractions


def parse_epochs(text: str, where: str) -> tuple[date, ...]:
    """`RMSdate.txt` → dates of the cube in band order.

    >>> parse_epochs("0 20151111 0.5\\n1 20151123 0.4\\n", "RMSdate.txt")[1]
    datetime.date(2015, 11, 23)
    """
    return tuple(compact_date(where, row[1]) for row in _rows(text, columns=2))


def parse_rms(text: str, where: str) -> dict[DatePair, float]:
    """`RMSinterfero.txt` → misclosure in radians of each pair kept in the inversion; NaN where it says so."""
    return {_pair(row[1], row[2], where): _number(row[3], where) for row in _rows(text, columns=4)}


@lru_cache(maxsize=4096)
def scenes(text: str) -> tuple[Scene, ...]:
    """Sentinel-1 scenes that a value names, wherever in it; those with impossible times are left out.

    >>> [scene] = scenes("x-S1A_IW_SLC__1SDV_20170627T181009_20170627T181036_017223_01CBB8_3A0F.SAFE-y")
    >>> scene.satellite.code, scene.absolute_orbit
    ('S1A', 17223)
    """
    found = []
    for match in _SCENE.finditer(text):
        start, stop = _compact_time(match[2]), _compact_time(match[3])
        if start and stop:
            found.append(Scene(satellite=BY_CODE[match[1]], start=start, stop=stop, absolute_orbit=int(match[4])))
    return tuple(found)


def scene_start(text: str, day: date | None = None) -> datetime | None:
    """Start of the acquisition whose scenes a value names, UTC; None when none is named.

    Args:
        text: the value, as the word `burst` one without scenes.
        day: what the product calls the day of the acquisition. One that spans midnight may carry either date; with
            the later one its start on that day is midnight. None when the acquisition does not touch that day.

    >>> scene_start("S1A_IW_SLC__1SDV_20170627T181009_20170627T181036_017223_01CBB8_3A0F-x")
    datetime.datetime(2017, 6, 27, 18, 10, 9, tzinfo=datetime.timezone.utc)
    """
    found = scenes(text)
    if not found:
        return None
    start, stop = min(scene.start for scene in found), max(scene.stop for scene in found)
    if day is None or start.date() == day:
        return start
    over_midnight = start.date() < day == stop.date() and stop - start < _LONGEST_ACQUISITION
    return datetime.combine(day, time(), tzinfo=UTC) if over_midnight else None


def iso_time(text: str) -> datetime | None:
    """UTC time from an ISO date-time, with or without zone, `T` or seconds; None if it is not one.

    Whatever letter stands for the zone, UTC is meant.

    >>> iso_time("2021-11-18 10:20:30")
    datetime.datetime(2021, 11, 18, 10, 20, 30, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(_ZONE_LETTER.sub("", text.strip()))
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def number(text: str) -> float | None:
    """A finite number from the first word of a value, whose unit may follow; None if it is not a number.

    >>> number("25.08 m"), number("many"), number("nan")
    (25.08, None, None)
    """
    try:
        value = float(text.split(maxsplit=1)[0])
    except (ValueError, IndexError):
        return None
    return value if isfinite(value) else None


def orbit_state(text: str) -> str | None:
    """`ascending` or `descending` from the value of an orbit direction; None when it says neither.

    >>> orbit_state("DESCENDING"), orbit_state("Asc."), orbit_state("north")
    ('descending', 'ascending', None)
    """
    letters = text.strip().lower()
    return next((state for state in ("ascending", "descending") if letters.startswith(state[:3])), None)


def dem_name(text: str) -> str:
    """DEM name in the vocabulary of the insar extension where it has one.

    >>> dem_name("DEM correction using SRTM."), dem_name("NASADEM")
    ('SRTM1', 'NASADEM')
    """
    return next((name for pattern, name in DEM_NAMES if pattern.search(text)), text.strip())


def software(text: str) -> dict[str, str]:
    """`processing:software` from a version text such as `NSBAS:v2.3.0:02fa325c`.

    >>> software("NSBAS:v2.3.0:02fa325c")
    {'NSBAS': '2.3.0'}
    """
    parts = text.split(":")
    version = parts[1] if len(parts) > 1 and parts[1] and parts[0].upper() == "NSBAS" else text
    return {"NSBAS": version.strip().removeprefix("v")}


def _rows(text: str, *, columns: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        row = line.split()
        if len(row) >= columns and row[0][0].isdigit():
            yield row


def _pair(first: str, second: str, where: str) -> DatePair:
    return DatePair(compact_date(where, first), compact_date(where, second))


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PackageRefused(where, f"{text!r} in {PurePath(where).name} is not a number") from None


def _compact_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
