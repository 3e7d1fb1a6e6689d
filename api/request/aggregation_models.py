"""What a request for counts may say: the filters of a search, the aggregations, and how their buckets are to be."""

# No postponed annotations here: attrs and FastAPI read them.
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, cast

import attr
from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, Strict, create_model
from stac_fastapi.api.models import create_request_model
from stac_fastapi.types.extension import ApiExtension
from stac_fastapi.types.search import APIRequest

from api.request.post_models import AggregatePost
from catalog_builder.vocab.aggregations import AGGREGATIONS, GRIDS, INTERVALS, Aggregation, Count
from catalog_builder.vocab.queryables import BY_NAME as QUERYABLES

_ROWS: Final = [(row, row.parameter) for row in AGGREGATIONS if row.parameter is not None]


def _type(row: Aggregation, *, strict: bool) -> Any:
    """The type of the parameter that sets the buckets; a strict one does not read texts as numbers."""
    if row.count is Count.CALENDAR:
        return Literal[INTERVALS]
    kind, ends = (int, (int(row.least), int(row.most))) if row.count in GRIDS else (float, (row.least, row.most))
    return Annotated[kind, Field(ge=ends[0], le=ends[1]), *([Strict(), BeforeValidator(_integer)] if strict else [])]


def _integer(value: Any) -> Any:
    """To JSON 3.0 is the same as 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _description(row: Aggregation) -> str:
    if row.count is Count.CALENDAR:
        return f"Part of the calendar that `{row.name}` counts by, in UTC; {row.default} without."
    if row.count in GRIDS:
        of = "letters of a geohash" if row.count is Count.GEOHASH else "zoom of the web map"
        return f"Precision of `{row.name}`: {of}; {row.default} without."
    unit = QUERYABLES[row.of or ""].unit
    return f"Width of the ranges of `{row.name}`{f' in {unit}' if unit else ''}; {row.default:g} without."


def get_model(name: str, base: type[APIRequest], filters: Iterable[ApiExtension]) -> type[APIRequest]:
    """The parameters of a GET request.

    Args:
        name: Of the model.
        base: Place, time, ids and aggregations.
        filters: Extensions of the search that say which items.
    """
    options: dict[str, Any] = {
        parameter: attr.ib(
            default=None,
            type=cast("type", Annotated[_type(row, strict=False) | None, Query(description=_description(row))]),
        )
        for row, parameter in _ROWS
    }
    buckets = attr.make_class("BucketsGet", options, bases=(APIRequest,))
    found = create_request_model(name, base, list(filters), mixins=[buckets], request_type="GET")
    return cast("type[APIRequest]", found)


def post_model(name: str, base: type[AggregatePost], filters: Iterable[ApiExtension]) -> type[AggregatePost]:
    """The body of a POST request; arguments as those of `get_model`."""
    options: dict[str, Any] = {
        parameter: (_type(row, strict=True) | None, Field(None, description=_description(row)))
        for row, parameter in _ROWS
    }
    buckets = create_model("BucketsPost", **options)
    found = create_request_model(
        name, base, list(filters), mixins=[cast("type[BaseModel]", buckets)], request_type="POST"
    )
    return cast("type[AggregatePost]", found)
