"""Search of collections: where, when, words, filter, order, parts and pages.

A catalogue has tens of collections, a few hundred at most: pgstac selects and sorts them, the rest is done here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from stac_fastapi.types.requests import get_base_url

from api.database import queries
from api.errors import InvalidParameter
from api.http.content_negotiation import PARAMETER
from api.request.cql2 import parse_filter
from api.request.free_text import parse
from api.request.geometries import bbox_geometry, check_crs
from api.request.suggestions import check_names
from api.request.times import Interval
from api.search.fields import ALWAYS, select
from api.search.model import Fields
from api.search.properties import PropertyTable
from api.search.query_extension import query_conditions
from api.search.text_matching import matching_collections
from api.settings.limits import DEFAULT_LIMIT, MAX_LIMIT
from api.stac.links import JSON, collection_links, page_link, schema_links
from api.stac.queryables import COLLECTION_PROPERTIES, sortable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fastapi import Request
    from stac_pydantic.shared import BBox

    from api.request.free_text import Node
    from api.search.model import Condition
    from api.settings.limits import Limits

_PROPERTIES: Final = PropertyTable.from_schemas(COLLECTION_PROPERTIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSearch:
    """What a request asks for; the parameters of `GET /collections`, read."""

    where: dict[str, Any] | None = None
    when: Interval | None = None
    text: Node | None = None
    conditions: tuple[Any, ...] = ()
    sortby: tuple[tuple[str, str], ...] = ()
    fields: Fields = field(default_factory=Fields)
    offset: int = 0
    limit: int | None = None

    def to_pgstac(self) -> str:
        """The part of it that pgstac does."""
        search: dict[str, Any] = {"limit": MAX_LIMIT}
        if self.where is not None:
            search["intersects"] = self.where
        if self.when is not None:
            search["datetime"] = str(self.when)
        conditions = [*self.conditions, {"op": "=", "args": [{"property": "type"}, "Collection"]}]
        search["filter-lang"] = "cql2-json"
        search["filter"] = {"op": "and", "args": conditions} if len(conditions) > 1 else conditions[0]
        keys = [*self.sortby, ("id", "asc")]  # pgstac's own order is that of the first item
        search["sortby"] = [{"field": name, "direction": direction} for name, direction in keys]
        return json.dumps(search)


def read_search(
    limits: Limits,
    *,
    bbox: BBox | None = None,
    datetime: str | None = None,
    q: str | None = None,
    query: dict[str, Any] | None = None,
    filter_expr: str | None = None,
    filter_lang: str | None = None,
    filter_crs: str | None = None,
    sortby: list[str] | None = None,
    fields: list[str] | None = None,
    limit: int | None = None,
    offset: int | None = None,
    page: int | None = None,
) -> CollectionSearch:
    """Read the parameters of `GET /collections`.

    Raises:
        InvalidParameter: One of them cannot be understood, or two of them exclude each other.
    """
    check_crs(filter_crs, "filter-crs")
    conditions: list[Any] = [parse_filter(filter_expr, filter_lang, limits)] if filter_expr else []
    for condition in conditions:
        _check_names("filter", _properties(condition))
    conditions += [_for_pgstac(found) for found in query_conditions(query or {}, _PROPERTIES)]
    names = fields or []
    first, size = _page(limits, limit, offset, page)
    return CollectionSearch(
        where=bbox_geometry(bbox) if bbox else None,
        when=None if datetime is None else Interval.parse(datetime, strict=limits.strict_times),
        text=parse(q or ""),
        conditions=tuple(conditions),
        sortby=tuple(_sort_keys(sortby or [])),
        fields=Fields(
            frozenset(name.lstrip("+") for name in names if not name.startswith("-")),
            frozenset(name[1:] for name in names if name.startswith("-")) - ALWAYS,
        ),
        offset=first,
        limit=size,
    )


def _page(limits: Limits, limit: int | None, offset: int | None, page: int | None) -> tuple[int, int]:
    """First entry and size of the page; without any of the parameters, all entries are on it."""
    if page is None:
        return offset or 0, min(limit or limits.max_limit, limits.max_limit)
    if offset:
        raise InvalidParameter(parameter="page", reason="cannot be combined with offset")
    size = min(limit or DEFAULT_LIMIT, limits.max_limit)
    return (page - 1) * size, size


def _sort_keys(sortby: Iterable[str]) -> Iterator[tuple[str, str]]:
    for key in sortby:
        name = key.lstrip("+-").strip()
        _check_names("sortby", [name], to_sort=True)
        yield name, "desc" if key.startswith("-") else "asc"


def _for_pgstac(found: Condition) -> Any:
    """A condition of `query` as pgstac's search of collections takes it.

    It makes no SQL of one that wants one of no values, and gives times to PostgreSQL as they are, which knows fewer
    offsets than there are.
    """
    operator, args = found.tree["op"], found.tree["args"]
    if operator == "in" and args[1] == []:
        return {"op": "isNull", "args": [{"property": "id"}]}  # never
    if operator not in (*_COMPARED, "in"):
        return found.tree
    name = args[0]["property"]
    schema = COLLECTION_PROPERTIES[name]
    if schema.get("format") != "date-time":
        if schema.get("type") == "string":
            _check_texts(name, args[1] if operator == "in" else [args[1]], found.parameter)
        return found.tree
    times = [_time(each, operator, found.parameter) for each in (args[1] if operator == "in" else [args[1]])]
    return {"op": operator, "args": [args[0], times if operator == "in" else times[0]]}


_COMPARED: Final = ("=", "<>", "<", "<=", ">", ">=")


def _check_texts(name: str, values: Iterable[Any], parameter: str) -> None:
    """Refuse to compare text with other values, which PostgreSQL would convert to text."""
    for value in values:
        if not isinstance(value, str):
            reason = f"{name} is text and cannot be compared with {str(value)[:60]}"
            raise InvalidParameter(parameter=parameter, reason=reason)


def _time(value: Any, operator: str, parameter: str) -> str:
    """A time to compare with; of a day, a month or a year that end of it that the comparison is about."""
    if not isinstance(value, str):
        raise InvalidParameter(parameter=parameter, reason=f"{str(value)[:60]} is not a time")
    found = Interval.parse(value, parameter)
    moment = found.end if operator in ("<=", ">") else found.start
    if moment is None or "/" in value:
        raise InvalidParameter(parameter=parameter, reason=f"{value[:60]} is an interval; expected a time")
    return moment.isoformat()


def _check_names(parameter: str, names: Iterable[str], *, to_sort: bool = False) -> None:
    """Refuse names that collections are not searched or sorted by."""
    known = [name for name, schema in COLLECTION_PROPERTIES.items() if not to_sort or sortable(schema)]
    check_names(parameter, names, known, "sortable of collections" if to_sort else "property of collections")


def _properties(tree: Any) -> Iterator[str]:
    """Names of properties in a CQL2 expression."""
    if isinstance(tree, dict):
        if isinstance(name := tree.get("property"), str):
            yield name
        for child in tree.values():
            yield from _properties(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _properties(child)


async def search(request: Request, wanted: CollectionSearch) -> dict[str, Any]:
    """The page of collections that was asked for."""
    async with request.app.state.get_connection(request, "r") as connection:
        found = await queries.search_collections(connection, wanted.to_pgstac())
        if wanted.text is not None:
            matching = await matching_collections(wanted.text, connection)
            found = [collection for collection in found if collection["id"] in matching]
    limit = wanted.limit or MAX_LIMIT
    shown = found[wanted.offset : wanted.offset + limit]
    base_url = get_base_url(request)
    collections = [{**collection, "links": collection_links(collection, base_url)} for collection in shown]
    return {
        "collections": [select(collection, wanted.fields) for collection in collections],
        "links": _page_links(request, wanted.offset, limit, len(found)),
        "numberMatched": len(found),
        "numberReturned": len(collections),
    }


def _page_links(request: Request, offset: int, limit: int, matched: int) -> list[dict[str, Any]]:
    base_url = get_base_url(request)
    links = [
        {"rel": "root", "type": JSON, "title": "Catalogue", "href": base_url},
        {"rel": "parent", "type": JSON, "title": "Catalogue", "href": base_url},
        {"rel": "self", "type": JSON, "title": "This page", "href": _address(request, {})},
        *schema_links(f"{base_url}collections-", "the collections"),
        page_link(_address(request, {PARAMETER: None})),
    ]
    places = {"first": 0}
    if offset:
        places["prev"] = max(min(offset, matched) - limit, 0)
    if offset + limit < matched:
        places["next"] = offset + limit
    for rel, place in places.items():
        href = _address(request, {"offset": str(place) if place else None, "limit": str(limit), "page": None})
        links.append({"rel": rel, "type": JSON, "title": f"{rel.capitalize()} page", "method": "GET", "href": href})
    return links


def _address(request: Request, changes: Mapping[str, str | None]) -> str:
    """The address of this request with some parameters changed, or left out where None."""
    parameters = {**request.query_params, **changes}
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{get_base_url(request)}collections{'?' if query else ''}{query}"
