"""A search as SQL: its condition, its order, and the place in it that a page begins at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.database.sql import Parameters, all_of
from api.search.compile.filters import Scope, condition, meets
from api.search.compile.time_windows import TimeWindow, find_window
from api.search.model import SortKey
from api.search.properties import COLUMNS, NOMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.search.model import Search
    from api.search.properties import PropertyTable
    from api.search.text_matching import TextMatch

_TIES: Final = (NOMINAL, *(next(each for each in COLUMNS if each.name == name) for name in ("collection", "id")))
"""What decides between items that are equal in all that a search sorts by."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values bound to it."""

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """Which items, and in which order.

    Attributes:
        where: SQL of the condition, of `item` and `shape`.
        values: Bound in it.
        keys: The order; no two items are equal in all of them.
        fingerprint: Tells the search, apart from its order, from any other. Words of collections, which may change from
            page to page, are in the condition and not in here.
        scope: The part of the condition that is about collections alone.
        window: Times that the acquisitions of the items lie between, where the condition says so.
        times: The part of the condition that is about those times alone.
        is_about_times: Whether that is all of it, apart from collections.
        is_filtered: Whether the condition is about more than collections.
    """

    where: str
    values: tuple[Any, ...]
    keys: tuple[SortKey, ...]
    fingerprint: str
    scope: str = "TRUE"
    window: TimeWindow | None = None
    times: str = "TRUE"
    is_about_times: bool = False
    is_filtered: bool = True

    @property
    def is_ordered_in_collections(self) -> bool:
        """Whether an index has the order of each collection by itself."""
        return self.keys[0].property.name in ("datetime", "collection")

    @property
    def null_partitions(self) -> tuple[bool | None, ...]:
        """The parts of the order: whether items lack the first key; None where none can."""
        return (False, True) if self.keys[0].property.nullable else (None,)


@dataclass(frozen=True, slots=True)
class _Filter:
    """SQL of a condition, and whether it compares times of acquisition and nothing else."""

    sql: str
    is_about_times: bool = False


def compile_query(search: Search, properties: PropertyTable) -> CompiledQuery:
    """A search as SQL.

    Raises:
        InvalidParameter: One of its conditions cannot be carried out.
    """
    bound = Parameters()
    scope = _collections(search.collections, bound)
    filters = list(_filters(search, properties, bound))
    fingerprint = repr((scope, filters, bound.values, search.text and search.text.asked))
    if search.text:
        filters.append(_Filter(_has_words(search.text, bound)))
    times = [each.sql for each in filters if each.is_about_times]
    return CompiledQuery(
        where=all_of([scope, *(each.sql for each in filters)]),
        values=tuple(bound.values),
        keys=_keys(search),
        fingerprint=fingerprint,
        scope=scope,
        window=find_window(search, properties),
        times=all_of(times),
        is_about_times=len(times) == len(filters),
        is_filtered=bool(filters),
    )


def _keys(search: Search) -> tuple[SortKey, ...]:
    named = {key.property.name for key in search.sort}
    if named & {"datetime", "start_datetime"}:
        named.add(NOMINAL.name)  # it would decide next to nothing
    descending = search.sort[0].descending
    return (*search.sort, *(SortKey(tie, descending) for tie in _TIES if tie.name not in named))


def _collections(names: tuple[str, ...], bound: Parameters) -> str:
    if not names:
        return "TRUE"
    if len(names) == 1:  # so the planner sees that the order within the collection is the order of all
        return f"item.collection = {bound.bind(names[0], 'text')}"
    return f"item.collection = ANY({bound.bind(list(names), 'text[]')})"


def _filters(search: Search, properties: PropertyTable, bound: Parameters) -> Iterator[_Filter]:
    if search.ids:
        yield _Filter(f"item.id = ANY({bound.bind(list(search.ids), 'text[]')})")
    if search.geometry:
        yield _Filter(meets(search.geometry, bound))
    if search.interval and search.interval.end:
        yield _Filter(f"item.start_datetime <= {bound.bind(search.interval.end, 'timestamptz')}", is_about_times=True)
    if search.interval and search.interval.start:
        yield _Filter(f"item.end_datetime >= {bound.bind(search.interval.start, 'timestamptz')}", is_about_times=True)
    for each in search.conditions:
        scope = Scope(properties, bound, each.parameter)
        for tree in _separate(each.tree):
            scope.used.clear()
            sql = condition(tree, scope)
            about_times = bool(scope.used) and all(one.is_acquisition for one in scope.used)
            yield _Filter(sql, is_about_times=about_times)


def _separate(tree: Any) -> Iterator[Any]:
    """Conditions that all must hold: those that are joined by AND, each by itself."""
    match tree:
        case {"op": str(operator), "args": [_, *_] as args} if operator.lower() == "and":
            for arg in args:
                yield from _separate(arg)
        case _:
            yield tree


def _has_words(text: TextMatch, bound: Parameters) -> str:
    if isinstance(text.condition, bool):
        return str(text.condition).upper()
    return f"shape.words @@ {bound.bind(text.condition, 'text')}::tsquery"


KeysetValues = tuple[Any, ...]
"""Values of an item in the keys of an order; None where it has none."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where in an order to go on, which way, and whether with the item at that place itself."""

    values: KeysetValues
    backwards: bool
    inclusive: bool = False
