"""Pages: all of them together are the whole, in the right order, whatever happens to the items meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import psycopg
import pytest
from fastapi.testclient import TestClient
from oracle import found, ordered
from varied_items import load_items, token_of, varied_items

from api.app import create_app
from api.database.pool import Session, session_arguments
from api.search.execute.catalogue import CatalogueCache
from api.search.execute.page import Page, read_page
from api.search.model import Search, SortKey
from api.settings.limits import CountLimits
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

SORTABLES = [row.name for row in QUERYABLES if row.sortable]
N_ITEMS = 11
Item = dict[str, Any]


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return varied_items(N_ITEMS)


@pytest.fixture(scope="module")
def dsn(named_database: Callable[[str], AbstractContextManager[str]], items: list[Item]) -> Iterator[str]:
    """Owner's DSN of a database with items of every kind."""
    with named_database("flatsim_paging") as address:
        load_items(address, items)
        yield address


@pytest.fixture(scope="module")
def client(dsn: str, make_settings: Callable[..., ServiceSettings]) -> Iterator[TestClient]:
    with TestClient(create_app(make_settings(database=dsn))) as asked:
        yield asked


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("descending", [False, True])
def test_all_pages_together_are_the_whole(
    dsn: str, make_settings: Callable[..., ServiceSettings], items: list[Item], limit: int, descending: bool
) -> None:
    """For every sortable, forwards to the end and backwards again to the beginning."""

    async def check() -> None:
        connection = await asyncpg.connect(**session_arguments(make_settings(database=dsn)))
        await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")
        cache = CatalogueCache()
        catalogue = await cache.get(connection)

        async def page(name: str, token: str | None) -> Page:
            sort = (SortKey(catalogue.properties.find(name, "sortby"), descending),)
            search = Search(sort=sort, limit=limit, token=token)
            return await read_page(search, catalogue, connection, cache, CountLimits(1000, 10.0))

        for name in SORTABLES:
            expected = found({"sortby": [{"field": name, "direction": "desc" if descending else "asc"}]}, items)
            forwards = [await page(name, None)]
            while token := forwards[-1].next_token:
                forwards.append(await page(name, token))
            assert [item["id"] for one in forwards for item in one.items] == expected, name
            assert {one.total.matched for one in forwards} == {N_ITEMS}
            backwards = [forwards[-1]]
            while token := backwards[0].prev_token:
                backwards.insert(0, await page(name, token))
            assert [item["id"] for one in backwards for item in one.items] == expected, name
        await connection.close()

    asyncio.run(check())


def _with_changes(address: str, items: list[Item], late: list[Item], limit: int) -> None:
    """Ask for all pages in each order, while items go and others come; all of it is undone after each order.

    Args:
        address: DSN of the owner of a database that holds all of the items.
        items: Those that are there at first.
        late: Those that come, one after each page.
        limit: Items on a page.
    """

    async def walk(connection: Any, catalogue: Any, cache: Any, name: str, descending: bool) -> None:
        wanted = [{"field": name, "direction": "desc" if descending else "asc"}]
        place = {item["id"]: number for number, item in enumerate(ordered([*items, *late], wanted))}
        waiting = [item["id"] for item in late]
        await connection.execute(
            "CREATE TEMP TABLE late ON COMMIT DROP AS SELECT * FROM items WHERE id = ANY($1)", waiting
        )
        await connection.execute("DELETE FROM items WHERE id = ANY($1)", waiting)
        seen: list[str] = []
        deleted: set[str] = set()
        token = None
        while True:
            sort = (SortKey(catalogue.properties.find(name, "sortby"), descending),)
            search = Search(sort=sort, limit=limit, token=token)
            page = await read_page(search, catalogue, connection, cache, CountLimits(1000, 10.0))
            seen += [item["id"] for item in page.items]
            if (token := page.next_token) is None:
                break
            gone = [seen[-1], *(item["id"] for item in items if item["id"] not in {*seen, *deleted})][:2]
            deleted |= set(gone)
            await connection.execute("DELETE FROM items WHERE id = ANY($1)", gone)
            if waiting:
                await connection.execute("INSERT INTO items SELECT * FROM late WHERE id = $1", waiting.pop())
        assert len(seen) == len(set(seen)), name
        assert [place[one] for one in seen] == sorted(place[one] for one in seen), name
        assert {item["id"] for item in items} - deleted <= set(seen), name

    async def check() -> None:
        connection = await asyncpg.connect(
            address, server_settings={"search_path": "pgstac,public"}, connection_class=Session
        )
        await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")
        cache = CatalogueCache()
        catalogue = await cache.get(connection)
        for name in SORTABLES:
            for descending in (False, True):
                undone = connection.transaction()
                await undone.start()
                await walk(connection, catalogue, cache, name, descending)
                await undone.rollback()
        await connection.close()

    asyncio.run(check())


def test_items_may_come_and_go_whatever_the_order(database_dsn: str) -> None:
    items, late = varied_items(16, seed=1), varied_items(3, seed=2, first=500)
    load_items(database_dsn, [*items, *late])
    _with_changes(database_dsn, items, late, 7)


@pytest.mark.full
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_many_items_may_come_and_go_whatever_the_order(database_dsn: str, limit: int) -> None:
    items, late = varied_items(150, seed=1), varied_items(20, seed=2, first=500)
    load_items(database_dsn, [*items, *late])
    _with_changes(database_dsn, items, late, limit)


@pytest.mark.parametrize("name", ["insar:perpendicular_baseline", "datetime", "id"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_items_may_come_and_go_between_pages(
    make_database: Callable[..., str],
    template_database: str,
    make_settings: Callable[..., ServiceSettings],
    name: str,
    direction: str,
) -> None:
    """What stays is found once, and what was deleted or came does no harm, not even at the edge of a page."""
    items, late = varied_items(15, seed=1), varied_items(4, seed=2, first=500)
    address = make_database(template_database)
    load_items(address, items)
    body = {"limit": 3, "sortby": [{"field": name, "direction": direction}]}
    with (
        TestClient(create_app(make_settings(database=address))) as client,
        psycopg.connect(address, autocommit=True) as connection,
    ):
        page = client.post("/search", json=body).json()
        seen = [item["id"] for item in page["features"]]
        deleted = set()
        while token := token_of(page, "next"):
            gone = [seen[-1], *(item["id"] for item in items if item["id"] not in seen)][:2]
            deleted |= set(gone)
            connection.execute("DELETE FROM pgstac.items WHERE id = ANY(%s)", (gone,))
            if late:
                load_items(address, [late.pop()])
            page = client.post("/search", json={**body, "token": token}).json()
            seen += [item["id"] for item in page["features"]]
    order = {
        item["id"]: place for place, item in enumerate(ordered([*items, *varied_items(10, 2, 500)], body["sortby"]))
    }
    assert len(seen) == len(set(seen))
    assert [order[one] for one in seen] == sorted(order[one] for one in seen)
    assert {item["id"] for item in items} - deleted <= set(seen)


def test_a_page_whose_items_are_gone_leads_back(
    make_database: Callable[..., str], template_database: str, make_settings: Callable[..., ServiceSettings]
) -> None:
    items = varied_items(8)
    address = make_database(template_database)
    load_items(address, items)
    body = {"limit": 4, "sortby": [{"field": "id", "direction": "asc"}]}
    with (
        TestClient(create_app(make_settings(database=address))) as client,
        psycopg.connect(address, autocommit=True) as connection,
    ):
        first = client.post("/search", json=body).json()
        second = client.post("/search", json={**body, "token": token_of(first, "next")}).json()
        connection.execute("DELETE FROM pgstac.items WHERE id >= 'item_004'")
        empty = client.post("/search", json={**body, "token": token_of(first, "next")}).json()
        assert (empty["features"], token_of(empty, "next")) == ([], None)
        back = client.post("/search", json={**body, "token": token_of(empty, "prev")}).json()
        assert back["features"] == first["features"]
        connection.execute("DELETE FROM pgstac.items WHERE id < 'item_004'")
        load_items(address, items[4:])
        before = client.post("/search", json={**body, "token": token_of(second, "prev")}).json()
        assert (before["features"], token_of(before, "prev")) == ([], None)
        again = client.post("/search", json={**body, "token": token_of(before, "next")}).json()
        assert again["features"] == second["features"]


def test_several_keys_in_several_directions(client: TestClient, items: list[Item]) -> None:
    sortby = [
        {"field": "sat:orbit_state", "direction": "desc"},
        {"field": "properties.insar:temporal_baseline", "direction": "asc"},
        {"field": "flatsim:n_dates", "direction": "desc"},
        {"field": "sat:orbit_state", "direction": "asc"},
    ]
    wanted = [{**key, "field": key["field"].removeprefix("properties.")} for key in sortby[:3]]
    body = {"limit": 2, "sortby": sortby}
    page = client.post("/search", json=body).json()
    seen = [item["id"] for item in page["features"]]
    while token := token_of(page, "next"):
        page = client.post("/search", json={**body, "token": token}).json()
        seen += [item["id"] for item in page["features"]]
    assert seen == found({"sortby": wanted}, items)


def test_a_token_is_of_its_search_alone(client: TestClient) -> None:
    body = {"limit": 2, "filter": {"op": ">", "args": [{"property": "sat:relative_orbit"}, 0]}}
    token = token_of(client.post("/search", json=body).json(), "next")
    assert token is not None
    assert len(token) < 200
    assert client.post("/search", json={**body, "token": token, "limit": 5}).status_code == 200
    as_text = {"filter": '"sat:relative_orbit" > 0', "limit": "2", "token": token}
    assert client.get("/search", params=as_text).status_code == 200
    others = [
        {**body, "sortby": [{"field": "id", "direction": "asc"}]},
        {**body, "collections": ["flatsim-testland-interferogram"]},
        {**body, "filter": {"op": ">", "args": [{"property": "sat:relative_orbit"}, 1]}},
        {**body, "datetime": "2015"},
    ]
    altered = [token[1:], token + "A", token + "=", "A" * 5000, "é", "next:61:62"]
    for other in others:
        answer = client.post("/search", json={**other, "token": token})
        assert (answer.status_code, "token" in answer.json()["description"]) == (400, True)
    for one in altered:
        answer = client.post("/search", json={**body, "token": one})
        assert (answer.status_code, "token" in answer.json()["description"]) == (400, True), one


def test_no_letter_of_a_token_can_be_changed(client: TestClient) -> None:
    token = token_of(client.post("/search", json={"limit": 2}).json(), "next")
    assert token is not None
    for place in range(len(token)):
        other = token[:place] + ("x" if token[place] != "x" else "y") + token[place + 1 :]
        assert client.post("/search", json={"limit": 2, "token": other}).status_code == 400, place


def test_workers_understand_each_other_and_strangers_do_not(
    dsn: str, make_settings: Callable[..., ServiceSettings]
) -> None:
    tokens = []
    for secret in (None, None, "of the operator"):
        with TestClient(create_app(make_settings(database=dsn, token_secret=secret))) as worker:
            answers = [worker.post("/search", json={"limit": 2, "token": token}).status_code for token in tokens]
            assert answers == [400 if secret else 200] * len(tokens)
            tokens.append(token_of(worker.post("/search", json={"limit": 2}).json(), "next"))


def test_links_of_a_page(client: TestClient) -> None:
    address = "http://testserver/collections/flatsim-testland-interferogram/items?limit=2&filter=id%20LIKE%20'item%25'"
    first = client.get(address).json()
    links = {link["rel"]: link for link in first["links"]}
    assert list(links) == ["self", "root", "parent", "collection", "first", "next", "alternate"]
    assert links["self"]["href"] == links["first"]["href"] == address
    second = client.get(links["next"]["href"]).json()
    links = {link["rel"]: link for link in second["links"]}
    assert list(links) == ["self", "root", "parent", "collection", "first", "prev", "next", "alternate"]
    assert links["first"]["href"] == address
    assert links["next"]["href"].count("token=") == links["self"]["href"].count("token=") == 1
    assert client.get(links["prev"]["href"]).json()["features"] == first["features"]
    assert client.get(links["self"]["href"]).json() == second


def test_links_of_a_posted_page_carry_the_token_alone(client: TestClient) -> None:
    body = {"limit": 2, "intersects": {"type": "Point", "coordinates": [1, 1]}, "ids": ["item_000"] * 50}
    page = client.post("/search", json={"limit": 2}).json()
    for link in page["links"]:
        if link["rel"] in ("first", "next"):
            assert (link["method"], link["merge"], list(link["body"])) == ("POST", True, ["token"])
    (start,) = (link for link in page["links"] if link["rel"] == "first")
    assert client.post("/search", json={"limit": 2, **start["body"]}).json() == page
    assert len(client.post("/search", json=body).content) < 20_000


def test_totals_are_exact_or_said_to_be_estimates(
    dsn: str, client: TestClient, make_settings: Callable[..., ServiceSettings]
) -> None:
    page = client.get("/search", params={"limit": 3}).json()
    assert (page["numberMatched"], page["numberReturned"]) == (N_ITEMS, 3)
    assert page["context"] == {"returned": 3, "limit": 3, "matched": N_ITEMS}
    assert "flatsim:number_matched_is_estimate" not in page
    with TestClient(create_app(make_settings(database=dsn, exact_count=5))) as hasty:
        page = hasty.get("/search", params={"limit": 3}).json()
        assert page["flatsim:number_matched_is_estimate"] is True
        assert page["numberMatched"] == page["context"]["matched"] > 5
        whole = hasty.get("/search").json()  # all on one page: counted anyway
        assert (whole["numberMatched"], "flatsim:number_matched_is_estimate" in whole) == (N_ITEMS, False)


def test_a_sort_that_makes_no_sense(client: TestClient) -> None:
    for name, said in (
        ("sat:orbit_stat", "'sat:orbit_state'"),
        ("geometry", "no order"),
        ("sar:polarizations", "a list"),
    ):
        answer = client.get("/search", params={"sortby": name})
        assert answer.status_code == 400
        assert answer.json()["description"].startswith("sortby: ")
        assert said in answer.json()["description"]
