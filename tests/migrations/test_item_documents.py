"""Items as ready text: who may write them, and that they go with the row they were made of."""

from __future__ import annotations

import contextlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from varied_items import COLLECTIONS, collections, load_items, varied_items

from catalog_builder import queries
from catalog_builder.database import connect, renew_documents
from catalog_builder.local_postgres import Role

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS = varied_items(30, seed=3)
VALID = (
    "SELECT i.id, i.collection, i.xmin::text FROM pgstac.items i JOIN flatsim.item_documents d "
    "ON d.collection = i.collection AND d.id = i.id AND d.row_version = i.xmin "
    "WHERE d.origin = flatsim.database_origin() ORDER BY 1, 2"
)


@pytest.fixture
def loaded(database_dsn: str) -> str:
    """A database with items that others have loaded."""
    load_items(database_dsn, ITEMS)
    return database_dsn


def valid(dsn: str) -> list[Any]:
    with connect(dsn) as session:
        return session.execute(VALID).fetchall()


def left(dsn: str) -> int:
    with connect(dsn) as session:
        (found,) = session.execute("SELECT count(*) FROM flatsim.item_documents").fetchone() or (0,)
        return int(found)


def test_every_item_gets_its_document_once(loaded: str) -> None:
    assert valid(loaded) == []
    assert renew_documents(loaded).written == len(ITEMS)
    assert len(valid(loaded)) == len(ITEMS)
    assert renew_documents(loaded).written == 0


IN_A_PARTITION = (
    "DO $$ BEGIN EXECUTE (SELECT format('DELETE FROM %s WHERE id = ''item_004''', tableoid::regclass) "
    "FROM pgstac.items WHERE id = 'item_004'); END $$"
)


def test_a_changed_item_has_no_document(loaded: str) -> None:
    renew_documents(loaded)
    changes = (
        "UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = 'item_001'",
        "DELETE FROM pgstac.items WHERE id = 'item_002'",
        "SELECT pgstac.delete_item('item_003')",
        IN_A_PARTITION,
        "SET ROLE pgstac_ingest; DELETE FROM pgstac.items WHERE id = 'item_005'",
    )
    for number, change in enumerate(changes, 1):
        with connect(loaded, autocommit=True) as session:
            session.execute(change)
        assert left(loaded) == len(ITEMS) - number
        assert f"item_{number:03}" not in [row[0] for row in valid(loaded)]


def test_an_item_that_pypgstac_changes_has_no_document(loaded: str) -> None:
    renew_documents(loaded)
    changed = [{**item, "properties": {**item["properties"], "title": "new"}} for item in ITEMS[:7]]
    load_items(loaded, [*changed, *ITEMS[7:]])
    assert {row[0] for row in valid(loaded)} == {item["id"] for item in ITEMS[7:]}
    assert renew_documents(loaded).written == 7


def test_an_item_written_twice_in_one_transaction_has_the_document_of_neither(loaded: str) -> None:
    """Its rows have the number of that transaction both."""
    name, collection = ITEMS[0]["id"], ITEMS[0]["collection"]
    with connect(loaded, autocommit=True) as session:
        for savepoint, again in itertools.product([True, False], ["update", "delete and insert"]):
            with session.transaction():
                session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
                queries.write_documents(session, collection, [(name, b"{}")])
                with session.transaction() if savepoint else contextlib.nullcontext():
                    _write_again(session, name, again)
            assert valid(loaded) == []


def _write_again(session: psycopg.Connection[Any], name: str, how: str) -> None:
    if how == "update":
        session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 2}' WHERE id = %s", (name,))
        return
    session.execute("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM pgstac.items WHERE id = %s", (name,))
    session.execute("DELETE FROM pgstac.items WHERE id = %s", (name,))
    session.execute("INSERT INTO pgstac.items SELECT * FROM kept")


def test_a_loader_writes_documents_with_the_items(loaded: str) -> None:
    name, collection = ITEMS[0]["id"], ITEMS[0]["collection"]
    with connect(loaded, Role.WRITE) as session:
        session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
        queries.write_documents(session, collection, [(name, b"{}")])
    assert [row[0] for row in valid(loaded)] == [name]


def test_documents_go_with_their_collection(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        session.execute("SELECT pgstac.delete_collection(%s)", (COLLECTIONS[0],))
    gone = sum(item["collection"] == COLLECTIONS[0] for item in ITEMS)
    assert gone > 0
    assert left(loaded) == len(valid(loaded)) == len(ITEMS) - gone


def test_documents_of_a_template_that_changes_in_place_go(loaded: str) -> None:
    """pgstac never does that; it adds another one."""
    with PgstacDB(dsn=loaded) as database:
        Loader(database).load_collections(iter(collections(["other"])), insert_mode=Methods.upsert)
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        session.execute("UPDATE pgstac.base_items SET base_item = base_item || '{\"x\": 1}'")
    assert valid(loaded) == []


def test_documents_outlast_repartitioning_and_rewriting_only_with_their_rows(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        before = session.execute(VALID).fetchall()
        for (partition,) in session.execute("SELECT DISTINCT tableoid::regclass::text FROM pgstac.items").fetchall():
            session.execute(f"VACUUM FULL {partition}")
        assert session.execute(VALID).fetchall() == before
        session.execute("UPDATE pgstac.collections SET partition_trunc = 'year' WHERE id = %s", (COLLECTIONS[1],))
        moved = sum(item["collection"] == COLLECTIONS[1] for item in ITEMS)
        assert len(session.execute(VALID).fetchall()) == len(ITEMS) - moved
    assert renew_documents(loaded).written == moved
    with connect(loaded, autocommit=True) as session:
        session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}'")
    assert left(loaded) == 0


def test_leftovers_are_swept(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        session.execute("TRUNCATE pgstac.items")
    assert left(loaded) == len(ITEMS)
    assert renew_documents(loaded).removed == len(ITEMS)
    assert left(loaded) == 0


def test_who_may_write(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, Role.READ) as session:
        assert session.execute("SELECT count(*) FROM flatsim.item_documents").fetchone() == (len(ITEMS),)
    for statement in ("DELETE FROM flatsim.item_documents", "UPDATE flatsim.item_documents SET format = 2"):
        with connect(loaded) as session:
            session.execute("SET ROLE flatsim_read")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)


def test_documents_that_come_with_a_copy_do_not_count(loaded: str, make_database: Callable[..., str]) -> None:
    """A dump brings them along, and a row may have the number that it had where it came from; here all have."""
    renew_documents(loaded)
    copy = make_database(urlsplit(loaded).path.strip("/"))
    assert left(copy) == len(ITEMS)
    assert valid(copy) == []
    assert renew_documents(copy).written == len(ITEMS)
    assert len(valid(copy)) == len(ITEMS)


def test_the_command_gives_way_to_a_loader_and_ends_when_it_has(loaded: str) -> None:
    name, collection = ITEMS[0]["id"], ITEMS[0]["collection"]
    with connect(loaded, Role.WRITE) as loader:
        loader.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
        queries.write_documents(loader, collection, [(name, b"{}")])
        with ThreadPoolExecutor(1) as other:
            running = other.submit(renew_documents, loaded)
            with pytest.raises(TimeoutError):
                running.result(timeout=1.0)
            loader.commit()
            assert running.result(timeout=20).written == len(ITEMS)
    with connect(loaded) as session:
        found = session.execute("SELECT document FROM flatsim.item_documents WHERE id = %s", (name,)).fetchone()
    assert found == (b"{}",), "what the loader wrote is newer"
    assert len(valid(loaded)) == len(ITEMS)


def test_a_document_of_an_older_state_never_replaces_a_newer_one(loaded: str) -> None:
    """What the command read may have changed before it writes."""
    name, collection = ITEMS[0]["id"], ITEMS[0]["collection"]
    with connect(loaded, autocommit=True) as session:
        (old,) = session.execute("SELECT xmin::text FROM pgstac.items WHERE id = %s", (name,)).fetchone() or ("",)
        with session.transaction():
            session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
            queries.write_documents(session, collection, [(name, b"new")])
        queries.renew_documents(session, collection, [(name, old, b"old")])
        assert session.execute("SELECT document FROM flatsim.item_documents").fetchall() == [(b"new",)]
