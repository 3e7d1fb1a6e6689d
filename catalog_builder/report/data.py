"""Items, one at a time → what a report draws of them: footprints and networks of interferograms, by track."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from catalog_builder.packages.model import Ring


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair of a network."""

    reference: date
    secondary: date
    perpendicular_m: float | None
    """Baseline of the secondary minus that of the reference."""
    is_used: bool | None
    """Whether the series was made with it; None where there is no series."""


@dataclass(slots=True)
class TrackData:
    """One track."""

    rings: dict[str, Ring] = field(default_factory=dict)
    """Footprint by kind of product, the first one met of each."""
    edges: list[Edge] = field(default_factory=list)

    def baselines_m(self) -> dict[date, float]:
        """Perpendicular baseline of each date, metres, from those of the pairs; zero for the first of each part."""
        near: dict[date, list[tuple[date, float]]] = {}
        for edge in self.edges:
            if edge.perpendicular_m is not None:
                near.setdefault(edge.reference, []).append((edge.secondary, edge.perpendicular_m))
                near.setdefault(edge.secondary, []).append((edge.reference, -edge.perpendicular_m))
        placed: dict[date, float] = {}
        for first in sorted(near):
            if first in placed:
                continue
            placed[first] = 0.0
            pending = [first]
            while pending:
                day = pending.pop()
                for other, step_m in near[day]:
                    if other not in placed:
                        placed[other] = placed[day] + step_m
                        pending.append(other)
        return placed


@dataclass(slots=True)
class ReportData:
    """All tracks of a catalogue, by region and name."""

    tracks: dict[tuple[str, str], TrackData] = field(default_factory=dict)

    def add(self, item: Mapping[str, Any]) -> None:
        """Take one item, as a dictionary, into account."""
        properties = item["properties"]
        track = f"{properties['flatsim:track']} {properties['flatsim:campaign']}"
        if "flatsim:run" in properties:
            track += f" run {properties['flatsim:run']}"
        track_data = self.tracks.setdefault((properties["grid:code"], track), TrackData())
        track_data.rings.setdefault(properties["product:type"], _ring(item["geometry"]))
        if "insar:reference_datetime" in properties:
            track_data.edges.append(
                Edge(
                    date.fromisoformat(properties["insar:reference_datetime"][:10]),
                    date.fromisoformat(properties["insar:secondary_datetime"][:10]),
                    properties.get("insar:perpendicular_baseline"),
                    properties.get("flatsim:used_in_timeseries"),
                )
            )

    def merge(self, other: ReportData) -> None:
        """Take all that another one has seen into account."""
        for place, theirs in other.tracks.items():
            track_data = self.tracks.setdefault(place, TrackData())
            track_data.rings = theirs.rings | track_data.rings
            track_data.edges += theirs.edges


def _ring(geometry: Mapping[str, Any]) -> Ring:
    """Outer ring; the first one of several."""
    rings = geometry["coordinates"][0] if geometry["type"] == "MultiPolygon" else geometry["coordinates"]
    return tuple((point[0], point[1]) for point in rings[0])
