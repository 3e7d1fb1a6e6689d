"""Phases and coherences of a track on its radar grid, from the synthetic Earth.

Phase of an epoch relative to nothing (only differences are observed), radians, positive away from the satellite:

    phi_e = 4 pi / lambda (u(x, t_e) . l(x))        ground motion along the vector l from satellite to ground
          + tau_e(x)                                turbulent delay, power-law noise of 0.5 rad
          + r_e exp(-z / 2000 m)                    what the weather model leaves of the stratified delay
          + 4 pi / lambda b_e dz(x) / (rho sin(inc))  error of the elevation model, b_e the baseline

The delay that the weather model explains, a_e (exp(-z / 2000 m) - its mean) + g_e . x, is in no phase: it has
been removed, and is the product APS. Coherence of a pair of temporal baseline T and perpendicular baseline B:

    gamma = g0 (g1 + (1 - g1) exp(-T / T0)) (1 - |B| / 5000 m) s_reference(x) s_secondary(x)

with g0, g1 and T0 from the land cover, and s_e the loss by rain, and by snow above 1300 m from December to March.
Phase noise has the Cramer-Rao deviation sqrt((1 - gamma^2) / (2 L)) / gamma for L = 7 effective looks; the
coherence is estimated over a larger window, L = 48.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from catalog_builder.sample import ground
from catalog_builder.sample.geometry import PHASE_PER_METRE, Swath
from catalog_builder.sample.network import Epoch, Network, Pair

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PHASE_LOOKS: Final = 7
COHERENCE_LOOKS: Final = 48
CRITICAL_BASELINE_M: Final = 5000.0
DELAY_HEIGHT_SCALE_M: Final = 2000.0
DELAY_GRADIENT_RAD_PER_DEG: Final = 0.5
TURBULENCE_RAD: Final = 0.5
RESIDUAL_DELAY_RAD: Final = 0.6
UNWRAPPING_THRESHOLD: Final = 0.11
"""Smoothed product of coherence and filter quality below which a pixel is not unwrapped."""
LOWEST_COHERENCE: Final = 0.02
MOST_RAIN_LOSS: Final = 0.12
SNOW_LINE_M: Final = 1300.0
SNOW_MONTHS: Final = (12, 1, 2, 3)
SNOW_LOSS: Final = 0.5
LARGEST_NOISE_RAD: Final = float(np.pi / np.sqrt(3))
"""Deviation of a phase that is uniform over one cycle."""


def wrap(phase: Array) -> Array:
    """Bring phases into [-pi, pi).

    >>> [round(float(v), 4) for v in wrap(np.array([0.0, 4.0, -4.0]))]
    [0.0, -2.2832, 2.2832]
    """
    return np.asarray((phase + np.pi) % (2 * np.pi) - np.pi)


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return random numbers that depend on the seed and on what they are for, and on nothing else."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What does not change between the dates of a track, on the radar grid (rows, columns)."""

    swath: Swath
    place: ground.Place
    line_of_sight: Array
    """Shape (3, rows, columns)."""
    phase_per_baseline: Array
    """Radians per metre of perpendicular baseline, from the error of the elevation model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interferogram:
    """All products of one pair on the radar grid; unwrapped is NaN where not unwrapped."""

    coherence: Array
    wrapped: Array
    filtered: Array
    filter_quality: Array
    unwrapped: Array
    stratified_delay: Array

    def unwrapped_fraction(self) -> float:
        """Return the share of pixels that are unwrapped."""
        return float(np.isfinite(self.unwrapped).mean())


def observe(swath: Swath) -> Scene:
    """Evaluate the Earth at the look-up coordinates of the radar grid."""
    longitude, latitude = swath.to_ground(*swath.radar_pixels())
    place = ground.survey(longitude, latitude)
    los = swath.line_of_sight(longitude, latitude)
    slant = swath.slant_range_m(longitude, latitude)
    sine = np.sqrt(1 - np.square(los[2]))
    return Scene(
        swath=swath,
        place=place,
        line_of_sight=los,
        phase_per_baseline=PHASE_PER_METRE * place.dem_error_m / (slant * sine),
    )


def range_change_m(scene: Scene, network: Network) -> Array:
    """Project the ground motion of all epochs on the line of sight, shape (epochs, rows, columns), metres."""
    los = scene.line_of_sight
    steady = np.einsum("crk,crk->rk", ground.velocity_mm_per_year(scene.place), los)
    sudden = np.einsum("crk,crk->rk", ground.coseismic_mm(scene.place), los)
    layers = []
    for epoch, years in zip(network.epochs, network.years(), strict=True):
        when = epoch.acquisition.start
        motion = steady * years + ground.seasonal_mm(scene.place, when) * los[2]
        layers.append(motion + sudden if when > ground.EARTHQUAKE.time else motion)
    return np.stack(layers) / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Phases of all epochs of a track, from which any pair can be formed."""

    scene: Scene
    network: Network
    seed: int
    phases: Array
    """Corrected, shape (epochs, rows, columns), radians."""
    delays: Array
    """Removed with the weather model, same shape, radians."""
    surface: Array
    """Loss of coherence by rain and snow, same shape, factor between 0 and 1."""

    @classmethod
    def draw(cls, scene: Scene, network: Network, seed: int) -> Signals:
        """Draw the atmosphere of each date and add it to the ground motion."""
        epochs = zip(network.epochs, PHASE_PER_METRE * range_change_m(scene, network), strict=True)
        return cls(
            scene=scene,
            network=network,
            seed=seed,
            phases=np.stack([motion + _disturbance(scene, epoch, seed) for epoch, motion in epochs]),
            surface=np.stack([_surface_state(scene, epoch, seed) for epoch in network.epochs]),
            delays=np.stack([_modelled_delay(scene, epoch, seed) for epoch in network.epochs]),
        )


def _disturbance(scene: Scene, epoch: Epoch, seed: int) -> Array:
    """Return what an epoch's phase holds besides ground motion, radians."""
    rng = stream(seed, scene.swath.frame.name, "epoch", epoch.acquisition.day.isoformat())
    turbulence = TURBULENCE_RAD * _turbulence(scene.place.elevation_m.shape, rng)
    residual = RESIDUAL_DELAY_RAD * rng.standard_normal() * _layering(scene)
    return turbulence + residual + epoch.perpendicular_baseline_m * scene.phase_per_baseline


def _modelled_delay(scene: Scene, epoch: Epoch, seed: int) -> Array:
    """Return the delay that the weather model explains, radians: layered, with a gradient across the scene."""
    day = epoch.acquisition.day
    rng = stream(seed, scene.swath.frame.name, "delay", day.isoformat())
    summer = np.sin(2 * np.pi * (day.timetuple().tm_yday / 365.25 - 0.3))
    layering = _layering(scene)
    east = scene.place.longitude - scene.swath.frame.longitude
    north = scene.place.latitude - scene.swath.frame.latitude
    gradient = DELAY_GRADIENT_RAD_PER_DEG * rng.standard_normal(2)
    strength = 9.0 + 6.0 * summer + 4.0 * rng.standard_normal()
    return np.asarray(strength * (layering - layering.mean()) + gradient[0] * east + gradient[1] * north)


def _surface_state(scene: Scene, epoch: Epoch, seed: int) -> Array:
    """Return the factor by which a date lowers the coherence of its pairs: rain everywhere, snow in the mountains."""
    day = epoch.acquisition.day
    rain = MOST_RAIN_LOSS * stream(seed, scene.swath.frame.name, "rain", day.isoformat()).random()
    snow_line_m = SNOW_LINE_M if day.month in SNOW_MONTHS else np.inf
    snow = SNOW_LOSS / (1 + np.exp((snow_line_m - scene.place.elevation_m) / 100.0))
    return np.asarray((1 - rain) * (1 - snow))


def _layering(scene: Scene) -> Array:
    return np.exp(-scene.place.elevation_m / DELAY_HEIGHT_SCALE_M)


def interfere(signals: Signals, pair: Pair) -> Interferogram:
    """Make the products of a pair."""
    scene, network = signals.scene, signals.network
    days = [network.epochs[i].acquisition.day.isoformat() for i in (pair.reference, pair.secondary)]
    rng = stream(signals.seed, scene.swath.frame.name, "pair", *days)
    truth = signals.phases[pair.secondary] - signals.phases[pair.reference]
    gamma = coherence(scene, network.temporal_baseline_days(pair), network.perpendicular_baseline_m(pair))
    gamma = np.maximum(gamma * signals.surface[pair.reference] * signals.surface[pair.secondary], LOWEST_COHERENCE)
    wrapped = wrap(truth + phase_deviation(gamma) * rng.standard_normal(gamma.shape))
    scatter = (1 - gamma**2) / np.sqrt(2 * COHERENCE_LOOKS) * rng.standard_normal(gamma.shape)
    measured = np.clip(gamma + scatter, 0.01, 0.999)
    filtered, quality = _triangular_filter(wrapped, measured)
    reliable = smooth(smooth(measured * quality)) > UNWRAPPING_THRESHOLD
    return Interferogram(
        coherence=measured,
        wrapped=wrapped,
        filtered=filtered,
        filter_quality=quality,
        unwrapped=np.where(reliable, truth + wrap(filtered - truth), np.nan),
        stratified_delay=signals.delays[pair.secondary] - signals.delays[pair.reference],
    )


def phase_deviation(gamma: Array, looks: float = PHASE_LOOKS) -> Array:
    """Return the standard deviation of the phase, radians, for a coherence and a number of looks."""
    return np.minimum(np.sqrt((1 - gamma**2) / (2 * looks)) / gamma, LARGEST_NOISE_RAD)


def coherence(scene: Scene, temporal_baseline_days: float, perpendicular_baseline_m: float) -> Array:
    """Return the coherence before estimation noise, of dry, snow-free ground."""
    land = scene.place.land
    decay_days = 30.0 + 250.0 * land**2
    stable = 0.10 + 0.40 * land
    temporal = stable + (1 - stable) * np.exp(-temporal_baseline_days / decay_days)
    geometric = max(0.0, 1 - abs(perpendicular_baseline_m) / CRITICAL_BASELINE_M)
    return np.clip(0.97 * land / (land + 0.12) * temporal * geometric, LOWEST_COHERENCE, 0.99)


def smooth(field: Array) -> Array:
    """Apply a triangular window of 3 x 3 pixels, weights 1-2-1; the border repeats."""
    padded = np.pad(field, 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16)


def _triangular_filter(wrapped: Array, weight: Array) -> tuple[Array, Array]:
    """Average the complex signal in a sliding window; the quality is the length of the mean phasor, 0 to 1."""
    signal = weight * np.exp(1j * wrapped)
    mean = smooth(signal.real) + 1j * smooth(signal.imag)
    return np.angle(mean), np.abs(mean) / smooth(weight)


def _turbulence(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw noise of unit variance whose power falls with wave number to the power 8/3."""
    rows, columns = (int(1.5 * n) for n in shape)
    spectrum = np.fft.rfft2(rng.standard_normal((rows, columns)))
    k = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    k[0, 0] = np.inf
    field = np.fft.irfft2(spectrum * k ** (-4 / 3), s=(rows, columns))[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / field.std())
