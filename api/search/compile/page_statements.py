"""Statements of a search: the items of one page, and how many match in all.

A page is read in one of these ways, which all give the same items in the same order:

- `few_matches_statement` finds the matches, gives up beyond a number, and sorts them: page and total in one;
- `walk_statement` follows the index of the order and takes what matches, but looks at so many rows alone;
- `window_statement` does the same in the order of time, in the stretches of it that the times of a search leave;
- `all_matches_statement` finds all matches and sorts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.database.sql import Parameters, all_of, any_of
from api.search.compile.query import Cursor, Statement
from api.search.compile.time_windows import window_rows
from api.search.properties import Kind
from catalog_builder.derived.item_documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asyncpg import Connection

    from api.search.compile.query import CompiledQuery
    from api.search.model import SortKey

FEW_MATCHES: Final = 2000
"""Matches up to which all are found and then sorted."""
MANY_MATCHES: Final = 10_000
"""Matches up to which finding all of them is quicker than to look for the first ones along the order."""
WALK_ROWS: Final = (5000, 100_000)
"""Rows of an index that are looked at for one page, at least and at most."""
_WALK_ROWS_PER_ITEM: Final = 500

SNAPSHOT: Final = "CASE WHEN NOT pg_is_in_recovery() THEN pg_current_snapshot()::text END"
"""The transactions that a statement sees: where they are the same, it sees the same. A standby does not tell them."""

_ITEMS: Final = "flatsim.item_index AS item"
_DOCUMENT: Final = (
    f"(SELECT d.document FROM flatsim.item_documents AS d WHERE d.key = rows.key AND d.format = {FORMAT})"  # noqa: S608
)
_SHAPES: Final = " JOIN flatsim.item_shapes AS shape ON shape.key = item.key"
_SQL_TYPES: Final = {
    Kind.TEXT: "text",
    Kind.BOOLEAN: "bool",
    Kind.INTEGER: "float8",
    Kind.NUMBER: "float8",
    Kind.TIME: "timestamptz",
}


def from_tables(*expressions: str) -> str:
    """The tables that expressions are of."""
    return _ITEMS + _join_shapes(*expressions)


def _join_shapes(*expressions: str) -> str:
    return _SHAPES if any("shape." in expression for expression in expressions) else ""


def _from_window(query: CompiledQuery, bound: Parameters) -> str:
    """The tables of a query; where it is about times alone, of these only what they leave is read."""
    if query.window is None or not query.is_about_times:
        return from_tables(query.where)
    within = "item._spread = stretch.spread AND item._nominal BETWEEN stretch.low AND stretch.high"
    return f"({window_rows(query.window, bound)}) AS stretch JOIN {_ITEMS} ON {within}{_join_shapes(query.where)}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an order that is still to be read.

    Attributes:
        is_null: Whether its items lack the first key; None where none can.
        backwards: Which way it is read.
        cursor: Where to begin; None is its beginning.
    """

    is_null: bool | None
    backwards: bool = False
    cursor: Cursor | None = None


def remaining_stretches(query: CompiledQuery, cursor: Cursor | None) -> Iterator[Stretch]:
    """The stretches of an order beyond a place, the nearest first.

    Items without the first key come last, in a stretch of their own: both can follow an index, which keeps such rows at
    one end or the other.
    """
    backwards = cursor is not None and cursor.backwards
    parts = query.null_partitions[::-1] if backwards else query.null_partitions
    start = parts[0] if cursor is None or parts == (None,) else cursor.values[0] is None
    for is_null in parts[parts.index(start) :]:
        yield Stretch(is_null, backwards, cursor if is_null is start else None)


def few_matches_statement(
    query: CompiledQuery, cursor: Cursor | None, limit: int, *, with_documents: bool
) -> Statement:
    """The page and the total of a query with few matches.

    Returns:
        A statement whose rows all have the number of matches (`matched`). Where that is more than `FEW_MATCHES`, they
        were not all counted, and no row has an item: its `key` is null.
    """
    bound = Parameters(list(query.values))
    names = [f"sort{number}" for number in range(len(query.keys))]
    backwards = cursor is not None and cursor.backwards
    order = [
        f"{_direction(key, name, backwards=backwards)}{_nulls(key, backwards=backwards)}"
        for key, name in zip(query.keys, names, strict=True)
    ]
    beyond = _beyond(query.keys, names, cursor, bound, is_null=None) if cursor else []
    text = (
        f"WITH matches AS MATERIALIZED (SELECT {_page_columns(query)} FROM {_from_window(query, bound)} "  # noqa: S608
        f"WHERE {query.where} LIMIT {FEW_MATCHES + 1}), "
        "total AS MATERIALIZED (SELECT count(*) AS matched FROM matches), "
        f"page AS MATERIALIZED (SELECT * FROM matches WHERE {all_of(list(beyond))} ORDER BY {', '.join(order)} "
        f"LIMIT {bound.bind(limit, 'int8')}), "
        f"rows AS (SELECT * FROM total LEFT JOIN page ON total.matched <= {FEW_MATCHES}) "
    )
    return Statement(text + _with_contents(with_documents=with_documents), tuple(bound.values))


def walk_statement(query: CompiledQuery, stretch: Stretch, limit: int, *, with_documents: bool) -> Statement:
    """The page, as far as it is among the next rows of the order."""
    bound = Parameters(list(query.values))
    order = _order(query, stretch)
    least, most = WALK_ROWS
    walk_rows = min(max(least, _WALK_ROWS_PER_ITEM * limit), most)
    # another index is followed through all collections
    scope = [query.scope] if query.is_ordered_in_collections else []
    walked = (
        f"SELECT * FROM {_ITEMS} WHERE {all_of([*scope, *_within(query, stretch, bound)])} "  # noqa: S608
        f"ORDER BY {order} LIMIT {walk_rows}"
    )
    rows = (
        f"SELECT {_page_columns(query)} FROM ({walked}) AS item{_join_shapes(query.where)} "  # noqa: S608
        f"WHERE ({query.where}) IS TRUE "
        f"ORDER BY {order} LIMIT {bound.bind(limit, 'int8')}"
    )
    return _page_statement(rows, bound, with_documents=with_documents)


def window_statement(query: CompiledQuery, stretch: Stretch, limit: int, *, with_documents: bool) -> Statement:
    """The page of a query with a window, whose first key is the nominal time."""
    assert query.window is not None  # noqa: S101 -- the caller has looked
    bound = Parameters(list(query.values))
    most = bound.bind(limit, "int8")
    parts = [
        "item._spread = stretch.spread",
        "item._nominal BETWEEN stretch.low AND stretch.high",
        query.times,
        f"({query.where}) IS TRUE",  # so that no other index is taken for it
        *_within(query, stretch, bound),
    ]
    find_nearest = (
        f"SELECT {_page_columns(query)} FROM {from_tables(query.where)} WHERE {all_of(parts)} "  # noqa: S608
        f"ORDER BY {_order(query, stretch)} LIMIT {most}"
    )
    names = [_direction(key, f"sort{number}", backwards=stretch.backwards) for number, key in enumerate(query.keys)]
    rows = (
        f"SELECT nearest.* FROM ({window_rows(query.window, bound)}) AS stretch CROSS JOIN LATERAL ({find_nearest}) "  # noqa: S608
        f"AS nearest ORDER BY {', '.join(names)} LIMIT {most}"
    )
    return _page_statement(rows, bound, with_documents=with_documents)


def all_matches_statement(query: CompiledQuery, stretch: Stretch, limit: int, *, with_documents: bool) -> Statement:
    """The page, found among all matches."""
    bound = Parameters(list(query.values))
    conditions = all_of([query.where, *_within(query, stretch, bound)])
    # OFFSET 0 keeps the planner from following the order after all
    matches = f"SELECT * FROM (SELECT item.* FROM {_from_window(query, bound)} WHERE {conditions} OFFSET 0) AS item"  # noqa: S608
    rows = (
        f"SELECT {_page_columns(query)} FROM ({matches}) AS item ORDER BY {_order(query, stretch)} "  # noqa: S608
        f"LIMIT {bound.bind(limit, 'int8')}"
    )
    return _page_statement(rows, bound, with_documents=with_documents)


def keys_statement(query: CompiledQuery, stretch: Stretch, limit: int, offset: int = 0) -> Statement:
    """Places in the order alone, of as many items."""
    bound = Parameters(list(query.values))
    conditions = all_of([query.where, *_within(query, stretch, bound)])
    text = (
        f"SELECT {_sort_values(query)} FROM {from_tables(query.where)} WHERE {conditions} "  # noqa: S608
        f"ORDER BY {_order(query, stretch)} OFFSET {bound.bind(offset, 'int8')} LIMIT {bound.bind(limit, 'int8')}"
    )
    return Statement(text, tuple(bound.values))


def count_statement(query: CompiledQuery, at_most: int) -> Statement:
    """Counts the items of a query, and stops at a number; tells what it saw."""
    bound = Parameters(list(query.values))
    text = (
        f"SELECT count(*), {SNAPSHOT} AS snapshot FROM (SELECT FROM {_from_window(query, bound)} "  # noqa: S608
        f"WHERE {query.where} LIMIT {bound.bind(at_most, 'int8')}) AS matches"
    )
    return Statement(text, tuple(bound.values))


def stretch_count_statement(query: CompiledQuery, stretch: Stretch) -> Statement:
    """Counts the items of one stretch."""
    bound = Parameters(list(query.values))
    conditions = all_of([query.where, *_within(query, stretch, bound)])
    return Statement(
        f"SELECT count(*) FROM {from_tables(query.where)} WHERE {conditions}",  # noqa: S608
        tuple(bound.values),
    )


def estimate_statement(query: CompiledQuery) -> Statement:
    """The planner's view of a query, of which the rows expected are the number estimated."""
    text = f"EXPLAIN (FORMAT JSON) SELECT FROM {from_tables(query.where)} WHERE {query.where}"
    return Statement(text, query.values)


async def snapshot_now(connection: Connection) -> str | None:
    """The transactions that a statement would see now; None on a standby."""
    snapshot: str | None = await connection.fetchval(f"SELECT {SNAPSHOT}")
    return snapshot


def _page_statement(rows: str, bound: Parameters, *, with_documents: bool) -> Statement:
    text = f"WITH rows AS MATERIALIZED ({rows}) {_with_contents(with_documents=with_documents)}"
    return Statement(text, tuple(bound.values))


def _with_contents(*, with_documents: bool) -> str:
    """Rows with the document of each, and where there is not one with what pgstac keeps of the item.

    Subqueries in place of joins keep the order. OFFSET 0 has the document looked up once a row, not for each use, and
    the item only where it has none.
    """
    document = _DOCUMENT if with_documents else "NULL::bytea"
    return (
        f"SELECT page.*, stored.*, {SNAPSHOT} AS snapshot "  # noqa: S608
        f"FROM (SELECT rows.*, {document} AS document FROM rows OFFSET 0) AS page LEFT JOIN LATERAL "
        "(SELECT of.* FROM flatsim.stored_item(page.collection, page.id) AS of "
        "WHERE page.document IS NULL AND page.key IS NOT NULL OFFSET 0) AS stored ON TRUE"
    )


def _page_columns(query: CompiledQuery) -> str:
    return f"item.key, item.collection, item.id, {_sort_values(query)}"


def _sort_values(query: CompiledQuery) -> str:
    """Values of rows in the keys of the order."""
    return ", ".join(f"{key.property.expression} AS sort{number}" for number, key in enumerate(query.keys))


def read_sort_values(row: Any) -> tuple[Any, ...]:
    """Values of a row in the keys of the order."""
    return tuple(value for name, value in row.items() if name.startswith("sort"))


def _within(query: CompiledQuery, stretch: Stretch, bound: Parameters) -> Iterator[str]:
    """What holds for the rows of a stretch, apart from the condition of the query."""
    if stretch.is_null is not None:
        yield f"{query.keys[0].property.expression} IS {'' if stretch.is_null else 'NOT '}NULL"
    if stretch.cursor is not None:
        expressions = [_order_expression(key, stretch) for key in query.keys]
        yield from _beyond(query.keys, expressions, stretch.cursor, bound, is_null=stretch.is_null)


def _order(query: CompiledQuery, stretch: Stretch) -> str:
    keys = query.keys[1:] if stretch.is_null else query.keys
    parts = []
    for key in keys:
        nulls = "" if key is query.keys[0] else _nulls(key, backwards=stretch.backwards)
        parts.append(f"{_direction(key, _order_expression(key, stretch), backwards=stretch.backwards)}{nulls}")
    return ", ".join(parts)


def _order_expression(key: SortKey, stretch: Stretch) -> str:
    """SQL of a key in a stretch; where items are known to have it, what the index of the order is made of."""
    return key.property.order if key.property.order and stretch.is_null is False else key.property.expression


def _ascends(key: SortKey, *, backwards: bool) -> bool:
    return key.descending is backwards


def _direction(key: SortKey, expression: str, *, backwards: bool) -> str:
    return f"{expression} {'ASC' if _ascends(key, backwards=backwards) else 'DESC'}"


def _nulls(key: SortKey, *, backwards: bool) -> str:
    """Items without a key come last, whatever its direction."""
    return f" NULLS {'FIRST' if backwards else 'LAST'}" if key.property.nullable else ""


def _beyond(
    keys: Sequence[SortKey], expressions: Sequence[str], cursor: Cursor, bound: Parameters, *, is_null: bool | None
) -> Iterator[str]:
    """What holds for the rows beyond a place: equal in some keys, and beyond it in the next.

    Args:
        keys: The order.
        expressions: SQL of each.
        cursor: The place.
        bound: The statement's values.
        is_null: Whether the rows are known to lack the first key, or to have it; None where neither is known.
    """
    equal: list[str] = []
    ways: list[str] = []
    leading: list[tuple[str, str]] = []
    is_leading = True
    for number, (key, expression, value) in enumerate(zip(keys, expressions, cursor.values, strict=True)):
        may_be_null = key.property.nullable and not (number == 0 and is_null is not None)
        if value is None:
            if cursor.backwards and may_be_null:
                ways.append(all_of([*equal, f"{expression} IS NOT NULL"]))
            equal.append(f"{expression} IS NULL")
            is_leading = is_leading and number == 0 and is_null is True
            continue
        operator = ">" if _ascends(key, backwards=cursor.backwards) else "<"
        placeholder = bound.bind(value, _SQL_TYPES[key.property.kind])
        is_leading = is_leading and not may_be_null and key.descending is keys[0].descending
        if is_leading:
            leading.append((expression, placeholder))
        beyond = f"{expression} {operator} {placeholder}"
        if may_be_null and not cursor.backwards:
            beyond = any_of([beyond, f"{expression} IS NULL"])
        ways.append(all_of([*equal, beyond]))
        equal.append(f"{expression} = {placeholder}")
    if leading:  # says nothing new, but an index can begin there
        operator = ">=" if _ascends(keys[0], backwards=cursor.backwards) else "<="
        yield f"({', '.join(one for one, _ in leading)}) {operator} ({', '.join(other for _, other in leading)})"
    yield any_of([*ways, all_of(equal)] if cursor.inclusive else ways)


def items_statement(names: Sequence[tuple[str, str]]) -> Statement:
    """Items by collection and id, in any order; those that are not there are left out."""
    text = (
        "SELECT name.*, stored.* FROM unnest($1::text[], $2::text[]) AS name (collection, id) "
        "CROSS JOIN LATERAL flatsim.stored_item(name.collection, name.id) AS stored WHERE stored.content IS NOT NULL"
    )
    return Statement(text, ([name[0] for name in names], [name[1] for name in names]))


def item_statement(collection: str, item: str, updated: str, *, with_documents: bool) -> Statement:
    """One item, with the moment it says it was changed at.

    Args:
        collection: Its collection.
        item: Its id.
        updated: SQL of that moment.
        with_documents: Whether its document is taken, if it has one.
    """
    columns = f"item.key, item.collection, item.id, {updated} AS updated"
    rows = f"SELECT {columns} FROM {_ITEMS} WHERE item.collection = $1 AND item.id = $2"  # noqa: S608
    return _page_statement(rows, Parameters([collection, item]), with_documents=with_documents)
