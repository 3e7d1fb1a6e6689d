"""Conditions: what is true or false of an item, and AND, OR, NOT of such.

A comparison with a value that an item does not have is neither, and stays neither under NOT: only IS NULL finds such
items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.database.sql import all_of, any_of
from api.request.suggestions import describe_unknown
from api.search.compile.filters import arrays, spatial, temporal
from api.search.compile.filters.comparisons import MIRRORED, between, comparison, is_null, like, one_of
from api.search.compile.filters.operands import ARITHMETIC, TEXT_FUNCTIONS, Scope, arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def condition(tree: Any, scope: Scope) -> str:
    """SQL of a condition.

    Args:
        tree: CQL2 JSON.
        scope: Where it stands; its values are bound there.

    Raises:
        InvalidParameter: The tree is not a condition: a name is unknown, or values cannot be compared.
    """
    if isinstance(tree, bool):
        return str(tree).upper()
    operator = tree.get("op") if isinstance(tree, dict) else None
    if not isinstance(operator, str):
        raise scope.refusal(reason="not a condition: it must compare something and be true or false")
    operator = operator.lower()
    if operator in TEXT_FUNCTIONS or operator in ARITHMETIC:
        raise scope.refusal(reason=f"not a condition: {operator} must be compared with something")
    if operator not in _OPERATORS:
        raise scope.refusal(reason=describe_unknown(operator, sorted(_OPERATORS), "operator or function"))
    return _OPERATORS[operator]({**tree, "op": operator}, scope)


def _and(tree: dict[str, Any], scope: Scope) -> str:
    return all_of([condition(arg, scope) for arg in _some(tree, scope)])


def _or(tree: dict[str, Any], scope: Scope) -> str:
    return any_of([condition(arg, scope) for arg in _merged(_some(tree, scope))])


def _not(tree: dict[str, Any], scope: Scope) -> str:
    (arg,) = arguments(tree, scope, 1)
    return f"NOT ({condition(arg, scope)})"


def _some(tree: dict[str, Any], scope: Scope) -> list[Any]:
    args = arguments(tree, scope)
    if not args:
        raise scope.refusal(reason=f"{tree['op']} has no arguments")
    return args


def _merged(args: Iterable[Any]) -> list[Any]:
    """Alternatives with those that compare one property for equality made into one IN, which an index serves."""
    values: dict[str, list[Any]] = {}
    others = []
    for arg in args:
        match arg:
            case {"op": "=", "args": [{"property": str(name)}, str() | int() | float() as value]}:
                values.setdefault(name, []).append(value)
            case _:
                others.append(arg)
    return [*({"op": "in", "args": [{"property": name}, listed]} for name, listed in values.items()), *others]


_OPERATORS: Final[dict[str, Callable[[dict[str, Any], Scope], str]]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    **dict.fromkeys(MIRRORED, comparison),
    "between": between,
    "in": one_of,
    "isnull": is_null,
    "like": like,
    **dict.fromkeys(arrays.FUNCTIONS, arrays.array),
    **dict.fromkeys(spatial.FUNCTIONS, spatial.spatial),
    **dict.fromkeys((*temporal.FUNCTIONS, "t_disjoint"), temporal.temporal),
}
