"""The products a sample writes, one row each, and the names of packages and files.

These rows are the sample's own on purpose: a catalogue built from a sample is checked against an independent
witness, not against the tables it was built with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import pi
from typing import Final, Literal

from catalog_builder.sample.orbits import CAMPAIGN, REGION
from catalog_builder.sample.rasters import FINE_QUANTUM, QUANTUM

Geometry = Literal["radar", "geo"]
Kind = Literal["INT", "TS", "DAUX"]

LOOKS: Final = 8
FINE_LOOKS: Final = 2
RANGE_LOOKS_RATIO: Final = 4
"""Looks in range for one look in azimuth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a preview is coloured: a band, a matplotlib colour map, its limits and the text of the legend."""

    band: int = 0
    """Counted from 0; -1 is the last."""
    colours: str
    low: float
    high: float
    label: str
    in_pi: bool = False
    """Tick labels are multiples of pi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product by the acronym of its file name."""

    code: str
    epos_type: str
    unit: str
    corrections: str = ""
    """Tokens of the file name: spectral diversity and ERA5."""
    quantum: float = QUANTUM
    style: Style | None = None
    """None for products that exist in radar geometry only."""


def _cycle(label: str) -> Style:
    return Style(colours="twilight_shifted", low=-pi, high=pi, label=label, in_pi=True)


PRODUCTS: Final = (
    Product(
        code="InW",
        epos_type="WRAPPED_INTERFEROGRAM",
        unit="rad",
        corrections="_sd_era",
        style=_cycle("Wrapped phase [rad]"),
    ),
    Product(
        code="InWF",
        epos_type="FILTERED_WRAPPED_INTERFEROGRAM",
        unit="rad",
        corrections="_sd_era",
        style=_cycle("Filtered wrapped phase [rad]"),
    ),
    Product(
        code="InU",
        epos_type="UNWRAPPED_INTERFEROGRAM",
        unit="rad",
        corrections="_sd_era",
        style=Style(colours="RdBu_r", low=-10, high=10, label="Unwrapped phase [rad], + away from satellite"),
    ),
    Product(
        code="APS",
        epos_type="INTERFEROGRAM_APS_GLOBAL_MODEL",
        unit="rad",
        style=Style(colours="PuOr_r", low=-8, high=8, label="Modelled stratified delay [rad]"),
    ),
    Product(
        code="Coh",
        epos_type="SPATIAL_COHERENCE",
        unit="unitless",
        style=Style(colours="gray", low=0, high=1, label="Spatial coherence [1]"),
    ),
    Product(
        code="DTs",
        epos_type="LOS_DISPLACEMENT_TIMESERIES",
        unit="rad",
        style=Style(band=-1, colours="RdBu_r", low=-9, high=9, label="Cumulative phase delay, last date [rad]"),
    ),
    Product(
        code="MV-LOS",
        epos_type="MEAN_LOS_VELOCITY",
        unit="rad/yr",
        style=Style(colours="RdBu_r", low=-6, high=6, label="Mean LOS velocity [rad/yr], + away from satellite"),
    ),
    Product(
        code="Net",
        epos_type="NETWORK_MISCLOSURE",
        unit="rad",
        style=Style(colours="magma", low=0, high=0.6, label="RMS network misclosure [rad]"),
    ),
    Product(
        code="CosENU",
        epos_type="MAP_OF_LOS_VECTOR",
        unit="unitless",
        quantum=FINE_QUANTUM,
        style=Style(band=2, colours="cividis", low=-0.88, high=-0.68, label="Up component of the LOS vector [1]"),
    ),
    Product(
        code="Lut",
        epos_type="LOOKUP_TABLE_RADAR2GROUND_COORDINATES",
        unit="pixel",
        quantum=FINE_QUANTUM,
        style=Style(colours="viridis", low=0, high=1, label="Range coordinate [share of the swath]"),
    ),
    Product(code="DEM", epos_type="DEM_RADAR_GEOMETRY", unit="m"),
    Product(
        code="TCoh",
        epos_type="TEMPORAL_COHERENCE",
        unit="unitless",
        style=Style(colours="viridis", low=0.7, high=1, label="Temporal coherence [1]"),
    ),
)
BY_CODE: Final = {product.code: product for product in PRODUCTS}
PAIR_PRODUCTS: Final = ("InW", "InWF", "InU", "APS", "Coh")


def package_name(kind: Kind, track: str, first: date, second: date) -> str:
    """Return the name of a package.

    Args:
        kind: INT, TS or DAUX.
        track: direction, orbit and subset.
        first: date of the reference (INT), or first date of the series.
        second: date of the secondary, or last date of the series.

    >>> package_name("INT", "D080SUD", date(2015, 11, 11), date(2015, 11, 23))
    'NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-11-11_2015-11-23'
    """
    years = f"{CAMPAIGN[0]}-{CAMPAIGN[1]}"
    return f"NSBAS_{kind}-PKG_S1_{REGION}-{track}-VV-{years}_IW123_{first}_{second}"


def product_stem(
    product: Product, geometry: Geometry, looks: int = LOOKS, dates: tuple[date, date] | None = None
) -> str:
    """Return the name of a product's files without extension.

    >>> product_stem(BY_CODE["InU"], "geo", dates=(date(2015, 11, 11), date(2015, 11, 23)))
    'CNES_InU_geo_20151111_20151123_sd_era_8rlks'
    >>> product_stem(BY_CODE["TCoh"], "radar", looks=2)
    'CNES_TCoh_radar_2rlks'
    """
    pair = f"_{dates[0]:%Y%m%d}_{dates[1]:%Y%m%d}" if dates else ""
    return f"CNES_{product.code}_{geometry}{pair}{product.corrections}_{looks}rlks"
