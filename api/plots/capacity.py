"""How many plots are made at once: few, so that searches find a session of the database free."""

from __future__ import annotations

from typing import Final

from api.capacity import CapacityLimiter

MAX_READERS: Final = 2
"""Requests for plots that read at once."""
_MAX_WAITING: Final = 100
REFUSAL: Final = "Too many plots are being made; try again in a moment."


def plot_readers(timeout_s: float) -> CapacityLimiter:
    """The limiter of requests that read what a plot is made of.

    Args:
        timeout_s: Seconds that a request waits.
    """
    return CapacityLimiter(capacity=MAX_READERS, refusal=REFUSAL, timeout_s=timeout_s, max_waiting=_MAX_WAITING)
