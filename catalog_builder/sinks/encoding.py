"""Documents as bytes of JSON. Nothing of any store is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from catalog_builder.errors import SinkError

_NULL_CODE = re.compile(rb'"proj:code": ?null')
"""The one null that items hold on purpose: of rasters in radar geometry."""

Encode = Callable[[dict[str, Any]], bytes]
"""A function of a module, so that it can be named to another process."""


def compact(document: dict[str, Any]) -> bytes:
    """One line without its end, UTF-8.

    Raises:
        SinkError: it holds what JSON cannot say.
    """
    return _dump(document, 0)


def indented(document: dict[str, Any]) -> bytes:
    """Lines for readers, UTF-8.

    Raises:
        SinkError: it holds what JSON cannot say.
    """
    return _dump(document, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """The document as JSON gives it back: lists for tuples.

    Raises:
        SinkError: it holds what JSON cannot say.
    """
    return parse(compact(document))


def parse(content: bytes) -> dict[str, Any]:
    """The document of some bytes.

    Raises:
        ValueError: they are not JSON.
    """
    document: dict[str, Any] = orjson.loads(content)
    return document


def _dump(document: dict[str, Any], options: int) -> bytes:
    try:
        content = orjson.dumps(document, option=options)
    except orjson.JSONEncodeError as error:
        msg = f"{document.get('id')}: {error}"
        raise SinkError(msg) from error
    if b"null" in _NULL_CODE.sub(b"", content) and not _is_finite(document):  # orjson writes null for NaN
        msg = f"{document.get('id')}: {next(_not_finite(document))} is not a finite number"
        raise SinkError(msg)
    return content


def _is_finite(document: dict[str, Any]) -> bool:
    """Whether a document holds neither NaN nor an infinite number."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        for member in value.values() if isinstance(value, dict) else value:
            kind = type(member)
            if kind is float:
                if not math.isfinite(member):
                    return False
            elif kind is dict or kind is list or kind is tuple:
                pending.append(member)
    return True


def _not_finite(value: Any, place: str = "") -> Iterator[str]:
    """Where a document holds NaN or an infinite number."""
    if isinstance(value, float) and not math.isfinite(value):
        yield place
    members: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        members = ((f"{place}.{name}".lstrip("."), member) for name, member in value.items())
    elif isinstance(value, (list, tuple)):
        members = ((f"{place}[{index}]", member) for index, member in enumerate(value))
    for where, member in members:
        yield from _not_finite(member, where)
