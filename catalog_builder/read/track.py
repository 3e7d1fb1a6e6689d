"""The series and auxiliary packages of a track → what all its items share. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import pairwise

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import DatePair, Footprint, Package, Texts, Track, TrackKey
from catalog_builder.packages.names import compact_date
from catalog_builder.packages.sidecars import iso_time, scene_start
from catalog_builder.vocab.kinds import AUXILIARYDATA, TIMESERIES
from catalog_builder.vocab.sidecars import PRIMARY, REFERENCE_DATE, SUPER_MASTER


def create_track(key: TrackKey, packages: Sequence[Package]) -> Track:
    """Merge what the packages of a track know that are not of a single pair.

    Args:
        key: the track.
        packages: its series and auxiliary packages, any number of them; auxiliary first where both know a thing.
    """
    ordered = sorted(packages, key=lambda package: package.name.kind.code != AUXILIARYDATA.code)
    kinds = {package.name.kind.code for package in packages}
    texts = _merge([package.texts for package in ordered])
    times = (primary_time(package.texts, texts.parameters) for package in ordered)
    return Track(
        key=key,
        texts=texts,
        footprint=next(filter(None, (own_footprint(package) for package in ordered)), None),
        line_of_sight=next((package.line_of_sight for package in ordered if package.line_of_sight), None),
        time_of_day=next(filter(None, times), None),
        has_series=TIMESERIES.code in kinds,
        has_auxiliary=AUXILIARYDATA.code in kinds,
    )


def _merge(texts: Sequence[Texts]) -> Texts:
    def first(name: str) -> object:
        return next((value for value in (getattr(text, name) for text in texts) if value), getattr(Texts(), name))

    merged = {name: first(name) for name in Texts.__dataclass_fields__}
    partial = frozenset().union(*(text.partial for text in texts))
    return Texts(**merged | {"partial": partial, "faults": ()})  # type: ignore[arg-type]


def own_footprint(package: Package) -> Footprint | None:
    """Footprint from the package's own rasters: ground geometry, else its radar lookup table."""
    if package.outline:
        return Footprint(ring=package.outline.ring, source="geo")
    if package.radar_outline:
        return Footprint(ring=package.radar_outline, source="lut")
    return None


def primary_time(texts: Texts, parameters: Mapping[str, str]) -> datetime | None:
    """Acquisition time of the track's primary, from the scenes or the reference date of a `.meta`.

    An acquisition that spans midnight starts at midnight where it is called by the later of its two days.

    Args:
        texts: those of a package.
        parameters: `nsbas.proc` of its track, which tells that day.
    """
    scenes = texts.meta.get(SUPER_MASTER, "")
    with suppress(PackageRefused):
        start = scene_start(scenes, compact_date("nsbas.proc", parameters.get(PRIMARY, "")))
        if start:
            return start
    return scene_start(scenes) or iso_time(texts.meta.get(REFERENCE_DATE, ""))


def at_time_of(day: date, moment: datetime | None) -> datetime:
    """The day at the time of day of `moment`, midnight without one; UTC."""
    return datetime.combine(day, moment.time() if moment else time(), tzinfo=UTC)


def network_components(pairs: Sequence[DatePair]) -> int:
    """Number of separate parts of a network of pairs.

    >>> day = [date(2020, 1, n) for n in range(1, 5)]
    >>> network_components([DatePair(day[0], day[1]), DatePair(day[2], day[3])])
    2
    """
    parent: dict[date, date] = {}

    def root(day: date) -> date:
        while parent.setdefault(day, day) != day:
            parent[day] = parent[parent[day]]
            day = parent[day]
        return day

    for pair in pairs:
        parent[root(pair.reference)] = root(pair.secondary)
    return len({root(day) for day in parent})


def largest_gap_days(epochs: Sequence[date]) -> int | None:
    """Longest time between neighbouring dates, days; None for fewer than two.

    >>> largest_gap_days([date(2020, 1, 1), date(2020, 1, 13), date(2020, 2, 6)])
    24
    """
    ordered = sorted(epochs)
    gaps = [(later - earlier).days for earlier, later in pairwise(ordered)]
    return max(gaps, default=None)
