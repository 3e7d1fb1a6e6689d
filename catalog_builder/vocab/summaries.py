"""Properties that collections summarise: distinct values, or the range of numbers.

The service's queryables take their enumerations, minima and maxima from the summaries: what is searched by values of a
few words or by numbers belongs here.
"""

from __future__ import annotations

from typing import Final

VALUES: Final = (
    "constellation",
    "platform",
    "instrument",
    "instruments",
    "grid:code",
    "product:type",
    "processing:level",
    "sar:instrument_mode",
    "sar:frequency_band",
    "sar:polarizations",
    "sar:beam_ids",
    "sat:orbit_state",
    "sat:relative_orbit",
    "insar:processing_dem",
    "insar:geocoding_dem",
    "flatsim:region",
    "flatsim:track",
    "flatsim:campaign",
    "flatsim:corrections",
    "flatsim:used_in_timeseries",
    "flatsim:network_connected",
    "flatsim:footprint_source",
)
"""Summarised as the sorted list of distinct values; of lists, the distinct members."""

RANGES: Final = (
    "view:incidence_angle",
    "view:azimuth",
    "insar:temporal_baseline",
    "insar:perpendicular_baseline",
    "insar:height_of_ambiguity",
    "flatsim:coherence_mean",
    "flatsim:unwrapped_fraction",
    "flatsim:rms",
    "flatsim:n_dates",
    "flatsim:n_interferograms",
    "flatsim:max_gap_days",
)
"""Summarised as minimum and maximum."""
