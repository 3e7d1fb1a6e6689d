"""What items may be counted by: one row per aggregation.

Names are those of the STAC API's Aggregation extension and of its best known services (stac-server,
stac-fastapi-elasticsearch-opensearch), where a property has its name without prefix: `sat:relative_orbit` becomes
`relative_orbit_frequency`. From a row follow what `/aggregations` tells, the parameter that sets its buckets, and the
statement that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from catalog_builder.vocab.queryables import BY_NAME as QUERYABLES


class Count(StrEnum):
    """How an aggregation counts."""

    TOTAL = "all"
    LEAST = "least value"
    LARGEST = "largest value"
    VALUES = "by value"
    CALENDAR = "by parts of the calendar"
    RANGES = "by ranges of equal width"
    GEOHASH = "by cell of the geohash grid"
    GEOTILE = "by tile of the web map"


SINGLE: Final = frozenset({Count.TOTAL, Count.LEAST, Count.LARGEST})
GRIDS: Final = frozenset({Count.GEOHASH, Count.GEOTILE})

INTERVALS: Final = ("year", "quarter", "month", "week", "day")
"""Parts of the calendar, in UTC; weeks begin on Monday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """One way to count items.

    Attributes:
        name: As requests name it.
        title: What it says of the items.
        count: How it counts.
        of: The property that it counts by; the footprint of a grid, nothing for all items.
        default: Buckets, when a request does not say: a part of the calendar, a width in the unit of the property, or
            the precision of a grid (letters of a geohash, zoom of a web map).
        least: Smallest width or precision.
        most: Largest.
        centroid: Whether an item counts in the cell of its centroid alone, or in each that its footprint meets.
    """

    name: str
    title: str
    count: Count
    of: str | None = None
    default: str | float | None = None
    least: float = 1e-6
    most: float = 1e9
    centroid: bool = False

    @property
    def parameter(self) -> str | None:
        """The parameter that sets the buckets."""
        if self.default is None:
            return None
        return f"{self.name}_{'precision' if self.count in GRIDS else 'interval'}"

    @property
    def data_type(self) -> str:
        """Of the answer, in the words of the extension's services."""
        if self.count in SINGLE:
            return "integer" if self.count is Count.TOTAL else "datetime"
        return "frequency_distribution"

    @property
    def bucket_type(self) -> str | None:
        """Of the keys of its buckets, if it has any."""
        if self.count in SINGLE:
            return None
        if self.count is Count.CALENDAR:
            return "datetime"
        row = QUERYABLES.get(self.of or "")
        return "numeric" if row is not None and row.type in ("integer", "number") else "string"


def _values(name: str, of: str, title: str) -> Aggregation:
    return Aggregation(name=f"{name}_frequency", title=title, count=Count.VALUES, of=of)


def _ranges(of: str, title: str, width: float) -> Aggregation:
    name = f"{of.partition(':')[2]}_frequency"
    return Aggregation(name=name, title=title, count=Count.RANGES, of=of, default=width)


def _calendar(of: str, title: str) -> Aggregation:
    name = f"{of.rpartition(':')[2]}_frequency"
    return Aggregation(name=name, title=title, count=Count.CALENDAR, of=of, default="month")


def _grid(name: str, title: str, count: Count, default: int, most: int, *, centroid: bool) -> Aggregation:
    least = 1 if count is Count.GEOHASH else 0
    return Aggregation(
        name=f"{name}_grid_frequency",
        title=title,
        count=count,
        of="geometry",
        default=default,
        least=least,
        most=most,
        centroid=centroid,
    )


AGGREGATIONS: Final = (
    Aggregation(name="total_count", title="Number of items", count=Count.TOTAL),
    Aggregation(name="datetime_min", title="Earliest nominal time", count=Count.LEAST, of="datetime"),
    Aggregation(name="datetime_max", title="Latest nominal time", count=Count.LARGEST, of="datetime"),
    Aggregation(name="start_datetime_min", title="First acquisition", count=Count.LEAST, of="start_datetime"),
    Aggregation(name="end_datetime_max", title="Last acquisition", count=Count.LARGEST, of="end_datetime"),
    # By value.
    _values("collection", "collection", "Items of each collection"),
    _values("product_type", "product:type", "Items of each product kind"),
    _values("region", "flatsim:region", "Items of each region"),
    _values("grid_code", "grid:code", "Items of each region, by the producer's code"),
    _values("track", "flatsim:track", "Items of each track segment"),
    _values("campaign", "flatsim:campaign", "Items of each campaign"),
    _values("relative_orbit", "sat:relative_orbit", "Items of each relative orbit"),
    _values("orbit_state", "sat:orbit_state", "Items of each orbit direction"),
    _values("platform", "platform", "Items of each satellite that took all their images"),
    _values("used_in_timeseries", "flatsim:used_in_timeseries", "Pairs in and out of the inverted network"),
    # By time.
    _calendar("datetime", "Items over their nominal time"),
    _calendar("insar:reference_datetime", "Pairs over their reference acquisition"),
    _calendar("insar:secondary_datetime", "Pairs over their secondary acquisition"),
    # By number. Sentinel-1 repeats its orbits after 12 days with each satellite, the two of them 6 days apart.
    _ranges("insar:temporal_baseline", "Pairs over their temporal baseline", 12),
    _ranges("insar:perpendicular_baseline", "Pairs over their perpendicular baseline, with its sign", 20),
    _ranges("flatsim:coherence_mean", "Pairs over their mean coherence", 0.05),
    _ranges("flatsim:unwrapped_fraction", "Pairs over their unwrapped fraction", 0.05),
    # By place. A footprint, some degrees wide, meets hundreds of the finest cells that are allowed for it.
    _grid("centroid_geohash", "Items by geohash of their centroid", Count.GEOHASH, 3, 12, centroid=True),
    _grid("centroid_geotile", "Items by web map tile of their centroid", Count.GEOTILE, 7, 29, centroid=True),
    _grid("geometry_geohash", "Items by each geohash cell that they meet", Count.GEOHASH, 3, 4, centroid=False),
    _grid("geometry_geotile", "Items by each web map tile that they meet", Count.GEOTILE, 7, 9, centroid=False),
)

BY_NAME: Final = {row.name: row for row in AGGREGATIONS}
