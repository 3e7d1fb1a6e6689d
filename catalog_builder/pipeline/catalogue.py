"""Packages → items, with refusals collected instead of raised. Runs in worker processes: all it takes and gives can
be pickled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from catalog_builder.discover.plan import TrackPlan
from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import Fault, NamedPackage, Outline, Package, Track
from catalog_builder.read.package import product_keys, read_outline, read_package
from catalog_builder.read.raster import session
from catalog_builder.read.track import create_track
from catalog_builder.report.report import Remark, is_writable
from catalog_builder.stac.consistency import without_wrong_views
from catalog_builder.stac.item import Judgement, judge, make_item
from catalog_builder.stac.layout import Layout
from catalog_builder.stac.lists import missing_pairs
from catalog_builder.thumbnails.make import make_thumbnail
from catalog_builder.vocab.files import is_user_made

USER_MADE = "written by a user's tool, not by the producer"
NOT_USED = "refused: the items of its track have none of its values and no link to it"
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
            judgement = _judge(package, track, options, outcome) if package else None
            if judgement:
                _catalogue(judgement, layout, outcome)
    return outcome


def catalogue_shared(plan: TrackPlan, layout: Layout, options: Options) -> tuple[Track, Outcome]:
    """What a track's packages share, and the items of its series and auxiliary packages.

    What is refused is not shared: the track is put together again without it.
    """
    outcome = Outcome()
    packages = [package for one in plan.shared if (package := _read(one, options, outcome))]
    judgements, track = _judge_shared(plan, packages, options, outcome)
    for judgement in judgements:
        _catalogue(judgement, layout, outcome)
        missing = missing_pairs(judgement.package, (one.parsed_name.pair for one in plan.pairs))
        if missing:
            outcome.warnings.append(Remark(str(judgement.package.found.path), missing, "missing pairs"))
    if plan.pairs or outcome.items:
        outcome.warnings += [Remark(one.path, NOT_USED, "not used") for one in outcome.refused]
    return replace(track, outline=_first_outline(plan), products=tuple(_products(plan))), outcome


def _judge_shared(
    plan: TrackPlan, packages: list[Package], options: Options, outcome: Outcome
) -> tuple[list[Judgement], Track]:
    while True:
        track = create_track(plan.key, packages)
        judgements = [one for package in packages if (one := _judge(package, track, options, outcome))]
        if len(judgements) == len(packages):
            has_all = not any(fault.kind == "network" for one in judgements for fault in one.faults)
            return judgements, replace(track, has_all_pairs=has_all)
        packages = [one.package for one in judgements]


def _products(plan: TrackPlan) -> Iterator[tuple[str, frozenset[str]]]:
    """Those of the pairs that the others are compared with."""
    for found in plan.models:
        with suppress(PackageRefused):
            yield str(found.path), product_keys(found)


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
        package = without_wrong_views(read_package(found, checksums=options.checksums, outline=outline))
    except PackageRefused as refusal:
        outcome.refused.append(Remark(str(found.path), refusal.reason))
        return None
    outcome.unknown_meta_keys |= {(str(found.root), key) for key in package.texts.unknown_meta_keys}
    return replace(package, faults=(*package.faults, *_strange_products(package)))


def _strange_products(package: Package) -> Iterator[Fault]:
    for raster in package.rasters:
        product, path = raster.name.product, str(raster.member.where)
        if product is None:
            yield Fault(kind="unknown product", path=path, reason=f"unknown product {raster.name.acronym!r}")
        elif product.package != package.name.kind.code:
            yield Fault(kind="foreign product", path=path, reason=f"a product of {product.package} packages")


def _judge(package: Package, track: Track, options: Options, outcome: Outcome) -> Judgement | None:
    try:
        return judge(package, track, strict=options.strict, lenient=options.lenient)
    except PackageRefused as refusal:
        outcome.refused.append(Remark(str(package.found.path), refusal.reason))
        return None


def _catalogue(judgement: Judgement, layout: Layout, outcome: Outcome) -> None:
    package = judgement.package
    thumbnail, remarks = make_thumbnail(package) if layout.thumbnails else (None, [])
    item = make_item(judgement, layout, thumbnail=thumbnail)
    outcome.warnings += [Remark(one.path, one.reason, one.kind, one.value) for one in judgement.faults]
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
