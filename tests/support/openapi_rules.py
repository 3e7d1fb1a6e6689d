"""What Schemathesis has to know beyond the OpenAPI document; it loads this module (`SCHEMATHESIS_HOOKS`).

A schema says what one value may be. The rules here are those that specifications tell in words: that an interval ends
after it begins, that two parameters exclude each other, that a ring is closed. They only change requests that are meant
to be right, so that they are; requests that are meant to be wrong go out as they were made.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import schemathesis
from hypothesis import strategies as st

COLLECTIONS = ("flatsim-testland-interferogram", "flatsim-testland-timeseries")

AGGREGATIONS = ("total_count", "datetime_min", "relative_orbit_frequency", "orbit_state_frequency")
"""Of properties that the items have."""

MOMENTS = (
    "2015",
    "2015-02",
    "2015-02-11",
    "2015-03-01T04:39:00Z",
    "2015-04-01T12:00:00.5+02:00",
    "2016-12-31T23:59:60Z",
)
INTERVALS = (*MOMENTS, "../2015-02", "2015-03/..", *(f"{a}/{b}" for a, b in itertools.combinations(MOMENTS, 2)))
NUMBERS = ("12", "-3.5", "1e2", "-10/24", "../24", "24/..", "0/0")
BOXES = ((10, 40, 12, 41), (170, -20, -170, 20), (10, 40, -5, 12, 41, 300), (0, 0, 0, 0), (-180, -90, 180, 90))
FILTERS = (
    '"insar:temporal_baseline" <= 24',
    '"sat:orbit_state" = \'descending\' AND NOT "sat:relative_orbit" IN (80, 82)',
    "S_INTERSECTS(geometry, POLYGON((10 40, 12 40, 12 42, 10 42, 10 40)))",
    "\"insar:reference_datetime\" < TIMESTAMP('2015-11-17T07:10:00Z')",
    '"insar:perpendicular_baseline" BETWEEN -50 AND 50 OR "insar:perpendicular_baseline" IS NULL',
    "CASEI(title) LIKE CASEI('%PAIR%')",
)
ON_COLLECTIONS = ("title LIKE '%land%'", "id = 'flatsim-testland-timeseries' OR license IS NULL")
TREES = (
    {"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]},
    {"op": "and", "args": [{"op": "isNull", "args": [{"property": "insar:perpendicular_baseline"}]},
                           {"op": "a_contains", "args": [{"property": "sar:polarizations"}, ["VV"]]}]},
    {"op": "t_intersects", "args": [{"property": "datetime"}, {"interval": ["2015-01-01T00:00:00Z", ".."]}]},
)  # fmt: skip
TREES_ON_COLLECTIONS = ({"op": "like", "args": [{"property": "title"}, "%land%"]},)
RING = [[10, 40], [12, 40], [12, 42], [10, 42], [10, 40]]
GEOMETRIES: tuple[dict[str, Any], ...] = (
    {"type": "Point", "coordinates": [10.5, 40.5]},
    {"type": "MultiPoint", "coordinates": [[10.5, 40.5], [20, 41]]},
    {"type": "LineString", "coordinates": [[10.5, 40.5], [20, 41, 100]]},
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "MultiPolygon", "coordinates": [[RING]]},
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [10.5, 40.5]}]},
)
WORDS = ("interferogram", "time series", "Séries,pair", "D080", "")

for name, values in {
    "collection-ids": (*COLLECTIONS, ",".join(COLLECTIONS), ""),
    "datetime-interval": INTERVALS,
    "datetime-intervals": (*INTERVALS, "2015,2016-01/.."),
    "number-ranges": (*NUMBERS, "12,24/36"),
    "bbox": tuple(",".join(map(str, box)) for box in BOXES),
    "cql2": FILTERS,
    "cql2-of-collections": ON_COLLECTIONS,
    "free-text": WORDS,
    "aggregation-names": (*AGGREGATIONS, ",".join(AGGREGATIONS)),
}.items():
    schemathesis.openapi.format(name, st.sampled_from(values))


def _chosen(values: tuple[Any, ...], drawn: Any) -> Any:
    """One of the values, always the same for the same value drawn."""
    return values[len(repr(drawn)) % len(values)]


def _excluding(given: dict[str, Any]) -> None:
    """Of two members that exclude each other the second goes."""
    given.pop("token", None)  # only a page that was asked for before can tell one; test_paging.py follows them
    for first, second in (("intersects", "bbox"), ("page", "offset"), ("sortby", "sortBy")):
        if given.get(first) is not None:
            given.pop(second, None)
    if given.get("page") is not None:  # together with the limit it must stay within FLATSIM_MAX_OFFSET
        given["page"] = 1 + len(repr(given)) % 9


def _right_query(query: dict[str, Any], of_collections: bool) -> None:
    _excluding(query)
    if query.get("filter"):
        as_json = query.get("filter-lang") == "cql2-json"
        texts, trees = (ON_COLLECTIONS, TREES_ON_COLLECTIONS) if of_collections else (FILTERS, TREES)
        chosen = _chosen(trees if as_json else texts, query["filter"])
        query["filter"] = json.dumps(chosen) if as_json else chosen
    if query.get("intersects") is not None:
        query["intersects"] = json.dumps(_chosen(GEOMETRIES, query["intersects"]))


def _right_body(body: dict[str, Any], path: str) -> None:
    _excluding(body)
    for member, values in (
        ("intersects", GEOMETRIES),
        ("bbox", BOXES),
        ("collections", (list(COLLECTIONS), [])),
        ("aggregations", ([], list(AGGREGATIONS))),
    ):
        if body.get(member) is not None:
            body[member] = _chosen(values, body[member])
    if "/collections/" in path:
        body.pop("collections", None)  # the address names it
    if "conf" in body:  # read past, but no text of a body may have a NUL
        body["conf"] = {"nohydrate": True}
    if body.get("fields", ...) is None:
        del body["fields"]
    if isinstance(body.get("filter"), dict | str) and body["filter"]:
        as_json = body.get("filter-lang") == "cql2-json" or isinstance(body["filter"], dict)
        chosen = _chosen(TREES if as_json else FILTERS, body["filter"])
        body["filter"] = json.dumps(chosen) if as_json and isinstance(body["filter"], str) else chosen


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out what Schemathesis takes for something else than what it sends.

    Chains of requests put a list of one answer into a parameter that is text, and count the repeated one as right;
    of a `query` that is empty once its wrong member cannot be written, they count the empty one as wrong.
    """
    query = case.query or {}
    return not any(isinstance(value, list) for value in query.values()) and query.get("query") not in ({}, "{}")


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Keep the rules in a request that is meant to be right."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if case.query:
        _right_query(case.query, case.path == "/collections")
    if isinstance(case.body, dict):
        _right_body(case.body, case.path)
    if "collection_id" in (case.path_parameters or {}) and len(repr(case.query)) % 2:
        case.path_parameters["collection_id"] = COLLECTIONS[0]
    return case
