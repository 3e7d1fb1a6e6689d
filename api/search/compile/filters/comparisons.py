"""Comparisons of values: `=`, `<`, BETWEEN, IN, LIKE, IS NULL.

A value takes the kind of what it is compared with: a text compared with a time is read as a time. A date means its
whole day. Of a text as many characters are compared as its column holds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from api.database.sql import any_of
from api.search.compile.filters.operands import Operand, Scope, arguments, moment, read_operand
from api.search.properties import COLUMNS, Kind
from catalog_builder.derived.item_index import MAX_TEXT

if TYPE_CHECKING:
    from typing import Any

MIRRORED: Final = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Comparison operators, each with what says the same with its sides exchanged."""

_DAY: Final = {
    "=": ("{} BETWEEN {} AND {}", (0, 1)),
    "<>": ("{} NOT BETWEEN {} AND {}", (0, 1)),
    "<": ("{} < {}", (0,)),
    "<=": ("{} <= {}", (1,)),
    ">": ("{} > {}", (1,)),
    ">=": ("{} >= {}", (0,)),
}
"""A moment compared with a span of time: the SQL, and whether with the first moment of the span, the last, or both."""

_ARRAY_TYPES: Final = {Kind.TEXT: "text[]", Kind.NUMBER: "float8[]", Kind.INTEGER: "float8[]", Kind.BOOLEAN: "bool[]"}


def comparison(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of `=`, `<>`, `<`, `<=`, `>`, `>=`."""
    left, right = (read_operand(arg, scope) for arg in arguments(tree, scope, 2))
    return compare(tree["op"], left, right, scope)


def between(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of BETWEEN; both bounds belong to it. Drafts of CQL2 had them in a list of their own, as clients still do."""
    args = tree.get("args")
    if isinstance(args, list) and len(args) == 2 and isinstance(args[1], list):  # noqa: PLR2004
        tree = {**tree, "args": [args[0], *args[1]]}
    value, low, high = (read_operand(arg, scope) for arg in arguments(tree, scope, 3))
    return f"{compare('>=', value, low, scope)} AND {compare('<=', value, high, scope)}"


def is_null(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of IS NULL: the item has no such member, or it is null."""
    (arg,) = arguments(tree, scope, 1)
    return f"{read_operand(arg, scope).render(scope)} IS NULL"


def like(tree: dict[str, Any], scope: Scope) -> str:
    r"""SQL of LIKE: `%` is any text, `_` one character, `\` before either takes it as it is."""
    operands = [read_operand(arg, scope) for arg in arguments(tree, scope, 2)]
    for operand in operands:
        if operand.kind is not Kind.TEXT:
            raise scope.refusal(reason=f"LIKE compares text, and {operand.label} is {operand.kind}")
    value, pattern = operands
    if pattern.is_value and (len(pattern.value) - len(pattern.value.rstrip("\\"))) % 2:
        raise scope.refusal(reason=f"the pattern {pattern.value!r} ends with \\, which must stand before a character")
    return f"{value.render(scope)} LIKE {pattern.render(scope)}"


def one_of(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of IN."""
    arg, members = arguments(tree, scope, 2)
    if not isinstance(members, list):
        raise scope.refusal(reason="in takes a value and a list of values")
    left = read_operand(arg, scope)
    rights = [read_operand(member, scope) for member in members]
    plain = [right for right in rights if right.is_value]
    if len(plain) < len(rights) or left.is_value or left.kind is Kind.TIME:
        return any_of([compare("=", left, right, scope) for right in rights])
    values = [_adopted(left, right, scope).value for right in plain]
    return f"{left.render(scope)} = ANY({scope.bound.bind(values, _ARRAY_TYPES[left.kind])})"


def compare(operator: str, left: Operand, right: Operand, scope: Scope) -> str:
    """SQL of one comparison.

    Raises:
        InvalidParameter: The two cannot be compared.
    """
    if left.is_value and not right.is_value:
        left, right, operator = right, left, MIRRORED[operator]
    right = _adopted(left, right, scope)
    if Kind.BOOLEAN in (left.kind, right.kind) and operator not in ("=", "<>"):
        raise scope.refusal(reason=f"{left.label} is {left.kind}, which has no order; use = or <>")
    if left.kind is Kind.TIME and right.is_value and right.value[0] != right.value[1]:
        ends = (scope.bound.bind(right.value[number], "timestamptz") for number in _DAY[operator][1])
        return _DAY[operator][0].format(left.render(scope), *ends)
    return f"{left.render(scope)} {operator} {right.render(scope)}"


def _adopted(left: Operand, right: Operand, scope: Scope) -> Operand:
    """The right side as what can be compared with the left one."""
    for operand in (left, right):
        _check_plain(operand, scope)
    if left.kind is right.kind or (left.kind.numeric and right.kind.numeric):
        return _cut(left, right)
    if left.kind is Kind.TIME and right.kind is Kind.TEXT and right.is_value:
        return Operand(Kind.TIME, right.label, value=moment(right.value, scope, left.label))
    if right.is_value:
        raise scope.refusal(reason=f"{left.label} is {left.kind} and cannot be compared with {right.label}")
    raise scope.refusal(
        reason=f"{left.label} is {left.kind} and cannot be compared with {right.label}, which is {right.kind}"
    )


def _check_plain(operand: Operand, scope: Scope) -> None:
    """Refuse what cannot be compared."""
    if operand.kind is Kind.ARRAY:
        reason = "a list; use A_CONTAINS, A_OVERLAPS, A_EQUALS or A_CONTAINEDBY"
    elif operand.kind is Kind.GEOMETRY:
        reason = "a geometry; use S_INTERSECTS or another function S_…"
    else:
        return
    raise scope.refusal(reason=f"{operand.label} is {reason}")


def _cut(left: Operand, right: Operand) -> Operand:
    """A text that is compared with a property, cut to the length of its column."""
    if left.of is None or left.kind is not Kind.TEXT or not right.is_value or left.of in COLUMNS:
        return right
    return replace(right, value=right.value[:MAX_TEXT])
