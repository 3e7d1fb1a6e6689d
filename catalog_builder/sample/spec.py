"""What a sample tree is asked to be: numbers in, a checked frozen row out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalog_builder.errors import SampleError
from catalog_builder.sample.orbits import FRAMES, MAX_EPOCHS

MIN_EPOCHS: Final = 2
MIN_PIXELS: Final = 16
MAX_PIXELS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSpec:
    """Size and seed of a sample tree.

    Raises:
        SampleError: a number is out of its range, or the pairs cannot connect the epochs.
    """

    tracks: int = 2
    """Track portions, alternating ascending and descending."""
    pairs: int = 40
    """Interferograms of each track."""
    epochs: int = 12
    """Acquisition dates of each track."""
    seed: int = 0
    """Seed of dates, baselines and noise; the terrain and the ground motion do not depend on it."""
    pixels: int = 200
    """Columns of the rasters in ground geometry; everything else scales with it."""

    def __post_init__(self) -> None:
        _check_range("tracks", self.tracks, 1, len(FRAMES))
        _check_range("epochs", self.epochs, MIN_EPOCHS, MAX_EPOCHS)
        _check_range("pixels", self.pixels, MIN_PIXELS, MAX_PIXELS)
        _check_range("seed", self.seed, 0, 2**63 - 1)
        most = self.epochs * (self.epochs - 1) // 2
        if self.pairs > most:
            msg = (
                f"{self.pairs} pairs are impossible: {self.epochs} epochs make at most {most} pairs; "
                f"ask for fewer pairs or more epochs"
            )
            raise SampleError(msg)
        if self.pairs < self.epochs - 1:
            msg = (
                f"{self.pairs} pairs cannot connect {self.epochs} epochs, which takes at least "
                f"{self.epochs - 1}; ask for more pairs or fewer epochs"
            )
            raise SampleError(msg)

    def package_count(self) -> int:
        """Return how many packages the tree has: the pairs, a series and auxiliary data for each track."""
        return self.tracks * (self.pairs + 2)


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        msg = f"{name} is {value}, which is not between {lowest} and {highest}"
        raise SampleError(msg)
