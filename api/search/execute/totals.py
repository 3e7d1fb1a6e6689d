"""How many items match: counted as long as that is cheap, else estimated, and then said so."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from api.search.compile.page_statements import count_statement, estimate_statement, snapshot_now
from api.single_flight import SingleFlight

if TYPE_CHECKING:
    from asyncpg import Connection

    from api.search.compile.query import CompiledQuery
    from api.settings.limits import CountLimits


_MAX_ENTRIES: Final = 2000
"""Searches whose totals are cached."""


@dataclass(frozen=True, slots=True)
class Total:
    """A number of items; an estimate is the planner's, from its statistics."""

    matched: int
    is_estimate: bool = False


@dataclass(slots=True)
class TotalsCache:
    """Totals that were counted, each with the state of the database that it is of.

    PostgreSQL tells which transactions a statement sees. As long as that is the same, nothing has changed anywhere, and
    a total is as good as counted again. A standby server does not tell it; there nothing is cached.
    """

    _totals: OrderedDict[bytes, tuple[str, int, Total]] = field(default_factory=OrderedDict)
    _flights: SingleFlight = field(default_factory=SingleFlight)

    def former(self, query: CompiledQuery) -> Total | None:
        """The total of a query when it was last asked, by which it is chosen how to read it."""
        entry = self._totals.get(_key(query))
        return entry and entry[2]

    def put(self, query: CompiledQuery, counting: CountLimits, snapshot: str | None, total: Total) -> None:
        """Remember the total of a query in one state of the database."""
        if snapshot is None:
            return
        key = _key(query)
        self._totals.pop(key, None)
        self._totals[key] = snapshot, counting.exact_up_to, total
        while len(self._totals) > _MAX_ENTRIES:
            self._totals.popitem(last=False)

    async def get(
        self, connection: Connection, query: CompiledQuery, counting: CountLimits, snapshot: str | None = None
    ) -> Total:
        """The number of items of a search.

        Args:
            connection: To ask.
            query: The search.
            counting: Where counting stops, and the planner's estimate is taken.
            snapshot: What the page was read from, if it was read; a total of the same is taken where there is one.
        """
        snapshot = snapshot or await snapshot_now(connection)
        key = _key(query)
        entry = self._totals.get(key)
        if entry is not None and snapshot is not None and entry[:2] == (snapshot, counting.exact_up_to):
            self._totals.move_to_end(key)
            return entry[2]

        async def count_again() -> Total:
            seen, total = await _count(connection, query, counting)
            self.put(query, counting, seen, total)
            return total

        if snapshot is None:
            return await count_again()
        return await self._flights.share((key, snapshot, counting), count_again)


def _key(query: CompiledQuery) -> bytes:
    return blake2b(repr((query.where, query.values)).encode(), digest_size=16).digest()


async def _count(connection: Connection, query: CompiledQuery, counting: CountLimits) -> tuple[str | None, Total]:
    statement = count_statement(query, counting.exact_up_to + 1)
    counted, snapshot = 0, None
    try:
        counted, snapshot = await connection.fetchrow(statement.text, *statement.values, timeout=counting.seconds)
    except TimeoutError:
        pass
    else:
        if counted <= counting.exact_up_to:
            return snapshot, Total(counted)
    statement = estimate_statement(query)
    plan = await connection.fetchval(statement.text, *statement.values)
    return snapshot, Total(max(counted, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)


async def count_matches(connection: Connection, query: CompiledQuery, counting: CountLimits) -> Total:
    """The number of items of a search, counted, or the planner's estimate where that takes too long."""
    return (await _count(connection, query, counting))[1]
