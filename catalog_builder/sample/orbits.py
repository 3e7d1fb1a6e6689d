"""When and where Sentinel-1 passes over the Balkans: the track portions a sample may have.

The relative orbits are the real ones. Neighbouring orbits of one direction lie 360/175 degrees of longitude
apart and pass 12/175 days times the difference of their numbers apart; dates, hours, longitudes and absolute
orbit numbers of all tracks follow from one anchor per direction and one per satellite.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import cos, radians, tan
from typing import Final, Literal
from zlib import crc32

Direction = Literal["ascending", "descending"]

REGION: Final = "BALKANS"
CAMPAIGN: Final = (2014, 2021)
CAMPAIGN_START: Final = date(2014, 10, 10)
CAMPAIGN_END: Final = date(2021, 4, 30)
S1B_START: Final = date(2016, 9, 28)
"""From here on Sentinel-1B halves the revisit time to 6 days."""

ORBITS_PER_CYCLE: Final = 175
CYCLE_DAYS: Final = 12
ORBIT_SPACING_DEG: Final = 360 / ORBITS_PER_CYCLE
GROUND_SPEED_KM_S: Final = 6.8
KM_PER_DEGREE: Final = 111.195
"""Length of one degree of a great circle on a sphere of 6371 km."""
TRACK_LENGTH_KM: Final = 322.0
"""Along-track length of a processed portion."""
HEADING_DEG: Final[dict[Direction, float]] = {"ascending": -12.0, "descending": -168.0}
"""Flight direction, clockwise from north."""

_SUBSET_LATITUDES: Final = {"SUD": 39.25, "CENTRE": 42.15, "NORD": 45.05}
_REFERENCE_LATITUDE: Final = 39.25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """A known pass over latitude 39.25 N, from which those of the direction's other orbits follow."""

    relative_orbit: int
    longitude: float
    time: datetime


_ANCHORS: Final[dict[Direction, _Anchor]] = {
    "ascending": _Anchor(relative_orbit=175, longitude=21.6, time=datetime(2015, 11, 17, 16, 31, 30, tzinfo=UTC)),
    "descending": _Anchor(relative_orbit=80, longitude=21.8, time=datetime(2015, 11, 11, 4, 39, 40, tzinfo=UTC)),
}
_ABSOLUTE_ORBIT_AT_ANCHOR_CYCLE: Final = {"S1A": 8472, "S1B": -2424}
"""Absolute orbit = this + relative orbit + 175 x cycles since the cycle of the anchors."""

_PORTIONS: Final[tuple[tuple[int, int, tuple[str, ...]], ...]] = (
    (175, 80, ("SUD", "CENTRE", "NORD")),
    (102, 7, ("SUD", "CENTRE", "NORD")),
    (73, 153, ("CENTRE", "NORD")),
    (29, 109, ("SUD", "CENTRE", "NORD")),
    (146, 51, ("CENTRE", "NORD")),
    (44, 124, ("NORD",)),
)
"""Ascending orbit, descending orbit over the same ground, latitude subsets that hold land of the Balkans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One pass of one satellite over a track portion."""

    day: date
    mission: Literal["S1A", "S1B"]
    start: datetime
    stop: datetime
    absolute_orbit: int

    def scene_names(self) -> tuple[str, ...]:
        """Return the names of the two concatenated scenes, 27 s long with 2 s of overlap."""
        first = self.start
        second = self.stop - timedelta(seconds=27)
        return tuple(self._scene_name(start, start + timedelta(seconds=27)) for start in (first, second))

    def _scene_name(self, start: datetime, stop: datetime) -> str:
        stem = (
            f"{self.mission}_IW_SLC__1SDV_{start:%Y%m%dT%H%M%S}_{stop:%Y%m%dT%H%M%S}"
            f"_{self.absolute_orbit:06d}_{self.absolute_orbit * 6 + 16:06X}"
        )
        return f"{stem}_{crc32(stem.encode()) & 0xFFFF:04X}.SAFE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A track portion: one relative orbit, cut at a latitude subset."""

    direction: Direction
    relative_orbit: int
    subset: str
    longitude: float
    """Of the scene centre, degrees east."""
    latitude: float

    @property
    def name(self) -> str:
        """Track name as in the packages.

        >>> FRAMES[0].name, FRAMES[1].name
        ('A175SUD', 'D080SUD')
        """
        return f"{self.direction[0].upper()}{self.relative_orbit:03d}{self.subset}"

    def acquisitions(self) -> tuple[Acquisition, ...]:
        """Return all passes within the campaign, in order: every 12 days, every 6 with Sentinel-1B."""
        anchor = _ANCHORS[self.direction]
        offset_orbits = self.relative_orbit - anchor.relative_orbit
        north_km = (self.latitude - _REFERENCE_LATITUDE) * KM_PER_DEGREE
        to_north_s = north_km / GROUND_SPEED_KM_S / cos(radians(HEADING_DEG[self.direction]))
        middle = anchor.time + timedelta(days=offset_orbits * CYCLE_DAYS / ORBITS_PER_CYCLE, seconds=round(to_north_s))
        passes = [self._pass(middle, half_cycle) for half_cycle in range(-80, 400)]
        return tuple(
            p for p in passes if CAMPAIGN_START <= p.day <= CAMPAIGN_END and (p.mission == "S1A" or p.day >= S1B_START)
        )

    def _pass(self, middle: datetime, half_cycle: int) -> Acquisition:
        cycle, by_s1b = divmod(half_cycle, 2)
        mission: Literal["S1A", "S1B"] = "S1B" if by_s1b else "S1A"
        jitter_s = crc32(f"{self.name}{half_cycle}".encode()) % 3 - 1
        whole = middle.replace(microsecond=0) + timedelta(days=half_cycle * CYCLE_DAYS / 2, seconds=jitter_s)
        half_length = timedelta(seconds=26)
        return Acquisition(
            day=(whole - half_length).date(),
            mission=mission,
            start=whole - half_length,
            stop=whole + half_length,
            absolute_orbit=_ABSOLUTE_ORBIT_AT_ANCHOR_CYCLE[mission] + self.relative_orbit + ORBITS_PER_CYCLE * cycle,
        )


def _frame(direction: Direction, relative_orbit: int, subset: str) -> Frame:
    latitude = _SUBSET_LATITUDES[subset]
    drift = tan(radians(HEADING_DEG[direction]))
    middle_latitude = (latitude + _REFERENCE_LATITUDE) / 2
    steps_east = _steps_east(relative_orbit, _ANCHORS[direction].relative_orbit)
    shift = (latitude - _REFERENCE_LATITUDE) * drift / cos(radians(middle_latitude))
    return Frame(
        direction=direction,
        relative_orbit=relative_orbit,
        subset=subset,
        longitude=_ANCHORS[direction].longitude + steps_east * ORBIT_SPACING_DEG + shift,
        latitude=latitude,
    )


def _steps_east(relative_orbit: int, anchor: int) -> int:
    """Count orbits eastwards from the anchor: the neighbour to the east has the number + 102 modulo 175."""
    steps = (relative_orbit - anchor) * 12 % ORBITS_PER_CYCLE
    return -steps if steps <= ORBITS_PER_CYCLE // 2 else ORBITS_PER_CYCLE - steps


def _frames() -> tuple[Frame, ...]:
    found: list[Frame] = []
    for ascending, descending, subsets in _PORTIONS:
        for subset in subsets:
            found += [_frame("ascending", ascending, subset), _frame("descending", descending, subset)]
    return tuple(found)


FRAMES: Final = _frames()
"""Every track portion a sample can have, in the order in which they are taken."""
MAX_EPOCHS: Final = min(len(frame.acquisitions()) for frame in FRAMES)
