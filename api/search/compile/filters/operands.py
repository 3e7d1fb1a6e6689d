"""What the operators of a filter take: properties, values, and functions of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.request.characters import check_text
from api.request.times import Interval
from api.search.properties import Kind, Property, PropertyTable

if TYPE_CHECKING:
    from datetime import datetime

    from api.database.sql import Parameters

MAX_OPERATORS: Final = 2000
"""Operators in one filter; the planner takes more than a second for more."""
_SHOWN: Final = 60

TEXT_FUNCTIONS: Final = {"casei": "lower({})", "accenti": "unaccent({})", "lower": "lower({})", "upper": "upper({})"}
ARITHMETIC: Final = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} / {})",
    "div": "trunc({} / {})",
    "%": "mod({}::numeric, {}::numeric)::float8",
    "^": "power({}, {})",
}


@dataclass(slots=True)
class Scope:
    """What a filter is compiled with: known properties, the statement's values, the parameter refusals name.

    `used` has the properties that were looked up since it was last emptied.
    """

    properties: PropertyTable
    bound: Parameters
    parameter: str
    operators: int = 0
    used: set[Property] = field(default_factory=set)

    def find(self, name: Any) -> Property:
        """The property of a name, which is remembered as used.

        Raises:
            InvalidParameter: There is none.
        """
        found = self.properties.find(name, self.parameter)
        self.used.add(found)
        return found

    def refusal(self, *, reason: str) -> InvalidParameter:
        """The error to raise."""
        return InvalidParameter(parameter=self.parameter, reason=reason)

    def count(self) -> None:
        """One more operator.

        Raises:
            InvalidParameter: There are too many.
        """
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise self.refusal(reason=f"more than {MAX_OPERATORS} operators; a list of values goes into one IN")


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of an operator.

    Attributes:
        kind: Of its values.
        label: As messages name it.
        sql: Its expression; a value has none until it is known what it is compared with.
        value: The value: text, a number, true or false, or the first and last moment of a time.
        of: The property it is, if it is one and nothing more.
    """

    kind: Kind
    label: str
    sql: str | None = None
    value: Any = None
    of: Property | None = None

    @property
    def is_value(self) -> bool:
        """Whether it is a value of the request."""
        return self.sql is None

    def render(self, scope: Scope) -> str:
        """Its SQL; a value is bound, of a time its first moment."""
        if self.sql is not None:
            return self.sql
        if self.kind is Kind.TIME:
            return scope.bound.bind(self.value[0], "timestamptz")
        if self.kind.numeric:
            return scope.bound.bind(float(self.value), "float8")
        if self.kind is Kind.BOOLEAN:
            return scope.bound.bind(self.value, "bool")
        return scope.bound.bind(self.value, "text")


def read_operand(tree: Any, scope: Scope) -> Operand:
    """The operand that a CQL2 JSON expression is.

    Raises:
        InvalidParameter: The tree is not an operand.
    """
    if isinstance(tree, bool):
        return Operand(Kind.BOOLEAN, str(tree).upper(), value=tree)
    if isinstance(tree, int | float):
        return Operand(Kind.NUMBER, f"the number {tree:g}", value=_finite(tree, scope))
    if isinstance(tree, str):
        check_text(scope.parameter, tree)
        return Operand(Kind.TEXT, f"the text {tree[:_SHOWN]!r}", value=tree)
    if tree is None:
        raise scope.refusal(reason="null cannot be compared; use isNull (IS NULL)")
    if isinstance(tree, dict):
        return _read_object(tree, scope)
    raise scope.refusal(reason="expected a single value, not a list")


def _finite(number: float, scope: Scope) -> float:
    try:
        return float(number)
    except OverflowError:
        raise scope.refusal(reason=f"the number {str(number)[:_SHOWN]}… is too large") from None


def _read_object(tree: dict[str, Any], scope: Scope) -> Operand:
    if "property" in tree:
        found = scope.find(tree["property"])
        return Operand(found.kind, found.name, sql=found.expression, of=found)
    if "timestamp" in tree or "date" in tree:
        low, high = moment(tree, scope)
        return Operand(Kind.TIME, f"the time {next(iter(tree.values()))}", value=(low, high))
    operator = tree.get("op")
    if not isinstance(operator, str):
        raise scope.refusal(reason=_not_scalar(tree))
    operator = operator.lower()
    args = arguments(tree, scope)
    if operator in TEXT_FUNCTIONS:
        return _text_function(operator, args, scope)
    if operator in ARITHMETIC:
        return _arithmetic(operator, args, scope)
    raise scope.refusal(reason=f"no function {operator[:_SHOWN]!r}")


def _not_scalar(tree: dict[str, Any]) -> str:
    if "interval" in tree:
        return "an interval can only be compared with the functions T_…, such as T_INTERSECTS"
    if "type" in tree or "bbox" in tree:
        return "a geometry can only be compared with the functions S_…, such as S_INTERSECTS"
    return "an operand is a value, {property: …}, {timestamp: …}, {date: …}, or an operator {op: …, args: […]}"


def arguments(tree: dict[str, Any], scope: Scope, *wanted: int) -> list[Any]:
    """Arguments of an operator.

    Args:
        tree: The operator.
        scope: Where it stands.
        wanted: How many there may be.

    Raises:
        InvalidParameter: There are none, or another number of them.
    """
    scope.count()
    args = tree.get("args")
    if not isinstance(args, list):
        raise scope.refusal(reason=f"{str(tree.get('op'))[:_SHOWN]} has no arguments: `args` is a list")
    if wanted and len(args) not in wanted:
        raise scope.refusal(reason=f"{tree['op']} takes {wanted[0]} arguments, {len(args)} arguments were given")
    return args


def _text_function(operator: str, args: list[Any], scope: Scope) -> Operand:
    if len(args) != 1:
        raise scope.refusal(reason=f"{operator} takes 1 argument, {len(args)} arguments were given")
    inner = read_operand(args[0], scope)
    if inner.kind is not Kind.TEXT:
        raise scope.refusal(reason=f"{operator} takes text, and {inner.label} is {inner.kind}")
    return Operand(Kind.TEXT, f"{operator}({inner.label})", sql=TEXT_FUNCTIONS[operator].format(inner.render(scope)))


def _arithmetic(operator: str, args: list[Any], scope: Scope) -> Operand:
    if len(args) != 2:  # noqa: PLR2004
        raise scope.refusal(reason=f"{operator} takes 2 arguments, {len(args)} arguments were given")
    sides = [read_operand(arg, scope) for arg in args]
    for side in sides:
        if not side.kind.numeric:
            raise scope.refusal(reason=f"{operator} takes numbers, and {side.label} is {side.kind}")
    left, right = (f"{side.render(scope)}::float8" for side in sides)
    return Operand(
        Kind.NUMBER, f"({sides[0].label} {operator} {sides[1].label})", sql=ARITHMETIC[operator].format(left, right)
    )


def moment(tree: Any, scope: Scope, label: str | None = None) -> tuple[datetime, datetime]:
    """First and last moment of a time: equal for an instant, a day apart for a date.

    Raises:
        InvalidParameter: It cannot be read as one.
    """
    text = tree if isinstance(tree, str) else tree.get("timestamp", tree.get("date"))
    name = f"{scope.parameter}: {label}" if label else scope.parameter
    if not isinstance(text, str) or "/" in text:
        raise InvalidParameter(parameter=name, reason=f"{str(text)[:_SHOWN]!r} is not a time")
    found = Interval.parse(text, name)
    assert found.start is not None  # noqa: S101 -- only intervals are open
    assert found.end is not None  # noqa: S101
    if isinstance(tree, dict) and "timestamp" in tree:
        return found.start, found.start
    return found.start, found.end
