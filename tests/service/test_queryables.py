"""Queryables and sortables: stand-alone schemas whose values are those that the collections tell of."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jsonschema
import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.stac.links import QUERYABLES, SORTABLES
from api.stac.queryables import MAX_ENUM, CollectionSummaries, property_schemas
from catalog_builder.vocab.queryables import BY_NAME
from catalog_builder.vocab.queryables import QUERYABLES as ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
SERIES = "flatsim-testland-timeseries"
ADDRESSES = [
    "queryables", "sortables", f"collections/{PAIRS}/queryables", f"collections/{PAIRS}/sortables",
    "collections-queryables", "collections-sortables",
]  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_documents_stand_alone(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert "$ref" not in answer.text
    assert schema["$id"] == f"http://testserver/{path}"
    jsonschema.Draft7Validator.check_schema(schema)
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    for name, each in schema["properties"].items():
        assert each["title"], name
        assert "type" in each or each["format"] == "geometry-any", name


def test_units_and_descriptions_are_those_of_the_vocabulary(client: TestClient) -> None:
    properties = client.get("/queryables").json()["properties"]
    for row in ROWS:
        if row.name in properties:
            for name in ("title", "description", "x-ogc-unit", "pattern", "format", "type"):
                assert properties[row.name].get(name) == row.definition().get(name), row.name
    assert properties["insar:temporal_baseline"]["title"] == "Temporal baseline [d]"


def test_sortables_are_the_queryables_that_have_an_order(client: TestClient) -> None:
    for scope in ("", f"collections/{PAIRS}/"):
        queryables = client.get(f"/{scope}queryables").json()["properties"]
        sortables = client.get(f"/{scope}sortables").json()["properties"]
        assert sortables.items() <= queryables.items()
        assert set(queryables) - set(sortables) == {
            name for name in queryables if name in BY_NAME and not BY_NAME[name].sortable
        }


def test_every_sortable_sorts_and_every_queryable_is_known(client: TestClient) -> None:
    for name in client.get("/sortables").json()["properties"]:
        assert client.get("/search", params={"sortby": f"-{name}", "limit": 1}).status_code == 200, name
    for name in client.get("/queryables").json()["properties"]:
        asked = {"filter": f'"{name}" IS NULL', "limit": 1}
        assert client.get("/search", params=asked).status_code == 200, name
    for name in client.get("/collections-sortables").json()["properties"]:
        assert client.get("/collections", params={"sortby": f"-{name}"}).status_code == 200, name
    for name in client.get("/collections-queryables").json()["properties"]:
        assert client.get("/collections", params={"filter": f'"{name}" IS NULL'}).status_code == 200, name


@pytest.mark.parametrize("kind", ["queryables", "sortables"])
def test_they_are_linked_everywhere(client: TestClient, kind: str) -> None:
    rel = {"queryables": QUERYABLES, "sortables": SORTABLES}[kind]

    def linked(document: dict[str, Any]) -> list[str]:
        return [link["href"].removeprefix("http://testserver/") for link in document["links"] if link["rel"] == rel]

    assert linked(client.get("/").json()) == [kind]
    page = client.get("/collections").json()
    assert linked(page) == [f"collections-{kind}"]
    for collection in [*page["collections"], client.get(f"/collections/{PAIRS}").json()]:
        assert linked(collection) == [f"collections/{collection['id']}/{kind}"]
    assert client.get(f"/collections/nope/{kind}").status_code == 404


PAIR_SUMMARIES = {
    "product:type": ["INTERFEROGRAM"],
    "sat:relative_orbit": [80, 175],
    "sat:orbit_state": ["ascending"],
    "sar:polarizations": ["VV"],
    "insar:temporal_baseline": {"minimum": 6, "maximum": 48},
    "flatsim:track": ["A175SUD", "D080SUD"],
}
SERIES_SUMMARIES = {
    "product:type": ["TIMESERIES"],
    "sat:relative_orbit": [80],
    "sat:orbit_state": ["descending"],
    "flatsim:track": ["D080SUD"],
    "flatsim:n_dates": {"minimum": 10, "maximum": 20},
}


@pytest.fixture
def fresh(
    make_database: Callable[..., str], template_database: str, documents: Any, load_documents: Callable[..., None],
    make_settings: Callable[..., ServiceSettings],
) -> Iterator[tuple[str, TestClient]]:  # fmt: skip
    """A catalogue of its own, whose collections tell nothing yet."""
    dsn = make_database(template_database)
    load_documents(dsn, documents)
    with TestClient(create_app(make_settings(database=dsn))) as client:
        yield dsn, client


def _tell(dsn: str, collection: dict[str, Any], summaries: dict[str, Any]) -> None:
    changed = copy.deepcopy(collection) | {"summaries": summaries}
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET search_path = pgstac, public")
        connection.execute("SELECT pgstac.update_collection(%s)", (psycopg.types.json.Jsonb(changed),))


def test_values_are_those_of_the_last_load(fresh: tuple[str, TestClient], documents: Any) -> None:
    dsn, client = fresh
    pairs, series = documents.collections

    def properties(path: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(path).json()["properties"]
        return found

    whole = properties("/queryables")["sat:relative_orbit"]
    assert (whole["minimum"], whole["maximum"], whole.get("enum")) == (1, 175, None)  # no one told
    _tell(dsn, pairs, PAIR_SUMMARIES)
    assert properties("/queryables")["sat:relative_orbit"] == whole  # the series tell nothing yet
    of_pairs = properties(f"/collections/{PAIRS}/queryables")
    assert of_pairs["sat:relative_orbit"]["enum"] == [80, 175]
    assert (of_pairs["insar:temporal_baseline"]["minimum"], of_pairs["insar:temporal_baseline"]["maximum"]) == (6, 48)
    assert of_pairs["sar:polarizations"]["items"]["enum"] == ["VV"]
    assert "flatsim:n_dates" not in of_pairs  # no pair has any
    _tell(dsn, series, SERIES_SUMMARIES)
    everything = properties("/queryables")
    assert everything["sat:orbit_state"]["enum"] == ["ascending", "descending"]
    assert everything["product:type"]["enum"] == ["INTERFEROGRAM", "TIMESERIES"]
    assert everything["flatsim:n_dates"]["maximum"] == 20
    assert everything["flatsim:track"]["enum"] == ["A175SUD", "D080SUD"]
    assert everything["flatsim:track"]["pattern"]
    of_series = properties(f"/collections/{SERIES}/queryables")
    assert (of_series["sat:relative_orbit"]["minimum"], of_series["sat:relative_orbit"]["maximum"]) == (80, 80)
    assert "insar:temporal_baseline" not in of_series
    _tell(dsn, pairs, PAIR_SUMMARIES | {"insar:temporal_baseline": {"minimum": 6, "maximum": 60}})
    assert properties("/queryables")["insar:temporal_baseline"]["maximum"] == 60


def test_too_many_values_are_not_listed() -> None:
    definitions = {"flatsim:track": {"type": "string", "title": "Track"}}
    for count, listed in ((MAX_ENUM, True), (MAX_ENUM + 1, False)):
        told = {"product:type": [], "flatsim:track": [f"D{number:03}" for number in range(count)]}
        found = property_schemas(definitions, [CollectionSummaries("a", None, told)])
        assert ("enum" in found["flatsim:track"]) is listed


def test_references_of_pgstac_are_replaced() -> None:
    found = property_schemas({"id": {"$ref": "https://x"}, "other": {"$ref": "https://y", "title": "Other"}}, [])
    assert found == {"id": BY_NAME["id"].definition(), "other": {"title": "Other"}}
