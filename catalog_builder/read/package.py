"""A found package → `Package`: its files listed, headers and texts read, its valid area outlined. The only place that
reads products."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from catalog_builder.errors import PackageRefused
from catalog_builder.packages import archive, sidecars, storage
from catalog_builder.packages.archive import is_package_archive
from catalog_builder.packages.model import (
    LineOfSight,
    NamedPackage,
    Outline,
    Package,
    PackageFile,
    PackageName,
    ProductName,
    Raster,
    Ring,
    Texts,
)
from catalog_builder.packages.names import parse_product
from catalog_builder.read import mask, raster
from catalog_builder.read.footprint import TABLE_TOLERANCE_DEG, clean_ring, is_on_earth, ring_of_spans
from catalog_builder.report.report import is_writable
from catalog_builder.vocab.files import RASTER_EXTENSIONS, is_raster, is_user_made
from catalog_builder.vocab.products import stated_unit
from catalog_builder.vocab.sidecars import VALUE_UNIT

METADATA_EXTENSIONS = ("meta", "metadata")
LOS_ROLE = "los-vector"
COHERENCE = "coh_geo"
LOOKUP_TABLE = "lut_radar"
"""Asset keys."""

_STACK = "stk-in_list_inu"
"""Part of the name of the list of unwrapped interferograms of the stack, whose prefix and extension are not known."""
_FALLBACK = "baselines at the top"
_TEXT_PARSERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "baseline.rsc": ("baselines_m", sidecars.parse_baselines),
    "interf_pair.rsc": ("computed_pairs", sidecars.parse_pairs),
    "list_unw_frac.txt": ("unwrapped_fraction", sidecars.parse_unwrapped_fraction),
    "rmsdate.txt": ("epochs", sidecars.parse_epochs),
    "rmsinterfero.txt": ("rms_rad", sidecars.parse_rms),
    "baseline_top_bot.rsc": (_FALLBACK, sidecars.parse_baselines),
    _STACK: ("stack_pairs", sidecars.parse_stack),
    "nsbas.proc": ("parameters", lambda text, _: sidecars.parse_parameters(text)),
}
"""File name, folded → field of `Texts` and its parser."""


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
    files = _sort(storage.list_package_files(found, checksums=checksums))
    if not files.rasters:
        raise PackageRefused(str(found.path), "it holds no CNES_* raster")
    codes = {product.product.package for _, product in files.rasters if product.product}
    if codes and name.kind.code not in codes:
        reason = f"it is named as a package of {name.kind.code} but holds products of {' and '.join(sorted(codes))}"
        raise PackageRefused(str(found.path), reason)
    with raster.session(found.path):
        rasters, seen = _read_rasters(files.rasters, name, outline)
    return Package(
        found=found,
        name=name,
        archive=storage.archive_file(found, checksums=checksums),
        rasters=tuple(rasters),
        pictures=tuple(files.pictures),
        metadata=tuple(files.metadata),
        others=tuple(files.others),
        ignored=tuple(files.ignored),
        texts=_read_texts(files),
        outline=seen.outline,
        radar_outline=seen.radar_outline,
        coherence_mean=seen.coherence_mean,
        line_of_sight=seen.line_of_sight,
    )


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
    files = _sort(storage.list_package_files(found)).rasters
    name = found.parsed_name
    key = _outlined(files, name)
    chosen = [(member, product) for member, product in files if product.key == key][:1]
    with raster.session(found.path):
        return _read_rasters(chosen, name, None)[1].outline


def _outlined(files: list[tuple[PackageFile, ProductName]], name: PackageName) -> str | None:
    """Key of the raster whose valid area is the package's."""
    keys = {product.key for _, product in files}
    return next((key for key in name.kind.footprint_from if key in keys), None)


def _read_rasters(
    files: list[tuple[PackageFile, ProductName]], name: PackageName, outline: Outline | None
) -> tuple[list[Raster], _Seen]:
    outlined = _outlined(files, name)
    rasters, seen = [], _Seen()
    for member, product in files:
        with raster.opened(member.gdal_path) as dataset:
            grid = raster.read_grid(member.gdal_path, dataset, size_bytes=member.size_bytes)
            found = Raster(member=member, name=product, grid=grid)
            view = _look_into(dataset, found, seen, is_outlined=product.key == outlined, known=outline)
        rasters.append(replace(found, line_of_sight=view) if view else found)
    return rasters, seen


def _look_into(
    dataset: raster.Dataset, found: Raster, seen: _Seen, *, is_outlined: bool, known: Outline | None
) -> LineOfSight | None:
    """Sample the few rasters that the item's properties come from, while they are open; the line of sight of a map."""
    key = found.name.key
    if key == LOOKUP_TABLE and seen.radar_outline is None and found.grid.count > 1:
        storage.check_packed(found.member)
        ring = clean_ring(raster.read_ground_ring(dataset), tolerance_deg=TABLE_TOLERANCE_DEG)
        seen.radar_outline = ring if ring and is_on_earth(ring) else None
    product = found.name.product
    is_los = product is not None and LOS_ROLE in product.roles
    is_placed = found.grid.crs is not None
    if not (is_los or (is_placed and (is_outlined or key == COHERENCE))):
        return None
    storage.check_packed(found.member)
    if is_outlined and known and (known.key, known.grid) == (key, found.grid):
        mean = mask.compare(dataset, known.spans, known.height, known.width)
        if mean is not None:
            _note(found, seen, known, mean)
            return None
    scan = mask.scan(dataset)
    if scan is None:
        return None
    _note(found, seen, _outline(scan, found) if is_outlined and is_placed else None, scan.mean)
    if product is None or not is_los:
        return None
    view = raster.read_line_of_sight(dataset, product, scan)
    seen.line_of_sight = seen.line_of_sight or view
    return view


def _note(found: Raster, seen: _Seen, outline: Outline | None, mean: float) -> None:
    seen.outline = seen.outline or outline
    if found.name.key == COHERENCE and seen.coherence_mean is None:
        seen.coherence_mean = mean


def _outline(scan: mask.Scan, found: Raster) -> Outline | None:
    ring = ring_of_spans(scan.spans, found.grid, height=scan.height, width=scan.width)
    if ring is None:
        return None
    return Outline(
        key=found.name.key, grid=found.grid, ring=ring, spans=scan.spans, height=scan.height, width=scan.width
    )


def _read_texts(files: _Files) -> Texts:
    values: dict[str, Any] = {}
    for member in files.others:
        name = member.name.lower()
        row = _TEXT_PARSERS.get(_STACK if _STACK in name else name)
        if row and row[0] not in values:
            values[row[0]] = row[1](_text(member), str(member.where))
    top = values.pop(_FALLBACK, {})
    values["baselines_m"] = values.get("baselines_m") or top
    described = [(member, name) for member, name in files.metadata if _extension(member.name) in METADATA_EXTENSIONS]
    described_by = [(name, _text(member)) for member, name in described]
    more = [_text(member) for member in files.others if _extension(member.name) in METADATA_EXTENSIONS]
    meta = sidecars.collect_meta([*(text for _, text in described_by), *more])
    units = _units(described_by)
    return Texts(meta=meta.first, meta_variants=meta.variants, unknown_meta_keys=meta.unknown, units=units, **values)


def _units(described: Iterable[tuple[ProductName, str]]) -> dict[str, str]:
    """Units that a `.meta` states for its own raster, where they are others than those of the row."""
    units = {}
    for name, text in described:
        product = name.product
        if product is None or not product.stated_units:
            continue
        unit = stated_unit(product, sidecars.collect_meta([text]).first.get(VALUE_UNIT, ""))
        if unit:
            units[name.stem] = unit
    return units


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _text(member: PackageFile) -> str:
    return sidecars.decode(storage.read_bytes(member))
