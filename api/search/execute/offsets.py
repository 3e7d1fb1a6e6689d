"""Pages by number: where in the order of a search so many items have gone before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.search.compile.page_statements import (
    keys_statement,
    read_sort_values,
    remaining_stretches,
    stretch_count_statement,
)

if TYPE_CHECKING:
    from asyncpg import Connection

    from api.search.compile.query import CompiledQuery, KeysetValues


async def values_before(offset: int, query: CompiledQuery, connection: Connection) -> KeysetValues | None:
    """The place of the last of so many items; the page after them begins there.

    Only the keys of the items passed over are read, which is what makes pages with large numbers bearable.

    Args:
        offset: How many items, at least one.
        query: The search.
        connection: To ask.

    Returns:
        None where there are fewer.
    """
    before = offset - 1
    for stretch in remaining_stretches(query, None):
        statement = keys_statement(query, stretch, 1, before)
        if (row := await connection.fetchrow(statement.text, *statement.values)) is not None:
            return read_sort_values(row)
        if stretch.is_null is False:
            statement = stretch_count_statement(query, stretch)
            before -= await connection.fetchval(statement.text, *statement.values)
    return None
