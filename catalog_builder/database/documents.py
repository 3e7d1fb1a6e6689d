"""Items as ready text, made again for those whose document is missing or of another state of theirs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson
import psycopg
from psycopg.types.json import set_json_loads

from catalog_builder import queries
from catalog_builder.database.bounds import renew_bounds
from catalog_builder.database.connection import connect, describe
from catalog_builder.derived.item_documents import TEMPLATE, hydrated, marked_document
from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Role
from catalog_builder.queries import bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

BATCH: Final = 500
"""Documents written at once, in a transaction of their own."""
_LOCK_WAIT_MS: Final = 300
"""Shorter than the server's deadlock time-out: it is this that gives way, never somebody who loads."""
_TRIES, _PAUSE_S = 20, 0.5

Row = tuple[str, str, bytes | None]
"""Id, row version and document of an item."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What was done: documents written, documents of items that are gone removed, items that have no document."""

    written: int = 0
    removed: int = 0
    without: int = 0


def renew_documents(dsn: str, progress: Callable[[int], None] = lambda _n: None) -> Renewal:
    """Give every item its document.

    It may run beside services and loaders, and be ended and begun again at any point. A service takes a document only
    for the very state of an item that it was made of, so that nothing wrong can come of it.

    Args:
        dsn: Of a user who may load.
        progress: Called with the number of documents written so far.

    Raises:
        DatabaseError: The database cannot be used, or others kept items locked all the time.
    """
    written = without = 0
    with connect(dsn, Role.WRITE) as reading, connect(dsn, Role.WRITE, autocommit=True) as writing:
        try:
            for session in (reading, writing):
                queries.lift_timeouts(session)
            queries.limit_lock_waits(writing, _LOCK_WAIT_MS)
            set_json_loads(orjson.loads, reading)  # as the service reads items
            reading.commit()
            reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # items and their templates at one moment
            for collection in queries.collection_ids(writing):
                documents = _documents(reading, collection)
                while batch := list(islice(documents, BATCH)):
                    _patiently(writing, collection, batch)
                    written += len(batch)
                    without += sum(document is None for *_, document in batch)
                    progress(written)
                reading.commit()
                renew_bounds(writing, collection, whole=True)
            queries.limit_lock_waits(writing, 0)
            removed = queries.forget_lost_documents(writing)
            bounds.forget_lost(writing)
        except psycopg.Error as error:
            msg = f"writing documents of items to the {describe(dsn)} failed: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error
    return Renewal(written - without, removed, without)


def _documents(connection: Connection[Any], collection: str) -> Iterator[Row]:
    templates: dict[int | None, dict[str, Any] | None] = {}
    for identifier, version, geometry, content in queries.undocumented_items(connection, collection, BATCH):
        number = content.get(TEMPLATE)
        if number not in templates:
            templates[number] = queries.item_template(connection, collection, number)
        item = hydrated(identifier, collection, geometry, content, templates[number])
        yield identifier, version, marked_document(item)


def _patiently(connection: Connection[Any], collection: str, rows: list[Row]) -> None:
    """Write rows, again and again while a loader holds one of them."""
    for attempt in range(1, _TRIES + 1):
        try:
            return queries.renew_documents(connection, collection, rows)
        except psycopg.errors.LockNotAvailable:
            if attempt == _TRIES:
                raise
            time.sleep(_PAUSE_S)
    return None
