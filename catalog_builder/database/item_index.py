"""The table that items are searched by: its columns follow from pgstac's queryables, its rows from pgstac's items.

Every queryable has a typed column of its own name, filled by a function of the database that triggers and loaders call.
The service uses a column as soon as its row is in `flatsim.index_columns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog_builder.derived.item_index import IndexColumn
from catalog_builder.queries import item_index as queries

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class IndexChange:
    """Columns that were added or are read differently, and those no longer used."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def synchronise_index(connection: Connection[Any]) -> IndexChange:
    """Make the columns of the table those of pgstac's queryables, and fill what is new. Readers go on meanwhile.

    It may be ended at any point and begun again: a column is used only once all rows have their value.

    Args:
        connection: of the owner, in no transaction, autocommit.
    """
    readers = queries.queryable_readers(connection)
    columns = [column for row in readers if (column := IndexColumn.from_queryable(*row))]
    # those of one width come first: PostgreSQL finds them without looking at texts before them
    wanted = {column.name: column for column in sorted(columns, key=lambda each: each.kind in ("text", "list"))}
    used = {row[0]: IndexColumn(*row) for row in queries.index_columns(connection)}
    changed = [column for name, column in wanted.items() if used.get(name) != column]
    gone = sorted(used.keys() - wanted.keys())
    if changed or gone:
        _replace_columns(connection, wanted, used, changed, gone)
    queries.drop_broken_indexes(connection)
    for column in wanted.values():
        included = [name for name in column.index_includes if name in wanted]
        queries.create_column_index(connection, column.name, included, is_list=column.kind == "list")
    queries.create_time_index(connection, [column.name for column in wanted.values() if column.is_acquisition])
    for column in changed:
        queries.record_index_column(connection, column)
    if changed:
        queries.analyse_index(connection)
    return IndexChange(tuple(column.name for column in changed), tuple(gone))


def _replace_columns(
    connection: Connection[Any],
    wanted: dict[str, IndexColumn],
    used: dict[str, IndexColumn],
    changed: list[IndexColumn],
    gone: list[str],
) -> None:
    """Add columns and fill them; those that went out of use in a run before are dropped."""
    with connection.transaction():
        queries.forget_index_columns(connection, [*gone, *(column.name for column in changed)])
        for name in queries.property_columns(connection):
            if name not in used.keys() | wanted.keys() or any(name == column.name for column in changed):
                queries.drop_index_column(connection, name)
        for column in changed:
            queries.add_index_column(connection, column.name, column.type)
        queries.create_facts_function(connection, used | wanted)  # unused ones are filled until they go
        is_filled = queries.has_index_rows(connection)
        if not is_filled:
            queries.fill_index(connection)
    if is_filled and changed:
        queries.refill_columns(connection, [column.name for column in changed])
