"""The database's counts as an AggregationCollection."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.errors import InvalidParameter
from api.search.compile.aggregate_statement import TOTAL
from api.stac.aggregation.available import types
from catalog_builder.vocab.aggregations import GRIDS, SINGLE, Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from api.search.compile.aggregation import AggregationRequest

Counts = dict[str | None, int]
"""Items by key; those without a value under None."""


def aggregations(
    wanted: Sequence[AggregationRequest], rows: Iterable[Mapping[str, Any]], most: int
) -> list[dict[str, Any]]:
    """The answers, in the order asked for.

    Args:
        wanted: What was asked for.
        rows: Number, key and frequency, of `api.search.compile.aggregate_statement.aggregate_statement`.
        most: Buckets of an aggregation at most.

    Raises:
        InvalidParameter: There are more buckets, and the number of items in none of those given is unknown.
    """
    counts: dict[int, Counts] = defaultdict(dict)
    for row in rows:
        counts[row["number"]][row["key"]] = row["frequency"]
    total = counts[TOTAL][None]
    return [_answer(each, counts[number], total, most) for number, each in enumerate(wanted, 1)]


def _answer(wanted: AggregationRequest, counts: Counts, total: int, most: int) -> dict[str, Any]:
    head = {"name": wanted.row.name, **types(wanted.row)}
    if wanted.row.count in SINGLE:
        return {**head, "value": total if wanted.row.count is Count.TOTAL else _value(counts)}
    missing = counts.pop(None, 0)
    most_frequent = {str(key): counts[key] for key in list(counts)[:most]}  # the database gives the most frequent first
    if wanted.row.count in GRIDS and not wanted.row.centroid:
        if len(counts) > most:
            reason = f"more than {most} cells; ask for a smaller precision, or for fewer items"
            raise InvalidParameter(parameter=wanted.row.parameter or wanted.row.name, reason=reason)
        overflow = missing
    else:
        overflow = total - sum(most_frequent.values())
    return {
        **head,
        **_written(wanted),
        "buckets": _buckets(wanted, most_frequent, most),
        "overflow": overflow,
        "missing": missing,
    }


def _value(counts: Counts) -> str | None:
    """The one moment there is, if there is any."""
    return next((_instant(datetime.fromisoformat(key)) for key in counts if key is not None), None)


def _written(wanted: AggregationRequest) -> dict[str, Any]:
    """How the buckets were made."""
    if wanted.buckets is None:
        return {}
    if wanted.row.count in GRIDS:
        return {"precision": wanted.buckets}
    return {"interval": float(wanted.buckets) if isinstance(wanted.buckets, Decimal) else wanted.buckets}


def _buckets(wanted: AggregationRequest, counts: Mapping[str, int], most: int) -> list[dict[str, Any]]:
    """The buckets with their items: values and cells by frequency, times and ranges in their order."""
    kind = wanted.row.bucket_type
    if wanted.row.count is Count.CALENDAR:
        times = {datetime.fromisoformat(key): items for key, items in counts.items()}
        keys = _without_gaps(sorted(times), most, str(wanted.buckets))
        return [{"key": _instant(key), "data_type": kind, "frequency": times.get(key, 0)} for key in keys]
    if wanted.row.count is Count.RANGES:
        assert isinstance(wanted.buckets, Decimal)  # noqa: S101
        numbers = {int(key): items for key, items in counts.items()}
        return [
            {**_range(number, wanted.buckets), "data_type": kind, "frequency": numbers.get(number, 0)}
            for number in _filled(sorted(numbers), most)
        ]
    return [{"key": key, "data_type": kind, "frequency": items} for key, items in counts.items()]


def _filled(numbers: list[int], most: int) -> Sequence[int]:
    """Numbers from the first to the last, or as they are where that would be too many."""
    if not numbers or numbers[-1] - numbers[0] >= most:
        return numbers
    return range(numbers[0], numbers[-1] + 1)


def _range(number: int, width: Decimal) -> dict[str, Any]:
    """One of the ranges of a width, counted from zero: from its lower end, which belongs to it, to its upper."""
    low, high = float(number * width), float((number + 1) * width)
    return {"key": f"{low}-{high}", "from": low, "to": high}


def _without_gaps(moments: list[datetime], most: int, part: str) -> list[datetime]:
    """The same for parts of the calendar."""
    if not moments:
        return []
    found = list(_calendar(moments[0], moments[-1], part, most + 1))
    return found if len(found) <= most else moments


def _calendar(first: datetime, last: datetime, part: str, most: int) -> Iterator[datetime]:
    """Beginnings of parts of the calendar, from one to another."""
    moment = first
    for _ in range(most):
        yield moment
        if moment >= last:
            return
        moment = _next(moment, part)


_DAYS = {"week": 7, "day": 1}
_MONTHS = {"year": 12, "quarter": 3, "month": 1}


def _next(moment: datetime, part: str) -> datetime:
    if part in _DAYS:
        return moment + timedelta(days=_DAYS[part])
    months = moment.year * 12 + moment.month - 1 + _MONTHS[part]
    return moment.replace(year=months // 12, month=months % 12 + 1)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
