"""Which dates a track has, how far apart the orbits were, and which pairs are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from catalog_builder.sample.ground import EARTHQUAKE
from catalog_builder.sample.orbits import Acquisition, Frame
from catalog_builder.sample.spec import SampleSpec

_STEPS: Final = (1, 1, 2, 3, 4, 5, 6, 8)
"""Revisits from one date to the next once the first five have come without a gap."""
_DENSE_STEPS: Final = 4
_EPOCHS_BEFORE_EARTHQUAKE: Final = 3
_BASELINE_STD_M: Final = 65.0
_COST_DAYS: Final = 60.0
_COST_METRES: Final = 120.0
_COST_OF_SKIPPED_DATE: Final = 0.7
"""Spreads the pairs evenly where dates lie dense."""
_UNUSED_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One date of the series."""

    acquisition: Acquisition
    perpendicular_baseline_m: float
    """Relative to the primary date, whose own is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One interferogram, by the positions of its dates in the list of epochs."""

    reference: int
    secondary: int
    used: bool
    """Kept in the inversion of the series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Dates in order, the position of the primary date among them, and the pairs by date."""

    epochs: tuple[Epoch, ...]
    primary: int
    pairs: tuple[Pair, ...]

    def temporal_baseline_days(self, pair: Pair) -> int:
        """Return secondary minus reference date."""
        first, second = self.epochs[pair.reference], self.epochs[pair.secondary]
        return (second.acquisition.day - first.acquisition.day).days

    def perpendicular_baseline_m(self, pair: Pair) -> float:
        """Return secondary minus reference baseline."""
        first, second = self.epochs[pair.reference], self.epochs[pair.secondary]
        return round(second.perpendicular_baseline_m - first.perpendicular_baseline_m, 4)

    def years(self) -> np.ndarray:
        """Return the time of each epoch since the first, in years of 365.25 days."""
        first = self.epochs[0].acquisition.day
        return np.array([(e.acquisition.day - first).days / 365.25 for e in self.epochs])


def design_network(frame: Frame, spec: SampleSpec, rng: np.random.Generator) -> Network:
    """Choose dates and baselines, then the pairs of the smallest baselines that connect them."""
    days = _choose_dates(frame.acquisitions(), spec.epochs, rng)
    baselines = np.round(rng.normal(0.0, _BASELINE_STD_M, len(days)), 4)
    primary = len(days) // 2
    baselines = np.round(baselines - baselines[primary], 4)
    epochs = tuple(
        Epoch(acquisition=day, perpendicular_baseline_m=float(metres))
        for day, metres in zip(days, baselines, strict=True)
    )
    return Network(epochs=epochs, primary=primary, pairs=_choose_pairs(epochs, spec.pairs))


def _choose_dates(passes: Sequence[Acquisition], count: int, rng: np.random.Generator) -> tuple[Acquisition, ...]:
    """Take dates around the earthquake: consecutive revisits first, then with gaps of up to 96 days."""
    steps = [1] * min(_DENSE_STEPS, count - 1)
    steps += [int(step) for step in rng.choice(_STEPS, count - 1 - len(steps))]
    after = next(i for i, p in enumerate(passes) if p.start >= EARTHQUAKE.time)
    start = max(0, after - max(1, min(_EPOCHS_BEFORE_EARTHQUAKE, count // 3)))
    start = max(0, min(start, len(passes) - count))
    excess = sum(steps) - (len(passes) - 1 - start)
    while excess > 0:
        longest = max(range(len(steps)), key=steps.__getitem__)
        steps[longest] -= 1
        excess -= 1
    return tuple(passes[start + int(offset)] for offset in np.cumsum([0, *steps]))


def _choose_pairs(epochs: Sequence[Epoch], count: int) -> tuple[Pair, ...]:
    """Join successive dates and add the pairs of lowest cost.

    The costliest tenth is computed but not used in the series; one closed loop at least is left.
    """
    chain = list(pairwise(range(len(epochs))))
    others = sorted((c for c in combinations(range(len(epochs)), 2) if c[1] - c[0] > 1), key=lambda c: _cost(epochs, c))
    added = others[: count - len(chain)]
    set_aside = min(max(len(added) - 1, 0), max(1, round(_UNUSED_SHARE * count)))
    unused = set(added[len(added) - set_aside :])
    return tuple(
        Pair(reference=first, secondary=second, used=(first, second) not in unused)
        for first, second in sorted(chain + added)
    )


def _cost(epochs: Sequence[Epoch], pair: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    first, second = epochs[pair[0]], epochs[pair[1]]
    days = (second.acquisition.day - first.acquisition.day).days
    metres = second.perpendicular_baseline_m - first.perpendicular_baseline_m
    skipped = pair[1] - pair[0] - 1
    return float(np.hypot(days / _COST_DAYS, metres / _COST_METRES)) + _COST_OF_SKIPPED_DATE * skipped, pair
