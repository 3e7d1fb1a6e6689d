"""Items and collections into pgstac, one transaction a batch.

Workers dehydrate items and encode their rows (`rows`); here they are only written (`loading`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from psycopg_pool import ConnectionPool

from catalog_builder import queries
from catalog_builder.database import connect, conninfo
from catalog_builder.local_postgres import Role
from catalog_builder.sinks import CollectionDict, ItemDict, Written, loading
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode
from catalog_builder.sinks.loading import translated
from catalog_builder.sinks.manifest import Manifest
from catalog_builder.sinks.rows.encode import encode_row
from catalog_builder.sinks.rows.row import Row
from catalog_builder.sinks.table import Table

PAGE = 500
"""Items read from the database at once."""


class PgstacSink:
    """Loads a database; what is there and equal is left alone."""

    def __init__(self, dsn: str) -> None:
        self._pool = ConnectionPool(
            conninfo(dsn, Role.WRITE, **loading.SESSION),
            min_size=1,
            max_size=2,
            kwargs={"autocommit": True},
            open=False,
        )
        connect(dsn, Role.WRITE).close()  # says at once what is wrong; the pool would try for half a minute
        with translated("connecting"):
            self._pool.open(wait=True, timeout=30)
        self._loaders: dict[str, loading.CollectionLoader] = {}

    def open_collection(self, collection: CollectionDict) -> None:
        """Load the collection if its item template is new; its extent comes when it is closed."""
        name = collection["id"]
        with translated(f"loading collection {name}"), self._pool.connection() as connection:
            self._loaders[name] = loading.open_collection(connection, collection)

    def claim(self) -> AbstractContextManager[None]:
        """Builds into one database take turns by its own locks."""
        return nullcontext()

    def encoding(self) -> Encode:
        """Rows, dehydrated."""
        return encode_row

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Load those that differ from what is there, in one transaction."""
        rows = [Row.unpack(item.content) for item in items]
        with translated(f"loading items of {collection_id}"), self._pool.connection() as connection:
            return self._loaders[collection_id].write(connection, rows)

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:
        """Items loaded by earlier builds or by others."""
        ours = set(written)
        with translated(f"reading {collection_id}"), self._pool.connection() as connection:
            others = [one for one in queries.item_ids(connection, collection_id) if one not in ours]
        for start in range(0, len(others), PAGE):
            yield from self._stored_items(collection_id, others[start : start + PAGE])

    def close_collection(self, collection: CollectionDict) -> None:
        """Load the collection's final form where it differs, and let pgstac know what times its items have."""
        with translated(f"closing collection {collection['id']}"), self._pool.connection() as connection:
            loading.close_collection(connection, collection)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def manifest(self) -> Manifest:
        """Tables of the same database."""
        return Table(self._pool)

    def has_collection(self, collection_id: str) -> bool:
        """Whether it was loaded."""
        return self._stored_collection(collection_id) is not None

    def stored_ids(self, collection_id: str) -> set[str]:
        """By one query."""
        with translated(f"reading {collection_id}"), self._pool.connection() as connection:
            return set(queries.item_ids(connection, collection_id))

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:
        """Delete them in one statement."""
        with translated(f"removing items of {collection_id}"), self._pool.connection() as connection:
            return queries.delete_items(connection, collection_id, list(ids))

    def remove_collection(self, collection_id: str) -> None:
        """Delete it; its partitions go with it."""
        with translated(f"removing collection {collection_id}"), self._pool.connection() as connection:
            queries.delete_collection(connection, collection_id)

    def _stored_collection(self, collection_id: str) -> CollectionDict | None:
        with translated(f"reading {collection_id}"), self._pool.connection() as connection:
            return queries.collection_content(connection, collection_id)

    def _stored_items(self, collection_id: str, ids: Sequence[str]) -> list[ItemDict]:
        with translated(f"reading items of {collection_id}"), self._pool.connection() as connection:
            return [loading.hydrated(item) for item in queries.items_by_id(connection, collection_id, list(ids))]
