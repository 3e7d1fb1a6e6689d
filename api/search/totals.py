"""How many items match: counted as long as that is cheap, else estimated, and then said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.queries.pages import count_statement, estimate_statement

if TYPE_CHECKING:
    from asyncpg import Connection

    from api.queries.pages import Selection


@dataclass(frozen=True, slots=True)
class Total:
    """A number of items; an estimate is the planner's, from its statistics."""

    matched: int
    is_estimate: bool = False


async def count(connection: Connection, selection: Selection, exact_up_to: int) -> Total:
    """The number of items of a search.

    Args:
        connection: To ask.
        selection: The search.
        exact_up_to: Counting stops there, and the planner's estimate is taken, which is more than this.
    """
    statement = count_statement(selection, exact_up_to + 1)
    counted: int = await connection.fetchval(statement.text, *statement.values)
    if counted <= exact_up_to:
        return Total(counted)
    statement = estimate_statement(selection)
    plan = await connection.fetchval(statement.text, *statement.values)
    return Total(max(counted, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)
