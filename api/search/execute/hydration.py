"""Rows of pgstac's table as items.

pgstac keeps an item without what it has in common with the `item_assets` of its collection; that is put back here, in
native code. Items share those parts with each other afterwards: they are for reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_builder.derived.item_documents import TEMPLATE, hydrated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncpg import Connection, Record

    from api.search.execute.catalogue import CatalogueCache


Ready = bytes
"""An item as text, with marks where addresses go; see `catalog_builder.derived.item_documents`."""


async def hydrate_items(rows: Iterable[Record], connection: Connection, cache: CatalogueCache) -> list[dict[str, Any]]:
    """The items that rows hold; a geometry is a piece of ready JSON.

    Args:
        rows: With partition, id, collection, geometry and content.
        connection: To read templates that are not yet known.
        cache: Keeps them.
    """
    return [await _item_of(row, connection, cache) for row in rows]


async def load_documents(
    rows: Iterable[Record], connection: Connection, cache: CatalogueCache
) -> list[Ready | dict[str, Any]]:
    """The prerendered documents of rows, or the hydrated items where there are none.

    Args:
        rows: The same with document, and the others null where there is one.
        connection: To read templates that are not yet known.
        cache: Keeps them.
    """
    return [row["document"] or await _item_of(row, connection, cache) for row in rows]


async def _item_of(row: Record, connection: Connection, cache: CatalogueCache) -> dict[str, Any]:
    content, collection = row["content"], row["collection"]
    template = await cache.template(connection, row["partition"], collection, content.get(TEMPLATE))
    return hydrated(row["id"], collection, row["geometry"], content, template)
