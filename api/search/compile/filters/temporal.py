"""The temporal functions of CQL2, after Allen's interval algebra.

An instant is the interval that begins and ends with it, a date the interval of its day; an interval may have properties
as its ends, or be open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.database.sql import all_of
from api.request.times import OPEN, Interval
from api.search.compile.filters.operands import Scope, arguments, moment
from api.search.properties import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_Comparison = tuple[str, str, str]

FUNCTIONS: Final[dict[str, tuple[_Comparison, ...]]] = {
    "t_after": (("start", ">", "END"),),
    "t_before": (("end", "<", "START"),),
    "t_contains": (("start", "<", "START"), ("end", ">", "END")),
    "t_during": (("start", ">", "START"), ("end", "<", "END")),
    "t_equals": (("start", "=", "START"), ("end", "=", "END")),
    "t_finishedby": (("start", "<", "START"), ("end", "=", "END")),
    "t_finishes": (("start", ">", "START"), ("end", "=", "END")),
    "t_intersects": (("start", "<=", "END"), ("end", ">=", "START")),
    "t_meets": (("end", "=", "START"),),
    "t_metby": (("start", "=", "END"),),
    "t_overlappedby": (("start", ">", "START"), ("start", "<", "END"), ("end", ">", "END")),
    "t_overlaps": (("start", "<", "START"), ("end", ">", "START"), ("end", "<", "END")),
    "t_startedby": (("start", "=", "START"), ("end", ">", "END")),
    "t_starts": (("start", "=", "START"), ("end", "<", "END")),
}
"""What must hold between the first argument (small letters) and the second (capitals); T_DISJOINT is the rest."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of an interval: an expression, or a moment, which is bound where it is used."""

    sql: str | None = None
    value: datetime | None = None
    is_acquisition: bool = False

    def compared(self, operator: str, other: End, scope: Scope) -> str:
        """SQL of a comparison."""
        return f"{self._render(scope)} {operator} {other._render(scope)}"

    def _render(self, scope: Scope) -> str:
        return self.sql or scope.bound.bind(self.value, "timestamptz")


_OPEN: Final = (End("'-infinity'::timestamptz"), End("'infinity'::timestamptz"))
"""Ends that are open, at the start and at the end."""

_Span = dict[str, End]


def temporal(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of a temporal function."""
    operator = tree["op"]
    first, second = (_span(arg, scope) for arg in arguments(tree, scope, 2))
    if operator == "t_disjoint":
        return f"NOT ({_held('t_intersects', first, second, scope)})"
    return _held(operator, first, second, scope)


def read_comparisons(function: str, args: list[Any], scope: Scope) -> Iterator[tuple[End, str, End]]:
    """What a temporal function other than T_DISJOINT compares; all of it must hold."""
    first, second = (_span(arg, scope) for arg in args)
    for one, operator, other in FUNCTIONS[function]:
        yield first[one], operator, second[other.lower()]


def _held(function: str, first: _Span, second: _Span, scope: Scope) -> str:
    return all_of(
        [first[one].compared(operator, second[other.lower()], scope) for one, operator, other in FUNCTIONS[function]]
    )


def _span(tree: Any, scope: Scope) -> _Span:
    """Both ends of a temporal operand."""
    if isinstance(tree, dict) and "interval" in tree:
        ends = tree["interval"]
        if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004
            raise scope.refusal(reason="an interval has two ends")
        _check_order(ends, scope)
        return {"start": _interval_end(ends[0], 0, scope), "end": _interval_end(ends[1], 1, scope)}
    if isinstance(tree, dict) and "property" in tree:
        end = _property(tree["property"], scope)
        return {"start": end, "end": end}
    if isinstance(tree, str) and "/" in tree:
        found = Interval.parse(tree, scope.parameter)
        return {"start": _bound(found.start, 0), "end": _bound(found.end, 1)}
    if isinstance(tree, str) or (isinstance(tree, dict) and ("timestamp" in tree or "date" in tree)):
        low, high = moment(tree, scope)
        return {"start": End(value=low), "end": End(value=high)}
    raise scope.refusal(
        reason="a temporal function takes a timestamp, a date, an interval or a property that is a time"
    )


def _check_order(ends: list[Any], scope: Scope) -> None:
    """Refuse an interval of values that ends before it starts."""
    spans = [None if _is_open(end) or _is_property(end) else moment(end, scope) for end in ends]
    if spans[0] and spans[1] and spans[1][1] < spans[0][0]:
        raise scope.refusal(reason="an interval ends before it starts")


def _interval_end(tree: Any, side: int, scope: Scope) -> End:
    """One end of an interval: `side` 0 is its start, 1 its end."""
    if _is_open(tree):
        return _OPEN[side]
    if _is_property(tree):
        return _property(tree["property"], scope)
    return End(value=moment(tree, scope)[side])


def _is_open(tree: Any) -> bool:
    return isinstance(tree, str) and tree in OPEN


def _is_property(tree: Any) -> bool:
    return isinstance(tree, dict) and "property" in tree


def _property(name: Any, scope: Scope) -> End:
    found = scope.find(name)
    if found.kind is not Kind.TIME:
        raise scope.refusal(reason=f"{found.name} is {found.kind}, not a time")
    return End(found.expression, is_acquisition=found.is_acquisition)


def _bound(value: datetime | None, side: int) -> End:
    return _OPEN[side] if value is None else End(value=value)
