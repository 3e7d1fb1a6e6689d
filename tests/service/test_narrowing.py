"""Searches that pass over collections find what they find without, whoever writes what in between."""

from __future__ import annotations

import contextlib
import copy
import random
import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from random_searches import CONDITIONS, SEARCHES
from varied_items import COLLECTIONS, collections, varied_items

from api.app import create_app
from api.queries.pages import Selection
from api.search import narrowing
from catalog_builder.database import connect, renew_documents
from catalog_builder.database.bounds import renew_bounds
from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Role
from catalog_builder.sinks import loading
from catalog_builder.sinks.rows.row import create_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings import ServiceSettings

Item = dict[str, Any]
Service = tuple[TestClient, str]
NAMES = (*COLLECTIONS, *(f"flatsim-place{number:02}-interferogram" for number in range(12)))
ORBIT, TRACK = "sat:relative_orbit", "flatsim:track"


def scattered(count: int, seed: int, first: int = 0) -> list[Item]:
    """Items of many collections, few in each."""
    items = varied_items(count, seed, first)
    for number, item in enumerate(items):
        item["collection"] = NAMES[number % len(NAMES)]
    return items


ITEMS = scattered(40, seed=3)


def own_collections() -> list[dict[str, Any]]:
    model = collections(["data"])[0]
    return [{**model, "id": name} for name in (*NAMES, "flatsim-empty-timeseries")]


@pytest.fixture(scope="module")
def service(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[Service]:
    with named_database("flatsim_narrowing") as dsn:
        by_pypgstac(dsn, ITEMS)
        renew_documents(dsn)
        with TestClient(create_app(make_settings(database=dsn))) as client:
            yield client, dsn


def by_pypgstac(dsn: str, items: list[Item]) -> None:
    with PgstacDB(dsn=dsn) as database:
        loader = Loader(database)
        loader.load_collections(iter(own_collections()), insert_mode=Methods.upsert)
        loader.load_items(iter(copy.deepcopy(items)), insert_mode=Methods.upsert)


def asked(client: TestClient, search: Item) -> tuple[list[tuple[str, str]], int]:
    answer = client.post("/search", json=search)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return [(item["collection"], item["id"]) for item in page["features"]], page["numberMatched"]


def whole(client: TestClient, search: Item) -> tuple[list[tuple[str, str]], int]:
    """The same, where no collection is passed over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrowing, "possible", lambda *_: None)
        return asked(client, search)


def looked_into(client: TestClient, search: Item) -> list[str] | None:
    """The collections that a search was confined to, if it was."""
    seen: list[list[str]] = []
    with pytest.MonkeyPatch.context() as patch:
        own = Selection.within
        patch.setattr(Selection, "within", lambda self, names: seen.append(list(names)) or own(self, names))
        asked(client, search)
    return seen[-1] if seen else None


def equal(name: str, value: Any) -> Item:
    return {"op": "=", "args": [{"property": name}, value]}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(search=SEARCHES)
def test_random_searches_find_the_same(service: Service, search: Item) -> None:
    search = {**search, "limit": 100}
    search.pop("q", None)
    assert asked(service[0], search) == whole(service[0], search)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(condition=CONDITIONS)
@example(condition={"op": "or", "args": [False, {"op": "isNull", "args": [{"property": ORBIT}]}]})
def test_random_filters_find_the_same(service: Service, condition: Item) -> None:
    search = {"limit": 100, "filter": condition}
    assert asked(service[0], search) == whole(service[0], search)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    condition=CONDITIONS,
    datetime=st.sampled_from(["2015-01-01T00:00:00Z/2015-01-10T00:00:00Z", "../2016-01-01T00:00:00Z"]),
)
def test_counts_are_the_same(service: Service, condition: Item, datetime: str) -> None:
    client = service[0]
    body = {"aggregations": ["total_count", "collection_frequency"], "filter": condition, "datetime": datetime}
    narrow = client.post("/aggregate", json=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrowing, "possible", lambda *_: None)
        assert narrow.json() == client.post("/aggregate", json=body).json()
    assert narrow.status_code == 200


@pytest.mark.parametrize(
    ("search", "holds"),
    [
        ({"ids": ["item_003"]}, lambda item: item["id"] == "item_003"),
        ({"filter": equal(ORBIT, 80)}, lambda item: item["properties"].get(ORBIT) == 80),
        ({"filter": equal("product:type", "nothing")}, lambda _: False),
        ({"filter": equal(TRACK, "Etna")}, lambda item: item["properties"].get(TRACK) == "Etna"),
        (
            {"filter": {"op": "like", "args": [{"property": TRACK}, "N%"]}},
            lambda item: (item["properties"].get(TRACK) or "").startswith("N"),
        ),
        ({"bbox": [8.5, 3.5, 9, 4]}, lambda item: item["bbox"][2] >= 8.5 and item["bbox"][3] >= 3.5),
        ({"datetime": "2014-12-31T00:00:00Z"}, lambda _: False),
    ],
)
def test_collections_are_passed_over(service: Service, search: Item, holds: Callable[[Item], bool]) -> None:
    """Fewer are looked into than there are, and all that hold something."""
    client, _ = service
    names = looked_into(client, {"limit": 10, **search})
    assert names is not None
    assert {item["collection"] for item in ITEMS if holds(item)} <= set(names)
    assert len(names) < len(NAMES)
    assert asked(client, {"limit": 100, **search}) == whole(client, {"limit": 100, **search})


def test_nothing_is_passed_over_without_a_reason(service: Service) -> None:
    client, _ = service
    for search in (
        {},
        {"q": "etna"},
        {"collections": [NAMES[0]], "ids": ["item_003"]},
        {"filter": {"op": "not", "args": [equal(ORBIT, 80)]}},
        {"filter": {"op": "isNull", "args": [{"property": ORBIT}]}},
        {"filter": {"op": "or", "args": [equal(ORBIT, 80), {"op": "isNull", "args": [{"property": ORBIT}]}]}},
    ):
        assert looked_into(client, {"limit": 10, **search}) is None


def moved(number: int, collection: str = NAMES[4]) -> Item:
    """An item that lies outside all that its collection has had so far."""
    item = scattered(1, seed=number, first=number)[0]
    item["collection"] = collection
    item["properties"] |= {ORBIT: 10_000 + number, TRACK: f"Z{number}"}
    return item


def by_function(dsn: str, item: Item) -> None:
    with connect(dsn, Role.WRITE, autocommit=True) as session:
        session.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(item),))


def by_update(dsn: str, item: Item) -> None:
    by_function(dsn, {**item, "properties": {"datetime": item["properties"]["datetime"]}})
    renew_documents(dsn)
    with connect(dsn, Role.OWNER, autocommit=True) as session:
        session.execute(
            "UPDATE pgstac.items SET content = jsonb_set(content, '{properties}', %s) WHERE id = %s",
            (Jsonb(item["properties"]), item["id"]),
        )


def by_savepoints(dsn: str, item: Item) -> None:
    """A note that was given up with its savepoint is made again."""
    with connect(dsn, Role.WRITE) as session:
        session.execute("SAVEPOINT before")
        session.execute("SELECT pgstac.upsert_item(%s)", (Jsonb({**item, "id": "given_up"}),))
        session.execute("ROLLBACK TO before")
        session.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(item),))
        session.commit()


def by_repeatable_read(dsn: str, item: Item) -> None:
    with connect(dsn, Role.WRITE) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute("SELECT count(*) FROM pgstac.items")
        renew_documents(dsn)  # what the transaction sees of the bounds is gone
        session.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(item),))
        session.commit()


def by_copy(dsn: str, item: Item) -> None:
    with connect(dsn, Role.WRITE, autocommit=True) as session:
        document = next(one for one in own_collections() if one["id"] == item["collection"])
        loader = loading.open_collection(session, document)
        assert loader.write(session, [create_row(item, b"d" * 16, loader.base)]).changed == 1


def by_loader(dsn: str, item: Item) -> None:
    by_pypgstac(dsn, [item])


MEANS = (by_function, by_update, by_savepoints, by_repeatable_read, by_copy, by_loader)


@pytest.mark.parametrize("means", MEANS)
def test_what_others_write_is_found_at_once(service: Service, means: Callable[[str, Item], None]) -> None:
    client, dsn = service
    item = moved(100 + MEANS.index(means))
    searches = [
        {"filter": equal(ORBIT, item["properties"][ORBIT])},
        {"filter": equal(TRACK, item["properties"][TRACK])},
        {"ids": [item["id"]]},
    ]
    renew_documents(dsn)
    assert [asked(client, search)[1] for search in searches] == [0, 0, 0]
    means(dsn, item)
    assert [asked(client, search)[1] for search in searches] == [1, 1, 1]
    renew_documents(dsn)
    assert [asked(client, search)[1] for search in searches] == [1, 1, 1]
    assert looked_into(client, searches[1]) == [item["collection"]]


def test_bounds_are_found_again_when_a_collection_is_closed(service: Service) -> None:
    client, dsn = service
    item = moved(300, NAMES[6])
    renew_documents(dsn)
    by_copy(dsn, item)
    other = {"filter": equal(TRACK, "nowhere")}
    assert looked_into(client, other) == [NAMES[6]]
    with connect(dsn, Role.WRITE, autocommit=True) as session:
        document = next(one for one in own_collections() if one["id"] == NAMES[6])
        loading.close_collection(session, document)
    assert looked_into(client, other) == []
    assert looked_into(client, {"filter": equal(TRACK, "Z300")}) == [NAMES[6]]


def test_a_transaction_notes_a_collection_once(service: Service) -> None:
    """Whatever it writes, in any order; and rows of others are not waited for."""
    _, dsn = service
    told = "SELECT count(*) FROM flatsim.item_bounds WHERE collection = ANY(%s) AND bounds IS NULL"
    renew_documents(dsn)
    with connect(dsn, Role.WRITE) as one, connect(dsn, Role.WRITE) as other:
        for number, name in enumerate([NAMES[1], NAMES[2], NAMES[1], NAMES[2]]):
            one.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(moved(310 + number, name)),))
        assert one.execute(told, (list(NAMES),)).fetchone() == (2,)
        other.execute("SET lock_timeout = '2s'")
        other.execute("SELECT flatsim.note_written(%s)", (NAMES[1],))
        other.commit()
        with connect(dsn, Role.WRITE, autocommit=True) as renewing:
            renewing.execute("SET lock_timeout = '2s'")
            renew_bounds(renewing, NAMES[1])
        one.commit()
        assert other.execute(told, (list(NAMES),)).fetchone() == (2,)


def _write_and_look(client: TestClient, dsn: str, number: int, missed: list[str]) -> None:
    chance = random.Random(number)
    for turn in range(6):
        item = moved(1000 + 100 * number + turn, chance.choice(NAMES[:5]))
        written = False
        while not written:
            with contextlib.suppress(psycopg.Error, DatabaseError):  # deadlocks: pgstac's functions lock all partitions
                chance.choice([by_function, by_savepoints, by_copy])(dsn, item)
                written = True
        search = {"filter": equal(ORBIT, item["properties"][ORBIT])}
        if asked(client, search)[1] != 1 or asked(client, {"ids": [item["id"]]})[1] != 1:
            missed.append(item["id"])


def test_writers_find_what_they_wrote_while_bounds_are_renewed(service: Service) -> None:
    client, dsn = service
    missed: list[str] = []
    ended = threading.Event()

    def renew() -> None:
        with connect(dsn, Role.WRITE, autocommit=True) as session:
            while not ended.is_set():
                for name in NAMES[:5]:
                    renew_bounds(session, name, whole=True)

    renewing = threading.Thread(target=renew)
    writers = [threading.Thread(target=_write_and_look, args=(client, dsn, number, missed)) for number in range(3)]
    for thread in (renewing, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    renewing.join()
    assert missed == []
    search = {"filter": {"op": ">=", "args": [{"property": ORBIT}, 11_000]}, "limit": 100}
    assert asked(client, search)[1] == 18
