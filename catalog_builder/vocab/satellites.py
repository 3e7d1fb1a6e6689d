"""The Sentinel-1 satellites, one row each, and the orbit they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_LAUNCH: Final = date(2014, 4, 3)
"""Launch of Sentinel-1A: no acquisition is older."""
ORBITS_PER_CYCLE: Final = 175
"""Orbits in the repeat cycle of 12 days; relative orbits are numbered 1 to 175."""
ORBIT_HEIGHT_M: Final = 693_000.0
"""Mean height above the ground (ESA, Sentinel-1 mission guide)."""
EARTH_RADIUS_M: Final = 6_371_000.0
"""Mean radius."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Satellite:
    """One satellite."""

    code: str
    """As scene names begin: `S1A`."""
    platform: str
    """STAC `platform`."""
    first_absolute_orbit: int | None = None
    """Absolute orbit whose relative orbit is 1; None where it is not known here."""

    def relative_orbit(self, absolute_orbit: int) -> int | None:
        """Relative orbit of an absolute one.

        >>> BY_CODE["S1A"].relative_orbit(17223), BY_CODE["S1B"].relative_orbit(6327)
        (1, 1)
        """
        if self.first_absolute_orbit is None:
            return None
        return (absolute_orbit - self.first_absolute_orbit) % ORBITS_PER_CYCLE + 1


SATELLITES: Final = (
    Satellite(code="S1A", platform="sentinel-1a", first_absolute_orbit=73),
    Satellite(code="S1B", platform="sentinel-1b", first_absolute_orbit=27),
    Satellite(code="S1C", platform="sentinel-1c"),
    Satellite(code="S1D", platform="sentinel-1d"),
)
BY_CODE: Final = {satellite.code: satellite for satellite in SATELLITES}
