"""Values of the requests' parameters, read and refused with the parameter's name.

stac-fastapi's own readers answer some bad values with errors that name no parameter, and let others through to fail
in the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from api.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NESTING: Final = 64
"""Levels of lists and objects in a JSON value; more would fail in the libraries behind."""


def check_depth(parameter: str, value: Any, levels: int = MAX_NESTING) -> None:
    """Refuse a value nested so deeply that one of the libraries behind, or the database, would fail on it."""
    level = [value]
    for _ in range(levels):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise InvalidParameter(parameter=parameter, reason=f"nested too deeply; at most {levels} levels")


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def json_object(parameter: str, text: str) -> dict[str, Any]:
    """The JSON object a text holds."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(parameter=parameter, reason=f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidParameter(parameter=parameter, reason="expected a JSON object")
    check_depth(parameter, value)
    return value
