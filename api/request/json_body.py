"""JSON bodies: parsed once, and refused where readers would differ or the database would fail."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.request.characters import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 60
"""Characters of a name that are repeated in the answer."""
_MAX_DIGITS: Final = 400
"""Digits of an integer; one with more is larger than every number the database knows."""


def parse_body(body: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        InvalidParameter: The body is not JSON, has a member twice, or values that cannot be processed.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise InvalidParameter(parameter="body", reason=f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        where = f"not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        reason = where if body.strip() else "empty; expected a JSON object"
        raise InvalidParameter(parameter="body", reason=reason) from error
    except RecursionError as error:
        raise InvalidParameter(parameter="body", reason="nested too deeply") from error
    _check_values(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        check_text("body", name)
        raise InvalidParameter(parameter=name[:_SHOWN], reason="given twice in one object")
    return found


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _check_values(document: Any) -> None:
    """Refuse texts and numbers that cannot go on, named by where in the body they are."""
    for path, leaf in _leaves(document):
        if isinstance(leaf, str):
            check_text(path, leaf)
        elif isinstance(leaf, float) and not math.isfinite(leaf):
            reason = "NaN is not a number" if math.isnan(leaf) else "the number is too large"
            raise InvalidParameter(parameter=path, reason=reason)


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    """Names and values in a JSON value, however deep, each with its path."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            for name, value in node.items():
                yield path or "body", name
                waiting.append((f"{path}.{name[:_SHOWN]}".lstrip("."), value))
        elif isinstance(node, list):
            waiting.extend((f"{path}[{number}]", value) for number, value in enumerate(node))
        else:
            yield path or "body", node
