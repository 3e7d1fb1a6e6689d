"""Files of a package → STAC assets, and the `item_assets` of a collection. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pystac

from catalog_builder.location.address import Location
from catalog_builder.packages.model import Grid, LineOfSight, Package, PackageFile, ProductName, Raster
from catalog_builder.packages.names import is_legend
from catalog_builder.thumbnails.make import Thumbnail
from catalog_builder.vocab.files import PNG, media_type, side_file
from catalog_builder.vocab.kinds import Kind
from catalog_builder.vocab.products import FILL_VALUE, GEOMETRY_TITLES, PRODUCTS, RADAR_ROLE, Band, Product
from catalog_builder.vocab.sidecars import FILTER_QUALITY, FILTER_STYLE, LOOKS_RATIO

AssetHref = Callable[[Location], str]

STANDARD_LOOKS = 8
"""The number of looks whose asset keys carry no suffix."""
RANGE_TO_AZIMUTH_LOOKS = 4
"""Looks in range for one look in azimuth, which makes pixels about square; `ratio` of nsbas.proc may say another."""
STATED_UNIT = "In the unit that the file's own metadata state. They do not say which direction is positive."
COMPLEX_TYPES = {"complex_int16": "cint16", "complex64": "cfloat32", "complex128": "cfloat64"}
"""Names of data types that STAC spells otherwise than rasterio."""
SHA256_MULTIHASH = "1220"
"""Multihash prefix: SHA2-256, 32 bytes."""

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
GEOTIFF = "image/tiff; application=geotiff"
TIFF = "image/tiff"
ZIP = "application/zip"


def create_assets(
    package: Package,
    href: AssetHref,
    parameters: Mapping[str, str],
    *,
    thumbnail: pystac.Asset | None = None,
    shows_preview: bool = True,
) -> dict[str, pystac.Asset]:
    """All files of a package as assets: rasters, thumbnail, previews with their legends, metadata, then texts and
    figures, in a fixed order.

    Args:
        package: the package.
        href: address of a file.
        parameters: of the processing, as `nsbas.proc` has them.
        thumbnail: one that was made.
        shows_preview: whether the producer's preview is the thumbnail too.

    Returns:
        Assets by key; every one has `roles`, `title` and `type`. No file is lost to a clash of keys.
    """
    assets: dict[str, pystac.Asset] = {}
    keys: dict[str, str] = {}
    for raster, key in _keyed(package.rasters):
        keys[raster.name.stem] = key
        assets[key] = _raster_asset(raster, key, package, href, parameters)
    preview = _preview_of(package)
    if not shows_preview or package.archive:
        preview = None
    if preview:  # one asset for the file, in both of its roles
        title = _picture_title(preview[1], keys.get(preview[1].stem, preview[1].key))
        thumbnail = _plain(preview[0], title, ["thumbnail", "overview"], href)
    assets |= {"thumbnail": thumbnail} if thumbnail else {}
    for member, name in _in_order((one for one in package.pictures if one != preview), keys):
        key = keys.get(name.stem, name.key)
        assets[_free(assets, f"{_picture_prefix(name)}_{key}")] = _picture(member, name, key, href)
    for member, name in package.metadata:
        key = keys.get(name.stem, name.key)
        title = f"Producer's metadata of {_product_title(name, key)}"
        assets[_free(assets, f"metadata_{key}")] = _plain(member, title, ["metadata"], href)
    for member in package.others:
        key, asset = _side_asset(member, href)
        assets[_free(assets, key)] = asset
    if package.archive:
        assets[_free(assets, "package")] = _plain(package.archive, "Package as one zip archive", ["archive"], href)
    return assets


def _keyed(rasters: tuple[Raster, ...]) -> Iterator[tuple[Raster, str]]:
    """Each raster with its key: plain for the standard number of looks of a product, with a suffix for the others."""
    taken: set[str] = set()
    looks: dict[str, set[int]] = {}
    for raster in rasters:
        looks.setdefault(raster.name.key, set()).add(raster.name.looks)
    plain = {key: STANDARD_LOOKS if STANDARD_LOOKS in numbers else max(numbers) for key, numbers in looks.items()}
    for raster in sorted(rasters, key=_raster_order):
        key = raster.name.key
        if raster.name.looks != plain[key]:
            key = f"{key}_{raster.name.looks}rlks"
        if key in taken:
            key = _free(taken, "_".join([key, *raster.name.modifiers]))
        taken.add(key)
        yield raster, key


_ROW_ORDER = {product.key: index for index, product in enumerate(PRODUCTS)}


def _raster_order(raster: Raster) -> tuple[int, str, int, int, str]:
    name = raster.name
    row = _ROW_ORDER[name.product.key] if name.product else len(_ROW_ORDER)
    return row, name.geometry, -name.looks, -len(name.modifiers), name.text


def _free(taken: dict[str, Any] | set[str], key: str) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free


def _raster_asset(
    raster: Raster, key: str, package: Package, href: AssetHref, parameters: Mapping[str, str]
) -> pystac.Asset:
    name, grid = raster.name, raster.grid
    unit = package.texts.unit_of(name)
    fields = {
        **_constant_fields(name.product, name.geometry),
        **_projection(grid),
        "sar:looks_azimuth": name.looks,
        "sar:looks_range": _looks_ratio(parameters) * name.looks,
        "data_type": COMPLEX_TYPES.get(grid.dtype, grid.dtype),
        "nodata": nodata_of(grid),
        **({"raster:scale": grid.scale, "raster:offset": grid.offset} if (grid.scale, grid.offset) != (1, 0) else {}),
        **_file_fields(raster.member, _media_type(grid)),
    }
    bands = _bands(raster, package, parameters)
    if bands:
        fields["bands"] = bands
    if unit and "unit" in fields:
        fields["unit"] = unit
    description = STATED_UNIT if unit else _description(name.product, name.geometry, raster.line_of_sight)
    return pystac.Asset(
        href=href(raster.member.path),
        title=_product_title(name, key),
        description=description,
        media_type=_type_at_href(raster.member, _media_type(grid)),
        roles=_roles(name.product, name.geometry),
        extra_fields=fields,
    )


def _file_fields(member: PackageFile, media_type: str) -> dict[str, Any]:
    """Size and checksum; of an entry of an archive they stand with its path, since the address is the archive's."""
    fields: dict[str, Any] = {"file:size": member.size_bytes}
    if member.sha256:
        fields["file:checksum"] = f"{SHA256_MULTIHASH}{member.sha256}"
    if member.entry is None:
        return fields
    entry = {"href": member.entry, "type": media_type, **fields}
    if member.byte_range:
        entry["range"] = list(member.byte_range)
    return {"archive": [entry]}


def _type_at_href(member: PackageFile, media_type: str) -> str:
    """Media type of what the address gives: the archive, for an entry of one."""
    return media_type if member.entry is None else ZIP


def nodata_of(grid: Grid) -> float | str:
    """What the file declares as no data, else the value that stands for it in all of these products."""
    if grid.nodata is None:
        return FILL_VALUE
    return grid.nodata if math.isfinite(grid.nodata) else str(grid.nodata)


def _constant_fields(product: Product | None, geometry: str) -> dict[str, Any]:
    """Fields that hold for every file of a product in one geometry."""
    if product is None:
        return {}
    fields: dict[str, Any] = {"product:type": product.type}
    if product.level:
        fields["processing:level"] = product.level
    if product.unit:
        fields["unit"] = product.unit
    bands = product.bands_in(geometry)
    if bands:
        fields["bands"] = [band_fields(band) for band in bands]
    return fields


def band_fields(band: Band) -> dict[str, Any]:
    """A STAC band from its row."""
    fields: dict[str, Any] = {"name": band.name}
    if band.unit:
        fields["unit"] = band.unit
    if band.description:
        fields["description"] = band.description
    return fields


def _looks_ratio(parameters: Mapping[str, str]) -> int:
    """Looks in range for one in azimuth."""
    text = parameters.get(LOOKS_RATIO, "")
    return int(text) if re.fullmatch("[1-9]", text) else RANGE_TO_AZIMUTH_LOOKS


def _bands(raster: Raster, package: Package, parameters: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """Bands as the file has them: the row's, cut or filled up to the file's number; the epochs for the cube."""
    product, count = raster.name.product, raster.grid.count
    epochs = package.texts.epochs
    if product and product.key == "dts" and len(epochs) == count:
        return [{"name": epoch.isoformat()} for epoch in epochs]
    known = [band_fields(band) for band in product.bands_in(raster.name.geometry)] if product else []
    unit = package.texts.unit_of(raster.name)
    if unit and known:
        known = [{"name": known[0]["name"], "unit": unit}, *known[1:]]
    quality = FILTER_QUALITY.get(parameters.get(FILTER_STYLE, "").upper())
    if quality:
        known = [band | {"description": quality} if band["name"] == "filter_quality" else band for band in known]
    return [*known[:count], *({"name": f"band_{number}"} for number in range(len(known) + 1, count + 1))]


def _projection(grid: Grid) -> dict[str, Any]:
    fields: dict[str, Any] = {"proj:code": grid.crs, "proj:shape": [grid.height, grid.width]}
    if grid.wkt:
        fields["proj:wkt2"] = grid.wkt
    if grid.is_referenced and grid.transform and grid.bounds:
        fields["proj:transform"] = list(grid.transform)
        fields["proj:bbox"] = list(grid.bounds)
    return fields


def _media_type(grid: Grid) -> str:
    """By what the file is: a radar raster must never look placeable, however well it is tiled."""
    if not grid.is_referenced:
        return TIFF
    return COG if grid.is_cog else GEOTIFF


def _roles(product: Product | None, geometry: str) -> list[str]:
    roles = list(product.roles) if product else ["data"]
    return [*roles, RADAR_ROLE] if geometry == "radar" else roles


def _product_title(name: ProductName, key: str) -> str:
    title = name.product.title if name.product else name.acronym
    looks = "" if key == name.key else f", {name.looks} looks"
    return f"{title}, {GEOMETRY_TITLES[name.geometry]}{looks}"


def _description(product: Product | None, geometry: str, line_of_sight: LineOfSight | None) -> str | None:
    if product is None:
        return None
    if "los-vector" in product.roles and line_of_sight:
        way = "from the satellite to the ground" if line_of_sight.towards_ground else "from the ground to the satellite"
        return f"Unit vector pointing {way}, as the sign of its up component shows."
    return product.description_in(geometry)


def _in_order(
    pictures: Iterable[tuple[PackageFile, ProductName]], keys: Mapping[str, str]
) -> list[tuple[PackageFile, ProductName]]:
    """As their rasters, each followed by its legend: pages show pictures one after the other."""
    places = {key: place for place, key in enumerate(keys.values())}

    def place(picture: tuple[PackageFile, ProductName]) -> tuple[int, bool, str]:
        name = picture[1]
        return places.get(keys.get(name.stem, name.key), len(places)), is_legend(name.text), name.text

    return sorted(pictures, key=place)


def _preview_of(package: Package) -> tuple[PackageFile, ProductName] | None:
    """Preview of the product that shows the package best; never a legend."""
    pictures = {name.key: (member, name) for member, name in package.pictures if not is_legend(name.text)}
    return next((pictures[key] for key in package.name.kind.thumbnail_from if key in pictures), None)


def thumbnail_asset(thumbnail: Thumbnail, href: str) -> pystac.Asset:
    """Asset of a thumbnail that was made."""
    return pystac.Asset(
        href=href,
        title=f"Thumbnail of {_product_title(thumbnail.of, thumbnail.of.key)}",
        description=thumbnail.description,
        media_type=PNG,
        roles=["thumbnail"],
        extra_fields={"proj:shape": [thumbnail.height, thumbnail.width]},  # pages keep room for it
    )


def _picture_prefix(name: ProductName) -> str:
    return "legend" if is_legend(name.text) else "preview"


def _picture(member: PackageFile, name: ProductName, key: str, href: AssetHref) -> pystac.Asset:
    if is_legend(name.text):
        return _plain(member, _picture_title(name, key), ["overview", "legend"], href)
    return _plain(member, _picture_title(name, key), ["overview"], href)


def _picture_title(name: ProductName, key: str) -> str:
    return f"{'Legend' if is_legend(name.text) else 'Preview'} of {_product_title(name, key)}"


def _side_asset(member: PackageFile, href: AssetHref) -> tuple[str, pystac.Asset]:
    row = side_file(member.name)
    kind = (row.type if row else None) or media_type(member.name)
    stem, _, suffix = member.name.lower().rpartition(".")
    key = row.key if row and row.key else re.sub(r"[^a-z0-9]+", "_", stem or suffix).strip("_")
    is_figure = kind.startswith("image/")
    if is_figure and not (row and row.key):
        key = f"figure_{key}"
    title = row.title if row else member.name
    roles = list(row.roles) if row else ["overview" if is_figure else "metadata"]
    return key or "file", _plain(member, title, roles, href, kind=kind)


def _plain(
    member: PackageFile, title: str, roles: list[str], href: AssetHref, *, kind: str | None = None
) -> pystac.Asset:
    kind = kind or media_type(member.name)
    return pystac.Asset(
        href=href(member.path),
        title=title,
        media_type=_type_at_href(member, kind),
        roles=roles,
        extra_fields=_file_fields(member, kind),
    )


def item_assets(kind: Kind) -> dict[str, dict[str, Any]]:
    """`item_assets` of the collections of a kind, from the rows: what all files of a product share.

    They do not depend on the items, because pgstac stores items as differences to them.
    """
    result: dict[str, dict[str, Any]] = {}
    for product in (product for product in PRODUCTS if product.package == kind.code):
        for geometry, geometry_title in GEOMETRY_TITLES.items():
            fields: dict[str, Any] = {"title": f"{product.title}, {geometry_title}"}
            description = product.description_in(geometry)
            if description:
                fields["description"] = description
            fields["roles"] = _roles(product, geometry)
            result[f"{product.key}_{geometry}"] = {**fields, **_constant_fields(product, geometry)}
    result["thumbnail"] = {"type": PNG, "title": "Preview", "roles": ["thumbnail"]}
    return result
