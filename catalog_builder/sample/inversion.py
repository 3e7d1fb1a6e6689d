"""From unwrapped pairs to the series: least squares per pixel over the pairs unwrapped there.

For each pixel the phases m of the epochs after the first (whose phase is 0) minimise

    sum over unwrapped pairs (m_secondary - m_reference - d)^2 + g^2 sum over epochs (second difference of m)^2

with a weight g so small that it only decides where pairs do not connect all dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_builder.sample.network import Network

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMOOTHING_WEIGHT: Final = 1e-3
REQUIRED_SHARE: Final = 0.6
"""Share of the pairs that must be unwrapped for a pixel to have a series."""
_CHUNK_BYTES: Final = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Results on the radar grid; NaN where a pixel has no series."""

    phases: Array
    """Shape (epochs, rows, columns), radians since the first date, whose layer is 0."""
    velocity: Array
    """Slope of the line fitted to the phases, radians per year."""
    origin: Array
    """Value of that line at the first date, radians."""
    rms: Array
    """Of the misclosures of the pairs, radians."""
    interferograms: Array
    images: Array
    temporal_coherence: Array
    """Length of the mean phasor of the misclosures."""
    bias: Array
    """Mean misclosure, radians."""
    rms_of_pairs: Array
    """Of each used pair over all pixels, radians."""
    rms_of_epochs: Array
    """Of each date: root mean square over its pairs, radians."""

    def valid(self) -> Mask:
        """Return where there is a series."""
        return np.asarray(np.isfinite(self.velocity))


def invert(unwrapped: Array, network: Network) -> Series:
    """Invert the used pairs.

    Args:
        unwrapped: used pairs in the order of the network, shape (pairs, rows, columns), NaN where not unwrapped.
        network: dates and pairs.
    """
    shape = unwrapped.shape[1:]
    design = _design(network)
    data = unwrapped.reshape(len(unwrapped), -1)
    known = np.isfinite(data)
    touched = (np.abs(_incidence(network)).T @ known) > 0
    valid = (known.sum(axis=0) >= REQUIRED_SHARE * len(known)) & touched.all(axis=0)
    solution = _solve(design, np.where(known, data, 0.0)[:, valid], known[:, valid])
    misclosure = np.where(known[:, valid], np.where(known, data, 0.0)[:, valid] - design @ solution, np.nan)
    phases = np.vstack([np.zeros(solution.shape[1]), solution])
    slope, origin = _fit_line(network.years(), phases)
    phasor = np.where(np.isfinite(misclosure), np.exp(1j * np.nan_to_num(misclosure)), 0).sum(axis=0)
    count = known[:, valid].sum(axis=0)
    square = np.nansum(misclosure**2, axis=0)

    def on_grid(values: Array) -> Array:
        full = np.full((*values.shape[:-1], valid.size), np.nan)
        full[..., valid] = values
        return full.reshape(*values.shape[:-1], *shape)

    rms_of_pairs = _rms_of_rows(misclosure)
    return Series(
        phases=on_grid(phases),
        velocity=on_grid(slope),
        origin=on_grid(origin),
        rms=on_grid(np.sqrt(square / count)),
        interferograms=on_grid(count.astype(float)),
        images=on_grid(touched[:, valid].sum(axis=0).astype(float)),
        temporal_coherence=on_grid(np.abs(phasor) / count),
        bias=on_grid(np.nansum(misclosure, axis=0) / count),
        rms_of_pairs=rms_of_pairs,
        rms_of_epochs=_rms_of_epochs(rms_of_pairs, network),
    )


def _incidence(network: Network) -> Array:
    """Return +1 at the secondary and -1 at the reference of each used pair, shape (pairs, epochs)."""
    used = [pair for pair in network.pairs if pair.used]
    matrix = np.zeros((len(used), len(network.epochs)))
    for row, pair in zip(matrix, used, strict=True):
        row[pair.secondary], row[pair.reference] = 1, -1
    return matrix


def _design(network: Network) -> Array:
    return _incidence(network)[:, 1:]


def _solve(design: Array, data: Array, known: Mask) -> Array:
    """Solve the normal equations of every pixel, in chunks that fit a small memory."""
    unknowns = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    second = np.diff(np.eye(unknowns + 1), n=2, axis=0)[:, 1:]
    damping = SMOOTHING_WEIGHT**2 * (second.T @ second + 1e-6 * np.eye(unknowns))
    step = max(1, _CHUNK_BYTES // (8 * unknowns**2))
    solution = np.empty((unknowns, data.shape[1]))
    for start in range(0, data.shape[1], step):
        part = slice(start, start + step)
        normal = (known[:, part].T.astype(float) @ products).reshape(-1, unknowns, unknowns) + damping
        right = (design.T @ data[:, part]).T[..., None]
        solution[:, part] = np.linalg.solve(normal, right)[..., 0].T
    return solution


def _fit_line(years: Array, phases: Array) -> tuple[Array, Array]:
    """Fit phase = origin + slope years to each column."""
    centred = years - years.mean()
    slope = centred @ phases / (centred @ centred)
    return slope, phases.mean(axis=0) - slope * years.mean()


def _rms_of_rows(misclosure: Array) -> Array:
    count = np.isfinite(misclosure).sum(axis=1)
    return np.asarray(np.sqrt(np.nansum(misclosure**2, axis=1) / np.maximum(count, 1)))


def _rms_of_epochs(rms_of_pairs: Array, network: Network) -> Array:
    touches = np.abs(_incidence(network))
    return np.asarray(np.sqrt((rms_of_pairs**2 @ touches) / np.maximum(touches.sum(axis=0), 1)))
