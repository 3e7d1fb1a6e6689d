"""From a request to a `Search`: the parameters are combined, and every name is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import orjson

from api.request.cql2 import filter_tree
from api.request.geometries import bbox_geometry
from api.request.portal_compatibility import normalise_values
from api.request.suggestions import check_names
from api.request.times import Interval
from api.search.fields import read_fields
from api.search.model import Condition, Search, SortKey
from api.search.query_extension import plain_condition, query_conditions
from api.search.text_matching import match_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asyncpg import Connection

    from api.search.execute.catalogue import Catalogue
    from api.search.model import Fields
    from api.search.properties import PropertyTable
    from api.settings.limits import Limits


class SearchBody(Protocol):
    """The body of `POST /search` as its model has checked it: `post_models.SearchPost` with its extensions."""

    collections: list[str] | None
    ids: list[str] | None
    bbox: Any
    intersects: dict[str, Any] | None
    datetime: str | None
    q: str | list[str] | None
    limit: int
    token: str | None
    page: int | None
    filter_expr: str | dict[str, Any] | bool | None
    filter_lang: str | None
    query: dict[str, dict[str, Any]] | None
    sortby: list[Any] | None
    fields: Any
    limits: ClassVar[Limits]

    @property
    def offset(self) -> int:
        """Items before the page."""


DEFAULT_SORT: Final = ("datetime", True)
"""The newest first, when a request does not say."""


async def read_search(
    asked: SearchBody, plain: Mapping[str, str], catalogue: Catalogue, connection: Connection
) -> Search:
    """What a request asks for.

    Args:
        asked: Its body, or its parameters in that form.
        plain: Parameters named after properties, with their values as text.
        catalogue: What there is to search in.
        connection: To look words up with.

    Raises:
        InvalidParameter: Something cannot be understood, or is not there.
    """
    collections = tuple(dict.fromkeys(asked.collections or ()))
    check_names("collections", collections, catalogue.collections, "collection")
    return Search(
        collections=collections,
        ids=tuple(dict.fromkeys(asked.ids or ())),
        geometry=_geometry(asked),
        interval=Interval.parse(asked.datetime) if asked.datetime else None,
        text=await match_items(asked.q, collections, connection),
        conditions=tuple(
            Condition(found.parameter, normalise_values(found.tree))
            for found in _conditions(asked, plain, catalogue.properties)
        ),
        sort=_sort(asked, catalogue.properties),
        limit=asked.limit,
        offset=asked.offset,
        token=asked.token or None,
        fields=_fields(asked, catalogue.properties),
    )


def _geometry(asked: SearchBody) -> str | None:
    found = bbox_geometry(asked.bbox) if asked.bbox else asked.intersects
    return orjson.dumps(found).decode() if found else None


def _conditions(asked: SearchBody, plain: Mapping[str, str], properties: PropertyTable) -> Iterator[Condition]:
    if asked.filter_expr not in (None, "", {}):
        yield Condition("filter", filter_tree(asked.filter_expr, asked.filter_lang, asked.limits))
    yield from query_conditions(asked.query or {}, properties)
    for name, text in plain.items():
        yield plain_condition(properties.find(name, name), text)


def _sort(asked: SearchBody, properties: PropertyTable) -> tuple[SortKey, ...]:
    wanted = [(key.field, key.direction == "desc") for key in asked.sortby or ()] or [DEFAULT_SORT]
    keys: dict[str, SortKey] = {}
    for name, descending in wanted:
        found = properties.find_sortable(name, "sortby")
        keys.setdefault(found.name, SortKey(found, descending))
    return tuple(keys.values())


def _fields(asked: SearchBody, properties: PropertyTable) -> Fields:
    wanted: Any = asked.fields
    include, exclude = (wanted.include or (), wanted.exclude or ()) if wanted else ((), ())
    return read_fields(include, exclude, properties)
