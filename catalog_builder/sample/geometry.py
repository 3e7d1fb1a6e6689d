"""Radar and ground geometry of a track portion: look-up tables, line of sight, valid outline.

A plane map around the scene centre stands for the Earth's surface, and a sphere for the range equation:

    x = 111.195 km (lon - lon0) cos(lat),  y = 111.195 km (lat - lat0)
    along  = x sin h + y cos h               h: heading of the flight
    across = x cos h - y sin h               to the right of the flight
    slant range^2 = R^2 + (R+H)^2 - 2 R (R+H) cos(arc / R),  arc = arc at mid-swath + across

Radar rows count along the flight (time), columns along slant range (away from the satellite).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_builder.sample.orbits import HEADING_DEG, KM_PER_DEGREE, TRACK_LENGTH_KM, Frame

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

WAVELENGTH_M: Final = 0.055465763
PHASE_PER_METRE: Final = 4 * np.pi / WAVELENGTH_M
"""Radians of two-way phase for one metre of range change; positive away from the satellite."""
EARTH_RADIUS_KM: Final = 6371.0
ORBIT_HEIGHT_KM: Final = 693.0
NEAR_INCIDENCE_DEG: Final = 30.2
SWATH_WIDTH_KM: Final = 250.0
RADAR_OVERSIZE: Final = 1.06
"""The ground pixel is slightly smaller than the radar pixel of the same product."""
_FIRST_EDGE: Final = 0.5
FINE_FACTOR: Final = 4
"""Pixels at 2 looks per pixel at 8 looks, along each axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundGrid:
    """A north-up raster in EPSG:4326 by its upper left corner, pixel size in degrees and shape."""

    west: float
    north: float
    step_deg: float
    rows: int
    columns: int

    def centres(self) -> tuple[Array, Array]:
        """Return longitude and latitude of the pixel centres, each of shape (rows, columns)."""
        longitude = self.west + (np.arange(self.columns) + 0.5) * self.step_deg
        latitude = self.north - (np.arange(self.rows) + 0.5) * self.step_deg
        lon, lat = np.meshgrid(longitude, latitude)
        return lon, lat

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees."""
        south = self.north - self.rows * self.step_deg
        return self.west, south, self.west + self.columns * self.step_deg, self.north


def _arc_km(slant_km: Array | float) -> Array:
    radius, orbit = EARTH_RADIUS_KM, EARTH_RADIUS_KM + ORBIT_HEIGHT_KM
    cosine = (radius**2 + orbit**2 - np.square(slant_km)) / (2 * radius * orbit)
    return np.asarray(radius * np.arccos(cosine))


def _slant_km(arc_km: Array | float) -> Array:
    radius, orbit = EARTH_RADIUS_KM, EARTH_RADIUS_KM + ORBIT_HEIGHT_KM
    return np.asarray(np.sqrt(radius**2 + orbit**2 - 2 * radius * orbit * np.cos(np.asarray(arc_km) / radius)))


def _near_arc_km() -> float:
    incidence = np.radians(NEAR_INCIDENCE_DEG)
    look = np.arcsin(EARTH_RADIUS_KM / (EARTH_RADIUS_KM + ORBIT_HEIGHT_KM) * np.sin(incidence))
    return float(EARTH_RADIUS_KM * (incidence - look))


NEAR_ARC_KM: Final = _near_arc_km()
_NEAR_SLANT_KM: Final = float(_slant_km(NEAR_ARC_KM))
_FAR_SLANT_KM: Final = float(_slant_km(NEAR_ARC_KM + SWATH_WIDTH_KM))


@dataclass(frozen=True, slots=True, kw_only=True)
class Swath:
    """The radar grid of a track portion and the ground grid around it."""

    frame: Frame
    radar_rows: int
    radar_columns: int
    ground: GroundGrid

    def radar_pixels(self, factor: int = 1) -> tuple[Array, Array]:
        """Return range and azimuth coordinates of all radar pixels, counted from 1 at the first centre.

        Args:
            factor: pixels per axis into which each is divided (4 for the products at 2 looks).
        """
        column = (np.arange(self.radar_columns * factor) + 0.5) / factor + 0.5
        row = (np.arange(self.radar_rows * factor) + 0.5) / factor + 0.5
        range_px, azimuth_px = np.meshgrid(column, row)
        return range_px, azimuth_px

    def to_ground(self, range_px: Array, azimuth_px: Array) -> tuple[Array, Array]:
        """Turn radar coordinates into longitude and latitude in degrees."""
        share = (range_px - 0.5) / self.radar_columns
        slant = _NEAR_SLANT_KM + share * (_FAR_SLANT_KM - _NEAR_SLANT_KM)
        across = _arc_km(slant) - NEAR_ARC_KM - SWATH_WIDTH_KM / 2
        along = ((azimuth_px - 0.5) / self.radar_rows - 0.5) * TRACK_LENGTH_KM
        heading = np.radians(HEADING_DEG[self.frame.direction])
        x = along * np.sin(heading) + across * np.cos(heading)
        y = along * np.cos(heading) - across * np.sin(heading)
        latitude = self.frame.latitude + y / KM_PER_DEGREE
        longitude = self.frame.longitude + x / (KM_PER_DEGREE * np.cos(np.radians(latitude)))
        return longitude, latitude

    def to_radar(self, longitude: Array, latitude: Array) -> tuple[Array, Array]:
        """Turn longitude and latitude in degrees into range and azimuth coordinates."""
        along, across = self._along_across(longitude, latitude)
        slant = _slant_km(NEAR_ARC_KM + SWATH_WIDTH_KM / 2 + across)
        share = (slant - _NEAR_SLANT_KM) / (_FAR_SLANT_KM - _NEAR_SLANT_KM)
        range_px = share * self.radar_columns + 0.5
        azimuth_px = (along / TRACK_LENGTH_KM + 0.5) * self.radar_rows + 0.5
        return range_px, azimuth_px

    def covers(self, range_px: Array, azimuth_px: Array) -> Mask:
        """Return which coordinates lie on the radar grid, whose first pixel reaches from 0.5 to 1.5."""
        column, row = range_px - _FIRST_EDGE, azimuth_px - _FIRST_EDGE
        return (column >= 0) & (column < self.radar_columns) & (row >= 0) & (row < self.radar_rows)

    def line_of_sight(self, longitude: Array, latitude: Array) -> Array:
        """Return the unit vectors from satellite to ground, shape (3, ...), order east, north, up."""
        _, across = self._along_across(longitude, latitude)
        arc = NEAR_ARC_KM + SWATH_WIDTH_KM / 2 + across
        orbit = EARTH_RADIUS_KM + ORBIT_HEIGHT_KM
        up = -(orbit * np.cos(arc / EARTH_RADIUS_KM) - EARTH_RADIUS_KM) / _slant_km(arc)
        horizontal = np.sqrt(1 - np.square(up))
        look = np.radians(self.look_azimuth_deg())
        return np.stack([horizontal * np.sin(look), horizontal * np.cos(look), up])

    def slant_range_m(self, longitude: Array, latitude: Array) -> Array:
        """Return the distance from the satellite in metres."""
        _, across = self._along_across(longitude, latitude)
        return _slant_km(NEAR_ARC_KM + SWATH_WIDTH_KM / 2 + across) * 1000

    def look_azimuth_deg(self) -> float:
        """Return the direction from the satellite to the scene, clockwise from north: right of the flight."""
        return (HEADING_DEG[self.frame.direction] + 90) % 360

    def outline(self, points_per_side: int = 12) -> list[tuple[float, float]]:
        """Return the closed ring of the valid area, longitude and latitude, counter-clockwise."""
        return _outline(self, points_per_side)

    def _along_across(self, longitude: Array, latitude: Array) -> tuple[Array, Array]:
        x = (longitude - self.frame.longitude) * KM_PER_DEGREE * np.cos(np.radians(latitude))
        y = (latitude - self.frame.latitude) * KM_PER_DEGREE
        heading = np.radians(HEADING_DEG[self.frame.direction])
        return x * np.sin(heading) + y * np.cos(heading), x * np.cos(heading) - y * np.sin(heading)


def _outline(swath: Swath, points_per_side: int) -> list[tuple[float, float]]:
    side = np.linspace(0, 1, points_per_side, endpoint=False)
    zero, one = np.zeros_like(side), np.ones_like(side)
    share_range = np.concatenate([side, one, 1 - side, zero])
    share_azimuth = np.concatenate([zero, side, one, 1 - side])
    lon, lat = swath.to_ground(share_range * swath.radar_columns + 0.5, share_azimuth * swath.radar_rows + 0.5)
    ring = [(round(float(x), 6), round(float(y), 6)) for x, y in zip(lon, lat, strict=True)]
    ring.append(ring[0])
    turn = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
    return ring if turn > 0 else ring[::-1]


def lay_out(frame: Frame, pixels: int) -> Swath:
    """Fit the grids of a track portion.

    Args:
        frame: the track portion.
        pixels: columns of the ground grid.
    """
    unit = Swath(
        frame=frame,
        radar_rows=1,
        radar_columns=1,
        ground=GroundGrid(west=0, north=0, step_deg=1, rows=1, columns=1),
    )
    lon, lat = np.array(_outline(unit, 50)).T
    step = round(float(lon.max() - lon.min()) / (pixels - 1), 5)
    west = np.floor(lon.min() / step) * step
    north = np.ceil(lat.max() / step) * step
    rows = int(np.ceil((north - lat.min()) / step))
    spacing_km = step * KM_PER_DEGREE * np.sqrt(np.cos(np.radians(frame.latitude))) * RADAR_OVERSIZE
    return Swath(
        frame=frame,
        radar_rows=round(TRACK_LENGTH_KM / spacing_km),
        radar_columns=round(SWATH_WIDTH_KM / spacing_km),
        ground=GroundGrid(
            west=round(float(west), 6), north=round(float(north), 6), step_deg=step, rows=rows, columns=pixels
        ),
    )
