"""Statements on `flatsim.item_documents`: items as prerendered JSON, by key of their rows in `flatsim.item_index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_builder.derived.item_documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Connection


def copy_documents(connection: Connection[Any], lines: Iterable[bytes]) -> None:
    """Write documents of items whose rows the running transaction made; `lines` is a stream of COPY in binary."""
    statement = "COPY flatsim.item_documents (key, format, digest, document) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for some in lines:
            copy.write(some)


def put_documents(
    connection: Connection[Any], rows: Sequence[tuple[int, bytes | None]], digests: Sequence[bytes] | None = None
) -> None:
    """Write documents of items that others have written. Those whose item has changed since are left out.

    Args:
        connection: Of a loader.
        rows: Key of an item's row and the document made of that state of it.
        digests: Of the items as they were loaded, where they are known.
    """
    keys, documents = ([row[column] for row in rows] for column in range(2))
    connection.execute(
        """
        INSERT INTO flatsim.item_documents (key, format, digest, document)
        SELECT made.key, %s, made.digest, made.document
        FROM unnest(%b::int8[], %b::bytea[], %b::bytea[]) AS made (key, digest, document)
        WHERE EXISTS (SELECT FROM flatsim.item_index i WHERE i.key = made.key)
        ON CONFLICT (key) DO UPDATE SET
            format = excluded.format, document = excluded.document,
            digest = coalesce(excluded.digest, item_documents.digest)
        """,
        (FORMAT, keys, list(digests) if digests else [None] * len(keys), documents),
    )


def prefer_indexes(connection: Connection[Any]) -> None:
    """Plan this session's statements for large tables, whatever the statistics say: they may be of an empty one."""
    connection.execute("SET enable_seqscan = off")


def keys_after(connection: Connection[Any], key: int, at_most: int) -> list[tuple[int, str, str]]:
    """Key, collection and id of the rows of some items, in the order of the keys, beyond one of them."""
    return connection.execute(
        "SELECT key, collection, id FROM flatsim.item_index WHERE key > %s ORDER BY key LIMIT %s", (key, at_most)
    ).fetchall()


def documented_keys(connection: Connection[Any], keys: Sequence[int]) -> set[int]:
    """Those of some keys that have a document of today's format."""
    found = connection.execute(
        "SELECT key FROM flatsim.item_documents WHERE key = ANY(%s) AND format = %s", (list(keys), FORMAT)
    )
    return {key for (key,) in found}


def stored_items(
    connection: Connection[Any], collection_id: str, ids: Sequence[str]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Id, geometry as GeoJSON text, and content of some items of a collection."""
    return connection.execute(
        "SELECT id, ST_AsGeoJSON(geometry, 20), content FROM pgstac.items WHERE collection = %s AND id = ANY(%s)",
        (collection_id, list(ids)),
    ).fetchall()


def item_template(connection: Connection[Any], collection_id: str, number: int | None) -> dict[str, Any] | None:
    """What pgstac has taken out of items of a collection; the collection's own where that number is not known."""
    found = connection.execute(
        "SELECT coalesce(pgstac.collection_base_item(%s, %s), pgstac.collection_base_item(%s))",
        (collection_id, number, collection_id),
    ).fetchone()
    return found[0] if found else None


def delete_stray_documents(connection: Connection[Any]) -> int:
    """Delete documents of states of items that are gone; how many there were."""
    found = connection.execute(
        "DELETE FROM flatsim.item_documents d WHERE NOT EXISTS (SELECT FROM flatsim.item_index i WHERE i.key = d.key)"
    )
    return found.rowcount
