"""Properties that only pairs, or only series and auxiliary packages, have. Pure."""

from __future__ import annotations

from math import asin, cos, isfinite, radians, sin
from typing import Any, Final

from catalog_builder.packages.model import DatePair, Package, Texts, Track
from catalog_builder.packages.sidecars import number, scenes
from catalog_builder.read.track import largest_gap_days, network_components
from catalog_builder.vocab.kinds import TIMESERIES
from catalog_builder.vocab.products import WAVELENGTH_M
from catalog_builder.vocab.satellites import EARTH_RADIUS_M, ORBIT_HEIGHT_M
from catalog_builder.vocab.sidecars import CORRECTIONS, PAIR_SCENES, PERPENDICULAR_BASELINE

Properties = dict[str, Any]

SMALLEST_BASELINE_M: Final = 1.0
"""Below, topography leaves no phase to speak of (one cycle for 15 km) and the height of ambiguity says nothing."""


def pair_properties(package: Package, track: Track) -> Properties:
    """Baselines, corrections, quality and use of a pair, without its dates."""
    pair, texts = package.name.pair, track.texts
    properties: Properties = {
        "insar:temporal_baseline": pair.temporal_baseline_days,
        "flatsim:corrections": corrections(package),
        **_platform(package),
        **_baseline(package, track),
    }
    if package.coherence_mean is not None and 0 <= package.coherence_mean <= 1:
        properties["flatsim:coherence_mean"] = round(package.coherence_mean, 4)
    fraction = _of_pair(texts.unwrapped_fraction, pair)
    if fraction is not None:
        properties["flatsim:unwrapped_fraction"] = fraction
    if track.has_series and texts.kept_pairs:
        turned = DatePair(pair.secondary, pair.reference)
        is_used = pair in texts.kept_pairs or turned in texts.kept_pairs
        if is_used or (track.has_all_pairs and texts.has_all_kept_pairs):
            properties["flatsim:used_in_timeseries"] = is_used
        rms_rad = _of_pair(texts.rms_rad, pair)
        if rms_rad is not None and isfinite(rms_rad):
            properties["flatsim:rms"] = rms_rad
    return properties


def network_properties(package: Package) -> Properties:
    """Size of the network; for a series also its gaps and whether it is in one piece."""
    texts = package.texts
    if package.name.kind is not TIMESERIES:
        counts = {
            "flatsim:n_dates": _count(texts, "baselines_m"),
            "flatsim:n_interferograms": _count(texts, "computed_pairs"),
        }
        return {key: value for key, value in counts.items() if value is not None}
    properties: Properties = {
        "flatsim:n_dates": len(texts.epochs) or None,
        "flatsim:n_interferograms": (len(texts.kept_pairs) or None) if texts.has_all_kept_pairs else None,
        "flatsim:max_gap_days": largest_gap_days(texts.epochs),
    }
    if texts.kept_pairs and texts.has_all_kept_pairs:
        dates = {day for pair in texts.kept_pairs for day in pair.days}
        lonely = len(set(texts.epochs) - dates)
        properties["flatsim:network_connected"] = network_components(list(texts.kept_pairs)) + lonely == 1
    return {key: value for key, value in properties.items() if value is not None}


def _count(texts: Texts, field: str) -> int | None:
    """Number of different lines of a table that is whole."""
    return len(set(getattr(texts, field))) or None if field not in texts.partial else None


def corrections(package: Package) -> list[str]:
    """Corrections that the names of the rasters tell, in the order of their rows."""
    tokens = {token for raster in package.rasters for token in raster.name.modifiers}
    return [correction for token, correction in CORRECTIONS.items() if token in tokens]


def height_of_ambiguity_m(perpendicular_baseline_m: float, incidence_deg: float) -> float:
    """Height difference that makes one cycle of topographic phase, metres.

    h = wavelength * R * sin(incidence) / (2 * B), for repeat passes (Hanssen 2001, Radar Interferometry, 2.4), where R
    is the slant range from a circular orbit at the mean height of Sentinel-1 above a spherical earth. Orbit and ground
    heights make it good to about 2 %.

    Args:
        perpendicular_baseline_m: secondary minus reference; not 0.
        incidence_deg: angle between the line of sight and the vertical.

    Returns:
        The height, with the sign of the baseline.

    >>> round(height_of_ambiguity_m(-42.7, 39.2))
    -356
    """
    incidence = radians(incidence_deg)
    orbit_radius_m = EARTH_RADIUS_M + ORBIT_HEIGHT_M
    look = asin(EARTH_RADIUS_M * sin(incidence) / orbit_radius_m)
    range_m = orbit_radius_m * cos(look) - EARTH_RADIUS_M * cos(incidence)
    return WAVELENGTH_M * range_m * sin(incidence) / (2 * perpendicular_baseline_m)


def _baseline(package: Package, track: Track) -> Properties:
    """B(secondary) - B(reference) from the track's `baseline.rsc`, else from the pair's own `.meta`."""
    baseline_m = track.texts.perpendicular_baseline_m(package.name.pair)
    if baseline_m is None:
        baseline_m = number(package.texts.meta.get(PERPENDICULAR_BASELINE, ""))
    if baseline_m is None:
        return {}
    properties = {"insar:perpendicular_baseline": round(baseline_m, 3)}
    view = package.line_of_sight or track.line_of_sight
    if view and abs(baseline_m) >= SMALLEST_BASELINE_M:
        height_m = height_of_ambiguity_m(baseline_m, view.incidence_deg)
        properties["insar:height_of_ambiguity"] = round(height_m, 1)
    return properties


def _platform(package: Package) -> Properties:
    """The satellite, where the scenes of both dates are named and one satellite took them all."""
    named = [scenes(package.texts.meta.get(key, "")) for key in PAIR_SCENES]
    platforms = {scene.satellite.platform for found in named for scene in found}
    return {"platform": platforms.pop()} if all(named) and len(platforms) == 1 else {}


def _of_pair(table: dict[DatePair, float], pair: DatePair) -> float | None:
    """Value of a pair in a list of the track, which may name its dates in the other order."""
    return table.get(pair, table.get(DatePair(pair.secondary, pair.reference)))
