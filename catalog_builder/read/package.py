"""A found package → `Package`: its files listed, headers and texts read, its valid area outlined. The only place that
reads products."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from catalog_builder.errors import PackageRefused
from catalog_builder.packages import archive, storage
from catalog_builder.packages.archive import is_package_archive
from catalog_builder.packages.extent import meet
from catalog_builder.packages.model import (
    Fault,
    Grid,
    LineOfSight,
    NamedPackage,
    Outline,
    Package,
    PackageFile,
    PackageName,
    PackagePath,
    ProductName,
    Raster,
    Ring,
)
from catalog_builder.packages.names import is_legend, parse_product
from catalog_builder.read import mask, raster
from catalog_builder.read.coherence import Shares
from catalog_builder.read.footprint import (
    LAT_LIMIT,
    LON_LIMIT,
    TABLE_TOLERANCE_DEG,
    clean_ring,
    is_on_earth,
    ring_of_spans,
    within_a_turn,
)
from catalog_builder.read.texts import METADATA_EXTENSIONS, read_texts
from catalog_builder.report.report import is_writable
from catalog_builder.vocab.files import RASTER_EXTENSIONS, is_raster, is_user_made

METADATA = "meta"
PICTURES = ("png", "jpg", "jpeg")
CLOCK_TOLERANCE_NS = 24 * 3600 * 1_000_000_000
"""By which clocks of two machines may differ."""
LOS_ROLE = "los-vector"
COHERENCE = "coh_geo"
LOOKUP_TABLE = "lut_radar"
"""Asset keys."""


@dataclass(slots=True)
class _Files:
    """Files of a package, sorted by what they are."""

    rasters: list[tuple[PackageFile, ProductName]] = field(default_factory=list)
    pictures: list[tuple[PackageFile, ProductName]] = field(default_factory=list)
    metadata: list[tuple[PackageFile, ProductName]] = field(default_factory=list)
    others: list[PackageFile] = field(default_factory=list)
    ignored: list[PackageFile] = field(default_factory=list)


@dataclass(slots=True)
class _Seen:
    """What the opened rasters told beside their headers."""

    outline: Outline | None = None
    radar_outline: Ring | None = None
    coherence_mean: float | None = None
    line_of_sight: LineOfSight | None = None
    has_coherence: bool = False
    """Whether a coherence was looked into, whatever came of it."""
    faults: list[Fault] = field(default_factory=list)

    def tell(self, kind: str, member: PackageFile, reason: str, value: str = "") -> None:
        """Of a file that is at fault."""
        self.faults.append(Fault(kind=kind, path=str(member.where), reason=reason, value=value))


@archive.kept_open()
def read_package(found: NamedPackage, *, checksums: bool = False, outline: Outline | None = None) -> Package:
    """List and read one package.

    Args:
        found: where it is.
        checksums: read every file whole for its SHA-256.
        outline: of another package of the track, taken over where some rows of this one agree with it.

    Raises:
        PackageRefused: its name, one of its rasters or one of its texts is wrong, or it holds no product.
    """
    name = found.parsed_name
    members, strange = storage.list_package(found, checksums=checksums)
    files = _sort(members)
    if not files.rasters:
        raise PackageRefused(str(found.path), "it holds no CNES_* raster")
    codes = {product.product.package for _, product in files.rasters if product.product}
    if codes and name.kind.code not in codes:
        reason = f"it is named as a package of {name.kind.code} but holds products of {' and '.join(sorted(codes))}"
        raise PackageRefused(str(found.path), reason)
    with raster.session(found.path):
        rasters, seen = _read_rasters(files.rasters, name, outline, _masked(files))
    return Package(
        found=found,
        name=name,
        archive=storage.archive_file(found, checksums=checksums),
        rasters=tuple(rasters),
        pictures=tuple(files.pictures),
        metadata=tuple(files.metadata),
        others=tuple(files.others),
        ignored=tuple(files.ignored),
        texts=read_texts(files.metadata, files.others, name),
        outline=seen.outline,
        radar_outline=seen.radar_outline,
        coherence_mean=seen.coherence_mean,
        line_of_sight=seen.line_of_sight,
        faults=(
            *(Fault(kind=kind, path=f"{found.path}/{one}", reason=reason) for kind, one, reason in strange),
            *_missing_rasters(files),
            *_times_to_come(found, files),
            *seen.faults,
        ),
    )


def product_keys(found: PackagePath) -> frozenset[str]:
    """Asset keys of the rasters of a package, and `meta` where there are metadata files; by its listing alone.

    Raises:
        PackageRefused: it cannot be listed, or a date in a name is impossible.
    """
    files = _sort(storage.list_package_files(found))
    return keys_of((name for _, name in files.rasters), has_metadata=bool(files.metadata))


def keys_of(rasters: Iterable[ProductName], *, has_metadata: bool) -> frozenset[str]:
    """What `product_keys` tells, of a package that is listed."""
    return frozenset(name.key for name in rasters) | (frozenset({METADATA}) if has_metadata else frozenset())


def _missing_rasters(files: _Files) -> Iterator[Fault]:
    """Rasters whose preview, legend or metadata are there, and which themselves are not."""
    keys = {name.key for _, name in files.rasters}
    stems = {name.stem for _, name in files.rasters}
    told: set[str] = set()
    for member, name in (*files.metadata, *files.pictures):
        is_there = name.key in keys if name.looks == 0 else name.stem in stems
        if is_there or name.key in told or name.stem in told:
            continue
        told |= {name.key, name.stem} if name.key not in keys else {name.stem}
        what = "metadata" if name.extension not in PICTURES else "legend" if is_legend(name.text) else "preview"
        yield Fault(
            kind="missing product",
            path=str(member.where),
            reason=f"the {what} {name.text} is there, the raster {name.key} that it belongs to is not",
            value=name.key,
        )


def _times_to_come(found: PackagePath, files: _Files) -> Iterator[Fault]:
    newest = max((member for member, _ in files.rasters), key=lambda member: member.modified_ns)
    if newest.modified_ns > time.time_ns() + CLOCK_TOLERANCE_NS:
        stamp = f"{datetime.fromtimestamp(newest.modified_ns // 1_000_000_000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
        reason = f"the time of {newest.name}, {stamp}, is yet to come"
        yield Fault(kind="file time", path=str(found.path), reason=reason, value=stamp)


def _sort(members: Iterable[PackageFile]) -> _Files:
    files = _Files()
    for member in members:
        if is_package_archive(member.name):  # in the folder of another package, and found on its own
            continue
        if is_user_made(member.name) or not is_writable(member.name):
            files.ignored.append(member)
            continue
        product = parse_product(member.name)
        if product is not None:
            _list_for(files, product.extension).append((member, product))
        elif is_raster(member.name):
            files.ignored.append(member)
        else:
            files.others.append(member)
    return files


def _list_for(files: _Files, extension: str) -> list[tuple[PackageFile, ProductName]]:
    if extension in RASTER_EXTENSIONS:
        return files.rasters
    return files.metadata if extension in (*METADATA_EXTENSIONS, "xml") else files.pictures


def read_outline(found: NamedPackage) -> Outline | None:
    """Outline of the valid area of a package, of which one raster alone is opened; None without one in ground geometry.

    Raises:
        PackageRefused: its name or that raster is wrong, or it cannot be listed.
    """
    files = _sort(storage.list_package_files(found))
    name = found.parsed_name
    key = _outlined(files.rasters, name)
    chosen = [(member, product) for member, product in files.rasters if product.key == key][:1]
    with raster.session(found.path):
        return _read_rasters(chosen, name, None, _masked(files))[1].outline


def _masked(files: _Files) -> frozenset[str]:
    """Names of rasters that have a mask in a file beside them."""
    return frozenset(member.name.removesuffix(".msk") for member in files.others if member.name.endswith(".msk"))


def _outlined(files: list[tuple[PackageFile, ProductName]], name: PackageName) -> str | None:
    """Key of the raster whose valid area is the package's."""
    keys = {product.key for _, product in files}
    return next((key for key in name.kind.footprint_from if key in keys), None)


def _read_rasters(
    files: list[tuple[PackageFile, ProductName]],
    name: PackageName,
    outline: Outline | None,
    masks: frozenset[str] = frozenset(),
) -> tuple[list[Raster], _Seen]:
    """`masks`: names of rasters that have a mask in a file beside them."""
    outlined = _outlined(files, name)
    rasters, seen = [], _Seen()
    for member, product in files:
        with raster.opened(member.gdal_path, has_mask_file=member.name in masks) as dataset:
            grid = _placed(
                raster.read_grid(member.gdal_path, dataset, size_bytes=member.size_bytes), product, seen, member
            )
            found = Raster(member=member, name=product, grid=grid)
            view = _look_into(dataset, found, seen, name, is_outlined=product.key == outlined, known=outline)
        rasters.append(replace(found, line_of_sight=view) if view else found)
    if outlined and seen.outline is None:
        _look_for_outline(rasters, seen, name, outlined)
    return rasters, seen


def _look_for_outline(rasters: list[Raster], seen: _Seen, name: PackageName, empty: str) -> None:
    """Where the raster that should tell the outline has none, the next best does."""
    for key in name.kind.footprint_from:
        for found in (one for one in rasters if one.name.key == key != empty and one.grid.transform):
            scan = None
            with suppress(PackageRefused), raster.opened(found.member.gdal_path) as dataset:  # the next one may do
                scan = mask.scan(dataset)
            seen.outline = _outline(scan, found, name) if scan else None
            if seen.outline:
                return


def _placed(grid: Grid, product: ProductName, seen: _Seen, member: PackageFile) -> Grid:
    """The grid with the place that can be published: none in radar geometry, and none that is not on earth."""
    if product.geometry == "radar":
        if grid.crs or grid.wkt:
            reason = f"{product.text} is in {grid.crs or 'a reference system'}, radar geometry has none"
            seen.tell("reference system", member, reason, grid.crs or "")
        return replace(grid, crs=None, wkt=None, transform=None, is_cog=False)
    if not grid.is_referenced:
        reason = f"{product.text} has no coordinate reference system, ground geometry is in one"
        seen.tell("reference system", member, reason)
    elif grid.crs == raster.WGS84 and grid.bounds:
        west, south, east, north = grid.bounds
        if not (south < north and west < east and max(-south, north) <= LAT_LIMIT and east - west <= 2 * LON_LIMIT):
            reason = f"{product.text} is at {grid.bounds}, which is not on earth"
            seen.tell("reference system", member, reason, str(grid.bounds))
            return replace(grid, crs=None, wkt=None, transform=None, is_cog=False)
        if west >= LON_LIMIT or east <= -LON_LIMIT:
            reason = f"{product.text} has longitudes from {west:g} to {east:g}: its footprint is shifted"
            seen.tell("longitudes", member, reason, f"{west:g}")
    return grid


def _look_into(
    dataset: raster.Dataset, found: Raster, seen: _Seen, name: PackageName, *, is_outlined: bool, known: Outline | None
) -> LineOfSight | None:
    """Sample the few rasters that the item's properties come from, while they are open; the line of sight of a map."""
    key = found.name.key
    if key == LOOKUP_TABLE and seen.radar_outline is None and found.grid.count > 1:
        storage.check_packed(found.member)
        ring = within_a_turn(clean_ring(raster.read_ground_ring(dataset), tolerance_deg=TABLE_TOLERANCE_DEG))
        seen.radar_outline = ring if ring and is_on_earth(ring) else None
    product = found.name.product
    is_los = product is not None and LOS_ROLE in product.roles
    is_coherence = key == COHERENCE
    if not (is_los or is_coherence or (found.grid.transform is not None and is_outlined)):
        return None
    storage.check_packed(found.member)
    shares = Shares() if is_coherence and not seen.has_coherence else None
    if is_outlined and known and (known.key, known.grid) == (key, found.grid):
        mean = mask.compare(dataset, known.spans, known.height, known.width, shares=shares, fill=known.fill)
        if mean is not None:
            _note(found, seen, known, shares)
            return None
        shares = Shares() if shares else None
    scan = mask.scan(dataset, shares)
    if scan is None:
        seen.tell("pixels", found.member, f"{found.name.text} has no valid pixel")
        return None
    outline = _outline(scan, found, name) if is_outlined and found.grid.transform else None
    _note(found, seen, outline, shares, fill=scan.fill)
    if product is None or not is_los:
        return None
    view = raster.read_line_of_sight(dataset, product, scan)
    seen.line_of_sight = seen.line_of_sight or view
    return view


def _note(
    found: Raster, seen: _Seen, outline: Outline | None, shares: Shares | None, *, fill: float | None = None
) -> None:
    seen.outline = seen.outline or outline
    fill = outline.fill if outline and fill is None else fill
    if fill is not None:
        reason = f"{found.name.text} has {fill:g} all around, which it does not declare as no data: taken for it"
        seen.tell("no data", found.member, reason, f"{fill:g}")
    if shares is None:
        return
    seen.has_coherence = True
    seen.coherence_mean = shares.mean(found.grid.dtype)
    for kind, reason, value in shares.faults(found.name.text, found.grid.dtype):
        seen.tell(kind, found.member, reason, value)


def _outline(scan: mask.Scan, found: Raster, name: PackageName) -> Outline | None:
    """Outline of a raster; of one without a reference system only where it lies in the region as WGS 84."""
    grid = found.grid
    to_degrees = raster.degrees_of(grid)
    ring = ring_of_spans(scan.spans, grid, height=scan.height, width=scan.width, to_degrees=to_degrees)
    if ring is None or (not grid.is_referenced and not _is_in_region(ring, name)):
        return None
    return Outline(
        key=found.name.key,
        grid=grid,
        ring=ring,
        spans=scan.spans,
        height=scan.height,
        width=scan.width,
        fill=scan.fill,
    )


def _is_in_region(ring: Ring, name: PackageName) -> bool:
    return name.region.bbox is not None and is_on_earth(ring) and meet(_box(ring), name.region.bbox)


def _box(ring: Ring) -> tuple[float, float, float, float]:
    lons, lats = zip(*ring, strict=True)
    return min(lons), min(lats), max(lons), max(lats)
