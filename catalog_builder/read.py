"""A found package → `Package`: its files listed, headers and texts read, its valid area outlined. The only place that
reads products."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog_builder import raster, sidecars, storage
from catalog_builder.errors import PackageRefused
from catalog_builder.footprint import TABLE_TOLERANCE_DEG, clean_ring, is_on_earth, ring_of_spans
from catalog_builder.model import (
    Found,
    LineOfSight,
    Member,
    Outline,
    Package,
    PackageName,
    ProductName,
    Raster,
    Ring,
    Texts,
)
from catalog_builder.names import parse_package, parse_product
from catalog_builder.vocab.files import RASTER_EXTENSIONS, is_raster, is_user_made

METADATA_EXTENSIONS = ("meta", "metadata")
LOS_ROLE = "los-vector"

_TEXT_PARSERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "baseline.rsc": ("baselines_m", sidecars.parse_baselines),
    "interf_pair.rsc": ("computed_pairs", sidecars.parse_pairs),
    "list_unw_frac.txt": ("unwrapped_fraction", sidecars.parse_unwrapped_fraction),
    "rmsdate.txt": ("epochs", sidecars.parse_epochs),
    "rmsinterfero.txt": ("rms_rad", sidecars.parse_rms),
    "nsbas.proc": ("parameters", lambda text, _: sidecars.parse_parameters(text)),
}
"""File name, folded → field of `Texts` and its parser."""


@dataclass(slots=True)
class _Files:
    """Files of a package, sorted by what they are."""

    rasters: list[tuple[Member, ProductName]] = field(default_factory=list)
    pictures: list[tuple[Member, ProductName]] = field(default_factory=list)
    metadata: list[tuple[Member, ProductName]] = field(default_factory=list)
    others: list[Member] = field(default_factory=list)
    ignored: list[Member] = field(default_factory=list)


@dataclass(slots=True)
class _Seen:
    """What the opened rasters told beside their headers."""

    outline: Outline | None = None
    radar_outline: Ring | None = None
    coherence_mean: float | None = None
    line_of_sight: LineOfSight | None = None


def read_package(found: Found, *, checksums: bool = False) -> Package:
    """List and read one package.

    Args:
        found: where it is.
        checksums: read every file whole for its SHA-256.

    Raises:
        PackageRefused: its name, one of its rasters or one of its texts is wrong, or it holds no product.
    """
    name = parse_package(found.name)
    files = _sort(storage.list_members(found, checksums=checksums))
    if not files.rasters:
        raise PackageRefused(str(found.path), "it holds no CNES_* raster")
    with raster.session():
        rasters, seen = _read_rasters(files.rasters, name)
    return Package(
        found=found,
        name=name,
        archive=storage.archive_member(found, checksums=checksums),
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


def _sort(members: Iterable[Member]) -> _Files:
    files = _Files()
    for member in members:
        product = None if is_user_made(member.name) else parse_product(member.name)
        if is_user_made(member.name):
            files.ignored.append(member)
        elif product is not None:
            _list_for(files, product.extension).append((member, product))
        elif is_raster(member.name):
            files.ignored.append(member)
        else:
            files.others.append(member)
    return files


def _list_for(files: _Files, extension: str) -> list[tuple[Member, ProductName]]:
    if extension in RASTER_EXTENSIONS:
        return files.rasters
    return files.metadata if extension in (*METADATA_EXTENSIONS, "xml") else files.pictures


def _read_rasters(files: list[tuple[Member, ProductName]], name: PackageName) -> tuple[list[Raster], _Seen]:
    keys = {product.key for _, product in files}
    outlined = next((key for key in name.kind.footprint_from if key in keys), None)
    rasters, seen = [], _Seen()
    for member, product in files:
        with raster.opened(member.gdal_path) as dataset:
            grid = raster.read_grid(member.gdal_path, dataset, size_bytes=member.size_bytes)
            found = Raster(member=member, name=product, grid=grid)
            _look_into(dataset, found, seen, outlined=outlined)
        rasters.append(found)
    return rasters, seen


def _look_into(dataset: raster.Dataset, found: Raster, seen: _Seen, *, outlined: str | None) -> None:
    """Sample the few rasters that the item's properties come from, while they are open."""
    key, product = found.name.key, found.name.product
    is_los = product is not None and LOS_ROLE in product.roles
    is_scanned = found.grid.crs is not None and (key in {outlined, "coh_geo"} or is_los)
    if is_scanned or key == "lut_radar":
        storage.check_packed(found.member)
    if key == "lut_radar" and seen.radar_outline is None and found.grid.count > 1:
        ring = clean_ring(raster.read_ground_ring(dataset), tolerance_deg=TABLE_TOLERANCE_DEG)
        seen.radar_outline = ring if ring and is_on_earth(ring) else None
    if not is_scanned:
        return
    spans, mean = raster.scan_rows(dataset)
    if key == outlined and seen.outline is None and mean is not None:
        ring = ring_of_spans(spans, found.grid)
        seen.outline = Outline(ring=ring, mean=mean) if ring else None
    if key == "coh_geo" and seen.coherence_mean is None:
        seen.coherence_mean = mean
    if is_los and product is not None and seen.line_of_sight is None:
        seen.line_of_sight = raster.read_line_of_sight(dataset, product, spans)


def _read_texts(files: _Files) -> Texts:
    values: dict[str, Any] = {}
    for member in files.others:
        row = _TEXT_PARSERS.get(member.name.lower())
        if row and row[0] not in values:
            values[row[0]] = row[1](_text(member), str(member.where))
    described = (*(member for member, _ in files.metadata), *files.others)
    texts = (_text(member) for member in described if _extension(member.name) in METADATA_EXTENSIONS)
    meta = sidecars.collect_meta(texts)
    return Texts(meta=meta.first, meta_variants=meta.variants, unknown_meta_keys=meta.unknown, **values)


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _text(member: Member) -> str:
    return sidecars.decode(storage.read_bytes(member))
