"""The requests' parameters: stac-fastapi's models with our defaults, limits and readers."""

# No postponed annotations here: attrs and FastAPI read them.
from typing import Annotated, Any, ClassVar, Final, Self, get_args

import attr
from fastapi import Query
from pydantic import BaseModel, Field, WithJsonSchema, field_validator, model_validator
from stac_fastapi.api.models import ItemCollectionUri
from stac_fastapi.extensions.collection_search.request import BaseCollectionSearchGetRequest
from stac_fastapi.extensions.fields.request import FieldsExtensionGetRequest
from stac_fastapi.extensions.filter.request import FilterLang
from stac_fastapi.extensions.pagination.request import GETOffsetPagination
from stac_fastapi.extensions.query.request import QueryExtensionGetRequest
from stac_fastapi.extensions.sort.request import SortExtensionGetRequest
from stac_fastapi.types.search import APIRequest, BaseSearchGetRequest, BaseSearchPostRequest, Limit
from stac_pydantic.shared import BBox

from api.dialects import SORTBY, in_stac_words
from api.errors import InvalidParameter
from api.geometries import bbox_geometry, bbox_text, check_crs, flat_boxes, geometry_schema, read_bbox, read_geometry
from api.limits import DEFAULT_LIMIT, MAX_LIMIT, Limits
from api.search.names import unknown
from api.times import Interval
from api.values import check_depth, conditions, json_object

IGNORED: Final = frozenset({"conf"})
"""Members of a body that clients of pgstac send, and that mean nothing here."""
MAX_OFFSET: Final = 10_000_000

_LimitQuery = Annotated[
    Limit | None,
    Query(description=f"Entries on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}."),
]
_IdsQuery = Annotated[str | None, Query(description="Ids of items, with commas between them.")]
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
    Query(description="A GeoJSON geometry; entries whose geometry meets it. Not together with `bbox`."),
]
_OffsetQuery = Annotated[
    int | None, Query(ge=0, le=MAX_OFFSET, description="Entries before the first one on the page.")
]
_PageQuery = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_OFFSET,
        description=f"Number of the page, from 1 on; `limit` says how many are on each, else {DEFAULT_LIMIT}.",
    ),
]
_ItemsPageQuery = Annotated[
    int | None,
    Query(
        ge=1,
        description="Number of the page, from 1 on, with `limit` items on each; the links `next` and `prev` lead on "
        "from there by tokens. Not together with `token`.",
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


def _ids(val: _IdsQuery = None) -> list[str] | None:
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


def _collection_query(val: _QueryQuery = None) -> dict[str, Any] | None:
    return conditions(json_object("query", val)) if val else None


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
class CollectionQueryGet(QueryExtensionGetRequest):
    """`query` of `GET /collections`."""

    query: Any = attr.ib(default=None, converter=_collection_query)


class FilterPost(BaseModel):
    """`filter` of `POST /search`; pystac-client sends text here too."""

    filter_expr: dict[str, Any] | str | bool | None = Field(
        None,
        alias="filter",
        description="A CQL2 filter, as JSON or as text.",
        examples=[{"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}],
    )
    filter_crs: str | None = Field(None, alias="filter-crs", description="Only CRS84, the default, is known.")
    filter_lang: FilterLang | None = Field(
        None,
        alias="filter-lang",
        description="How a text in `filter` is written: CQL2 text unless this says otherwise.",
    )


def _with_plain_area(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its box as pgstac reads it rightly: with a width, and as a geometry across the antimeridian.

    pgstac 0.10.0 takes a box whose west is larger than its east for the one between them.
    """
    if body.get("bbox") is None:
        return body
    if body.get("intersects") is not None:
        raise InvalidParameter(parameter="bbox", reason="not together with intersects")
    bbox = read_bbox(body["bbox"])
    boxes = flat_boxes(bbox)
    if len(boxes) > 1:
        return {**body, "bbox": None, "intersects": bbox_geometry(bbox)}
    return {**body, "bbox": boxes[0]}


def _check_filter(body: dict[str, Any]) -> None:
    """Refuse what cannot be a filter."""
    expression, language = body.get("filter"), body.get("filter-lang")
    check_crs(body.get("filter-crs"), "filter-crs")
    if language not in (None, *get_args(FilterLang)):
        raise InvalidParameter(parameter="filter-lang", reason=f"one of {', '.join(get_args(FilterLang))} is wanted")
    if expression is not None and not isinstance(expression, dict | str | bool):
        raise InvalidParameter(parameter="filter", reason="text or a JSON object is wanted")


class QueryPost(BaseModel):
    """`query` of `POST /search`."""

    query: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Conditions on properties: eq, neq, lt, lte, gt, gte, in, startsWith, endsWith, contains.",
        examples=[{"insar:temporal_baseline": {"lte": 24}}],
    )


class SearchPost(BaseSearchPostRequest):
    """Body of `POST /search`; also what the GET requests are turned into."""

    limits: ClassVar[Limits] = Limits()

    # stac-pydantic's models of geometries report what is wrong against all seven kinds at once, and take their time
    intersects: Annotated[dict[str, Any], WithJsonSchema(geometry_schema())] | None = Field(  # type: ignore[assignment]
        None, description="A GeoJSON geometry; items whose footprint meets it. Not together with `bbox`."
    )
    limit: Limit | None = Field(
        DEFAULT_LIMIT,
        description=f"Items on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}.",
        validate_default=True,
    )
    token: str | None = None
    page: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Number of the page, from 1 on, with `limit` items on each. Not together with `token`."
    )
    sort_by: list[dict[str, str]] | None = Field(
        None, alias=SORTBY, description="The same as `sortby`; the direction `dsc` is `desc`. Portals write it so."
    )

    @model_validator(mode="before")
    @classmethod
    def _only_objects(cls, value: Any) -> Any:
        """stac-pydantic 3.7.1 looks for members in any JSON value."""
        if not isinstance(value, dict):
            msg = "a JSON object is wanted"
            raise ValueError(msg)  # noqa: TRY004 -- pydantic turns only this one into a refusal
        _check_members(value, cls)
        body = in_stac_words(value)
        _check_filter(body)
        return _with_plain_area(body)

    @model_validator(mode="after")
    def _reachable_page(self) -> Self:
        """Numbers of pages count items, which takes the longer the more there are."""
        if self.page is None:
            return self
        if self.token:
            raise InvalidParameter(parameter="page", reason="not together with token; a token leads to its page itself")
        if self.offset > self.limits.max_offset:
            reason = (
                f"begins after {self.offset} items, and numbers of pages reach to {self.limits.max_offset}; "
                "ask for less, or follow the links `next`"
            )
            raise InvalidParameter(parameter="page", reason=reason)
        return self

    @property
    def offset(self) -> int:
        """Items before the page."""
        return ((self.page or 1) - 1) * (self.limit or DEFAULT_LIMIT)

    @field_validator("page", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        """To pydantic true is a number."""
        return str(value) if isinstance(value, bool) else value

    @field_validator("limit", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        """GEODES's clients send `null` for everything they do not set."""
        return DEFAULT_LIMIT if value is None else value

    @field_validator("limit")
    @classmethod
    def _at_most(cls, value: int) -> int:
        return min(value, cls.limits.max_limit)

    @field_validator("collections", mode="before")
    @classmethod
    def _one_of_them(cls, value: Any) -> Any:
        """One collection may stand without its list; stac-api-validator sends it so."""
        return [value] if isinstance(value, str) else value

    @field_validator("intersects", mode="before")
    @classmethod
    def _valid_geometry(cls, value: Any) -> Any:
        return None if value is None else read_geometry(value, max_vertices=cls.limits.max_vertices)

    @field_validator("datetime", mode="before")
    @classmethod
    def _plain_datetime(cls, value: Any) -> Any:
        """In the one form that every part behind reads alike."""
        return str(Interval.parse(value, strict=cls.limits.strict_times)) if isinstance(value, str) else value


def _check_members(body: dict[str, Any], model: type[BaseModel]) -> None:
    """Refuse what a body cannot have: members of other names, and values nested too deeply."""
    known = {field.alias or name for name, field in model.model_fields.items()}
    for name, member in body.items():
        if name not in known and name not in IGNORED:
            raise InvalidParameter(parameter=name, reason=unknown(name, sorted(known), "member"))
        check_depth(name, member)
