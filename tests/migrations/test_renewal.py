"""`flatsim-stac db documents` over many items, whatever the planner's statistics say."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
from varied_items import load_items, varied_items

from catalog_builder.database import connect, renew_documents
from catalog_builder.database.documents import BATCH
from catalog_builder.local_postgres import Role
from catalog_builder.queries import documents

if TYPE_CHECKING:
    from psycopg import Connection

COUNT = 20_000
TABLES = "pgstac.items, flatsim.item_index, flatsim.item_shapes, flatsim.item_documents"


def copy_items(session: Connection[Any], first: int, last: int) -> None:
    """Items under other ids, by the only statement that is quick enough."""
    session.execute(
        "INSERT INTO pgstac.items SELECT (m.one).id || '_' || n, (m.one).geometry, (m.one).collection, "
        "(m.one).datetime, (m.one).end_datetime, (m.one).content, (m.one).private "
        "FROM generate_series(%s::int, %s) AS n, (SELECT i AS one FROM pgstac.items AS i WHERE id = 'item_000') AS m",
        (first, last),
    )


def plans_of(session: Connection[Any]) -> str:
    """Plans of the statements that a batch sends, in a session as the command has it."""
    documents.prefer_indexes(session)
    rows = documents.keys_after(session, 0, BATCH)
    keys, collection, ids = [row[0] for row in rows], rows[0][1], [row[2] for row in rows]
    statements: list[tuple[str, Any]] = []
    own = session.execute

    def explained(statement: Any, values: Any = None, **more: Any) -> Any:
        statements.append((str(statement), values))
        return own(statement, values, **more)

    session.execute = explained  # type: ignore[method-assign]
    documents.keys_after(session, keys[-1], BATCH)
    documents.documented_keys(session, keys)
    documents.stored_items(session, collection, ids)
    documents.put_documents(session, [(key, b"{}") for key in keys])
    del session.execute  # type: ignore[method-assign]
    lines = []
    for statement, values in statements:
        lines += [line for (line,) in own(f"EXPLAIN {statement}".encode(), values).fetchall()]
    session.rollback()
    assert len(statements) == 4
    return "\n".join(lines)


@pytest.mark.parametrize("analysed", ["never", "while empty", "half-filled"])
def test_time_for_an_item_does_not_grow(database_dsn: str, analysed: str) -> None:
    with connect(database_dsn, autocommit=True) as session:
        for name in ("items", "item_index", "item_shapes", "item_documents"):
            if name != "items":
                session.execute(f"ALTER TABLE flatsim.{name} SET (autovacuum_enabled = off)".encode())
        if analysed == "while empty":
            session.execute(f"ANALYZE {TABLES}".encode())
        (item,) = varied_items(1)
        load_items(database_dsn, [item])
        copy_items(session, 1, COUNT // 2)
        if analysed == "half-filled":
            session.execute(f"ANALYZE {TABLES}".encode())
        copy_items(session, COUNT // 2 + 1, COUNT - 1)
    with connect(database_dsn, Role.WRITE) as session:
        plans = plans_of(session)
    assert "Seq Scan" not in plans, plans
    assert "Index" in plans
    moments = [time.monotonic()]
    done = renew_documents(database_dsn, lambda _written: moments.append(time.monotonic()))
    assert done.written == COUNT
    took_s = [later - earlier for earlier, later in itertools.pairwise(moments)]
    quarter = len(took_s) // 4
    assert sum(took_s[-quarter:]) < 3 * sum(took_s[:quarter])
