"""Conditions in other words than CQL2: the Query extension, and properties as plain parameters of a GET request."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.request.suggestions import describe_unknown
from api.request.times import OPEN, Interval
from api.search.model import Condition
from api.search.properties import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.search.properties import Property, PropertyTable

_COMPARISONS: Final = {"eq": "=", "neq": "<>", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_PATTERNS: Final = {"startsWith": "{}%", "endsWith": "%{}", "contains": "%{}%"}
OPERATORS: Final = (*_COMPARISONS, *_PATTERNS, "in")
"""Of the Query extension; `ne` is what pgstac calls `neq`."""

_ON_LISTS: Final = {"eq": "a_contains", "contains": "a_contains", "in": "a_overlaps"}
"""What an operator means for a property that is a list; `eq` with a list means the same members."""


def query_conditions(query: Mapping[str, Any], properties: PropertyTable) -> Iterator[Condition]:
    """The conditions of a `query`; a property with none is passed over.

    Raises:
        InvalidParameter: It has another form, or names a property or an operator that is not known.
    """
    for name, asked in query.items():
        parameter = f"query.{name[:80]}"
        if not isinstance(asked, dict):
            reason = f"expected operators and values, as in {{{name!r}: {{'eq': …}}}}"
            raise InvalidParameter(parameter=parameter, reason=reason)
        found = properties.find(name, parameter) if asked else None
        for operator, value in asked.items():
            where = f"{parameter}.{operator[:20]}"
            if operator not in OPERATORS:
                raise InvalidParameter(parameter=where, reason=describe_unknown(operator, OPERATORS, "operator"))
            assert found is not None  # noqa: S101
            yield Condition(where, _queried(found, operator, value, where))


def _queried(found: Property, operator: str, value: Any, where: str) -> dict[str, Any]:
    """One operator of the Query extension in CQL2."""
    reference = {"property": found.name}
    if operator == "in" and not isinstance(value, list):
        raise InvalidParameter(parameter=where, reason="expected a list of values")
    if value is None and operator in ("eq", "neq", "ne"):
        null = {"op": "isNull", "args": [reference]}
        return null if operator == "eq" else {"op": "not", "args": [null]}
    if found.kind is Kind.ARRAY:
        return _queried_list(found, operator, value, where)
    if operator in _PATTERNS:
        if found.kind is not Kind.TEXT or not isinstance(value, str):
            reason = f"{operator} compares text; {found.name} is {found.kind}, and {value!r} was given"
            raise InvalidParameter(parameter=where, reason=reason)
        return {"op": "like", "args": [reference, _PATTERNS[operator].format(_literally(value))]}
    if read := _FROM_FORMS.get(found.kind):
        value = [read(each) for each in value] if isinstance(value, list) else read(value)
    return {"op": _COMPARISONS.get(operator, operator), "args": [reference, value]}


def _number_from_form(value: Any) -> Any:
    """A number that came as text: forms have nothing else, nor has stac-api-validator. What is not a number stays."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _boolean_from_form(value: Any) -> Any:
    """True or false that came as text, from EODAG in Python's spelling."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


_FROM_FORMS: Final = {
    Kind.NUMBER: _number_from_form,
    Kind.INTEGER: _number_from_form,
    Kind.BOOLEAN: _boolean_from_form,
}


def _queried_list(found: Property, operator: str, value: Any, where: str) -> dict[str, Any]:
    """The same for a property that is a list."""
    reference = {"property": found.name}
    if operator in ("neq", "ne"):
        return {"op": "not", "args": [_queried_list(found, "eq", value, where)]}
    if operator not in _ON_LISTS:
        reason = f"{found.name} is a list; eq, neq, in and contains are for lists"
        raise InvalidParameter(parameter=where, reason=reason)
    if operator == "eq" and isinstance(value, list):
        return {"op": "a_equals", "args": [reference, value]}
    return {"op": _ON_LISTS[operator], "args": [reference, value if isinstance(value, list) else [value]]}


def _literally(text: str) -> str:
    r"""A text as a pattern that matches it alone.

    >>> print(_literally("100%_a"))
    100\%\_a
    """
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text)


def plain_condition(found: Property, text: str) -> Condition:
    """A property as a parameter: `name=value`, `name=a,b` for any of them, `name=low/high` for a range.

    Args:
        found: The property.
        text: Value of the parameter.

    Raises:
        InvalidParameter: The property cannot have such a value.
    """
    parts = text.split(",")
    if "" in parts:
        raise InvalidParameter(parameter=found.name, reason="a value is missing; write value, a,b or low/high")
    reference = {"property": found.name}
    if found.kind is Kind.ARRAY:
        return Condition(found.name, {"op": "a_overlaps", "args": [reference, parts]})
    if found.kind is Kind.TEXT:
        return Condition(found.name, {"op": "in", "args": [reference, parts]})
    if found.kind is Kind.GEOMETRY:
        raise InvalidParameter(parameter=found.name, reason="use bbox or intersects to search by geometry")
    ways = [_plain(found, part) for part in parts]
    return Condition(found.name, ways[0] if len(ways) == 1 else {"op": "or", "args": ways})


def _plain(found: Property, text: str) -> dict[str, Any]:
    """One value or range of a number, a time, or of what is true or false."""
    reference = {"property": found.name}
    if found.kind is Kind.BOOLEAN:
        if text.lower() not in ("true", "false"):
            raise InvalidParameter(parameter=found.name, reason=f"{text[:60]!r} is neither true nor false")
        return {"op": "=", "args": [reference, text.lower() == "true"]}
    if found.kind is Kind.TIME:
        interval = Interval.parse(text, found.name)
        ends = [None if end is None else {"timestamp": end.isoformat()} for end in (interval.start, interval.end)]
        return _within(reference, *ends)
    low, slash, high = text.partition("/")
    if not slash:
        return {"op": "=", "args": [reference, _number(found, text)]}
    bounds = [None if end in OPEN else _number(found, end) for end in (low, high)]
    if bounds == [None, None]:
        raise InvalidParameter(parameter=found.name, reason="both ends of the range are open")
    if None not in bounds and bounds[0] > bounds[1]:  # type: ignore[operator] # neither is None
        raise InvalidParameter(parameter=found.name, reason=f"the range {text} ends before it begins")
    return _within(reference, *bounds)


def _within(reference: dict[str, str], low: Any, high: Any) -> dict[str, Any]:
    parts = [{"op": op, "args": [reference, end]} for op, end in ((">=", low), ("<=", high)) if end is not None]
    return {"op": "and", "args": parts}


def _number(found: Property, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidParameter(
            parameter=found.name, reason=f"{text[:60]!r} is not a number, and {found.name} is {found.kind}"
        )
    return number
