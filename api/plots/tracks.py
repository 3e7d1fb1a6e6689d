"""Track segments of the catalogue: where each lies, what there is of it, and when it was looked at."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.plots import queries
from api.single_flight import SingleFlight
from catalog_builder.vocab.kinds import AUXILIARYDATA, BY_PRODUCT_TYPE, INTERFEROGRAM, TIMESERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asyncpg import Connection

FRESH_S: Final = 30.0
"""Seconds for which tracks are taken as they were although something was written to the database."""
_MOST_KEPT: Final = 500
_BEST_OUTLINE: Final = (TIMESERIES.product_type, AUXILIARYDATA.product_type, INTERFEROGRAM.product_type)
"""Whose footprint stands for the track: that of a series is of all its pairs together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track segment of a region.

    Attributes:
        name: Such as `D080SUD`.
        region: In small letters; empty if it is not known.
        orbit_state: `ascending`, `descending`, or empty if it is not known.
        relative_orbit: Number of the orbit, if it is known.
        items: How many there are, by product type.
        first: Of the earliest acquisition.
        last: Of the latest.
        outline: GeoJSON geometry of one item, in degrees.
        days: Dates of acquisitions, where those were asked for.
    """

    name: str
    region: str
    orbit_state: str
    relative_orbit: int | None
    items: Mapping[str, int]
    first: date
    last: date
    outline: Mapping[str, Any] | None
    days: tuple[date, ...] = ()

    @property
    def n_items(self) -> int:
        """Items of all kinds."""
        return sum(self.items.values())

    @property
    def n_pairs(self) -> int:
        """Items that are pairs."""
        return self.items.get(INTERFEROGRAM.product_type, 0)

    @property
    def n_series(self) -> int:
        """Items that are series."""
        return self.items.get(TIMESERIES.product_type, 0)

    @property
    def is_ascending(self) -> bool:
        """Whether the satellite flies north."""
        return self.orbit_state == "ascending"


@dataclass(slots=True)
class TrackCache:
    """Tracks by collection, cached until some seconds after the database has seen another transaction."""

    _found: OrderedDict[tuple[str, bool], tuple[str, float, tuple[Track, ...]]] = field(default_factory=OrderedDict)
    _flights: SingleFlight = field(default_factory=SingleFlight)

    async def get(self, connection: Connection, collection: str, *, with_days: bool = False) -> tuple[Track, ...]:
        """The tracks of a collection, by name.

        Args:
            connection: To read them with.
            collection: Whose.
            with_days: Whether dates are read too.
        """
        key, now = (collection, with_days), time.monotonic()
        seen = await queries.snapshot(connection) or ""
        if (cached := self._found.get(key)) is not None and ((seen and cached[0] == seen) or now - cached[1] < FRESH_S):
            self._found.move_to_end(key)
            return cached[2]
        read = partial(queries.acquisitions if with_days else queries.tracks, connection, collection)
        rows = await self._flights.share((key, seen or object()), read)
        tracks = tuple(read_track(row) for row in rows)
        self._found[key] = seen, now, tracks
        while len(self._found) > _MOST_KEPT:
            self._found.popitem(last=False)
        return tracks


def read_track(row: Mapping[str, Any]) -> Track:
    """A track from a row of `api.plots.queries`; items are of anybody's making, so that little is taken for granted."""
    orbit = row["relative_orbit"]
    days = set(row.get("days") or ())
    for values in row.get("times") or ():
        days |= {day for text in values or () if (day := _day(text)) is not None}
    return Track(
        name=row["track"],
        region=row["region"] or "",
        orbit_state=row["orbit_state"] or "",
        relative_orbit=int(orbit) if orbit is not None and 0 <= orbit < 1e9 else None,  # noqa: PLR2004
        items={row["product_type"] or "": row["items"]},
        first=row["first"].astimezone(UTC).date(),
        last=row["last"].astimezone(UTC).date(),
        outline=orjson.loads(row["geometry"]) if row["geometry"] else None,
        days=tuple(sorted(days)),
    )


def _day(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(text[:10]).date()
    except (TypeError, ValueError):
        return None


def merge_tracks(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Tracks of several collections, those of one name and region together; by region and name."""
    groups: dict[tuple[str, str], list[Track]] = defaultdict(list)
    for track in tracks:
        groups[track.region, track.name].append(track)
    return tuple(_one(group) for _, group in sorted(groups.items()))


def _one(group: Sequence[Track]) -> Track:
    best = min(group, key=_outline_rank)
    items: dict[str, int] = defaultdict(int)
    for track in group:
        for kind, number in track.items.items():
            items[kind] += number
    return replace(
        best,
        items=dict(items),
        first=min(track.first for track in group),
        last=max(track.last for track in group),
        days=tuple(sorted({day for track in group for day in track.days})),
    )


def _outline_rank(track: Track) -> int:
    kind = next(iter(track.items), "")
    return _BEST_OUTLINE.index(kind) if kind in _BEST_OUTLINE and track.outline else len(_BEST_OUTLINE)


def count_by_kind(track: Track) -> list[tuple[str, int]]:
    """What there is of a track: the slug of each kind, or its product type, with a number."""
    return [
        (BY_PRODUCT_TYPE[kind].slug if kind in BY_PRODUCT_TYPE else kind, number)
        for kind, number in sorted(track.items.items())
    ]


def runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Times with acquisitions, from the first to the last of each, with no gap of more than half a year in them.

    >>> runs([date(2015, 1, 1), date(2015, 3, 1), date(2016, 1, 1)])
    [(datetime.date(2015, 1, 1), datetime.date(2015, 3, 1)), (datetime.date(2016, 1, 1), datetime.date(2016, 1, 1))]
    """
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] <= timedelta(days=183):
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found
