"""ETag, 304, Cache-Control: what a client has already is not sent again, and what failed is not kept."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import zstandard
from fastapi.testclient import TestClient
from starlette.responses import StreamingResponse

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
ITEM = "flatsim_testland_d080_2015-2016_int_20150101_20150113"
DOCUMENTS = [
    "/", "/conformance", "/collections", f"/collections/{PAIRS}", f"/collections/{PAIRS}/items", "/search?limit=3",
    "/queryables", f"/collections/{PAIRS}/queryables", "/api",
]  # fmt: skip


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd"])
def test_documents_have_an_etag_that_holds_for_every_coding(client: TestClient, path: str, coding: str) -> None:
    first = client.get(path, headers={"Accept-Encoding": ""})
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "public, max-age=60"
    asked = {"Accept-Encoding": coding, "If-None-Match": tag}
    again = client.get(path, headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == "public, max-age=60"
    assert "accept-encoding" in again.headers["vary"].lower()
    assert not {"content-type", "content-encoding"} & set(again.headers)
    assert client.head(path, headers=asked).status_code == 304


@pytest.mark.parametrize(
    ("told", "status"),
    [("{}", 304), ('"other", {}', 304), ("*", 304), ('"other"', 200), ("", 200), ("nonsense", 200)],
)
def test_if_none_match(client: TestClient, told: str, status: int) -> None:
    tag = client.get("/conformance").headers["etag"]
    assert client.get("/conformance", headers={"If-None-Match": told.format(tag)}).status_code == status
    strong = told.format(tag.removeprefix("W/"))
    assert client.get("/conformance", headers={"If-None-Match": strong}).status_code == status


def test_other_answers_have_other_tags(client: TestClient) -> None:
    tags = {client.get("/search", params={"limit": limit}).headers["etag"] for limit in range(1, 6)}
    assert len(tags) == 5


@pytest.mark.parametrize("path", ["/nope", "/search?bbox=1", "/collections/nope", "/_mgmt/health", "/_mgmt/ping"])
def test_what_failed_or_tells_of_the_moment_is_not_kept(client: TestClient, path: str) -> None:
    assert client.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [f"/collections/{PAIRS}", f"/collections/{PAIRS}/items/{ITEM}"])
def test_a_document_tells_when_it_changed(client: TestClient, path: str) -> None:
    stamp = client.get(path).headers["last-modified"]
    moment = parsedate_to_datetime(stamp)
    for since, status in ((moment, 304), (moment + timedelta(days=1), 304), (moment - timedelta(seconds=1), 200)):
        asked = {"If-Modified-Since": format_datetime(since, usegmt=True)}
        assert client.get(path, headers=asked).status_code == status
        # the tag decides where there is one
        assert client.get(path, headers={**asked, "If-None-Match": '"other"'}).status_code == 200
    assert client.get(path, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_how_long_answers_are_kept_is_a_setting(make_settings: Callable[..., ServiceSettings]) -> None:
    with TestClient(create_app(make_settings(cache_max_age_s=0))) as client:
        assert client.get("/").headers["cache-control"] == "no-cache"


def test_answers_in_parts_pass_as_they_come(make_settings: Callable[..., ServiceSettings]) -> None:
    app = create_app(make_settings())

    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d\n" % number

    @app.get("/parts")
    async def in_parts() -> StreamingResponse:
        return StreamingResponse(parts(), media_type="application/x-ndjson")

    with TestClient(app) as client:
        for coding in ("", "gzip", "br", "zstd"):
            answer = client.get("/parts", headers={"Accept-Encoding": coding})
            body = answer.content
            if coding == "zstd":  # the test's client cannot
                body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
            assert body == b"0\n1\n2\n"
            assert "etag" not in answer.headers
            assert answer.headers.get("content-encoding", "") == coding


def test_files_keep_their_own_validators(client: TestClient) -> None:
    answer = client.get("/data/NSBAS_INT-PKG%20100%25%231/baseline.rsc", headers={"Accept-Encoding": "zstd, br, gzip"})
    assert answer.headers["etag"].startswith('"')
    assert "content-encoding" not in answer.headers
    again = client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
