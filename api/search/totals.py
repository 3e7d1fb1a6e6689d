"""How many items match: counted as long as that is cheap, else estimated, and then said so."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from api.queries.pages import count_statement, estimate_statement, snapshot_now

if TYPE_CHECKING:
    from asyncpg import Connection

    from api.queries.pages import Selection


_KEPT: Final = 2000
"""Searches whose totals are kept."""


@dataclass(frozen=True, slots=True)
class Total:
    """A number of items; an estimate is the planner's, from its statistics."""

    matched: int
    is_estimate: bool = False


@dataclass(slots=True)
class TotalsCache:
    """Totals that were counted, each with the state of the database that it is of.

    PostgreSQL tells which transactions a statement sees. As long as that is the same, nothing has changed anywhere, and
    a total is as good as counted again. A standby server does not tell it; there nothing is kept.
    """

    _found: OrderedDict[bytes, tuple[str, Total]] = field(default_factory=OrderedDict)

    async def get(
        self, connection: Connection, selection: Selection, exact_up_to: int, snapshot: str | None = None
    ) -> Total:
        """The number of items of a search.

        Args:
            connection: To ask.
            selection: The search.
            exact_up_to: Counting stops there, and the planner's estimate is taken, which is more than this.
            snapshot: What the page was read from, if it was read; a total of the same is taken where there is one.
        """
        key = _key(selection, exact_up_to)
        if (kept := self._found.get(key)) is not None and kept[0] == (snapshot or await snapshot_now(connection)):
            self._found.move_to_end(key)
            return kept[1]
        seen, total = await _counted(connection, selection, exact_up_to)
        if seen is not None:
            self._found[key] = seen, total
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return total


def _key(selection: Selection, exact_up_to: int) -> bytes:
    return blake2b(repr((selection.where, selection.values, exact_up_to)).encode(), digest_size=16).digest()


async def _counted(connection: Connection, selection: Selection, exact_up_to: int) -> tuple[str | None, Total]:
    statement = count_statement(selection, exact_up_to + 1)
    counted, snapshot = await connection.fetchrow(statement.text, *statement.values)
    if counted <= exact_up_to:
        return snapshot, Total(counted)
    statement = estimate_statement(selection)
    plan = await connection.fetchval(statement.text, *statement.values)
    return snapshot, Total(max(counted, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)


async def count(connection: Connection, selection: Selection, exact_up_to: int) -> Total:
    """The number of items of a search, counted.

    Args:
        connection: To ask.
        selection: The search.
        exact_up_to: Counting stops there, and the planner's estimate is taken, which is more than this.
    """
    return (await _counted(connection, selection, exact_up_to))[1]
