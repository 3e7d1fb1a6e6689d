"""What worker processes do: packages in, bytes of items out, with all that the building process has to know of them.

Whatever travels is small: the items are already written as their store wants them, and what they add to collections is
summed up. What a track's packages share travels packed, and is unpacked once by each worker.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from catalog_builder.derived.schema import schema_uri
from catalog_builder.discover.plan import TrackPlan
from catalog_builder.errors import SinkError
from catalog_builder.packages.model import NamedPackage, Track
from catalog_builder.packages.names import item_id
from catalog_builder.packages.storage import checksums_once
from catalog_builder.pipeline.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.pipeline.manifest import fingerprint, records_of
from catalog_builder.report.data import ReportData
from catalog_builder.report.report import Remark
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode
from catalog_builder.stac.collection import CollectionSummary, summary_of
from catalog_builder.stac.layout import Layout


@dataclass(frozen=True, slots=True)
class Task:
    """What all jobs of a build have in common."""

    layout: Layout
    options: Options
    encode: Encode
    """How the store wants its items."""
    is_recorded: bool
    """Whether the store keeps what was built."""
    collects_report_data: bool
    """Whether the items are shown to the data of a report."""


@dataclass(slots=True)
class BatchResult:
    """What became of some packages, as it travels."""

    documents: dict[str, list[Document]] = field(default_factory=dict)
    """By collection."""
    summaries: dict[str, CollectionSummary] = field(default_factory=dict)
    """What they add to their collections."""
    report_data: ReportData = field(default_factory=ReportData)
    refused: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    unknown_meta_keys: set[tuple[str, str]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Packages."""
        return sum(map(len, self.documents.values())) + len(self.refused)

    def add(self, other: BatchResult) -> None:
        """Put another one's content behind one's own."""
        for collection_id, documents in other.documents.items():
            self.documents.setdefault(collection_id, []).extend(documents)
            mine = self.summaries.setdefault(collection_id, summary_of(collection_id))
            mine.merge(other.summaries[collection_id])
        self.report_data.merge(other.report_data)
        self.refused += other.refused
        self.ignored += other.ignored
        self.warnings += other.warnings
        self.unknown_meta_keys |= other.unknown_meta_keys


def read_fingerprints(found: Sequence[NamedPackage], context: str, options: Options) -> list[str | None]:
    """Fingerprints of some packages."""
    return [fingerprint(one, context, options) for one in found]


def read_shared(plan: TrackPlan, prints: Sequence[str | None], task: Task) -> tuple[bytes, BatchResult]:
    """What a track's packages share, packed, and its series and auxiliary packages, with their fingerprints."""
    track, outcome = catalogue_shared(plan, task.layout, task.options)
    return zlib.compress(pickle.dumps(track), 1), _batch_result(plan.shared, prints, outcome, task)


def read_pairs(found: Sequence[NamedPackage], context: str, packed_track: bytes, task: Task) -> BatchResult:
    """Some pairs of a track."""
    with checksums_once():
        prints = read_fingerprints(found, context, task.options) if task.is_recorded else [None] * len(found)
        outcome = catalogue_batch(found, _unpacked(packed_track), task.layout, task.options)
    return _batch_result(found, prints, outcome, task)


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Track:
    track: Track = pickle.loads(zlib.decompress(packed))  # noqa: S301 (from this same program)
    return track


def _batch_result(
    packages: Sequence[NamedPackage], prints: Sequence[str | None], outcome: Outcome, task: Task
) -> BatchResult:
    batch = BatchResult(
        refused=outcome.refused,
        ignored=outcome.ignored,
        warnings=outcome.warnings,
        unknown_meta_keys=outcome.unknown_meta_keys,
    )
    by_item = {item_id(one.parsed_name): one for one in packages}
    known = dict(zip((str(one.path) for one in packages), prints, strict=True))
    records = {record.item: record for record in records_of(by_item, outcome, known)} if task.is_recorded else {}
    for item in outcome.items:
        try:
            content = task.encode(with_schema(item, task.options))
        except SinkError as error:
            batch.refused.append(Remark(str(by_item[item["id"]].path), str(error)))
            continue
        document = Document(item["id"], content, records.get(item["id"]), outcome.thumbnails.get(item["id"]))
        collection_id = item["collection"]
        batch.documents.setdefault(collection_id, []).append(document)
        if collection_id not in batch.summaries:
            batch.summaries[collection_id] = summary_of(collection_id)
        batch.summaries[collection_id].add(item)
        if task.collects_report_data:
            batch.report_data.add(item)
    return batch


def with_schema(document: dict[str, Any], options: Options) -> dict[str, Any]:
    """The document, declaring our own schema where it is known under which address that will be found."""
    base = options.schema_base
    return document | {"stac_extensions": [*document["stac_extensions"], schema_uri(base)]} if base else document
