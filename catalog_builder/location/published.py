"""Addresses under which trees are published, taken apart and put together. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from catalog_builder.location.address import GDAL_PREFIXES

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FORBIDDEN: Final = re.compile(r"[\s\x00-\x1f\x7f<>\"{}|\\^`]")


class NoBase(ValueError):
    """An address below which nothing can be published."""


def check_base(text: str, *, takes_query: bool = True) -> None:
    """See whether addresses can begin with a base.

    Args:
        text: the base, as `https://data.example.org/flatsim` or `s3://bucket/flatsim`.
        takes_query: whether it may end in a query, which each address then ends in, as signed ones do.

    Raises:
        NoBase: they cannot, with the reason.

    >>> check_base("data.example.org/x")
    Traceback (most recent call last):
    catalog_builder.location.published.NoBase: 'data.example.org/x' has no scheme, such as https:
    """
    if not _SCHEME.match(text):
        msg = f"{text!r} has no scheme, such as https:"
        raise NoBase(msg)
    parts = _parts(text)
    is_store = parts.scheme in GDAL_PREFIXES
    if not parts.netloc and parts.scheme != "file":
        msg = f"{text!r} names no {'bucket' if is_store else 'host'}"
        raise NoBase(msg)
    if _FORBIDDEN.search(text) and not is_store:
        msg = f"{text!r} holds a blank or another character that no address may hold: escape it"
        raise NoBase(msg)
    if "#" in text:
        msg = f"{text!r} has a fragment (#), after which no path can follow"
        raise NoBase(msg)
    if "?" in text and (is_store or not takes_query):
        msg = f"{text!r} has a query (?), after which no path can follow"
        raise NoBase(msg)


def address_below(base: str, way: str) -> str:
    """Address of a file below a base; the query of the base stands at its end.

    Names in stores are written as the stores' tools take them: nothing is escaped.

    Args:
        base: one that `check_base` lets pass.
        way: from there to the file, with slashes.

    >>> address_below("https://x.org/c?sig=1", "a b/c.tiff"), address_below("s3://bucket/x/", "a b.tiff")
    ('https://x.org/c/a%20b/c.tiff?sig=1', 's3://bucket/x/a b.tiff')
    """
    head, mark, query = base.partition("?")
    is_store = _parts(head).scheme in GDAL_PREFIXES
    return f"{head.rstrip('/')}/{way if is_store else quote(way)}{mark}{query}"


@lru_cache(maxsize=16)
def _parts(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:
        msg = f"{text!r} is not an address: {error}"
        raise NoBase(msg) from error
