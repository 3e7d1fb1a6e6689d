"""What the items of a collection lie within, found again where others may have changed it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg

from catalog_builder.derived.item_bounds import DATETIME, END, ID, START, microseconds
from catalog_builder.queries import bounds as queries

if TYPE_CHECKING:
    from psycopg import Connection

TRIES: Final = 3
MOST_VALUES: Final = 64
"""Values of a text or an integer, beyond which none are kept."""


def renew_bounds(connection: Connection[Any], collection_id: str, *, whole: bool = False) -> None:
    """Find the bounds of a collection's items and keep them, unless they are known.

    Whoever writes meanwhile says so, and is not waited for; then they stay unknown until the next time.

    Args:
        connection: of a loader, in no transaction.
        collection_id: whose items.
        whole: also where they are known, so that they are as narrow as can be.
    """
    if not whole and queries.are_known(connection, collection_id):
        return
    before = connection.isolation_level
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        for _ in range(TRIES):
            try:
                with connection.transaction():
                    queries.put(connection, collection_id, _found(connection, collection_id))
            except psycopg.errors.SerializationFailure:
                continue
            except psycopg.DataError:  # a time that Python cannot hold: whoever has one is looked through
                return
            return
    finally:
        connection.isolation_level = before


def _found(connection: Connection[Any], collection_id: str) -> dict[str, Any]:
    columns = queries.columns(connection, collection_id)
    properties = dict([(DATETIME, "to_tstz"), *queries.indexed_properties(connection)])
    if columns is None:
        return {"box": None, "values": dict.fromkeys([ID, START, END, *properties])}
    values = {name: _range(columns[name]) for name in (ID, START, END)}
    for expression, wrapper in properties.items():
        if wrapper in ("to_text", "to_int"):
            values[expression] = _values(connection, collection_id, expression)
        elif wrapper in ("to_float", "to_tstz"):
            values[expression] = _range(queries.value_range(connection, collection_id, expression))
    box = columns["box"]
    found = {"box": box, "values": {name: value for name, value in values.items() if value != _ANY}}
    return found if box is None or all(map(math.isfinite, box)) else {"values": found["values"]}


_ANY: Final[dict[str, Any]] = {}


def _range(ends: tuple[Any, Any]) -> dict[str, Any] | None:
    """Both ends of a range as JSON; None where there are no values, and nothing said of what JSON cannot hold."""
    if ends[0] is None:
        return None
    told = [microseconds(end) if isinstance(end, datetime) else end for end in ends]
    if not all(isinstance(end, str | int) or (isinstance(end, float) and math.isfinite(end)) for end in told):
        return _ANY
    return {"range": told}


def _values(connection: Connection[Any], collection_id: str, expression: str) -> dict[str, Any] | None:
    found = queries.values(connection, collection_id, expression, MOST_VALUES + 1)
    if len(found) > MOST_VALUES:
        return _ANY
    return {"set": found} if found else None
