"""The builder's nouns: what names, headers and texts are turned into before any STAC is made. All frozen, no I/O."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from catalog_builder.location.address import Location
from catalog_builder.location.handle import Facts
from catalog_builder.vocab.kinds import Kind
from catalog_builder.vocab.products import Product
from catalog_builder.vocab.regions import Region
from catalog_builder.vocab.satellites import Satellite

Ring = tuple[tuple[float, float], ...]
"""Closed ring of (longitude, latitude) in degrees."""


@dataclass(frozen=True, slots=True, order=True)
class DatePair:
    """Dates of an interferogram, in the roles that the package gives them."""

    reference: date
    secondary: date

    @property
    def days(self) -> tuple[date, date]:
        """Reference, secondary."""
        return self.reference, self.secondary

    @property
    def temporal_baseline_days(self) -> int:
        """Secondary minus reference, days."""
        return (self.secondary - self.reference).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A Sentinel-1 scene, as its name tells."""

    satellite: Satellite
    start: datetime
    stop: datetime
    absolute_orbit: int

    @property
    def relative_orbit(self) -> int | None:
        """1 to 175; None for a satellite whose numbering is not known here."""
        return self.satellite.relative_orbit(self.absolute_orbit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with a package, found by one of the checks of `catalog_builder.vocab.checks`."""

    kind: str
    """Of the check."""
    path: str
    """File or package at fault."""
    reason: str
    value: str = ""
    """As it was found, where there is one."""


@dataclass(frozen=True, slots=True)
class TrackKey:
    """What a series, its auxiliary data and its pairs share."""

    region_code: str
    track: str
    campaign: tuple[int, int]
    run: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageName:
    """A package name, taken apart."""

    text: str
    kind: Kind
    region: Region
    satellite: Satellite | None
    """None for `S1`, which is any of them."""
    track: str
    """Upper case: `D080SUD`."""
    polarization: str
    run: int | None
    campaign: tuple[int, int]
    swaths: tuple[str, ...]
    first: date
    last: date

    @property
    def key(self) -> TrackKey:
        """What it shares with the other packages of its track."""
        return TrackKey(self.region.code, self.track, self.campaign, self.run)

    @property
    def orbit_state(self) -> str:
        """`ascending` or `descending`, from the track's letter."""
        return "ascending" if self.track[0] == "A" else "descending"

    @property
    def relative_orbit(self) -> int:
        """Relative orbit number, 1 to 175."""
        return int(self.track[1:4])

    @property
    def pair(self) -> DatePair:
        """Dates of the pair, reference first as in the name; only for pairs."""
        return DatePair(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class ProductName:
    """A `CNES_*` file name, taken apart."""

    text: str
    acronym: str
    product: Product | None
    """None for an acronym that no row knows."""
    geometry: str
    pair: DatePair | None
    modifiers: tuple[str, ...]
    """Lower-case tokens between the dates and the looks, in file order."""
    looks: int
    """In azimuth; 0 where the name gives none, as legends do."""
    extension: str
    """Lower case, without the dot."""

    @cached_property
    def stem(self) -> str:
        """What a raster, its preview, legend and metadata share, lower case."""
        text = self.text.rpartition(".")[0].lower()
        text = text.removesuffix("_cog").removesuffix("-cog")
        return text.removeprefix("legend_").removesuffix("_legend").removesuffix("-legend")

    @cached_property
    def key(self) -> str:
        """Asset key without the number of looks."""
        stem = self.product.key if self.product else self.acronym.replace("-", "").replace("_", "").lower()
        return f"{stem}_{self.geometry}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file of a package."""

    name: str
    path: Location
    """The file; for an entry of an archive, the archive."""
    entry: str | None = None
    """Path in the archive."""
    byte_range: tuple[int, int] | None = None
    """First and last byte in the archive of an entry that is stored unpacked."""
    size_bytes: int
    modified_ns: int
    sha256: str | None = None
    """Hexadecimal; None unless asked for."""

    @property
    def where(self) -> Location:
        """Path to name it by in a message: below the archive, for an entry of one."""
        return self.path if self.entry is None else self.path / self.name

    @property
    def gdal_path(self) -> Path:
        """What GDAL opens: the file, or the entry through `/vsizip/`."""
        path = self.path if isinstance(self.path, Path) else self.path.gdal_path
        return path if self.entry is None else Path(f"/vsizip/{{{path}}}/{self.entry}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePath:
    """A directory or zip archive that is a package, not yet listed."""

    path: Location
    root: Location
    """The tree it was found in; asset addresses are relative to it."""
    name: str
    """The package name; of a renamed folder the one that the producer gave it."""
    is_archive: bool = False
    facts: Facts | None = None
    """Those of an archive where the listing of its folder told them, as a store's does."""
    mark: str | None = None
    """Of a folder, what its listing said of its files, as a digest, where the walk was told, as a store does."""

    @property
    def is_renamed(self) -> bool:
        """Whether the folder has another name than the package."""
        return not self.is_archive and self.path.name != self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPackage(PackagePath):
    """A directory or zip archive whose name is that of a package: parsed once, and carried from here on."""

    parsed_name: PackageName


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Header of a raster."""

    height: int
    width: int
    count: int
    dtype: str
    nodata: float | None
    crs: str | None
    """`EPSG:4326`, or None in radar geometry and where the system has no code."""
    wkt: str | None = None
    """The system, where it has no code."""
    transform: tuple[float, float, float, float, float, float] | None
    """Affine coefficients a, b, c, d, e, f: column, row → longitude, latitude, or what the system counts in. None in
    radar geometry."""
    is_cog: bool
    scale: float = 1.0
    offset: float = 0.0
    """Of band 1: what its numbers are multiplied by and what is added, to be values."""

    @property
    def is_referenced(self) -> bool:
        """Whether it is known where on earth its pixels are."""
        return self.transform is not None and (self.crs or self.wkt) is not None

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the raster in its reference system; None without one."""
        if self.transform is None:
            return None
        a, b, c, d, e, f = self.transform
        corners = [(x, y) for x in (0, self.width) for y in (0, self.height)]
        xs, ys = [c + a * x + b * y for x, y in corners], [f + d * x + e * y for x, y in corners]
        west, south, east, north = (round(value, 10) for value in (min(xs), min(ys), max(xs), max(ys)))
        return west, south, east, north


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """One raster of a package."""

    member: PackageFile
    name: ProductName
    grid: Grid
    line_of_sight: LineOfSight | None = None
    """Of a map of line-of-sight vectors that has any."""


@dataclass(frozen=True, slots=True)
class RowSpan:
    """First and last valid column of one row, both inside."""

    row: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Valid-data outline of a raster, and the sampled rows that it was drawn from."""

    key: str
    """Asset key of the raster, without the number of looks."""
    grid: Grid
    ring: Ring
    spans: tuple[RowSpan, ...]
    height: int
    """Rows in which the spans are counted: those of the grid, or of an overview."""
    width: int
    fill: float | None = None
    """Value all around that is not declared as no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOfSight:
    """Line of sight at the scene centre."""

    incidence_deg: float
    """From the vertical, 0 to 90."""
    azimuth_deg: float
    """From the sub-satellite point to the scene, clockwise from north, 0 to 360."""
    towards_ground: bool
    """Whether the file's vectors point from the satellite to the ground (U < 0)."""
    length: float = 1.0
    """Of the file's vector there, which should be of unit length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What the sidecar files of one package say. Empty where a file is missing."""

    meta: dict[str, str] = field(default_factory=dict)
    """Known keys of all `.meta` files; the first value of a key wins."""
    meta_variants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Further values of known keys, where a file repeats a key or the files differ."""
    unknown_meta_keys: frozenset[str] = frozenset()
    baselines_m: dict[date, float] = field(default_factory=dict)
    """Perpendicular baseline of each date to the primary, from `baseline.rsc`."""
    computed_pairs: tuple[DatePair, ...] = ()
    unwrapped_fraction: dict[DatePair, float] = field(default_factory=dict)
    epochs: tuple[date, ...] = ()
    """Dates of the cube in band order."""
    rms_rad: dict[DatePair, float] = field(default_factory=dict)
    """Pairs kept in the inversion, with their misclosure."""
    stack_pairs: frozenset[DatePair] = frozenset()
    """Pairs of the list of unwrapped interferograms of the stack."""
    parameters: dict[str, str] = field(default_factory=dict)
    """`nsbas.proc`."""
    units: dict[str, str] = field(default_factory=dict)
    """UCUM units by the stem of a raster's name, where its `.meta` states another one than its product's row."""

    partial: frozenset[str] = frozenset()
    """Fields whose table is not whole: some of its lines are no data, or it ends too early."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with the files."""

    @property
    def kept_pairs(self) -> Set[DatePair]:
        """Pairs in the inversion: of `RMSinterfero.txt`, else of the stack."""
        return self.rms_rad.keys() or self.stack_pairs

    @property
    def has_all_kept_pairs(self) -> bool:
        """Whether a pair that is not among those kept was certainly dropped."""
        return ("rms_rad" if self.rms_rad else "stack_pairs") not in self.partial

    def unit_of(self, name: ProductName) -> str | None:
        """The unit that the `.meta` of a raster states instead of that of its product's row."""
        return self.units.get(name.stem) if self.units else None

    def stated(self, key: str) -> tuple[str, ...]:
        """All values that the `.meta` files give a key."""
        return (self.meta[key], *self.meta_variants.get(key, ())) if key in self.meta else ()

    def perpendicular_baseline_m(self, pair: DatePair) -> float | None:
        """B(secondary) - B(reference), metres, from `baseline.rsc`; None if one of the dates is missing there."""
        table = self.baselines_m
        if pair.reference not in table or pair.secondary not in table:
            return None
        return table[pair.secondary] - table[pair.reference]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package, read."""

    found: NamedPackage
    name: PackageName
    archive: PackageFile | None = None
    """The zip archive that holds all files; None for a directory."""
    rasters: tuple[Raster, ...]
    pictures: tuple[tuple[PackageFile, ProductName], ...]
    metadata: tuple[tuple[PackageFile, ProductName], ...]
    others: tuple[PackageFile, ...]
    """Documented or unknown files that are not products."""
    ignored: tuple[PackageFile, ...]
    """Files that users' tools left behind; never assets."""
    texts: Texts
    outline: Outline | None
    """None when no geocoded raster is there."""
    radar_outline: Ring | None
    """Outline of the radar lookup table, where there is one."""
    coherence_mean: float | None
    line_of_sight: LineOfSight | None
    faults: tuple[Fault, ...] = ()
    """What was found wrong while it was read, beside those of its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Valid-data polygon and where it comes from."""

    ring: Ring
    source: str
    """`geo`, `sibling`, `lut` or `meta`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What the packages of one track segment and campaign know together."""

    key: TrackKey
    texts: Texts
    """Merged over the track's series and auxiliary packages."""
    footprint: Footprint | None
    line_of_sight: LineOfSight | None
    time_of_day: datetime | None
    """Acquisition time of the primary; only its time of day is meant for other dates."""
    has_series: bool
    has_auxiliary: bool
    has_all_pairs: bool = True
    """Whether its lists agree on the pairs of the inversion, so that one that is in none was certainly dropped."""
    products: tuple[tuple[str, frozenset[str]], ...] = ()
    """Paths of some of its pairs, and the keys of their products."""
    outline: Outline | None = None
    """That of the first pair, with which the others are compared."""
