"""CORS, HEAD, compression, and ids of requests."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard
from fastapi.testclient import TestClient

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
ORIGIN = {"Origin": "https://portal.example.org"}
DECODERS = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda raw: zstandard.ZstdDecompressor().decompressobj().decompress(raw),
    None: bytes,
}
PATHS = [
    ("/", 200), ("/collections", 200), ("/search", 200), (f"/collections/{PAIRS}/items", 200), ("/queryables", 200),
    ("/api", 200), ("/api.html", 200), ("/browser/", 200), ("/_mgmt/ping", 200), ("/_mgmt/health", 200),
    ("/data/NSBAS_INT-PKG%20100%25%231/baseline.rsc", 200),
    ("/nope", 404), ("/data/nope", 404), ("/search?bbox=1", 400), ("/browser", 307),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_every_answer_can_be_read_by_a_page_of_another_host(client: TestClient, path: str, status: int) -> None:
    for headers in (ORIGIN, {}):  # a cache may give the one's answer to the other
        answer = client.get(path, headers=headers, follow_redirects=False)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"]
        assert set(exposed.split(", ")) >= {"Content-Range", "Accept-Ranges", "ETag", "Content-Length", "Retry-After"}


@pytest.mark.parametrize("header", ["content-type", "accept-language", "authorization", "range", "if-none-match"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_preflight(client: TestClient, method: str, header: str) -> None:
    answer = client.options(
        "/search",
        headers={**ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": header},
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert header in answer.headers["access-control-allow-headers"].lower()


def test_preflight_for_writing_is_refused(client: TestClient) -> None:
    answer = client.options("/search", headers={**ORIGIN, "Access-Control-Request-Method": "DELETE"})
    assert answer.status_code == 400


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_head_is_get_without_the_body(client: TestClient, path: str, status: int) -> None:
    head = client.head(path, follow_redirects=False)
    get = client.get(path, follow_redirects=False)
    assert (head.status_code, head.content) == (status, b"")
    assert head.headers["content-type"] == get.headers["content-type"] if "content-type" in get.headers else True


@pytest.mark.parametrize(
    ("asked_for", "coding"),
    [("br", "br"), ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"),
     ("zstd;q=0, gzip", "gzip"), ("*", None), ("*;q=0.5, gzip", "gzip"), ("br;q=0", None), ("identity", None),
     ("nonsense", None)],
)  # fmt: skip
def test_documents_are_compressed_and_files_are_not(client: TestClient, asked_for: str, coding: str | None) -> None:
    asked = {"Accept-Encoding": asked_for}
    plain = client.get("/search", headers={"Accept-Encoding": ""})
    with client.stream("GET", "/search", headers=asked) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert DECODERS[coding](raw) == plain.content
    file = client.get("/data/NSBAS_INT-PKG%20100%25%231/preview.png", headers=asked)
    assert len(file.content) > 1000
    assert "content-encoding" not in file.headers


@pytest.mark.parametrize("told", ["abc-123", "4f8e/1.2:3+x=", "x" * 128])
def test_the_id_of_a_request_comes_back(client: TestClient, told: str) -> None:
    for path in ("/", "/nope", "/search?bbox=1", "/browser/"):
        assert client.get(path, headers={"X-Request-ID": told}).headers["x-request-id"] == told
    preflight = {**ORIGIN, "Access-Control-Request-Method": "GET", "X-Request-ID": told}
    assert client.options("/", headers=preflight).headers["x-request-id"] == told


@pytest.mark.parametrize("told", ["", "a b", "<script>", "x" * 129, "a\u00e9"])
def test_a_request_without_a_proper_id_gets_one(client: TestClient, told: str) -> None:
    answers = [client.get("/", headers={"X-Request-ID": told.encode("latin-1")}) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert told not in ids


def test_the_log_of_a_failure_names_the_request(
    make_settings: Callable[..., ServiceSettings], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(make_settings())

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError

    with TestClient(app, raise_server_exceptions=False) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/fails", headers={"X-Request-ID": "find-me"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "find-me"
    assert "find-me" in caplog.text
