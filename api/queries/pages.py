"""Statements of a search: the items of one page, and how many there are in all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from api.queries.filters import Scope, condition, meets
from api.queries.sql import Parameters, all_of, any_of
from api.search.model import SortKey
from api.search.properties import COLUMNS as PROPERTY_COLUMNS
from api.search.properties import Kind
from catalog_builder.derived.item_documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asyncpg import Connection

    from api.search.model import Search
    from api.search.properties import PropertyTable
    from api.search.text import TextMatch

_ROW: Final = (
    "tableoid::int8 AS partition, xmin AS row_version, id, collection, datetime, end_datetime, geometry, content"
)
_CONTENT: Final = "ST_AsGeoJSON(geometry, 20) AS geometry, content"
"""The digits of a coordinate are those that it takes to read the same number back."""

_READY: Final = (
    "(SELECT document FROM flatsim.item_documents d WHERE d.collection = found.collection AND d.id = found.id "
    "AND d.row_version = found.row_version AND d.format = {} AND d.origin = {}) AS document"
)
"""The document made of this very state of a row. A subquery in place of a join keeps the order, and runs on the key."""
_UNLESS_READY: Final = (
    "CASE WHEN document IS NULL THEN ST_AsGeoJSON(geometry, 20) END AS geometry, "
    "CASE WHEN document IS NULL THEN content END AS content"
)

SNAPSHOT: Final = "CASE WHEN NOT pg_is_in_recovery() THEN pg_current_snapshot()::text END"
"""The transactions that a statement sees: where they are the same, it sees the same. A standby does not tell them."""

_SIZES: Final = (11, 101, 1001, 10_001)
"""Rows at most, as text: a plan that is made once would take a number that is bound for a large part of all."""

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
        by_words: Whether words of items are part of the condition.
        found_first: Whether all items are to be found before they are put in order. Else the planner may walk along the
            order and look at each item until it has enough: quick where every third item fits, and not where
            words are those of the other end, since words take long to compare without their index.
        place: SQL of the condition on footprints, if there is one.
        walks: Whether the order is walked along and each footprint looked at. Else the planner may find all of a place
            first: it takes them to be few, and each of them is unpacked for the sake of its date.
    """

    where: str
    values: tuple[Any, ...]
    keys: tuple[SortKey, ...]
    asked: str
    by_words: bool = False
    found_first: bool = False
    place: str = ""
    walks: bool = False

    @classmethod
    def of(cls, search: Search, properties: PropertyTable) -> Selection:
        """What a search selects.

        Raises:
            InvalidParameter: One of its conditions cannot be carried out.
        """
        bound = Parameters()
        place = meets(search.geometry, bound) if search.geometry else ""
        parts = [*filter(None, [place]), *_parts(search, properties, bound)]
        asked = repr((parts, bound.values, search.text and search.text.asked))
        if search.text:
            parts.append(has_words(search.text, bound))
        named = {key.property.name for key in search.sort}
        descending = search.sort[0].descending
        ties = (SortKey(tie, descending) for tie in _TIES if tie.name not in named)
        by_words = search.text is not None and isinstance(search.text.condition, str)
        return cls(all_of(parts), tuple(bound.values), (*search.sort, *ties), asked, by_words, place=place)

    @property
    def walked(self) -> str:
        """The condition, so that no index of footprints can serve it."""
        return self.where.replace(self.place, f"{self.place} IS TRUE", 1) if self.place else self.where

    def within(self, collections: Sequence[str]) -> Selection:
        """The same selection, where it is known that no other collections hold any of it."""
        bound = Parameters(list(self.values))
        named = f"collection = ANY({bound.bind(list(collections), 'text[]')})"
        return replace(self, where=all_of([self.where, named]), values=tuple(bound.values))


def _parts(search: Search, properties: PropertyTable, bound: Parameters) -> Iterator[str]:
    if search.collections:
        yield f"collection = ANY({bound.bind(list(search.collections), 'text[]')})"
    if search.ids:
        yield f"id = ANY({bound.bind(list(search.ids), 'text[]')})"
    if search.interval and search.interval.end:
        yield f"datetime <= {bound.bind(search.interval.end, 'timestamptz')}"
    if search.interval and search.interval.start:
        yield f"end_datetime >= {bound.bind(search.interval.start, 'timestamptz')}"
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
    selection: Selection, turn: Turn | None, limit: int, origin: int | None = None
) -> Iterator[Statement]:
    """Statements whose rows, one after the other, are those beyond a place in the order, the nearest first.

    Items without the first key come last, in a statement of their own: so both can run along an index, which keeps
    such rows at one end or the other. Not all rows of the first statement have the values of their keys: the first has
    them, and the last but one, at which a page ends. The first tells what the statement saw.

    Args:
        selection: Which items.
        turn: Where to go on; None is the beginning.
        limit: Rows of each statement at most.
        origin: Which database this is, to have ready documents where there are any; None for items as they are stored.
    """
    for lacking, whole in _stretches(selection, turn):
        bound = Parameters(list(selection.values))
        ordered = _ordered(selection, turn, bound, lacking=lacking, whole=whole)
        most = bound.bind(limit, "int8")
        size = next((str(size) for size in _SIZES if size >= limit), most)
        numbered = "SELECT found.*, row_number() OVER () AS number"
        rows = f"{numbered} FROM (SELECT {_ROW} {ordered} LIMIT {size}) AS found LIMIT {most}"
        keys = _key_values(selection, "" if whole else f"number IN (1, {most} - 1)")
        told = f"{keys}, CASE WHEN number = 1 THEN {SNAPSHOT} END AS snapshot"
        yield Statement(_shown(rows, told, bound, origin), tuple(bound.values))


def places_statements(selection: Selection, turn: Turn | None, limit: int) -> Iterator[Statement]:
    """The same for places alone: each row has the values of its keys and nothing else."""
    for lacking, whole in _stretches(selection, turn):
        bound = Parameters(list(selection.values))
        ordered = _ordered(selection, turn, bound, lacking=lacking, whole=whole)
        text = f"SELECT {_key_values(selection)} {ordered} LIMIT {bound.bind(limit, 'int8')}"
        yield Statement(text, tuple(bound.values))


def _stretches(selection: Selection, turn: Turn | None) -> Iterator[tuple[bool | None, bool]]:
    """The parts of an order beyond a place, the nearest first.

    Returns:
        Whether items of the part lack the first key (None where none can), and whether all of it lies beyond the place.
    """
    if not selection.keys[0].property.nullable:
        yield None, False
        return
    parts = (True, False) if turn and turn.backwards else (False, True)
    start = parts[0] if turn is None else turn.place[0] is None
    yield from ((lacking, lacking is not start) for lacking in parts[parts.index(start) :])


def _shown(rows: str, keys: str, bound: Parameters, origin: int | None) -> str:
    """Rows of items with what is needed to write them out, and some values of theirs."""
    told = f"partition, id, collection, row_version::text AS row_version, {keys}"
    if origin is None:
        return f"SELECT {told}, {_CONTENT}, NULL::bytea AS document FROM ({rows}) AS found"  # noqa: S608 -- text of ours
    ready = _READY.format(bound.bind(FORMAT, "int2"), bound.bind(origin, "int8"))
    # OFFSET 0 has the document looked up once a row and not once for each member that depends on it
    return (
        f"SELECT {told}, {_UNLESS_READY}, document FROM "  # noqa: S608
        f"(SELECT found.*, {ready} FROM ({rows}) AS found OFFSET 0) AS found"
    )


def _ordered(
    selection: Selection, turn: Turn | None, bound: Parameters, *, lacking: bool | None, whole: bool = False
) -> str:
    """The rows beyond a place, in order."""
    first, backwards = selection.keys[0], turn is not None and turn.backwards
    parts = [selection.walked if selection.walks and not selection.found_first else selection.where]
    if lacking is not None:
        parts.append(f"{first.property.expression} IS {'' if lacking else 'NOT '}NULL")
    if turn is not None and not whole:
        parts += _beyond(selection.keys, turn, bound)
    ordered = selection.keys[1:] if lacking else selection.keys
    order = ", ".join(_direction(key, backwards=backwards, first=key is first) for key in ordered)
    if selection.found_first:
        # OFFSET 0 keeps the planner from looking at what comes after; the columns are those that a * leaves out
        found = f"SELECT *, tableoid, xmin FROM pgstac.items WHERE {all_of(parts)} OFFSET 0"  # noqa: S608 -- text of ours
        return f"FROM ({found}) AS items ORDER BY {order}"
    return f"FROM pgstac.items WHERE {all_of(parts)} ORDER BY {order}"


def _key_values(selection: Selection, condition: str = "") -> str:
    """Values of rows in the keys of the order, of all rows or of those that meet a condition."""
    form = f"CASE WHEN {condition} THEN {{}} END" if condition else "{}"
    named = (f"{form.format(key.property.expression)} AS key{number}" for number, key in enumerate(selection.keys))
    return ", ".join(named)


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


async def snapshot_now(connection: Connection) -> str | None:
    """The transactions that a statement would see now; None on a standby."""
    snapshot: str | None = await connection.fetchval(f"SELECT {SNAPSHOT}")
    return snapshot


def count_statement(selection: Selection, at_most: int) -> Statement:
    """Counts the items, and stops at a number; tells what it saw."""
    bound = Parameters(list(selection.values))
    text = (
        f"SELECT count(*), {SNAPSHOT} AS snapshot FROM (SELECT FROM pgstac.items WHERE {selection.where} "  # noqa: S608
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
    columns = f"tableoid::int8 AS partition, id, collection, {_CONTENT}"
    text = f"SELECT {columns} FROM pgstac.items WHERE collection = ANY($1::text[]) AND id = ANY($2::text[])"  # noqa: S608
    return Statement(text, (collections, ids))


def item_statement(collection: str, item: str, origin: int | None = None) -> Statement:
    """One item, with the moment it says it was changed at."""
    bound = Parameters([collection, item])
    rows = f"SELECT {_ROW} FROM pgstac.items WHERE collection = $1 AND id = $2"  # noqa: S608 -- text of ours
    updated = "content->'properties'->>'updated' AS updated"
    return Statement(_shown(rows, updated, bound, origin), tuple(bound.values))
