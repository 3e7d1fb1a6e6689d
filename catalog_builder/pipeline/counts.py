"""Counts of a build by region, track and kind of package."""

from __future__ import annotations

from pathlib import Path

from catalog_builder.discover.plan import Plan
from catalog_builder.errors import PackageRefused
from catalog_builder.packages.archive import package_of_archive
from catalog_builder.packages.model import TrackKey
from catalog_builder.packages.names import is_package_name, parse_package
from catalog_builder.report.report import NO_PLACE, Place, Report
from catalog_builder.vocab.kinds import Kind


def place_of(key: TrackKey, kind: Kind) -> Place:
    """The row of a track's packages of one kind."""
    run = f" run {key.run}" if key.run is not None else ""
    return Place(key.region_code, f"{key.track} {key.campaign[0]}-{key.campaign[1]}{run}", kind.product_type)


def count_found(plan: Plan) -> dict[str, Place]:
    """Count the packages of a plan, also those that it has refused or ignored; their places by path."""
    places = {
        str(found.path): place_of(track.key, found.parsed_name.kind)
        for track in plan.tracks
        for found in (*track.shared, *track.pairs)
    }
    ignored = [remark for remark in plan.report.ignored if is_package_name(Path(remark.path).name)]
    places |= {remark.path: _place_of_name(Path(remark.path).name) for remark in (*plan.report.refused, *ignored)}
    for place in places.values():
        plan.report.counts_of(place).found += 1
    return places


def count_refused(report: Report, places: dict[str, Place]) -> None:
    """Count the refusals."""
    for remark in report.refused:
        report.counts_of(places.get(remark.path, NO_PLACE)).refused += 1


def _place_of_name(name: str) -> Place:
    try:
        parsed = parse_package(package_of_archive(name))
    except PackageRefused:
        return NO_PLACE
    return place_of(parsed.key, parsed.kind)
