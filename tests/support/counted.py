"""Aggregations counted in plain Python over items in a list: what the service has to answer.

Written from the extension and from docs/aggregation.md, without any of the service's code.
"""

from __future__ import annotations

import functools
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from oracle import Item
from shapely import box
from shapely.geometry import shape

LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"


def beginning(moment: datetime, part: str) -> datetime:
    """Where the part of the calendar begins that a moment is in."""
    day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if part == "week":
        return day - timedelta(days=day.weekday())
    months = {"year": 1, "quarter": (moment.month - 1) // 3 * 3 + 1, "month": moment.month, "day": moment.month}
    return day.replace(month=months[part], day=day.day if part == "day" else 1)


def range_of(value: float, width: float) -> tuple[float, float]:
    """Both ends of the range that a number is in, as decimal numbers say."""
    step = Decimal(repr(float(width)))
    number = math.floor(Decimal(repr(value)) / step)
    return float(number * step), float((number + 1) * step)


def geohash(longitude: float, latitude: float, letters: int) -> str:
    """The cell of a point, bit by bit, as Gustavo Niemeyer's geohash is defined."""
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    word, bits = "", 0
    for number in range(letters * 5):
        ends, value = ranges[number % 2], (longitude, latitude)[number % 2]
        middle = sum(ends) / 2
        bits = bits * 2 + (value >= middle)
        ends[value < middle] = middle
        if number % 5 == 4:
            word, bits = word + LETTERS[bits], 0
    return word


def tile(longitude: float, latitude: float, zoom: int) -> str:
    """The tile of a point on the web map."""
    side = 2**zoom
    x = (longitude + 180) / 360 * side
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side
    return f"{zoom}/{math.floor(x)}/{math.floor(y)}"


@functools.cache
def _inside(bounds: tuple[float, ...], cell_of: Any, precision: int) -> frozenset[str]:
    west, south, east, north = bounds
    steps = 160
    net = [(number + 0.5) / steps for number in (0, *range(2, steps, 4), steps - 1)]
    return frozenset(
        cell_of(west + across * (east - west), south + up * (north - south), precision) for across in net for up in net
    )


def met(item: Item, cell_of: Any, precision: int) -> frozenset[str]:
    """Cells whose inside a footprint that is a box meets: those of a net of points inside it, finer than the cells."""
    return _inside(_box_of(item), cell_of, precision)


def _box_of(item: Item) -> tuple[float, ...]:
    outline = shape(item["geometry"])
    assert outline.equals(box(*outline.bounds))
    return tuple(outline.bounds)


def centroid(item: Item) -> tuple[float, float]:
    """Middle of a footprint that is a box."""
    west, south, east, north = _box_of(item)
    return (west + east) / 2, (south + north) / 2


def text_of(value: Any) -> str | None:
    """A value as the key of a bucket."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
