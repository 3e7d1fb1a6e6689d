"""The landing page, the conformance classes, and addresses behind a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from catalog_builder.vocab.citation import REFERENCE_LINKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"


def hrefs(page: dict[str, Any], rel: str) -> list[str]:
    return [link["href"] for link in page["links"] if link["rel"] == rel]


def test_the_landing_page_is_ours(client: TestClient) -> None:
    page = client.get("/").json()
    assert (page["type"], page["id"], page["stac_version"]) == ("Catalog", "flatsim", "1.1.0")
    assert page["title"].startswith("FLATSIM")
    assert page["description"]
    assert hrefs(page, "self") == hrefs(page, "root") == ["http://testserver/"]
    assert hrefs(page, "data") == ["http://testserver/collections"]


def test_it_links_every_collection_by_its_title(client: TestClient, documents: Any) -> None:
    children = [link for link in client.get("/").json()["links"] if link["rel"] == "child"]
    assert {(link["href"], link["title"]) for link in children} == {
        (f"http://testserver/collections/{collection['id']}", collection["title"])
        for collection in documents.collections
    }


def test_it_says_how_to_cite_the_data(client: TestClient) -> None:
    page = client.get("/").json()
    for link in REFERENCE_LINKS:
        assert hrefs(page, link.rel) == [link.href]


def test_every_link_of_ours_answers(client: TestClient) -> None:
    for link in client.get("/").json()["links"]:
        if link["href"].startswith("http://testserver"):
            answer = client.request(
                link.get("method", "GET"), link["href"], json={} if "POST" in link.values() else None
            )
            assert answer.status_code == 200, link
            assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0], link


def test_stac_browser_is_linked_when_it_is_built(
    client: TestClient, make_settings: Callable[..., ServiceSettings], tmp_path: Path
) -> None:
    assert hrefs(client.get("/").json(), "alternate") == ["http://testserver/?f=html", "http://testserver/browser/"]
    with TestClient(create_app(make_settings(browser_dir=tmp_path / "none"))) as without:
        assert hrefs(without.get("/").json(), "alternate") == ["http://testserver/?f=html"]


def test_title_and_description_are_settings(make_settings: Callable[..., ServiceSettings]) -> None:
    settings = make_settings(title="Our mirror", description="A mirror.", catalog_id="mirror")
    with TestClient(create_app(settings)) as client:
        page = client.get("/").json()
        assert (page["title"], page["description"], page["id"]) == ("Our mirror", "A mirror.", "mirror")
        assert client.get("/api").json()["info"]["title"] == "Our mirror"


def test_only_reading_is_declared(client: TestClient) -> None:
    classes = client.get("/conformance").json()["conformsTo"]
    assert classes == client.get("/").json()["conformsTo"]
    assert not [uri for uri in classes if "transaction" in uri]
    assert len(classes) == len(set(classes))
    paths = client.get("/api").json()["paths"]
    assert {method for path in paths.values() for method in path} == {"get", "post"}
    assert [path for path, methods in paths.items() if "post" in methods] == [
        "/search",
        "/aggregate",
        "/collections/{collection_id}/aggregate",
    ]


@pytest.fixture(scope="module")
def prefixed(make_settings: Callable[..., ServiceSettings]) -> Iterator[TestClient]:
    with TestClient(create_app(make_settings(root_path="/stac/")), base_url="https://data.example.org") as client:
        yield client


@pytest.mark.parametrize("sent", ["", "/stac"], ids=["proxy strips the prefix", "proxy keeps the prefix"])
class TestBehindAPrefix:
    """The same addresses, whether the proxy sends the prefix on or not."""

    base = "https://data.example.org/stac/"

    def test_landing_page(self, prefixed: TestClient, sent: str) -> None:
        page = prefixed.get(f"{sent}/").json()
        assert hrefs(page, "self") == [self.base]
        ours = [link["href"] for link in page["links"] if "example.org" in link["href"]]
        assert all(href.startswith(self.base) for href in ours)
        assert hrefs(page, "service-doc") == [f"{self.base}api.html"]

    def test_pages_of_items(self, prefixed: TestClient, sent: str) -> None:
        for answer in (
            prefixed.get(f"{sent}/search", params={"limit": 2}),
            prefixed.post(f"{sent}/search", json={"limit": 2}),
            prefixed.get(f"{sent}/collections/{PAIRS}/items", params={"limit": 2}),
        ):
            page = answer.json()
            assert hrefs(page, "next")[0].startswith((f"{self.base}search", f"{self.base}collections/{PAIRS}/items"))
            item = page["features"][0]
            assert item["assets"]["inu_geo"]["href"].startswith(f"{self.base}data/NSBAS")
            assert hrefs(item, "self")[0].startswith(f"{self.base}collections/")
            for href in hrefs(item, "related"):
                assert href.startswith(f"{self.base}collections/")

    def test_collections(self, prefixed: TestClient, sent: str) -> None:
        page = prefixed.get(f"{sent}/collections", params={"limit": 1}).json()
        assert hrefs(page, "next") == [f"{self.base}collections?limit=1&offset=1"]
        assert hrefs(page["collections"][0], "items")[0].startswith(self.base)

    def test_files(self, prefixed: TestClient, sent: str) -> None:
        path = f"{sent}/data/NSBAS_INT-PKG%20100%25%231/baseline.rsc"
        answer = prefixed.get(path, headers={"Range": "bytes=0-7", "Accept-Encoding": "br"})
        assert (answer.status_code, answer.content) == (206, b"20150101")
        head = prefixed.head(path)
        assert (head.status_code, head.headers["content-length"]) == (200, "27")

    def test_browser(self, prefixed: TestClient, sent: str) -> None:
        assert '<base href="/stac/browser/">' in prefixed.get(f"{sent}/browser/").text
        assert f'"catalogUrl":"{self.base}"' in prefixed.get(f"{sent}/browser/runtime-config.js").text
        redirect = prefixed.get(f"{sent}/browser", follow_redirects=False)
        assert redirect.headers["location"] == f"{self.base}browser/"

    def test_description_of_the_api(self, prefixed: TestClient, sent: str) -> None:
        assert prefixed.get(f"{sent}/api").json()["servers"] == [{"url": "/stac"}]
        assert f"{self.base}api" in prefixed.get(f"{sent}/api.html").text


def test_forwarding_headers_of_strangers_are_not_believed(client: TestClient) -> None:
    strangers = {
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": "666",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example.org;proto=https",
    }
    assert hrefs(client.get("/", headers=strangers).json(), "self") == ["http://testserver/"]
