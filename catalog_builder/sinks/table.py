"""The manifest of a database: two tables of this project beside pgstac's, made by a migration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from catalog_builder import queries
from catalog_builder.errors import DatabaseError
from catalog_builder.sinks.manifest import Record


class Table:
    """Records in the database; each method is one transaction."""

    keeps = True

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def records(self) -> Iterable[Record]:
        """All of them."""
        with self._session() as connection:
            rows = queries.built_packages(connection)
        return [Record(*row[:4], *map(_remarks, row[4:])) for row in rows]

    def remember(self, records: Sequence[Record]) -> None:
        """Insert or replace."""
        rows = [
            (one.package, one.fingerprint, one.collection, one.item, list(one.warnings), list(one.ignored))
            for one in records
        ]
        with self._session() as connection:
            queries.record_built(connection, rows)

    def forget(self, packages: Sequence[str]) -> None:
        """Delete."""
        with self._session() as connection:
            queries.forget_built(connection, list(packages))

    def unfinished(self) -> set[str]:
        """Collections that were begun and not finished."""
        with self._session() as connection:
            return queries.unfinished_collections(connection)

    def begin(self, collection_id: str) -> None:
        """Insert, unless it is there."""
        with self._session() as connection:
            queries.begin_collection(connection, collection_id)

    def finish(self, collection_id: str) -> None:
        """Delete."""
        with self._session() as connection:
            queries.finish_collection(connection, collection_id)

    def close(self) -> None:
        """The connections are the sink's."""

    @contextmanager
    def _session(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with self._pool.connection() as connection, connection.transaction():
                yield connection
        except psycopg.errors.UndefinedTable as error:
            msg = "the builder's tables are missing in the database; run `flatsim-stac db migrate` on it first"
            raise DatabaseError(msg) from error
        except psycopg.Error as error:
            msg = f"reading or writing what was built: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error


def _remarks(said: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one) for one in said)
