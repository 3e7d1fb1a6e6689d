"""Boxes in longitude and latitude. Across the antimeridian west is greater than east (RFC 7946, 5.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

TURN_DEG: Final = 360.0
HALF_TURN_DEG: Final = 180.0


class Extent:
    """The smallest box around others, taken in one by one."""

    def __init__(self) -> None:
        self._lats = (inf, -inf)
        self._lons = (inf, -inf)
        """From -180 to 180."""
        self._lons_from_0 = (inf, -inf)
        """From 0 to 360: the shorter way for boxes on both sides of the antimeridian."""

    def add(self, box: Sequence[float]) -> None:
        """Take in west, south, east, north."""
        west, south, east, north = box
        self._lats = _hull(self._lats, (south, north))
        self._lons = _hull(self._lons, (west, east) if west <= east else (-HALF_TURN_DEG, HALF_TURN_DEG))
        start = west % TURN_DEG
        end = start + width_of(box)
        self._lons_from_0 = _hull(self._lons_from_0, (start, end) if end <= TURN_DEG else (0.0, TURN_DEG))

    def merge(self, other: Extent) -> None:
        """Take in all that another one has taken in."""
        self._lats = _hull(self._lats, other._lats)
        self._lons = _hull(self._lons, other._lons)
        self._lons_from_0 = _hull(self._lons_from_0, other._lons_from_0)

    def box(self) -> list[float] | None:
        """West, south, east, north; None when nothing was taken in.

        >>> extent = Extent()
        >>> extent.add([177.0, -19.0, 179.5, -16.0])
        >>> extent.add([-179.5, -18.0, -178.0, -17.0])
        >>> extent.box()
        [177.0, -19.0, -178.0, -16.0]
        """
        (south, north), (west, east) = self._lats, self._lons
        if south > north:
            return None
        start, end = self._lons_from_0
        if end - start < east - west and end > HALF_TURN_DEG:
            west = start if start <= HALF_TURN_DEG else start - TURN_DEG
            east = end - TURN_DEG
        return [west, south, east, north]


def width_of(box: Sequence[float]) -> float:
    """Degrees from west to east.

    >>> width_of((177, -19, -178, -16))
    5.0
    """
    width = float(box[2] - box[0])
    return width if width >= 0 else width + TURN_DEG


def meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes (west, south, east, north) touch or overlap.

    >>> meet((170, -20, -170, -10), (-175, -15, -172, -12)), meet((170, -20, 175, -10), (-175, -15, -172, -12))
    (True, False)
    """
    ahead = (other[0] - one[0]) % TURN_DEG
    overlap = ahead <= width_of(one) or TURN_DEG - ahead <= width_of(other) or ahead == 0
    return overlap and one[1] <= other[3] and other[1] <= one[3]


def _hull(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])
