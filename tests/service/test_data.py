"""`/data/` over real HTTP: the tree's files, byte by byte, and nothing else."""

from __future__ import annotations

import os
import socket
from email.parser import BytesParser
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx2 as httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.settings.service import ServiceSettings

PACKAGE = "NSBAS_INT-PKG 100%#1"
RASTER = "CNES_InU_geo_20150101_20150113.tiff"


@pytest.fixture
def raster(tree: Path) -> bytes:
    return (tree / PACKAGE / RASTER).read_bytes()


@pytest.fixture
def address(server: str) -> str:
    return f"{server}data/{quote(PACKAGE)}/{RASTER}"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(headers={"Accept-Encoding": "br, gzip"}) as client:
        yield client


def test_the_whole_file(http: httpx.Client, address: str, raster: bytes) -> None:
    answer = http.get(address)
    assert answer.status_code == 200
    assert answer.content == raster
    assert answer.headers["content-length"] == str(len(raster))
    assert answer.headers["content-type"] == "image/tiff; application=geotiff"
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        (RASTER, "image/tiff; application=geotiff"),
        ("preview.png", "image/png"),
        ("baseline.rsc", "text/plain; charset=utf-8"),
        ("empty.txt", "text/plain; charset=utf-8"),
        ("in.rsc", "text/plain; charset=utf-8"),
    ],
)
def test_files_have_their_media_type(http: httpx.Client, server: str, tree: Path, name: str, media_type: str) -> None:
    answer = http.get(f"{server}data/{quote(PACKAGE)}/{name}")
    assert answer.headers["content-type"] == media_type
    assert answer.content == (tree / PACKAGE / name).read_bytes()


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-15", slice(0, 16)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=70000-140000", slice(70000, 140001)),
    ],
)
def test_one_range(http: httpx.Client, address: str, raster: bytes, header: str, span: slice) -> None:
    answer = http.get(address, headers={"Range": header})
    start, stop, _ = span.indices(len(raster))
    assert answer.status_code == 206
    assert answer.content == raster[span]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(raster)}"
    assert "content-encoding" not in answer.headers


def test_several_ranges_some_of_them_outside(http: httpx.Client, address: str, raster: bytes) -> None:
    answer = http.get(address, headers={"Range": f"bytes=0-9,100-199,{len(raster)}-{len(raster) + 5},-7"})
    assert answer.status_code == 206
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + answer.content).get_payload()
    bodies = {part["Content-Range"]: part.get_payload(decode=True) for part in parts}  # type: ignore[union-attr]
    size = len(raster)
    assert bodies == {
        f"bytes 0-9/{size}": raster[:10],
        f"bytes 100-199/{size}": raster[100:200],
        f"bytes {size - 7}-{size - 1}/{size}": raster[-7:],
    }


@pytest.mark.parametrize("header", ["lines=0-1", "bytes=5-1", "nonsense"])
def test_ranges_that_mean_nothing_are_ignored(http: httpx.Client, address: str, raster: bytes, header: str) -> None:
    answer = http.get(address, headers={"Range": header})
    assert (answer.status_code, answer.content) == (200, raster)


def test_a_range_outside_the_file(http: httpx.Client, address: str, raster: bytes) -> None:
    answer = http.get(address, headers={"Range": f"bytes={len(raster)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(raster)}"
    assert answer.json()["code"] == "RangeNotSatisfiable"


def test_if_range(http: httpx.Client, address: str, raster: bytes) -> None:
    told = http.head(address).headers
    for condition in (told["etag"], told["last-modified"]):
        answer = http.get(address, headers={"Range": "bytes=0-9", "If-Range": condition})
        assert (answer.status_code, answer.content) == (206, raster[:10])
    for condition in ('"other"', "Thu, 01 Jan 1970 00:00:00 GMT", f"W/{told['etag']}"):
        for wanted in ("bytes=0-9", f"bytes={len(raster)}-"):
            answer = http.get(address, headers={"Range": wanted, "If-Range": condition})
            assert (answer.status_code, answer.content) == (200, raster)


def test_head_tells_everything_but_the_bytes(http: httpx.Client, address: str, raster: bytes) -> None:
    answer = http.head(address)
    assert (answer.status_code, answer.content) == (200, b"")
    whole = http.get(address)
    for name in ("content-length", "content-type", "etag", "last-modified", "accept-ranges"):
        assert answer.headers[name] == whole.headers[name]
    assert http.head(f"{address}x").status_code == 404


def test_a_file_that_has_not_changed_is_not_sent_again(http: httpx.Client, address: str) -> None:
    told = http.get(address).headers
    for condition in ({"If-None-Match": told["etag"]}, {"If-Modified-Since": told["last-modified"]}):
        answer = http.get(address, headers={**condition, "Range": "bytes=0-9"})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == told["etag"]
    assert http.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_file_that_changed_has_another_tag(http: httpx.Client, server: str, tree: Path) -> None:
    path = tree / "changing.txt"
    path.write_text("before")
    before = http.get(f"{server}data/changing.txt").headers["etag"]
    path.write_text("after, and longer")
    answer = http.get(f"{server}data/changing.txt", headers={"If-None-Match": before})
    path.unlink()
    assert (answer.status_code, answer.text) == (200, "after, and longer")


def raw_status(server: str, target: str) -> tuple[int, bytes]:
    """Ask for a path exactly as it stands: clients tidy up dots and slashes before they send them."""
    host, port = server.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer


P = quote(PACKAGE)
OUTSIDE = [
    "/data/../secret.txt",
    "/data/%2e%2e/secret.txt",
    "/data/%2E%2E%2Fsecret.txt",
    "/data/..%2fsecret.txt",
    f"/data/{P}/../../secret.txt",
    f"/data/{P}/%2e%2e/%2e%2e/secret.txt",
    f"/data/{P}/..%5c..%5csecret.txt",
    "/data//etc/passwd",
    "/data/%2fetc%2fpasswd",
    "/data/..;/secret.txt",
    "/data/%252e%252e/secret.txt",
    "/data/%c0%ae%c0%ae/secret.txt",
    "/data/../tree-sibling/secret.txt",
    f"/data/{P}/out.txt",
    "/data/elsewhere/secret.txt",
    f"/data/{P}/loop",
    f"/data/{P}/pipe.txt",
    f"/data/{P}/{RASTER}%00",
    f"/data/{P}/%00",
    f"/data/{P}/{RASTER}/",
    f"/data/{P}/{RASTER}/x",
    f"/data/{P}",
    f"/data/{P}/",
    "/data/",
    "/data/.",
    "/data/elsewhere",
    "/data/" + "x" * 5000,
    "/data/%ff%fe",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_nothing_else_is_served(server: str, target: str) -> None:
    status, answer = raw_status(server, target)
    assert status == 404
    assert b"not for you" not in answer
    assert b"root:" not in answer
    assert b'"code"' in answer


def test_the_raw_requests_of_this_test_find_what_is_there(server: str) -> None:
    assert raw_status(server, f"/data/{P}/{RASTER}")[0] == 200
    assert raw_status(server, f"/data/{P}/%69n.rsc")[0] == 200


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_refused_by_name(http: httpx.Client, server: str, tree: Path) -> None:
    path = tree / "closed.txt"
    path.touch(mode=0o000)
    answer = http.get(f"{server}data/closed.txt")
    path.unlink()
    assert answer.status_code == 403
    assert "closed.txt" in answer.json()["description"]


def test_without_trees_there_are_no_files(
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], object],
    http: httpx.Client,
) -> None:
    with run_service(make_settings(data=())) as server:  # type: ignore[attr-defined]
        assert http.get(f"{server}data/{P}/{RASTER}").status_code == 404
        item = http.get(f"{server}search?limit=1").json()["features"][0]
        assert item["assets"]["inu_geo"]["href"].startswith("file:///")


def test_a_page_in_a_tree_runs_nothing_as_ours(http: httpx.Client, server: str) -> None:
    answer = http.get(f"{server}data/{quote(PACKAGE)}/baseline.rsc")
    policy = answer.headers["content-security-policy"].split("; ")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
