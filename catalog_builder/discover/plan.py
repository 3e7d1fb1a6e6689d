"""Roots → packages by track, and those that are refused or ignored unread.

Only where an archive and a directory make the same item are they listed, to tell whether one is the other unpacked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog_builder.discover.renamed import Neighbours, recognise
from catalog_builder.discover.walk import UnlistedFolder, UnnamedFolder, walk
from catalog_builder.errors import PackageRefused
from catalog_builder.location import Location, relative
from catalog_builder.packages.archive import OTHER_SUFFIXES
from catalog_builder.packages.model import NamedPackage, PackagePath, TrackKey
from catalog_builder.packages.names import item_id, parse_name_of, track_id
from catalog_builder.packages.storage import list_package_files, real_path
from catalog_builder.report.report import Remark, Report, is_writable

_VARIANT = re.compile(r"(?<![A-Za-z])QO|QO(?![A-Za-z])")
"""At the start or the end of a word, be it a track or a kind: a variant of packages whose meaning is not documented."""
NO_UTF8 = "its path is not UTF-8, so that no document can name it: rename it"
UNREADABLE = "an archive of a kind that is not read in place"

Tell = Callable[[int], None]
TELL_EVERY = 64
"""Packages."""


@dataclass(slots=True)
class TrackPlan:
    """Packages of one track segment and campaign."""

    key: TrackKey
    shared: list[NamedPackage] = field(default_factory=list)
    """Series and auxiliary packages."""
    pairs: list[NamedPackage] = field(default_factory=list)

    @property
    def models(self) -> list[NamedPackage]:
        """Pairs of which one gives the outline that the others are compared with: some, as the first may be damaged."""
        return self.pairs[:3]


@dataclass(slots=True)
class Plan:
    """What a build has to do, in order."""

    tracks: list[TrackPlan]
    report: Report


def make_plan(roots: Sequence[Location], *, base: Location | None = None, tell: Tell = lambda _found: None) -> Plan:
    """Walk the roots and sort what is found.

    Args:
        roots: directories, or archives of packages.
        base: what the addresses of files are relative to, for the roots that it holds; else each root is.
        tell: called now and then, and at the end, with the number of packages found so far.

    Raises:
        TreeNotFound: a root is neither.
    """
    report = Report()
    tracks: dict[TrackKey, TrackPlan] = {}
    for twins in _by_item(roots, base, report, tell).values():
        first, *others = sorted(twins, key=_preference)
        for other in others:
            _set_aside(other, first, report)
        if _is_unreadable(first):
            report.refused.append(Remark(str(first.path), f"{UNREADABLE}: unpack it, or pack it as zip"))
            continue
        name = first.parsed_name
        plan = tracks.setdefault(name.key, TrackPlan(key=name.key))
        (plan.pairs if name.kind.per_pair else plan.shared).append(first)
    tell(report.found)
    ordered = sorted(tracks.values(), key=lambda track: track_id(track.key))
    for track in ordered:
        track.shared.sort(key=lambda one: one.name)
        track.pairs.sort(key=lambda one: one.name)
    return Plan(tracks=ordered, report=report)


def _by_item(
    roots: Sequence[Location], base: Location | None, report: Report, tell: Tell
) -> dict[str, list[NamedPackage]]:
    """Packages by the id of the item they make; what is not a package goes into the report."""
    items: dict[str, list[NamedPackage]] = {}
    unnamed: list[UnnamedFolder] = []
    for found in _all_found(roots, base):
        path = str(found.path)
        if isinstance(found, UnlistedFolder):
            report.warnings.append(Remark(path, found.reason, "not listed"))
        elif isinstance(found, PackagePath):
            _add_named(found, items, report)
            if report.found % TELL_EVERY == 0:
                tell(report.found)
        elif is_writable(path):
            unnamed.append(found)
        else:
            report.ignored.append(Remark(path, NO_UTF8))
    if unnamed:
        _add_renamed(unnamed, items, report)
    _tell_outside(items, roots, report)
    return items


def _add_named(found: PackagePath, items: dict[str, list[NamedPackage]], report: Report) -> None:
    report.found += 1
    path = str(found.path)
    if _VARIANT.search(found.name):
        report.ignored.append(Remark(path, "a QO variant, whose meaning is not documented"))
        return
    if not is_writable(path):
        report.refused.append(Remark(path, NO_UTF8))
        return
    try:
        named = parse_name_of(found)
    except PackageRefused as refusal:
        report.refused.append(Remark(path, refusal.reason))
        return
    items.setdefault(item_id(named.parsed_name), []).append(named)


def _add_renamed(unnamed: list[UnnamedFolder], items: dict[str, list[NamedPackage]], report: Report) -> None:
    """Folders with products that are not named as packages; those of no proven package are not counted as found."""
    neighbours = Neighbours(found for twins in items.values() for found in twins)
    for one in unnamed:
        try:
            found = recognise(one.path, one.root, neighbours)
        except PackageRefused as refusal:
            report.ignored.append(Remark(str(one.path), refusal.reason))
            continue
        report.found += 1
        items.setdefault(item_id(found.parsed_name), []).append(found)


def _all_found(
    roots: Sequence[Location], base: Location | None
) -> Iterator[PackagePath | UnnamedFolder | UnlistedFolder]:
    """Packages of all roots; a package reached by two roots is found once."""
    seen: set[Location] = set()
    folders: dict[Location, Location] = {}
    for root in roots:
        for found in walk(root, base=base):
            place = _real_path_below(found.path, folders)
            if place not in seen:
                seen.add(place)
                yield found


def _tell_outside(items: dict[str, list[NamedPackage]], roots: Sequence[Location], report: Report) -> None:
    """Packages that links lead to and that are in none of the trees: a service of these trees does not publish them."""
    places = [real_path(root) for root in roots]
    for found in (one for twins in items.values() for one in twins):
        place = real_path(found.path)
        if place != found.path and all(relative(place, root) is None for root in places):
            reason = (
                f"leads outside the trees, to {place}: /data/ answers 404 for its files unless that is published too"
            )
            report.warnings.append(Remark(str(found.path), reason, "outside"))


def _real_path_below(path: Location, folders: dict[Location, Location]) -> Location:
    """As `real_path`; folders that hold many packages are resolved once and remembered."""
    if not isinstance(path, Path) or os.path.islink(path):  # noqa: PTH114 (pathlib's raises where a path is too long)
        return real_path(path)
    folder = path.parent
    if folder not in folders:
        folders[folder] = real_path(folder)
    return folders[folder] / path.name


def _preference(found: NamedPackage) -> tuple[int | bool, ...]:
    """Which of several packages of one item comes first: of a series or auxiliary data the one that reaches longest."""
    name = found.parsed_name
    reach = 0 if name.kind.per_pair else -name.last.toordinal()
    return reach, found.is_renamed, found.is_archive, _is_unreadable(found)


def _is_unreadable(found: PackagePath) -> bool:
    return found.is_archive and found.path.name.lower().endswith(OTHER_SUFFIXES)


def _set_aside(other: PackagePath, first: PackagePath, report: Report) -> None:
    """A second package of the same item: the archive of a directory that holds all its files is not a fault."""
    if _is_unreadable(other) and not _is_unreadable(first):
        report.ignored.append(Remark(str(other.path), f"{UNREADABLE}, and makes the same item as {first.path}"))
        return
    try:
        if other.is_archive and not first.is_archive:
            missing = _names(other) - _names(first)
            if not missing:
                report.ignored.append(Remark(str(other.path), f"the archive of {first.path}, which is catalogued"))
                return
            reason = f"makes the same item as {first.path}, where {min(missing)} is missing"
        else:
            reason = f"makes the same item as {first.path}"
    except PackageRefused as refusal:
        reason = refusal.reason
    report.refused.append(Remark(str(other.path), reason))


def _names(found: PackagePath) -> set[str]:
    return {member.name for member in list_package_files(found)}
