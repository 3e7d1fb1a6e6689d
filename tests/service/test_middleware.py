"""CORS, HEAD and compression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PAIRS = "flatsim-testland-interferogram"
ORIGIN = {"Origin": "https://portal.example.org"}
PATHS = [
    ("/", 200), ("/collections", 200), ("/search", 200), (f"/collections/{PAIRS}/items", 200), ("/queryables", 200),
    ("/api", 200), ("/api.html", 200), ("/browser/", 200), ("/_mgmt/ping", 200), ("/_mgmt/health", 200),
    ("/data/NSBAS_INT-PKG%20100%25%231/baseline.rsc", 200),
    ("/nope", 404), ("/data/nope", 404), ("/search?bbox=1", 400), ("/browser", 307),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_every_answer_can_be_read_by_a_page_of_another_host(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers=ORIGIN, follow_redirects=False)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert set(exposed.split(", ")) >= {"Content-Range", "Accept-Ranges", "ETag", "Content-Length"}


@pytest.mark.parametrize("header", ["content-type", "accept-language", "authorization", "range"])
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


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_documents_are_compressed_and_files_are_not(client: TestClient, coding: str) -> None:
    asked = {"Accept-Encoding": coding}
    assert client.get("/search", headers=asked).headers["content-encoding"] == coding
    assert client.get("/search", headers=asked).json() == client.get("/search", headers={"Accept-Encoding": ""}).json()
    file = client.get("/data/NSBAS_INT-PKG%20100%25%231/preview.png", headers=asked)
    assert len(file.content) > 1000
    assert "content-encoding" not in file.headers
