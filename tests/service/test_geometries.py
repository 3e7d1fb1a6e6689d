"""Boxes and geometries of requests: every kind finds the right items, what is wrong is refused with its position."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import shape

from api.app import create_app
from api.errors import InvalidParameter
from api.request.geometries import TINY_DEG, bbox_geometry, bbox_text, read_bbox, read_geometry

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"


def polygon(*ring: tuple[float, ...]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(position) for position in ring]]}


SQUARE = polygon((12.2, 40.2), (13.8, 40.2), (13.8, 40.8), (12.2, 40.8), (12.2, 40.2))
POINT = {"type": "Point", "coordinates": [12.5, 40.5]}
LINE = {"type": "LineString", "coordinates": [[12.5, 40.5], [15.5, 40.5]]}
GEOMETRIES = [
    (POINT, {12}),
    ({"type": "Point", "coordinates": [12.5, 40.5, 300]}, {12}),
    ({"type": "Point", "coordinates": [12.5, 50]}, set()),
    ({"type": "MultiPoint", "coordinates": [[12.5, 40.5], [20.5, 40.5]]}, {12, 20}),
    (LINE, {12, 13, 14, 15}),
    ({"type": "MultiLineString", "coordinates": [LINE["coordinates"], [[30.2, 39], [30.2, 42]]]}, {12, 13, 14, 15, 30}),
    (SQUARE, {12, 13}),
    ({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}, {12, 13}),
    ({"type": "GeometryCollection", "geometries": [POINT]}, {12}),
    ({"type": "GeometryCollection", "geometries": [POINT, LINE, SQUARE]}, {12, 13, 14, 15}),
    (
        {"type": "GeometryCollection", "geometries": [POINT, {"type": "GeometryCollection", "geometries": [LINE]}]},
        {12, 13, 14, 15},
    ),
    ({**SQUARE, "bbox": [0, 0, 1, 1], "crs": None, "title": "foreign"}, {12, 13}),
    # clockwise, and with a hole that holds all of 12
    (
        {
            "type": "Polygon",
            "coordinates": [
                [[11.5, 39], [11.5, 42], [13.5, 42], [13.5, 39], [11.5, 39]],
                [[11.9, 39.9], [11.9, 41.1], [13.1, 41.1], [13.1, 39.9], [11.9, 39.9]],
            ],
        },
        {11, 13},
    ),
]


def wests(answer: Any) -> set[float]:
    assert answer.status_code == 200, answer.text
    return {item["bbox"][0] for item in answer.json()["features"]}


@pytest.mark.parametrize(("geometry", "expected"), GEOMETRIES)
def test_every_kind_of_geometry(client: TestClient, geometry: dict[str, Any], expected: set[int]) -> None:
    assert wests(client.post("/search", json={"collections": [PAIRS], "intersects": geometry})) == expected
    asked = {"collections": PAIRS, "intersects": json.dumps(geometry)}
    assert wests(client.get("/search", params=asked)) == expected


BOXES: list[tuple[list[float], set[int] | range]] = [
    ([12.2, 40.2, 13.8, 40.8], {12, 13}),
    ([12.2, 40.2, -50, 13.8, 40.8, 9000], {12, 13}),
    ([12.5, 40.5, 12.5, 40.5], {12}),
    ([12.5, 40.5, 15.5, 40.5], {12, 13, 14, 15}),
    ([12.5, -90, 12.5, 90], {12}),
    ([-180, -90, 180, 90], range(10, 35)),
    ([180, -90, 180, 90], set()),
    ([33.5, 30, -170, 50], {33, 34}),  # across the antimeridian
    ([170, 30, 11.5, 50], {10, 11}),
    ([180, 40.5, 12.5, 40.5], {10, 11, 12}),
    ([180, 40.5, -180, 40.5], set()),
    ([12.5, 40.5, 12.4, 40.5], range(10, 35)),  # nearly all round
]


@pytest.mark.parametrize(("bbox", "expected"), BOXES)
def test_every_kind_of_box(client: TestClient, bbox: list[float], expected: set[int]) -> None:
    text = ",".join(map(str, bbox))
    assert wests(client.get("/search", params={"collections": PAIRS, "bbox": text})) == set(expected)
    assert wests(client.get(f"/collections/{PAIRS}/items", params={"bbox": text})) == set(expected)
    assert wests(client.post("/search", json={"collections": [PAIRS], "bbox": bbox})) == set(expected)


degrees = st.floats(-180, 180) | st.sampled_from([-180.0, 0.0, 180.0])
latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, 0.0, 90.0])


@example(180.0, 179.99999999999997, 0.0, 0.0)
@given(degrees, degrees, latitudes, latitudes)
def test_a_box_holds_its_own_corners_and_not_what_lies_beside(
    west: float, east: float, one: float, other: float
) -> None:
    south, north = sorted((one, other))
    area = shape(bbox_geometry(read_bbox([west, south, east, north])))
    assert area.is_valid
    assert area.area > 0
    for longitude in (west, east):
        assert area.buffer(TINY_DEG).intersects(shape({"type": "Point", "coordinates": [longitude, south]}))
    assert area.within(box(-180, -90, 180, 90))
    width = (east - west) if west <= east else east - west + 360
    assert math.isclose(area.area, width * (north - south), abs_tol=1e-6, rel_tol=1e-9)


WRONG_BOXES = [
    ("1,2,3", "4 or 6"), ("", "list of numbers"), ("1,2,3,x", "list of numbers"), ("nan,1,2,3", "value 1"),
    ("1,2,3,inf", "north"), ("-181,0,1,1", "west"), ("0,-91,1,1", "south"), ("0,0,181,1", "east"),
    ("0,0,1,90.5", "north"), ("0,5,1,4", "south is north"), ("0,0,1,1,1", "4 or 6"), ("0,5,0,1,4,9", "south is north"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named"), WRONG_BOXES)
def test_wrong_boxes_are_refused_with_the_edge_at_fault(text: str, named: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^bbox: ") as refused:
        bbox_text(text)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "value", [5, "1,2,3,4", {}, [1, 2, 3, None], [1, 2, 3, "4"], [1, 2, 3, True], [[1, 2, 3, 4]], [0, 0, 10**400, 0]]
)
def test_wrong_boxes_of_a_body(value: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"^bbox: "):
        read_bbox(value)


HUGE = 10**600
WRONG_GEOMETRIES: list[tuple[Any, str]] = [
    (5, "type None"),
    ({}, "type None"),
    ({"type": "Circle"}, "'Circle'"),
    ({"type": ["Point"]}, "type"),
    ({"type": "Feature", "geometry": POINT}, "Feature"),
    ({"type": "FeatureCollection", "features": []}, "FeatureCollection"),
    ({"type": "Point"}, "coordinates"),
    ({"type": "Point", "coordinates": []}, "coordinates: empty"),
    ({"type": "Point", "coordinates": [1]}, "coordinates"),
    ({"type": "Point", "coordinates": [1, 2, 3, 4]}, "coordinates"),
    ({"type": "Point", "coordinates": ["1", 2]}, "'1'"),
    ({"type": "Point", "coordinates": [None, 2]}, "'None'"),
    ({"type": "Point", "coordinates": [True, 2]}, "'True'"),
    ({"type": "Point", "coordinates": [math.nan, 2]}, "coordinates[0]: NaN"),
    ({"type": "Point", "coordinates": [2, math.inf]}, "coordinates[1]: the number"),
    ({"type": "Point", "coordinates": [HUGE, 2]}, "coordinates[0]: the number"),
    ({"type": "Point", "coordinates": [1, 91]}, "longitude is first"),
    ({"type": "Point", "coordinates": [190, 1]}, "antimeridian"),
    ({"type": "MultiPoint", "coordinates": []}, "empty"),
    ({"type": "MultiPoint", "coordinates": [[1, 2], [3]]}, "coordinates[1]"),
    ({"type": "LineString", "coordinates": [[1, 2]]}, "2 positions"),
    ({"type": "LineString", "coordinates": [[1, 2], [1, 2]]}, "longitude 1, latitude 2"),
    ({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[1, 2]]]}, "coordinates[1]"),
    ({"type": "Polygon", "coordinates": []}, "empty"),
    ({"type": "Polygon", "coordinates": [[]]}, "coordinates[0]: empty"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "coordinates[0]: a ring"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "coordinates[0]: not closed"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [300, 1], [0, 0]]]}, "coordinates[0][2]: longitude 300"),
    (polygon((0, 0), (1, 1), (1, 0), (0, 1), (0, 0)), "Self-intersection at longitude 0.5, latitude 0.5"),
    (
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]], [[5, 5], [6, 5], [6, 6], [5, 5]]]},
        "Hole lies outside shell at longitude",
    ),
    ({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], SQUARE["coordinates"]]}, "at longitude"),
    ({"type": "MultiPolygon", "coordinates": SQUARE["coordinates"]}, "coordinates[0][0][0]"),
    ({"type": "GeometryCollection"}, "geometries"),
    ({"type": "GeometryCollection", "geometries": []}, "geometries: empty"),
    ({"type": "GeometryCollection", "geometries": [POINT, {"type": "Point", "coordinates": [200, 0]}]},
     "geometries[1].coordinates: longitude 200"),
    ({"type": "GeometryCollection", "geometries": [POINT, 5]}, "geometries[1]: type"),
]  # fmt: skip


@pytest.mark.parametrize(("geometry", "named"), WRONG_GEOMETRIES)
def test_wrong_geometries_are_refused_with_the_position(client: TestClient, geometry: Any, named: str) -> None:
    body = json.dumps({"intersects": geometry})
    answer = client.post("/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    description = answer.json()["description"]
    assert description.startswith("intersects")
    assert named in description
    asked = client.get("/search", params={"intersects": json.dumps(geometry)})
    assert asked.status_code == 400
    assert "intersects" in asked.json()["description"]


def circle(vertices: int) -> dict[str, Any]:
    angles = [2 * math.pi * number / (vertices - 1) for number in range(vertices - 1)]
    ring = [[20 + 5 * math.cos(angle), 40 + 5 * math.sin(angle)] for angle in angles]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def test_positions_are_counted(client: TestClient, make_settings: Callable[..., ServiceSettings]) -> None:
    found = wests(client.post("/search", json={"collections": [PAIRS], "intersects": circle(20_000)}))
    assert set(range(15, 25)) <= found <= set(range(14, 26))
    answer = client.post("/search", json={"intersects": circle(20_001)})
    assert (answer.status_code, "more than 20000 positions" in answer.text) == (400, True)
    with TestClient(create_app(make_settings(max_vertices=10)), raise_server_exceptions=False) as strict:
        assert strict.post("/search", json={"intersects": circle(10)}).status_code == 200
        assert strict.post("/search", json={"intersects": circle(11)}).status_code == 400
        assert strict.get("/search", params={"intersects": json.dumps(circle(11))}).status_code == 400
        several = {"type": "GeometryCollection", "geometries": [circle(6), circle(6)]}
        assert strict.post("/search", json={"intersects": several}).status_code == 400


def test_nested_collections_have_an_end() -> None:
    nested = POINT
    for _ in range(9):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    with pytest.raises(InvalidParameter, match="too deeply"):
        read_geometry(nested)


def test_a_box_and_a_geometry_exclude_each_other(client: TestClient) -> None:
    assert client.post("/search", json={"bbox": [0, 0, 1, 1], "intersects": POINT}).status_code == 400
    both = {"bbox": "170,0,-170,1", "intersects": json.dumps(POINT)}
    assert client.get("/search", params=both).status_code == 400
    assert client.post("/search", json={"bbox": [0, 0, 1, 1], "intersects": None}).status_code == 200
    assert client.post("/search", json={"bbox": None, "intersects": POINT}).status_code == 200


def test_the_largest_page_is_a_setting(make_settings: Callable[..., ServiceSettings]) -> None:
    with TestClient(create_app(make_settings(max_limit=7)), raise_server_exceptions=False) as client:
        for asked in ({}, {"limit": 20_000}, {"limit": 8}):
            assert client.get("/search", params=asked).json()["numberReturned"] == 7
            assert client.post("/search", json=asked).json()["numberReturned"] == 7
            assert client.get(f"/collections/{PAIRS}/items", params=asked).json()["numberReturned"] == 7
        assert client.get("/search", params={"limit": 3}).json()["numberReturned"] == 3
