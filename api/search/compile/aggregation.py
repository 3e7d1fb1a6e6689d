"""One aggregation as a request asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from catalog_builder.vocab.aggregations import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog_builder.vocab.aggregations import Aggregation


@dataclass(frozen=True, slots=True)
class AggregationRequest:
    """An aggregation, and how its buckets are to be.

    Attributes:
        row: The aggregation.
        buckets: A part of the calendar, a width in the unit of the property as the decimal number that was written,
            or a precision; None where there is no choice.
    """

    row: Aggregation
    buckets: str | Decimal | int | None

    @classmethod
    def of(cls, row: Aggregation, options: Mapping[str, Any]) -> AggregationRequest:
        """The aggregation with the buckets that the parameters ask for, or else its own."""
        given = options.get(row.parameter) if row.parameter else None
        value = row.default if given is None else given
        return cls(row, Decimal(repr(value)) if row.count is Count.RANGES else value)  # type: ignore[arg-type]
