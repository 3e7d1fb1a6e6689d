"""The array functions of CQL2: lists as sets of texts."""

from __future__ import annotations

from typing import Any, Final

from api.request.characters import check_text
from api.search.compile.filters.operands import Scope, arguments
from api.search.properties import Kind

FUNCTIONS: Final = {
    "a_containedby": "{0} <@ {1}",
    "a_contains": "{0} @> {1}",
    "a_equals": "{0} @> {1} AND {0} <@ {1}",
    "a_overlaps": "{0} && {1}",
}


def array(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of an array function."""
    first, second = (_list(arg, scope) for arg in arguments(tree, scope, 2))
    return FUNCTIONS[tree["op"]].format(first, second)


def _list(tree: Any, scope: Scope) -> str:
    if isinstance(tree, dict) and "property" in tree:
        found = scope.find(tree["property"])
        if found.kind is not Kind.ARRAY:
            raise scope.refusal(reason=f"{found.name} is {found.kind}, not a list")
        return found.expression
    members = tree if isinstance(tree, list) else [tree]
    for member in members:
        if not isinstance(member, str):
            raise scope.refusal(reason=f"the lists here hold text, not {member!r}"[:200])
        check_text(scope.parameter, member)
    return scope.bound.bind(members, "text[]")
