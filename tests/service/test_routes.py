"""Reading requests: what is unknown, said twice, or no text or JSON, is refused by name."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.errors import InvalidParameter
from api.request.json_body import parse_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"


@pytest.mark.parametrize(
    ("path", "name", "nearest"),
    [
        ("/search", "bbx", "bbox"),
        ("/search", "Limit", "limit"),
        ("/search", "date_time", "datetime"),
        ("/search", "colections", "collections"),
        ("/search", "sat:orbit_sate", "sat:orbit_state"),
        ("/search", "filter_lang", "filter-lang"),
        ("/collections", "sort_by", "sortby"),
        (f"/collections/{PAIRS}/items", "querry", "query"),
    ],
)
def test_unknown_parameters_are_refused_with_the_nearest(
    client: TestClient, path: str, name: str, nearest: str
) -> None:
    answer = client.get(path, params={name: "1"})
    assert answer.status_code == 400
    assert answer.json()["description"] == f"{name}: unknown parameter; did you mean {nearest}?"


def test_where_none_is_known_that_is_said(client: TestClient) -> None:
    answer = client.get("/conformance", params={"zzz": "1"})
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("zzz: unknown parameter; this address has none")


def test_parameters_given_twice_are_refused(client: TestClient) -> None:
    answer = client.get("/search?limit=1&limit=2")
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("limit: given twice")


def test_items_may_be_asked_for_with_their_own_collection(client: TestClient) -> None:
    path = f"/collections/{PAIRS}/items"
    assert client.get(path, params={"collections": PAIRS}).status_code == 200
    assert client.get(path, params={"collections": "other"}).status_code == 400


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("application/json", 200), ("application/json; charset=utf-8", 200), ("application/geo+json", 200),
        ("APPLICATION/JSON", 200), ("application/x-www-form-urlencoded", 415), ("text/plain", 415),
        ("multipart/form-data", 415), ("application/jsonp", 415), ("nonsense", 415), ("", 415),
        ("application/json; charset=utf-16", 415),
    ],
)  # fmt: skip
def test_only_json_is_read(client: TestClient, header: str, status: int) -> None:
    answer = client.post("/search", content=b'{"limit": 1}', headers={"Content-Type": header})
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["code"] == "WrongContentType"
        assert "application/json" in answer.json()["description"]
        assert answer.headers["accept-post"] == "application/json"


BODIES = [
    (b"", "empty"),
    (b"  ", "empty"),
    (b"{", "line 1 column 2"),
    (b'{"limit": 1,}', "not JSON"),
    (b"{'limit': 1}", "not JSON"),
    (b"\xff", "not UTF-8 at byte 0"),
    (b'{"limit": 1, "limit": 2}', "limit: given twice"),
    (b'{"query": {"id": {"eq": "a", "eq": "b"}}}', "eq: given twice"),
    (b'{"bbox": [NaN, 0, 1, 1]}', "bbox[0]: NaN"),
    (b'{"bbox": [0, 0, 1e999, 1]}', "bbox[2]: the number is too large"),
    (b'{"limit": ' + b"9" * 5000 + b"}", "limit: the number is too large"),
    (b'{"ids": ["a\\u0000"]}', "ids[0]: has a NUL"),
    (b'{"ids": ["a\\ud800"]}', "ids[0]: has an unpaired surrogate"),
    (b'{"\\ud800": 1}', "body: has an unpaired surrogate"),
    (b'{"collections": [{"\\u0000": 1}]}', "collections[0]: has a NUL"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"filter":' * 50_000, "nested too deeply"),
]


@pytest.mark.parametrize(("body", "named"), BODIES)
def test_bodies_that_cannot_be_read(client: TestClient, body: bytes, named: str) -> None:
    answer = client.post("/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert named in answer.json()["description"]


def test_a_byte_order_mark_is_no_fault(client: TestClient) -> None:
    answer = client.post("/search", content=b'\xef\xbb\xbf{"limit": 1}', headers={"Content-Type": "application/json"})
    assert answer.json()["numberReturned"] == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"],
                                                                            exclude_characters="\0")), inner),
    )
)  # fmt: skip
def test_every_proper_body_is_read_as_python_reads_it(value: Any) -> None:
    assert parse_body(json.dumps(value).encode()) == value


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_body_fails_otherwise(body: bytes) -> None:
    try:
        parse_body(body)
    except InvalidParameter as refused:
        str(refused).encode()  # can be sent


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    | st.sampled_from(["bbox", "datetime", "intersects", "ids", "collections", "limit", "fields", "sortby", "token"]),
    value=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    path=st.sampled_from(["/search", "/collections", f"/collections/{PAIRS}/items"]),
)
def test_no_parameter_makes_the_service_fail(client: TestClient, name: str, value: str, path: str) -> None:
    answer = client.get(path, params={name: value})
    assert answer.status_code in (200, 400, 404), answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == {"code", "description"}


@pytest.mark.parametrize(
    "path",
    ["/collections/%00", "/collections/%ED%A0%80", f"/collections/{PAIRS}/items/%00", "/collections/%FF",
     "/collections/..%2F..%2Fetc", "/collections/' OR 1=1--"],
)  # fmt: skip
def test_paths_with_anything_in_them(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert set(answer.json()) == {"code", "description"}


@pytest.mark.parametrize("status", [402, 406, 408, 409, 410, 414, 422, 429, 431, 500, 501, 503])
def test_every_status_has_the_one_form(make_settings: Callable[..., ServiceSettings], status: int) -> None:
    app = create_app(make_settings())

    @app.get("/raises")
    async def raises() -> None:
        raise HTTPException(status, headers={"Retry-After": "7"})

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/raises", headers={"Origin": "https://portal.example.org"})
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "description"}
    assert answer.json()["code"].lower() == HTTPStatus(status).phrase.replace(" ", "").replace("-", "").lower()
    assert (answer.headers["retry-after"], answer.headers["access-control-allow-origin"]) == ("7", "*")
