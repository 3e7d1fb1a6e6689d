"""Items into a real database: all of them, as they are, whoever else writes to it."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
import pytest
from psycopg import sql
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from varied_items import COLLECTIONS, collections, varied_items

from catalog_builder.database import connect
from catalog_builder.errors import DatabaseError, SinkError, TreeNotFound
from catalog_builder.local_postgres import Role
from catalog_builder.pipeline.load import Loaded, load
from catalog_builder.sinks import loading, partitions
from catalog_builder.sinks.rows.row import create_row

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = varied_items(40, seed=5)
CONTENT = "SELECT collection, id, pgstac.content_hydrate(items), datetime, end_datetime FROM pgstac.items ORDER BY 1, 2"
VERSIONS = "SELECT collection, id, xmin::text, tableoid::regclass::text FROM pgstac.items ORDER BY 1, 2"
DOCUMENTS = (
    "SELECT count(*) FROM pgstac.items i JOIN flatsim.item_index x ON x.collection = i.collection AND x.id = i.id "
    "JOIN flatsim.item_documents d ON d.key = x.key WHERE d.document IS NOT NULL"
)


def write(folder: Path, items: Sequence[dict[str, Any]], roles: Sequence[str] = ("data",)) -> Path:
    folder.mkdir(exist_ok=True)
    documents = {"collections": collections(list(roles))}
    for name in COLLECTIONS:
        documents[name] = [item for item in items if item["collection"] == name]
    for name, found in documents.items():
        (folder / f"{name}.ndjson").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in found))
    return folder


def by_pypgstac(dsn: str, items: Sequence[dict[str, Any]]) -> None:
    with PgstacDB(dsn=dsn) as database:
        loader = Loader(database)
        loader.load_collections(iter(collections(["data"])), insert_mode=Methods.upsert)
        loader.load_items(iter(copy.deepcopy(list(items))), insert_mode=Methods.upsert)


def rows(dsn: str, statement: str = CONTENT) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, options="-c search_path=pgstac,public") as connection:
        return connection.execute(statement.encode()).fetchall()


def changed(number: int) -> list[dict[str, Any]]:
    items = copy.deepcopy(ITEMS)
    items[number]["properties"]["title"] = "another"
    items[number]["properties"]["start_datetime"] = "1999-01-01T00:00:00Z"
    return items


def test_what_is_loaded_is_what_pypgstac_loads(
    database_dsn: str, make_database: Any, template_database: str, tmp_path: Path
) -> None:
    theirs = make_database(template_database)
    by_pypgstac(theirs, ITEMS)
    assert load(write(tmp_path, ITEMS), database_dsn) == Loaded(3, len(ITEMS), 0)
    assert rows(database_dsn) == rows(theirs)
    columns = "SELECT id, geometry, content, private FROM pgstac.items ORDER BY id"
    assert rows(database_dsn, columns) == rows(theirs, columns)
    stats = "SELECT collection, partition_dtrange::text, dtrange, edtrange FROM pgstac.partition_stats ORDER BY 1"
    assert rows(database_dsn, stats) == rows(theirs, stats)
    assert rows(database_dsn, DOCUMENTS) == [(len(ITEMS),)]


def test_unchanged_items_are_not_written_again(database_dsn: str, tmp_path: Path) -> None:
    load(write(tmp_path, ITEMS), database_dsn)
    before = rows(database_dsn, VERSIONS)
    assert load(tmp_path, database_dsn) == Loaded(3, 0, len(ITEMS))
    assert rows(database_dsn, VERSIONS) == before
    assert load(write(tmp_path, changed(7)), database_dsn) == Loaded(3, 1, len(ITEMS) - 1)
    assert len(set(rows(database_dsn, VERSIONS)) - set(before)) == 1
    assert rows(database_dsn, DOCUMENTS) == [(len(ITEMS),)]


def test_items_of_others_are_compared_whole_and_known_from_then_on(database_dsn: str, tmp_path: Path) -> None:
    by_pypgstac(database_dsn, changed(3))
    before = rows(database_dsn, VERSIONS)
    assert load(write(tmp_path, ITEMS), database_dsn) == Loaded(3, 1, len(ITEMS) - 1)
    assert len(set(rows(database_dsn, VERSIONS)) - set(before)) == 1
    assert rows(database_dsn, DOCUMENTS) == [(len(ITEMS),)]
    assert rows(database_dsn, "SELECT count(*) FROM flatsim.item_documents WHERE digest IS NULL") == [(0,)]


def test_a_change_by_others_is_seen(database_dsn: str, tmp_path: Path) -> None:
    load(write(tmp_path, ITEMS), database_dsn)
    expected = rows(database_dsn)
    by_pypgstac(database_dsn, changed(5))
    with psycopg.connect(database_dsn) as connection:
        connection.execute("DELETE FROM pgstac.items WHERE id = %s", (ITEMS[6]["id"],))
    assert rows(database_dsn) != expected
    assert load(tmp_path, database_dsn) == Loaded(3, 2, len(ITEMS) - 2)
    assert rows(database_dsn) == expected
    assert rows(database_dsn, DOCUMENTS) == [(len(ITEMS),)]


def test_another_template_leaves_items_as_they_were(database_dsn: str, tmp_path: Path) -> None:
    """Rows name the template that they were made with."""
    load(write(tmp_path, ITEMS), database_dsn)
    expected = rows(database_dsn)
    assert load(write(tmp_path, changed(0), roles=["other"]), database_dsn).changed == 1
    assert [row for row in rows(database_dsn) if row[1] != ITEMS[0]["id"]] == [
        row for row in expected if row[1] != ITEMS[0]["id"]
    ]
    load(write(tmp_path, ITEMS, roles=["third"]), database_dsn)
    assert rows(database_dsn) == expected


@pytest.mark.parametrize("step", ["year", "month"])
def test_items_move_between_partitions(step: str, database_dsn: str, tmp_path: Path) -> None:
    load(write(tmp_path, []), database_dsn)
    with psycopg.connect(database_dsn) as connection:
        connection.execute("UPDATE pgstac.collections SET partition_trunc = %s", (step,))
    assert load(write(tmp_path, ITEMS), database_dsn) == Loaded(3, len(ITEMS), 0)
    assert load(tmp_path, database_dsn) == Loaded(3, 0, len(ITEMS))
    before = rows(database_dsn, VERSIONS)
    assert load(write(tmp_path, changed(7)), database_dsn) == Loaded(3, 1, len(ITEMS) - 1)
    (moved,) = set(rows(database_dsn, VERSIONS)) - set(before)
    assert "1999" in moved[3]
    assert len(rows(database_dsn)) == len(ITEMS)
    by_pypgstac(database_dsn, varied_items(5, seed=9, first=100))
    assert len(rows(database_dsn)) == len(ITEMS) + 5


def test_a_partition_is_as_pgstac_makes_it(
    database_dsn: str, make_database: Any, template_database: str, tmp_path: Path
) -> None:
    theirs = make_database(template_database)
    by_pypgstac(theirs, ITEMS)
    by_pypgstac(database_dsn, [])  # collections get the same numbers
    load(write(tmp_path, ITEMS), database_dsn)
    facts = {
        "indexes": "SELECT tablename, regexp_replace(indexdef, 'INDEX .* ON', 'INDEX ON') FROM pg_indexes "
        "WHERE schemaname = 'pgstac' AND tablename LIKE '\\_items\\_%' ORDER BY 1, 2",
        "constraints": "SELECT c.relname, contype, convalidated, pg_get_constraintdef(k.oid) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid WHERE c.relname LIKE '\\_items\\_%' ORDER BY 1, 2, 4",
        "columns": "SELECT c.relname, attname, attnotnull, attcompression, attstorage, atttypid::regtype::text "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname LIKE '\\_items\\_%' "
        "AND c.relkind = 'r' AND attnum > 0 ORDER BY 1, attnum",
        "rights": "SELECT relname, relowner::regrole::text, relacl::text FROM pg_class "
        "WHERE relname LIKE '\\_items\\_%' AND relkind = 'r' ORDER BY 1",
        "triggers": "SELECT c.relname, p.proname, t.tgtype FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE c.relname LIKE '\\_items\\_%' ORDER BY 1, 2, 3",
        "due": "SELECT pgstac.maintain_partition_queries('items')",
    }
    for name, statement in facts.items():
        assert rows(database_dsn, statement) == rows(theirs, statement), name


def test_a_batch_is_seen_whole_and_its_fault_is_named(database_dsn: str, tmp_path: Path) -> None:
    items = [item for item in ITEMS if item["collection"] == COLLECTIONS[0]]
    load(write(tmp_path, []), database_dsn)
    with connect(database_dsn, Role.WRITE, autocommit=True) as connection:
        loader = loading.open_collection(connection, collections(["data"])[0])
        made = [create_row(item, b"d" * 16, loader.base) for item in items]
        object.__setattr__(made[4], "content", b'{"a": "\\u0000"}')
        with pytest.raises(DatabaseError, match=f"{COLLECTIONS[0]}: {made[4].id}: .*Unicode"):
            loader.write(connection, made)
    assert rows(database_dsn) == []


def test_two_loaders_of_the_same_items_agree(database_dsn: str, tmp_path: Path) -> None:
    write(tmp_path, ITEMS)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            load(tmp_path, database_dsn)
        except BaseException as error:  # noqa: BLE001 (told below)
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(rows(database_dsn)) == len(ITEMS)
    assert rows(database_dsn, DOCUMENTS) == [(len(ITEMS),)]


def test_a_reader_in_the_middle_does_not_stop_a_load(database_dsn: str, tmp_path: Path) -> None:
    """A transaction that has read a collection, and is still open, may wait for nothing that a batch holds."""
    load(write(tmp_path, ITEMS[:20]), database_dsn)
    with psycopg.connect(database_dsn) as reader:
        (before,) = reader.execute("SELECT count(*) FROM pgstac.items").fetchone() or (None,)
        with connect(database_dsn, Role.WRITE, autocommit=True) as connection:
            loader = loading.open_collection(connection, collections(["data"])[1])
            inside = [item for item in ITEMS[:20] if item["collection"] == COLLECTIONS[1]]
            some = [{**item, "id": f"{item['id']}_2"} for item in inside]
            assert loader.write(connection, [create_row(item, b"d" * 16, loader.base) for item in some]).changed
            reader.execute("SELECT count(*) FROM pgstac.items")
        assert before == 20


def test_a_vacuum_does_not_stop_a_load(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock that vacuum takes is waited for: autovacuum gives way to who waits, not to who tries for a moment."""
    monkeypatch.setattr(partitions, "TRIES", 2)
    load(write(tmp_path, ITEMS[:20]), database_dsn)
    names = [name for (name,) in rows(database_dsn, "SELECT partition FROM pgstac.partition_stats")]
    with psycopg.connect(database_dsn) as vacuum:
        for name in names:
            lock = sql.SQL("LOCK TABLE pgstac.{} IN SHARE UPDATE EXCLUSIVE MODE")
            vacuum.execute(lock.format(sql.Identifier(name)))
        ending = threading.Timer(1.5, vacuum.rollback)
        ending.start()
        loaded = load(write(tmp_path, changed(3)), database_dsn)
        ending.join()
    assert loaded.changed == len(ITEMS) - 19


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nonsense", "a line is not an item: 'nonsense'"),
        (b'{"id": "a"}', "a line is not an item"),
        (b'{"id": "a", "collection": "b"}', "item 'a' is of collection 'b'"),
        (
            orjson.dumps({"id": "a", "collection": COLLECTIONS[0], "geometry": None}),
            "a: None is not a time as STAC writes it",
        ),
    ],
)
def test_a_line_that_cannot_be_loaded_is_named(line: bytes, said: str, database_dsn: str, tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / f"{COLLECTIONS[0]}.ndjson").write_bytes(line + b"\n")
    with pytest.raises(SinkError) as raised:
        load(tmp_path, database_dsn)
    assert said in str(raised.value)
    assert f"{COLLECTIONS[0]}.ndjson" in str(raised.value)


def test_a_folder_without_a_catalogue_is_named(database_dsn: str, tmp_path: Path) -> None:
    with pytest.raises(TreeNotFound, match=r"collections\.ndjson: No such file"):
        load(tmp_path, database_dsn)


def test_a_database_without_migrations_is_named(empty_dsn: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="db migrate"):
        load(write(tmp_path, ITEMS), empty_dsn)
