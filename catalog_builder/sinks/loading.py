"""Rows into pgstac's partitions, a batch in one transaction: what is new by COPY, what differs in the place of the old.

Beside its row an item has its ready text, and with that the digest by which it is known again when it comes unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from hydraters import hydrate
from psycopg import errors

from catalog_builder import queries
from catalog_builder.errors import DatabaseError, SinkError
from catalog_builder.queries import documents, loading
from catalog_builder.queries.loading import LoadTarget
from catalog_builder.sinks import Written
from catalog_builder.sinks.encoding import parse, plain
from catalog_builder.sinks.partitions import OTHERS, Connection, Partitions, patiently, settle
from catalog_builder.sinks.rows.dehydration import base_item
from catalog_builder.sinks.rows.ewkb import ewkb
from catalog_builder.sinks.rows.row import COPY_END, COPY_HEADER, Row

SESSION: Final = {"synchronous_commit": "off"}
"""A batch is not waited for to be on disk: after a power cut those last written are missing, and with them what the
manifest says of them. Closing a collection waits for all."""
_LINE = re.compile(r"COPY \S+, line (\d+)")


class CollectionLoader:
    """Writes items of one collection; `open_collection` makes it."""

    def __init__(self, collection_id: str, target: LoadTarget) -> None:
        self.collection_id = collection_id
        self.base: dict[str, Any] = target.base_item
        """What rows are dehydrated against."""
        self._base_number = target.base_item_id
        self._partitions = Partitions(collection_id, target)

    def write(self, connection: Connection, rows: Sequence[Row]) -> Written:
        """Write rows that are new or differ, in one transaction; of two of one id, the last.

        Args:
            connection: in no transaction.
            rows: dehydrated against the base.

        Raises:
            DatabaseError: the database refuses; the message names the item where that is known.
            psycopg.Error: it refuses otherwise.
        """
        unique = list({row.id: row for row in rows}.values())
        changed = patiently(lambda: self._write(connection, unique), self._partitions.forget) if unique else 0
        return Written(changed=changed, unchanged=len(rows) - changed)

    def unchanged(self, connection: Connection, digests: Mapping[str, bytes]) -> set[str]:
        """Ids of items that are there as they are, by their digests alone."""
        stored = loading.stored_digests(connection, self.collection_id, list(digests))
        return {name for name, digest in stored.items() if digests[name] == digest}

    def _write(self, connection: Connection, rows: list[Row]) -> int:
        self._partitions.admit(connection, rows)
        with connection.transaction():
            loading.defer_indexing(connection)
            changed = self._changed(connection, rows)
            for partition, some in self._partitions.divide(connection, changed).items():
                self._copy(connection, partition, some)
                keys = loading.index_items(connection, partition, [row.id for row in some])
                lines = b"".join(row.document_line(keys[row.id]) for row in some)
                documents.copy_documents(connection, [COPY_HEADER, lines, COPY_END])
        return len(changed)

    def _changed(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Those that are not there as they are; what is in their place is deleted."""
        stored = loading.stored_digests(connection, self.collection_id, [row.id for row in rows])
        if not stored:
            return list(rows)
        same = {row.id for row in rows if stored.get(row.id) == row.digest}
        same |= self._found_same(connection, [row for row in rows if row.id in stored and not stored[row.id]])
        queries.delete_items(connection, self.collection_id, sorted(stored.keys() - same))
        return [row for row in rows if row.id not in same]

    def _found_same(self, connection: Connection, rows: Sequence[Row]) -> set[str]:
        """Ids of those that others have written just so, compared whole; from now on they have digests."""
        if not rows:
            return set()
        ids = [row.id for row in rows]
        loading.lock_items(connection, self.collection_id, ids)
        by_id = {item["id"]: hydrated(item) for item in queries.items_by_id(connection, self.collection_id, ids)}
        same = [row for row in rows if row.id in by_id and self._is_same(row, by_id[row.id])]
        keys = loading.item_keys(connection, self.collection_id, [row.id for row in same])
        documents.put_documents(
            connection, [(keys[row.id], row.document or None) for row in same], [row.digest for row in same]
        )
        return {row.id for row in same}

    def _is_same(self, row: Row, stored: dict[str, Any]) -> bool:
        own = hydrate(self.base, parse(row.content))
        geometry, _, _ = (stored.pop(column) for column in ("geometry", "id", "collection"))
        own.pop("collection", None)
        return ewkb(geometry) == row.geometry and own == stored

    def _copy(self, connection: Connection, partition: str, rows: Sequence[Row]) -> None:
        name = self.collection_id.encode()
        lines = b"".join(row.item_line(name, self._base_number) for row in rows)
        try:
            loading.copy_items(connection, partition, [COPY_HEADER, lines, COPY_END])
        except OTHERS:
            raise
        except psycopg.Error as error:
            line = _LINE.search(error.diag.context or "")
            at = int(line[1]) - 1 if line else len(rows)
            if at >= len(rows):
                raise
            msg = f"loading items of {self.collection_id}: {rows[at].id}: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error


def open_collection(connection: Connection, collection: dict[str, Any]) -> CollectionLoader:
    """Load a collection if it is new or what its items have in common is; its own document comes at the end.

    Raises:
        SinkError: somebody else changes it at this moment.
        psycopg.Error: the database refuses.
    """
    document = plain(collection)
    name, base = document["id"], base_item(document)
    target = loading.load_target(connection, name)
    if target is None or target.base_item != base:
        loading.upsert_collection(connection, document)
        target = loading.load_target(connection, name)
    if target is None or target.base_item != base:
        msg = f"collection {name} is being changed by somebody else; try again"
        raise SinkError(msg)
    return CollectionLoader(name, target)


def close_collection(connection: Connection, collection: dict[str, Any]) -> None:
    """Store a collection's final form where it differs, and let pgstac know what times its items have.

    Raises:
        psycopg.Error: the database refuses.
    """
    name, final = collection["id"], plain(collection)
    settle(connection, name)
    if queries.collection_content(connection, name) != final:
        loading.upsert_collection(connection, final)
    loading.make_durable(connection)


def hydrated(item: dict[str, Any]) -> dict[str, Any]:
    """A stored item put together with its base, from what `queries.items_by_id` gives."""
    base = item.pop("pgstac:base_item")
    whole: dict[str, Any] = hydrate(base, item)
    return whole


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """psycopg's errors as ours.

    Raises:
        DatabaseError: the server is gone, refuses, or is not migrated.
    """
    try:
        yield
    except (errors.UndefinedTable, errors.UndefinedFunction, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
        said = " ".join(str(error).split())
        msg = f"{doing}: the database misses what loading needs ({said}); run `flatsim-stac db migrate` on it first"
        raise DatabaseError(msg) from error
    except psycopg.Error as error:
        msg = f"{doing}: {' '.join(str(error).split())}"
        raise DatabaseError(msg) from error
