"""pgstac's partitions as loading needs them: there, open to items of any time, and at the end told what they hold.

A partition has a constraint on the times of its items, which pgstac narrows to what is there. It is taken off when
something else comes and put back when all is loaded, so that no batch waits for readers, nor readers for a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors

from catalog_builder.queries import loading
from catalog_builder.queries.loading import LoadTarget
from catalog_builder.sinks.rows.row import Row

Connection = psycopg.Connection[Any]
Span = tuple[int, int]
T = TypeVar("T")

TRIES: Final = 20
PAUSE_S: Final = 0.1
LOCK_WAIT_MS: Final = 200
"""How long readers may be kept waiting behind a change of the catalogue that itself waits for one of them."""
VACUUM_WAIT_MS: Final = 60_000
"""Autovacuum gives way to who waits for it longer than the server's deadlock time-out, and keeps neither readers nor
writers waiting meanwhile."""
OTHERS: Final = (
    errors.CheckViolation,  # somebody put a constraint back
    errors.UniqueViolation,  # somebody inserted the same item
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
    errors.DuplicateObject,  # somebody put a constraint back at the same moment
    errors.DuplicateTable,  # somebody made the partition
    errors.InvalidObjectDefinition,  # somebody attached it
)
"""What others who write at the same time can bring about; the next try sees what they have done."""


def patiently(work: Callable[[], T], between: Callable[[], object] = lambda: None) -> T:
    """Do work again that somebody else prevented; the last time with their error."""
    for _ in range(TRIES - 1):
        with suppress(*OTHERS):
            return work()
        between()
        time.sleep(PAUSE_S)
    return work()


class Partitions:
    """The partitions of one collection, as far as they were needed."""

    def __init__(self, collection_id: str, target: LoadTarget) -> None:
        self._collection_id = collection_id
        self._target = target
        self._admitted: dict[str, tuple[Span, Span] | None] = {}
        """Starts and ends that a partition is known to let in; None for any."""

    def forget(self) -> None:
        """Others have changed something: look again."""
        self._admitted.clear()

    def divide(self, connection: Connection, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """Rows by the partition that they belong in, which need not be there yet."""
        if not self._target.partition_trunc:
            return {f"_items_{self._target.key}": list(rows)} if rows else {}
        names = loading.partition_names(connection, self._collection_id, [row.start_us for row in rows])
        found: dict[str, list[Row]] = {}
        for name, row in sorted(zip(names, rows, strict=True), key=lambda pair: pair[0]):
            found.setdefault(name, []).append(row)
        return found

    def admit(self, connection: Connection, rows: Sequence[Row]) -> None:
        """See to it that there are partitions that let these rows in."""
        for partition, some in self.divide(connection, rows).items():
            starts, ends = _span([row.start_us for row in some]), _span([row.end_us for row in some])
            self._admit(connection, partition, starts, ends)

    def _admit(self, connection: Connection, partition: str, starts: Span, ends: Span) -> None:
        if partition in self._admitted:
            known = self._admitted[partition]
            if known is None or (_holds(known[0], starts) and _holds(known[1], ends)):
                return
            starts, ends = _span([*starts, *known[0]]), _span([*ends, *known[1]])
        is_open = loading.admits(connection, partition, starts, ends)
        if is_open:
            self._admitted[partition] = (starts, ends)
            return
        if is_open is None and not self._target.partition_trunc:
            loading.make_partition(connection, self._collection_id)
        else:
            self._open(connection, partition, starts, ends)
        self._admitted[partition] = None

    def _open(self, connection: Connection, partition: str, starts: Span, ends: Span) -> None:
        """Have pgstac make a partition unless it is there, and take its constraint off.

        Raises:
            psycopg.errors.LockNotAvailable: others use items or the partition; also where pgstac, which waits no longer
                than it may, goes on as if the partition had been made.
        """
        with connection.transaction():
            if loading.admits(connection, partition, starts, ends) is not None:
                _hold_vacuum_off(connection, partition)
            loading.limit_lock_waits(connection, LOCK_WAIT_MS)
            try:
                loading.check_partition(connection, self._collection_id, starts, ends)
            except errors.UndefinedTable as error:
                raise errors.LockNotAvailable(str(error)) from error
            if loading.admits(connection, partition, starts, ends) is None:
                raise errors.LockNotAvailable(f"{partition} could not be made")  # noqa: EM102 (pgstac says no more)
            loading.drop_time_constraint(connection, partition)


def settle(connection: Connection, collection_id: str) -> None:
    """Have pgstac know the times of all items of a collection again, and constrain its partitions to them."""
    for partition in loading.partitions_of(connection, collection_id):
        patiently(lambda: _settle(connection, partition))  # noqa: B023 (called at once)


def _settle(connection: Connection, partition: str) -> None:
    times = loading.unstated_times(connection, partition)
    if times:
        with connection.transaction():
            _hold_vacuum_off(connection, partition)
            loading.limit_lock_waits(connection, LOCK_WAIT_MS)
            loading.state_times(connection, partition, *times)
    loading.prove_times(connection, partition)
    with connection.transaction():
        _hold_vacuum_off(connection, partition)
        loading.limit_lock_waits(connection, LOCK_WAIT_MS)
        loading.update_partition_stats(connection, partition)


def _hold_vacuum_off(connection: Connection, partition: str) -> None:
    """Have autovacuum leave a partition alone until the transaction ends."""
    loading.limit_lock_waits(connection, VACUUM_WAIT_MS)
    loading.lock_against_vacuum(connection, partition)


def _span(numbers: Sequence[int]) -> Span:
    return min(numbers), max(numbers)


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
