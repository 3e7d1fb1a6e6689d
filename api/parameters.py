"""The requests' parameters: stac-fastapi's models with our defaults, limits and readers."""

# No postponed annotations here: attrs and FastAPI read them.
from typing import Annotated, Any, Final, get_args

import attr
from fastapi import Query
from pydantic import BaseModel, Field, field_validator, model_validator
from stac_fastapi.api.models import ItemCollectionUri
from stac_fastapi.extensions.collection_search.request import BaseCollectionSearchGetRequest
from stac_fastapi.extensions.fields.request import FieldsExtensionGetRequest
from stac_fastapi.extensions.filter.request import FilterLang
from stac_fastapi.extensions.query.request import QueryExtensionGetRequest
from stac_fastapi.extensions.sort.request import SortExtensionGetRequest
from stac_fastapi.pgstac.types.search import PgstacSearch
from stac_fastapi.types.rfc3339 import str_to_interval
from stac_fastapi.types.search import BaseSearchGetRequest, DateTimeQueryType, Limit, str2bbox
from stac_pydantic.shared import BBox

from api.errors import InvalidParameter
from api.filters import parse_filter
from api.values import check_depth, conditions, flat_bbox, geometry, json_object, named, numbers_of_bbox, twice_encoded

DEFAULT_LIMIT: Final = 100
"""Items or collections on a page when the request does not say."""
MAX_LIMIT: Final = 10_000
"""A larger limit is served as this one; stac-fastapi holds the same number."""

_LimitQuery = Annotated[
    Limit | None,
    Query(description=f"Entries on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}."),
]
_BBoxQuery = Annotated[
    str | None,
    Query(
        description="West, south, east, north in degrees; entries whose geometry meets this box. Heights are ignored.",
        examples=["19.5,37.5,23.5,41"],
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
_SortQuery = Annotated[
    str | None, Query(description="Names of fields, `+` or `-` before each.", examples=["-datetime"])
]
_FieldsQuery = Annotated[
    str | None,
    Query(description="Names of members to include, `-` before those to leave out.", examples=["id,properties"]),
]


def _bbox(val: _BBoxQuery = None) -> BBox | None:
    values = named("bbox", str2bbox, val) if val else None
    return flat_bbox(values) if values else None


def _check_datetime(_instance: Any, _attribute: Any, value: str | None) -> None:
    named("datetime", str_to_interval, value)


def _intersects(val: _IntersectsQuery = None) -> str | None:
    return twice_encoded(json_object("intersects", val)) if val else None


def _query(val: _QueryQuery = None) -> str | None:
    wanted = conditions(json_object("query", val)) if val else None
    return twice_encoded(wanted) if wanted else None


def _names(val: str | None) -> list[str] | None:
    return [name for name in (part.strip() for part in val.split(",")) if name.strip("+-")] if val else None


def _sortby(val: _SortQuery = None) -> list[str] | None:
    return _names(val)


def _fields(val: _FieldsQuery = None) -> list[str] | None:
    return _names(val)


def _collection_fields(val: _FieldsQuery = None) -> list[str] | None:
    """stac-fastapi-pgstac needs a collection's id to write its links, and fails without."""
    return [name for name in _names(val) or [] if name != "-id"] or None


@attr.s
class SearchGet(BaseSearchGetRequest):
    """Parameters of `GET /search`."""

    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    intersects: str | None = attr.ib(default=None, converter=_intersects)
    datetime: DateTimeQueryType = attr.ib(default=None, validator=_check_datetime)
    limit: _LimitQuery = attr.ib(default=DEFAULT_LIMIT)


@attr.s
class ItemsGet(ItemCollectionUri):
    """Parameters of `GET /collections/{collection_id}/items`."""

    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    datetime: DateTimeQueryType = attr.ib(default=None, validator=_check_datetime)
    limit: _LimitQuery = attr.ib(default=DEFAULT_LIMIT)


@attr.s
class CollectionsGet(BaseCollectionSearchGetRequest):
    """Parameters of `GET /collections`."""

    bbox: BBox | None = attr.ib(default=None, converter=_bbox)
    datetime: DateTimeQueryType = attr.ib(default=None, validator=_check_datetime)
    limit: _LimitQuery = attr.ib(default=DEFAULT_LIMIT)


@attr.s
class QueryGet(QueryExtensionGetRequest):
    """`query` of the GET requests."""

    query: str | None = attr.ib(default=None, converter=_query)


@attr.s
class SortGet(SortExtensionGetRequest):
    """`sortby` of the GET requests."""

    sortby: list[str] | None = attr.ib(default=None, converter=_sortby)


@attr.s
class FieldsGet(FieldsExtensionGetRequest):
    """`fields` of the GET requests."""

    fields: list[str] | None = attr.ib(default=None, converter=_fields)


@attr.s
class CollectionFieldsGet(FieldsExtensionGetRequest):
    """`fields` of `GET /collections`."""

    fields: list[str] | None = attr.ib(default=None, converter=_collection_fields)


class FilterPost(BaseModel):
    """`filter` of `POST /search`; pystac-client sends text here too."""

    filter_expr: dict[str, Any] | str | None = Field(
        None,
        alias="filter",
        description="A CQL2 filter, as JSON or as text.",
        examples=[{"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}],
    )
    filter_crs: str | None = Field(None, alias="filter-crs", description="Only CRS84, the default, is known.")
    filter_lang: FilterLang | None = Field(
        "cql2-json", alias="filter-lang", description="How `filter` is written; text is taken for text anyway."
    )


def _with_parsed_filter(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its filter as CQL2 JSON, which is all that pgstac knows."""
    expression, language = body.get("filter"), body.get("filter-lang")
    if language not in (None, *get_args(FilterLang)):
        raise InvalidParameter(parameter="filter-lang", reason=f"one of {', '.join(get_args(FilterLang))} is wanted")
    if not expression:
        return {name: value for name, value in body.items() if name not in ("filter", "filter-lang")}
    if not isinstance(expression, dict | str):
        raise InvalidParameter(parameter="filter", reason="text or a JSON object is wanted")
    if isinstance(query := body.get("query"), dict) and conditions(query):
        raise InvalidParameter(parameter="filter", reason="not together with query; say both in filter")
    return {**body, "filter": parse_filter(expression, language), "filter-lang": "cql2-json"}


class SearchPost(PgstacSearch):  # type: ignore[misc] # stac-fastapi-pgstac carries no types
    """Body of `POST /search`; also what the GET requests are turned into."""

    limit: Limit | None = Field(
        DEFAULT_LIMIT, description=f"Items on a page; a number above {MAX_LIMIT} is served as {MAX_LIMIT}."
    )

    @model_validator(mode="before")
    @classmethod
    def _only_objects(cls, value: Any) -> Any:
        """stac-pydantic 3.7.1 looks for members in any JSON value."""
        if not isinstance(value, dict):
            msg = "a JSON object is wanted"
            raise ValueError(msg)  # noqa: TRY004 -- pydantic turns only this one into a refusal
        for name, member in value.items():
            check_depth(name, member)
        return _with_parsed_filter(value)

    @field_validator("limit", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        """GEODES's clients send `null` for everything they do not set."""
        return DEFAULT_LIMIT if value is None else value

    @field_validator("bbox", mode="before")
    @classmethod
    def _flat_bbox(cls, value: Any) -> Any:
        return value if value is None or isinstance(value, tuple) else flat_bbox(numbers_of_bbox(value))

    @field_validator("intersects", mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        return geometry(value) if isinstance(value, dict) else value

    @field_validator("query", mode="before", check_fields=False)
    @classmethod
    def _drop_empty(cls, value: Any) -> Any:
        return conditions(value) if isinstance(value, dict) else value
