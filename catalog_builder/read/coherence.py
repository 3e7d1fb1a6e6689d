"""Pixels of a coherence → their mean from 0 to 1, whatever the file counts in, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

TOLERANCE: Final = 0.005
"""By which a value may be above its limit: rounding of estimators and of re-encoded files."""
SCALES: Final = {1.0: "", 100.0: "percent", 255.0: "bytes"}
"""Largest value of each way to write a coherence, and its name."""
PERCENT_FROM: Final = 50.0
"""Floating point values are percent where the largest that may be one is above this: less are no usual coherence."""
MOST_OUTSIDE: Final = 0.5
"""Share of pixels outside the range above which the raster is none of coherence."""


@dataclass(slots=True)
class Shares:
    """Sums of values, by the limit that they do not exceed."""

    count: int = 0
    sums: dict[float, float] = field(default_factory=lambda: dict.fromkeys(SCALES, 0.0))
    counts: dict[float, int] = field(default_factory=lambda: dict.fromkeys(SCALES, 0))
    largest: float = 0.0
    """Of the values that some way to write a coherence allows."""

    def add(self, values: NDArray[Any]) -> None:
        """Count some valid values."""
        self.count += values.size
        positive = values[values >= 0]
        for limit in SCALES:
            inside = positive[positive <= limit * (1 + TOLERANCE)]
            self.counts[limit] += inside.size
            self.sums[limit] += float(inside.sum(dtype=np.float64))
            if limit == max(SCALES):
                self.largest = max(self.largest, float(inside.max(initial=0.0)))

    def scale(self, dtype: str) -> float:
        """Largest value of the way in which the file writes a coherence, by its data type and range."""
        is_whole = np.issubdtype(np.dtype(dtype), np.integer)
        most = self.counts[255.0] - self.counts[1.0] > self.counts[1.0]  # a few pixels that cannot be make no scale
        if is_whole and self.largest > 1:
            return 255.0 if self.counts[255.0] > self.counts[100.0] and dtype == "uint8" else 100.0
        return 100.0 if most and PERCENT_FROM < self.largest <= 100.0 * (1 + TOLERANCE) else 1.0

    def mean(self, dtype: str) -> float | None:
        """Mean coherence from 0 to 1 of the pixels that can be one; None where most cannot."""
        scale = self.scale(dtype)
        inside = self.counts[scale]
        if not inside or inside < self.count * (1 - MOST_OUTSIDE):
            return None
        return min(1.0, self.sums[scale] / inside / scale)

    def faults(self, name: str, dtype: str) -> Iterator[tuple[str, str, str]]:
        """Kind of check, reason and value of what is wrong."""
        scale = self.scale(dtype)
        outside = self.count - self.counts[scale]
        if self.count and self.mean(dtype) is None:
            words = f"{outside} of {self.count} pixels read of {name} are not between 0 and 1"
            yield "coherence", words, f"{outside}/{self.count}"
            return
        if scale != 1:
            yield "scale", f"{name} is read as coherence in {SCALES[scale]}, from 0 to {scale:g}", f"{self.largest:g}"
        if outside:
            words = (
                f"{outside} of {self.count} pixels read of {name} are not between 0 and {scale:g}: left out of the mean"
            )
            yield "pixels", words, f"{outside}/{self.count}"
