"""Searches that look only into the collections that can hold what they ask for.

What items lie within is read once and believed until the end of a search shows that it has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api import queries
from api.search.bounds import Bounds, possible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncpg import Connection

    from api.queries.pages import Selection
    from api.search.bounds import Test
    from api.search.model import Search
    from api.search.properties import PropertyTable

    T = TypeVar("T")

FEW: Final = 16
"""Tables for which a plan of their own is quicker made than the one kept for all of them is begun."""
_TRIES: Final = 2


@dataclass(slots=True)
class BoundsCache:
    """What the items of each collection lie within, in one state of the database."""

    _state: str | None = None
    _found: tuple[Bounds, ...] = ()

    async def read(self, connection: Connection) -> tuple[str, tuple[Bounds, ...]]:
        """The bounds and the state they are of, which may have passed."""
        if self._state is None:
            state, rows = await queries.item_bounds(connection)
            self._state, self._found = state, tuple(Bounds.read(*row) for row in rows)
        return self._state, self._found

    def forget(self) -> None:
        """Have the bounds read anew."""
        self._state = None


async def narrowed(
    search: Search,
    selection: Selection,
    properties: PropertyTable,
    connection: Any,
    *,
    cache: BoundsCache,
    run: Callable[[Selection], Awaitable[T]],
) -> T:
    """Carry a search out in the collections that can hold what it asks for.

    Bounds are never narrower than the items of any moment up to the one at which the state they are of is found
    unchanged. So what was read before that moment lacks nothing.

    Args:
        search: What is asked for.
        selection: The same in SQL.
        properties: How properties are read.
        connection: The `api.database.Session` that all is asked of.
        cache: Keeps the bounds.
        run: Reads what is wanted of a selection: the one given, or the part of it that some collections hold.
    """
    test = possible(search, properties) if len(search.collections) != 1 else None
    for _ in range(_TRIES if test else 0):
        state, bounds = await cache.read(connection)
        names = _possible(test, bounds, search.collections)
        if len(names) > FEW or len(names) == len(search.collections) > 0:
            break
        await connection.plan_with(values=True)
        found = await run(selection.within(names))
        if await queries.item_bounds_state(connection) == state:
            return found
        cache.forget()
    await connection.plan_with(values=bool(search.collections))
    return await run(selection)


def _possible(test: Test | None, bounds: tuple[Bounds, ...], wanted: tuple[str, ...]) -> list[str]:
    """Those of the collections wanted, or of all, that pass a test with any of their bounds."""
    names = {each.collection for each in bounds if test is None or test(each)}
    return sorted(names & set(wanted) if wanted else names)
