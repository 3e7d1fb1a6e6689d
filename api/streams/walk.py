"""The items of a search from the first to the last, some at a time.

The order is read ahead for many items at a time, and only their keys: an order that no index has is then made a few
times instead of once for every page. The items themselves follow by their ids. No session is kept while the client
reads, so that a slow one holds up nobody; what changes meanwhile shows as it does between pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.queries.pages import Turn, items_statement, places_statements
from api.search.hydration import items_of
from api.search.places import place_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from asyncpg import Connection

    from api.queries.pages import Place, Selection
    from api.search.catalogue import CatalogueCache

KEYS_AT_ONCE: Final = 20_000
ITEMS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Walk:
    """The items of a search.

    Attributes:
        selection: Which, and in which order.
        start: Where to begin; None is the beginning.
        at_most: How many; None is all.
        cache: Keeps what items are put together from.
    """

    selection: Selection
    start: Turn | None
    at_most: int | None
    cache: CatalogueCache

    async def batches(
        self, connect: Callable[[], AbstractAsyncContextManager[Connection]]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The items, some at a time; those that are deleted while they wait for their turn are left out.

        Args:
            connect: Gives a session, which is given back before the items are.
        """
        turn, left = self.start, self.at_most
        while left is None or left > 0:
            wanted = KEYS_AT_ONCE if left is None else min(KEYS_AT_ONCE, left)
            async with connect() as connection:
                places = await self._places(turn, wanted, connection)
            for first in range(0, len(places), ITEMS_AT_ONCE):
                some = places[first : first + ITEMS_AT_ONCE]
                async with connect() as connection:
                    items = await self._items(some, connection)
                yield items
            if len(places) < wanted:
                return
            turn, left = Turn(places[-1], backwards=False), None if left is None else left - wanted

    async def _places(self, turn: Turn | None, wanted: int, connection: Connection) -> list[Place]:
        found: list[Place] = []
        for statement in places_statements(self.selection, turn, wanted):
            found += [place_of(row) for row in await connection.fetch(statement.text, *statement.values)]
            if len(found) >= wanted:
                break
        return found[:wanted]

    async def _items(self, places: list[Place], connection: Connection) -> list[dict[str, Any]]:
        names = [key.property.name for key in self.selection.keys]
        collection, identifier = names.index("collection"), names.index("id")
        wanted = [(place[collection], place[identifier]) for place in places]
        statement = items_statement(wanted)
        rows = {
            (row["collection"], row["id"]): row for row in await connection.fetch(statement.text, *statement.values)
        }
        return await items_of([rows[name] for name in wanted if name in rows], connection, self.cache)
