"""Whole results in one answer: GeoJSON text sequence, lines of JSON, CSV."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import io
import json
import re
import socket
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import asyncpg
import brotli
import duckdb
import httpx2 as httpx
import orjson
import pandas
import psycopg
import pyogrio
import pytest
import zstandard
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from oracle import ordered
from varied_items import load_items, token_of, varied_items

from api.app import create_app
from api.database.pool import prepare_session, session_arguments
from api.http.item_formats import BY_NAME, FORMATS, LINES, SEQUENCE, STREAMS
from api.search.compile.query import compile_query
from api.search.execute import scan as walk
from api.search.execute.catalogue import CatalogueCache
from api.search.model import Search, SortKey
from api.search.serialise.csv_cells import box_centre, cell, well_known_text
from api.search.serialise.csv_columns import COLUMNS
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from api.settings.service import ServiceSettings

N_ITEMS = 90
PAIRS = "flatsim-testland-interferogram"
Item = dict[str, Any]


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return varied_items(N_ITEMS)


@pytest.fixture(scope="module")
def dsn(named_database: Callable[[str], AbstractContextManager[str]], items: list[Item]) -> Iterator[str]:
    """Owner's DSN of a database with items of every kind."""
    with named_database("flatsim_streams") as address:
        load_items(address, items)
        yield address


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few items take many steps."""
    monkeypatch.setattr(walk, "KEYS_AT_ONCE", 20)
    monkeypatch.setattr(walk, "ITEMS_AT_ONCE", 7)


@pytest.fixture(scope="module")
def streams(
    dsn: str,
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
) -> Iterator[httpx.Client]:
    """A client of a service with a single session, over real HTTP."""
    settings = make_settings(database=dsn, pool_min=1, pool_max=1, pool_wait_s=5)
    with run_service(settings) as address, httpx.Client(base_url=address) as client:
        yield client


def sequence(content: bytes) -> list[Item]:
    """A GeoJSON text sequence, read as strictly as RFC 8142 has it."""
    first, *texts = content.split(b"\x1e")
    assert first == b""
    assert all(text.endswith(b"\n") and text.count(b"\n") == 1 for text in texts)
    return [json.loads(text) for text in texts]


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def ids(found: list[Any]) -> list[str]:
    return [one["id"] for one in found]


def whole(streams: httpx.Client, body: Item) -> list[Item]:
    """The same through pages."""
    page = streams.post("/search", json={**body, "limit": 1000}).json()
    found: list[Item] = page["features"]
    assert page["numberMatched"] == len(found)
    return found


SEARCHES: list[Item] = [
    {},
    {"sortby": [{"field": "insar:perpendicular_baseline", "direction": "asc"}]},
    {"sortby": [{"field": "title", "direction": "desc"}, {"field": "id", "direction": "asc"}]},
    {"collections": [PAIRS], "bbox": [-5, -5, 5, 5]},
    {"query": {"sat:orbit_state": {"eq": "ascending"}}, "datetime": "2015-01"},
    {"filter": {"op": "isNull", "args": [{"property": "title"}]}},
    {"ids": ["item_003", "item_001", "nobody"]},
    {"ids": ["nobody"]},
]


class TestForms:
    @pytest.mark.parametrize("body", SEARCHES, ids=str)
    def test_every_form_has_the_whole_result_in_its_order(self, streams: httpx.Client, body: Item) -> None:
        expected = whole(streams, body)
        answers = {
            name: streams.post("/search", params={"f": name}, json=body) for name in ("geojsonseq", "ndjson", "csv")
        }
        assert sequence(answers["geojsonseq"].content) == expected
        assert [json.loads(line) for line in answers["ndjson"].content.splitlines()] == expected
        assert ids(table(answers["csv"].content)) == ids(expected)
        for answer in answers.values():
            assert answer.headers["ogc-numbermatched"] == str(len(expected))
            assert "Accept" in answer.headers["vary"]

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            (None, "application/geo+json"), ("*/*", "application/geo+json"), ("", "application/geo+json"),
            ("application/json", "application/geo+json"), ("application/geo+json", "application/geo+json"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
            ("application/geo+json-seq", "application/geo+json-seq"), ("application/x-ndjson", "application/x-ndjson"),
            ("application/ndjson", "application/ndjson"), ("application/jsonl", "application/jsonl"),
            ("text/csv", "text/csv; charset=utf-8; header=present"), ("TEXT/CSV;header=absent", "text/csv; charset"),
            ("text/*", "text/csv"), ("application/*", "application/geo+json"),
            ("application/geo+json;q=0.5, text/csv", "text/csv"),
            ("text/csv;q=0.5,application/json;q=0.6", "application/geo+json"),
            ("text/csv, application/geo+json", "application/geo+json"), ("text/csv;q=0, */*", "application/geo+json"),
            ("application/geo+json;q=0,application/json;q=0,*/*;q=0.1", "application/geo+json-seq"),
        ],
    )  # fmt: skip
    def test_by_header(self, client: TestClient, accept: str | None, expected: str) -> None:
        headers = {} if accept is None else {"Accept": accept}
        request = client.build_request("GET", "/search", headers=headers)
        if accept is None:
            del request.headers["Accept"]
        answer = client.send(request)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(expected)
        assert "Accept" in [name.strip() for name in answer.headers["vary"].split(",")]

    @pytest.mark.parametrize("accept", ["image/png", "application/xml", "text/csv;q=0", "*/*;q=0", "x", ";"])
    def test_what_nobody_serves(self, client: TestClient, accept: str) -> None:
        for path in ("/search", f"/collections/{PAIRS}/items"):
            answer = client.get(path, headers={"Accept": accept})
            assert answer.status_code == 406
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()["code"] == "NotAcceptable"
            assert all(each.media_types[0] in answer.json()["description"] for each in FORMATS)

    @pytest.mark.parametrize("name", sorted(BY_NAME))
    def test_by_parameter_before_the_header(self, client: TestClient, name: str) -> None:
        for path in ("/search", f"/collections/{PAIRS}/items"):
            answer = client.get(path, params={"f": name}, headers={"Accept": "image/png"})
            assert answer.headers["content-type"].startswith(BY_NAME[name].media_types[0])

    def test_a_form_nobody_knows(self, client: TestClient) -> None:
        answer = client.get("/search", params={"f": "shapefile"})
        assert answer.status_code == 400
        assert answer.json()["description"] == (
            "f: unknown format 'shapefile'; available: geojson, json, geojsonseq, ndjson, jsonl, csv, html"
        )

    def test_names_of_files(self, client: TestClient) -> None:
        for path, name in (
            ("/search", "flatsim"),
            (f"/collections/{PAIRS}/items", PAIRS),
            (f"/search?collections={PAIRS}", PAIRS),
        ):
            for form in STREAMS:
                answer = client.get(
                    path, params={"f": form.names[0], **dict(p.split("=") for p in path.split("?")[1:])}
                )
                assert answer.headers["content-disposition"] == f'attachment; filename="{name}.{form.extension}"'

    def test_fields(self, streams: httpx.Client) -> None:
        fields = {"include": ["properties.title"], "exclude": ["links"]}
        lines = streams.post("/search?f=ndjson", json={"fields": fields}).content.splitlines()
        assert {tuple(sorted(json.loads(line))) for line in lines} <= {
            ("collection", "id", "properties", "type"), ("collection", "id", "type"),
        }  # fmt: skip


class TestExtent:
    """How much of a result is given."""

    def test_several_items_by_id(self, streams: httpx.Client) -> None:
        wanted = ["item_040", "item_002", "item_017"]
        ascending = [{"field": "id", "direction": "asc"}]
        page = streams.post("/search", json={"ids": wanted, "sortby": ascending}).json()
        assert (ids(page["features"]), page["numberMatched"]) == (sorted(wanted), 3)
        page = streams.post("/search", json={"ids": wanted, "sortby": ascending, "limit": 2}).json()
        assert ids(page["features"]) == ["item_002", "item_017"]
        assert token_of(page, "next")
        many = [f"item_{number:03}" for number in range(5000)]
        answer = streams.post("/search?f=ndjson", json={"ids": many, "sortby": ascending})
        assert ids([json.loads(line) for line in answer.content.splitlines()]) == many[:N_ITEMS]

    @pytest.mark.parametrize("limit", [1, 6, 7, 8, 19, 20, 21, 40, 41, N_ITEMS, N_ITEMS + 1, 20_000])
    def test_a_limit_that_is_given_holds(self, streams: httpx.Client, limit: int) -> None:
        expected = ids(whole(streams, {}))[:limit]
        for answer in (
            streams.get("/search", params={"f": "csv", "limit": limit}),
            streams.post("/search?f=csv", json={"limit": limit}),
            streams.post("/search?f=csv", json={"limit": str(limit)}),
        ):
            assert ids(table(answer.content)) == expected

    def test_from_a_page_on(self, streams: httpx.Client) -> None:
        expected = ids(whole(streams, {}))
        page = streams.post("/search", json={"limit": 30}).json()
        token = token_of(page, "next")
        assert token
        assert ids(table(streams.get("/search", params={"f": "csv", "token": token}).content)) == expected[30:]
        numbered = streams.get("/search", params={"f": "csv", "limit": 25, "page": 2})
        assert ids(table(numbered.content)) == expected[25:50]
        assert ids(table(streams.get("/search", params={"f": "csv", "limit": 25, "page": 9}).content)) == []
        second = streams.post("/search", json={"limit": 30, "token": token}).json()
        answer = streams.get("/search", params={"f": "csv", "token": token_of(second, "prev") or ""})
        assert answer.status_code == 400
        assert answer.json()["description"].startswith("token: the token of a `prev` link cannot be used")

    def test_larger_than_allowed(self, dsn: str, make_settings: Callable[..., ServiceSettings]) -> None:
        for exact in (1000, 10):
            with TestClient(create_app(make_settings(database=dsn, max_stream=50, exact_count=exact))) as client:
                for body in ({}, {"limit": 60}):
                    answer = client.post("/search?f=csv", json=body)
                    assert answer.status_code == 400
                    assert answer.json()["description"].startswith("limit: more than 50 items match")
                assert len(table(client.post("/search?f=csv", json={"limit": 50}).content)) == 50
                few = {"ids": [f"item_{number:03}" for number in range(50)]}
                answer = client.post("/search?f=csv", json=few)
                assert (len(table(answer.content)), answer.headers["ogc-numbermatched"]) == (50, "50")

    def test_an_estimate_is_no_number(self, dsn: str, make_settings: Callable[..., ServiceSettings]) -> None:
        with TestClient(create_app(make_settings(database=dsn, exact_count=10))) as client:
            assert "ogc-numbermatched" not in client.get("/search", params={"f": "csv", "limit": 5}).headers
            assert client.get("/search", params={"f": "csv"}).headers["ogc-numbermatched"] == str(N_ITEMS)

    def test_links_to_the_whole(self, streams: httpx.Client) -> None:
        page = streams.get("/search?limit=5&page=2&sat:orbit_state=ascending&f=json").json()
        links = {link["type"]: link["href"] for link in page["links"] if link["rel"] == "alternate"}
        assert list(links) == ["text/html", *(form.media_types[0] for form in STREAMS)]
        assert len(table(streams.get(links["text/csv"]).content)) == page["numberMatched"] > 5
        body = {"limit": 5, "page": 2, "query": {"sat:orbit_state": {"eq": "ascending"}}}
        page = streams.post("/search", json=body).json()
        for link in page["links"]:
            if link["rel"] == "alternate":
                assert (link["method"], link["merge"]) == ("POST", True)
                answer = streams.post(link["href"], json={**body, **link["body"]})
                assert answer.headers["content-type"].startswith(link["type"])
                assert answer.headers["ogc-numbermatched"] == str(page["numberMatched"])


class TestTable:
    def test_cells_are_what_the_items_say(self, streams: httpx.Client) -> None:
        by_id = {item["id"]: item for item in whole(streams, {})}
        for row in table(streams.get("/search", params={"f": "csv"}).content):
            item = by_id[row["id"]]
            for queryable in QUERYABLES:
                if queryable.column and queryable.name in ("id", "collection", "geometry"):
                    continue
                assert row[queryable.name] == cell(item["properties"].get(queryable.name)), queryable.name
            assert [float(row[side]) for side in ("west", "south", "east", "north")] == item["bbox"]
            assert row["href"] == next(link["href"] for link in item["links"] if link["rel"] == "self")

    def test_the_first_line_is_there_without_any_other(self, streams: httpx.Client) -> None:
        content = streams.post("/search?f=csv", json={"ids": ["nobody"]}).content
        assert content == ",".join(column.name for column in COLUMNS if column.usual).encode() + b"\r\n"

    def test_addresses_of_files(self, client: TestClient, documents: Any) -> None:
        rows = table(client.get(f"/collections/{PAIRS}/items", params={"f": "csv"}).content)
        assert len(rows) == len(documents.pairs)
        for row in rows:
            assert row["href:inu_geo"].startswith("http://testserver/data/")

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ("id,datetime,insar:temporal_baseline", ["id", "collection", "datetime", "insar:temporal_baseline"]),
            ("bbox", ["id", "collection", "longitude", "latitude", "west", "south", "east", "north"]),
            ("geometry,-collection", ["id", "geometry"]),
            ("assets.inu_geo.href,properties.x:y", ["id", "collection", "href:inu_geo", "x:y"]),
            ("-properties,-assets,-bbox,-links", ["id", "collection"]),
        ],
    )
    def test_fields_choose_columns(self, streams: httpx.Client, fields: str, expected: list[str]) -> None:
        content = streams.get("/search", params={"f": "csv", "fields": fields, "limit": 1}).content
        assert content.decode().splitlines()[0].split(",") == expected

    def test_footprints(self, streams: httpx.Client, items: list[Item]) -> None:
        answer = streams.get("/search", params={"f": "csv", "fields": "geometry", "limit": 3})
        by_id = {item["id"]: item for item in items}
        for row in table(answer.content):
            ring = by_id[row["id"]]["geometry"]["coordinates"][0]
            assert row["geometry"] == f"POLYGON (({', '.join(f'{x} {y}' for x, y in ring)}))"

    @given(st.text())
    def test_no_text_is_a_formula(self, text: str) -> None:
        shown = cell(text)
        assert shown in (text, f"'{text}")
        assert not re.match(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", shown)

    @given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
    def test_every_text_can_be_read_again(self, texts: list[str]) -> None:
        written = io.StringIO()
        csv.writer(written, lineterminator="\r\n").writerow([cell(text) for text in texts])
        (row,) = csv.reader(io.StringIO(written.getvalue(), newline=""), strict=True)
        assert [value.removeprefix("'") for value in row] == [text.removeprefix("'") for text in texts]

    @pytest.mark.parametrize(
        ("box", "centre"),
        [
            ([0, 0, 2, 4], (1, 2)),
            ([0, 0, 9, 2, 4, 9], (1, 2)),
            ([170, 0, -160, 2], (-175, 1)),
            ([160, 0, -170, 2], (175, 1)),
        ],
    )
    def test_middles(self, box: list[float], centre: tuple[float, float]) -> None:
        assert box_centre({"bbox": box}) == centre

    def test_every_kind_of_geometry(self) -> None:
        point, line = (
            {"type": "Point", "coordinates": [1, 2.5, 9]},
            {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        )
        assert well_known_text(point) == "POINT (1 2.5)"
        assert well_known_text(line) == "LINESTRING (0 0, 1 1)"
        both = {"type": "GeometryCollection", "geometries": [point, line]}
        assert well_known_text(both) == "GEOMETRYCOLLECTION (POINT (1 2.5), LINESTRING (0 0, 1 1))"
        assert well_known_text(None) == ""


class TestHttp:
    @pytest.mark.parametrize("form", [form.names[0] for form in STREAMS])
    @pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity"])
    def test_compressed_as_it_comes(self, streams: httpx.Client, form: str, coding: str) -> None:
        plain = streams.get("/search", params={"f": form}, headers={"Accept-Encoding": "identity"}).content
        with streams.stream("GET", "/search", params={"f": form}, headers={"Accept-Encoding": coding}) as answer:
            assert answer.headers.get("content-encoding", "identity") == coding
            assert answer.headers["transfer-encoding"] == "chunked"
            raw = b"".join(answer.iter_raw())
        decoders: dict[str, Callable[[bytes], bytes]] = {
            "gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes,
            "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
        }  # fmt: skip
        assert decoders[coding](raw) == plain

    @pytest.mark.parametrize("form", [form.names[0] for form in STREAMS])
    def test_head(self, streams: httpx.Client, form: str) -> None:
        get, head = (streams.request(method, "/search", params={"f": form}) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-disposition", "ogc-numbermatched", "vary", "cache-control"):
            assert head.headers[name] == get.headers[name]
        assert streams.head("/search", params={"f": form, "bbox": "1"}).status_code == 400

    @pytest.mark.parametrize("parameters", [{"bbox": "1"}, {"filter": "nope = 1"}, {"limit": "0"}, {"token": "x"}])
    def test_faults_are_told_as_ever(self, streams: httpx.Client, parameters: dict[str, str]) -> None:
        answer = streams.get("/search", params={**parameters, "f": "csv"}, headers={"Accept": "text/csv"})
        assert answer.status_code == 400
        assert set(answer.json()) == {"code", "description"}
        assert answer.headers["cache-control"] == "no-store"
        assert streams.get("/collections/nope/items", params={"f": "csv"}).status_code == 404

    def test_too_slow_is_told_before_the_first_byte(
        self, dsn: str, make_settings: Callable[..., ServiceSettings]
    ) -> None:
        app = create_app(make_settings(database=dsn, statement_timeout_ms=100))
        with TestClient(app, raise_server_exceptions=False) as client, psycopg.connect(dsn) as blocker:
            assert client.get("/search?f=csv").status_code == 200
            blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
            answer = client.get("/search?f=csv")
            assert (answer.status_code, answer.json()["code"]) == (503, "SlowSearch")

    def test_a_page_of_another_host_may_read_the_number(self, streams: httpx.Client) -> None:
        answer = streams.get("/search", params={"f": "csv"}, headers={"Origin": "https://portal.example.org"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "OGC-NumberMatched" in answer.headers["access-control-expose-headers"]

    def test_the_openapi_document_has_all_of_it(self, client: TestClient) -> None:
        paths = client.get("/api").json()["paths"]
        operations = [
            paths["/search"]["get"],
            paths["/search"]["post"],
            paths["/collections/{collection_id}/items"]["get"],
        ]
        for operation in operations:
            (parameter,) = (one for one in operation["parameters"] if one.get("name") == "f")
            pages = [] if operation is paths["/search"]["post"] else ["html"]
            assert parameter["schema"]["enum"] == [*BY_NAME, *pages]
            assert {name for form in STREAMS for name in form.media_types} <= operation["responses"]["200"][
                "content"
            ].keys()
            assert "406" in operation["responses"]


@pytest.fixture(scope="module")
def large(named_database: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    """Owner's DSN of a database whose result fits into no buffer on its way."""
    many = varied_items(1500, seed=5)
    for item in many:
        item["properties"]["description"] = "0123456789" * 600
    with named_database("flatsim_large_result") as address:
        load_items(address, many)
        yield address


def waiting(connection: psycopg.Connection[Any]) -> int:
    """Sessions that wait for a lock."""
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    assert row
    return int(row[0])


def until(reached: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached()


class TestOnTheWay:
    """A result that is larger than what lies in the buffers between the service and its client."""

    @pytest.fixture
    def service(
        self,
        large: str,
        make_settings: Callable[..., ServiceSettings],
        run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
    ) -> Iterator[httpx.Client]:
        """A client of a service with a single session that no one waits long for."""
        settings = make_settings(database=large, pool_min=1, pool_max=1, pool_wait_s=2, statement_timeout_ms=3000)
        with (
            run_service(settings) as address,
            httpx.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as client,
        ):
            yield client

    def test_a_client_that_does_not_read_holds_up_nobody(self, service: httpx.Client) -> None:
        with service.stream("GET", "/search", params={"f": "ndjson"}) as answer:
            parts = answer.iter_raw(1000)
            begun = next(parts)
            for _ in range(3):
                time.sleep(0.1)
                assert service.get("/search", params={"limit": 1}).json()["numberReturned"] == 1
            found = ids([json.loads(line) for line in b"".join([begun, *parts]).splitlines()])
        assert len(found) == len(set(found)) == 1500

    def test_a_client_that_goes_away_leaves_nothing_behind(self, service: httpx.Client, large: str) -> None:
        """Not even while the database works for it."""
        request = b"GET /search?f=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with psycopg.connect(large) as blocker, psycopg.connect(large, autocommit=True) as watcher:
            with socket.create_connection((service.base_url.host, service.base_url.port)) as client:
                client.sendall(request)
                assert client.recv(1000).startswith(b"HTTP/1.1 200")
                blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
                client.setblocking(False)
                while not waiting(watcher):
                    with contextlib.suppress(BlockingIOError):
                        client.recv(1_000_000)
            begun = time.monotonic()
            assert until(lambda: not waiting(watcher))
            assert time.monotonic() - begun < 2  # before the statement's own end
            blocker.rollback()
        assert service.get("/search", params={"limit": 1}).status_code == 200

    def test_what_fails_on_the_way_does_not_look_like_an_end(
        self, service: httpx.Client, large: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with (
            psycopg.connect(large) as blocker,
            service.stream("GET", "/search", params={"f": "ndjson"}, headers={"Accept-Encoding": "zstd"}) as answer,
        ):
            parts = answer.iter_raw(1000)
            next(parts)
            blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(httpx.RemoteProtocolError):
                list(parts)
        assert "export aborted: The search took too long" in caplog.text
        assert "Traceback" not in caplog.text


def test_a_large_result_takes_little_memory(large: str, make_settings: Callable[..., ServiceSettings]) -> None:
    """Far less than all of it."""

    async def check() -> tuple[int, int]:
        pool = await asyncpg.create_pool(
            **session_arguments(make_settings(database=large)), min_size=1, max_size=1, init=prepare_session
        )
        cache = CatalogueCache()
        async with pool.acquire() as connection:
            catalogue = await cache.get(connection)
        search = Search(sort=(SortKey(catalogue.properties.find("datetime", "sortby")),), limit=10)
        walked = walk.ItemScan(compile_query(search, catalogue.properties), None, None, cache)
        size_bytes = 0
        tracemalloc.start()
        async for items in walked.batches(pool.acquire):
            size_bytes += sum(len(orjson.dumps(item)) for item in items)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await pool.close()
        return size_bytes, peak_bytes

    size_bytes, peak_bytes = asyncio.run(check())
    assert size_bytes > 10_000_000
    assert peak_bytes < size_bytes / 5


def test_pandas_and_gdal_read_it(streams: httpx.Client, tmp_path: Path) -> None:
    expected = whole(streams, {})
    frame = pandas.read_csv(io.BytesIO(streams.get("/search", params={"f": "csv"}).content), parse_dates=["datetime"])
    assert list(frame["id"]) == ids(expected)
    assert str(frame["datetime"].dtype) == "datetime64[us, UTC]"
    orbits = [item["properties"].get("sat:relative_orbit") for item in expected]
    assert list(frame["sat:relative_orbit"].dropna()) == [orbit for orbit in orbits if orbit is not None]
    for form in (SEQUENCE, LINES):
        path = tmp_path / f"items.{form.extension}"
        path.write_bytes(streams.get("/search", params={"f": form.names[0]}).content)
        if form is SEQUENCE:
            info = pyogrio.read_info(path, encoding="utf-8")
            assert (info["driver"], info["features"], info["geometry_type"]) == ("GeoJSONSeq", N_ITEMS, "Polygon")
        else:
            relation = duckdb.read_json(str(path), format="newline_delimited")
            assert relation.aggregate("count(*)").fetchall() == [(N_ITEMS,)]


@pytest.mark.parametrize("field", ["title", "id", "datetime"])
def test_what_comes_and_goes_meanwhile(
    make_database: Callable[..., str], template_database: str, make_settings: Callable[..., ServiceSettings], field: str
) -> None:
    """What stays is given once and in order; what is deleted may be missing, and hinders nothing."""
    first, late = varied_items(60, seed=3), varied_items(10, seed=4, first=700)
    address = make_database(template_database)
    load_items(address, first)
    deleted = {item["id"] for item in first[::3]}

    async def check() -> list[Item]:
        pool = await asyncpg.create_pool(
            **session_arguments(make_settings(database=address)), min_size=1, max_size=1, init=prepare_session
        )
        async with pool.acquire() as connection:
            catalogue = await CatalogueCache().get(connection)
        search = Search(sort=(SortKey(catalogue.properties.find(field, "sortby")),), limit=10)
        walked = walk.ItemScan(compile_query(search, catalogue.properties), None, None, CatalogueCache())
        found: list[Item] = []
        async for items in walked.batches(pool.acquire):
            if not found:
                async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
                    await other.execute("DELETE FROM pgstac.items WHERE id = ANY(%s)", (sorted(deleted),))
                await asyncio.to_thread(load_items, address, late)
            found += items
        await pool.close()
        return found

    found = ids(asyncio.run(check()))
    order = {
        item["id"]: place for place, item in enumerate(ordered([*first, *late], [{"field": field, "direction": "asc"}]))
    }
    assert [order[one] for one in found] == sorted({order[one] for one in found})
    assert {item["id"] for item in first} - deleted <= set(found)
