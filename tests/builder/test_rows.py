"""Rows made here against those that pgstac, PostGIS and pypgstac make of the same items."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from hydraters import hydrate
from hypothesis import given, settings
from hypothesis import strategies as st
from pypgstac.hydration import dehydrate as pypgstac_dehydrate

from catalog_builder.errors import SinkError
from catalog_builder.sinks.rows.dehydration import base_item, dehydrate
from catalog_builder.sinks.rows.ewkb import ewkb
from catalog_builder.sinks.rows.row import Row, create_row

NAMES = st.sampled_from("abcd")
SCALARS = st.one_of(st.none(), st.text("xy", max_size=1), st.integers(2, 4), st.sampled_from([2.0, 2.5]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
NUMBERS = st.floats(-180, 180, allow_nan=False)
POSITION = st.lists(NUMBERS, min_size=2, max_size=2)


def _pairs(common: Any, own: Any) -> Iterator[tuple[Any, Any]]:
    """Values that stand in the same place of a base and an item."""
    yield common, own
    if isinstance(common, dict) and isinstance(own, dict):
        for name in common.keys() & own.keys():
            yield from _pairs(common[name], own[name])
    if isinstance(common, list) and isinstance(own, list) and len(common) == len(own):
        for pair in zip(common, own, strict=True):
            yield from _pairs(*pair)


def _is_alike(base: Any, item: Any) -> bool:
    """Whether no object or list of the item is something else in the base, which no one can put together again."""
    return all(type(common) is type(own) or not isinstance(own, (dict, list)) for common, own in _pairs(base, item))


@given(OBJECTS, OBJECTS)
@settings(max_examples=300, deadline=None)
def test_an_item_is_dehydrated_as_pypgstac_does(base: dict[str, Any], item: dict[str, Any]) -> None:
    before = copy.deepcopy((base, item))
    if _is_alike(base, item):
        assert dehydrate(base, item) == pypgstac_dehydrate(*copy.deepcopy((base, item)))
    assert (base, item) == before, "nothing is changed in its place"


@given(OBJECTS, OBJECTS)
@settings(max_examples=300, deadline=None)
def test_what_was_taken_out_comes_back(base: dict[str, Any], item: dict[str, Any]) -> None:
    """But for what pgstac loses: a null or an empty list where the base has something else."""

    is_lossy = any(common != own and own in (None, []) for common, own in _pairs(base, item))
    if _is_alike(base, item) and not is_lossy:
        assert hydrate(copy.deepcopy(base), copy.deepcopy(dehydrate(base, item))) == item


LINE = st.lists(POSITION, min_size=2, max_size=4)
RING = st.lists(POSITION, min_size=3, max_size=5).map(lambda ring: [*ring, ring[0]])
POLYGON = st.lists(RING, min_size=1, max_size=2)


def _geometries(kind: str, coordinates: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return coordinates.map(lambda found: {"type": kind, "coordinates": found})


SIMPLE = st.one_of(
    _geometries("Point", POSITION),
    _geometries("LineString", LINE),
    _geometries("Polygon", POLYGON),
    _geometries("MultiPoint", st.lists(POSITION, min_size=1, max_size=3)),
    _geometries("MultiLineString", st.lists(LINE, min_size=1, max_size=3)),
    _geometries("MultiPolygon", st.lists(POLYGON, min_size=1, max_size=3)),
)
GEOMETRIES = SIMPLE | st.lists(SIMPLE, min_size=1, max_size=3).map(
    lambda parts: {"type": "GeometryCollection", "geometries": parts}
)


@pytest.fixture(scope="module")
def postgis(maintenance_dsn: str, template_database: str) -> Any:
    """A session of a migrated database in which nothing is written."""
    with psycopg.connect(maintenance_dsn.rsplit("/", 1)[0] + f"/{template_database}", autocommit=True) as connection:
        yield connection


def test_geometries_are_those_of_postgis(postgis: psycopg.Connection[Any]) -> None:
    @given(GEOMETRIES)
    @settings(max_examples=150, deadline=None)
    def check(geometry: dict[str, Any]) -> None:
        found = postgis.execute(
            "SELECT %s::bytea::geometry = g AND ST_SRID(%s::bytea::geometry) = ST_SRID(g), ST_AsEWKB(g, 'NDR') "
            "FROM ST_GeomFromGeoJSON(%s) g",
            (ewkb(geometry), ewkb(geometry), orjson.dumps(geometry).decode()),
        ).fetchone()
        assert found is not None
        assert found[0]
        assert bytes(found[1]) == ewkb(geometry)

    check()


def test_a_geometry_may_have_heights(postgis: psycopg.Connection[Any]) -> None:
    solid = {"type": "Polygon", "coordinates": [[[0, 0, 1], [1, 0, 2], [1, 1, 3], [0, 0, 1]]]}
    found = postgis.execute("SELECT ST_AsEWKB(ST_GeomFromGeoJSON(%s), 'NDR')", (orjson.dumps(solid).decode(),))
    assert bytes(found.fetchall()[0][0]) == ewkb(solid)


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Circle", "coordinates": [0, 0]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0, 5], [1, 1], [0, 0]]]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point", "coordinates": []},
        {"type": "Point"},
        {"type": "Polygon", "coordinates": 3},
    ],
)
def test_what_is_no_geometry_is_refused(geometry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a GeoJSON geometry"):
        ewkb(geometry)


FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
ITEM = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "id": "a",
    "collection": "c",
    "geometry": {"type": "Point", "coordinates": [1.5, 2]},
    "properties": {"datetime": "2020-01-01T00:00:00Z", "proj:code": None},
    "assets": {"data": {"href": "x", "roles": ["data"]}},
    "links": [],
}
BASE = base_item({"id": "c", "stac_version": "1.1.0", "item_assets": {"data": {"roles": ["data"], "type": "t"}}})


def _row(**changes: Any) -> Row:
    return create_row({**ITEM, **changes}, b"0123456789abcdef", BASE)


def test_a_row_is_the_same_after_its_travel() -> None:
    row = _row(private={"a": 1})
    assert Row.unpack(row.pack()) == row
    assert orjson.loads(row.private) == {"a": 1}
    content = orjson.loads(row.content)
    assert content["assets"] == {"data": {"href": "x", "type": "𒍟※"}}
    assert content["properties"]["proj:code"] is None
    assert not content.keys() & {"id", "collection", "geometry", "type", "stac_version", "private"}


@given(st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)), st.integers(-14 * 60, 14 * 60))
@settings(max_examples=50, deadline=None)
def test_times_are_counted_as_postgresql_does(moment: datetime, offset_min: int) -> None:
    zone = timedelta(minutes=offset_min)
    sign = "-" if zone < timedelta() else "+"
    minutes = abs(offset_min)
    text = f"{moment.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
    row = _row(properties={"datetime": text})
    assert timedelta(microseconds=row.start_us) == moment.replace(tzinfo=UTC) - zone - datetime(2000, 1, 1, tzinfo=UTC)
    assert row.end_us == row.start_us


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"geometry": None}, "a: pgstac holds no item without a geometry"),
        ({"geometry": {"type": "Circle"}}, "a: {'type': 'Circle'} is not a GeoJSON geometry"),
        ({"properties": {"datetime": "yesterday"}}, "a: 'yesterday' is not a time"),
        ({"properties": {}}, "a: None is not a time"),
        (
            {"properties": {"start_datetime": "2020-01-02T00:00:00Z", "end_datetime": "2020-01-01T00:00:00Z"}},
            "a: start_datetime 2020-01-02T00:00:00Z is after end_datetime",
        ),
    ],
)
def test_an_item_that_pgstac_cannot_hold_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SinkError) as raised:
        _row(**changes)
    assert str(raised.value).startswith(said)
