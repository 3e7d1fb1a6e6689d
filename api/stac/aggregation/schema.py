"""The form of the answers, for the description of the API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Bucket(BaseModel):
    """Items of one value, time, range or cell."""

    key: str = Field(description="The value, the beginning of the time in UTC, both ends of the range, or the cell.")
    data_type: Literal["string", "numeric", "datetime"]
    frequency: int = Field(ge=0, description="Number of items.")
    low: float | None = Field(None, alias="from", description="Lower end of a range, which belongs to it.")
    high: float | None = Field(None, alias="to", description="Upper end of a range, which belongs to the next.")


class Parameter(BaseModel):
    """The parameter that sets the buckets of an aggregation, and the values it takes."""

    name: str
    default: str | float
    enum: list[str] | None = None
    minimum: float | None = None
    maximum: float | None = None


class Aggregation(BaseModel):
    """One aggregation: its counts, or its description."""

    model_config = ConfigDict(title="Aggregation")

    name: str
    title: str | None = None
    data_type: Literal["integer", "datetime", "frequency_distribution"]
    frequency_distribution_data_type: Literal["string", "numeric", "datetime"] | None = None
    property: str | None = Field(None, description="What items are counted by.")
    parameter: Parameter | None = None
    value: int | str | None = Field(None, description="A number of items, or a time; null where no item has one.")
    interval: str | float | None = Field(None, description="Part of the calendar, or width of the ranges.")
    precision: int | None = Field(None, description="Letters of a geohash, or zoom of the web map.")
    buckets: list[Bucket] | None = None
    overflow: int | None = Field(None, ge=0, description="Number of items that are in none of the buckets.")
    missing: int | None = Field(None, ge=0, description="Number of those that have no value at all.")


class AggregationCollection(BaseModel):
    """Aggregations."""

    type: Literal["AggregationCollection"]
    aggregations: list[Aggregation]
    links: list[dict[str, Any]]
