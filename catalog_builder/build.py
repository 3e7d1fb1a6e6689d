"""The builder's contents page: walk → read → track → item → sink → collection.

Packages are taken track by track: what the packages of a track share is read once, then its pairs are read in batches
by a pool of processes and written in order, so that memory does not grow with the number of files and the result does
not depend on the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog_builder.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.collection import CollectionSummary
from catalog_builder.layout import Layout
from catalog_builder.model import Track
from catalog_builder.names import parse_package
from catalog_builder.plan import Plan, TrackPlan, make_plan
from catalog_builder.pool import in_order, pool
from catalog_builder.report import Report, unknown_keys
from catalog_builder.sinks import Sink
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
    summaries: dict[str, CollectionSummary]
    written: dict[str, set[str]]
    progress: Progress
    unknown_meta_keys: set[tuple[str, str]] = field(default_factory=set)
    done: int = 0


def build(
    roots: Sequence[Path],
    sink: Sink,
    layout: Layout,
    *,
    base: Path | None = None,
    options: Options | None = None,
    workers: int = 1,
    progress: Progress | None = None,
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

    Returns:
        Counts and refusals. Each package found is in exactly one count.

    Raises:
        TreeNotFound: a root is no directory.
        SinkError, DatabaseError: the sink cannot be written.
    """
    plan = make_plan(roots, base=base)
    run = _Run(sink, layout, options or Options(), plan.report, {}, {}, progress or (lambda _done, _found: None))
    run.done = plan.report.found - sum(len(track.shared) + len(track.pairs) for track in plan.tracks)
    _open_collections(run, plan)
    with pool(workers, jobs=plan.report.found) as executor:
        for track in plan.tracks:
            _build_track(run, track, executor)
    for summary in run.summaries.values():
        _close_collection(run, summary)
    sink.close()
    run.report.warnings += unknown_keys(run.unknown_meta_keys)
    return run.report


def _open_collections(run: _Run, plan: Plan) -> None:
    """Collections stand before their items; they are opened for all packages that are named well."""
    for track in plan.tracks:
        for found in (*track.shared, *track.pairs):
            name = parse_package(found.name)
            summary = CollectionSummary(name.region, name.kind)
            if summary.id not in run.summaries:
                run.summaries[summary.id] = summary
                run.written[summary.id] = set()


def _build_track(run: _Run, plan: TrackPlan, executor: Executor | None) -> None:
    track, outcome = catalogue_shared(plan, run.layout, run.options)
    _write(run, outcome)
    for pairs in _read_pairs(run, plan, track, executor):
        _write(run, pairs)


def _read_pairs(run: _Run, plan: TrackPlan, track: Track, executor: Executor | None) -> Iterator[Outcome]:
    batches = [plan.pairs[start : start + BATCH] for start in range(0, len(plan.pairs), BATCH)]
    yield from in_order(executor, catalogue_batch, [(batch, track, run.layout, run.options) for batch in batches])


def _write(run: _Run, outcome: Outcome) -> None:
    report = run.report
    report.refused += outcome.refused
    report.ignored += outcome.ignored
    report.warnings += outcome.warnings
    run.unknown_meta_keys |= outcome.unknown_meta_keys
    by_collection: dict[str, list[dict[str, object]]] = {}
    for item in outcome.items:
        by_collection.setdefault(item["collection"], []).append(_with_schema(run, item))
    for collection_id, items in by_collection.items():
        summary = run.summaries[collection_id]
        if not run.written[collection_id]:
            run.sink.open_collection(_document(run, summary))
        written = run.sink.write_items(collection_id, items)
        report.catalogued += written.changed
        report.unchanged += written.unchanged
        run.written[collection_id].update(str(item["id"]) for item in items)
        for item in items:
            summary.add(item)
    run.done += len(outcome.items) + len(outcome.refused)
    run.progress(run.done, report.found)


def _close_collection(run: _Run, summary: CollectionSummary) -> None:
    """Extents and summaries are those of all items in the store, also of those that an earlier build left there."""
    if not run.written[summary.id]:
        return
    for item in run.sink.other_items(summary.id, run.written[summary.id]):
        summary.add(item)
    run.sink.close_collection(_document(run, summary))


def _document(run: _Run, summary: CollectionSummary) -> dict[str, object]:
    collection = summary.create_collection(run.layout)
    return _with_schema(run, collection.to_dict(include_self_link=False, transform_hrefs=False))


def _with_schema(run: _Run, document: dict[str, Any]) -> dict[str, Any]:
    """The document, declaring our own schema where it is known under which address that will be found."""
    base = run.options.schema_base
    return document | {"stac_extensions": [*document["stac_extensions"], schema_uri(base)]} if base else document
