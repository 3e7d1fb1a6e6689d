"""Writing our rows of searchable properties into pgstac's table, and keeping the two alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog_builder import queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from catalog_builder.vocab.queryables import Queryable


@dataclass(frozen=True, slots=True)
class QueryablesChange:
    """Names of what was written again or differently, and of what was taken out."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def synchronise(
    connection: Connection[Any], rows: Iterable[Queryable], *, pgstac_indexes: bool = False
) -> QueryablesChange:
    """Make pgstac's queryables equal to our rows, in one transaction.

    A row of somebody else's for a property that we do not name stays; for one that we name, ours replaces it.

    Args:
        connection: of the owner.
        rows: all of this project.
        pgstac_indexes: whether pgstac's own searches get indexes on every partition; ours need none.
    """
    wanted = {row.name: row for row in rows}
    stored = {name: _stored(row, pgstac_indexes=pgstac_indexes) for name, row in wanted.items()}
    with connection.transaction():
        present = queries.global_queryables(connection)
        changed = [row for row in wanted.values() if present.get(row.name) != stored[row.name]]
        gone = sorted(queries.our_queryables(connection) - wanted.keys())
        affected = queries.queryable_indexes(connection, [row.name for row in changed] + gone)
        for row in changed:
            queries.write_queryable(connection, row.name, *stored[row.name])
        for name in gone:
            queries.remove_queryable(connection, name)
        queries.record_queryables(connection, sorted(wanted))
        queries.drop_unpaired_indexes(connection, affected)
    return QueryablesChange(written=tuple(row.name for row in changed), removed=tuple(gone))


def _stored(row: Queryable, *, pgstac_indexes: bool) -> tuple[dict[str, Any], str | None, str | None]:
    return row.definition(), row.wrapper, row.pgstac_index if pgstac_indexes else None
