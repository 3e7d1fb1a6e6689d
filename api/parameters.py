"""The requests' parameters: our defaults and limits, and refusals that name the parameter at fault.

The models derive from stac-fastapi's, whose converters answer some bad values with errors that name no parameter,
and let others through to fail later.
"""

# No postponed annotations here: attrs and FastAPI read them.
import math
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import quote_plus

import attr
import orjson
from fastapi import HTTPException, Query
from pydantic import Field, field_validator, model_validator
from stac_fastapi.api.models import ItemCollectionUri
from stac_fastapi.extensions.collection_search.request import BaseCollectionSearchGetRequest
from stac_fastapi.extensions.fields.request import FieldsExtensionGetRequest
from stac_fastapi.extensions.query.request import QueryExtensionGetRequest
from stac_fastapi.extensions.sort.request import SortExtensionGetRequest
from stac_fastapi.pgstac.types.search import PgstacSearch
from stac_fastapi.types.rfc3339 import str_to_interval
from stac_fastapi.types.search import BaseSearchGetRequest, DateTimeQueryType, Limit, str2bbox
from stac_pydantic.shared import BBox

from api.errors import InvalidParameter
from api.filters import parse_filter

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


def flat_bbox(values: tuple[float, ...] | list[float]) -> BBox:
    """A box without heights: footprints have none, and pgstac fails on boxes with them.

    >>> flat_bbox((1, 2, 0, 3, 4, 100))
    (1, 2, 3, 4)
    """
    if not all(math.isfinite(value) for value in values):
        raise InvalidParameter(parameter="bbox", reason="not numbers")
    west, south, *_, east, north = values if len(values) == 4 else (*values[:2], *values[3:5])  # noqa: PLR2004
    if south > north:
        raise InvalidParameter(
            parameter="bbox", reason="south is north of north; the order is west, south, east, north"
        )
    if not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        raise InvalidParameter(parameter="bbox", reason="outside longitudes -180…180 or latitudes -90…90")
    return (west, south, east, north)


def _bbox(val: _BBoxQuery = None) -> BBox | None:
    values = _named("bbox", str2bbox, val) if val else None
    return flat_bbox(values) if values else None


def _check_datetime(_instance: Any, _attribute: Any, value: str | None) -> None:
    _named("datetime", str_to_interval, value)


def _named(parameter: str, read: Callable[[Any], Any], value: Any) -> Any:
    """Read a value with stac-fastapi's function; its refusal gets the parameter's name."""
    try:
        return read(value)
    except HTTPException as error:
        raise InvalidParameter(parameter=parameter, reason=str(error.detail)) from error


def _json_object(parameter: str, text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(parameter=parameter, reason=f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidParameter(parameter=parameter, reason="a JSON object is wanted")
    return value


def _rewritten(value: dict[str, Any]) -> str:
    """stac-fastapi-pgstac percent-decodes these values a second time; encoded once more they come out whole."""
    return quote_plus(orjson.dumps(value))


def _intersects(val: _IntersectsQuery = None) -> str | None:
    return _rewritten(_json_object("intersects", val)) if val else None


def conditions(query: dict[str, Any]) -> dict[str, Any] | None:
    """A `query` without empty parts, which pgstac cannot turn into SQL; None when nothing is left.

    >>> conditions({"a": {}, "b": {"eq": 1}})
    {'b': {'eq': 1}}
    >>> conditions({}) is None
    True
    """
    return {name: value for name, value in query.items() if value != {}} or None


def _query(val: _QueryQuery = None) -> str | None:
    wanted = conditions(_json_object("query", val)) if val else None
    return _rewritten(wanted) if wanted else None


def _names(val: str | None) -> list[str] | None:
    return [name for name in (part.strip() for part in val.split(",")) if name.strip("+-")] if val else None


def _sortby(val: _SortQuery = None) -> list[str] | None:
    return _names(val)


def _fields(val: _FieldsQuery = None) -> list[str] | None:
    return _names(val)


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
        return value

    @field_validator("limit", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        """GEODES's clients send `null` for everything they do not set."""
        return DEFAULT_LIMIT if value is None else value

    @field_validator("bbox", mode="after")
    @classmethod
    def _flat_bbox(cls, value: BBox | None) -> BBox | None:
        return flat_bbox(value) if value else None

    @field_validator("query", mode="before", check_fields=False)
    @classmethod
    def _drop_empty(cls, value: Any) -> Any:
        return conditions(value) if isinstance(value, dict) else value

    @field_validator("filter_expr", mode="after", check_fields=False)
    @classmethod
    def _check_filter(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return parse_filter(value, "cql2-json") if value else None
