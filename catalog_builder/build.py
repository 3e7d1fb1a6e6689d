"""The builder's contents page: walk → read → track → item → sink → collection.

Packages are taken track by track: what the packages of a track share is read once, then its pairs are read in batches
by a pool of processes and written in order, so that memory does not grow with the number of files and the result does
not depend on the number of workers. What `manifest` knows to be unchanged is not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from catalog_builder.atlas import Atlas
from catalog_builder.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.collection import CollectionSummary, summary_of
from catalog_builder.layout import Layout
from catalog_builder.location import Location, at, locate
from catalog_builder.manifest import Known, Manifest, Record, fingerprints, records_of
from catalog_builder.model import Found, Track, TrackKey
from catalog_builder.names import item_id, parse_package
from catalog_builder.plan import Plan, TrackPlan, make_plan
from catalog_builder.pool import in_order, pool
from catalog_builder.report import Remark, Report, unknown_keys
from catalog_builder.sinks import Sink
from catalog_builder.tally import count_found, count_refused, place_of
from catalog_builder.vocab.schema import schema_uri

BATCH = 64
"""Packages that are read and written together."""

Progress = Callable[[int, int], None]
"""Called with the number of packages done and the number found."""


@dataclass(slots=True)
class _Run:
    """One build: where it writes and what it has seen."""

    sink: Sink
    layout: Layout
    options: Options
    report: Report
    progress: Progress
    manifest: Manifest
    known: Known
    atlas: Atlas | None
    summaries: dict[str, CollectionSummary] = field(default_factory=dict)
    written: dict[str, set[str]] = field(default_factory=dict)
    removed: dict[str, list[Record]] = field(default_factory=dict)
    """Records of vanished packages whose items go, by collection."""
    unknown_meta_keys: set[tuple[str, str]] = field(default_factory=set)
    done: int = 0


def build(
    roots: Sequence[Location],
    sink: Sink,
    layout: Layout,
    *,
    base: Location | None = None,
    options: Options | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    prune: bool = False,
    refresh: bool = False,
    atlas: Atlas | None = None,
) -> Report:
    """Catalogue all packages below some roots.

    Args:
        roots: directories to walk, or archives of packages.
        sink: where items and collections go.
        layout: how they and the files are addressed.
        base: what addresses are relative to, for the roots that it holds; else each root is.
        options: what else is wanted.
        workers: processes that read pairs; 1 reads them here.
        progress: told of each step.
        prune: remove the items of packages that an earlier build found below these roots and that are gone.
        refresh: read unchanged packages too.
        atlas: shown each item of the collections that the trees belong to, also those of earlier builds.

    Returns:
        Counts and refusals. Each package found is in exactly one count.

    Raises:
        TreeNotFound: a root is no directory.
        SinkError, DatabaseError: the sink cannot be written.
    """
    plan = make_plan(roots, base=base)
    places = count_found(plan)
    with closing(sink.manifest()) as manifest:
        tell = progress or (lambda _done, _found: None)
        run = _Run(sink, layout, options or Options(), plan.report, tell, manifest, _known(sink, manifest), atlas)
        run.done = plan.report.found - sum(len(track.shared) + len(track.pairs) for track in plan.tracks)
        _open_collections(run, plan)
        _settle_vanished(run, plan, roots, prune=prune)
        if refresh:
            run.known.records.clear()
        _build_tracks(run, plan, workers)
    sink.close()
    count_refused(run.report, places)
    run.report.warnings += unknown_keys(run.unknown_meta_keys)
    return run.report


def _known(sink: Sink, manifest: Manifest) -> Known:
    records = {record.package: record for record in manifest.records()}
    collections = {record.collection for record in records.values()}
    return Known(records, {name: sink.stored_ids(name) for name in sorted(collections)})


def _open_collections(run: _Run, plan: Plan) -> None:
    """Collections stand before their items; they are opened for all packages that are named well."""
    for track in plan.tracks:
        for found in (*track.shared, *track.pairs):
            name = parse_package(found.name)
            _summarise(run, CollectionSummary(name.region, name.kind))


def _summarise(run: _Run, summary: CollectionSummary) -> None:
    if summary.id not in run.summaries:
        run.summaries[summary.id] = summary
        run.written[summary.id] = set()


def _settle_vanished(run: _Run, plan: Plan, roots: Sequence[Location], *, prune: bool) -> None:
    """Packages that an earlier build found below these roots and that are gone.

    Without any package found nothing is removed: more likely a disk is missing.
    """
    found = [one for track in plan.tracks for one in (*track.shared, *track.pairs)]
    made = {item_id(parse_package(one.name)) for one in found}
    present = {str(one.path) for one in found}
    below = tuple(f"{root.resolve()}/" for root in roots)
    for record in list(run.known.records.values()):
        if (
            record.package in present
            or not record.package.startswith(below)
            or not at(locate(record.package)).is_gone()
        ):
            continue
        is_stored = record.item in run.known.stored[record.collection]
        if record.item in made or not is_stored:  # it was moved, or its item was taken out already
            _summarise(run, summary_of(record.collection))
            run.manifest.forget([record.package])
        elif prune and found:
            _summarise(run, summary_of(record.collection))
            run.removed.setdefault(record.collection, []).append(record)
        else:
            reason = f"gone; its item {record.item} stays in the catalogue until a build with --prune"
            run.report.vanished.append(Remark(record.package, reason))


def _build_tracks(run: _Run, plan: Plan, workers: int) -> None:
    with pool(workers, jobs=plan.report.found) as executor:
        for track in plan.tracks:
            _build_track(run, track, executor)
    unfinished = run.manifest.unfinished()
    for summary in run.summaries.values():
        _close_collection(run, summary, unfinished)


def _build_track(run: _Run, plan: TrackPlan, executor: Executor | None) -> None:
    prints = fingerprints(plan, run.layout, run.options)
    stale = [found for found in plan.shared if not _is_unchanged(run, found, prints)]
    pairs = [found for found in plan.pairs if not _skip(run, plan.key, found, prints)]
    if not stale and not pairs:
        for found in plan.shared:
            _skip(run, plan.key, found, prints)
        return
    track, outcome = catalogue_shared(plan, run.layout, run.options)
    _write(run, plan.key, outcome)
    _remember(run, plan.shared, outcome, prints)
    batches = [pairs[start : start + BATCH] for start in range(0, len(pairs), BATCH)]
    for batch, read in zip(batches, _read_pairs(run, batches, track, executor), strict=True):
        _write(run, plan.key, read)
        _remember(run, batch, read, prints)


def _is_unchanged(run: _Run, found: Found, prints: dict[str, str | None]) -> Record | None:
    path = str(found.path)
    return run.known.unchanged(path, prints[path])


def _skip(run: _Run, key: TrackKey, found: Found, prints: dict[str, str | None]) -> bool:
    """Whether a package is as it was; then it is counted, and what was said of it is said again."""
    record = _is_unchanged(run, found, prints)
    if record is None:
        return False
    run.report.unchanged += 1
    run.report.tally(place_of(key, parse_package(found.name).kind)).unchanged += 1
    run.report.warnings += [Remark(*said) for said in record.warnings]
    run.report.ignored += [Remark(*said) for said in record.ignored]
    run.done += 1
    run.progress(run.done, run.report.found)
    return True


def _read_pairs(
    run: _Run, batches: Sequence[Sequence[Found]], track: Track, executor: Executor | None
) -> Iterator[Outcome]:
    yield from in_order(executor, catalogue_batch, [(batch, track, run.layout, run.options) for batch in batches])


def _write(run: _Run, key: TrackKey, outcome: Outcome) -> None:
    report = run.report
    report.refused += outcome.refused
    report.ignored += outcome.ignored
    report.warnings += outcome.warnings
    run.unknown_meta_keys |= outcome.unknown_meta_keys
    by_collection: dict[str, list[dict[str, Any]]] = {}
    for item in outcome.items:
        by_collection.setdefault(item["collection"], []).append(_with_schema(run, item))
    for collection_id, items in by_collection.items():
        summary = run.summaries[collection_id]
        if not run.written[collection_id]:
            run.manifest.begin(collection_id)
            run.sink.open_collection(_document(run, summary))
        written = run.sink.write_items(collection_id, items)
        for counts in (report, report.tally(place_of(key, summary.kind))):
            counts.catalogued += written.changed
            counts.unchanged += written.unchanged
        run.written[collection_id].update(str(item["id"]) for item in items)
        for item in items:
            _show(run, summary, item)
    run.done += len(outcome.items) + len(outcome.refused)
    run.progress(run.done, report.found)


def _remember(run: _Run, packages: Sequence[Found], outcome: Outcome, prints: dict[str, str | None]) -> None:
    """After their items are in the store, never before."""
    by_item = {item_id(parse_package(found.name)): found for found in packages}
    run.manifest.remember(records_of(by_item, outcome, prints))


def _close_collection(run: _Run, summary: CollectionSummary, unfinished: set[str]) -> None:
    """Extents and summaries are those of all items in the store, also of those that an earlier build left there.

    A collection none of whose items changed is left as it is, unless the build that changed them did not come to here.
    """
    gone = run.removed.get(summary.id, [])
    is_left = summary.id in unfinished or not run.sink.has_collection(summary.id)
    is_current = not (run.written[summary.id] or gone or is_left)
    if is_current and run.atlas is None:
        return
    if gone:
        run.manifest.begin(summary.id)
        run.report.removed += run.sink.remove_items(summary.id, [record.item for record in gone])
    for item in run.sink.other_items(summary.id, run.written[summary.id]):
        _show(run, summary, item)
    if is_current:
        return
    if summary.count or gone:
        run.sink.close_collection(_document(run, summary))
    run.manifest.forget([record.package for record in gone])
    run.manifest.finish(summary.id)


def _show(run: _Run, summary: CollectionSummary, item: dict[str, Any]) -> None:
    summary.add(item)
    if run.atlas is not None:
        run.atlas.add(item)


def _document(run: _Run, summary: CollectionSummary) -> dict[str, object]:
    collection = summary.create_collection(run.layout)
    return _with_schema(run, collection.to_dict(include_self_link=False, transform_hrefs=False))


def _with_schema(run: _Run, document: dict[str, Any]) -> dict[str, Any]:
    """The document, declaring our own schema where it is known under which address that will be found."""
    base = run.options.schema_base
    return document | {"stac_extensions": [*document["stac_extensions"], schema_uri(base)]} if base else document
