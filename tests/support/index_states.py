"""What `flatsim.item_index` has to be, held against the items themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_builder.database import connect
from catalog_builder.queries import item_index

if TYPE_CHECKING:
    from psycopg import Connection


def differences(connection: Connection[Any]) -> list[Any]:
    """All that differs between the index and the items, of every collection, and what belongs to no row."""
    found: list[Any] = []
    for collection in item_index.indexed_collections(connection):
        found += item_index.index_differences(connection, collection)
    for table in ("item_shapes", "item_documents"):
        stray = connection.execute(
            f"SELECT key FROM flatsim.{table} AS t WHERE NOT EXISTS "
            "(SELECT FROM flatsim.item_index AS i WHERE i.key = t.key)"
        )
        found += [(table, key) for (key,) in stray]
    return found


def differences_of(dsn: str) -> list[Any]:
    """The same of the database of an owner's DSN."""
    with connect(dsn, autocommit=True) as connection:
        return differences(connection)
