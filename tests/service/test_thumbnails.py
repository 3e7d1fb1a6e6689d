"""`/thumbnails/`: pictures that a build made, under the service's own address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.files.mounts import DataMounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.settings.service import ServiceSettings

PICTURE = b"\x89PNG\r\n\x1a\n of an item"
ADDRESS = "/thumbnails/flatsim-testland-interferogram/a%20b.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    path = folder / "flatsim-testland-interferogram" / "a b.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(PICTURE)
    (tmp_path / "secret.png").write_bytes(b"not for all")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    return folder


@pytest.fixture
def client(make_settings: Callable[..., ServiceSettings], folder: Path, tree: Path) -> Iterator[TestClient]:
    with TestClient(create_app(make_settings(data=(tree,), thumbnails=folder))) as client:
        yield client


def test_a_thumbnail_with_validators_and_ranges(client: TestClient) -> None:
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    again = client.get(ADDRESS, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(ADDRESS, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    head = client.head(ADDRESS)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(PICTURE)))


@pytest.mark.parametrize(
    "path", ["/thumbnails/", "/thumbnails/nope.png", "/thumbnails/link.png", "/thumbnails/..%2Fsecret.png",
             "/data/flatsim-testland-interferogram/a%20b.png"],
)  # fmt: skip
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NotFound"
    assert answer.json()["description"].startswith("/")


def test_product_files_are_not_under_thumbnails(client: TestClient, tree: Path) -> None:
    path = next(path for path in tree.rglob("*.png")).relative_to(tree)
    assert client.get(f"/data/{path}".replace("%", "%25").replace("#", "%23")).status_code == 200
    assert client.get(f"/thumbnails/{path}".replace("%", "%25").replace("#", "%23")).status_code == 404


def test_the_folder_may_come_to_be_while_the_service_runs(
    make_settings: Callable[..., ServiceSettings], tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    with TestClient(create_app(make_settings(thumbnails=folder))) as client:
        assert client.get("/thumbnails/a.png").status_code == 404
        folder.mkdir()
        (folder / "a.png").write_bytes(PICTURE)
        assert client.get("/thumbnails/a.png").content == PICTURE


def test_stored_addresses_become_ours(tmp_path: Path) -> None:
    folder, tree = tmp_path / "thumb nails", tmp_path / "tree"
    tree.mkdir()
    mounts = DataMounts.from_paths([tree], folder)
    base = "https://stac.example.org/x/"
    assert mounts.address((folder / "c" / "i.png").as_uri(), base) == f"{base}thumbnails/c/i.png"
    assert mounts.address((tree / "i.png").as_uri(), base) == f"{base}data/i.png"
    assert not mounts.overlap
