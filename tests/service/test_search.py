"""Items through the API: what was loaded comes back, all of it, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.stac.extensions import ADDITIONAL_CONFORMANCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

PAIRS = "flatsim-testland-interferogram"
SERVICE_RELS = {"self", "root", "parent", "collection"}


def without_service_links(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "links": [link for link in item["links"] if link["rel"] not in SERVICE_RELS]}


def as_served(item: dict[str, Any]) -> dict[str, Any]:
    """A loaded item with the addresses the service gives its files and relations."""
    assets = {key: {**asset, "href": served_address(asset["href"])} for key, asset in item["assets"].items()}
    links = [
        {**link, "href": link["href"] if "://" in link["href"] else f"http://testserver/{link['href']}"}
        for link in item["links"]
    ]
    return {**item, "assets": assets, "links": links}


def served_address(href: str) -> str:
    return f"http://testserver/data/{href.partition('/tree/')[2]}" if href.startswith("file:") else href


def test_items_come_back_as_they_were_loaded(client: TestClient, documents: Any) -> None:
    for item in documents.items:
        answer = client.get(f"/collections/{item['collection']}/items/{item['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        assert without_service_links(answer.json()) == as_served(item)


def test_nulls_survive_in_every_list(client: TestClient) -> None:
    lists = [
        client.get("/search", params={"limit": 1}).json(),
        client.post("/search", json={"limit": 1}).json(),
        client.get(f"/collections/{PAIRS}/items", params={"limit": 1}).json(),
    ]
    for page in lists:
        (item,) = page["features"]
        assert item["assets"]["inu_radar"]["proj:code"] is None
        assert item["properties"]["flatsim:note"] is None


def test_collections_come_back_with_an_address_for_their_thumbnail(client: TestClient, documents: Any) -> None:
    loaded = {collection["id"]: collection for collection in documents.collections}
    listed = {collection["id"]: collection for collection in client.get("/collections").json()["collections"]}
    for identifier, collection in loaded.items():
        served = client.get(f"/collections/{identifier}").json()
        assert served == listed[identifier]
        assert served["assets"]["thumbnail"]["href"] == served_address(collection["assets"]["thumbnail"]["href"])
        assert {**served, "links": [], "assets": {}} == {**collection, "links": [], "assets": {}}


@pytest.mark.parametrize("fields", ["id,assets", "assets.inu_geo.href", "-properties"])
def test_addresses_hold_with_the_fields_extension(client: TestClient, fields: str) -> None:
    for path in ("/search", f"/collections/{PAIRS}/items"):
        (item,) = client.get(path, params={"limit": 1, "fields": fields, "collections": PAIRS}).json()["features"]
        assert item["assets"]["inu_geo"]["href"].startswith("http://testserver/data/NSBAS_INT-PKG%20100%25%231/")
    page = client.get("/collections", params={"fields": "id,assets"}).json()
    assert page["collections"][0]["assets"]["thumbnail"]["href"].startswith("http://testserver/data/")


def follow(client: TestClient, link: dict[str, Any], sent: dict[str, Any] | None = None) -> dict[str, Any]:
    if link.get("method", "GET") == "POST":
        assert link["merge"] is True
        assert list(link["body"]) == ["token"]
        return client.post(link["href"], json={**(sent or {}), **link["body"]}).json()
    return client.get(link["href"]).json()


def link_of(page: dict[str, Any], rel: str) -> dict[str, Any] | None:
    return next((link for link in page["links"] if link["rel"] == rel), None)


def all_pages(client: TestClient, page: dict[str, Any], sent: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    pages = [page]
    while link := link_of(pages[-1], "next"):
        pages.append(follow(client, link, sent))
    return pages


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("field", ["insar:perpendicular_baseline", "datetime", "id", "sat:orbit_state"])
def test_pages_hold_every_item_once(client: TestClient, documents: Any, method: str, field: str) -> None:
    body = {"limit": 4, "sortby": [{"field": field, "direction": "desc"}]}
    if method == "GET":
        first = client.get("/search", params={"limit": 4, "sortby": f"-{field}"}).json()
    else:
        first = client.post("/search", json=body).json()
    pages = all_pages(client, first, body)
    found = [item["id"] for page in pages for item in page["features"]]
    assert sorted(found) == sorted(item["id"] for item in documents.items)
    assert {page["numberMatched"] for page in pages} == {len(documents.items)}
    assert [page["numberReturned"] for page in pages] == [4] * 6 + [2]


def test_the_way_back_has_the_name_of_the_specification(client: TestClient) -> None:
    first = client.get("/search", params={"limit": 10, "sortby": "id"}).json()
    second = follow(client, link_of(first, "next") or {})
    back = link_of(second, "prev")
    assert back is not None
    assert [item["id"] for item in follow(client, back)["features"]] == [item["id"] for item in first["features"]]
    collections = client.get("/collections", params={"limit": 1, "offset": 1}).json()
    assert link_of(collections, "prev") is not None
    for page in (second, collections):
        assert link_of(page, "previous") is None


def test_limits(client: TestClient) -> None:
    assert client.get("/search", params={"limit": 20_000}).json()["numberReturned"] == 26
    assert client.post("/search", json={"limit": 20_000}).json()["numberReturned"] == 26
    assert client.post("/search", json={"limit": None}).json()["numberReturned"] == 26  # not pgstac's 10
    assert client.get("/search").json()["numberReturned"] == 26
    assert client.get(f"/collections/{PAIRS}/items").json()["numberReturned"] == 25


def test_clients_cannot_reach_the_settings_of_pgstac(client: TestClient) -> None:
    page = client.post("/search", json={"conf": {"context": "off", "nohydrate": False}, "limit": 1}).json()
    assert page["numberMatched"] == 26
    assert page["features"][0]["assets"]["inu_radar"]["proj:code"] is None


def test_heights_of_a_box_are_left_out(client: TestClient) -> None:
    flat = client.get("/search", params={"bbox": "12.2,40.2,13.8,40.8"}).json()
    high = client.get("/search", params={"bbox": "12.2,40.2,0,13.8,40.8,9000"}).json()
    posted = client.post("/search", json={"bbox": [12.2, 40.2, 0, 13.8, 40.8, 9000]}).json()
    assert flat["numberMatched"] == 2
    assert flat["features"] == high["features"] == posted["features"]


def test_text_of_collections_is_searched(client: TestClient) -> None:
    found = client.get("/collections", params={"q": "interferograms"}).json()
    assert [collection["id"] for collection in found["collections"]] == [PAIRS]
    assert found["numberMatched"] == 1


CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_Item = dict[str, Any]


def _wests(items: list[_Item]) -> set[float]:
    return {item["bbox"][0] for item in items}


USES: dict[str, tuple[str, Callable[[_Item], bool]]] = {
    f"{CQL2}advanced-comparison-operators": (
        '"insar:temporal_baseline" BETWEEN 20 AND 30 AND id LIKE \'%_int_%\' AND "sat:relative_orbit" IN (80, 81)',
        lambda item: (
            item["properties"]["insar:temporal_baseline"] == 24 and item["properties"]["sat:relative_orbit"] == 80
        ),
    ),
    f"{CQL2}case-insensitive-comparison": (
        "CASEI(\"sat:orbit_state\") = CASEI('DESCENDING')",
        lambda item: item["properties"]["sat:orbit_state"] == "descending",
    ),
    f"{CQL2}accent-insensitive-comparison": (
        "ACCENTI(title) = ACCENTI('pàïr 7')",
        lambda item: item["properties"]["title"] == "pair 7",
    ),
    f"{CQL2}basic-spatial-functions": (
        "S_INTERSECTS(geometry, POINT(12.5 40.5))",
        lambda item: item["bbox"][0] == 12,
    ),
    f"{CQL2}basic-spatial-functions-plus": (
        "S_INTERSECTS(geometry, POLYGON((12.2 40.2, 13.8 40.2, 13.8 40.8, 12.2 40.8, 12.2 40.2)))",
        lambda item: item["bbox"][0] in (12, 13),
    ),
    f"{CQL2}spatial-functions": (
        "S_WITHIN(geometry, POLYGON((11.5 39, 14.5 39, 14.5 42, 11.5 42, 11.5 39)))",
        lambda item: item["bbox"][0] in (12, 13),
    ),
    f"{CQL2}temporal-functions": (
        "T_AFTER(\"insar:reference_datetime\", TIMESTAMP('2015-09-01T00:00:00Z'))",
        lambda item: item["properties"]["insar:reference_datetime"] > "2015-09-01T00:00:00Z",
    ),
    f"{CQL2}array-functions": (
        "A_CONTAINS(\"sar:polarizations\", ('VH'))",
        lambda item: "VH" in item["properties"]["sar:polarizations"],
    ),
    f"{CQL2}property-property": (
        '"insar:perpendicular_baseline" > "insar:temporal_baseline"',
        lambda item: (
            item["properties"].get("insar:perpendicular_baseline", -1e9) > item["properties"]["insar:temporal_baseline"]
        ),
    ),
    f"{CQL2}arithmetic": (
        '"insar:temporal_baseline" / 12 = 2',
        lambda item: item["properties"]["insar:temporal_baseline"] == 24,
    ),
}


@pytest.mark.parametrize("declared", [uri for uri in ADDITIONAL_CONFORMANCE if uri.startswith(CQL2)])
def test_declared_parts_of_cql2_find_the_right_items(client: TestClient, documents: Any, declared: str) -> None:
    expression, holds = USES[declared]
    wanted = {item["id"] for item in documents.pairs if holds(item)}
    assert 0 < len(wanted) < len(documents.pairs), "the test says nothing"
    answer = client.get("/search", params={"collections": PAIRS, "filter": expression, "filter-lang": "cql2-text"})
    assert answer.status_code == 200, answer.text
    assert {item["id"] for item in answer.json()["features"]} == wanted


@pytest.mark.parametrize("path", ["/search", f"/collections/{PAIRS}/items"])
def test_filters_as_text_and_as_json_agree(client: TestClient, documents: Any, path: str) -> None:
    wanted = {item["id"] for item in documents.pairs if item["properties"]["sat:relative_orbit"] == 80}
    tree = '{"op": "=", "args": [{"property": "sat:relative_orbit"}, 80]}'
    for parameters in (
        {"filter": '"sat:relative_orbit" = 80'},
        {"filter": tree, "filter-lang": "cql2-json"},
        {"query": '{"sat:relative_orbit": {"eq": 80}}'},
    ):
        found = client.get(path, params={"collections": PAIRS, **parameters}).json()
        assert {item["id"] for item in found["features"]} == wanted, parameters


def test_values_with_plus_and_percent_reach_the_database_whole(client: TestClient, documents: Any) -> None:
    # stac-fastapi-pgstac decodes `query` twice; the detour around that is in api.request.json_values
    for value in ("2015+1", "50%25", "a b"):
        answer = client.get("/search", params={"query": f'{{"title": {{"neq": "{value}"}}}}', "limit": 1})
        assert answer.status_code == 200
    moment = documents.pairs[3]["properties"]["insar:reference_datetime"].replace("Z", "+00:00")
    found = client.get("/search", params={"query": f'{{"insar:reference_datetime": {{"eq": "{moment}"}}}}'}).json()
    assert [item["id"] for item in found["features"]] == [documents.pairs[3]["id"]]
