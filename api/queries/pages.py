"""Statements of a search: the items of one page, and how many there are in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.queries.filters import Scope, condition, meets
from api.queries.sql import Parameters, all_of, any_of
from api.search.model import SortKey
from api.search.properties import COLUMNS as PROPERTY_COLUMNS
from api.search.properties import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.search.model import Search
    from api.search.properties import PropertyTable
    from api.search.text import TextMatch

_COLUMNS: Final = "tableoid::int8 AS partition, id, collection, ST_AsGeoJSON(geometry, 20) AS geometry, content"
"""The digits of a coordinate are those that it takes to read the same number back."""

SQL_TYPES: Final = {
    Kind.TEXT: "text",
    Kind.BOOLEAN: "text",
    Kind.INTEGER: "int4",
    Kind.NUMBER: "float8",
    Kind.TIME: "timestamptz",
}
_TIES: Final = tuple(column for name in ("collection", "id") for column in PROPERTY_COLUMNS if column.name == name)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values bound to it."""

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items, and in which order.

    Attributes:
        where: SQL of the condition on items.
        values: Bound in it.
        keys: The order; no two items are equal in all of them.
        asked: What makes it this selection and no other, apart from the keys. Words of collections, which may change
            from page to page, are in the condition and not in here.
    """

    where: str
    values: tuple[Any, ...]
    keys: tuple[SortKey, ...]
    asked: str

    @classmethod
    def of(cls, search: Search, properties: PropertyTable) -> Selection:
        """What a search selects.

        Raises:
            InvalidParameter: One of its conditions cannot be carried out.
        """
        bound = Parameters()
        parts = list(_parts(search, properties, bound))
        asked = repr((parts, bound.values, search.text and search.text.asked))
        if search.text:
            parts.append(has_words(search.text, bound))
        named = {key.property.name for key in search.sort}
        descending = search.sort[0].descending
        ties = (SortKey(tie, descending) for tie in _TIES if tie.name not in named)
        return cls(all_of(parts), tuple(bound.values), (*search.sort, *ties), asked)


def _parts(search: Search, properties: PropertyTable, bound: Parameters) -> Iterator[str]:
    if search.collections:
        yield f"collection = ANY({bound.bind(list(search.collections), 'text[]')})"
    if search.ids:
        yield f"id = ANY({bound.bind(list(search.ids), 'text[]')})"
    if search.interval and search.interval.end:
        yield f"datetime <= {bound.bind(search.interval.end, 'timestamptz')}"
    if search.interval and search.interval.start:
        yield f"end_datetime >= {bound.bind(search.interval.start, 'timestamptz')}"
    if search.geometry:
        yield meets(search.geometry, bound)
    for each in search.conditions:
        yield condition(each.tree, Scope(properties, bound, each.parameter))


def has_words(text: TextMatch, bound: Parameters) -> str:
    """SQL that holds for items with the words of a search; the expression is that of the index."""
    if isinstance(text.condition, bool):
        return str(text.condition).upper()
    return f"flatsim.item_words(id, collection, content) @@ {bound.bind(text.condition, 'text')}::tsquery"


Place = tuple[Any, ...]
"""Values of an item in the keys of an order; None where it has none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where in an order to go on, which way, and whether with the item at the place itself."""

    place: Place
    backwards: bool
    inclusive: bool = False


def page_statements(
    selection: Selection, turn: Turn | None, limit: int, *, keys_only: bool = False
) -> Iterator[Statement]:
    """Statements whose rows, one after the other, are those beyond a place in the order, the nearest first.

    Items without the first key come last, in a statement of their own: so both can run along an index, which keeps
    such rows at one end or the other.

    Args:
        selection: Which items.
        turn: Where to go on; None is the beginning.
        limit: Rows of each statement at most.
        keys_only: Whether rows are places alone.
    """
    if not selection.keys[0].property.nullable:
        yield _page(selection, turn, limit, keys_only=keys_only, lacking=None)
        return
    parts = (True, False) if turn and turn.backwards else (False, True)
    start = parts[0] if turn is None else turn.place[0] is None
    for lacking in parts[parts.index(start) :]:
        yield _page(selection, turn, limit, keys_only=keys_only, lacking=lacking, whole=lacking is not start)


def _page(
    selection: Selection,
    turn: Turn | None,
    limit: int,
    *,
    keys_only: bool = False,
    lacking: bool | None,
    whole: bool = False,
) -> Statement:
    """Rows beyond a place.

    Args:
        selection: Which items.
        turn: The place.
        limit: Rows at most.
        keys_only: Whether rows are places alone.
        lacking: Whether those that lack the first key, or those that have it; None when all have it.
        whole: All of those, since the place lies before them.
    """
    bound = Parameters(list(selection.values))
    ordered = _ordered(selection, turn, bound, lacking=lacking, whole=whole)
    shown = _key_values(selection) if keys_only else f"{_COLUMNS}, {_key_values(selection)}"
    text = f"SELECT {shown} {ordered} LIMIT {bound.bind(limit, 'int8')}"
    return Statement(text, tuple(bound.values))


def _ordered(
    selection: Selection, turn: Turn | None, bound: Parameters, *, lacking: bool | None, whole: bool = False
) -> str:
    """The rows beyond a place, in order."""
    first, backwards = selection.keys[0], turn is not None and turn.backwards
    parts = [selection.where]
    if lacking is not None:
        parts.append(f"{first.property.expression} IS {'' if lacking else 'NOT '}NULL")
    if turn is not None and not whole:
        parts += _beyond(selection.keys, turn, bound)
    ordered = selection.keys[1:] if lacking else selection.keys
    order = ", ".join(_direction(key, backwards=backwards, first=key is first) for key in ordered)
    return f"FROM pgstac.items WHERE {all_of(parts)} ORDER BY {order}"


def _key_values(selection: Selection) -> str:
    return ", ".join(f"{key.property.expression} AS key{number}" for number, key in enumerate(selection.keys))


def halves(selection: Selection) -> tuple[bool | None, ...]:
    """The parts of an order, one after the other: whether items lack the first key; None where none can."""
    return (False, True) if selection.keys[0].property.nullable else (None,)


def place_statement(selection: Selection, offset: int, *, lacking: bool | None) -> Statement:
    """The place of one item in one part of the order.

    Args:
        selection: Which items.
        offset: Items before it in that part.
        lacking: Which part, as `halves` has them.
    """
    bound = Parameters(list(selection.values))
    ordered = _ordered(selection, None, bound, lacking=lacking)
    text = f"SELECT {_key_values(selection)} {ordered} OFFSET {bound.bind(offset, 'int8')} LIMIT 1"
    return Statement(text, tuple(bound.values))


def half_count_statement(selection: Selection, *, lacking: bool | None) -> Statement:
    """How many items one part of the order has."""
    first = selection.keys[0].property.expression
    part = "TRUE" if lacking is None else f"{first} IS {'' if lacking else 'NOT '}NULL"
    text = f"SELECT count(*) FROM pgstac.items WHERE ({selection.where}) AND {part}"  # noqa: S608 -- text of ours
    return Statement(text, selection.values)


def _ascends(key: SortKey, *, backwards: bool) -> bool:
    return key.descending is backwards


def _direction(key: SortKey, *, backwards: bool, first: bool) -> str:
    direction = "ASC" if _ascends(key, backwards=backwards) else "DESC"
    nulls = f" NULLS {'FIRST' if backwards else 'LAST'}" if key.property.nullable and not first else ""
    return f"{key.property.expression} {direction}{nulls}"


def _beyond(keys: Sequence[SortKey], turn: Turn, bound: Parameters) -> Iterator[str]:
    """What holds for the rows beyond a place: equal in some keys, and beyond it in the next."""
    equal: list[str] = []
    ways: list[str] = []
    for key, value in zip(keys, turn.place, strict=True):
        expression = key.property.expression
        if value is None:
            if turn.backwards:
                ways.append(all_of([*equal, f"{expression} IS NOT NULL"]))
            equal.append(f"{expression} IS NULL")
            continue
        operator = ">" if _ascends(key, backwards=turn.backwards) else "<"
        placeholder = bound.bind(value, SQL_TYPES[key.property.kind])
        beyond = f"{expression} {operator} {placeholder}"
        if key is keys[0]:
            yield f"{expression} {operator}= {placeholder}"  # says nothing new, but an index can begin there
        elif key.property.nullable and not turn.backwards:
            beyond = any_of([beyond, f"{expression} IS NULL"])
        ways.append(all_of([*equal, beyond]))
        equal.append(f"{expression} = {placeholder}")
    yield any_of([*ways, all_of(equal)] if turn.inclusive else ways)


def count_statement(selection: Selection, at_most: int) -> Statement:
    """Counts the items, and stops at a number."""
    bound = Parameters(list(selection.values))
    text = (
        f"SELECT count(*) FROM (SELECT FROM pgstac.items WHERE {selection.where} "  # noqa: S608
        f"LIMIT {bound.bind(at_most, 'int8')}) AS found"
    )
    return Statement(text, tuple(bound.values))


def estimate_statement(selection: Selection) -> Statement:
    """The planner's view of a search, of which the rows expected are the number estimated."""
    text = f"EXPLAIN (FORMAT JSON) SELECT FROM pgstac.items WHERE {selection.where}"
    return Statement(text, selection.values)


def items_statement(names: Sequence[tuple[str, str]]) -> Statement:
    """Items by collection and id, in any order, and perhaps some more: of each collection those of all of the ids."""
    collections, ids = (list(dict.fromkeys(name[place] for name in names)) for place in (0, 1))
    text = f"SELECT {_COLUMNS} FROM pgstac.items WHERE collection = ANY($1::text[]) AND id = ANY($2::text[])"  # noqa: S608
    return Statement(text, (collections, ids))


def item_statement(collection: str, item: str) -> Statement:
    """One item."""
    return Statement(f"SELECT {_COLUMNS} FROM pgstac.items WHERE collection = $1 AND id = $2", (collection, item))  # noqa: S608
