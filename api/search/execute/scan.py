"""The items of a search from the first to the last, some at a time.

The order is read ahead for many items at a time, and only their keys: an order that no index has is then made a few
times instead of once for every page. The items themselves follow by their ids. No session is held while the client
reads, so that a slow client delays no other; what changes meanwhile shows as it does between pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.search.compile.page_statements import items_statement, keys_statement, read_sort_values, remaining_stretches
from api.search.compile.query import Cursor
from api.search.execute.hydration import hydrate_items

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from asyncpg import Connection

    from api.search.compile.query import CompiledQuery, KeysetValues
    from api.search.execute.catalogue import CatalogueCache

KEYS_AT_ONCE: Final = 20_000
ITEMS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class ItemScan:
    """The items of a search.

    Attributes:
        query: Which, and in which order.
        start: Where to begin; None is the beginning.
        at_most: How many; None is all.
        cache: Cache of what items are hydrated with.
    """

    query: CompiledQuery
    start: Cursor | None
    at_most: int | None
    cache: CatalogueCache

    async def batches(
        self, connect: Callable[[], AbstractAsyncContextManager[Connection]]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The items, some at a time; those that are deleted while they wait for their turn are left out.

        Args:
            connect: Gives a session, which is given back before the items are.
        """
        cursor, left = self.start, self.at_most
        while left is None or left > 0:
            wanted = KEYS_AT_ONCE if left is None else min(KEYS_AT_ONCE, left)
            async with connect() as connection:
                places = await self._places(cursor, wanted, connection)
            for first in range(0, len(places), ITEMS_AT_ONCE):
                some = places[first : first + ITEMS_AT_ONCE]
                async with connect() as connection:
                    items = await self._items(some, connection)
                yield items
            if len(places) < wanted:
                return
            cursor, left = Cursor(places[-1], backwards=False), None if left is None else left - wanted

    async def _places(self, cursor: Cursor | None, wanted: int, connection: Connection) -> list[KeysetValues]:
        places: list[KeysetValues] = []
        for stretch in remaining_stretches(self.query, cursor):
            statement = keys_statement(self.query, stretch, wanted - len(places))
            places += [read_sort_values(row) for row in await connection.fetch(statement.text, *statement.values)]
            if len(places) >= wanted:
                break
        return places

    async def _items(self, places: list[KeysetValues], connection: Connection) -> list[dict[str, Any]]:
        names = [key.property.name for key in self.query.keys]
        collection, identifier = names.index("collection"), names.index("id")
        wanted = [(place[collection], place[identifier]) for place in places]
        statement = items_statement(wanted)
        rows = {
            (row["collection"], row["id"]): row for row in await connection.fetch(statement.text, *statement.values)
        }
        return await hydrate_items([rows[name] for name in wanted if name in rows], connection, self.cache)
