"""Words of items and collections in the database: who writes them, and the index behind them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods

from catalog_builder.database import connect
from catalog_builder.local_postgres import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

COLLECTION = "flatsim-balkans-interferogram"
INDEX = "item_index_words"


def found(connection: Connection[Any], words: str) -> list[str]:
    rows = connection.execute(
        "SELECT item.id FROM flatsim.item_index AS item JOIN flatsim.item_shapes AS shape USING (key) "
        "WHERE shape.words @@ flatsim.term_query(%s, false, false) ORDER BY item.id",
        (words,),
    )
    return [identifier for (identifier,) in rows]


def plan(connection: Connection[Any], condition: str) -> str:
    rows = connection.execute(f"EXPLAIN SELECT key FROM flatsim.item_shapes AS shape WHERE {condition}".encode())
    return "\n".join(line for (line,) in rows)


def test_items_of_every_partition_are_in_the_index_those_to_come_too(
    loaded_dsn: str, load: Callable[..., None]
) -> None:
    with connect(loaded_dsn, autocommit=True) as connection:
        load(loaded_dsn, "flatsim-tarim-interferogram")
        # what pgstac does when it is told to tidy up
        connection.execute("SELECT pgstac.maintain_partitions(dropindexes => true)")
        connection.execute("SELECT pgstac.maintain_partitions(rebuildindexes => true)")
        assert found(connection, "A175") == sorted([f"pair-{n}" for n in (0, 2, 4, 6)] * 2)
        of_partitions = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'pgstac' AND indexdef ~ 'item_words'"
        ).fetchall()
        assert of_partitions == []


@pytest.mark.parametrize(
    "condition",
    [
        "shape.words @@ flatsim.term_query('A175', false, false)",
        f"shape.words @@ ('''d080'':* | ''in:{COLLECTION}''')::tsquery",
        "shape.words @@ '(''nsbas'' <-> ''int'') & !''a175'''::tsquery AND ST_IsValid(geometry)",
    ],
)
def test_the_index_serves_words(shared_dsn: str, condition: str) -> None:
    with connect(shared_dsn) as connection:
        connection.execute("SET enable_seqscan = off")
        chosen = plan(connection, condition)
    assert f"Bitmap Index Scan on {INDEX}" in chosen, chosen
    assert "Seq Scan" not in chosen


def test_words_of_an_item_follow_the_item(loaded_dsn: str) -> None:
    with connect(loaded_dsn, autocommit=True) as connection:
        row = connection.execute("SELECT pgstac.get_item('pair-0', %s)", (COLLECTION,)).fetchone()
        assert row is not None
        item = row[0]
        item["properties"]["title"] = "Éruption"
        connection.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(item),))
        assert found(connection, "eruptions") == ["pair-0"]


@pytest.mark.parametrize(
    "properties",
    [
        None, {}, [], "text", {"title": None}, {"title": 5}, {"title": ["a"]}, {"keywords": "sea"},
        {"keywords": [None]}, {"keywords": {"a": 1}}, {"description": "word " * 100_000}, {"title": "x" * 300_000},
        {"datetime": 5}, {"flatsim:track": "\u00e9" * 50_000}, {"keywords": [["nested"], {"a": "b"}]},
    ],
)  # fmt: skip
def test_no_item_is_too_odd_to_be_loaded(shared_dsn: str, properties: Any) -> None:
    with connect(shared_dsn) as connection:
        row = connection.execute(
            "SELECT flatsim.item_words('one_Item', %s, %s) @@ 'item'::tsquery",
            ("c" * 3000, Jsonb({"properties": properties})),
        ).fetchone()
    assert row == (True,)


def words_of(connection: Connection[Any], collection: str) -> tuple[bool, bool, bool] | None:
    """Whether a collection has two words, and whether its items inherit the second one."""
    row = connection.execute(
        "SELECT whole @@ 'deform'::tsquery, whole @@ 'volcano'::tsquery, shared @@ 'volcano'::tsquery "
        "FROM flatsim.collection_words WHERE collection = %s",
        (collection,),
    ).fetchone()
    return row and (row[0], row[1], row[2])


@pytest.mark.parametrize("role", ["flatsim_write", "pgstac_ingest", "pgstac_admin"])
def test_words_of_collections_follow_them_whoever_writes(loaded_dsn: str, role: str) -> None:
    with connect(loaded_dsn, autocommit=True) as connection, connect(loaded_dsn, autocommit=True) as writer:
        row = connection.execute("SELECT content FROM pgstac.collections").fetchone()
        assert row is not None
        document = row[0] | {"title": "Déformations", "description": "A volcano."}
        writer.execute(f"SET ROLE {role}".encode())
        writer.execute("SELECT pgstac.upsert_collection(%s)", (Jsonb(document),))
        assert words_of(connection, COLLECTION) == (True, True, False)
        other = copy.deepcopy(document) | {"id": "other", "title": "Pairs", "keywords": ["Volcano"]}
        writer.execute("SELECT pgstac.create_collection(%s)", (Jsonb(other),))
        assert words_of(connection, "other") == (False, True, True)
        connection.execute("SELECT pgstac.delete_collection('other')")
        assert words_of(connection, "other") is None


def test_the_plain_loader_works_as_before(loaded_dsn: str) -> None:
    """pypgstac as `pgstac_ingest`, which knows nothing of the schema of this project."""
    with connect(loaded_dsn) as connection:
        row = connection.execute("SELECT content FROM pgstac.collections").fetchone()
        rows = connection.execute("SELECT pgstac.get_item(id, collection) FROM pgstac.items").fetchall()
    assert row is not None
    plain = make_conninfo(loaded_dsn, options="-c role=pgstac_ingest -c search_path=pgstac,public")
    with PgstacDB(dsn=plain) as database:
        loader = Loader(database)
        loader.load_collections(iter([row[0] | {"title": "Volcano"}]), insert_mode=Methods.upsert)
        loader.load_items(iter(item for (item,) in rows), insert_mode=Methods.upsert)
    with connect(loaded_dsn) as connection:
        assert words_of(connection, COLLECTION) == (False, True, True)
        assert len(found(connection, "NSBAS_INT-PKG")) == len(rows)


def test_readers_see_the_words_and_write_none(shared_dsn: str) -> None:
    with connect(shared_dsn, Role.READ) as connection:
        assert words_of(connection, COLLECTION) == (False, False, False)
        with pytest.raises(Exception, match=r"permission denied|read-only"):
            connection.execute("DELETE FROM flatsim.collection_words")
