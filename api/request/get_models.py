"""The parameters of the GET requests: stac-fastapi's models with the defaults, limits and readers of this service."""

# No postponed annotations here: attrs and FastAPI read them.
from typing import Annotated, Any, Final

import attr
from fastapi import Path, Query
from stac_fastapi.api.models import ItemCollectionUri
from stac_fastapi.extensions.collection_search.request import BaseCollectionSearchGetRequest
from stac_fastapi.extensions.fields.request import FieldsExtensionGetRequest
from stac_fastapi.extensions.free_text.request import FreeTextAdvancedExtensionGetRequest
from stac_fastapi.extensions.pagination.request import GETOffsetPagination
from stac_fastapi.extensions.query.request import QueryExtensionGetRequest
from stac_fastapi.extensions.sort.request import SortExtensionGetRequest
from stac_fastapi.types.search import APIRequest, BaseSearchGetRequest, Limit
from stac_pydantic.shared import BBox

from api.request.free_text import GRAMMAR
from api.request.geometries import bbox_text
from api.request.json_values import json_object
from api.request.portal_compatibility import SORTBY
from api.request.times import Interval
from api.settings.limits import DEFAULT_LIMIT, MAX_LIMIT

MAX_COLLECTIONS_OFFSET: Final = 10_000_000

_LimitQuery = Annotated[
    Limit | None,
    Query(description=f"Entries on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}."),
]
_IdsQuery = Annotated[str | None, Query(description="Ids of items, with commas between them.")]
_CollectionsQuery = Annotated[str | None, Query(description="Ids of collections, with commas between them.")]
_AggregationsQuery = Annotated[
    str | None,
    Query(
        description="Names of aggregations, with commas between them; `/aggregations` lists those available.",
        examples=["total_count,track_frequency"],
    ),
]
_BBoxQuery = Annotated[
    str | None,
    Query(
        description="West, south, east, north in degrees; entries whose geometry meets this box. West is larger than "
        "east across the antimeridian. With six numbers the third and sixth are heights, which are ignored.",
        examples=["19.5,37.5,23.5,41"],
    ),
]
_DatetimeQuery = Annotated[
    str | None,
    Query(
        description="An instant, a day, a month or a year, or an interval `start/end` of them, `..` for an open end; "
        "entries whose time range meets it. Times have an offset, days and longer are in UTC.",
        examples=["2015-11-12T00:00:00Z/2015-11-20T00:00:00Z", "2015-11", "../2015-11-20"],
    ),
]
_QueryQuery = Annotated[
    str | None,
    Query(
        description="Conditions on properties as a JSON object; `filter` can say more.",
        examples=['{"insar:temporal_baseline": {"lte": 24}}'],
    ),
]
_IntersectsQuery = Annotated[
    str | None,
    Query(description="A GeoJSON geometry; entries whose geometry meets it. Cannot be combined with `bbox`."),
]
_OffsetQuery = Annotated[
    int | None, Query(ge=0, le=MAX_COLLECTIONS_OFFSET, description="Entries before the first one on the page.")
]
_PageQuery = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_COLLECTIONS_OFFSET,
        description=f"Number of the page, from 1 on; `limit` says how many are on each, else {DEFAULT_LIMIT}.",
    ),
]
_ItemsPageQuery = Annotated[
    int | None,
    Query(
        ge=1,
        description="Number of the page, from 1 on, with `limit` items on each; the links `next` and `prev` lead on "
        "from there by tokens. Cannot be combined with `token`.",
    ),
]
_SortByQuery = Annotated[
    str | None, Query(alias=SORTBY, description="The same as `sortby`; portals write it so.", examples=["-datetime"])
]
_AllLimitQuery = Annotated[
    Limit | None,
    Query(description=f"Entries on a page, all without; a number above {MAX_LIMIT} is served as {MAX_LIMIT}."),
]
_SortQuery = Annotated[
    str | None, Query(description="Names of fields, `+` or `-` before each.", examples=["-datetime"])
]
_FieldsQuery = Annotated[
    str | None,
    Query(description="Names of members to include, `-` before those to leave out.", examples=["id,properties"]),
]


_TextQuery = Annotated[
    str | None,
    Query(
        description="Words that items have in title, id, package name, region, track, orbit, dates, keywords or "
        f"description, or that their collection has in id, title or keywords. {GRAMMAR}",
        examples=["interferograms balkans D080"],
    ),
]
_CollectionTextQuery = Annotated[
    str | None,
    Query(
        description="Words that collections have in id, title, keywords, description or the texts of their summaries. "
        f"{GRAMMAR}",
        examples=["time series, velocity"],
    ),
]


def _ids(val: _IdsQuery = None) -> list[str] | None:
    return _names(val)


def _collections(val: _CollectionsQuery = None) -> list[str] | None:
    return _names(val)


def _aggregations(val: _AggregationsQuery = None) -> list[str] | None:
    return _names(val)


def _bbox(val: _BBoxQuery = None) -> BBox | None:
    return bbox_text(val) if val else None


def _check_datetime(_instance: Any, _attribute: Any, value: str | None) -> None:
    if value is not None:
        Interval.parse(value)


def _intersects(val: _IntersectsQuery = None) -> dict[str, Any] | None:
    return json_object("intersects", val) if val else None


def _query(val: _QueryQuery = None) -> dict[str, Any] | None:
    return json_object("query", val) if val else None


def _names(val: str | None) -> list[str] | None:
    return [name for name in (part.strip() for part in val.split(",")) if name.strip("+-")] if val else None


def _sortby(val: _SortQuery = None) -> list[str] | None:
    return _names(val)


def _sort_by(val: _SortByQuery = None) -> list[str] | None:
    return _names(val)


def _fields(val: _FieldsQuery = None) -> list[str] | None:
    return _names(val)


@attr.s
class SearchGet(BaseSearchGetRequest):
    """Parameters of `GET /search`."""

    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    intersects: Any = attr.ib(default=None, converter=_intersects)
    datetime: _DatetimeQuery = attr.ib(default=None, validator=_check_datetime)
    limit: _LimitQuery = attr.ib(default=DEFAULT_LIMIT)


@attr.s
class ItemsGet(ItemCollectionUri):
    """Parameters of `GET /collections/{collection_id}/items`."""

    ids: list[str] | None = attr.ib(default=None, converter=_ids)
    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    datetime: _DatetimeQuery = attr.ib(default=None, validator=_check_datetime)
    limit: _LimitQuery = attr.ib(default=DEFAULT_LIMIT)


@attr.s
class _AggregateGet(APIRequest):
    aggregations: list[str] | None = attr.ib(default=None, converter=_aggregations)
    ids: list[str] | None = attr.ib(default=None, converter=_ids)
    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    intersects: Any = attr.ib(default=None, converter=_intersects)
    datetime: _DatetimeQuery = attr.ib(default=None, validator=_check_datetime)


@attr.s
class AggregateGet(_AggregateGet):
    """Parameters of `GET /aggregate`."""

    collections: list[str] | None = attr.ib(default=None, converter=_collections)


@attr.s
class CollectionAggregateGet(_AggregateGet):
    """Parameters of `GET /collections/{collection_id}/aggregate`."""

    collection_id: Annotated[str, Path(description="Collection ID")] = attr.ib(kw_only=True)


@attr.s
class CollectionsGet(BaseCollectionSearchGetRequest):
    """Parameters of `GET /collections`."""

    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    datetime: _DatetimeQuery = attr.ib(default=None, validator=_check_datetime)
    limit: _AllLimitQuery = attr.ib(default=None)


@attr.s
class PageGet(GETOffsetPagination):
    """`offset` and `page` of `GET /collections`."""

    offset: _OffsetQuery = attr.ib(default=None)
    page: _PageQuery = attr.ib(default=None)


@attr.s
class QueryGet(QueryExtensionGetRequest):
    """`query` of the GET requests."""

    query: Any = attr.ib(default=None, converter=_query)


@attr.s
class PortalGet(APIRequest):
    """`page` and `sortBy` of the requests for items."""

    page: _ItemsPageQuery = attr.ib(default=None)
    sort_by: list[str] | None = attr.ib(default=None, converter=_sort_by)


@attr.s
class SortGet(SortExtensionGetRequest):
    """`sortby` of the GET requests."""

    sortby: list[str] | None = attr.ib(default=None, converter=_sortby)


@attr.s
class FieldsGet(FieldsExtensionGetRequest):
    """`fields` of the GET requests."""

    fields: list[str] | None = attr.ib(default=None, converter=_fields)


@attr.s
class TextGet(FreeTextAdvancedExtensionGetRequest):
    """`q` of the GET requests for items."""

    q: _TextQuery = attr.ib(default=None)


@attr.s
class CollectionTextGet(FreeTextAdvancedExtensionGetRequest):
    """`q` of `GET /collections`."""

    q: _CollectionTextQuery = attr.ib(default=None)
