"""The three kinds of package, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of package."""

    code: str
    """As it is in the package name: `NSBAS_<code>-PKG_…`."""
    aliases: tuple[str, ...]
    """Other words for it that a package name may hold, upper case: the catalogues' and the documents'."""
    product_type: str
    """Value of `product:type` on items."""
    slug: str
    """Last part of the collection id."""
    id_suffix: str
    """What the item id carries for it."""
    per_pair: bool
    """One package per pair of dates; otherwise one per track segment and campaign."""
    level: str | None
    """`processing:level` of its items; None where the assets differ."""
    title: str
    """Collection title, after the region's name."""
    item_title: str
    """Words in an item's title between the track and the dates."""
    description: str
    lineage: str
    footprint_from: tuple[str, ...]
    """Asset keys whose valid area is the footprint, best first."""
    expected: tuple[tuple[str, tuple[str, ...]], ...]
    """What a package of the kind holds, in words, and the keys or file names, lower case, of which it then has one."""
    thumbnail_from: tuple[str, ...]
    """Asset keys of which one is shown as thumbnail, best first; after all of them the same in radar geometry."""

    def __reduce__(self) -> tuple[Callable[[str], Kind], tuple[str]]:
        """By its code: there is one object a kind in each process, and kinds are told apart by `is`."""
        return _kind_of_code, (self.code,)


def _kind_of_code(code: str) -> Kind:
    return BY_CODE[code]


INTERFEROGRAM: Final = Kind(
    code="INT",
    aliases=("INTERF", "INTERFEROGRAM"),
    product_type="INTERFEROGRAM",
    slug="interferogram",
    id_suffix="int",
    per_pair=True,
    level="L2",
    title="FLATSIM Sentinel-1 interferograms",
    item_title="interferogram",
    description=(
        "Differential Sentinel-1 interferograms computed by the FLATSIM service with the NSBAS chain: wrapped, "
        "filtered and unwrapped phase, atmospheric phase screen and spatial coherence, in radar and in "
        "ground geometry. "
        "One item is one pair of dates of one track segment."
    ),
    lineage="NSBAS: differential interferograms from concatenated IW SLC",
    footprint_from=("coh_geo", "inwf_geo", "inw_geo", "inu_geo", "aps_geo"),
    expected=(("InU", ("inu",)), ("Coh", ("coh",))),
    thumbnail_from=("inu_geo", "inwf_geo", "inw_geo", "coh_geo", "aps_geo"),
)
TIMESERIES: Final = Kind(
    code="TS",
    aliases=("TIMESERIE", "TIMESERIES"),
    product_type="TIMESERIES",
    slug="timeseries",
    id_suffix="ts",
    per_pair=False,
    level="L3",
    title="FLATSIM Sentinel-1 displacement time series",
    item_title="line-of-sight displacement time series",
    description=(
        "Line-of-sight displacement time series inverted by the FLATSIM service from its network of "
        "interferograms: the "
        "cumulative phase delay for each date, the mean velocity and the quality of the inversion. One item is one "
        "track segment and campaign; its `datetime` is the last acquisition."
    ),
    lineage="NSBAS: small-baseline inversion of the interferogram network",
    footprint_from=("mvlos_geo", "net_geo", "dts_geo"),
    expected=(
        ("DTs", ("dts",)),
        ("MV-LOS", ("mvlos",)),
        ("RMSdate.txt", ("rmsdate.txt",)),
        ("RMSinterfero.txt", ("rmsinterfero.txt", "stack")),
    ),
    thumbnail_from=("mvlos_geo", "net_geo", "dts_geo"),
)
AUXILIARYDATA: Final = Kind(
    code="DAUX",
    aliases=("AUX", "AUXILIARYDATA"),
    product_type="AUXILIARYDATA",
    slug="auxiliarydata",
    id_suffix="aux",
    per_pair=False,
    level=None,
    title="FLATSIM auxiliary data",
    item_title="auxiliary data",
    description=(
        "What is needed to use the FLATSIM interferograms and time series: line-of-sight vectors, lookup "
        "tables between radar "
        "and ground geometry, elevation in radar geometry, temporal coherence, baselines, processing parameters and "
        "figures. One item is one track segment and campaign; its `datetime` is the last acquisition."
    ),
    lineage="NSBAS: geometry and network of the processed track segment",
    footprint_from=("cosenu_geo", "cosneu_geo", "tcoh_geo", "lut_geo"),
    expected=(
        ("CosENU", ("cosenu", "cosneu")),
        ("Lut", ("lut",)),
        ("baseline.rsc", ("baseline.rsc", "baseline_top_bot.rsc")),
        ("nsbas.proc", ("nsbas.proc",)),
    ),
    thumbnail_from=("tcoh_geo", "cosenu_geo", "cosneu_geo", "dem_geo"),
)

KINDS: Final = (INTERFEROGRAM, TIMESERIES, AUXILIARYDATA)
BY_CODE: Final = {kind.code: kind for kind in KINDS}
BY_SPELLING: Final = {spelling: kind for kind in KINDS for spelling in (kind.code, *kind.aliases)}
BY_PRODUCT_TYPE: Final = {kind.product_type: kind for kind in KINDS}
