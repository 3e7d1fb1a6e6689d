"""Packages → items, with refusals collected instead of raised. Runs in worker processes: all it takes and gives can
be pickled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from catalog_builder.discover.plan import TrackPlan
from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import NamedPackage, Outline, Package, Track
from catalog_builder.read.package import read_outline, read_package
from catalog_builder.read.raster import session
from catalog_builder.read.track import create_track
from catalog_builder.report.report import Remark, is_writable
from catalog_builder.stac.consistency import missing_pairs
from catalog_builder.stac.item import WARNINGS, create_item
from catalog_builder.stac.layout import Layout
from catalog_builder.thumbnails.make import make_thumbnail
from catalog_builder.vocab.files import is_user_made

USER_MADE = "written by a user's tool, not by the producer"
UNNAMED = "a raster that is not named CNES_<acronym>_<geometry>_<n>rlks, so no product"


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator may ask of a build."""

    checksums: bool = False
    """Compute `file:checksum` of every file."""
    strict: bool = False
    """Refuse what would only be warned of."""
    lenient: bool = False
    """Publish a package that contradicts itself, with `flatsim:warnings`."""
    schema_base: str | None = None
    """Where the catalogue is published; documents then declare the schema of their `flatsim:*` fields there."""


@dataclass(slots=True)
class Outcome:
    """What became of some packages."""

    items: list[dict[str, Any]] = field(default_factory=list)
    thumbnails: dict[str, bytes] = field(default_factory=dict)
    """PNGs by the id of their item."""
    refused: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    unknown_meta_keys: set[tuple[str, str]] = field(default_factory=set)
    """Tree and key of what no `.meta` is known to hold."""


def catalogue_batch(found: Sequence[NamedPackage], track: Track, layout: Layout, options: Options) -> Outcome:
    """Items of some pairs of a track."""
    outcome = Outcome()
    with session(found[0].path) if found else nullcontext():
        for one in found:
            package = _read(one, options, outcome, track.outline)
            if package:
                _catalogue(package, track, layout, options, outcome)
    return outcome


def catalogue_shared(plan: TrackPlan, layout: Layout, options: Options) -> tuple[Track, Outcome]:
    """What a track's packages share, and the items of its series and auxiliary packages."""
    outcome = Outcome()
    packages = [package for one in plan.shared if (package := _read(one, options, outcome))]
    track = replace(create_track(plan.key, packages), outline=_first_outline(plan))
    for package in packages:
        _catalogue(package, track, layout, options, outcome)
        missing = missing_pairs(package, (one.parsed_name.pair for one in plan.pairs))
        if missing:
            outcome.warnings.append(Remark(str(package.found.path), missing))
    return track, outcome


def _first_outline(plan: TrackPlan) -> Outline | None:
    """Outline of the first pair that has one; not of whichever is read first, so that all builds take the same."""
    for found in plan.models:
        with suppress(PackageRefused):  # it is refused where it is read for its item
            outline = read_outline(found)
            if outline:
                return outline
    return None


def _read(found: NamedPackage, options: Options, outcome: Outcome, outline: Outline | None = None) -> Package | None:
    try:
        package = read_package(found, checksums=options.checksums, outline=outline)
    except PackageRefused as refusal:
        outcome.refused.append(Remark(str(found.path), refusal.reason))
        return None
    warnings = list(_warnings(package))
    if warnings and options.strict:
        outcome.refused.append(Remark(str(found.path), warnings[0].reason))
        return None
    outcome.warnings += warnings
    outcome.unknown_meta_keys |= {(str(found.root), key) for key in package.texts.unknown_meta_keys}
    return package


def _warnings(package: Package) -> Iterator[Remark]:
    for raster in package.rasters:
        product = raster.name.product
        if product is None:
            yield Remark(str(raster.member.where), f"unknown product {raster.name.acronym!r}")
        elif product.package != package.name.kind.code:
            yield Remark(str(raster.member.where), f"a product of {product.package} packages")


def _catalogue(package: Package, track: Track, layout: Layout, options: Options, outcome: Outcome) -> None:
    thumbnail, remarks = make_thumbnail(package) if layout.thumbnails else (None, [])
    try:
        item = create_item(package, track, layout, lenient=options.lenient, thumbnail=thumbnail)
    except PackageRefused as refusal:
        outcome.refused.append(Remark(str(package.found.path), refusal.reason))
        return
    outcome.warnings += [Remark(str(package.found.path), text) for text in item.properties.get(WARNINGS, ())]
    outcome.warnings += remarks
    if thumbnail:
        outcome.thumbnails[item.id] = thumbnail.png
    outcome.items.append(item.to_dict(include_self_link=False, transform_hrefs=False))
    for member in package.ignored:
        outcome.ignored.append(Remark(str(member.where), _why_ignored(member.name)))


def _why_ignored(name: str) -> str:
    if not is_writable(name):
        return "its name is not UTF-8"
    return USER_MADE if is_user_made(name) else UNNAMED
