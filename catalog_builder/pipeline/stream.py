"""Tracks → what became of their packages, read by a pool, in the order of the plan.

Three lines of jobs feed each other across tracks: what has changed, what a track's packages share, its pairs. While the
pairs of one track are read, the next tracks are prepared, so that no worker waits at the end of a track.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog_builder.discover.plan import TrackPlan
from catalog_builder.packages.model import NamedPackage, TrackKey
from catalog_builder.pipeline.job import BatchResult, Task, read_fingerprints, read_pairs, read_shared
from catalog_builder.pipeline.manifest import Context, Known, context_of
from catalog_builder.pipeline.pool import Pool
from catalog_builder.sinks.manifest import Record

READ_TOGETHER = 16
"""Packages of a job: few, so that all workers end at about the same time."""
CHECKED_TOGETHER = 256
"""Packages that are only listed."""

Call = tuple[Any, ...]
Unchanged = Callable[[TrackKey, NamedPackage, Record], None]
"""Called with each package that need not be read again."""


@dataclass(slots=True)
class _Survey:
    """What of a track is as an earlier build left it."""

    plan: TrackPlan
    context: Context
    unchanged: dict[str, Record] = field(default_factory=dict)
    """By path."""

    def settle(self, found: NamedPackage, fingerprint: str | None, known: Known) -> None:
        record = known.record(str(found.path))
        if record and record.fingerprint == fingerprint:
            self.unchanged[record.package] = record

    def changed(self, packages: Sequence[NamedPackage]) -> list[NamedPackage]:
        return [found for found in packages if str(found.path) not in self.unchanged]


class Stream:
    """The packages of some tracks, to be read once."""

    def __init__(self, tracks: Sequence[TrackPlan], known: Known, task: Task, pool: Pool, unchanged: Unchanged) -> None:
        self._tracks = tracks
        self._known = known
        self._task = task
        self._pool = pool
        self._tell_unchanged = unchanged

    def batch_results(self) -> Iterator[tuple[TrackKey, BatchResult]]:
        """What became of the packages that have changed, some at a time."""
        for (key, batch), pairs in self._pool.run(read_pairs, self._pairs()):
            result = batch or pairs
            assert result is not None  # noqa: S101 (one of both is there)
            yield key, result

    def _pairs(self) -> Iterator[tuple[tuple[TrackKey, BatchResult | None], Call | None]]:
        """A track's shared packages, which are read already, then its pairs."""
        for survey, shared in self._pool.run(read_shared, self._shared()):
            assert shared is not None  # noqa: S101 (it had arguments)
            packed_track, batch = shared
            key = survey.plan.key
            yield (key, batch), None
            for some in _split(survey.changed(survey.plan.pairs), READ_TOGETHER):
                yield (key, None), (some, survey.context.pairs, packed_track, self._task)

    def _shared(self) -> Iterator[tuple[_Survey, Call]]:
        """If anything of a track has changed, its shared packages are needed and read."""
        for survey in self._surveys():
            plan = survey.plan
            is_stale = bool(survey.changed([*plan.shared, *plan.pairs]))
            for found in plan.pairs if is_stale else [*plan.shared, *plan.pairs]:
                record = survey.unchanged.get(str(found.path))
                if record:
                    self._tell_unchanged(plan.key, found, record)
            if is_stale:
                yield survey, (plan, survey.context.shared, self._task)

    def _surveys(self) -> Iterator[_Survey]:
        for (survey, some, is_last), fingerprints in self._pool.run(read_fingerprints, self._checks()):
            for found, fingerprint in zip(some, fingerprints or (), strict=True):
                survey.settle(found, fingerprint, self._known)
            if is_last:
                yield survey

    def _checks(self) -> Iterator[tuple[tuple[_Survey, Sequence[NamedPackage], bool], Call | None]]:
        """Only packages that have a record are compared with it."""
        for plan in self._tracks:
            is_recorded = self._task.is_recorded
            context = context_of(plan, self._task.layout, self._task.options) if is_recorded else _no_context(plan)
            survey = _Survey(plan, context)
            for found, fingerprint in zip(plan.shared, context.shared, strict=True):
                survey.settle(found, fingerprint, self._known)
            recorded = [found for found in plan.pairs if self._known.record(str(found.path))]
            for some in _split(recorded, CHECKED_TOGETHER):
                yield (survey, some, False), (some, context.pairs, self._task.options)
            yield (survey, (), True), None


def _no_context(plan: TrackPlan) -> Context:
    return Context("", (None,) * len(plan.shared))


def _split(packages: Sequence[NamedPackage], size: int) -> Iterator[Sequence[NamedPackage]]:
    for start in range(0, len(packages), size):
        yield packages[start : start + size]
