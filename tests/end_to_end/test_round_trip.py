"""Items read back are the items built, by every way the API gives them out, and all of them are valid."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx2 as httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog_builder.validation.schemas import Schemas

SERVICE_LINKS = {"self", "root", "parent", "collection"}
COLLECTIONS = [f"flatsim-balkans-{kind}" for kind in ("interferogram", "timeseries", "auxiliarydata")]

Item = dict[str, Any]


def _own(item: Item, base: str) -> Item:
    """The item without what the service says of itself, its links made absolute."""
    links = [
        {**link, "href": urljoin(base, link["href"])}
        for link in item["links"]
        if link["rel"] not in SERVICE_LINKS and "/network?f=" not in link["href"]
    ]
    return {**item, "links": links}


def _by_id(items: list[Item], base: str) -> dict[str, Item]:
    ids = [item["id"] for item in items]
    assert len(set(ids)) == len(ids), "an item stands on two pages"
    return {item["id"]: _own(item, base) for item in items}


def _pages(http: httpx.Client, request: httpx.Request) -> Iterator[Item]:
    """All features of a list, its `next` links followed as the standard says."""
    sent = json.loads(request.content or b"{}")
    while True:
        page = http.send(request).raise_for_status().json()
        yield from page["features"]
        link = next((link for link in page["links"] if link["rel"] == "next"), None)
        if link is None:
            return
        merged = {**(sent if link.get("merge") else {}), **link.get("body", {})}
        request = http.build_request(link.get("method", "GET"), link["href"], json=merged or None)


@pytest.fixture(scope="module")
def expected(built: dict[str, Item], service: str) -> dict[str, Item]:
    """What was built, as the service has to give it."""
    assert _has_null(list(built.values())), "nulls are kept, if there are any"
    return {identifier: _own(item, service) for identifier, item in built.items()}


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


def test_every_package_is_an_item(expected: dict[str, Item], sample: Any) -> None:
    names = {path.rpartition("/")[2] for path in sample.manifest.package_paths()}
    assert {item["properties"]["identifier"] for item in expected.values()} == names


def test_item_route(http: httpx.Client, service: str, expected: dict[str, Item]) -> None:
    for identifier, item in expected.items():
        response = http.get(f"collections/{item['collection']}/items/{identifier}")
        assert response.headers["content-type"] == "application/geo+json"
        assert _own(response.json(), service) == item


def test_items_route(http: httpx.Client, service: str, expected: dict[str, Item]) -> None:
    found = [
        item
        for collection in COLLECTIONS
        for item in _pages(http, http.build_request("GET", f"collections/{collection}/items", params={"limit": 9}))
    ]
    assert _by_id(found, service) == expected


def test_search_by_get(http: httpx.Client, service: str, expected: dict[str, Item]) -> None:
    found = list(_pages(http, http.build_request("GET", "search", params={"limit": 11})))
    assert _by_id(found, service) == expected


def test_search_by_post(http: httpx.Client, service: str, expected: dict[str, Item]) -> None:
    body = {"collections": COLLECTIONS, "limit": 13, "sortby": [{"field": "end_datetime", "direction": "asc"}]}
    found = list(_pages(http, http.build_request("POST", "search", json=body)))
    assert _by_id(found, service) == expected
    ends = [item["properties"]["end_datetime"] for item in found]
    assert ends == sorted(ends)


def test_links_lead_somewhere(http: httpx.Client, service: str, expected: dict[str, Item]) -> None:
    """Every address below the service that any document names is answered, with the media type it names."""
    documents = [*expected.values(), *http.get("collections").json()["collections"], http.get("").json()]
    asked = {
        (link["href"], link.get("type"))
        for document in documents
        for link in document["links"]
        if link["href"].startswith(service) and link.get("method", "GET") == "GET"
    }
    assert len(asked) > 10
    for address, media_type in sorted(asked, key=str):
        response = http.get(address, headers={"Accept": media_type or "*/*"})
        assert response.status_code == 200, address
        if media_type:
            assert response.headers["content-type"].partition(";")[0] == media_type.partition(";")[0], address


def test_all_documents_are_valid(
    service: str, sample: Any, schemas: Schemas, flatsim: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Each once: the landing page, the collections, the items."""
    done = flatsim("validate", service)
    assert done.returncode == 0, done.stdout
    assert done.stdout == f"{1 + 3 + len(sample.manifest.package_paths())} documents, 0 with problems\n"
