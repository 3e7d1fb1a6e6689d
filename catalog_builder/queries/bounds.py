"""Statements on `flatsim.item_bounds`: what the items of a collection lie within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection


def note_written(connection: Connection[Any], collection_id: str) -> None:
    """Say that the running transaction writes items of a collection; else the first row that it writes says so."""
    connection.execute("SELECT flatsim.note_written(%s)", (collection_id,))


def are_known(connection: Connection[Any], collection_id: str) -> bool:
    """Whether a collection has bounds, and nobody has written to it since they were found."""
    found = connection.execute(
        "SELECT bool_and(bounds IS NOT NULL) FROM flatsim.item_bounds WHERE collection = %s", (collection_id,)
    ).fetchone()
    return bool(found and found[0])


def put(connection: Connection[Any], collection_id: str, bounds: dict[str, Any]) -> None:
    """Put bounds in the place of all that is said of a collection, but for what others are about to change.

    Args:
        connection: in the transaction that has looked through the items, which sees one state of the database.
        collection_id: whose items.
        bounds: as `vocab.item_bounds` has them.
    """
    connection.execute(
        "DELETE FROM flatsim.item_bounds WHERE id IN "
        "(SELECT id FROM flatsim.item_bounds WHERE collection = %s FOR UPDATE SKIP LOCKED)",
        (collection_id,),
    )
    connection.execute(
        "INSERT INTO flatsim.item_bounds (collection, bounds) VALUES (%s, %s)", (collection_id, Jsonb(bounds))
    )


def forget_lost(connection: Connection[Any]) -> None:
    """Delete what is said of collections that are not there, unless others are about to change it."""
    connection.execute(
        "DELETE FROM flatsim.item_bounds WHERE id IN (SELECT b.id FROM flatsim.item_bounds b WHERE NOT EXISTS "
        "(SELECT FROM pgstac.collections c WHERE c.id = b.collection) AND NOT EXISTS "
        "(SELECT FROM pgstac.items i WHERE i.collection = b.collection) FOR UPDATE OF b SKIP LOCKED)"
    )


def indexed_properties(connection: Connection[Any]) -> list[tuple[str, str]]:
    """SQL that reads each property which has an index of its own in order, and the pgstac function around it."""
    return connection.execute(
        "SELECT DISTINCT ON (q.name) found.expression, found.wrapper "
        "FROM pgstac.queryables q CROSS JOIN LATERAL pgstac.queryable(q.name) found "
        "WHERE q.property_index_type = 'BTREE' ORDER BY q.name, q.collection_ids NULLS FIRST"
    ).fetchall()


def columns(connection: Connection[Any], collection_id: str) -> dict[str, Any] | None:
    """Of a collection's items the least and greatest id, start and end, and the box; None where there are none."""
    with connection.cursor() as cursor:
        row = cursor.execute(
            """
            SELECT first, last, start, latest_start, earliest_end, ending,
                ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
            FROM (
                SELECT min(id COLLATE "C"), max(id COLLATE "C"), min(datetime), max(datetime),
                    min(end_datetime), max(end_datetime), ST_Extent(geometry)
                FROM pgstac.items WHERE collection = %s
            ) AS found (first, last, start, latest_start, earliest_end, ending, box)
            """,
            (collection_id,),
        ).fetchone()
    if row is None or row[0] is None:
        return None
    box = list(row[6:])
    return {"id": row[0:2], "datetime": row[2:4], "end_datetime": row[4:6], "box": None if None in box else box}


def value_range(connection: Connection[Any], collection_id: str, expression: str) -> tuple[Any, Any]:
    """Least and greatest value; both None where no item has one.

    Args:
        connection: to ask.
        collection_id: whose items.
        expression: as pgstac has it; an index of it is there.
    """
    text = sql.SQL("SELECT min({0}), max({0}) FROM pgstac.items WHERE collection = %s")
    found = connection.execute(text.format(sql.SQL(expression)), (collection_id,)).fetchone()
    assert found is not None  # noqa: S101  an aggregate answers
    return found[0], found[1]


def values(connection: Connection[Any], collection_id: str, expression: str, at_most: int) -> Sequence[str | int]:
    """Different values in order, found along the index one by one, up to a number."""
    text = sql.SQL(
        """
        WITH RECURSIVE seen (value, number) AS (
            (SELECT {0}, 1 FROM pgstac.items WHERE collection = %(id)s AND {0} IS NOT NULL ORDER BY {0} LIMIT 1)
            UNION ALL
            SELECT (
                SELECT {0} FROM pgstac.items WHERE collection = %(id)s AND {0} > seen.value ORDER BY {0} LIMIT 1
            ), number + 1
            FROM seen WHERE value IS NOT NULL AND number < %(most)s
        ) SELECT value FROM seen WHERE value IS NOT NULL
        """
    ).format(sql.SQL(expression))
    return [value for (value,) in connection.execute(text, {"id": collection_id, "most": at_most})]
