"""Comparing the table that is searched with the items that it is derived from, and mending it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from catalog_builder import queries
from catalog_builder.database.connection import connect, describe
from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Role
from catalog_builder.queries import documents, item_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What was found, and mended where that was asked for.

    Attributes:
        collections: That were compared.
        differing: Items whose row was missing or not that of the item.
        stray: Rows of items that are not there.
        stray_documents: Documents of states of items that are gone.
    """

    collections: int = 0
    differing: int = 0
    stray: int = 0
    stray_documents: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether searches see the items as they are."""
        return not self.differing and not self.stray


def check_index(dsn: str, *, mend: bool = True, progress: Callable[[int], None] = lambda _n: None) -> IndexCheck:
    """Compare the item index with the items, and mend it. Readers and writers go on meanwhile.

    Args:
        dsn: Of the owner.
        mend: Whether what is wrong is made right.
        progress: Called with the number of collections compared so far.

    Raises:
        DatabaseError: The database cannot be used.
    """
    differing = stray = number = 0
    with connect(dsn, Role.OWNER, autocommit=True) as connection:
        try:
            queries.lift_timeouts(connection)
            for number, collection in enumerate(item_index.indexed_collections(connection), 1):
                found = item_index.index_differences(connection, collection)
                stray += sum(partition is None for _, partition, _ in found)
                differing += sum(partition is not None for _, partition, _ in found)
                if mend and found:
                    _mend(connection, found)
                progress(number)
            removed = documents.delete_stray_documents(connection) if mend else 0
        except psycopg.Error as error:
            msg = f"checking the {describe(dsn)} failed: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error
    return IndexCheck(number, differing, stray, removed)


def _mend(connection: Connection[Any], found: list[tuple[str, str | None, list[int]]]) -> None:
    by_partition: dict[str, list[str]] = defaultdict(list)
    for identifier, partition, keys in found:
        if partition is None:
            item_index.remove_rows(connection, keys)
        else:
            by_partition[partition].append(identifier)
    for partition, ids in by_partition.items():
        for start in range(0, len(ids), _BATCH):
            with connection.transaction():
                item_index.index_again(connection, partition, ids[start : start + _BATCH])


_BATCH = 1000
"""Items whose rows are made again in one transaction."""
