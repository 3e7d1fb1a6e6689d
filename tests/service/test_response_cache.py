"""Answers about the catalogue are kept, and never a moment too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from api.app import create_app
from api.http.response_cache import CACHED_PATHS
from api.versioned_cache import VersionedCache
from catalog_builder.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from conftest import Documents

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
PATHS = sorted(path.replace("{collection_id}", PAIRS) for path in CACHED_PATHS)


@pytest.fixture
def service(
    named_database: Callable[[str], AbstractContextManager[str]],
    make_settings: Callable[..., ServiceSettings],
    documents: Documents,
    load_documents: Callable[[str, Documents], None],
    tmp_path: Path,
) -> Iterator[tuple[TestClient, str]]:
    with named_database("flatsim_kept") as dsn:
        load_documents(dsn, documents)
        app = create_app(make_settings(database=dsn, browser_dir=tmp_path))
        with TestClient(app, raise_server_exceptions=False) as asked:
            yield asked, dsn


def fresh(client: TestClient, path: str, **more: Any) -> Any:
    client.app.state.response_cache.entries.clear()  # type: ignore[attr-defined]
    return client.get(path, **more)


@pytest.mark.parametrize("path", PATHS)
def test_a_kept_answer_is_the_same_with_its_headers(service: tuple[TestClient, str], path: str) -> None:
    client, _ = service
    first, again = fresh(client, path), client.get(path)
    assert len(client.app.state.response_cache.entries) == 1  # type: ignore[attr-defined]
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    volatile = {"x-request-id", "date"}
    assert {name: again.headers[name] for name in again.headers if name not in volatile} == {
        name: first.headers[name] for name in first.headers if name not in volatile
    }
    known = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


CHANGES = {
    "a title": ("UPDATE pgstac.collections SET content = content || %s WHERE id LIKE '%%gram'", {"title": "Other"}),
    "a summary": (
        "UPDATE pgstac.collections SET content = content || %s",
        {"summaries": {"product:type": ["INTERFEROGRAM"], "sat:relative_orbit": [7]}},
    ),
    "a queryable": (
        "SELECT pgstac.upsert_queryable('flatsim:new', %s, 'to_text', NULL)",
        {"title": "New", "type": "string"},
    ),
    "one less": ("DELETE FROM pgstac.collections WHERE id LIKE '%%series' AND %s IS NOT NULL", {}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_others_change_shows_at_once(service: tuple[TestClient, str], change: str) -> None:
    client, dsn = service
    before = {path: client.get(path).content for path in PATHS}
    statement, value = CHANGES[change]
    with connect(dsn) as session:
        session.execute(statement, (Jsonb(value),))
        assert {path: client.get(path).content for path in PATHS} == before, "not yet committed"
        session.commit()
    after = {path: client.get(path).content for path in PATHS}
    assert after != before
    assert after == {path: fresh(client, path).content for path in PATHS}


def test_requests_are_told_apart(service: tuple[TestClient, str], tmp_path: Path) -> None:
    client, _ = service
    assert client.get("/collections?limit=1").json()["numberReturned"] == 1
    assert client.get("/collections?limit=2").json()["numberReturned"] == 2
    other = client.get("/collections", headers={"host": "other.example"}).json()
    assert other["collections"][0]["links"][0]["href"].startswith("http://other.example/")
    assert client.get("/collections?limit=x").status_code == 400
    assert client.get("/collections/nowhere").status_code == 404
    assert "/browser/" not in client.get("/").text
    (tmp_path / "index.html").write_text("<base href='/browser/'>")
    assert "/browser/" in client.get("/").text


def test_memory_is_bounded() -> None:
    cache: VersionedCache[int] = VersionedCache(max_size=1000)
    for number in range(50):
        cache.put(number, number, size=300, version="a")
    assert cache.get(48, "a") == 48  # used last
    cache.put(49, 49, size=200, version="b")
    assert (cache.get(49, "a"), cache.get(49, "b")) == (None, 49)
    assert (len(cache), cache.size) == (3, 800)
    cache.put(50, 50, size=300, version="a")
    assert cache.get(47, "a") is None
    cache.put(49, 49, size=1001, version="b")
    assert cache.get(49, "b") is None
    assert (len(cache), cache.size) == (2, 600)
