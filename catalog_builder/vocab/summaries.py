"""Properties that collections summarise: distinct values, or the range of numbers."""

from __future__ import annotations

from typing import Final

VALUES: Final = (
    "constellation",
    "instruments",
    "product:type",
    "processing:level",
    "sar:instrument_mode",
    "sar:frequency_band",
    "sar:polarizations",
    "sar:beam_ids",
    "sat:orbit_state",
    "sat:relative_orbit",
    "insar:processing_dem",
    "flatsim:region",
    "flatsim:track",
    "flatsim:campaign",
    "flatsim:corrections",
)
"""Summarised as the sorted list of distinct values; of lists, the distinct members."""

RANGES: Final = (
    "view:incidence_angle",
    "insar:temporal_baseline",
    "insar:perpendicular_baseline",
    "flatsim:coherence_mean",
    "flatsim:unwrapped_fraction",
    "flatsim:rms",
    "flatsim:n_dates",
    "flatsim:n_interferograms",
)
"""Summarised as minimum and maximum."""
