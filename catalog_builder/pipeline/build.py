"""The builder's contents page: walk → read → track → item → sink → collection.

Packages are taken track by track. `stream` has them read by a pool of processes, which give back items as the bytes
that the sink stores; they are written here, in order, while the next ones are read. So memory does not grow with the
number of files, and the result does not depend on the number of workers. What `manifest` knows to be unchanged is not
opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog_builder.discover.plan import Plan, make_plan
from catalog_builder.location import INTO_NOTHING, Location, at, locate
from catalog_builder.packages.model import NamedPackage, TrackKey
from catalog_builder.packages.names import item_id
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.pipeline.counts import count_found, count_refused, place_of
from catalog_builder.pipeline.job import BatchResult, Task, with_schema
from catalog_builder.pipeline.manifest import Known
from catalog_builder.pipeline.pool import Pool, processes
from catalog_builder.pipeline.stream import Stream
from catalog_builder.pipeline.upkeep import Upkeep
from catalog_builder.read.raster import check_databases
from catalog_builder.report.data import ReportData
from catalog_builder.report.report import Remark, Report, unknown_keys
from catalog_builder.sinks import Sink
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.manifest import Manifest, Record
from catalog_builder.stac.collection import CollectionSummary, summary_of
from catalog_builder.stac.layout import Layout

BATCH = 64
"""Packages whose items are written together."""

Progress = Callable[[int, int], None]
"""Called with the number of packages done and the number found."""


@dataclass(slots=True)
class _Run:
    """One build: where it writes and what it has seen."""

    sink: Sink
    task: Task
    report: Report
    progress: Progress
    manifest: Manifest
    report_data: ReportData | None
    thumbnails: Upkeep
    known: Known = field(init=False)
    summaries: dict[str, CollectionSummary] = field(default_factory=dict)
    written: dict[str, set[str]] = field(default_factory=dict)
    removed: dict[str, list[Record]] = field(default_factory=dict)
    """Records of vanished packages whose items go, by collection."""
    unknown_meta_keys: set[tuple[str, str]] = field(default_factory=set)
    done: int = 0

    def __post_init__(self) -> None:
        self.known = _known(self.sink, self.manifest, self.thumbnails)


def build(
    roots: Sequence[Location],
    sink: Sink,
    layout: Layout,
    *,
    base: Location | None = None,
    options: Options | None = None,
    workers: int | AbstractContextManager[Pool] = 1,
    progress: Progress | None = None,
    prune: bool = False,
    refresh: bool = False,
    report_data: ReportData | None = None,
) -> Report:
    """Catalogue all packages below some roots.

    Args:
        roots: directories to walk, or archives of packages.
        sink: where items and collections go.
        layout: how they and the files are addressed.
        base: what addresses are relative to, for the roots that it holds; else each root is.
        options: what else is expected.
        workers: processes that read packages, 1 reads them here; or the pool that does.
        progress: told of each step; of the packages found so far while the roots are walked.
        prune: remove the items of packages that an earlier build found below these roots and that are gone.
        refresh: read unchanged packages too.
        report_data: shown each item of the collections that the trees belong to, also those of earlier builds.

    Returns: counts and refusals; each package found is in exactly one count.

    Raises:
        TreeNotFound: a root is not a directory.
        SinkError, DatabaseError: the sink cannot be written.
    """
    check_databases()
    tell = progress or (lambda _done, _found: None)
    with sink.claim(), processes(workers) if isinstance(workers, int) else workers as pool:
        plan = make_plan(roots, base=base, tell=partial(_expect, pool, tell))
        places = count_found(plan)
        with closing(sink.manifest()) as manifest:
            task = Task(layout, options or Options(), sink.encoding(), manifest.keeps, report_data is not None)
            run = _Run(sink, task, plan.report, tell, manifest, report_data, Upkeep(layout.thumbnails))
            _open_collections(run, plan)
            _settle_vanished(run, plan, roots, prune=prune)
            if refresh:
                run.known.records.clear()
            _read_and_write(run, plan, pool)
        sink.close()
    count_refused(plan.report, places)
    plan.report.warnings += unknown_keys(run.unknown_meta_keys)
    return plan.report


def _expect(pool: Pool, progress: Progress, packages: int) -> None:
    """While the roots are walked."""
    pool.expect(packages)
    progress(0, packages)


def _known(sink: Sink, manifest: Manifest, thumbnails: Upkeep) -> Known:
    records = thumbnails.known({record.package: record for record in manifest.records()})
    collections = {record.collection for record in records.values()}
    return Known(records, {name: sink.stored_ids(name) for name in sorted(collections)})


def _open_collections(run: _Run, plan: Plan) -> None:
    """Collections stand before their items; they are opened for all packages that are named well."""
    for track in plan.tracks:
        for found in (*track.shared, *track.pairs):
            name = found.parsed_name
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
    made = {item_id(one.parsed_name) for one in found}
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
            if record.item not in made:
                run.thumbnails.remove(record.collection, [record.item])
            run.manifest.forget([record.package])
        elif prune and found:
            _summarise(run, summary_of(record.collection))
            run.removed.setdefault(record.collection, []).append(record)
        else:
            reason = f"gone; its item {record.item} stays in the catalogue until a build with --prune"
            run.report.vanished.append(Remark(record.package, reason))


def _read_and_write(run: _Run, plan: Plan, pool: Pool) -> None:
    run.done = plan.report.found - sum(len(track.shared) + len(track.pairs) for track in plan.tracks)

    def unchanged(key: TrackKey, found: NamedPackage, record: Record) -> None:
        _skip(run, key, found, record)

    gathered, of = BatchResult(), None
    for key, batch in Stream(plan.tracks, run.known, run.task, pool, unchanged).batch_results():
        if of is not None and (key != of or gathered.count >= BATCH):
            _write(run, of, gathered)
            gathered = BatchResult()
        gathered.add(batch)
        of = key
    if of is not None:
        _write(run, of, gathered)
    _close_collections(run)


def _skip(run: _Run, key: TrackKey, found: NamedPackage, record: Record) -> None:
    """A package that is as it was is counted, and what was said of it is said again."""
    run.report.unchanged += 1
    run.report.counts_of(place_of(key, found.parsed_name.kind)).unchanged += 1
    run.report.warnings += [Remark(*said) for said in record.warnings]
    run.report.ignored += [Remark(*said) for said in record.ignored]
    run.done += 1
    run.progress(run.done, run.report.found)


def _write(run: _Run, key: TrackKey, batch: BatchResult) -> None:
    report = run.report
    report.refused += batch.refused
    report.ignored += batch.ignored
    report.warnings += batch.warnings
    run.unknown_meta_keys |= batch.unknown_meta_keys
    for collection_id, documents in batch.documents.items():
        summary = run.summaries[collection_id]
        summary.merge(batch.summaries[collection_id])
        _write_items(run, key, summary, documents)
    if run.report_data is not None:
        run.report_data.merge(batch.report_data)
    run.done += batch.count
    run.progress(run.done, report.found)


def _write_items(run: _Run, key: TrackKey, summary: CollectionSummary, documents: Sequence[Document]) -> None:
    """Records come after their items are in the store, never before."""
    documents = _keep_stored(run, summary.id, documents)
    if not documents:
        return
    if not run.written[summary.id]:
        run.manifest.begin(summary.id)
        run.sink.open_collection(_document(run, summary))
    run.thumbnails.write(summary.id, documents)
    written = run.sink.write_items(summary.id, documents)
    for counts in (run.report, run.report.counts_of(place_of(key, summary.kind))):
        counts.catalogued += written.changed
        counts.unchanged += written.unchanged
    run.thumbnails.remove_old(summary.id, documents)
    run.written[summary.id].update(document.id for document in documents)
    run.manifest.remember([document.record for document in documents if document.record])


def _keep_stored(run: _Run, collection_id: str, documents: Sequence[Document]) -> Sequence[Document]:
    """Without those whose package has lost files to links into nothing since an earlier build: a disk may be missing.

    Their items stay as they are; `--refresh` makes them again.
    """
    stored = run.known.stored.get(collection_id, set()) if run.known.records else set()
    fit = []
    for document in documents:
        record = document.record
        lost = [said for said in record.warnings if INTO_NOTHING in said[1]] if record else []
        if record and lost and document.id in stored:
            reason = f"{lost[0][1]}: the root may have changed, as when a disk is not mounted; its item stays as it is"
            run.report.refused.append(Remark(record.package, f"{reason} until a build with --refresh"))
        else:
            fit.append(document)
    return fit


def _close_collections(run: _Run) -> None:
    unfinished = run.manifest.unfinished()
    for summary in run.summaries.values():
        _close_collection(run, summary, unfinished)


def _close_collection(run: _Run, summary: CollectionSummary, unfinished: set[str]) -> None:
    """Extents and summaries are those of all items in the store, also of those that an earlier build left there.

    A collection none of whose items changed is left as it is, unless the build that changed them did not come to here.
    """
    gone = run.removed.get(summary.id, [])
    is_left = summary.id in unfinished or not run.sink.has_collection(summary.id)
    is_current = not (run.written[summary.id] or gone or is_left)
    if is_current and run.report_data is None:
        return
    if gone:
        run.manifest.begin(summary.id)
        run.report.removed += run.sink.remove_items(summary.id, [record.item for record in gone])
    for item in run.sink.other_items(summary.id, run.written[summary.id]):
        _show(run, summary, item)
    if is_current:
        return
    if summary.count:
        run.sink.close_collection(_document(run, summary))
    elif gone or run.sink.has_collection(summary.id):  # without an item it has no extent, and is not a valid collection
        run.sink.remove_collection(summary.id)
        run.report.removed_collections.append(summary.id)
    run.thumbnails.remove(summary.id, [record.item for record in gone])
    if not run.manifest.keeps:
        run.thumbnails.keep_only(summary.id, run.written[summary.id])
    run.manifest.forget([record.package for record in gone])
    run.manifest.finish(summary.id)


def _show(run: _Run, summary: CollectionSummary, item: dict[str, Any]) -> None:
    summary.add(item)
    if run.report_data is not None:
        run.report_data.add(item)


def _document(run: _Run, summary: CollectionSummary) -> dict[str, Any]:
    collection = summary.create_collection(run.task.layout)
    return with_schema(collection.to_dict(include_self_link=False, transform_hrefs=False), run.task.options)
