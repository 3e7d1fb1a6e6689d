"""Outlines of valid areas: true to the mask, short, simple and turning the right way."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Polygon

from catalog_builder.packages.model import Grid
from catalog_builder.read.footprint import MAX_VERTICES, bbox, clean_ring, geometry, is_on_earth, ring_of_spans
from catalog_builder.read.mask import scan


def grid_of(height: int, width: int, pixel_deg: float = 0.01) -> Grid:
    return Grid(
        height=height, width=width, count=1, dtype="float32", nodata=None, crs="EPSG:4326",
        transform=(pixel_deg, 0.0, 20.0, 0.0, -pixel_deg, 41.0), is_cog=False,
    )  # fmt: skip


def swath(height: int, width: int, lean: float, tilt: float) -> Polygon:
    """A parallelogram in pixels that touches all four sides of the raster, like a radar track in its box."""
    dx, dy = lean * width, tilt * height
    return Polygon([(dx, 0), (width, dy), (width - dx, height), (0, height - dy)])


def outline(mask: np.ndarray, folder) -> tuple:
    grid = grid_of(*mask.shape)
    path = folder / "mask.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=grid.height, width=grid.width, count=1, dtype="float32", crs=grid.crs,
        transform=Affine(*grid.transform),
    ) as dataset:  # fmt: skip
        dataset.write(mask.astype("float32"), 1)
    with rasterio.open(path) as dataset:
        seen = scan(dataset)
    if seen is None:
        return None, None, grid
    return ring_of_spans(seen.spans, grid, height=seen.height, width=seen.width), seen.mean, grid


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_points_that_are_nowhere_make_no_ring(value: float) -> None:
    assert clean_ring([(0, 0), (1, 0), (value, 1), (0, 1)], tolerance_deg=0.1) is None


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(40, 400),
    width=st.integers(40, 400),
    lean=st.floats(0.05, 0.45),
    tilt=st.floats(0.02, 0.3),
    mirrored=st.booleans(),
)
def test_outline_of_a_track_covers_its_valid_area(tmp_path_factory, height, width, lean, tilt, mirrored) -> None:
    shape = swath(height, width, lean, tilt)
    mask = rasterize([shape], out_shape=(height, width))
    if mirrored:
        mask = mask[:, ::-1]
    ring, mean, grid = outline(mask, tmp_path_factory.mktemp("mask"))
    drawn = rasterize([geometry(ring)], out_shape=mask.shape, transform=Affine(*grid.transform))
    overlap = np.logical_and(drawn, mask).sum() / np.logical_or(drawn, mask).sum()
    assert overlap >= 0.97
    assert mean == pytest.approx(1.0)
    polygon = Polygon(ring)
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    assert len(ring) <= MAX_VERTICES
    assert ring[0] == ring[-1]
    west, south, east, north = bbox(ring)
    assert polygon.area < 0.99 * (east - west) * (north - south)


def test_first_and_last_valid_rows_are_found_between_samples(tmp_path) -> None:
    mask = np.zeros((1000, 50), dtype="float32")
    mask[123:778] = 1
    ring, _, _ = outline(mask, tmp_path)
    assert bbox(ring)[1::2] == pytest.approx([41.0 - 7.78, 41.0 - 1.23])


def test_an_empty_raster_has_no_outline(tmp_path) -> None:
    ring, mean, _ = outline(np.zeros((30, 30), dtype="float32"), tmp_path)
    assert (ring, mean) == (None, None)


def test_nan_is_not_valid(tmp_path) -> None:
    mask = np.full((30, 30), np.nan, dtype="float32")
    mask[10:20, 5:25] = 2.0
    ring, mean, _ = outline(mask, tmp_path)
    assert mean == pytest.approx(2.0)
    assert Polygon(ring).area == pytest.approx(0.1 * 0.2)


def test_a_ring_that_crosses_itself_keeps_its_largest_part() -> None:
    ring = clean_ring([(0, 0), (4, 0), (4, 4), (0, 4), (0, 2), (-1, 1)], tolerance_deg=0.01)
    assert ring is not None
    bow_tie = clean_ring([(0, 0), (1, 1), (1, 0), (0, 1)], tolerance_deg=0.001)
    assert bow_tie is not None
    assert Polygon(bow_tie).is_valid


def test_too_few_points_are_no_ring() -> None:
    assert clean_ring([(0, 0), (1, 1)], tolerance_deg=0.01) is None
    assert clean_ring([(0, 0), (1, 1), (2, 2)], tolerance_deg=0.01) is None


def test_vertices_off_the_earth_are_seen() -> None:
    assert is_on_earth(((-170.0, 40.0), (181.0 - 360.0, -90.0)))
    assert not is_on_earth(((20.0, 40.0), (-179.0, -90.0)))
    assert not is_on_earth(((40.0, 120.0),))
