"""Times that a condition confines items to, so that only a stretch of the order of nominal times is read.

A condition on an item's times says something of its nominal time too, since none of its acquisitions lies further from
it than its `_spread` tells: of a pair that begins before a date, the middle lies at most so much after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.database.sql import Parameters
from api.search.compile.filters.comparisons import MIRRORED
from api.search.compile.filters.operands import Operand, Scope, moment, read_operand
from api.search.compile.filters.temporal import FUNCTIONS, read_comparisons
from api.search.properties import Kind
from catalog_builder.derived.item_index import MAX_SPREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from api.search.model import Search
    from api.search.properties import PropertyTable


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """No item has all of its times before `low`, or all of them after `high`; None is open."""

    low: datetime | None
    high: datetime | None


_Bound = tuple[str, "datetime"]
"""An operator of comparison and what a time of acquisition is compared with."""


def find_window(search: Search, properties: PropertyTable) -> TimeWindow | None:
    """The window of a search whose conditions are known to be sound; None where it has none."""
    bounds = list(_bounds(search, properties))
    lows = [value for operator, value in bounds if operator in (">", ">=", "=")]
    highs = [value for operator, value in bounds if operator in ("<", "<=", "=")]
    if not lows and not highs:
        return None
    return TimeWindow(max(lows, default=None), min(highs, default=None))


def _bounds(search: Search, properties: PropertyTable) -> Iterator[_Bound]:
    if search.interval and search.interval.end:
        yield "<=", search.interval.end
    if search.interval and search.interval.start:
        yield ">=", search.interval.start
    for each in search.conditions:
        yield from _bounds_of(each.tree, Scope(properties, Parameters(), each.parameter))


def _bounds_of(tree: Any, scope: Scope) -> Iterator[_Bound]:
    operator, args = (str(tree.get("op")).lower(), tree.get("args")) if isinstance(tree, dict) else ("", None)
    if isinstance(args, list) and (read := _READERS.get(operator)):
        yield from read(operator, args, scope)


def _and(_: str, args: list[Any], scope: Scope) -> Iterator[_Bound]:
    for arg in args:
        yield from _bounds_of(arg, scope)


def _between(_: str, args: list[Any], scope: Scope) -> Iterator[_Bound]:
    value, low, high = args if len(args) == 3 else (args[0], *args[1])  # noqa: PLR2004
    yield from _compared(">=", [value, low], scope)
    yield from _compared("<=", [value, high], scope)


def _temporal(operator: str, args: list[Any], scope: Scope) -> Iterator[_Bound]:
    for one, compared, other in read_comparisons(operator, args, scope):
        if one.is_acquisition and other.value:
            yield compared, other.value
        elif other.is_acquisition and one.value:
            yield MIRRORED[compared], one.value


def _compared(operator: str, args: list[Any], scope: Scope) -> Iterator[_Bound]:
    if any(isinstance(arg, dict) and "op" in arg for arg in args):
        return
    sides = [read_operand(arg, scope) for arg in args]
    if sides[0].is_value:
        sides, operator = sides[::-1], MIRRORED[operator]
    of, value = sides
    if of.of is None or not of.of.is_acquisition or not value.is_value:
        return
    first, last = _span(value, scope)
    if operator in ("<", "<=", "="):
        yield "<=", last
    if operator in (">", ">=", "="):
        yield ">=", first


def _span(value: Operand, scope: Scope) -> tuple[datetime, datetime]:
    return value.value if value.kind is Kind.TIME else moment(value.value, scope)


_READERS: Final[dict[str, Callable[[str, list[Any], Scope], Iterator[_Bound]]]] = {
    "and": _and,
    "between": _between,
    **dict.fromkeys(set(MIRRORED) - {"<>"}, _compared),
    **dict.fromkeys(FUNCTIONS, _temporal),
}
"""What an operator says of times. Of the others (OR, NOT, …) nothing is concluded."""

_MARGIN_S: Final = 1
"""Of the rounding with which `_spread` was reckoned."""


def window_rows(window: TimeWindow, bound: Parameters) -> str:
    """SQL of rows, one for each `spread`: the least and the greatest nominal time (`low`, `high`) of items that fit."""
    reach = f"make_interval(days => 1 << spread, secs => {_MARGIN_S})"
    low = f"{bound.bind(window.low, 'timestamptz')} - {reach}" if window.low else "'-infinity'::timestamptz"
    high = f"{bound.bind(window.high, 'timestamptz')} + {reach}" if window.high else "'infinity'::timestamptz"
    return (
        f"SELECT spread::int2 AS spread, CASE WHEN spread < {MAX_SPREAD} THEN {low} ELSE '-infinity' END AS low, "  # noqa: S608
        f"CASE WHEN spread < {MAX_SPREAD} THEN {high} ELSE 'infinity' END AS high "
        f"FROM generate_series(0, {MAX_SPREAD}) AS spread"
    )
