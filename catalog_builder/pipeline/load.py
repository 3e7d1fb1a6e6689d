"""A catalogue of lines, as `build --format ndjson` writes it, into pgstac: collections at once, each in its order.

Of each collection one batch is written while the next is read and made into rows, so that client and server are both at
work. Memory holds some batches for each collection under way, whatever their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import psycopg

from catalog_builder.database import connect, conninfo
from catalog_builder.errors import SinkError, TreeNotFound
from catalog_builder.local_postgres import Role
from catalog_builder.sinks import COLLECTIONS, Written, loading
from catalog_builder.sinks.encoding import parse
from catalog_builder.sinks.loading import CollectionLoader, translated
from catalog_builder.sinks.rows.row import Row, create_row, digest_of

BATCH_BYTES: Final = 4 * 2**20
"""Of lines that are written together."""
WORKERS: Final = 2

Progress = Callable[[int], None]
"""Called with the number of items done so far."""


@dataclass(slots=True)
class Loaded:
    """What became of the items of a catalogue."""

    collections: int = 0
    changed: int = 0
    """New ones and those that differed from what was there."""
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Items as they were read, by id."""

    lines: dict[str, bytes]
    """Taken apart again when they are needed: so many objects, kept for a while, cost more than reading them twice."""
    digests: dict[str, bytes]
    count: int


def load(folder: Path, dsn: str, *, workers: int = WORKERS, progress: Progress = lambda _done: None) -> Loaded:
    """Load what differs from what is in the database. Items that are there and not in the folder stay.

    Readers see each batch whole or not at all, and wait for none. It may be ended and begun again at any point.

    Args:
        folder: holds `collections.ndjson`, and `<collection>.ndjson` of items for those that have any.
        dsn: of a user who may load.
        workers: collections that are loaded at the same time.
        progress: told after each batch.

    Raises:
        TreeNotFound: there is no such folder, or no catalogue in it.
        SinkError: a line is not an item of its collection, or pgstac could not hold it.
        DatabaseError: the database refuses.
    """
    collections = _read_collections(folder / f"{COLLECTIONS}.ndjson")
    connect(dsn, Role.WRITE).close()  # says at once what is wrong
    done, lock = Loaded(), Lock()

    def tell(written: Written) -> None:
        with lock:
            done.changed += written.changed
            done.unchanged += written.unchanged
            progress(done.changed + done.unchanged)

    def one(collection: dict[str, Any]) -> None:
        _load_collection(collection, folder / f"{collection['id']}.ndjson", dsn, tell)

    with ThreadPoolExecutor(workers) as pool:
        try:
            for _ in pool.map(one, sorted(collections, key=lambda each: -_size(folder, each))):
                done.collections += 1
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return done


def _read_collections(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        msg = f"{path}: {error.strerror}; a catalogue of lines has one, see `flatsim-stac build --format ndjson`"
        raise TreeNotFound(msg) from error
    try:
        found = [parse(line) for line in lines if line.strip()]
    except ValueError as error:
        msg = f"{path}: {error}"
        raise SinkError(msg) from error
    if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in found):
        msg = f"{path}: a line is not a collection"
        raise SinkError(msg)
    return found


def _size(folder: Path, collection: dict[str, Any]) -> int:
    path = folder / f"{collection['id']}.ndjson"
    return path.stat().st_size if path.is_file() else 0


def _load_collection(collection: dict[str, Any], path: Path, dsn: str, tell: Callable[[Written], None]) -> None:
    name = collection["id"]
    with translated(f"loading {name}"), psycopg.connect(conninfo(dsn, Role.WRITE, **loading.SESSION)) as connection:
        connection.autocommit = True
        loader = loading.open_collection(connection, collection)
        with ThreadPoolExecutor(1) as reader:
            for batch in _ahead(reader, _batches(path, name)):
                known = loader.unchanged(connection, batch.digests)
                written = loader.write(connection, _rows(path, loader, batch, known))
                tell(Written(changed=written.changed, unchanged=batch.count - written.changed))
        loading.close_collection(connection, collection)


def _rows(path: Path, loader: CollectionLoader, batch: _Batch, known: set[str]) -> list[Row]:
    new = ((batch.lines[name], digest) for name, digest in batch.digests.items() if name not in known)
    try:
        return [create_row(parse(line), digest, loader.base) for line, digest in new]
    except SinkError as error:
        msg = f"{path}: {error}"
        raise SinkError(msg) from error


def _ahead(reader: ThreadPoolExecutor, batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """The batches, each read while the one before is written."""
    pending = reader.submit(next, batches, None)
    while (batch := pending.result()) is not None:
        pending = reader.submit(next, batches, None)
        yield batch


def _batches(path: Path, collection_id: str) -> Iterator[_Batch]:
    """Items of a file; of two of one id, the last of a batch."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        while lines := file.readlines(BATCH_BYTES):
            found = {_id_of(path, collection_id, line): line for line in map(bytes.strip, lines) if line}
            digests = {name: digest_of(line) for name, line in found.items()}
            yield _Batch(found, digests, sum(not line.isspace() for line in lines))


def _id_of(path: Path, collection_id: str, line: bytes) -> str:
    try:
        item = parse(line)
        name, collection = item["id"], item["collection"]
    except (ValueError, LookupError, TypeError) as error:
        msg = f"{path}: a line is not an item: {line[:80].decode(errors='replace')!r}"
        raise SinkError(msg) from error
    if collection != collection_id or not isinstance(name, str):
        msg = f"{path}: item {name!r} is of collection {collection!r}"
        raise SinkError(msg)
    return name
