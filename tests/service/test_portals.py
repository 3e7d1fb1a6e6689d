"""The requests of the portals, word for word, over real HTTP, and what their clients then read."""

from __future__ import annotations

import json
import string
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from varied_items import load_items, varied_items

from api.errors import InvalidParameter
from api.request.portal_compatibility import RULES, normalise_body, normalise_values
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "builder" / "golden"
N_OTHERS = 40
Body = dict[str, Any]


@pytest.fixture(scope="module")
def items() -> list[Body]:
    """One item of each kind as the builder makes it, and more of other places and times."""
    real = [json.loads((GOLDEN / f"{kind.slug}.json").read_text()) for kind in KINDS]
    return [*real, *varied_items(N_OTHERS)]


@pytest.fixture(scope="module")
def portal(
    named_database: Callable[[str], AbstractContextManager[str]],
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
    load_documents: Callable[[str, Any], None],
    items: list[Body],
) -> Iterator[httpx.Client]:
    """A client of a service over those."""
    collections = [json.loads((GOLDEN / f"{kind.slug}_collection.json").read_text()) for kind in KINDS]
    with named_database("flatsim_portals") as dsn:
        load_items(dsn, items[len(KINDS) :])
        load_documents(dsn, SimpleNamespace(collections=collections, items=items[: len(KINDS)]))
        with (
            run_service(make_settings(database=dsn, max_offset=100)) as address,
            httpx.Client(base_url=address) as client,
        ):
            yield client


def post(portal: httpx.Client, body: Body) -> Body:
    answer = portal.post("/search", json=body)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def ids(page: Body) -> list[str]:
    return [item["id"] for item in page["features"]]


class TestFormater:
    """The client of FORM@TER's portal."""

    DEFAULT: ClassVar[Body] = {
        "page": 1,
        "limit": 24,
        "query": {},
        "sortBy": [{"direction": "desc", "field": "start_datetime"}],
    }

    def test_its_first_request(self, portal: httpx.Client, items: list[Body]) -> None:
        page = post(portal, self.DEFAULT)
        assert page["context"] == {"returned": 24, "limit": 24, "matched": len(items)}
        starts = [item["properties"]["start_datetime"] for item in page["features"]]
        assert starts == sorted(starts, reverse=True)

    def test_its_pager(self, portal: httpx.Client, items: list[Body]) -> None:
        pages = [post(portal, {**self.DEFAULT, "limit": 10, "page": number}) for number in range(1, 7)]
        assert [len(page["features"]) for page in pages] == [10, 10, 10, 10, 3, 0]
        assert sorted(one for page in pages for one in ids(page)) == sorted(item["id"] for item in items)
        assert {page["context"]["matched"] for page in pages} == {len(items)}

    def test_box_dates_and_facets(self, portal: httpx.Client) -> None:
        body = {
            **self.DEFAULT,
            "bbox": [19.0, 37.0, 24.5, 41.5],
            "query": {
                "end_datetime": {"gte": "2015-11-01T00:00:00.000Z"},
                "start_datetime": {"lte": "2015-12-31T23:59:59.000Z"},
                "product:type": {"in": ["INTERFEROGRAM", "TIMESERIE", "AUXILIARYDATA"]},
                "grid:code": {"in": ["BALKANS"]},
            },
        }
        page = post(portal, body)
        kinds = {item["properties"]["product:type"] for item in page["features"]}
        assert kinds == {kind.product_type for kind in KINDS}
        assert page["context"]["matched"] == 3

    def test_a_facet_that_was_chosen_is_sent_in_two_spellings(self, portal: httpx.Client) -> None:
        both = {
            "product:type": {"eq": "TIMESERIE"},
            "product_type": {"in": ["TIMESERIE"]},
            "grid_code": {"in": ["BALKANS"]},
        }
        page = post(portal, {**self.DEFAULT, "query": both})
        assert [item["properties"]["product:type"] for item in page["features"]] == ["TIMESERIES"]

    def test_what_it_cannot_count_is_null(self, portal: httpx.Client, items: list[Body]) -> None:
        """`NaN` of its pager becomes null on the way."""
        page = post(portal, {**self.DEFAULT, "limit": None, "page": None})
        assert (page["context"]["limit"], page["context"]["matched"]) == (100, len(items))

    def test_it_can_show_every_item(self, portal: httpx.Client) -> None:
        query = {"grid:code": {"in": ["BALKANS"]}}
        for item in post(portal, {**self.DEFAULT, "query": query})["features"]:
            properties = item["properties"]
            assert properties["identifier"].startswith("NSBAS_")
            assert properties["start_datetime"][:10] <= properties["end_datetime"][:10]
            assert {"datetime", "processing:datetime", "grid:code", "product:type", "instrument"} <= properties.keys()
            assert isinstance(properties["instrument"], str)
            assert {
                "sat:relative_orbit",
                "sat:orbit_state",
                "sar:instrument_mode",
                "sar:polarizations",
            } <= properties.keys()
            roles = [asset["roles"] for asset in item["assets"].values()]
            assert all(isinstance(one, list) for one in roles)
            assert any("data" in one for one in roles)
            pictures = [asset for asset in item["assets"].values() if "overview" in asset["roles"]]
            assert pictures
            assert all(asset["title"] for asset in pictures)
            (address,) = (link["href"] for link in item["links"] if link["rel"] == "self")
            assert portal.get(address).json()["id"] == item["id"]
            assert item["geometry"]["type"] in ("Polygon", "MultiPolygon")

    def test_a_user_who_is_signed_in(self, portal: httpx.Client) -> None:
        asked = {
            "Origin": "https://catalog.formater",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        preflight = portal.options("/search", headers=asked)
        assert preflight.status_code == 200
        assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
        answer = portal.post("/search", json=self.DEFAULT, headers={**asked, "Authorization": "Bearer abc"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


class TestPygeodes:
    """pyGeodes 0.1.7, `utils/request.py` and `geodes.py`."""

    @staticmethod
    def params(page: int, query: Any, **others: Any) -> Body:
        return {
            "page": page, "query": query, "limit": 80, "sortBy": None, "bbox": None, "intersects": None,
            "collections": None, **others,
        }  # fmt: skip

    def test_one_page(self, portal: httpx.Client, items: list[Body]) -> None:
        page = post(portal, self.params(1, {}))
        assert page["context"]["matched"] == len(items)
        assert page["context"]["returned"] == len(page["features"])
        assert ids(page) == ids(post(portal, self.params(1, None)))

    def test_every_argument(self, portal: httpx.Client) -> None:
        query = {
            "grid:code": {"eq": "BALKANS"}, "product:type": {"in": ["TIMESERIE"]}, "identifier": {"contains": "TS-PKG"},
            "start_datetime": {"gte": "2015-01-01T00:00:00.000000Z"},
            "end_datetime": {"lte": "2016-01-01T00:00:00.000000Z"},
            "sat:relative_orbit": {"gte": 100, "lte": 175},
        }  # fmt: skip
        area = {"type": "Polygon", "coordinates": [[[19, 37], [25, 37], [25, 42], [19, 42], [19, 37]]]}
        sort = [{"direction": "desc", "field": "start_datetime"}]
        for where in ({"bbox": [19, 37, 25, 42]}, {"intersects": area}):
            found = post(
                portal, self.params(1, query, sortBy=sort, collections=["flatsim-balkans-timeseries"], **where)
            )
            assert found["context"]["matched"] == 1

    def test_all_pages(self, portal: httpx.Client, items: list[Body]) -> None:
        """As it fetches all: the number of pages follows from `context.matched`."""
        first = post(portal, {**self.params(1, {}), "limit": 8})
        matched = first["context"]["matched"]
        found = ids(first)
        for number in range(2, matched // 8 + (matched % 8 > 0) + 1):
            page = post(portal, {**self.params(number, {}), "limit": 8})
            assert page["context"]["returned"] == len(page["features"])
            found += ids(page)
        assert sorted(found) == sorted(item["id"] for item in items)


class TestEodag:
    """EODAG 4.10: its provider `geodes` as it is, and its plain STAC provider."""

    def test_the_provider_geodes(self, portal: httpx.Client) -> None:
        body = {
            "query": {
                "product:type": {"eq": "TIMESERIE"}, "instrument": {"eq": "SAR-C"}, "sat:relative_orbit": {"eq": 175},
                "end_datetime": {"gte": "2015-01-01T00:00:00.000Z"},
                "start_datetime": {"lte": "2016-01-01T00:00:00.000Z"},
                "grid:code": {"contains": "BALK"},
            },
            "intersects": {"type": "Polygon", "coordinates": [[[19, 37], [25, 37], [25, 42], [19, 42], [19, 37]]]},
            "sortBy": [{"field": "start_datetime", "direction": "dsc"}, {"field": "identifier", "direction": "asc"}],
            "limit": 20,
            "page": "1",
        }  # fmt: skip
        page = post(portal, body)
        assert page["context"]["matched"] == 1
        (item,) = page["features"]
        assert item["properties"]["identifier"]
        assert [asset["href"] for asset in item["assets"].values() if asset["roles"][0] == "overview"]

    def test_its_pages_are_numbers_as_text(self, portal: httpx.Client, items: list[Body]) -> None:
        found = []
        for number in range(1, 6):
            sort = [{"field": "start_datetime", "direction": "dsc"}]
            found += ids(post(portal, {"sortBy": sort, "limit": 10, "page": str(number)}))
        assert sorted(found) == sorted(item["id"] for item in items)

    def test_the_plain_provider(self, portal: httpx.Client, items: list[Body]) -> None:
        body = {
            "collections": ["flatsim-testland-interferogram"],
            "datetime": "2014-01-01T00:00:00.000Z/2030-01-01T00:00:00.000Z",
            "sortby": [{"field": "properties.datetime", "direction": "asc"}],
            "query": {"sat:orbit_state": {"eq": "ascending"}},
            "limit": 2,
        }
        wanted = [
            item["id"]
            for item in items
            if item["collection"] == "flatsim-testland-interferogram"
            and item["properties"].get("sat:orbit_state") == "ascending"
        ]
        page = post(portal, body)
        assert page["numberMatched"] == len(wanted) > 2
        found = ids(page)
        while link := next((link for link in page["links"] if link["rel"] == "next"), None):
            assert link["merge"] is True
            page = post(portal, {**body, **link["body"]})
            found += ids(page)
        assert sorted(found) == sorted(wanted)

    def test_it_writes_every_value_as_text(self, portal: httpx.Client) -> None:
        for name, text, value in (
            ("sat:relative_orbit", "80", 80),
            ("insar:temporal_baseline", "12", 12),
            ("flatsim:used_in_timeseries", "True", True),
            ("flatsim:used_in_timeseries", "false", False),
        ):
            page = post(portal, {"query": {name: {"eq": text}}})
            assert page == post(portal, {"query": {name: {"eq": value}}})
            assert page["numberMatched"] > 0

    def test_what_it_reads_beside_the_search(self, portal: httpx.Client) -> None:
        """`{api_endpoint}/../collections`, as its HTTP client joins it."""
        collections = portal.get("/collections").json()["collections"]
        assert {"id", "title", "description", "keywords", "license", "extent"} <= collections[0].keys()
        for path in ("/queryables", f"/collections/{collections[0]['id']}/queryables"):
            assert "datetime" in portal.get(path).json()["properties"]


class TestPages:
    """Pages by number, whoever asks."""

    @pytest.mark.parametrize("field", ["insar:perpendicular_baseline", "id", "datetime", "sat:orbit_state"])
    @pytest.mark.parametrize("direction", ["asc", "desc"])
    @pytest.mark.parametrize("limit", [1, 7, 43, 50])
    def test_are_those_that_tokens_lead_to(
        self, portal: httpx.Client, items: list[Body], field: str, direction: str, limit: int
    ) -> None:
        body: Body = {"sortby": [{"field": field, "direction": direction}]}
        whole = ids(post(portal, body))
        pages = range(1, len(items) // limit + 3) if limit > 1 else (1, 13, 30, 31, 32, 42, 43, 44)
        for number in pages:
            page = post(portal, {**body, "limit": limit, "page": number})
            assert ids(page) == whole[(number - 1) * limit : number * limit], number
            assert page["numberMatched"] == len(items)

    def test_over_get(self, portal: httpx.Client) -> None:
        for path in ("/search", "/collections/flatsim-testland-interferogram/items"):
            whole = ids(portal.get(path, params={"sortby": "-id"}).json())
            page = portal.get(path, params={"sortBy": "-id", "limit": 3, "page": 2}).json()
            assert ids(page) == whole[3:6]
            links = {link["rel"]: link["href"] for link in page["links"]}
            assert "page=2" in links["self"]
            assert not any("page=" in links[rel] for rel in ("first", "prev", "next"))
            assert ids(portal.get(links["next"]).json()) == whole[6:9]
            assert ids(portal.get(links["prev"]).json()) == ids(portal.get(links["first"]).json()) == whole[:3]

    def test_links_lead_on_from_a_number(self, portal: httpx.Client) -> None:
        body = {"limit": 5, "page": 2, "sortBy": [{"field": "id", "direction": "dsc"}]}
        whole = ids(post(portal, {**body, "limit": 50, "page": 1}))
        page = post(portal, body)
        links = {link["rel"]: link["body"] for link in page["links"] if "body" in link}
        assert ids(post(portal, {**body, **links["next"]})) == whole[10:15]
        assert ids(post(portal, {**body, **links["prev"]})) == whole[:5]
        assert ids(post(portal, {**body, **links["first"]})) == whole[:5]

    def test_numbers_have_an_end_and_links_have_none(self, portal: httpx.Client) -> None:
        assert portal.post("/search", json={"limit": 50, "page": 3}).status_code == 200
        answer = portal.post("/search", json={"limit": 50, "page": 4})
        assert answer.status_code == 400
        assert answer.json()["description"].startswith(
            "page: begins after 150 items, and numbers of pages reach to 100;"
        )
        assert portal.get("/search", params={"page": 10**30}).status_code == 400

    def test_a_page_behind_the_last_is_empty(self, portal: httpx.Client, items: list[Body]) -> None:
        page = post(portal, {"limit": 20, "page": 4})
        assert (page["features"], page["context"]) == ([], {"returned": 0, "limit": 20, "matched": len(items)})
        assert "next" not in {link["rel"] for link in page["links"]}
        nothing = post(portal, {"ids": ["none"], "page": 2})
        assert (nothing["features"], nothing["numberMatched"]) == ([], 0)


class TestDialect:
    """How a body becomes one of STAC's."""

    def test_nulls_everywhere(self, portal: httpx.Client, items: list[Body]) -> None:
        names = [
            "collections", "ids", "bbox", "intersects", "datetime", "limit", "token", "query", "sortby", "sortBy",
            "filter", "filter-lang", "filter-crs", "page", "conf", "fields",
        ]  # fmt: skip
        page = post(portal, dict.fromkeys(names))
        assert page["numberMatched"] == len(items)
        for name in names:
            expected = 400 if name == "fields" else 200  # the STAC validator wants that one refused
            assert portal.post("/search", json={name: None}).status_code == expected, name

    def test_the_producers_word_for_a_series_in_every_filter(self, portal: httpx.Client) -> None:
        wanted = post(portal, {"query": {"product:type": {"eq": "TIMESERIES"}}})["numberMatched"]
        assert wanted > 1
        reference = {"property": "product:type"}
        for body in (
            {"query": {"product:type": {"eq": "TIMESERIE"}}},
            {"query": {"product:type": {"in": ["TIMESERIE"]}}},
            {"filter": "\"product:type\" = 'TIMESERIE'"},
            {"filter": "id <> 'x' AND \"product:type\" IN ('TIMESERIE', 'x')"},
            {"filter": {"op": "not", "args": [{"op": "<>", "args": [reference, "TIMESERIE"]}]}},
        ):
            assert post(portal, body)["numberMatched"] == wanted, body
        assert portal.get("/search", params={"product:type": "TIMESERIE"}).json()["numberMatched"] == wanted
        assert post(portal, {"query": {"title": {"eq": "TIMESERIE"}}})["numberMatched"] == 0

    def test_one_thing_said_twice(self) -> None:
        keys = [{"field": "id", "direction": "asc"}]
        assert normalise_body({"sortBy": keys, "sortby": keys}) == {"sortby": keys}
        with pytest.raises(InvalidParameter, match="sortBy: cannot be combined with sortby"):
            normalise_body({"sortBy": keys, "sortby": []})
        with pytest.raises(InvalidParameter, match=r"query.product:type: given twice"):
            normalise_body({"query": {"product:type": {"eq": "a"}, "product_type": {"eq": "b"}}})

    @given(
        st.dictionaries(
            st.sampled_from(["page", "limit", "query", "sortBy", "sortby", "bbox", "ids", "token"]),
            st.none() | st.integers() | st.text(string.printable, max_size=4)
            | st.lists(st.none() | st.dictionaries(st.sampled_from(["field", "direction"]),
                                                   st.none() | st.sampled_from(["dsc", "ASC", "id"])), max_size=2)
            | st.dictionaries(st.sampled_from([*BY_NAME, "product_type", "x"]), st.none() | st.just({})),
        )
    )  # fmt: skip
    def test_what_is_stac_already_stays(self, body: Body) -> None:
        """A second time changes nothing, whatever the body is."""
        try:
            once = normalise_body(body)
        except InvalidParameter:
            return
        assert normalise_body(once) == once
        assert normalise_values(normalise_values(once)) == normalise_values(once)

    def test_the_documentation_has_every_rule(self) -> None:
        text = (ROOT / "docs" / "portals.md").read_text()
        for rule in RULES:
            assert f"| {rule.sent} | {rule.meant} | {', '.join(rule.portals)} |" in text
