"""A package → its thumbnail: of the first of its kind's products that can be shown, ground geometry first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog_builder.errors import PackageRefused
from catalog_builder.packages import archive, storage
from catalog_builder.packages.model import Package, PackageFile, ProductName, Raster
from catalog_builder.packages.names import is_legend
from catalog_builder.read import raster
from catalog_builder.report.report import Remark
from catalog_builder.thumbnails.paint import Painting, paint, picture_shape, sampled_shape
from catalog_builder.thumbnails.preview import DamagedPreview, scaled
from catalog_builder.vocab.kinds import Kind
from catalog_builder.vocab.pictures import BY_PRODUCT, SPREAD_PERCENT, Picture, Scale
from catalog_builder.vocab.products import Product

NO_THUMBNAIL = "no thumbnail"
"""Start of the reason that is given for a package without one."""
MAX_PREVIEW_BYTES = 64 * 2**20

_RANGES = {
    Scale.SYMMETRIC: f", the {SPREAD_PERCENT}th percentile of the magnitudes",
    Scale.FROM_ZERO: f", the {SPREAD_PERCENT}th percentile",
    Scale.SPREAD: f", the percentiles {100 - SPREAD_PERCENT} and {SPREAD_PERCENT}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A small picture of a package."""

    png: bytes
    height: int
    width: int
    of: ProductName
    """Name of the file that it shows."""
    description: str


@archive.kept_open()
def make_thumbnail(package: Package) -> tuple[Thumbnail | None, list[Remark]]:
    """Make the thumbnail of a package.

    Returns:
        None where nothing can be shown; and what is to be said: each file that could not be read, and why there is no
        thumbnail.
    """
    remarks: list[Remark] = []
    for key in shown_keys(package.name.kind):
        thumbnail = _of_preview(package, key, remarks) or _of_raster(package, key, remarks)
        if thumbnail:
            return thumbnail, remarks
    reason = "; ".join(remark.reason for remark in remarks) or "it holds no product that can be shown"
    return None, [*remarks, Remark(str(package.found.path), f"{NO_THUMBNAIL}: {reason}", "thumbnail")]


def shown_keys(kind: Kind) -> Iterator[str]:
    """Asset keys of what is shown of a kind of package, best first."""
    yield from kind.thumbnail_from
    for key in kind.thumbnail_from:
        yield f"{key.removesuffix('_geo')}_radar"


def _of_preview(package: Package, key: str, remarks: list[Remark]) -> Thumbnail | None:
    found = _preview(package, key)
    if found is None:
        return None
    member, name, shown = found
    proportion = shown.grid.height / shown.grid.width if shown else None
    has_legend = any(one.key == key and is_legend(one.text) for _, one in package.pictures)
    try:
        picture = scaled(storage.read_bytes(member, max_bytes=MAX_PREVIEW_BYTES), proportion=proportion)
    except (DamagedPreview, PackageRefused) as fault:
        reason = getattr(fault, "reason", None) or f"{member.name} cannot be read: {fault}"
        remarks.append(Remark(str(member.where), f"not shown as thumbnail: {reason}", "thumbnail"))
        return None
    if picture is None:
        return None
    png, (height, width) = picture
    description = (
        "The producer's preview; its legend is an asset of its own." if has_legend else "The producer's preview."
    )
    return Thumbnail(png=png, height=height, width=width, of=name, description=description)


def _preview(package: Package, key: str) -> tuple[PackageFile, ProductName, Raster | None] | None:
    """The producer's picture of a product, of the usual number of looks where there are several."""
    rasters = {one.name.stem: one for one in package.rasters if one.name.key == key}
    pictures = [
        (member, name, rasters.get(name.stem))
        for member, name in package.pictures
        if name.key == key and not is_legend(name.text)
    ]
    return max(pictures, key=lambda one: (one[2] is not None, one[1].looks, one[1].text), default=None)


def _of_raster(package: Package, key: str, remarks: list[Remark]) -> Thumbnail | None:
    """Of the most looks, which has the fewest pixels."""
    for shown in sorted(package.rasters, key=lambda one: (-one.name.looks, one.name.text)):
        product = shown.name.product
        row = BY_PRODUCT.get(product.key) if product and shown.name.key == key else None
        if product is None or row is None:
            continue
        try:
            painting = _painted(package, shown, row)
        except PackageRefused as fault:
            remarks.append(Remark(str(shown.member.where), f"not shown as thumbnail: {fault.reason}", "thumbnail"))
            continue
        if painting:
            description = _description(row, _unit(package, shown, product), painting.limits)
            return Thumbnail(
                png=painting.png,
                height=painting.height,
                width=painting.width,
                of=shown.name,
                description=description,
            )
    return None


def _painted(package: Package, shown: Raster, row: Picture) -> Painting | None:
    grid, member = shown.grid, shown.member
    storage.check_packed(member)
    with raster.session(package.found.path), raster.opened(member.gdal_path) as dataset:
        band = _band(row, grid.count)
        shape = sampled_shape(grid.height, grid.width, has_overviews=bool(dataset.overviews(band)))
        values = raster.read_samples(dataset, band, shape)
    return paint(values, row, shape=picture_shape(grid.height, grid.width), nodata=grid.nodata)


def _band(row: Picture, count: int) -> int:
    return min(row.band or count, count)


def _unit(package: Package, shown: Raster, product: Product) -> str | None:
    stated = package.texts.unit_of(shown.name)
    bands = product.bands_in(shown.name.geometry)
    row = BY_PRODUCT[product.key]
    of_band = bands[row.band - 1].unit if 0 < row.band <= len(bands) else None
    return stated or of_band or product.unit


def _description(row: Picture, unit: str | None, limits: tuple[float, float]) -> str:
    """The legend, in words.

    >>> _description(BY_PRODUCT["mvlos"], "rad/a", (-5.1234, 5.1234))
    "Colours of 'balance' from -5.12 to 5.12 rad/a, the 98th percentile of the magnitudes; no data is transparent."
    """
    low, high = (f"{limit:.3g}" for limit in limits)
    words = f"{low} to {high}" + (f" {unit}" if unit and unit != "1" else "")
    return f"Colours of '{row.colormap}' from {words}{_RANGES.get(row.scale, '')}; no data is transparent."
