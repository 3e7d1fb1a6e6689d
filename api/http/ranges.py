"""The `Range` header, read as RFC 9110 section 14 wants it, before Starlette's file response sees it.

Starlette 1.10 answers 400 to a unit it does not know and to a malformed header, which the RFC wants ignored, and
416 as soon as one range of several lies behind the end, where the RFC wants the others served.
"""

from __future__ import annotations

import re
from typing import Final

from api.errors import RangeNotSatisfiable

MAX_RANGES: Final = 100
"""More ranges than this in one request are answered with the whole file: they are expensive and useless."""

_RANGE_SET: Final = re.compile(r"bytes\s*=(?P<ranges>[0-9,\-\s]+)", re.IGNORECASE | re.ASCII)
_RANGE: Final = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)", re.ASCII)
_MAX_DIGITS: Final = 19


def satisfiable_ranges(header: str, size_bytes: int) -> str | None:
    """The header with only the ranges that lie in the file, or None when it is to be ignored.

    >>> satisfiable_ranges("bytes=0-9, 500-, -4", 100)
    'bytes=0-9,96-99'
    >>> satisfiable_ranges("lines=1-2", 100) is None
    True

    Raises:
        RangeNotSatisfiable: The header is well formed and none of its ranges lies in the file.
    """
    if (found := _RANGE_SET.fullmatch(header.strip())) is None:
        return None
    parts = [part.strip() for part in found["ranges"].split(",") if part.strip()]
    if not parts or len(parts) > MAX_RANGES:
        return None
    spans: list[tuple[int, int]] = []
    for part in parts:
        if (span := _span(part, size_bytes)) is None:
            return None
        if span[0] <= span[1]:
            spans.append(span)
    if not spans:
        raise RangeNotSatisfiable(size_bytes)
    return "bytes=" + ",".join(f"{first}-{last}" for first, last in spans)


def _span(part: str, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte; first > last when outside the file; None when malformed."""
    found = _RANGE.fullmatch(part)
    if found is None or part == "-" or max(len(found["first"]), len(found["last"])) > _MAX_DIGITS:
        return None
    if not found["first"]:
        return max(size_bytes - int(found["last"]), 0), size_bytes - 1 if int(found["last"]) else -1
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else size_bytes - 1
    if found["last"] and last < first:
        return None
    return first, min(last, size_bytes - 1)
