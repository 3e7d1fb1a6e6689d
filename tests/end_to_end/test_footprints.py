"""The footprint of every item is the valid area: of the sample's own account, and of the item's own rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize
from shapely import Polygon, box
from shapely.geometry import shape
from shapely.geometry.polygon import LinearRing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LEAST_AGREEMENT = 0.97


def _agreement(one: Polygon, other: Polygon) -> float:
    return float(one.intersection(other).area / one.union(other).area)


@pytest.fixture(scope="module")
def items(built: dict[str, Any]) -> list[dict[str, Any]]:
    return list(built.values())


def test_every_footprint_is_the_valid_area(items: list[dict[str, Any]], sample: Any) -> None:
    areas = {track.name: Polygon(track.footprint) for track in sample.manifest.tracks}
    for item in items:
        footprint = shape(item["geometry"])
        agreement = _agreement(footprint, areas[item["properties"]["flatsim:track"]])
        assert agreement >= LEAST_AGREEMENT, f"{item['id']}: {agreement:.4f}"


def test_every_footprint_is_a_sound_polygon(items: list[dict[str, Any]]) -> None:
    for item in items:
        geometry = item["geometry"]
        assert geometry["type"] == "Polygon"
        assert len(geometry["coordinates"]) == 1
        (ring,) = geometry["coordinates"]
        footprint = shape(geometry)
        assert footprint.is_valid
        assert ring[0] == ring[-1]
        assert 5 <= len(ring) <= 100
        assert LinearRing(ring).is_ccw
        assert item["bbox"] == list(footprint.bounds)


def test_no_footprint_is_a_box(items: list[dict[str, Any]]) -> None:
    """Slanted tracks leave the corners of the raster empty: neither box is the footprint."""
    for item in items:
        footprint = shape(item["geometry"])
        raster = box(*next(asset["proj:bbox"] for asset in item["assets"].values() if asset.get("proj:bbox")))
        assert footprint.area < 0.85 * box(*item["bbox"]).area
        assert footprint.area < 0.85 * raster.area
        assert raster.buffer(1e-6).contains(footprint)


def _valid(path: Path, into: NDArray[np.bool_] | None) -> tuple[NDArray[np.bool_], rasterio.Affine]:
    with rasterio.open(path) as raster:
        mask = (raster.read(1) != 0) & np.isfinite(raster.read(1))
        return (mask if into is None else mask | into), raster.transform


def test_every_footprint_holds_the_valid_pixels_of_its_rasters(
    items: list[dict[str, Any]], sample: Any, service: str
) -> None:
    """Pixel for pixel: what any raster of the item measures is inside, and hardly anything else is."""
    prefix = urlsplit(f"{service}data/").path
    for item in items:
        if item["properties"]["product:type"] != "INTERFEROGRAM":
            continue  # the inversion leaves holes in a series; its footprint is the track's
        mask: NDArray[np.bool_] | None = None
        for asset in item["assets"].values():
            if asset.get("proj:code") == "EPSG:4326":
                path = sample.tree / unquote(urlsplit(asset["href"]).path.removeprefix(prefix))
                mask, transform = _valid(path, mask)
        assert mask is not None
        inside = rasterize([item["geometry"]], mask.shape, transform=transform).astype(bool)
        agreement = (mask & inside).sum() / (mask | inside).sum()
        assert agreement >= LEAST_AGREEMENT, f"{item['id']}: {agreement:.4f}"
        assert (mask & inside).sum() / mask.sum() >= 0.99, item["id"]
