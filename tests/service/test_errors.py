"""What the service answers when something is wrong: JSON with a code and a description, never a 5xx for input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import errors
from api.app import create_app
from api.http import error_responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"


def problem(answer: Response) -> dict[str, str]:
    """The error in an answer, which must have the right form."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"code", "description"}
    assert all(isinstance(value, str) and value for value in body.values())
    assert "Traceback" not in answer.text
    return body


GETS = [
    # a parameter, what is wrong with it, what the description must name
    ("/search", {"bbox": "1,2,3"}, "bbox"),
    ("/search", {"bbox": "a,b,c,d"}, "bbox"),
    ("/search", {"bbox": "nan,1,2,3"}, "bbox"),
    ("/search", {"bbox": "0,10,5,5"}, "bbox"),
    ("/search", {"bbox": "0,0,200,5"}, "bbox"),
    ("/search", {"datetime": "2020-01-32"}, "datetime"),
    ("/search", {"datetime": "2020-02-30T00:00:00Z"}, "datetime"),
    ("/search", {"datetime": "2020-01-01T00:00:00Z/2019-01-01T00:00:00Z"}, "datetime"),
    ("/search", {"datetime": "../.."}, "datetime"),
    ("/search", {"intersects": "{bro"}, "intersects"),
    ("/search", {"intersects": "5"}, "intersects"),
    ("/search", {"intersects": "{}"}, "intersects"),
    ("/search", {"intersects": '{"type": "Point"}'}, "intersects"),
    ("/search", {"intersects": '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}'}, "intersects"),
    ("/search", {"intersects": '{"type": "Point", "coordinates": [0, 0]}', "bbox": "0,0,1,1"}, "bbox"),
    ("/search", {"query": "{bro"}, "query"),
    ("/search", {"query": "[]"}, "query"),
    ("/search", {"query": '{"id": {"nope": 1}}'}, "query.id"),
    ("/search", {"query": '{"id": 5}'}, "query.id"),
    ("/search", {"filter": "id ="}, "filter"),
    ("/search", {"filter": "id"}, "filter"),
    ("/search", {"filter": "5"}, "filter"),
    ("/search", {"filter": "nope(id) = 5"}, "nope"),
    ("/search", {"filter": "id='x'", "filter-lang": "cql2-json"}, "filter"),
    ("/search", {"filter": "id='x'", "filter-lang": "sql"}, "filter-lang"),
    ("/search", {"filter": "S_INTERSECTS(geometry, 'x')"}, "x"),
    ("/search", {"filter": '"insar:temporal_baseline" / 0 = 1'}, "zero"),
    ("/search", {"token": "garbage"}, "token"),
    ("/search", {"token": "next:61:62"}, "token"),
    ("/search", {"token": "prev:ff:ff"}, "token"),
    ("/search", {"limit": "0"}, "limit"),
    ("/search", {"limit": "many"}, "limit"),
    (f"/collections/{PAIRS}/items", {"bbox": "1,2,3"}, "bbox"),
    (f"/collections/{PAIRS}/items", {"datetime": "x"}, "datetime"),
    (f"/collections/{PAIRS}/items", {"query": "{bro"}, "query"),
    (f"/collections/{PAIRS}/items", {"filter": "id ="}, "filter"),
    ("/collections", {"bbox": "1,2,3"}, "bbox"),
    ("/collections", {"datetime": "x"}, "datetime"),
    ("/collections", {"query": "{bro"}, "query"),
    ("/collections", {"filter": "id ="}, "filter"),
    ("/collections", {"offset": "-1"}, "offset"),
    ("/collections", {"q": "("}, "not closed"),
]


@pytest.mark.parametrize(("path", "parameters", "named"), GETS)
def test_bad_parameters_are_refused_by_name(
    client: TestClient, path: str, parameters: dict[str, str], named: str
) -> None:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 400
    assert named in problem(answer)["description"]


def nested(levels: int, innermost: Any = 1) -> Any:
    """Lists in lists."""
    for _ in range(levels):
        innermost = [innermost]
    return innermost


POSTS: list[tuple[Any, str]] = [
    ([1], "body"),
    ({"bbox": [1, 2, 3]}, "bbox"),
    ({"bbox": ["a", "b", "c", "d"]}, "bbox"),
    ({"bbox": [0, 10, 5, 5]}, "bbox"),
    ({"bbox": [True, 0, 1, 1]}, "bbox"),
    ({"datetime": "2020-01-32"}, "datetime"),
    ({"intersects": {"type": "Feature"}}, "intersects"),
    ({"intersects": {"type": ["Point"]}}, "intersects"),
    ({"intersects": {"type": "Point", "coordinates": ["a", 0]}}, "intersects"),
    ({"query": {"id": {"nope": 1}}}, "query.id.nope"),
    ({"filter": {"op": "nope", "args": []}}, "filter"),
    ({"filter": {"op": "=", "args": []}}, "arguments"),
    ({"filter": {"op": "=", "args": [{"property": "id"}, "x", "y"]}}, "3 arguments"),
    ({"filter": "id ="}, "filter"),
    ({"filter": ["id"]}, "filter"),
    ({"filter": "id = 5", "filter-lang": "cql2-json"}, "filter"),
    ({"filter": "id = 5", "filter-lang": "sql"}, "filter-lang"),
    ({"sortby": [{"field": "id", "direction": "up"}]}, "sortby"),
    ({"limit": -1}, "limit"),
    ({"token": 5}, "token"),
    ({"ids": ["a\u0000"]}, "ids[0]: has a NUL"),
    ({"collections": "x"}, "collections"),
    ({"query": {"id": {"eq": nested(300)}}}, "query"),
    ({"filter": {"op": "in", "args": [{"property": "id"}, nested(300)]}}, "filter"),
    ({"intersects": {"type": "Polygon", "coordinates": nested(200)}}, "intersects"),
]


@pytest.mark.parametrize(("body", "named"), POSTS)
def test_bad_bodies_are_refused_by_name(client: TestClient, body: Any, named: str) -> None:
    answer = client.post("/search", json=body)
    assert answer.status_code == 400
    assert named in problem(answer)["description"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000])
def test_a_body_that_is_no_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "body" in problem(answer)["description"]


@pytest.mark.parametrize("query", [{}, {"id": {}}, None])
def test_an_empty_query_is_no_condition(client: TestClient, query: Any) -> None:
    assert client.post("/search", json={"query": query}).json()["numberMatched"] == 26
    if query is not None:
        assert client.get("/search", params={"query": json.dumps(query)}).json()["numberMatched"] == 26


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**12) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["op", "args", "property"]), inner),
    max_leaves=8,
)
FILTERS = st.recursive(
    JSON | st.sampled_from([{"property": "datetime"}, {"property": "insar:temporal_baseline"}, {"bbox": [1, 2, 3, 4]}]),
    lambda inner: st.fixed_dictionaries(
        {
            "op": st.sampled_from(
                [
                    "and",
                    "or",
                    "not",
                    "=",
                    "<",
                    "in",
                    "like",
                    "between",
                    "isNull",
                    "+",
                    "s_intersects",
                    "t_after",
                    "casei",
                ]
            ),
            "args": st.lists(inner, max_size=3),
        }
    ),
    max_leaves=6,
)
MEMBERS = st.sampled_from(
    ["bbox", "datetime", "intersects", "ids", "limit", "query", "filter", "sortby", "fields", "token"]
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.dictionaries(MEMBERS, JSON, max_size=3) | st.fixed_dictionaries({"filter": FILTERS}))
def test_no_body_makes_the_service_fail(client: TestClient, body: Any) -> None:
    answer = client.post("/search", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "NotFound"),
        ("GET", "/collections/nope", 404, "NotFound"),
        ("GET", "/collections/nope/items", 404, "NotFound"),
        ("GET", "/collections/nope/items/nope", 404, "NotFound"),
        ("GET", f"/collections/{PAIRS}/items/nope", 404, "NotFound"),
        ("GET", "/collections/nope/queryables", 404, "NotFound"),
        ("GET", "/data/nope", 404, "NotFound"),
        ("GET", "/api.html/nope", 404, "NotFound"),
        ("POST", "/collections", 405, "MethodNotAllowed"),
        ("DELETE", f"/collections/{PAIRS}", 405, "MethodNotAllowed"),
        ("PUT", f"/collections/{PAIRS}/items/nope", 405, "MethodNotAllowed"),
        ("POST", "/data/nope", 405, "MethodNotAllowed"),
    ],
)
def test_what_is_not_there(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert problem(answer)["code"] == code


def test_the_methods_of_an_address_are_told(client: TestClient) -> None:
    assert client.delete("/search").headers["allow"] == "GET, POST, HEAD, OPTIONS"
    assert client.delete("/").headers["allow"] == "GET, HEAD, OPTIONS"
    options = client.options("/search")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, POST, HEAD, OPTIONS")


def test_a_body_that_is_too_large_is_refused(make_settings: Callable[..., ServiceSettings]) -> None:
    with TestClient(create_app(make_settings(max_body_bytes=2000)), raise_server_exceptions=False) as client:
        large = json.dumps({"ids": ["x" * 3000]}).encode()
        told = client.post("/search", content=large, headers={"Content-Type": "application/json"})
        in_parts = client.post(
            "/search", content=iter([large[:1500], large[1500:]]), headers={"Content-Type": "application/json"}
        )
        for answer in (told, in_parts):
            assert answer.status_code == 413
            assert "2000 bytes" in problem(answer)["description"]
        assert client.post("/search", json={"ids": ["x" * 1000]}).status_code == 200


def test_a_slow_search_is_given_up(make_settings: Callable[..., ServiceSettings], catalogue_dsn: str) -> None:
    with (
        TestClient(create_app(make_settings(statement_timeout_ms=300)), raise_server_exceptions=False) as client,
        psycopg.connect(catalogue_dsn) as blocker,
    ):
        assert client.get("/search").status_code == 200
        blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
        answer = client.get("/search")
        blocker.rollback()
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert problem(answer)["code"] == "SlowSearch"
        assert client.get("/search").status_code == 200


def test_a_busy_pool_is_told(make_settings: Callable[..., ServiceSettings], catalogue_dsn: str) -> None:
    app = create_app(make_settings(pool_max=1, pool_wait_s=0.2))
    with TestClient(app, raise_server_exceptions=False) as client:
        held = client.portal.call(app.state.pool.acquire)  # type: ignore[union-attr]
        answer = client.get("/collections")
        client.portal.call(app.state.pool.release, held)  # type: ignore[union-attr]
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert problem(answer)["code"] == "DatabaseUnavailable"
        assert client.get("/collections").status_code == 200


def test_sessions_that_were_ended_are_replaced(client: TestClient, catalogue_dsn: str) -> None:
    assert client.get("/search").status_code == 200
    with psycopg.connect(catalogue_dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    answers = [client.get("/search") for _ in range(3)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200


def test_an_unforeseen_failure_tells_nothing_and_can_be_read_by_a_browser(
    make_settings: Callable[..., ServiceSettings],
) -> None:
    app = create_app(make_settings())

    @app.get("/fails")
    async def fails() -> None:
        msg = "the password is tiger"
        raise RuntimeError(msg)

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/fails", headers={"Origin": "https://portal.example.org"})
        assert answer.status_code == 500
        assert problem(answer)["code"] == "InternalServerError"
        assert "tiger" not in answer.text
        assert answer.headers["access-control-allow-origin"] == "*"


def _subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_subclasses(sub) for sub in kind.__subclasses__()))


def test_every_error_is_in_the_drawn_tree_and_has_a_status_or_is_a_base() -> None:
    assert errors.__doc__ is not None
    for kind in _subclasses(errors.ServiceError):
        assert kind.__name__ in errors.__doc__
        if kind not in (errors.ServiceError, errors.StartError, errors.Unavailable):
            assert kind in error_responses.STATUS_CODES
