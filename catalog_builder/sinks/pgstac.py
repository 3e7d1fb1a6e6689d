"""Items and collections into pgstac, by pypgstac's loader, one transaction a batch. The only module that imports
pypgstac for loading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from hydraters import hydrate
from psycopg_pool import ConnectionPool
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods

from catalog_builder import queries
from catalog_builder.cluster import Role
from catalog_builder.database import connect, conninfo
from catalog_builder.encoding import Encode, compact, parse, plain
from catalog_builder.errors import DatabaseError, SinkError
from catalog_builder.job import Document
from catalog_builder.manifest import Manifest
from catalog_builder.sinks import CollectionDict, ItemDict, Written
from catalog_builder.sinks.table import Table

PAGE = 500
"""Items read from the database at once."""


class PgstacSink:
    """Loads a database; what is there and equal is left alone."""

    def __init__(self, dsn: str) -> None:
        self._pool = ConnectionPool(
            conninfo(dsn, Role.WRITE), min_size=1, max_size=2, kwargs={"autocommit": True}, open=False
        )
        connect(dsn, Role.WRITE).close()  # says at once what is wrong; the pool would try for half a minute
        with _translated("connecting"):
            self._pool.open(wait=True, timeout=30)
        self._loader = Loader(PgstacDB(pool=self._pool))

    def open_collection(self, collection: CollectionDict) -> None:
        """Load the collection if its item template is new; its extent comes when it is closed."""
        stored = self._stored_collection(collection["id"])
        if stored is None or stored.get("item_assets") != collection["item_assets"]:
            self._load_collection(collection)

    def encoding(self) -> Encode:
        """Any will do; they are taken apart again."""
        return compact

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Load those that differ from what is there, in one transaction."""
        stored = {item["id"]: item for item in self._stored_items(collection_id, [item.id for item in items])}
        new = [parse(item.content) for item in items]
        changed = [item for item in new if stored.get(item["id"]) != item]
        if changed:
            with _translated(f"loading items of {collection_id}"):
                self._loader.load_items(iter(changed), Methods.upsert)
        return Written(changed=len(changed), unchanged=len(items) - len(changed))

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:
        """Items loaded by earlier builds or by others."""
        ours = set(written)
        with _translated(f"reading {collection_id}"), self._pool.connection() as connection:
            others = [one for one in queries.item_ids(connection, collection_id) if one not in ours]
        for start in range(0, len(others), PAGE):
            yield from self._stored_items(collection_id, others[start : start + PAGE])

    def close_collection(self, collection: CollectionDict) -> None:
        """Load the collection's final form where it differs."""
        if self._stored_collection(collection["id"]) != plain(collection):
            self._load_collection(collection)

    def close(self) -> None:
        """Give the connections back."""
        self._loader.db.disconnect()
        self._pool.close()

    def manifest(self) -> Manifest:
        """Tables of the same database."""
        return Table(self._pool)

    def has_collection(self, collection_id: str) -> bool:
        """Whether it was loaded."""
        return self._stored_collection(collection_id) is not None

    def stored_ids(self, collection_id: str) -> set[str]:
        """By one query."""
        with _translated(f"reading {collection_id}"), self._pool.connection() as connection:
            return set(queries.item_ids(connection, collection_id))

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:
        """Delete them in one statement."""
        with _translated(f"removing items of {collection_id}"), self._pool.connection() as connection:
            return queries.delete_items(connection, collection_id, list(ids))

    def remove_collection(self, collection_id: str) -> None:
        """Delete it; its partitions go with it."""
        with _translated(f"removing collection {collection_id}"), self._pool.connection() as connection:
            queries.delete_collection(connection, collection_id)

    def _load_collection(self, collection: CollectionDict) -> None:
        with _translated(f"loading collection {collection['id']}"):
            self._loader.load_collections(iter([plain(collection)]), Methods.upsert)

    def _stored_collection(self, collection_id: str) -> CollectionDict | None:
        with _translated(f"reading {collection_id}"), self._pool.connection() as connection:
            return queries.collection_content(connection, collection_id)

    def _stored_items(self, collection_id: str, ids: Sequence[str]) -> list[ItemDict]:
        with _translated(f"reading items of {collection_id}"), self._pool.connection() as connection:
            return [_hydrated(item) for item in queries.items_by_id(connection, collection_id, list(ids))]


def _hydrated(item: dict[str, Any]) -> ItemDict:
    base_item = item.pop("pgstac:base_item")
    hydrated: ItemDict = hydrate(base_item, item)
    return hydrated


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """psycopg's errors as ours. pypgstac raises bare exceptions of its own beside them.

    Raises:
        DatabaseError: the server is gone or refuses.
        SinkError: pypgstac refuses the data.
    """
    try:
        yield
    except psycopg.Error as error:
        msg = f"{doing}: {' '.join(str(error).split())}"
        raise DatabaseError(msg) from error
    except DatabaseError:
        raise
    except Exception as error:
        msg = f"{doing}: {error}"
        raise SinkError(msg) from error
