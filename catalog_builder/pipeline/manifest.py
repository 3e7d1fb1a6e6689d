"""What earlier builds made of which packages, so that an unchanged one is listed and not opened.

A package's fingerprint is taken from its listing before it is read, together with everything else its item depends on:
the listings of the series and auxiliary packages of its track, the options, the addresses, and the builder's own code.
A record is written after its item is in the store; whether the item is still there is asked of the store itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from pathlib import Path

from catalog_builder.discover.plan import TrackPlan
from catalog_builder.errors import PackageRefused
from catalog_builder.location import Facts, Location, at, locate
from catalog_builder.packages.model import PackagePath
from catalog_builder.packages.names import is_raster_name
from catalog_builder.packages.storage import checksum, contents_of
from catalog_builder.pipeline.catalogue import Options, Outcome
from catalog_builder.report.report import Remark
from catalog_builder.sinks.manifest import Record
from catalog_builder.stac.layout import Layout
from catalog_builder.vocab.release import __version__

FileFacts = tuple[str, int, int, str | None]
"""Name, size in bytes, time of modification in nanoseconds, and the mark that a store gives the content."""


@dataclass(slots=True)
class Known:
    """Records by package, as one build sees them."""

    records: dict[str, Record] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)
    """Ids that the store really holds, by collection."""

    def record(self, package: str) -> Record | None:
        """The record of a package whose item is in the store."""
        record = self.records.get(package)
        return record if record and record.item in self.stored.get(record.collection, ()) else None


def list_files(found: PackagePath, *, checksums: bool = False) -> list[FileFacts] | None:
    """Files of a package folder by name, or the one file that an archive is; None when it cannot be listed.

    Args:
        found: the package.
        checksums: read every file whole, where no store marks its content.
    """
    try:
        if found.is_archive:
            return [_file_facts(found.path, found.facts or at(found.path).facts(), checksums=checksums)]
        folder, contents = contents_of(found.path)
        files = [_file_facts(folder / name, facts, checksums=checksums) for name, facts in contents.files.items()]
        return [*files, *((name, 0, 0, what) for name, what in contents.unusable.items())]
    except (OSError, PackageRefused):
        return None


def _file_facts(path: Location, facts: Facts, *, checksums: bool) -> FileFacts:
    tag = facts.tag or (checksum(path) if checksums else None)
    return path.name, facts.size_bytes, facts.modified_ns, tag


@dataclass(frozen=True, slots=True)
class Context:
    """What the items of a track depend on besides their own packages."""

    pairs: str
    """For fingerprints of pairs."""
    shared: tuple[str | None, ...]
    """Fingerprints of the series and auxiliary packages, in their order."""


def context_of(plan: TrackPlan, layout: Layout, options: Options) -> Context:
    """The context of a track, from the listings of its series and auxiliary packages.

    Any change there changes the fingerprints of all: its pairs take their baselines, misclosures and time of day from
    there, and their outlines from one of the first pairs. A series is held against the names of all pairs.
    """
    listings = [_state_of(found, options) for found in plan.shared]
    shared = [(str(found.path), files) for found, files in zip(plan.shared, listings, strict=True)]
    models = [(str(found.path), _rasters(list_files(found, checksums=options.checksums))) for found in plan.models]
    regions = [repr(found.parsed_name.region) for found in (*plan.shared, *plan.pairs)[:1]]
    context = _digest([builder_digest(), repr(layout), repr(options), regions, shared, models])
    whole = _digest([context, [found.name for found in plan.pairs]])
    pairs = zip(plan.shared, listings, strict=True)
    return Context(context, tuple(_fingerprint(found, files, whole) for found, files in pairs))


def _state_of(found: PackagePath, options: Options) -> list[FileFacts] | str | None:
    """Its files, or their digest where the walk has seen them already."""
    return found.mark or list_files(found, checksums=options.checksums)


def _rasters(files: list[FileFacts] | None) -> list[FileFacts] | None:
    return None if files is None else [facts for facts in files if is_raster_name(facts[0])]


def fingerprint(found: PackagePath, context: str, options: Options) -> str | None:
    """Fingerprint of a pair; None where it cannot be listed."""
    return _fingerprint(found, _state_of(found, options), context)


def _fingerprint(found: PackagePath, state: list[FileFacts] | str | None, context: str) -> str | None:
    return None if state is None else _digest([context, str(found.root), found.name, state])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def builder_digest() -> str:
    """Version and code of the builder: what it knew when it made an item."""
    digest = hashlib.sha256(__version__.encode())
    folder = Path(__file__).parent.parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def records_of(items: Mapping[str, PackagePath], outcome: Outcome, prints: dict[str, str | None]) -> list[Record]:
    """Records of the packages whose items are in an outcome.

    Args:
        items: packages that were read, by the id of their item.
        outcome: what became of them.
        prints: their fingerprints by path, taken before they were read.
    """
    said = {name: _by_package(getattr(outcome, name), items.values()) for name in ("warnings", "ignored")}
    records = []
    for item in outcome.items:
        found = items.get(item["id"])
        fingerprint = prints.get(str(found.path)) if found else None
        if found is not None and fingerprint is not None:
            path = str(found.path)
            remarks = {name: tuple(lists.get(path, ())) for name, lists in said.items()}
            records.append(Record(path, fingerprint, item["collection"], item["id"], **remarks))
    return records


def _by_package(remarks: Iterable[Remark], packages: Iterable[PackagePath]) -> dict[str, list[tuple[str, ...]]]:
    known = {str(found.path) for found in packages}
    lists: dict[str, list[tuple[str, ...]]] = {}
    for remark in remarks:
        places = (remark.path, *map(str, locate(remark.path).parents))
        package = next((place for place in places if place in known), None)
        if package is not None:
            lists.setdefault(package, []).append(astuple(remark))
    return lists
