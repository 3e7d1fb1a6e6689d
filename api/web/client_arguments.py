"""The parameters of a GET search as arguments of pystac-client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from api.request.cql2 import parse_filter
from api.search.query_extension import plain_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from api.search.properties import PropertyTable
    from api.settings.limits import Limits


def _names(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "collections": _names,
    "ids": _names,
    "bbox": _numbers,
    "intersects": orjson.loads,
    "datetime": str,
    "query": orjson.loads,
    "q": str,
    "sortby": _names,
    "sortBy": _names,
}
"""How each parameter is read that is an argument too."""
_OTHER_NAMES: Final = {"sortBy": "sortby"}


def search_arguments(parameters: Mapping[str, str], table: PropertyTable, limits: Limits) -> Iterator[tuple[str, Any]]:
    """Names and values of the arguments.

    Args:
        parameters: The parameters of a request that was answered, so that all of them can be read.
        table: The properties that are parameters of their own; what they ask for becomes part of the filter.
        limits: How long and how deep a filter may be.
    """
    for name, read in _READERS.items():
        if name in parameters:
            yield _OTHER_NAMES.get(name, name), read(parameters[name])
    trees = list(_conditions(parameters, table, limits))
    if trees:
        yield "filter", trees[0] if len(trees) == 1 else {"op": "and", "args": trees}
        yield "filter_lang", "cql2-json"


def _conditions(parameters: Mapping[str, str], table: PropertyTable, limits: Limits) -> Iterator[dict[str, Any]]:
    if parameters.get("filter"):
        yield parse_filter(parameters["filter"], parameters.get("filter-lang"), limits)
    for name, text in parameters.items():
        if name in table.by_name and name not in _READERS:
            yield plain_condition(table.by_name[name], text).tree
