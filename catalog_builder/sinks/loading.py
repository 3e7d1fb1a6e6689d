"""Rows into pgstac's partitions, a batch in one transaction: what is new by COPY, what differs in the place of the old.

A partition has a constraint on the times of its items, which pgstac narrows to what is there. It is taken off when
something else comes and put back when all is loaded, so that no batch waits for readers, nor readers for a batch.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from hydraters import hydrate
from psycopg import errors

from catalog_builder import queries
from catalog_builder.encoding import parse
from catalog_builder.errors import DatabaseError
from catalog_builder.queries import loading
from catalog_builder.queries.loading import LoadTarget
from catalog_builder.sinks import Written
from catalog_builder.sinks.rows.ewkb import ewkb
from catalog_builder.sinks.rows.row import COPY_END, COPY_HEADER, Row

Connection = psycopg.Connection[Any]
Span = tuple[int, int]
T = TypeVar("T")

TRIES: Final = 20
PAUSE_S: Final = 0.1
LOCK_WAIT_MS: Final = 200
"""How long readers may be kept waiting behind a change of the catalogue that itself waits for one of them."""
_OTHERS: Final = (
    errors.CheckViolation,  # somebody put a constraint back
    errors.UniqueViolation,  # somebody inserted the same item
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
)
"""What others who write at the same time can bring about; the next try sees what they have done."""
_LINE = re.compile(r"COPY \S+, line (\d+)")


class CollectionLoader:
    """Writes items of one collection."""

    def __init__(self, collection_id: str, target: LoadTarget) -> None:
        self.collection_id = collection_id
        self.target = target
        self._admitted: dict[str, tuple[Span, Span] | None] = {}
        """Starts and ends that a partition is known to let in; None for any."""

    def write(self, connection: Connection, rows: Sequence[Row]) -> Written:
        """Write rows that are new or differ, in one transaction; of two of one id, the last.

        Args:
            connection: in no transaction.
            rows: dehydrated against the base of the target.

        Raises:
            DatabaseError: the database refuses; the message names the item where that is known.
        """
        unique = list({row.id: row for row in rows}.values())
        changed = patiently(lambda: self._write(connection, unique), self._admitted.clear)
        return Written(changed=changed, unchanged=len(rows) - changed)

    def _write(self, connection: Connection, rows: list[Row]) -> int:
        for partition, some in self._by_partition(connection, rows).items():
            self._admit(connection, partition, some)
        with connection.transaction():
            changed = self._changed(connection, rows)
            for partition, some in self._by_partition(connection, changed).items():
                self._copy(connection, partition, some)
        return len(changed)

    def _by_partition(self, connection: Connection, rows: Sequence[Row]) -> dict[str, list[Row]]:
        if not self.target.partition_trunc:
            return {f"_items_{self.target.key}": list(rows)} if rows else {}
        names = loading.partition_names(connection, self.collection_id, [row.start_us for row in rows])
        found: dict[str, list[Row]] = {}
        for name, row in sorted(zip(names, rows, strict=True), key=lambda pair: pair[0]):
            found.setdefault(name, []).append(row)
        return found

    def _changed(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Those that are not there as they are; what is in their place is deleted."""
        present = loading.present_ids(connection, self.collection_id, [row.id for row in rows])
        if not present:
            return list(rows)
        same = self._same(connection, [row for row in rows if row.id in present])
        queries.delete_items(connection, self.collection_id, sorted(present - same))
        return [row for row in rows if row.id not in same]

    def _same(self, connection: Connection, rows: Sequence[Row]) -> set[str]:
        """Ids of those that are there as they are, compared whole."""
        stored = queries.items_by_id(connection, self.collection_id, [row.id for row in rows])
        by_id = {item["id"]: hydrated(item) for item in stored}
        return {row.id for row in rows if row.id in by_id and self._is_same(row, by_id[row.id])}

    def _is_same(self, row: Row, stored: dict[str, Any]) -> bool:
        own = hydrate(self.target.base_item, parse(row.content))
        geometry, _, _ = (stored.pop(column) for column in ("geometry", "id", "collection"))
        own.pop("collection", None)
        return ewkb(geometry) == row.geometry and own == stored

    def _admit(self, connection: Connection, partition: str, rows: Sequence[Row]) -> None:
        """See to it that a partition is there and lets rows of these times in."""
        starts, ends = _span([row.start_us for row in rows]), _span([row.end_us for row in rows])
        if partition in self._admitted:
            known = self._admitted[partition]
            if known is None or (_holds(known[0], starts) and _holds(known[1], ends)):
                return
            starts, ends = _span([*starts, *known[0]]), _span([*ends, *known[1]])
        if loading.admits(connection, partition, starts, ends):
            self._admitted[partition] = (starts, ends)
            return
        with connection.transaction():
            loading.limit_lock_waits(connection, LOCK_WAIT_MS)
            loading.check_partition(connection, self.collection_id, starts, ends)
            if loading.admits(connection, partition, starts, ends) is None:
                raise errors.LockNotAvailable(f"{partition} could not be made")  # noqa: EM102 (pgstac says no more)
            loading.drop_time_constraint(connection, partition)
        self._admitted[partition] = None

    def _copy(self, connection: Connection, partition: str, rows: Sequence[Row]) -> None:
        name = self.collection_id.encode()
        lines = b"".join(row.copied(name, self.target.base_item_id) for row in rows)
        try:
            loading.copy_items(connection, partition, [COPY_HEADER, lines, COPY_END])
        except _OTHERS:
            raise
        except psycopg.Error as error:
            line = _LINE.search(error.diag.context or "")
            at = int(line[1]) - 1 if line else len(rows)
            if at >= len(rows):
                raise
            msg = f"loading items of {self.collection_id}: {rows[at].id}: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error


def settle(connection: Connection, collection_id: str) -> None:
    """Have pgstac know the times of all items of a collection again."""
    for partition in loading.partitions_of(connection, collection_id):
        patiently(lambda: _settle(connection, partition))  # noqa: B023 (called at once)


def _settle(connection: Connection, partition: str) -> None:
    with connection.transaction():
        loading.limit_lock_waits(connection, LOCK_WAIT_MS)
        loading.update_partition_stats(connection, partition)


def patiently(work: Callable[[], T], between: Callable[[], object] = lambda: None) -> T:
    """Do work again that somebody else prevented, and at last with their error."""
    for _ in range(TRIES - 1):
        with suppress(*_OTHERS):
            return work()
        between()
        time.sleep(PAUSE_S)
    return work()


def hydrated(item: dict[str, Any]) -> dict[str, Any]:
    """A stored item and its base in one, as `queries.items_by_id` gives it, put together."""
    base = item.pop("pgstac:base_item")
    whole: dict[str, Any] = hydrate(base, item)
    return whole


def _span(numbers: Sequence[int]) -> Span:
    return min(numbers), max(numbers)


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
