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

from catalog_builder.database import connect, renew_documents
from catalog_builder.local_postgres import Role
from catalog_builder.queries import documents

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS = varied_items(30, seed=3)
VALID = (
    "SELECT i.id, i.collection, x.key FROM pgstac.items i JOIN flatsim.item_index x "
    "ON x.collection = i.collection AND x.id = i.id JOIN flatsim.item_documents d ON d.key = x.key ORDER BY 1, 2"
)


@pytest.fixture
def loaded(database_dsn: str) -> str:
    """A database with items that others have loaded."""
    load_items(database_dsn, ITEMS)
    return database_dsn


def valid(dsn: str) -> list[Any]:
    with connect(dsn) as session:
        return session.execute(VALID).fetchall()


def key_of(session: psycopg.Connection[Any], name: str) -> int:
    """Key of the state that an item is in."""
    (key,) = session.execute("SELECT key FROM flatsim.item_index WHERE id = %s", (name,)).fetchone() or (0,)
    return int(key)


def put(session: psycopg.Connection[Any], name: str, document: bytes) -> None:
    """The document of an item as it is now."""
    documents.put_documents(session, [(key_of(session, name), document)])


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
    name = ITEMS[0]["id"]
    with connect(loaded, autocommit=True) as session:
        for savepoint, again in itertools.product([True, False], ["update", "delete and insert"]):
            with session.transaction():
                session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
                put(session, name, b"{}")
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
    name = ITEMS[0]["id"]
    with connect(loaded, Role.WRITE) as session:
        session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
        put(session, name, b"{}")
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


def test_documents_outlast_the_rewriting_of_tables_only_with_their_items(loaded: str) -> None:
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


def test_documents_go_with_all_items(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        session.execute("TRUNCATE pgstac.items")
    assert left(loaded) == 0


def test_stray_documents_are_deleted(loaded: str) -> None:
    """Somebody may write one for a state that is gone at that moment."""
    renew_documents(loaded)
    with connect(loaded, autocommit=True) as session:
        session.execute("INSERT INTO flatsim.item_documents (key, format) VALUES (-1, 1), (-2, 1)")
    assert renew_documents(loaded).removed == 2
    assert left(loaded) == len(ITEMS)


def test_who_may_write(loaded: str) -> None:
    renew_documents(loaded)
    with connect(loaded, Role.READ) as session:
        assert session.execute("SELECT count(*) FROM flatsim.item_documents").fetchone() == (len(ITEMS),)
    for statement in ("DELETE FROM flatsim.item_documents", "UPDATE flatsim.item_documents SET format = 2"):
        with connect(loaded) as session:
            session.execute("SET ROLE flatsim_read")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)


def test_documents_of_a_copy_are_those_of_its_items(loaded: str, make_database: Callable[..., str]) -> None:
    """They are tied to keys, which come along."""
    renew_documents(loaded)
    copy = make_database(urlsplit(loaded).path.strip("/"))
    assert valid(copy) == valid(loaded)
    assert renew_documents(copy).written == 0


def test_the_command_leaves_documents_of_a_loader_alone(loaded: str) -> None:
    name = ITEMS[0]["id"]
    with connect(loaded, Role.WRITE) as loader:
        loader.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
        put(loader, name, b"{}")
        with ThreadPoolExecutor(1) as other:
            assert other.submit(renew_documents, loaded).result(timeout=20).written == len(ITEMS)
        loader.commit()
    with connect(loaded) as session:
        found = session.execute(
            "SELECT document FROM flatsim.item_documents WHERE key = %s", (key_of(session, name),)
        ).fetchone()
    assert found == (b"{}",), "what the loader wrote is newer"
    assert len(valid(loaded)) == len(ITEMS)
    assert renew_documents(loaded).removed == 1, "of the state that was there when the command looked"
    assert left(loaded) == len(ITEMS)


def test_a_document_of_an_older_state_is_not_written(loaded: str) -> None:
    """What the command read may have changed before it writes."""
    name = ITEMS[0]["id"]
    with connect(loaded, autocommit=True) as session:
        old = key_of(session, name)
        with session.transaction():
            session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (name,))
            put(session, name, b"new")
        documents.put_documents(session, [(old, b"old")])
        assert session.execute("SELECT document FROM flatsim.item_documents").fetchall() == [(b"new",)]
