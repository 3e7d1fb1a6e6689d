"""Places in the order of a search, by which pages go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.queries.pages import half_count_statement, halves, place_statement

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from api.queries.pages import Place, Selection


def place_of(row: Record) -> Place:
    """The place of a row: its values in the keys of the order."""
    return tuple(value for name, value in row.items() if name.startswith("key"))


async def place_before(offset: int, selection: Selection, connection: Connection) -> Place | None:
    """The place of the last of so many items; the page after them begins there.

    Only the keys of the items passed over are read, which is what makes pages with large numbers bearable.

    Args:
        offset: How many items, at least one.
        selection: The search.
        connection: To ask.

    Returns:
        None where there are fewer.
    """
    before = offset - 1
    for lacking in halves(selection):
        statement = place_statement(selection, before, lacking=lacking)
        if (row := await connection.fetchrow(statement.text, *statement.values)) is not None:
            return place_of(row)
        if lacking is False:
            statement = half_count_statement(selection, lacking=lacking)
            before -= await connection.fetchval(statement.text, *statement.values)
    return None
