"""Search of collections: every parameter, compared with what Python finds in the documents that were loaded."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.settings.service import ServiceSettings

REGIONS = {
    # title, box, years
    "balkans": ("Balkans", [19, 37, 24, 42], (2014, 2021)),
    "tibethim": ("Tibet-Himalaya", [78, 27, 98, 36], (2015, 2019)),
    "fiji": ("Fidji, îles du Pacifique", [176, -20, 180, -15], (2016, 2020)),
    "andes": ("Central Andes", [-75, -30, -65, -15], (2014, None)),
}


def _collection(pattern: dict[str, Any], slug: str, kind: str) -> dict[str, Any]:
    title, box, (first, last) = REGIONS[slug]
    end = None if last is None else f"{last}-12-31T00:00:00Z"
    words_of = {"interferogram": "Interferograms", "timeseries": "Time series"}
    return copy.deepcopy(pattern) | {
        "id": f"flatsim-{slug}-{kind}",
        "title": f"{title}: {words_of[kind]}",
        "description": f"Déplacements du sol and their phases, {words_of[kind].lower()}.",
        "keywords": ["InSAR", "line-of-sight", kind],
        "version": "1" if kind == "timeseries" else "2",
        "extent": {"spatial": {"bbox": [box]}, "temporal": {"interval": [[f"{first}-01-01T00:00:00Z", end]]}},
        "summaries": {"flatsim:track": ["D080SUD"] if slug == "balkans" else ["A048"], "flatsim:region": [slug]},
        "updated": f"2026-01-0{list(REGIONS).index(slug) + 1}T00:00:00Z",
    }


@pytest.fixture(scope="module")
def loaded(documents: Any) -> list[dict[str, Any]]:
    """The collections of four regions."""
    pattern = documents.collections[0]
    return [_collection(pattern, slug, kind) for slug in REGIONS for kind in ("interferogram", "timeseries")]


@pytest.fixture(scope="module")
def client(
    maintenance_dsn: str, named_database: Callable[[str], Any], documents: Any, loaded: list[dict[str, Any]],
    load_documents: Callable[..., None], make_settings: Callable[..., ServiceSettings],
) -> Iterator[TestClient]:  # fmt: skip
    """The service over them."""
    with named_database("flatsim_collections") as dsn:
        load_documents(dsn, type(documents)(loaded, []))
        with TestClient(create_app(make_settings(database=dsn, data=()))) as asked:
            yield asked


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [collection["id"] for collection in answer.json()["collections"]]


def of(*slugs: str) -> list[str]:
    return sorted(f"flatsim-{slug}-{kind}" for slug in slugs for kind in ("interferogram", "timeseries"))


def test_all_are_on_one_page(client: TestClient, loaded: list[dict[str, Any]]) -> None:
    page = client.get("/collections").json()
    assert [collection["id"] for collection in page["collections"]] == sorted(each["id"] for each in loaded)
    assert (page["numberMatched"], page["numberReturned"]) == (8, 8)
    rels = {link["rel"] for link in page["links"]}
    assert {"self", "root", "first"} <= rels
    assert not {"next", "prev"} & rels


SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({"bbox": "20,38,21,39"}, of("balkans")),
    ({"bbox": "20,38,0,21,39,9000"}, of("balkans")),
    ({"bbox": "175,-25,-60,40"}, of("andes", "fiji")),  # across the antimeridian
    ({"bbox": "20.5,38.5,20.5,38.5"}, of("balkans")),
    ({"bbox": "0,0,1,1"}, []),
    ({"datetime": "2015"}, of("andes", "balkans", "tibethim")),
    ({"datetime": "2021-06"}, of("andes", "balkans")),
    ({"datetime": "2030-01-01T00:00:00Z/.."}, of("andes")),
    ({"datetime": "../2014-06-01"}, of("andes", "balkans")),
    ({"q": "Balkans"}, of("balkans")),
    ({"q": "balkan"}, of("balkans")),
    ({"q": "ANDES"}, of("andes")),
    ({"q": "andes,fidji"}, of("andes", "fiji")),
    ({"q": "iles du pacifique"}, of("fiji")),
    ({"q": "Îles"}, of("fiji")),
    ({"q": '"îles du"'}, of("fiji")),
    ({"q": '"du îles"'}, []),  # the words of a phrase stand in this order
    ({"q": "pacifique fidji"}, of("fiji")),  # others stand anywhere
    ({"q": "pacifique andes"}, []),
    ({"q": "pacifique OR andes"}, of("andes", "fiji")),
    ({"q": "-andes -fidji"}, of("balkans", "tibethim")),
    ({"q": "NOT (andes, fidji) AND series"}, ["flatsim-balkans-timeseries", "flatsim-tibethim-timeseries"]),
    ({"q": "pacif*"}, of("fiji")),
    ({"q": "the interferogrammes of the Balkans"}, ["flatsim-balkans-interferogram"]),
    ({"q": "the"}, of(*REGIONS)),  # tells nothing
    ({"q": "deplacement du sol"}, of(*REGIONS)),
    ({"q": "phase"}, of(*REGIONS)),
    ({"q": "Tibet Himalaya"}, of("tibethim")),
    ({"q": "tibet-himalaya"}, of("tibethim")),
    ({"q": "time series"}, [name for name in of(*REGIONS) if "timeseries" in name]),
    ({"q": "interferogram"}, [name for name in of(*REGIONS) if "interferogram" in name]),
    ({"q": "line of sight"}, of(*REGIONS)),
    ({"q": "D080SUD"}, of("balkans")),
    ({"q": "d080"}, of("balkans")),
    ({"q": "80"}, []),
    ({"q": "tibethim"}, of("tibethim")),
    ({"q": "flatsim-andes-timeseries"}, ["flatsim-andes-timeseries"]),
    ({"q": "nothing like it"}, []),
    ({"q": ""}, of(*REGIONS)),
    ({"q": "balkans,,"}, of("balkans")),
    ({"filter": "title LIKE 'Balkans%'"}, of("balkans")),
    ({"filter": "version = '2' AND \"updated\" > TIMESTAMP('2026-01-02T12:00:00Z')"},
     ["flatsim-andes-interferogram", "flatsim-fiji-interferogram"]),
    ({"filter": '{"op": "=", "args": [{"property": "id"}, "flatsim-andes-timeseries"]}', "filter-lang": "cql2-json"},
     ["flatsim-andes-timeseries"]),
    ({"filter": "S_INTERSECTS(geometry, POINT(20.5 38.5))"}, of("balkans")),
    ({"query": '{"version": {"eq": "1"}, "title": {"startsWith": "Balkans"}}'}, ["flatsim-balkans-timeseries"]),
    ({"query": '{"title": {"contains": "alk"}}'}, of("balkans")),
    ({"query": '{"title": {"endsWith": "%"}}'}, []),
    ({"query": '{"id": {"in": ["flatsim-andes-timeseries", "nope"]}}'}, ["flatsim-andes-timeseries"]),
    ({"query": "{}"}, of(*REGIONS)),
    ({"query": '{"version": {"ne": "1"}, "title": {"startsWith": "Balkans"}}'}, ["flatsim-balkans-interferogram"]),
    ({"query": '{"title": {"eq": null}}'}, []),
    ({"query": '{"title": {"neq": null}}'}, of(*REGIONS)),
    ({"query": '{"title": {"in": []}}'}, []),
    ({"query": '{"datetime": {"lt": "2014-01-01T18:20:00+18:20"}}'}, []),
    ({"query": '{"datetime": {"lte": "2014-01-01T18:20:00+18:20"}}'}, of("balkans", "andes")),
    ({"query": '{"datetime": {"lte": "2014"}}'}, of("balkans", "andes")),
    ({"query": '{"datetime": {"gt": "2014"}}'}, of("fiji", "tibethim")),
    ({"query": '{"end_datetime": {"in": ["2019-12-31T01:00:00+01:00"]}}'}, of("tibethim")),
    ({"query": '{"keywords": {"contains": "InSAR"}}'}, of(*REGIONS)),
    ({"query": '{"keywords": {"in": ["none", "InSAR"]}}'}, of(*REGIONS)),
    ({"query": '{"keywords": {"eq": "none"}}'}, []),
    ({"query": '{"keywords": {"eq": ["timeseries", "line-of-sight", "InSAR"]}, "version": {"eq": "2"}}'}, []),
    ({"q": "balkans", "bbox": "20,38,21,39", "datetime": "2015", "filter": "version = '1'"},
     ["flatsim-balkans-timeseries"]),
    ({"sortby": "-id"}, of(*REGIONS)[::-1]),
    ({"sortby": "version,-title", "q": "balkans,andes"},
     ["flatsim-andes-timeseries", "flatsim-balkans-timeseries", "flatsim-andes-interferogram",
      "flatsim-balkans-interferogram"][::1]),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "expected"), SEARCHES)
def test_searches(client: TestClient, parameters: dict[str, Any], expected: list[str]) -> None:
    answer = client.get("/collections", params=parameters)
    found = ids(answer)
    if parameters.get("sortby", "").startswith("version"):
        titles = [(each["version"], each["title"]) for each in answer.json()["collections"]]
        assert [version for version, _ in titles] == ["1", "1", "2", "2"]
        assert titles[0][1] > titles[1][1]
        assert sorted(found) == sorted(expected)
    else:
        assert found == expected
    assert answer.json()["numberMatched"] == answer.json()["numberReturned"] == len(expected)


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
@pytest.mark.parametrize("extra", [{}, {"sortby": "-updated"}, {"q": "insar"}])
def test_pages_by_links_hold_every_collection_once(client: TestClient, limit: int, extra: dict[str, str]) -> None:
    whole = ids(client.get("/collections", params=extra))
    found: list[str] = []
    answer = client.get("/collections", params={**extra, "limit": limit})
    pages = [answer.json()]
    found += ids(answer)
    while href := _link(pages[-1], "next"):
        answer = client.get(href)
        found += ids(answer)
        pages.append(answer.json())
        assert client.get(_link(pages[-1], "prev") or "").json()["collections"] == pages[-2]["collections"]
    assert found == whole
    assert {page["numberMatched"] for page in pages} == {8}
    first = client.get(_link(pages[-1], "first") or "").json()
    assert first["collections"] == pages[0]["collections"]


def _link(page: dict[str, Any], rel: str) -> str | None:
    return next((link["href"] for link in page["links"] if link["rel"] == rel), None)


def test_pages_by_number_and_offset(client: TestClient) -> None:
    whole = of(*REGIONS)
    assert ids(client.get("/collections", params={"page": 1, "limit": 3})) == whole[:3]
    assert ids(client.get("/collections", params={"page": 3, "limit": 3})) == whole[6:]
    assert ids(client.get("/collections", params={"page": 4, "limit": 3})) == []
    assert ids(client.get("/collections", params={"page": 1})) == whole
    assert ids(client.get("/collections", params={"offset": 2, "limit": 2})) == whole[2:4]
    assert ids(client.get("/collections", params={"offset": 7})) == whole[7:]
    assert ids(client.get("/collections", params={"offset": 99})) == []
    second = client.get("/collections", params={"page": 2, "limit": 3}).json()
    assert ids(client.get(_link(second, "next") or "")) == whole[6:]
    assert ids(client.get(_link(second, "prev") or "")) == whole[:3]


def test_parts_of_collections(client: TestClient, loaded: list[dict[str, Any]]) -> None:
    def first(fields: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get("/collections", params={"fields": fields, "limit": 1}).json()
        return found["collections"][0]

    whole = client.get("/collections", params={"limit": 1}).json()["collections"][0]
    assert set(first("title")) == {"id", "type", "links", "title"}
    assert first("extent.spatial")["extent"] == {"spatial": whole["extent"]["spatial"]}
    assert set(whole) - set(first("-description,-extent.temporal")) == {"description"}
    assert "temporal" not in first("-extent.temporal")["extent"]
    assert first("-id,-links")["id"] == whole["id"]
    page = client.get("/collections", params={"fields": "title", "limit": 3}).json()
    assert "fields=title" in (_link(page, "next") or "")


def test_a_collection_has_the_same_links_alone_and_in_a_list(client: TestClient) -> None:
    for collection in client.get("/collections").json()["collections"]:
        alone = client.get(f"/collections/{collection['id']}").json()
        assert alone == collection
        links = {link["rel"]: link["href"] for link in alone["links"]}
        assert links["self"] == f"http://testserver/collections/{collection['id']}"
        assert links["items"] == f"{links['self']}/items"
        assert links["license"].startswith("https://creativecommons.org/")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"bbx": "1"}, "bbox"), ({"q": "("}, "q: character 1: the bracket is not closed"), ({"q": "x" * 1001}, "q: longer"),
    ({"sortby": "titel"}, "title"), ({"sortby": "geometry"}, "sortby"), ({"sortby": "keywords"}, "keywords"),
    ({"filter": "titel = 'x'"}, "title"), ({"filter": "title ="}, "filter"), ({"filter": "title"}, "filter"),
    ({"filter-crs": "EPSG:4326", "filter": "id = 'x'"}, "filter-crs"), ({"query": '{"titel": {"eq": 1}}'}, "title"),
    ({"query": '{"title": {"nope": 1}}'}, "query.title.nope"), ({"query": '{"title": 5}'}, "query.title"),
    ({"query": '{"datetime": {"lt": 5}}'}, "query.datetime.lt"), ({"query": '{"updated": {"in": ["x"]}}'}, "'x'"),
    ({"query": '{"updated": {"eq": "../2015"}}'}, "interval"),
    ({"query": '{"title": {"startsWith": 5}}'}, "query.title.startsWith"), ({"page": 0}, "page"),
    ({"page": "two"}, "page"), ({"offset": -1}, "offset"), ({"limit": 0}, "limit"), ({"limit": "x"}, "limit"),
    ({"offset": 10**30}, "offset"), ({"page": 2, "offset": 3}, "page"), ({"datetime": "2020-13"}, "datetime"),
    ({"bbox": "0,0,1"}, "bbox"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "named"), WRONG)
def test_wrong_parameters_are_refused_by_name(client: TestClient, parameters: dict[str, Any], named: str) -> None:
    answer = client.get("/collections", params=parameters)
    assert answer.status_code == 400, json.dumps(answer.json())[:300]
    assert named in answer.json()["description"]
