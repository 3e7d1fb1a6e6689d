"""Our numbered migrations: which files there are, which were applied, and applying the rest.

A file is one transaction together with its entry in the ledger, so it is applied once or not at all.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from catalog_builder import queries
from catalog_builder.errors import MigrationError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name, its text, and the SHA-256 of its bytes in hexadecimal."""

    name: str
    text: str
    checksum: str


def read_files(folder: Path) -> list[Migration]:
    """The migrations of a folder by number.

    Raises:
        MigrationError: there is not one, a name has another form, or two have the same number.
    """
    paths = sorted(folder.glob("*.sql"))
    if not paths:
        msg = f"{folder} holds no migrations (files NNNN_name.sql); set FLATSIM_MIGRATIONS_DIR"
        raise MigrationError(msg)
    seen: dict[str, str] = {}
    for path in paths:
        form = _NAME.fullmatch(path.name)
        if form is None:
            msg = f"{path} is not named like a migration (NNNN_name.sql, lower case)"
            raise MigrationError(msg)
        if form[1] in seen:
            msg = f"two migrations have the number {form[1]}: {seen[form[1]]} and {path.name}"
            raise MigrationError(msg)
        seen[form[1]] = path.name
    return [_read(path) for path in paths]


def pending(files: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """What is to be applied, in order.

    Args:
        files: those of the folder.
        applied: checksum by name, from the ledger.

    Raises:
        MigrationError: an applied file was edited or is missing, or a new one comes before an applied one.
    """
    by_name = {file.name: file for file in files}
    for name, checksum in applied.items():
        if name not in by_name:
            msg = f"the database has the migration {name}, which is missing here; is this an older flatsim-stac?"
            raise MigrationError(msg)
        if by_name[name].checksum != checksum:
            msg = f"the migration {name} was edited after it was applied; put it back and write a new one"
            raise MigrationError(msg)
    due = [file for file in files if file.name not in applied]
    last = max(applied, default="")
    if due and due[0].name < last:
        msg = f"the migration {due[0].name} comes before {last}, which is applied already; give it a later number"
        raise MigrationError(msg)
    return due


def apply(connection: psycopg.Connection[Any], migration: Migration) -> None:
    """Run one migration and write it down, both or neither.

    Raises:
        MigrationError: it failed, or it ended the transaction it runs in.
    """
    try:
        with connection.transaction():
            before = queries.transaction_id(connection)
            connection.execute(migration.text.encode())
            if queries.transaction_id(connection) != before:
                msg = f"the migration {migration.name} ends its transaction; take out COMMIT and ROLLBACK"
                raise MigrationError(msg)
            queries.record_migration(connection, migration.name, migration.checksum)
    except psycopg.Error as error:
        msg = f"the migration {migration.name} failed and left nothing behind: {str(error).strip()}"
        raise MigrationError(msg) from error


def _read(path: Path) -> Migration:
    content = path.read_bytes()
    return Migration(path.name, content.decode(), hashlib.sha256(content).hexdigest())
