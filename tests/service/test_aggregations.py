"""Counts of items against the same counts in plain Python, for random searches."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from counted import beginning, centroid, geohash, met, range_of, text_of, tile
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import Item, matches, value_of
from varied_items import COLLECTIONS, load_items, moment, pool, varied_items

from api.app import create_app
from catalog_builder.vocab.aggregations import AGGREGATIONS, BY_NAME, INTERVALS, Aggregation, Count
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

Answer = dict[str, Any]
ITEMS = varied_items(60, seed=5)
ALL = ",".join(row.name for row in AGGREGATIONS)
PAIRS = "flatsim-testland-interferogram"


@pytest.fixture(scope="module")
def varied(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[TestClient]:
    """A service over items that have everything there is to count by, with gaps, on a server whose clock is not UTC."""
    with named_database("flatsim_counted") as dsn:
        load_items(dsn, ITEMS)
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("ALTER DATABASE flatsim_counted SET timezone TO 'Pacific/Chatham'")
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            yield asked


def op(operator: str, *args: Any) -> Answer:
    return {"op": operator, "args": list(args)}


@st.composite
def comparisons(draw: st.DrawFn) -> Answer:
    """A property and a value that some items have."""
    row = draw(st.sampled_from([row for row in QUERYABLES if row.type not in (None, "array") and not row.column]))
    left, value = {"property": row.name}, draw(st.sampled_from(pool(row)))
    if row.type == "boolean":
        return op("=", left, value)
    if draw(st.integers(0, 5)) == 0:
        return op("isNull", left)
    right = {"timestamp": value} if row.time else value
    return op(draw(st.sampled_from(["=", "<>", "<", ">="])), left, right)


CONDITIONS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.builds(op, st.sampled_from(["and", "or"]), inner, inner), inner.map(lambda arg: op("not", arg))
    ),
    max_leaves=3,
)
SEARCHES = st.fixed_dictionaries(
    {},
    optional={
        "filter": CONDITIONS,
        "collections": st.lists(st.sampled_from(COLLECTIONS), max_size=2),
        "ids": st.lists(st.sampled_from([item["id"] for item in ITEMS]), max_size=30),
        "datetime": st.integers(-1, 7).map(lambda number: f"{moment(number)}/.."),
        "bbox": st.sampled_from([[-5, -5, 5, 5], [0, 0, 3, 3], [170, -5, -8, 5]]),
    },
)
OPTIONS: dict[Count, Any] = {
    Count.CALENDAR: st.sampled_from(INTERVALS),
    Count.RANGES: st.sampled_from([0.1, 0.3, 1, 6, 7.5, 12, 1000]),
    Count.GEOHASH: st.integers(1, 4),
    Count.GEOTILE: st.integers(0, 8),
}


@st.composite
def requests(draw: st.DrawFn) -> Answer:
    """A search, aggregations, and how some of them are to be."""
    rows = draw(st.lists(st.sampled_from(AGGREGATIONS), min_size=1, max_size=8, unique_by=lambda row: row.name))
    body = draw(SEARCHES)
    body["aggregations"] = [row.name for row in rows]
    for row in rows:
        if row.parameter is not None and draw(st.booleans()):
            body[row.parameter] = draw(OPTIONS[row.count])
    return body


def moments(items: list[Item], name: str) -> list[datetime]:
    return [value for item in items if (value := value_of(item, name)) is not None]


def check_single(row: Aggregation, found: Answer, items: list[Item]) -> None:
    if row.count is Count.TOTAL:
        assert found["value"] == len(items)
        return
    assert row.of is not None
    times = moments(items, row.of)
    expected = (min if row.count is Count.LEAST else max)(times, default=None)
    assert found["value"] == (None if expected is None else expected.isoformat().replace("+00:00", "Z"))


def key_of(row: Aggregation, buckets: Any, item: Item) -> Any:
    """The bucket of an item: text, moment or ends of a range; None where it has no value."""
    if row.centroid:
        return (geohash if row.count is Count.GEOHASH else tile)(*centroid(item), buckets)
    assert row.of is not None
    value = value_of(item, row.of)
    if value is None:
        return None
    if row.count is Count.CALENDAR:
        return beginning(value, buckets)
    return range_of(value, buckets) if row.count is Count.RANGES else text_of(value)


def check_buckets(row: Aggregation, found: Answer, items: list[Item], buckets: Any) -> None:
    shown = found["buckets"]
    if row.of == "geometry" and not row.centroid:
        cell_of = geohash if row.count is Count.GEOHASH else tile
        expected = Counter(cell for item in items for cell in met(item, cell_of, buckets))
        assert {bucket["key"]: bucket["frequency"] for bucket in shown} == expected
        assert (found["overflow"], found["missing"]) == (0, 0)
        return
    expected = Counter(key_of(row, buckets, item) for item in items)
    missing = expected.pop(None, 0)
    if row.count is Count.RANGES:
        keys: list[Any] = [(bucket["from"], bucket["to"]) for bucket in shown]
        assert [bucket["key"] for bucket in shown] == [f"{low}-{high}" for low, high in keys]
    elif row.count is Count.CALENDAR:
        keys = [datetime.fromisoformat(bucket["key"]) for bucket in shown]
    else:
        keys = [bucket["key"] for bucket in shown]
    frequencies = [bucket["frequency"] for bucket in shown]
    assert len(set(keys)) == len(keys)
    assert {key: number for key, number in zip(keys, frequencies, strict=True) if number} == expected
    assert keys == sorted(keys) if row.count in (Count.RANGES, Count.CALENDAR) else True
    assert (found["overflow"], found["missing"]) == (missing, missing)
    assert sum(frequencies) + found["overflow"] == len(items)


def check(body: Answer, answer: Answer, items: list[Item]) -> None:
    assert answer["type"] == "AggregationCollection"
    assert [found["name"] for found in answer["aggregations"]] == body["aggregations"]
    for found in answer["aggregations"]:
        row = BY_NAME[found["name"]]
        assert found["data_type"] == row.data_type
        if "value" in found:
            check_single(row, found, items)
        else:
            assert {bucket["data_type"] for bucket in found["buckets"]} <= {row.bucket_type}
            check_buckets(row, found, items, body.get(row.parameter, row.default))


def as_parameters(body: Answer) -> dict[str, str]:
    """The body of a POST request as parameters of a GET request."""
    found = {}
    for name, value in body.items():
        if name == "filter":
            found["filter-lang"] = "cql2-json"
        if value == []:
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else value
        found[name] = json.dumps(text) if isinstance(text, dict | bool) else str(text)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=requests())
def test_counts_are_those_of_the_items_found(varied: TestClient, body: Answer) -> None:
    posted = varied.post("/aggregate", json=body)
    assert posted.status_code == 200, (posted.text, body)
    check(body, posted.json(), [item for item in ITEMS if matches(body, item)])
    got = varied.get("/aggregate", params=as_parameters(body))
    assert got.status_code == 200, (got.text, body)
    assert got.json()["aggregations"] == posted.json()["aggregations"]


@pytest.mark.full
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=requests())
def test_counts_of_many_searches(varied: TestClient, body: Answer) -> None:
    check(body, varied.post("/aggregate", json=body).json(), [item for item in ITEMS if matches(body, item)])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_counts_of_one_collection(varied: TestClient, collection: str) -> None:
    offered = varied.get(f"/collections/{collection}/aggregations").json()["aggregations"]
    body = {"aggregations": [row["name"] for row in offered], "datetime": f"{moment(2)}/.."}
    items = [item for item in ITEMS if item["collection"] == collection and matches(body, item)]
    path = f"/collections/{collection}/aggregate"
    for answer in (
        varied.post(path, json=body),
        varied.post(path, json={**body, "collections": [collection]}),
        varied.get(path, params=as_parameters(body)),
    ):
        check(body, answer.json(), items)
    links = {link["rel"]: link["href"] for link in varied.get(path, params=as_parameters(body)).json()["links"]}
    assert links["collection"] == f"http://testserver/collections/{collection}"
    assert links["aggregations"] == f"http://testserver/collections/{collection}/aggregations"
    assert varied.get(links["self"]).json()["links"][0]["href"] == links["self"]


def test_every_way_of_saying_which_items(varied: TestClient) -> None:
    row, value = "sat:relative_orbit", 80
    same = [
        {"filter": f'"{row}" = {value}'},
        {"filter": json.dumps(op("=", {"property": row}, value)), "filter-lang": "cql2-json"},
        {"query": json.dumps({row: {"eq": value}})},
        {row: str(value)},
    ]
    expected = sum(item["properties"].get(row) == value for item in ITEMS)
    assert 0 < expected < len(ITEMS)
    for parameters in same:
        answer = varied.get("/aggregate", params={"aggregations": "total_count,relative_orbit_frequency", **parameters})
        total, orbits = answer.json()["aggregations"]
        assert total["value"] == expected
        assert orbits["buckets"] == [{"key": "80", "data_type": "numeric", "frequency": expected}]


@pytest.mark.parametrize("text", ["etna", "north", "etna,north", "nowhere"])
def test_words_are_looked_for_as_in_a_search(varied: TestClient, text: str) -> None:
    found = varied.get("/search", params={"q": text, "limit": 1})
    assert found.status_code == 200, found.text
    for answer in (
        varied.get("/aggregate", params={"q": text, "aggregations": "total_count,collection_frequency"}),
        varied.post("/aggregate", json={"q": text, "aggregations": ["total_count", "collection_frequency"]}),
    ):
        total, collections = answer.json()["aggregations"]
        assert total["value"] == found.json()["numberMatched"]
        assert bool(total["value"]) is (text != "nowhere")
        assert sum(bucket["frequency"] for bucket in collections["buckets"]) == total["value"]


def test_without_names_nothing_is_counted_and_the_way_is_told(varied: TestClient) -> None:
    for answer in (varied.get("/aggregate"), varied.post("/aggregate", json={})):
        assert answer.status_code == 200
        assert answer.json()["aggregations"] == []
        assert [link["href"] for link in answer.json()["links"] if link["rel"] == "aggregations"]


def test_nothing_found_is_counted_too(varied: TestClient) -> None:
    found = varied.get("/aggregate", params={"aggregations": ALL, "ids": "nowhere"}).json()["aggregations"]
    assert len(found) == len(AGGREGATIONS)
    for each in found:
        if "buckets" in each:
            assert (each["buckets"], each["overflow"], each["missing"]) == ([], 0, 0)
        else:
            assert each["value"] == (0 if each["name"] == "total_count" else None)


def test_what_is_offered_follows_the_items(client: TestClient, varied: TestClient) -> None:
    everything = varied.get("/aggregations").json()
    assert everything["type"] == "AggregationCollection"
    assert {row["name"] for row in everything["aggregations"]} == set(BY_NAME)
    for row in everything["aggregations"]:
        if "parameter" in row:
            asked = {"aggregations": row["name"], row["parameter"]["name"]: row["parameter"]["default"]}
            with_default = varied.get("/aggregate", params=asked).json()["aggregations"]
            assert with_default == varied.get("/aggregate", params={"aggregations": row["name"]}).json()["aggregations"]


def test_a_collection_offers_what_its_items_have(
    named_database: Callable[[str], AbstractContextManager[str]],
    make_settings: Callable[..., ServiceSettings],
    load_documents: Callable[..., None],
    documents: Any,
) -> None:
    summaries = {"product:type": ["TIMESERIES"], "flatsim:track": ["D080SUD"]}
    collections = [{**collection, "summaries": summaries} for collection in documents.collections]
    with named_database("flatsim_offered") as dsn:
        load_documents(dsn, type(documents)(collections, documents.items))
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            path = f"/collections/{PAIRS}"
            names = {row["name"] for row in asked.get(f"{path}/aggregations").json()["aggregations"]}
            assert {"total_count", "track_frequency", "centroid_geotile_grid_frequency"} <= names
            assert not {"temporal_baseline_frequency", "coherence_mean_frequency"} & names
            answer = asked.get(f"{path}/aggregate", params={"aggregations": "temporal_baseline_frequency"})
            assert answer.status_code == 400
            assert f"no item of {PAIRS} has insar:temporal_baseline" in answer.json()["description"]
            assert asked.get("/aggregate", params={"aggregations": "temporal_baseline_frequency"}).status_code == 200


def test_buckets_lie_side_by_side(client: TestClient, documents: Any) -> None:
    """Pairs every 12 days, baselines of 12, 24 and 36 days: days and ranges between them are there too."""
    asked = {
        "aggregations": ["datetime_frequency", "temporal_baseline_frequency"],
        "datetime_frequency_interval": "day",
        "temporal_baseline_frequency_interval": 6,
        "collections": [PAIRS],
    }
    days, ranges = client.post("/aggregate", json=asked).json()["aggregations"]
    assert days["interval"] == "day"
    assert len(days["buckets"]) == 12 * (len(documents.pairs) - 1) + 1
    assert [bucket["frequency"] for bucket in days["buckets"][:13]] == [1, *[0] * 11, 1]
    assert [(bucket["key"], bool(bucket["frequency"])) for bucket in ranges["buckets"]] == [
        ("12.0-18.0", True), ("18.0-24.0", False), ("24.0-30.0", True), ("30.0-36.0", False), ("36.0-42.0", True),
    ]  # fmt: skip


def test_no_more_buckets_than_the_service_gives(make_settings: Callable[..., ServiceSettings], documents: Any) -> None:
    names = ["datetime_frequency", "perpendicular_baseline_frequency", "relative_orbit_frequency"]
    body = {
        "aggregations": names,
        "datetime_frequency_interval": "day",
        "perpendicular_baseline_frequency_interval": 0.001,
        "collections": [PAIRS],
    }
    with TestClient(create_app(make_settings(max_buckets=5))) as asked:
        days, baselines, orbits = asked.post("/aggregate", json=body).json()["aggregations"]
        refused = asked.get("/aggregate", params={"aggregations": "geometry_geohash_grid_frequency"})
    pairs = len(documents.pairs)
    for found in (days, baselines):
        assert len(found["buckets"]) == 5
        assert sum(bucket["frequency"] for bucket in found["buckets"]) + found["overflow"] == pairs
    lacking = sum("insar:perpendicular_baseline" not in pair["properties"] for pair in documents.pairs)
    assert (days["missing"], baselines["missing"]) == (0, lacking)
    assert lacking > 0
    assert (len(orbits["buckets"]), orbits["overflow"]) == (2, 0)
    assert refused.status_code == 400
    assert refused.json()["description"].startswith("geometry_geohash_grid_frequency_precision: more than 5 cells")


def test_a_number_at_the_end_of_a_range_is_in_the_next(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> None:
    """To a computer 0.7 / 0.1 is less than 7, and 0.15 / 0.05 less than 3."""
    items = varied_items(20, seed=1)
    for number, item in enumerate(items):
        item["properties"]["flatsim:coherence_mean"] = number / 20
    with named_database("flatsim_ranges") as dsn:
        load_items(dsn, items)
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            name = "coherence_mean_frequency"
            for width, each in ((0.05, 1), (0.1, 2), (0.2, 4), (0.25, 5)):
                answer = asked.get("/aggregate", params={"aggregations": name, f"{name}_interval": width})
                buckets = answer.json()["aggregations"][0]["buckets"]
                assert [bucket["frequency"] for bucket in buckets] == [each] * (20 // each)
                assert [bucket["from"] for bucket in buckets] == [number * each / 20 for number in range(20 // each)]


def test_footprints_across_the_antimeridian_are_counted_where_they_are(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> None:
    item = varied_items(1, seed=1)[0]
    halves = [
        [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]],
        [[-180, 0], [-177, 0], [-177, 1], [-180, 1], [-180, 0]],
    ]
    item |= {
        "geometry": {"type": "MultiPolygon", "coordinates": [[half] for half in halves]},
        "bbox": [179, 0, -177, 1],
    }
    with named_database("flatsim_antimeridian") as dsn:
        load_items(dsn, [item])
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            names = [f"{way}_geotile_grid_frequency" for way in ("centroid", "geometry")]
            body = {"aggregations": names} | {f"{name}_precision": 6 for name in names}
            centre, everywhere = asked.post("/aggregate", json=body).json()["aggregations"]
    assert [bucket["key"] for bucket in centre["buckets"]] == [tile(-179, 0.5, 6)]
    assert {bucket["key"] for bucket in everywhere["buckets"]} == {tile(179.5, 0.5, 6), tile(-178, 0.5, 6)}


def test_footprints_without_a_point_are_in_no_cell(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> None:
    item = varied_items(1, seed=1)[0] | {"geometry": {"type": "MultiPolygon", "coordinates": []}}
    with named_database("flatsim_nowhere") as dsn:
        load_items(dsn, [item])
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            names = ["centroid_geohash_grid_frequency", "centroid_geotile_grid_frequency"]
            for found in asked.post("/aggregate", json={"aggregations": names}).json()["aggregations"]:
                assert (found["buckets"], found["overflow"], found["missing"]) == ([], 1, 1)


def test_a_count_that_takes_too_long_is_given_up(make_settings: Callable[..., ServiceSettings]) -> None:
    with TestClient(create_app(make_settings(statement_timeout_ms=1))) as asked:
        answers = [
            asked.get("/aggregate", params={"aggregations": "geometry_geotile_grid_frequency"}) for _ in range(3)
        ]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert 503 in {answer.status_code for answer in answers}


def test_it_is_declared_and_linked(client: TestClient) -> None:
    page = client.get("/").json()
    assert {
        "https://api.stacspec.org/v0.3.0/aggregation",
        "https://api.stacspec.org/v0.3.0/aggregation#query",
        "https://api.stacspec.org/v0.3.0/aggregation#filter",
    } <= set(page["conformsTo"])
    for document in (
        page,
        client.get(f"/collections/{PAIRS}").json(),
        client.get("/collections").json()["collections"][0],
    ):
        links = [(link["rel"], link.get("method")) for link in document["links"]]
        assert {("aggregate", "GET"), ("aggregate", "POST"), ("aggregations", None)} <= set(links)
        for link in document["links"]:
            if link["rel"] in ("aggregate", "aggregations"):
                body = {} if link.get("method") == "POST" else None
                answer = client.request(link.get("method", "GET"), link["href"], json=body)
                assert answer.json()["type"] == "AggregationCollection"


def test_the_description_of_the_api_knows_it(client: TestClient) -> None:
    document = client.get("/api").json()
    body = document["components"]["schemas"]["AggregatePost"]["properties"]
    parameters = {each.get("name") for each in document["paths"]["/aggregate"]["get"]["parameters"]}
    paging = {"limit", "sortby", "sortBy", "fields", "token", "page", "f", "lang"}
    assert not paging & (body.keys() | parameters)
    search = {each.get("name") for each in document["paths"]["/search"]["get"]["parameters"]}
    assert parameters >= search - paging
    assert body["datetime_frequency_interval"]["anyOf"][0]["enum"] == list(INTERVALS)
    own = {row.parameter for row in AGGREGATIONS if row.parameter}
    assert own <= parameters
    assert own <= body.keys()


def test_a_whole_number_may_be_written_with_a_point(client: TestClient) -> None:
    name = "geometry_geohash_grid_frequency"
    answers = [
        client.post("/aggregate", json={"aggregations": [name], f"{name}_precision": precision}).json()
        for precision in (3, 3.0)
    ]
    assert answers[0]["aggregations"] == answers[1]["aggregations"]
    assert answers[0]["aggregations"][0]["buckets"]
