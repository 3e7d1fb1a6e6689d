"""The raster products of a package: one row per acronym of `CNES_<acronym>_<geometry>_…` file names.

Acronyms, bands, units and signs: the producer's product pages and readers of real deliveries. What is only inferred
there says so in the band's description.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

WAVELENGTH_M: Final = 0.055465763
"""Sentinel-1 C-band wavelength, metres (centre frequency 5.405 GHz)."""

MM_PER_RADIAN: Final = 4.413824938
"""Range change in mm for one radian of two-way phase: wavelength / (4 pi)."""

FILL_VALUE: Final = 0
"""Of all FLATSIM rasters: no data."""

SIGN: Final = (
    "Phase is positive when the ground moves away from the satellite. Displacement in mm, positive towards the "
    f"satellite, is -{MM_PER_RADIAN:.4f} x phase in rad."
)

STATED_UNITS: Final = {
    "rad": "rad", "mm": "mm", "cm": "cm", "m": "m",
    "rad/yr": "rad/a", "rad/year": "rad/a", "rad/a": "rad/a", "mm/yr": "mm/a", "mm/year": "mm/a", "mm/a": "mm/a",
    "cm/yr": "cm/a", "cm/year": "cm/a", "m/yr": "m/a", "m/year": "m/a",
}  # fmt: skip
"""`Value_unit` of a `.meta`, folded to lower case without spaces → UCUM."""

Geometry = Literal["geo", "radar"]
GEOMETRY_TITLES: Final[dict[str, str]] = {"geo": "ground geometry", "radar": "radar geometry"}
RADAR_ROLE: Final = "radar-geometry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of a raster."""

    name: str
    unit: str | None = None
    """UCUM, `1` for a ratio; None where the unit is not known."""
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One raster product."""

    code: str
    """Acronym as it stands in file names."""
    key: str
    """First part of the asset key."""
    aliases: tuple[str, ...] = ()
    """Other spellings met, folded: lower case, without `-` and `_`."""
    package: Literal["INT", "TS", "DAUX"]
    """Code of the kind of package that holds it."""
    type: str
    """`product:type` of the asset, in the vocabulary of EPOS."""
    title: str
    roles: tuple[str, ...]
    bands: tuple[Band, ...] = ()
    """In file order; empty for one band per date."""
    unit: str | None = None
    """Unit of all bands where `bands` is empty or all agree."""
    description: str | None = None
    radar_description: str | None = None
    """Replaces `description` for the lookup of the other geometry."""
    radar_bands: tuple[Band, ...] = ()
    stated_units: frozenset[str] = frozenset()
    """Units that the `.meta` of a raster may state instead of that of the row, as `STATED_UNITS` gives them."""
    level: str | None = None
    """`processing:level` on the asset, for packages that mix levels."""

    def bands_in(self, geometry: str) -> tuple[Band, ...]:
        """Bands of the product in one geometry, in file order."""
        return self.radar_bands if geometry == "radar" and self.radar_bands else self.bands

    def description_in(self, geometry: str) -> str | None:
        """Description of the product in one geometry."""
        return self.radar_description if geometry == "radar" and self.radar_description else self.description


_PHASE: Final = Band(name="phase", unit="rad")

PRODUCTS: Final = (
    Product(
        code="InW", key="inw", package="INT", type="WRAPPED_INTERFEROGRAM",
        title="Wrapped interferogram", roles=("data", "phase"),
        bands=(Band(name="phase", unit="rad", description="Wrapped phase in [-pi, pi]; 0 = no data"),),
        description=SIGN,
    ),
    Product(
        code="InWF", key="inwf", package="INT", type="FILTERED_WRAPPED_INTERFEROGRAM",
        title="Filtered wrapped interferogram", roles=("data", "phase"),
        bands=(
            Band(name="phase", unit="rad", description="Filtered wrapped phase in [-pi, pi]; 0 = no data"),
            Band(name="filter_quality", unit="1",
                 description="Product of the two amplitudes, or coherence, depending on the filter"),
        ),
        description=SIGN,
    ),
    Product(
        code="InU", key="inu", package="INT", type="UNWRAPPED_INTERFEROGRAM",
        title="Unwrapped interferogram", roles=("data", "unwrapped_phase"),
        bands=(Band(name="phase", unit="rad", description="Unwrapped phase; 0 = not unwrapped"),),
        description=SIGN,
    ),
    Product(
        code="APS", key="aps", package="INT", type="ATMOSPHERIC_PHASE_SCREEN",
        title="Atmospheric phase screen", roles=("data", "atmosphere"),
        bands=(Band(name="aps", unit="rad"),),
        description="Stratified tropospheric delay of the pair from a global atmospheric model.",
    ),
    Product(
        code="Coh", key="coh", package="INT", type="SPATIAL_COHERENCE",
        title="Spatial coherence", roles=("data", "coherence"),
        bands=(Band(name="coherence", unit="1", description="Spatial coherence from 0 to 1"),),
    ),
    Product(
        code="DTs", key="dts", package="TS", aliases=("dtslos",), type="LOS_DISPLACEMENT_TIMESERIES",
        title="Line-of-sight displacement time series, one band per date", roles=("data", "los_displacement"),
        unit="rad", stated_units=frozenset({"mm", "cm", "m"}),
        description=(
            f"Cumulative phase delay. {SIGN} Each pixel is referred to the origin, at the first date, of a line fitted "
            "through its series, so that it differs from the radar-geometry cube by a constant."
        ),
        radar_description=f"Cumulative phase delay since the first valid date of each pixel. {SIGN}",
    ),
    Product(
        code="MV-LOS", key="mvlos", package="TS", type="MEAN_LOS_VELOCITY",
        title="Mean line-of-sight velocity", roles=("data", "los_velocity"),
        bands=(Band(name="velocity", unit="rad/a", description="Positive away from the satellite; 0 = masked"),),
        description=f"Slope of a line fitted through the phase delay of each pixel. {SIGN}",
        stated_units=frozenset({"mm/a", "cm/a", "m/a"}),
    ),
    Product(
        code="Net", key="net", package="TS", type="NETWORK_MISCLOSURE",
        title="Network misclosure and quality of the inversion", roles=("data", "quality"),
        bands=(
            Band(name="rms_pixel", unit="rad", description="RMS misclosure of the network"),
            Band(name="n_interferograms", unit="1"),
            Band(name="n_images", unit="1"),
            Band(name="temporal_coherence", unit="1"),
            Band(name="bias"),
        ),
    ),
    Product(
        code="CosENU", key="cosenu", package="DAUX", type="MAP_OF_LOS_VECTOR",
        title="Line-of-sight unit vector (east, north, up)", roles=("data", "metadata", "los-vector"), unit="1",
        bands=(Band(name="east", unit="1"), Band(name="north", unit="1"), Band(name="up", unit="1")), level="L2",
    ),
    Product(
        code="CosNEU", key="cosneu", package="DAUX", type="MAP_OF_LOS_VECTOR",
        title="Line-of-sight unit vector (north, east, up)", roles=("data", "metadata", "los-vector"), unit="1",
        bands=(Band(name="north", unit="1"), Band(name="east", unit="1"), Band(name="up", unit="1")), level="L2",
    ),
    Product(
        code="Lut", key="lut", package="DAUX", type="LOOKUP_TABLE_RADAR2GROUND_COORDINATES",
        title="Lookup table", roles=("data", "lookup-table"),
        bands=(Band(name="range", unit="1", description="Radar column (order of the two bands inferred)"),
               Band(name="azimuth", unit="1", description="Radar line (order of the two bands inferred)")),
        radar_bands=(Band(name="longitude", unit="deg"), Band(name="latitude", unit="deg")),
        description="Radar coordinates of each ground pixel.",
        radar_description="Longitude and latitude of each radar pixel; 0 = no data.", level="L2",
    ),
    Product(
        code="DEM", key="dem", package="DAUX", aliases=("hgt",), type="DEM_RADAR_GEOMETRY",
        title="Elevation", roles=("data", "elevation"),
        bands=(Band(name="amplitude", description="Radar amplitude (inferred)"), Band(name="elevation", unit="m")),
        level="L2",
    ),
    Product(
        code="TCoh", key="tcoh", package="DAUX", type="TEMPORAL_COHERENCE",
        title="Temporal coherence", roles=("data", "coherence"),
        bands=(Band(name="temporal_coherence", unit="1"),), level="L3",
    ),
)  # fmt: skip


def fold(acronym: str) -> str:
    """Acronym without case, `-` and `_`, the form in which spellings are compared.

    >>> fold("MV-LOS"), fold("LuT"), fold("DTs_LOS")
    ('mvlos', 'lut', 'dtslos')
    """
    return acronym.replace("-", "").replace("_", "").casefold()


def stated_unit(product: Product, text: str) -> str | None:
    """UCUM unit that a `Value_unit` states for a product, where it may be another than the row's; else None.

    >>> stated_unit(BY_ACRONYM["mvlos"], "mm / yr"), stated_unit(BY_ACRONYM["inu"], "degree")
    ('mm/a', None)
    """
    unit = STATED_UNITS.get(text.lower().replace(" ", ""))
    return unit if unit in product.stated_units else None


BY_ACRONYM: Final = {spelling: product for product in PRODUCTS for spelling in (fold(product.code), *product.aliases)}
