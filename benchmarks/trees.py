"""Trees of many pair packages in little time: one true package, linked under other dates."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning

from catalog_builder.sample import SampleSpec, write_sample

DRAWN_PIXELS = 100
"""Columns of the rasters that the sample draws; larger ones are enlarged, since only their size matters here."""
FIRST_DAY = date(2014, 10, 10)
STEP_DAYS = 12
LINKS_OF_A_FILE = 30_000
"""Fewer than any file system allows."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree and how many packages it has."""

    root: Path
    packages: int


def write_tree(root: Path, *, pairs: int, pixels: int = 100, products: Sequence[str] | None = None) -> Tree:
    """A track whose pairs are all the same picture: rasters and previews are hard links, metadata is written again.

    Its series and auxiliary package are those of a sample of three dates, whose lists do not know the pairs.

    Args:
        root: where it is written.
        pairs: how many pair packages.
        pixels: columns of the rasters in ground geometry. Above `DRAWN_PIXELS`, those of the pairs are pictures of that
            size with each pixel repeated, stored in rows as GDAL does unless told otherwise.
        products: acronyms of those that the pairs have, for many pairs in little time; None for all.
    """
    manifest = write_sample(root, SampleSpec(tracks=1, pairs=3, epochs=3, pixels=min(pixels, DRAWN_PIXELS)))
    track = manifest.tracks[0]
    template = root / track.pairs[0].path
    if pixels > DRAWN_PIXELS:
        for path in template.glob("*.tiff"):
            _enlarge(path, pixels // DRAWN_PIXELS)
    old = (date.fromisoformat(track.pairs[0].reference_date), date.fromisoformat(track.pairs[0].secondary_date))
    if products is not None:
        _keep(template, products)
    for number in range(pairs):
        if number and number % LINKS_OF_A_FILE == 0:
            _unlink_twins(template)
        reference = FIRST_DAY + timedelta(days=number // 100)
        new = (reference, reference + timedelta(days=1 + number % 100))
        _link_package(template, old, new)
    return Tree(root=root, packages=pairs + len(manifest.package_paths()))


def _enlarge(path: Path, factor: int) -> None:
    """Repeat each pixel in both directions, with noise that no compression takes away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as source:
            bands, nodata, crs = source.read(), source.nodata, source.crs
            transform = source.transform @ Affine.scale(1 / factor)
        count, height, width = bands.shape
        profile = {"count": count, "height": height * factor, "width": width * factor, "dtype": "float32"}
        where = {"crs": crs, "transform": transform} if crs else {}
        path.unlink()  # the other pairs of the sample keep theirs
        with rasterio.open(path, "w", driver="GTiff", nodata=nodata, compress="deflate", **profile, **where) as target:
            random = np.random.default_rng(0)
            for index, band in enumerate(bands, start=1):
                large = np.kron(band, np.ones((factor, factor), dtype="float32"))
                noise = random.uniform(0.999, 1.001, large.shape).astype("float32")
                target.write(large * noise, index)


def _keep(package: Path, products: Sequence[str]) -> None:
    """Remove all files but the rasters and metadata of some products in ground geometry."""
    wanted = tuple(f"CNES_{product}_geo_" for product in products)
    for path in package.iterdir():
        if not (path.name.startswith(wanted) and path.suffix in {".tiff", ".meta"}):
            path.unlink()


def _unlink_twins(package: Path) -> None:
    """Give the files of a package new copies, to be linked in turn."""
    for path in package.iterdir():
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)


def _link_package(template: Path, old: tuple[date, date], new: tuple[date, date]) -> None:
    package = template.with_name(_renamed(template.name, old, new))
    if package.exists():
        return
    package.mkdir()
    for source in template.iterdir():
        target = package / _renamed(source.name, old, new)
        if source.suffix == ".meta":
            target.write_text(_renamed(source.read_text(), old, new))
        else:
            os.link(source, target)


def _renamed(text: str, old: tuple[date, date], new: tuple[date, date]) -> str:
    """The text with both dates replaced in both spellings; marks go in between, lest a new date be replaced again."""
    for index, day in enumerate(old):
        text = text.replace(f"{day:%Y%m%d}", f"\0{index}").replace(f"{day:%Y-%m-%d}", f"\1{index}")
    for index, day in enumerate(new):
        text = text.replace(f"\0{index}", f"{day:%Y%m%d}").replace(f"\1{index}", f"{day:%Y-%m-%d}")
    return text
