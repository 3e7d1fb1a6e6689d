"""The Query extension, plain parameters, filters: the same conditions in other words, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from oracle import found
from varied_items import COLLECTIONS, load_items, moment, varied_items

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

ITEMS = varied_items(40, seed=0)
Tree = dict[str, Any]


@pytest.fixture(scope="module")
def client(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[TestClient]:
    with named_database("flatsim_queries") as dsn:
        load_items(dsn, ITEMS)
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            yield asked


def op(operator: str, *args: Any) -> Tree:
    return {"op": operator, "args": list(args)}


def prop(name: str) -> Tree:
    return {"property": name}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["features"]]


ORBIT, BASELINE, TRACK, WORD = "sat:relative_orbit", "insar:temporal_baseline", "flatsim:track", "title"
REFERENCE, BEAMS, USED = "insar:reference_datetime", "sar:beam_ids", "flatsim:used_in_timeseries"

QUERIES: list[tuple[Tree, Tree]] = [
    ({ORBIT: {"eq": 80}}, op("=", prop(ORBIT), 80)),
    ({ORBIT: {"neq": 80}}, op("<>", prop(ORBIT), 80)),
    ({ORBIT: {"ne": 80}}, op("<>", prop(ORBIT), 80)),
    ({BASELINE: {"gte": 0, "lt": 24}}, op("and", op(">=", prop(BASELINE), 0), op("<", prop(BASELINE), 24))),
    ({BASELINE: {"gt": 0, "lte": 24}}, op("and", op(">", prop(BASELINE), 0), op("<=", prop(BASELINE), 24))),
    ({ORBIT: {"in": [80, 175]}}, op("in", prop(ORBIT), [80, 175])),
    ({WORD: {"startsWith": "No"}}, op("like", prop(WORD), "No%")),
    ({WORD: {"endsWith": "th"}}, op("like", prop(WORD), "%th")),
    ({WORD: {"contains": "_s"}}, op("like", prop(WORD), "%\\_s%")),
    ({WORD: {"contains": "%"}}, op("like", prop(WORD), "%\\%%")),
    ({WORD: {"contains": "\\"}}, op("like", prop(WORD), "%\\\\%")),
    ({WORD: {"eq": None}}, op("isNull", prop(WORD))),
    ({WORD: {"neq": None}}, op("not", op("isNull", prop(WORD)))),
    ({REFERENCE: {"gte": moment(3)}}, op(">=", prop(REFERENCE), {"timestamp": moment(3)})),
    ({REFERENCE: {"eq": moment(3)[:10]}}, op("=", prop(REFERENCE), {"date": moment(3)[:10]})),
    ({REFERENCE: {"in": [moment(3), moment(4)]}}, op("in", prop(REFERENCE), [moment(3), moment(4)])),
    ({USED: {"eq": True}}, op("=", prop(USED), True)),
    ({BEAMS: {"contains": "IW2"}}, op("a_contains", prop(BEAMS), ["IW2"])),
    ({BEAMS: {"eq": "IW2"}}, op("a_contains", prop(BEAMS), ["IW2"])),
    ({BEAMS: {"eq": ["IW2", "IW1"]}}, op("a_equals", prop(BEAMS), ["IW1", "IW2"])),
    ({BEAMS: {"neq": ["IW1"]}}, op("not", op("a_equals", prop(BEAMS), ["IW1"]))),
    ({BEAMS: {"in": ["IW2", "IW3"]}}, op("a_overlaps", prop(BEAMS), ["IW2", "IW3"])),
    ({f"properties.{ORBIT}": {"gt": 7}, WORD: {}}, op(">", prop(ORBIT), 7)),
    ({"id": {"in": ["item_001", "item_002"]}}, op("in", prop("id"), ["item_001", "item_002"])),
]


@pytest.mark.parametrize(("query", "condition"), QUERIES)
def test_every_operator_of_the_query_extension(client: TestClient, query: Tree, condition: Tree) -> None:
    expected = found({"filter": condition}, ITEMS)
    assert 0 < len(expected) < len(ITEMS), "the test says nothing"
    assert ids(client.post("/search", json={"query": query})) == expected
    assert ids(client.get("/search", params={"query": json.dumps(query)})) == expected


PLAIN: list[tuple[str, str, Tree]] = [
    (ORBIT, "80", op("=", prop(ORBIT), 80)),
    (ORBIT, "80,175", op("in", prop(ORBIT), [80, 175])),
    (ORBIT, "-3/7", op("between", prop(ORBIT), -3, 7)),
    (BASELINE, "6/24", op("between", prop(BASELINE), 6, 24)),
    (BASELINE, "../24", op("<=", prop(BASELINE), 24)),
    (BASELINE, "0.1/", op(">=", prop(BASELINE), 0.1)),
    (BASELINE, "-48.5,12/24", op("or", op("=", prop(BASELINE), -48.5), op("between", prop(BASELINE), 12, 24))),
    (WORD, "North,it's", op("in", prop(WORD), ["North", "it's"])),
    (WORD, "100%", op("=", prop(WORD), "100%")),
    (USED, "true", op("=", prop(USED), True)),
    (BEAMS, "IW2,IW3", op("a_overlaps", prop(BEAMS), ["IW2", "IW3"])),
    (
        REFERENCE,
        "2015-01-07/2015-01-13",
        op("between", prop(REFERENCE), {"date": "2015-01-07"}, {"date": "2015-01-13"}),
    ),
    (REFERENCE, moment(2), op("=", prop(REFERENCE), {"timestamp": moment(2)})),
    (REFERENCE, "2015-01-07", op("=", prop(REFERENCE), {"date": "2015-01-07"})),
    ("id", "item_001,item_002", op("in", prop("id"), ["item_001", "item_002"])),
]


@pytest.mark.parametrize(("name", "value", "condition"), PLAIN)
def test_properties_as_plain_parameters(client: TestClient, name: str, value: str, condition: Tree) -> None:
    expected = found({"filter": condition}, ITEMS)
    assert 0 < len(expected) < len(ITEMS), "the test says nothing"
    assert ids(client.get("/search", params={name: value})) == expected
    own = COLLECTIONS[1]
    here = ids(client.get(f"/collections/{own}/items", params={name: value}))
    assert here == found({"filter": condition, "collections": [own]}, ITEMS)


def test_all_kinds_of_conditions_hold_together(client: TestClient) -> None:
    answer = client.get(
        "/search",
        params={
            ORBIT: "7/175",
            "query": json.dumps({BASELINE: {"lte": 24}}),
            "filter": f'"{USED}" = TRUE OR "{WORD}" IS NULL',
            "collections": ",".join(COLLECTIONS[:2]),
            "datetime": "2015-01",
        },
    )
    tree = op(
        "and",
        op("between", prop(ORBIT), 7, 175),
        op("<=", prop(BASELINE), 24),
        op("or", op("=", prop(USED), True), op("isNull", prop(WORD))),
    )
    expected = found({"filter": tree, "collections": COLLECTIONS[:2], "datetime": "2015-01"}, ITEMS)
    assert expected
    assert ids(answer) == expected


def test_lists_without_members_ask_for_nothing_in_particular(client: TestClient) -> None:
    body = {"collections": [], "ids": [], "query": {}, "sortby": [], "filter": None, "fields": {}, "token": None}
    assert ids(client.post("/search", json=body)) == ids(client.post("/search", json={}))


REFUSALS: list[tuple[Tree, tuple[str, ...]]] = [
    # a body, and what the description must name
    ({"collections": ["flatsim-testland-timeserie"]}, ("collections", "'flatsim-testland-timeseries'")),
    ({"query": {"sat:relative_orbt": {"eq": 1}}}, ("query.sat:relative_orbt", "'sat:relative_orbit'")),
    ({"query": {"relative_orbit": {"eq": 1}}}, ("query.relative_orbit", "'sat:relative_orbit'")),
    ({"query": {ORBIT: {"startswith": "a"}}}, ("query.sat:relative_orbit.startswith", "'startsWith'")),
    ({"query": {ORBIT: {"startsWith": "8"}}}, (ORBIT, "an integer")),
    ({"query": {ORBIT: {"eq": "eighty"}}}, (ORBIT, "an integer", "the text 'eighty'")),
    ({"query": {ORBIT: {"in": 80}}}, (f"query.{ORBIT}.in", "list")),
    ({"query": {BEAMS: {"lt": 1}}}, (BEAMS, "a list")),
    ({"query": {WORD: {"eq": {"a": 1}}}}, (f"query.{WORD}.eq",)),
    ({"filter": op("=", prop("sat:orbit_stat"), "x")}, ("filter", "'sat:orbit_state'")),
    ({"filter": op("=", prop("sat:orbit_state"), 5)}, ("filter", "sat:orbit_state is text", "the number 5")),
    ({"filter": op("<", prop(ORBIT), "x")}, (f"{ORBIT} is an integer", "the text 'x'")),
    ({"filter": op("=", prop(REFERENCE), "yesterday")}, (REFERENCE, "'yesterday'")),
    ({"filter": op("=", prop(REFERENCE), 5)}, (f"{REFERENCE} is a time", "the number 5")),
    ({"filter": op("=", prop(USED), "yes")}, (f"{USED} is true or false", "the text 'yes'")),
    ({"filter": op("<", prop(USED), True)}, (USED, "no order")),
    ({"filter": op("=", prop(BEAMS), "IW1")}, (BEAMS, "A_CONTAINS")),
    ({"filter": op("=", prop("geometry"), "x")}, ("geometry", "S_INTERSECTS")),
    ({"filter": op("=", prop(WORD), prop(ORBIT))}, (f"{WORD} is text", f"{ORBIT}, which is an integer")),
    ({"filter": op("=", prop(WORD), None)}, ("isNull",)),
    ({"filter": op("like", prop(ORBIT), "8%")}, ("LIKE compares text", ORBIT)),
    ({"filter": op("like", prop(WORD), "8\\")}, ("ends with \\",)),
    ({"filter": op("+", prop(ORBIT), 1)}, ("not a condition",)),
    ({"filter": op("=", op("+", prop(WORD), 1), 1)}, ("+ takes numbers", WORD)),
    ({"filter": op("s_intersect", prop("geometry"), {"bbox": [0, 0, 1, 1]})}, ("'s_intersects'",)),
    ({"filter": op("s_intersects", prop(WORD), {"bbox": [0, 0, 1, 1]})}, (f"{WORD} is text, not a geometry",)),
    ({"filter": op("s_intersects", prop("geometry"), {"type": "Point", "coordinates": [500, 0]})}, ("500",)),
    ({"filter": op("t_after", prop(WORD), {"timestamp": moment(1)})}, (f"{WORD} is text, not a time",)),
    ({"filter": op("t_during", prop("datetime"), {"interval": [moment(3), moment(1)]})}, ("ends before it starts",)),
    ({"filter": op("t_during", prop("datetime"), {"interval": [moment(3)]})}, ("two ends",)),
    ({"filter": op("a_contains", prop(BEAMS), [5])}, ("lists here hold text", "5")),
    ({"filter": op("a_contains", prop(WORD), ["x"])}, (f"{WORD} is text, not a list",)),
    ({"filter": op("in", prop(ORBIT), [80, "x"])}, (ORBIT, "the text 'x'")),
    ({"filter": op("between", prop(ORBIT), 1)}, ("between takes 3 arguments",)),
    ({"filter": op("and")}, ("and has no arguments",)),
    ({"filter": op("or", *[op(">", prop(ORBIT), n) for n in range(2100)])}, ("more than 2000 operators",)),
    ({"filter": op("and", *[op(">", prop(ORBIT), n) for n in range(2100)])}, ("more than 2000 operators",)),
    ({"fields": {"include": ["propertie"]}}, ("fields", "'properties'")),
    ({"limits": 5}, ("limits", "'limit'")),
    ({"sortBY": []}, ("sortBY", "'sortby'")),
]


@pytest.mark.parametrize(("body", "said"), REFUSALS)
def test_what_is_refused_is_named(client: TestClient, body: Tree, said: tuple[str, ...]) -> None:
    answer = client.post("/search", json=body)
    assert answer.status_code == 400, answer.text
    for part in said:
        assert part in answer.json()["description"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (ORBIT, "eighty", "'eighty' is not a number"),
        (ORBIT, "nan", "'nan' is not a number"),
        (ORBIT, "9/1", "ends before it begins"),
        (ORBIT, "../..", "both ends"),
        (ORBIT, "", "a value is missing"),
        (ORBIT, "1,,2", "a value is missing"),
        (USED, "perhaps", "neither true nor false"),
        (REFERENCE, "soon", "'soon'"),
        ("geometry", "x", "bbox or intersects"),
    ],
)
def test_plain_values_that_cannot_be(client: TestClient, name: str, value: str, said: str) -> None:
    answer = client.get("/search", params={name: value})
    assert answer.status_code == 400
    assert answer.json()["description"].startswith(f"{name}: ")
    assert said in answer.json()["description"]


def test_a_collection_in_the_path_is_found_or_not(client: TestClient) -> None:
    answer = client.get("/collections/flatsim-testland-timeserie/items")
    assert answer.status_code == 404
    assert "did you mean 'flatsim-testland-timeseries'" in answer.json()["description"]


FEW = {"stac_version", "stac_extensions", "bbox", "geometry", "links"}
FIELDS: list[tuple[list[str], list[str], set[str], set[str]]] = [
    # include, exclude; members of the item, members of its properties
    (["id"], [], {"type", "id", "collection", "links"}, set()),
    (["properties.datetime"], [], {"type", "id", "collection", "links", "properties"}, {"datetime"}),
    (["datetime"], ["properties"], {"type", "id", "collection", "links", "properties"}, {"datetime"}),
    (["properties"], ["properties.datetime", "links"], {"type", "id", "collection", "properties"}, {"start_datetime"}),
    ([], ["id", "collection", "type", "properties", "assets"], FEW, set()),
    (["assets.data.href"], [], {"type", "id", "collection", "links", "assets"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("include", "exclude", "members", "properties"), FIELDS)
def test_fields_break_neither_links_nor_pages(
    client: TestClient, include: list[str], exclude: list[str], members: set[str], properties: set[str]
) -> None:
    whole = client.post("/search", json={"limit": 3}).json()
    body = {"limit": 3, "fields": {"include": include, "exclude": exclude}}
    page = client.post("/search", json=body).json()
    text = ",".join([*include, *(f"-{name}" for name in exclude)])
    assert client.get("/search", params={"limit": 3, "fields": text}).json()["features"] == page["features"]
    assert {link["rel"] for link in page["links"]} == {link["rel"] for link in whole["links"]}
    for part, item in zip(page["features"], whole["features"], strict=True):
        assert set(part) == members
        assert all(part[name] == item[name] for name in members - {"properties", "assets"})
        assert properties <= set(part.get("properties", {}))
        assert "datetime" not in part.get("properties", {}) or "properties.datetime" not in exclude
    if include == ["assets.data.href"]:
        assert all(set(item["assets"]["data"]) == {"href"} for item in page["features"])
    (link,) = (link for link in page["links"] if link["rel"] == "next")
    assert client.post("/search", json={**body, **link["body"]}).json()["numberReturned"] == 3


def test_properties_that_others_register_can_be_searched(
    make_database: Callable[..., str], template_database: str, make_settings: Callable[..., ServiceSettings]
) -> None:
    items = varied_items(3)
    for number, item in enumerate(items):
        item["properties"]["other:size"] = number
    address = make_database(template_database)
    load_items(address, items)
    with (
        psycopg.connect(address, autocommit=True) as connection,
        TestClient(create_app(make_settings(database=address))) as client,
    ):
        body = {"filter": op(">=", prop("other:size"), 1), "sortby": [{"field": "other:size", "direction": "desc"}]}
        assert client.post("/search", json=body).status_code == 400
        connection.execute("SELECT pgstac.upsert_queryable('other:size', '{\"type\": \"number\"}', 'to_float', NULL)")
        with TestClient(create_app(make_settings(database=address))) as later:
            assert ids(later.post("/search", json=body)) == ["item_002", "item_001"]
            assert sorted(ids(later.get("/search", params={"other:size": "1/"}))) == ["item_001", "item_002"]
            mistaken = later.get("/search", params={"other:sise": "1"})
            assert mistaken.json()["description"] == "other:sise: unknown parameter; did you mean other:size?"


def test_collections_that_come_are_known_at_once(
    database_dsn: str, make_settings: Callable[..., ServiceSettings]
) -> None:
    with TestClient(create_app(make_settings(database=database_dsn))) as client:
        body = {"collections": [COLLECTIONS[0]]}
        assert client.post("/search", json=body).status_code == 400
        load_items(database_dsn, varied_items(9))
        answer = client.post("/search", json=body)
        assert answer.status_code == 200
        item = answer.json()["features"][0]
        assert item["assets"]["data"]["roles"] == ["data"]


def test_a_collection_that_is_made_anew_has_its_own_parts_put_back(
    database_dsn: str, make_settings: Callable[..., ServiceSettings]
) -> None:
    """What pgstac keeps once for all items of a collection is kept by the service too, but not for longer."""
    (item,) = varied_items(1)
    path = f"/collections/{item['collection']}/items/{item['id']}"
    with (
        TestClient(create_app(make_settings(database=database_dsn))) as client,
        psycopg.connect(database_dsn, autocommit=True) as connection,
    ):
        load_items(database_dsn, [item])
        assert client.get(path).json()["assets"]["data"]["roles"] == ["data"]
        connection.execute("DELETE FROM pgstac.collections")
        item["assets"]["data"]["roles"] = ["data", "overview"]
        load_items(database_dsn, [item], roles=["data", "overview"])
        assert client.get(path).json()["assets"]["data"]["roles"] == ["data", "overview"]


def test_bounds_of_between_may_be_a_list_as_drafts_of_cql2_had_them(client: TestClient) -> None:
    for bounds in ([7, 175], [[7, 175]]):
        tree = {"op": "between", "args": [prop(ORBIT), *bounds]}
        answer = client.post("/search", json={"filter": tree})
        assert answer.status_code == 200, answer.text
        assert ids(answer) == found({"filter": op("between", prop(ORBIT), 7, 175)}, ITEMS)
