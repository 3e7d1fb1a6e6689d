"""Statements on `flatsim.item_documents`: items as ready text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_builder.derived.item_documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection


def write_documents(connection: Connection[Any], collection_id: str, rows: Sequence[tuple[str, bytes | None]]) -> None:
    """Write documents of items which the running transaction has written itself, outside of any savepoint.

    Args:
        connection: In the transaction that wrote the items.
        collection_id: Their collection.
        rows: Id of an item, and what `vocab.item_documents.marked_document` makes of it.
    """
    _put_documents(connection, collection_id, [(name, None, document) for name, document in rows])


def renew_documents(
    connection: Connection[Any], collection_id: str, rows: Sequence[tuple[str, str | None, bytes | None]]
) -> None:
    """Write documents of items that others have written; later ones of theirs are left alone.

    Args:
        connection: Of a loader.
        collection_id: Their collection.
        rows: Id and row version of an item as they were read together, and the document made of it.
    """
    _put_documents(connection, collection_id, rows)


def _put_documents(
    connection: Connection[Any], collection_id: str, rows: Sequence[tuple[str, str | None, bytes | None]]
) -> None:
    connection.execute(
        """
        INSERT INTO flatsim.item_documents AS present (collection, id, row_version, origin, format, document)
        SELECT %s, id, coalesce(version::xid, pg_current_xact_id()::xid), (SELECT flatsim.database_origin()), %s,
            document
        FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made (id, version, document)
        ON CONFLICT (collection, id) DO UPDATE SET
            row_version = excluded.row_version, origin = excluded.origin, format = excluded.format,
            document = excluded.document, digest = excluded.digest
        WHERE (present.origin, present.format) <> (excluded.origin, excluded.format)
            OR age(present.row_version) >= age(excluded.row_version)
        """,
        (collection_id, FORMAT, *([row[column] for row in rows] for column in range(3))),
    )


def undocumented_items(
    connection: Connection[Any], collection_id: str, at_once: int
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Id, row version, geometry and content of each item without a document that counts.

    Args:
        connection: In a transaction, which must outlast the rows.
        collection_id: Their collection.
        at_once: Rows held in memory.
    """
    with connection.cursor(name="undocumented_items") as cursor:
        cursor.itersize = at_once
        cursor.execute(
            """
            SELECT i.id, i.xmin::text, ST_AsGeoJSON(i.geometry, 20), i.content FROM pgstac.items i
            WHERE i.collection = %s AND NOT EXISTS (
                SELECT FROM flatsim.item_documents d
                WHERE d.collection = i.collection AND d.id = i.id AND d.row_version = i.xmin AND d.format = %s
                    AND d.origin = (SELECT flatsim.database_origin())
            )
            """,
            (collection_id, FORMAT),
        )
        yield from cursor


def item_template(connection: Connection[Any], collection_id: str, number: int | None) -> dict[str, Any] | None:
    """What pgstac has taken out of items of a collection; the collection's own where that number is not known."""
    found = connection.execute(
        "SELECT coalesce(pgstac.collection_base_item(%s, %s), pgstac.collection_base_item(%s))",
        (collection_id, number, collection_id),
    ).fetchone()
    return found[0] if found else None


def forget_lost_documents(connection: Connection[Any]) -> int:
    """Delete documents whose items are not there; how many there were."""
    found = connection.execute(
        "DELETE FROM flatsim.item_documents d WHERE NOT EXISTS "
        "(SELECT FROM pgstac.items i WHERE i.collection = d.collection AND i.id = d.id)"
    )
    return found.rowcount
