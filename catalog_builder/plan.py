"""Roots → packages by track, and those that are refused or ignored by their name alone. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog_builder.errors import PackageRefused
from catalog_builder.model import Found, TrackKey
from catalog_builder.names import item_id, parse_package, track_id
from catalog_builder.report import Remark, Report
from catalog_builder.walk import walk

_VARIANT = re.compile(r"(?<![A-Za-z])QO(?![A-Za-z])")
"""A variant of series and auxiliary packages whose meaning is not documented."""


@dataclass(slots=True)
class TrackPlan:
    """Packages of one track segment and campaign."""

    key: TrackKey
    shared: list[Found] = field(default_factory=list)
    """Series and auxiliary packages."""
    pairs: list[Found] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What a build has to do, in order."""

    tracks: list[TrackPlan]
    report: Report


def make_plan(roots: Sequence[Path]) -> Plan:
    """Walk the roots and sort what is found.

    Raises:
        TreeNotFound: a root is no directory.
    """
    report = Report()
    tracks: dict[TrackKey, TrackPlan] = {}
    places: dict[str, Path] = {}
    for found in _all_found(roots):
        report.found += 1
        path = found.path if isinstance(found, Found) else found
        try:
            _place(found, tracks, places, report)
        except PackageRefused as refusal:
            report.refused.append(Remark(str(path), refusal.reason))
    ordered = sorted(tracks.values(), key=lambda track: track_id(track.key))
    for track in ordered:
        track.shared.sort(key=lambda one: one.name)
        track.pairs.sort(key=lambda one: one.name)
    return Plan(tracks=ordered, report=report)


def _all_found(roots: Sequence[Path]) -> Iterable[Found | Path]:
    """Packages of all roots; a package reached by two roots is found once."""
    seen: set[Path] = set()
    for root in roots:
        for found in walk(root):
            path = (found.path if isinstance(found, Found) else found).resolve()
            if path not in seen:
                seen.add(path)
                yield found


def _place(found: Found | Path, tracks: dict[TrackKey, TrackPlan], places: dict[str, Path], report: Report) -> None:
    path = found.path if isinstance(found, Found) else found
    if _VARIANT.search(path.name):
        report.ignored.append(Remark(str(path), "a QO variant, whose meaning is not documented"))
        return
    if not isinstance(found, Found):
        raise PackageRefused(str(path), "an archive: unpack it first")
    name = parse_package(path.name)
    other = places.setdefault(item_id(name), path)
    if other != path:
        raise PackageRefused(str(path), f"makes the same item as {other}")
    plan = tracks.setdefault(name.key, TrackPlan(key=name.key))
    (plan.pairs if name.kind.per_pair else plan.shared).append(found)
