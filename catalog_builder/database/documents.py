"""Items as prerendered JSON, made for those that have none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.types.json import set_json_loads

from catalog_builder import queries
from catalog_builder.database.connection import connect, describe
from catalog_builder.derived.item_documents import TEMPLATE, hydrated, marked_document, read_json
from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Role
from catalog_builder.queries import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

BATCH: Final = 500
"""Items read and documents written at once, in a transaction of their own."""

Templates = dict[tuple[str, int | None], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What was done: documents written, stray documents removed, items that cannot have a document."""

    written: int = 0
    removed: int = 0
    without: int = 0


def renew_documents(dsn: str, progress: Callable[[int], None] = lambda _n: None) -> Renewal:
    """Give every item its document.

    It may run beside services and loaders, and be ended and begun again at any point. A document is tied to the key of
    one state of its item, so that nothing wrong can come of it.

    Args:
        dsn: Of a user who may load.
        progress: Called with the number of documents written so far.

    Raises:
        DatabaseError: The database cannot be used.
    """
    written = without = last = 0
    templates: Templates = {}
    with connect(dsn, Role.WRITE) as connection:
        try:
            queries.lift_timeouts(connection)
            documents.prefer_indexes(connection)
            set_json_loads(read_json, connection)  # as the service reads items
            connection.commit()
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # keys and items at one moment
            while rows := documents.keys_after(connection, last, BATCH):
                last = rows[-1][0]
                made = _documents(connection, rows, templates)
                documents.put_documents(connection, made)
                connection.commit()
                written += len(made)
                without += sum(document is None for _, document in made)
                progress(written)
            removed = documents.delete_stray_documents(connection)
            connection.commit()
        except psycopg.Error as error:
            msg = f"writing documents of items to the {describe(dsn)} failed: {' '.join(str(error).split())}"
            raise DatabaseError(msg) from error
    return Renewal(written - without, removed, without)


def _documents(
    connection: Connection[Any], rows: list[tuple[int, str, str]], templates: Templates
) -> list[tuple[int, bytes | None]]:
    """Key and document of those of some items that have none."""
    present = documents.documented_keys(connection, [key for key, _, _ in rows])
    keys: dict[str, dict[str, int]] = defaultdict(dict)
    for key, collection, identifier in rows:
        if key not in present:
            keys[collection][identifier] = key
    made: list[tuple[int, bytes | None]] = []
    for collection, missing in keys.items():
        for identifier, geometry, content in documents.stored_items(connection, collection, list(missing)):
            number = content.get(TEMPLATE)
            if (collection, number) not in templates:
                templates[collection, number] = documents.item_template(connection, collection, number)
            item = hydrated(identifier, collection, geometry, content, templates[collection, number])
            made.append((missing[identifier], marked_document(item)))
    return made
