"""The synthetic Earth: terrain, land cover and three-dimensional ground motion, the same for all tracks.

Ground motion at a point x and time t, in metres east, north and up:

    u(x, t) = interseismic(x) t + coseismic(x) [t > t_eq] + subsidence(x) t + seasonal(x, t)

    interseismic  right-lateral screw dislocation: parallel to the fault, (V / pi) atan(d / D)
    coseismic     the same profile with slip S, tapered along strike by a Gaussian
    subsidence    vertical, -rate exp(-r^2 / 2 sigma^2) around the centre of each basin
    seasonal      vertical, A w(x) sin(2 pi (t - t0)), w = exp(-z / 250 m): the lowlands breathe
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_builder.sample.orbits import KM_PER_DEGREE

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A vertical right-lateral fault that moves steadily below its locking depth."""

    longitude: float
    latitude: float
    strike_deg: float
    rate_mm_per_year: float
    locking_depth_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Earthquake:
    """A sudden slip on a right-lateral fault of limited length."""

    time: datetime
    longitude: float
    latitude: float
    strike_deg: float
    slip_mm: float
    throw_mm: float
    """Rise of the right-hand side over the left."""
    depth_km: float
    half_length_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Basin:
    """A subsiding basin."""

    name: str
    longitude: float
    latitude: float
    sigma_km: float
    rate_mm_per_year: float


FAULT: Final = Fault(longitude=21.6, latitude=38.75, strike_deg=68.0, rate_mm_per_year=30.0, locking_depth_km=14.0)
EARTHQUAKE: Final = Earthquake(
    time=datetime(2015, 11, 17, 7, 10, tzinfo=UTC),
    longitude=20.60,
    latitude=38.67,
    strike_deg=20.0,
    slip_mm=260.0,
    throw_mm=120.0,
    depth_km=7.0,
    half_length_km=14.0,
)
"""Named after the Lefkada earthquake for its time and place only; the slip is invented."""
BASINS: Final = (
    Basin(name="Thessaly", longitude=22.35, latitude=39.55, sigma_km=15.0, rate_mm_per_year=30.0),
    Basin(name="Thessaloniki", longitude=22.85, latitude=40.68, sigma_km=9.0, rate_mm_per_year=22.0),
    Basin(name="Myzeqe", longitude=19.65, latitude=40.95, sigma_km=11.0, rate_mm_per_year=12.0),
    Basin(name="Sofia", longitude=23.30, latitude=42.70, sigma_km=10.0, rate_mm_per_year=10.0),
    Basin(name="Kosovo", longitude=20.95, latitude=42.65, sigma_km=9.0, rate_mm_per_year=14.0),
    Basin(name="Banat", longitude=20.60, latitude=45.30, sigma_km=16.0, rate_mm_per_year=12.0),
    Basin(name="Wallachia", longitude=25.90, latitude=44.50, sigma_km=18.0, rate_mm_per_year=12.0),
    Basin(name="Slavonia", longitude=17.90, latitude=45.40, sigma_km=14.0, rate_mm_per_year=9.0),
)
SEASONAL_AMPLITUDE_MM: Final = 7.0
SEASONAL_ZERO_YEAR: Final = 0.30
"""Fraction of the year at which the seasonal term crosses zero upwards: the ground is highest in July."""
SEASONAL_HEIGHT_SCALE_M: Final = 250.0
LOWEST_ELEVATION_M: Final = 4.0
"""So that no elevation is 0, which would read as no value."""
DEM_ERROR_M: Final = 4.0
_MAP_LATITUDE: Final = 40.0
_BEND_KM: Final = 6.0
_TERRAIN_SEED: Final = 20151117
_LAND_SEED: Final = 20141003


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Static fields of the Earth at some points; all arrays have the shape of the points."""

    longitude: Array
    latitude: Array
    elevation_m: Array
    land: Array
    """0 (dense vegetation, decorrelates within weeks) to 1 (bare rock or town, stays coherent)."""
    dem_error_m: Array


def survey(longitude: Array, latitude: Array) -> Place:
    """Evaluate terrain and land cover at points given in degrees."""
    x = longitude * KM_PER_DEGREE * np.cos(np.radians(_MAP_LATITUDE))
    y = latitude * KM_PER_DEGREE
    # Bent coordinates hide the straight crests of plane waves.
    bend_x = _waves(x, y, seed=_TERRAIN_SEED + 2, longest_km=120.0, octaves=3, roughness=1.2)
    bend_y = _waves(x, y, seed=_TERRAIN_SEED + 3, longest_km=120.0, octaves=3, roughness=1.2)
    x, y = x + _BEND_KM * bend_x, y + _BEND_KM * bend_y
    height = _elevation_m(x, y)
    for basin in BASINS:
        r2 = _distance2_km2(basin, longitude, latitude)
        height *= 1 - 0.93 * np.exp(-r2 / (3 * basin.sigma_km**2))
    cover = _waves(x, y, seed=_LAND_SEED, longest_km=80.0, octaves=6, roughness=0.55)
    error = _waves(x, y, seed=_LAND_SEED + 1, longest_km=25.0, octaves=3, roughness=0.4)
    return Place(
        longitude=longitude,
        latitude=latitude,
        elevation_m=height + LOWEST_ELEVATION_M,
        land=1 / (1 + np.exp(-1.3 * cover - 0.5 * (height - 600.0) / 600.0)),
        dem_error_m=DEM_ERROR_M * error * np.clip(height / 600.0, 0.1, 1.5),
    )


def _elevation_m(x_km: Array, y_km: Array) -> Array:
    """Return ridges that rise where the broad relief is high, and rolling lowland elsewhere."""
    broad = _waves(x_km, y_km, seed=_TERRAIN_SEED + 1, longest_km=240.0, octaves=3, roughness=0.8)
    fine = _waves(x_km, y_km, seed=_TERRAIN_SEED, longest_km=70.0, octaves=5, roughness=0.8)
    ridges = 1 - np.abs(np.tanh(0.8 * fine))
    mountains = 1 / (1 + np.exp(-2.5 * (broad + 0.1)))
    return np.asarray(1900.0 * mountains * ridges**1.5 + 120.0 * (1 + np.tanh(broad + 0.4 * fine)))


def velocity_mm_per_year(place: Place) -> Array:
    """Return the steady part of the motion, shape (3, ...), order east, north, up."""
    across, _ = _fault_coordinates(FAULT.longitude, FAULT.latitude, FAULT.strike_deg, place)
    parallel = -FAULT.rate_mm_per_year / np.pi * np.arctan(across / FAULT.locking_depth_km)
    strike = np.radians(FAULT.strike_deg)
    up = np.zeros_like(parallel)
    for basin in BASINS:
        r2 = _distance2_km2(basin, place.longitude, place.latitude)
        up -= basin.rate_mm_per_year * np.exp(-r2 / (2 * basin.sigma_km**2))
    return np.stack([parallel * np.sin(strike), parallel * np.cos(strike), up])


def coseismic_mm(place: Place) -> Array:
    """Return the offset of the earthquake, shape (3, ...), order east, north, up."""
    across, along = _fault_coordinates(EARTHQUAKE.longitude, EARTHQUAKE.latitude, EARTHQUAKE.strike_deg, place)
    taper = np.exp(-np.square(along / EARTHQUAKE.half_length_km) / 2)
    near = np.exp(-np.square(across / (3 * EARTHQUAKE.half_length_km)) / 2)
    profile = np.arctan(across / EARTHQUAKE.depth_km) / np.pi * taper * near
    strike = np.radians(EARTHQUAKE.strike_deg)
    parallel = -EARTHQUAKE.slip_mm * profile
    return np.stack([parallel * np.sin(strike), parallel * np.cos(strike), EARTHQUAKE.throw_mm * profile])


def seasonal_mm(place: Place, when: datetime) -> Array:
    """Return the upward seasonal displacement at a time."""
    year = when.timetuple().tm_yday / 365.25
    weight = np.exp(-place.elevation_m / SEASONAL_HEIGHT_SCALE_M)
    return np.asarray(SEASONAL_AMPLITUDE_MM * weight * np.sin(2 * np.pi * (year - SEASONAL_ZERO_YEAR)))


def _distance2_km2(basin: Basin, longitude: Array, latitude: Array) -> Array:
    x = (longitude - basin.longitude) * KM_PER_DEGREE * np.cos(np.radians(latitude))
    y = (latitude - basin.latitude) * KM_PER_DEGREE
    return np.asarray(x**2 + y**2)


def _fault_coordinates(longitude: float, latitude: float, strike_deg: float, place: Place) -> tuple[Array, Array]:
    """Return distances in km to the right of the strike direction, and along it."""
    x = (place.longitude - longitude) * KM_PER_DEGREE * np.cos(np.radians(place.latitude))
    y = (place.latitude - latitude) * KM_PER_DEGREE
    strike = np.radians(strike_deg)
    return x * np.cos(strike) - y * np.sin(strike), x * np.sin(strike) + y * np.cos(strike)


def _waves(x_km: Array, y_km: Array, *, seed: int, longest_km: float, octaves: int, roughness: float) -> Array:
    """Sum plane waves of random direction and phase; the result has about unit variance everywhere."""
    rng = np.random.default_rng(seed)
    total = np.zeros_like(x_km)
    power = 0.0
    for octave in range(octaves):
        amplitude = 2.0 ** (-roughness * octave)
        for _ in range(7):
            k = 2 * np.pi / (longest_km * 2.0 ** -(octave + rng.random()))
            direction, phase = rng.random(2) * 2 * np.pi
            total += amplitude * np.cos(k * (x_km * np.cos(direction) + y_km * np.sin(direction)) + phase)
            power += amplitude**2 / 2
    return np.asarray(total / np.sqrt(power))
