"""Rows of pgstac's table as items.

pgstac keeps an item without what it has in common with the `item_assets` of its collection; that is put back here, in
native code. Items share those parts with each other afterwards: they are for reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from hydraters import hydrate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncpg import Connection, Record

    from api.search.catalogue import CatalogueCache

_TEMPLATE: Final = "pgstac:base_item"


async def items_of(rows: Iterable[Record], connection: Connection, cache: CatalogueCache) -> list[dict[str, Any]]:
    """The items that rows hold; a geometry is a piece of ready JSON.

    Args:
        rows: With partition, id, collection, geometry and content.
        connection: To read templates that are not yet known.
        cache: Keeps them.
    """
    items = []
    for row in rows:
        content: dict[str, Any] = row["content"]
        number = content.pop(_TEMPLATE, None)
        template = await cache.template(connection, row["partition"], row["collection"], number)
        item = {
            "id": row["id"],
            "type": "Feature",
            "collection": row["collection"],
            "geometry": orjson.Fragment(row["geometry"]),
            **content,
        }
        items.append(hydrate(template, item, strip_unmatched_markers=True))
    return items
