"""What the builder sees in one package, and why: the same steps as a build, taken for one package and kept.

The package is found as a build of the folder around it would find it, so that its track's series and auxiliary
packages, which lie beside it, have the same say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog_builder.discover.plan import Plan, TrackPlan, make_plan
from catalog_builder.discover.renamed import KIND_FOLDERS
from catalog_builder.errors import PackageRefused
from catalog_builder.location import Location, at, locate, relative
from catalog_builder.packages import archive
from catalog_builder.packages.model import (
    NamedPackage,
    Package,
    PackageFile,
    PackageName,
    PackagePath,
    ProductName,
    Track,
)
from catalog_builder.packages.names import item_id, parse_package, parse_product
from catalog_builder.packages.storage import list_package_files, real_path
from catalog_builder.pipeline.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.read.package import read_package
from catalog_builder.report.report import Remark
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.vocab.collections import collection_id

Rows = dict[str, Any]


@dataclass(slots=True)
class FileSeen:
    """One file of a package and what becomes of it."""

    name: str
    size_bytes: int
    asset: str | None = None
    """Key of its asset."""
    roles: tuple[str, ...] = ()
    note: str = ""
    """Why it is not an asset."""


@dataclass(slots=True)
class Inspection:
    """What is seen at a path. `problems` is empty when a build would take all of it without a word."""

    path: Location
    name: Rows = field(default_factory=dict)
    item_id: str | None = None
    collection: str | None = None
    refused: str | None = None
    """Why a build would not make an item of it."""
    files: list[FileSeen] = field(default_factory=list)
    texts: Rows = field(default_factory=dict)
    """Values of the package's own sidecar files, by their kind."""
    track: Rows = field(default_factory=dict)
    """What its track's other packages contribute."""
    item: Rows | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def footprint_source(self) -> str | None:
        """`geo`, `sibling` or `lut`, as in the item."""
        return self.item["properties"].get("flatsim:footprint_source") if self.item else None

    def to_dict(self) -> Rows:
        """As JSON can hold it."""
        return {
            "path": str(self.path),
            "name": self.name,
            "item_id": self.item_id,
            "collection": self.collection,
            "refused": self.refused,
            "footprint_source": self.footprint_source,
            "files": [
                {"name": one.name, "size_bytes": one.size_bytes, "asset": one.asset, "roles": list(one.roles)}
                | ({"note": one.note} if one.note else {})
                for one in self.files
            ],
            "sidecars": self.texts,
            "track": self.track,
            "problems": self.problems,
            "item": self.item,
        }


def inspect_name(text: str) -> Inspection:
    """What a name alone says, of a package or of a product file; nothing need be there.

    >>> inspect_name("CNES_Coh_geo_20151111_20151123_8rlks.tiff").name["asset"]
    'coh_geo'
    """
    seen = Inspection(locate(text))
    try:
        product = parse_product(text)
        if product is None:
            _tell_package(seen, parse_package(text))
        else:
            seen.name = _product_rows(product)
    except PackageRefused as refusal:
        seen.refused = refusal.reason
        seen.problems.append(refusal.reason)
    return seen


def inspect_package(path: Location, *, tree: Location | None = None, options: Options | None = None) -> Inspection:
    """Look at one package, or at the one that holds a file.

    Args:
        path: a package directory or an archive, or a file of one.
        tree: where its track's other packages are looked for; without it the folder that holds the package, or the
            one above where that holds pairs alone.
        options: as of a build.

    Raises:
        TreeNotFound: `tree` is not a directory.
    """
    options = options or Options()
    path = real_path(path)
    seen = Inspection(path)
    plan = make_plan([tree or _around(path)])
    place = _place_of(path, plan)
    if place is None:
        seen.refused = _why_not(path, plan.report.refused, plan.report.ignored)
        seen.problems.append(seen.refused)
        _tell_listing(seen)
        return seen
    found, of_track = place
    _tell_package(seen, found.parsed_name)
    track, shared = catalogue_shared(of_track, ServiceLayout(), options)
    alone = shared if found in of_track.shared else catalogue_batch([found], track, ServiceLayout(), options)
    _tell_outcome(seen, alone)
    _tell_contents(seen, found, track)
    _tell_reasons(seen, alone)
    return seen


def _around(path: Location) -> Location:
    folder = path.parent
    return folder.parent if folder.name.lower() in KIND_FOLDERS else folder


def _place_of(path: Location, plan: Plan) -> tuple[NamedPackage, TrackPlan] | None:
    for track in plan.tracks:
        for found in (*track.shared, *track.pairs):
            if real_path(found.path) == path:
                return found, track
    return None


def _why_not(path: Location, *remarks: Iterable[Remark]) -> str:
    for one in (remark for some in remarks for remark in some):
        if one.path == Remark(str(path), "").path or real_path(locate(one.path)) == path:
            return one.reason
    return "a build does not take it for a package: its name does not start with NSBAS_"


def _tell_package(seen: Inspection, name: PackageName) -> None:
    seen.item_id = item_id(name)
    seen.collection = collection_id(name.region.slug, name.kind)
    seen.name = {
        "package": name.text,
        "kind": name.kind.product_type,
        "region": f"{name.region.title} ({name.region.code})",
        "track": name.track,
        "orbit": f"{name.orbit_state}, relative orbit {name.relative_orbit}",
        "polarization": name.polarization,
        "campaign": f"{name.campaign[0]}-{name.campaign[1]}",
        "run": name.run,
        "swaths": list(name.swaths),
        "dates": [name.first.isoformat(), name.last.isoformat()],
    }


def _product_rows(name: ProductName) -> Rows:
    dates = [name.pair.reference.isoformat(), name.pair.secondary.isoformat()] if name.pair else None
    return {
        "product": name.text,
        "acronym": name.acronym if name.product else f"{name.acronym} (unknown)",
        "asset": name.key,
        "geometry": name.geometry,
        "dates": dates,
        "corrections": list(name.modifiers),
        "looks": name.looks or None,
        "extension": name.extension,
    }


def _tell_listing(seen: Inspection) -> None:
    """Files of something that no build opens."""
    is_archive = seen.path.suffix.lower() == archive.SUFFIX and at(seen.path).is_file()
    if not is_archive and not at(seen.path).is_folder():
        return
    name = seen.path.stem if is_archive else seen.path.name
    try:
        members = list_package_files(
            PackagePath(path=seen.path, root=seen.path.parent, name=name, is_archive=is_archive)
        )
    except PackageRefused as refusal:
        seen.problems.append(refusal.reason)
        return
    seen.files = [_seen(member) for member in members]


def _tell_outcome(seen: Inspection, outcome: Outcome) -> None:
    seen.item = next((item for item in outcome.items if item["id"] == seen.item_id), None)
    own = [remark for remark in outcome.refused if real_path(locate(remark.path)) == seen.path]
    if own:
        seen.refused = own[0].reason
        seen.problems += [remark.reason for remark in own]
    warnings = [one for one in outcome.warnings if relative(real_path(locate(one.path)), seen.path)]
    seen.problems += [f"{locate(one.path).name}: {one.reason}" for one in warnings]


def _tell_contents(seen: Inspection, found: NamedPackage, track: Track) -> None:
    try:
        package = read_package(found)
    except PackageRefused:
        _tell_listing(seen)
        return
    assets = {_place_in(asset): key for key, asset in _assets(seen).items()}
    for member in _members(package):
        file = _seen(member)
        if seen.item:
            file.asset = assets.get((ServiceLayout().asset(member.path, found.root, ""), member.entry))
            file.roles = tuple(_assets(seen)[file.asset]["roles"]) if file.asset else ()
        seen.files.append(file)
    seen.texts = _text_rows(package)
    seen.track = {
        "series": track.has_series,
        "auxiliary data": track.has_auxiliary,
        "footprint": track.footprint.source if track.footprint else None,
        "line of sight": track.line_of_sight is not None,
        "dates with a baseline": len(track.texts.baselines_m),
        "pairs in the inversion": len(track.texts.rms_rad),
    }


def _tell_reasons(seen: Inspection, outcome: Outcome) -> None:
    reasons = {locate(one.path).name: one.reason for one in outcome.ignored if locate(one.path).parent == seen.path}
    for file in seen.files:
        if file.asset is None:
            file.note = reasons.get(file.name, "")


def _place_in(asset: Rows) -> tuple[str, str | None]:
    """Address of an asset, and its path in the archive that lies there."""
    entries = asset.get("archive")
    return asset["href"], entries[0]["href"] if entries else None


def _assets(seen: Inspection) -> Rows:
    return dict(seen.item["assets"]) if seen.item else {}


def _members(package: Package) -> list[PackageFile]:
    named = (*package.pictures, *package.metadata)
    members = [raster.member for raster in package.rasters] + [member for member, _ in named]
    return sorted([*members, *package.others, *package.ignored], key=lambda member: member.name)


def _seen(member: PackageFile) -> FileSeen:
    return FileSeen(member.name, member.size_bytes)


def _text_rows(package: Package) -> Rows:
    """Values as they are used, lists by their length."""
    texts = package.texts
    lists = {
        "baseline.rsc": f"{len(texts.baselines_m)} dates",
        "interf_pair.rsc": f"{len(texts.computed_pairs)} pairs",
        "list_unw_frac.txt": f"{len(texts.unwrapped_fraction)} pairs",
        "RMSdate.txt": f"{len(texts.epochs)} dates",
        "RMSinterfero.txt": f"{len(texts.rms_rad)} pairs",
    }
    rows: Rows = {name: said for name, said in lists.items() if not said.startswith("0 ")}
    rows |= {".meta": dict(texts.meta)} if texts.meta else {}
    rows |= {".meta, keys not used": sorted(texts.unknown_meta_keys)} if texts.unknown_meta_keys else {}
    return rows | ({"nsbas.proc": dict(texts.parameters)} if texts.parameters else {})
