"""Builds with thumbnails, what they made, and rasters to damage."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from catalog_builder.pipeline.build import build
from catalog_builder.report.report import Report
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder

Items = dict[str, dict[str, Any]]
PACKAGES = 18


def into(out: Path, tree: Path, **options: Any) -> Report:
    layout = StaticLayout(out.resolve(), thumbnails=ThumbnailFolder(out.resolve() / "thumbnails"))
    return build([tree], StaticSink(out), layout, **options)


def items_in(out: Path) -> Items:
    found = (json.loads(path.read_bytes()) for path in out.rglob("*.json"))
    return {one["id"]: one for one in found if one.get("type") == "Feature"}


def pictures(out: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (out / "thumbnails").rglob("*.png")}


def without_pictures(tree: Path) -> None:
    for path in tree.rglob("*.png"):
        path.unlink()


def one(items: Items, part: str) -> dict[str, Any]:
    return next(item for name, item in sorted(items.items()) if part in name)


def bend(path: Path) -> None:
    """Pack the pixels, and overwrite them."""
    with rasterio.open(path) as source:
        profile, values = source.profile | {"compress": "deflate"}, source.read()
    with rasterio.open(path, "w", **profile) as target:
        target.write(values)
    with rasterio.open(path) as packed:
        start = int(packed.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    content = bytearray(path.read_bytes())
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)


def bend_to_nothing(path: Path) -> None:
    with rasterio.open(path) as source:
        profile, values = source.profile, source.read()
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.zeros_like(values))


def picture_of(out: Path, item: dict[str, Any]) -> Path:
    return out / "thumbnails" / item["collection"] / f"{item['id']}.png"


def zipped(tree: Path) -> None:
    for index, package in enumerate(sorted(tree.rglob("NSBAS_*"))):
        method = zipfile.ZIP_STORED if index % 2 else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(package.with_name(f"{package.name}.zip"), "w", method) as archive:
            for path in sorted(package.iterdir()):
                archive.write(path, f"{package.name}/{path.name}")
        shutil.rmtree(package)
