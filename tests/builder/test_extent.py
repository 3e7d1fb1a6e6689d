"""Boxes and footprints, also across the antimeridian: small, and each on its side."""

import json
from itertools import permutations
from pathlib import Path

import pytest
import rasterio
from hypothesis import example, given
from hypothesis import strategies as st
from rasterio.transform import Affine
from shapely.geometry import Point, box, shape

from catalog_builder.packages.extent import Extent, meet, width_of
from catalog_builder.pipeline.build import build
from catalog_builder.read.footprint import bbox, geometry, is_on_earth
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.validation.check import check
from catalog_builder.validation.schemas import Schemas

degrees = st.floats(-180, 180).map(lambda value: round(value, 3))


@st.composite
def boxes(draw: st.DrawFn) -> list[float]:
    """Boxes of at most 60 degrees, anywhere."""
    west, width = draw(degrees), round(draw(st.floats(0.001, 60)), 3)
    east = west + width
    south = draw(st.floats(-80, 70))
    return [west, south, round(east if east <= 180 else east - 360, 6), south + 10]


def holds(outer: list[float], inner: list[float]) -> bool:
    ahead = (inner[0] - outer[0]) % 360
    ahead = 0 if ahead > 359.9999 else ahead
    is_inside = width_of(outer) == 360 or ahead + width_of(inner) <= width_of(outer) + 1e-6
    return is_inside and outer[1] <= inner[1] and inner[3] <= outer[3]


@given(st.lists(boxes(), min_size=1, max_size=5))
def test_an_extent_holds_all_its_boxes_and_meets_them(found: list[list[float]]) -> None:
    extent = Extent()
    for one in found:
        extent.add(one)
    hull = extent.box()
    assert hull is not None
    assert max(abs(hull[0]), abs(hull[2])) <= 180
    assert all(holds(hull, one) for one in found)
    assert all(meet(hull, one) and meet(one, hull) for one in found)


@given(st.lists(boxes(), min_size=1, max_size=4))
def test_an_extent_does_not_depend_on_order_or_parts(found: list[list[float]]) -> None:
    hulls = set()
    for order in permutations(found):
        whole, left, right = Extent(), Extent(), Extent()
        for index, one in enumerate(order):
            whole.add(one)
            (left if index % 2 else right).add(one)
        left.merge(right)
        assert left.box() == whole.box()
        hulls.add(tuple(whole.box() or ()))
    assert len(hulls) == 1


def test_an_extent_of_the_whole_earth_and_of_nothing() -> None:
    extent = Extent()
    assert extent.box() is None
    extent.add([-180, -90, 180, 90])
    assert extent.box() == [-180, -90, 180, 90]


@given(degrees, st.floats(0.1, 20), st.floats(-80, 70))
@example(161.0, 20.0, 0.0)
@example(180.0, 1.0, 0.0)
def test_a_footprint_is_cut_at_the_antimeridian(west: float, width: float, south: float) -> None:
    ring = tuple((round(x, 6), round(y, 6)) for x, y in box(west, south, west + width, south + 5).exterior.coords)
    assert is_on_earth(ring)
    drawn = geometry(ring)
    polygons = shape(drawn)
    assert polygons.is_valid
    assert all(abs(lon) <= 180 for part in getattr(polygons, "geoms", [polygons]) for lon, _ in part.exterior.coords)
    assert polygons.area == pytest.approx(width * 5, rel=1e-3)
    middle = (west + width / 2 + 180) % 360 - 180
    assert polygons.buffer(1e-6).contains(Point(middle, south + 2.5))
    assert width_of(bbox(ring)) == pytest.approx(width, abs=1e-5)
    assert drawn["type"] == ("Polygon" if len(getattr(polygons, "geoms", [0])) == 1 else "MultiPolygon")


def moved_to_the_antimeridian(tree: Path) -> None:
    """The tree of the sample, as if it were of Fiji: 160 degrees further east, lookup tables from -180 to 180."""
    for path in sorted(tree.rglob("*BALKANS*"), reverse=True):
        path.rename(path.with_name(path.name.replace("BALKANS", "FIDJI")))
    for path in tree.rglob("*.tiff"):
        with rasterio.open(path) as source:
            profile, bands = source.profile, source.read()
        if "_geo_" in path.name:
            profile["transform"] = Affine.translation(158.5, 0) @ profile["transform"]
        elif "lut_radar" in path.name.lower():
            valid = bands[0] != 0
            bands[0] = ((bands[0] + 158.5 + 180) % 360 - 180) * valid
        with rasterio.open(path, "w", **{**profile, "driver": "GTiff"}) as target:
            target.write(bands)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_tree_across_the_antimeridian(own_tree, tmp_path: Path, schemas: Schemas) -> None:
    tree = own_tree[0]
    moved_to_the_antimeridian(tree)
    out = tmp_path / "out"
    report = build([tree], StaticSink(out), StaticLayout(out))
    assert (report.refused, report.catalogued) == ([], report.found)
    documents = [json.loads(path.read_bytes()) for path in out.rglob("*.json")]
    crossing = [one for one in documents if one["type"] == "Feature" and one["geometry"]["type"] == "MultiPolygon"]
    assert crossing
    for item in crossing:
        assert item["bbox"][0] > 0 > item["bbox"][2]
        assert not list(check(item, schemas))
        assert shape(item["geometry"]).area < 30
    collections = [one for one in documents if one["type"] == "Collection"]
    assert len(collections) == 3
    for collection in collections:
        west, _, east, _ = collection["extent"]["spatial"]["bbox"][0]
        assert west > 170
        assert east < -170
        assert not list(check(collection, schemas))
