"""CQL2 filters, checked before the parser and the database see them.

The parser (cql2 0.6.0) is native code that recurses: a chain of 20 000 operators, 40 KB of text, ends the whole
process, and its `validate()` takes 0.1 s for any filter and 9 s for 100 nested `NOT`. So nesting is bounded first,
and what `validate()` would say about the kind of expression is read off the parsed tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson
from cql2 import Expr

from api.errors import InvalidParameter
from api.request.json_values import check_depth
from api.settings.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHAIN: Final = 16
"""Operators between two of `AND`, `OR`, comma and bracket."""
_LEVELS_OF_OPERATOR: Final = 2
"""Levels of JSON that an operator takes: itself and its arguments."""

BOOLEAN_OPERATORS: Final = frozenset(
    {"and", "or", "not", "=", "<>", "<", "<=", ">", ">=", "like", "between", "in", "isNull"}
)
_BOOLEAN_PREFIXES: Final = ("s_", "t_", "a_")

_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_BREAK: Final = re.compile(r"\b(?:AND|OR)\b|[(),]", re.IGNORECASE)
_CHAINED: Final = re.compile(r"[-+*/^%=<>]|\b(?:NOT|DIV)\b", re.IGNORECASE)


def parse_filter(
    expression: str | dict[str, Any], language: str | None, limits: Limits = DEFAULT_LIMITS
) -> dict[str, Any]:
    """A filter as CQL2 JSON.

    Args:
        expression: CQL2 text, CQL2 JSON as text, or CQL2 JSON.
        language: `cql2-text` or `cql2-json`; says how to read a text.
        limits: How long and how deep it may be.

    Raises:
        InvalidParameter: It cannot be parsed, is not a condition, or is nested too deeply.
    """
    if isinstance(expression, str) and language != "cql2-json":
        if len(expression) > limits.max_filter_characters:
            reason = f"longer than {limits.max_filter_characters} characters"
            raise InvalidParameter(parameter="filter", reason=reason)
        _check_text(expression, limits.max_filter_depth)
        tree = _parse(expression)
    else:
        document = _load(expression) if isinstance(expression, str) else expression
        check_depth("filter", document, limits.max_filter_depth * _LEVELS_OF_OPERATOR)
        tree = _parse(document)
    if not _is_condition(tree):
        raise InvalidParameter(
            parameter="filter", reason="not a condition: it must compare something and be true or false"
        )
    return tree


def filter_tree(expression: Any, language: str | None, limits: Limits = DEFAULT_LIMITS) -> Any:
    """A filter as CQL2 JSON, of which nothing is said yet but that it is not nested too deeply.

    Args:
        expression: CQL2 text, CQL2 JSON as text, or CQL2 JSON.
        language: `cql2-text` or `cql2-json`; says how to read a text.
        limits: How long and how deep it may be.

    Raises:
        InvalidParameter: It is a text that cannot be parsed, or nested too deeply.
    """
    if isinstance(expression, str) and language != "cql2-json":
        return parse_filter(expression, language, limits)
    document = _load(expression) if isinstance(expression, str) else expression
    check_depth("filter", document, limits.max_filter_depth * _LEVELS_OF_OPERATOR)
    return document


def _parse(expression: str | dict[str, Any]) -> dict[str, Any]:
    try:
        return Expr(expression).to_json()
    except Exception as error:  # the parser raises bare Exception
        raise InvalidParameter(parameter="filter", reason=" ".join(str(error).split())) from error


def _load(text: str) -> dict[str, Any]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(parameter="filter", reason=f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidParameter(parameter="filter", reason="CQL2 JSON is an object with `op` and `args`")
    return document


def _check_text(text: str, max_depth: int) -> None:
    """Refuse a text whose tree could be deeper than the parser's stack."""
    bare = _QUOTED.sub("''", text)
    depth = chain = 0
    for part in _parts(bare):
        if part == "chained":
            chain += 1
        else:
            chain = 0
            depth += {"(": 1, ")": -1}.get(part, 0)
        if depth > max_depth or chain > MAX_CHAIN:
            raise InvalidParameter(parameter="filter", reason=f"nested too deeply; at most {max_depth} levels")


def _parts(bare: str) -> Iterator[str]:
    """Brackets and separators as they are, `chained` for each operator that can nest without a bracket."""
    position = 0
    for stop in _BREAK.finditer(bare):
        yield from ("chained" for _ in _CHAINED.finditer(bare, position, stop.start()))
        yield stop.group()
        position = stop.end()
    yield from ("chained" for _ in _CHAINED.finditer(bare, position))


def _is_condition(tree: Any) -> bool:
    """Whether an expression is true or false, by its outermost operator."""
    if isinstance(tree, bool):
        return True
    operator = tree.get("op") if isinstance(tree, dict) else None
    if not isinstance(operator, str):
        return False
    return operator in BOOLEAN_OPERATORS or operator.lower().startswith(_BOOLEAN_PREFIXES)
