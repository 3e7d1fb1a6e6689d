"""Statements on `flatsim.item_index`: its columns, the function that fills them, and their upkeep."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from catalog_builder.derived.item_index import MAX_SPREAD, OWN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection

    from catalog_builder.derived.item_index import IndexColumn

_TIME_INDEX: Final = "item_index_times"
_MAX_IDENTIFIER_BYTES: Final = 63


def queryable_readers(connection: Connection[Any]) -> list[tuple[str, str, str, Any]]:
    """Of each property in pgstac's queryables: name, SQL of its JSON, pgstac's function around it, JSON Schema."""
    return connection.execute(
        "SELECT DISTINCT ON (q.name) q.name, read.path, read.wrapper, q.definition "
        "FROM pgstac.queryables q CROSS JOIN LATERAL pgstac.queryable(q.name) read "
        "WHERE read.wrapper IS NOT NULL ORDER BY q.name, q.collection_ids NULLS FIRST"
    ).fetchall()


def index_columns(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """Rows of `flatsim.index_columns`: name, kind, source, whether it is a time of acquisition."""
    return connection.execute("SELECT name, kind, source, is_acquisition FROM flatsim.index_columns").fetchall()


def property_columns(connection: Connection[Any]) -> list[str]:
    """Names of the columns of properties that the table has, in its order."""
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'flatsim.item_index'::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attname <> ALL(%s) ORDER BY attnum",
        (list(OWN_COLUMNS),),
    )
    return [name for (name,) in found]


def record_index_column(connection: Connection[Any], column: IndexColumn) -> None:
    """Let the service use a column."""
    connection.execute(
        "INSERT INTO flatsim.index_columns (name, kind, source, is_acquisition) VALUES (%s, %s, %s, %s)",
        (column.name, column.kind, column.source, column.is_acquisition),
    )


def forget_index_columns(connection: Connection[Any], names: Sequence[str]) -> None:
    """Have the service read these properties from the items again."""
    connection.execute("DELETE FROM flatsim.index_columns WHERE name = ANY(%s)", (list(names),))


def add_index_column(connection: Connection[Any], name: str, type_name: str) -> None:
    """Add an empty column."""
    statement = sql.SQL("ALTER TABLE flatsim.item_index ADD COLUMN {} {}")
    connection.execute(statement.format(sql.Identifier(name), sql.SQL(type_name)))


def drop_index_column(connection: Connection[Any], name: str) -> None:
    """Drop a column and its indexes."""
    connection.execute(sql.SQL("ALTER TABLE flatsim.item_index DROP COLUMN {}").format(sql.Identifier(name)))


def create_facts_function(connection: Connection[Any], sources: Mapping[str, IndexColumn]) -> None:
    """Replace the function that makes the row of an item.

    Args:
        connection: of the owner.
        sources: how the columns of properties are filled; those of the table that are not named are null.
    """
    columns = [sources.get(name) for name in property_columns(connection)]
    times = ["start_datetime", "end_datetime", *(one.name for one in columns if one and one.is_acquisition)]
    distances = ", ".join(f"abs(extract(epoch FROM facts.{_quote(name)} - facts._nominal))" for name in times)
    limits = ", ".join(str(1 << exponent) for exponent in range(MAX_SPREAD))
    quick = "".join(f", {one.quick_source_of_own if one else 'NULL'}" for one in columns)
    safe = "".join(f", {one.source_of_own if one else 'NULL'}" for one in columns)
    body = f"""
        DECLARE
            own jsonb := content->'properties';
            first timestamptz := flatsim.to_range(datetime);
            last timestamptz := flatsim.to_range(end_datetime);
            moment timestamptz := flatsim.to_time(own->'datetime');
            facts flatsim.item_index;
        BEGIN
            BEGIN
                SELECT key, collection, id, first, last, moment, coalesce(moment, first), 0{quick} INTO facts;
            EXCEPTION WHEN data_exception THEN
                SELECT key, collection, id, first, last, moment, coalesce(moment, first), 0{safe} INTO facts;
            END;
            facts._spread := width_bucket((greatest({distances}) / 86400)::float8, ARRAY[{limits}]::float8[]);
            RETURN facts;
        END
    """
    connection.execute(
        sql.SQL(
            "CREATE OR REPLACE FUNCTION flatsim.item_facts(key int8, id text, collection text, datetime timestamptz, "
            "end_datetime timestamptz, content jsonb) RETURNS flatsim.item_index LANGUAGE plpgsql STABLE AS {}"
        ).format(sql.Literal(body))
    )


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def has_index_rows(connection: Connection[Any]) -> bool:
    """Whether the table has any row."""
    return connection.execute("SELECT FROM flatsim.item_index LIMIT 1").fetchone() is not None


def fill_index(connection: Connection[Any]) -> None:
    """Make the row of every item; who writes has to wait until the transaction ends."""
    connection.execute("LOCK TABLE pgstac.items IN SHARE MODE")
    connection.execute(
        "SELECT count(made) FROM pg_partition_tree('pgstac.items') AS part "
        "CROSS JOIN LATERAL flatsim.index_items(part.relid, NULL) AS made WHERE part.isleaf"
    )


def refill_columns(connection: Connection[Any], names: Sequence[str]) -> None:
    """Give rows the values of some columns that they lack. Who writes meanwhile writes them himself."""
    columns = [*names, "_spread"]
    statement = sql.SQL(
        "UPDATE flatsim.item_index AS row SET ({names}) = ROW({values}) "
        "FROM pgstac.items AS p CROSS JOIN LATERAL "
        "flatsim.item_facts(0, p.id, p.collection, p.datetime, p.end_datetime, p.content) AS facts "
        "WHERE row.collection = %(collection)s AND p.collection = %(collection)s AND p.id = row.id "
        "AND ROW({present}) IS DISTINCT FROM ROW({values})"
    ).format(
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(sql.Identifier("facts", name) for name in columns),
        present=sql.SQL(", ").join(sql.Identifier("row", name) for name in columns),
    )
    for (collection,) in connection.execute("SELECT id FROM pgstac.collections ORDER BY id").fetchall():
        connection.execute(statement, {"collection": collection})


def drop_broken_indexes(connection: Connection[Any]) -> None:
    """Drop indexes of the table that were not completed."""
    broken = connection.execute(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = 'flatsim.item_index'::regclass AND NOT i.indisvalid"
    ).fetchall()
    for (name,) in broken:
        connection.execute(sql.SQL("DROP INDEX flatsim.{}").format(sql.Identifier(name)))


def create_column_index(connection: Connection[Any], column: str, included: Sequence[str], *, is_list: bool) -> None:
    """Make the index by which items are found and sorted by a column, unless it is there. Writers go on meanwhile.

    Args:
        connection: of the owner, in no transaction.
        column: which.
        included: columns that the index holds too.
        is_list: whether its values are lists.
    """
    name = f"item_index {column}"
    if len(name.encode()) > _MAX_IDENTIFIER_BYTES:
        name = f"item_index {md5(column.encode(), usedforsecurity=False).hexdigest()}"
    if _has_index(connection, name):
        return
    statement = sql.SQL(
        "CREATE INDEX CONCURRENTLY {name} ON flatsim.item_index USING gin ({column})"
        if is_list
        else "CREATE INDEX CONCURRENTLY {name} ON flatsim.item_index ({column}, _nominal{included}) "
        "WHERE {column} IS NOT NULL"
    )
    # as keys and not as INCLUDE: conditions on them are then decided in the index
    more = sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(name)) for name in included)
    connection.execute(statement.format(name=sql.Identifier(name), column=sql.Identifier(column), included=more))


def create_time_index(connection: Connection[Any], acquisitions: Sequence[str]) -> None:
    """Make the index of items by how far their times spread, unless it is there; it holds all their times."""
    if _has_index(connection, _TIME_INDEX):
        return
    columns = ["start_datetime", "end_datetime", *acquisitions]
    connection.execute(
        sql.SQL("CREATE INDEX CONCURRENTLY {} ON flatsim.item_index (_spread, _nominal, {})").format(
            sql.Identifier(_TIME_INDEX), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
    )


def _has_index(connection: Connection[Any], name: str) -> bool:
    found = connection.execute(
        "SELECT FROM pg_indexes WHERE schemaname = 'flatsim' AND indexname = %s", (name,)
    ).fetchone()
    return found is not None


def analyse_index(connection: Connection[Any]) -> None:
    """Let the planner know what the tables hold."""
    connection.execute("ANALYZE flatsim.item_index, flatsim.item_shapes")


def index_differences(connection: Connection[Any], collection_id: str) -> list[tuple[str, str | None, list[int]]]:
    """Items of a collection whose row is missing or differs, and rows without an item.

    Of items of one id in several partitions one has the row, whichever it is.

    Returns:
        Of each the id, the partition that the item is in (None where there is no item), and the keys of its rows.
    """
    return connection.execute(
        """
        WITH rows AS (
            SELECT i.id, array_agg(i.key) AS keys, max(i.key) AS key FROM flatsim.item_index AS i
            WHERE i.collection = %(collection)s GROUP BY i.id
        ), items AS (
            SELECT p.tableoid::regclass::text AS partition, p.* FROM pgstac.items AS p
            WHERE p.collection = %(collection)s
        )
        SELECT id, partition, keys FROM (
            SELECT coalesce(items.id, rows.id) AS id, items.partition, coalesce(rows.keys, '{}') AS keys,
                bool_and(
                    items.id IS NULL OR rows.id IS NULL OR s.key IS NULL OR cardinality(rows.keys) > 1
                    OR i IS DISTINCT FROM flatsim.item_facts(
                        i.key, items.id, items.collection, items.datetime, items.end_datetime, items.content
                    )
                    OR ST_AsEWKB(s.geometry) <> ST_AsEWKB(items.geometry)
                    OR s.words <> flatsim.item_words(items.id, items.collection, items.content)
                ) OVER (PARTITION BY coalesce(items.id, rows.id)) AS differs
            FROM items FULL JOIN rows ON rows.id = items.id
            LEFT JOIN flatsim.item_index AS i ON i.key = rows.key
            LEFT JOIN flatsim.item_shapes AS s ON s.key = rows.key
        ) AS compared WHERE differs
        """,
        {"collection": collection_id},
    ).fetchall()


def indexed_collections(connection: Connection[Any]) -> list[str]:
    """Ids of all collections, and of those that only the index knows."""
    found = connection.execute(
        "SELECT id FROM pgstac.collections UNION SELECT collection FROM flatsim.item_index ORDER BY 1"
    )
    return [name for (name,) in found]


def remove_rows(connection: Connection[Any], keys: Sequence[int]) -> None:
    """Remove rows of the index and what belongs to them."""
    connection.execute("SELECT flatsim.remove_from_index(%s)", (list(keys),))


def index_again(connection: Connection[Any], partition: str, ids: Sequence[str]) -> None:
    """Make the rows of some items again; no one changes those items until the transaction ends."""
    table = sql.SQL(partition)
    connection.execute(sql.SQL("SELECT FROM {} WHERE id = ANY(%s) FOR SHARE").format(table), (list(ids),))
    connection.execute("SELECT count(made) FROM flatsim.index_items(%s::regclass, %s) AS made", (partition, list(ids)))
