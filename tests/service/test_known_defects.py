"""What the plain stack answers wrongly, or with 500, each with the right answer of this service.

The list was found by probing stac-fastapi-pgstac 7.2.0 as it comes.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
ALL = 26


def found(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["features"]]


def refused(answer: Any, word: str, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "description"}
    assert word in answer.json()["description"]


def where(expression: Any) -> dict[str, Any]:
    return {"filter": expression, "filter-lang": "cql2-text" if isinstance(expression, str) else "cql2-json"}


@pytest.fixture
def own(
    make_database: Callable[..., str], template_database: str, documents: Any, load_documents: Callable[..., None],
    make_settings: Callable[..., ServiceSettings],
) -> Iterator[tuple[str, TestClient]]:  # fmt: skip
    """A catalogue that a test may change, and a service over it."""
    dsn = make_database(template_database)
    load_documents(dsn, documents)
    with TestClient(create_app(make_settings(database=dsn)), raise_server_exceptions=False) as client:
        yield dsn, client


class TestServerErrors:
    """What was answered with 500."""

    def test_an_empty_query(self, client: TestClient) -> None:
        assert len(found(client.post("/search", json={"query": {}}))) == ALL

    def test_a_token_of_nobody(self, client: TestClient) -> None:
        refused(client.get("/search", params={"token": "next:a:b"}), "token")
        refused(client.post("/search", json={"token": "garbage"}), "token")

    def test_a_token_after_an_item_that_is_gone(self, own: tuple[str, TestClient]) -> None:
        dsn, client = own
        whole = found(client.get("/search", params={"sortby": "id"}))
        page = client.get("/search", params={"sortby": "id", "limit": 5}).json()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DELETE FROM pgstac.items WHERE id = ANY (%s)", (whole[3:6],))
        link = next(link["href"] for link in page["links"] if link["rel"] == "next")
        assert found(client.get(link)) == whole[6:11]

    def test_a_box_with_heights(self, client: TestClient) -> None:
        flat = found(client.post("/search", json={"bbox": [12.2, 40.2, 13.8, 40.8]}))
        assert len(flat) == 2
        assert found(client.post("/search", json={"bbox": [12.2, 40.2, -5, 13.8, 40.8, 5]})) == flat

    def test_unknown_operators_and_functions(self, client: TestClient) -> None:
        refused(client.post("/search", json=where({"op": "nope", "args": [{"property": "id"}, 1]})), "nope")
        refused(client.get("/search", params=where("nope(id) = 5")), "nope")

    def test_a_wrong_geometry_in_a_filter(self, client: TestClient) -> None:
        refused(client.get("/search", params=where("S_INTERSECTS(geometry, POINT(500 0))")), "500")
        wrong = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}
        refused(
            client.post("/search", json=where({"op": "s_within", "args": [{"property": "geometry"}, wrong]})), "ring"
        )

    def test_a_number_compared_with_text(self, client: TestClient) -> None:
        refused(client.get("/search", params=where("\"insar:temporal_baseline\" < 'x'")), "insar:temporal_baseline")

    def test_not_300_deep(self, client: TestClient) -> None:
        tree: Any = {"op": "=", "args": [{"property": "id"}, "x"]}
        for _ in range(300):
            tree = {"op": "not", "args": [tree]}
        refused(client.post("/search", json=where(tree)), "nested too deeply")
        refused(client.get("/search", params=where("NOT " * 300 + "id = 'x'")), "nested too deeply")

    def test_broken_json_in_parameters(self, client: TestClient) -> None:
        refused(client.get("/search", params={"intersects": "{broken"}), "intersects")
        refused(client.get("/collections", params={"query": "{broken"}), "query")

    def test_a_search_over_time_and_the_connection_after_it(
        self, own: tuple[str, TestClient], make_settings: Callable[..., ServiceSettings]
    ) -> None:
        dsn, _ = own
        app = create_app(make_settings(database=dsn, statement_timeout_ms=200, pool_min=1, pool_max=1))
        with TestClient(app, raise_server_exceptions=False) as client, psycopg.connect(dsn) as blocker:
            before = _backend(client)
            blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
            answer = client.get("/search")
            blocker.rollback()
            refused(answer, "too long", 503)
            assert int(answer.headers["retry-after"]) > 0
            assert len(found(client.get("/search"))) == ALL
            assert _backend(client) == before


def _backend(client: TestClient) -> int:
    pool: Any = client.app.state.pool  # type: ignore[attr-defined]

    async def number() -> int:
        session = await pool.acquire()
        try:
            found: int = await session.fetchval("SELECT pg_backend_pid()")
        finally:
            await pool.release(session)
        return found

    assert client.portal is not None
    return client.portal.call(number)


class TestSurprises:
    """What was answered with something else than was asked for."""

    @pytest.mark.parametrize(
        ("condition", "holds"),
        [
            ({"in": ["ascending"]}, lambda value: value == "ascending"),
            ({"startsWith": "desc"}, lambda value: value.startswith("desc")),
            ({"endsWith": "scending"}, lambda value: True),
            ({"contains": "esc"}, lambda value: "esc" in value),
            ({"neq": "ascending"}, lambda value: value != "ascending"),
        ],
    )
    def test_all_operators_of_query(
        self, client: TestClient, documents: Any, condition: dict[str, Any], holds: Callable[[str], bool]
    ) -> None:
        expected = {item["id"] for item in documents.items if holds(item["properties"]["sat:orbit_state"])}
        query = {"sat:orbit_state": condition}
        assert set(found(client.post("/search", json={"query": query}))) == expected
        assert set(found(client.get("/search", params={"query": json.dumps(query)}))) == expected

    @pytest.mark.parametrize("condition", [{"eq": "80"}, {"in": ["80", 81]}, {"lt": "81"}, {"lte": 80, "gt": "79.5"}])
    def test_numbers_of_query_may_be_text(self, client: TestClient, documents: Any, condition: dict[str, Any]) -> None:
        expected = {item["id"] for item in documents.items if item["properties"]["sat:relative_orbit"] == 80}
        assert set(found(client.post("/search", json={"query": {"sat:relative_orbit": condition}}))) == expected
        for wrong in ("eighty", "nan", "", "1e999"):
            refused(client.post("/search", json={"query": {"sat:relative_orbit": {"eq": wrong}}}), "sat:relative_orbit")

    def test_every_refusal_has_one_form(self, client: TestClient) -> None:
        for answer in (
            client.get("/search", params=where("id =")),
            client.post("/search", content=b"{", headers={"Content-Type": "application/json"}),
            client.get("/collections/nope"),
            client.get("/nope"),
            client.delete("/search"),
            client.post("/search", content=b"{}", headers={"Content-Type": "text/plain"}),
        ):
            assert set(answer.json()) == {"code", "description"}

    @pytest.mark.parametrize(("name", "word"), [("page_", "page"), ("sortBi", "sortby"), ("bboxx", "bbox")])
    def test_unknown_parameters(self, client: TestClient, name: str, word: str) -> None:
        refused(client.get("/search", params={name: "1"}), name)
        refused(client.get("/collections", params={name: "1"}), word)

    def test_unknown_properties(self, client: TestClient) -> None:
        refused(client.get("/search", params=where("nope = 1")), "nope")
        refused(client.get("/search", params={"sortby": "nope"}), "nope")

    def test_unknown_collections(self, client: TestClient) -> None:
        refused(client.get("/search", params={"collections": "nope"}), "nope")

    def test_one_collection_without_its_list(self, client: TestClient) -> None:
        assert len(found(client.post("/search", json={"collections": PAIRS}))) == ALL - 1
        refused(client.post("/search", json={"collections": "nope"}), "nope")

    @pytest.mark.parametrize("name", ["collections", "ids"])
    def test_an_empty_list_is_no_restriction(self, client: TestClient, name: str) -> None:
        assert len(found(client.post("/search", json={name: []}))) == ALL

    def test_days(self, client: TestClient, documents: Any) -> None:
        day = documents.pairs[3]["properties"]["start_datetime"][:10]
        assert documents.pairs[3]["id"] in found(client.get("/search", params={"datetime": day}))

    def test_boxes_across_the_antimeridian(self, client: TestClient) -> None:
        assert found(client.get("/search", params={"bbox": "170,-80,-170,80"})) == []
        assert len(found(client.get("/search", params={"bbox": "33.5,30,-170,50"}))) == 2

    def test_a_limit_above_the_largest(self, client: TestClient) -> None:
        assert client.get("/search", params={"limit": 20_000}).json()["context"]["limit"] == 10_000

    def test_head(self, client: TestClient) -> None:
        assert client.head("/").status_code == 200

    def test_links_of_pages(self, client: TestClient) -> None:
        second = _next(client, client.get("/search", params={"limit": 2}).json())
        assert {"prev", "next", "first"} <= {link["rel"] for link in second["links"]}
        collections = client.get("/collections", params={"limit": 1}).json()
        assert _link(collections, "next")["type"] == "application/json"

    def test_the_next_page_of_a_posted_search_is_told_by_a_token_alone(self, client: TestClient) -> None:
        ring = [[10 + number / 10_000, 30.0] for number in range(10_000)] + [[20, 50], [10, 50], [10, 30]]
        body = {"intersects": {"type": "Polygon", "coordinates": [ring]}, "limit": 2}
        answer = client.post("/search", json=body)
        link = _link(answer.json(), "next")
        assert (link["merge"], list(link["body"])) == (True, ["token"])
        assert len(json.dumps(answer.json()["links"])) < 2000
        assert len(found(client.post(link["href"], json={**body, **link["body"]}))) == 2

    def test_totals(self, client: TestClient) -> None:
        page = client.get("/search", params={"limit": 3}).json()
        assert (page["numberMatched"], page["numberReturned"]) == (ALL, 3)

    def test_queryables(self, client: TestClient) -> None:
        answer = client.get(f"/collections/{PAIRS}/queryables")
        assert "$ref" not in answer.text
        assert len(answer.json()["properties"]) > 30

    def test_preflight_with_authorization(self, client: TestClient) -> None:
        asked = {
            "Origin": "https://portal.example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        assert client.options("/search", headers=asked).status_code == 200

    def test_settings_of_pgstac_are_not_for_clients(self, client: TestClient) -> None:
        plain = client.post("/search", json={"limit": 2}).json()
        told = client.post("/search", json={"limit": 2, "conf": {"context": "off", "nohydrate": True}}).json()
        assert told == plain

    def test_searches_leave_nothing_in_the_database(self, own: tuple[str, TestClient]) -> None:
        dsn, client = own
        for number in range(5):
            found(client.post("/search", json={"limit": number + 1}))
        with psycopg.connect(dsn) as connection:
            rows = connection.execute("SELECT count(*) FROM pgstac.searches").fetchone()
        assert rows == (0,)

    @pytest.mark.parametrize("path", ["", "/items", "/items/{id}", "/queryables", "/sortables"])
    def test_one_connection_for_one_request(
        self, make_settings: Callable[..., ServiceSettings], documents: Any, path: str
    ) -> None:
        app = create_app(make_settings())
        with TestClient(app) as client:
            taken = _count_connections(app)
            address = f"/collections/{PAIRS}{path}".format(id=documents.pairs[0]["id"])
            assert client.get(address).status_code == 200
        assert len(taken) == 1

    def test_validators_and_limits(self, client: TestClient, documents: Any) -> None:
        item = client.get(f"/collections/{PAIRS}/items/{documents.pairs[0]['id']}")
        assert {"etag", "cache-control", "last-modified"} <= set(item.headers)
        large = b'{"ids": ["' + b"x" * 5_000_000 + b'"]}'
        refused(client.post("/search", content=large, headers={"Content-Type": "application/json"}), "larger", 413)

    def test_5000_terms(self, client: TestClient) -> None:
        terms = [{"op": "=", "args": [{"property": "id"}, f"x{number}"]} for number in range(5000)]
        started = time.monotonic()
        answer = client.post("/search", json=where({"op": "or", "args": terms}))
        assert time.monotonic() - started < 5
        assert answer.status_code in (200, 400), answer.text

    @pytest.mark.parametrize("attack", ["'; DROP TABLE items; --", "x' OR '1'='1", '"; SELECT 1', "$1", "%s", "\\'"])
    def test_text_is_no_sql(self, client: TestClient, attack: str) -> None:
        quoted = attack.replace("'", "''")
        assert found(client.get("/search", params=where(f"id = '{quoted}'"))) == []
        assert found(client.post("/search", json={"query": {"title": {"eq": attack}}})) == []
        assert found(client.post("/search", json={"ids": [attack]})) == []
        for name in ("sortby", "fields", "collections"):
            assert client.get("/search", params={name: attack}).status_code == 400
        assert client.get("/collections", params={"query": json.dumps({"title": {"eq": attack}})}).status_code == 200
        assert len(found(client.get("/search"))) == ALL


def _link(page: dict[str, Any], rel: str) -> dict[str, Any]:
    return next(link for link in page["links"] if link["rel"] == rel)


def _next(client: TestClient, page: dict[str, Any]) -> dict[str, Any]:
    following: dict[str, Any] = client.get(_link(page, "next")["href"]).json()
    return following


def _count_connections(app: Any) -> list[None]:
    """A list that grows by one for each connection a request takes."""
    taken: list[None] = []
    take = app.state.get_connection

    @contextlib.asynccontextmanager
    async def counted(request: Any, *arguments: Any) -> AsyncIterator[Any]:
        # what was taken once for a request is shared by all that answer it
        taken.extend([None] if getattr(request.state, "connection", None) is None else [])
        async with take(request, *arguments) as connection:
            yield connection

    app.state.get_connection = counted
    return taken
