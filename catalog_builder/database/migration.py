"""Bringing a database up to date: pgstac, then our migrations, then the queryables, then the table that is searched.

Each step is one transaction, and one process at a time takes them, so that the run can be ended at any point
and begun again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from catalog_builder import queries
from catalog_builder.database import ledger, pgstac, preflight
from catalog_builder.database.connection import connect, conninfo, describe
from catalog_builder.database.item_index import IndexChange, synchronise_index
from catalog_builder.database.queryables import QueryablesChange, synchronise
from catalog_builder.errors import MigrationError
from catalog_builder.local_postgres import Role
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOCK_PATIENCE_S = 600
_TRIES, _PAUSE_S = 5, 0.2


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a run did. `pgstac_before` is nothing on a new database; `applied` are file names."""

    pgstac_before: str | None
    pgstac: str
    applied: tuple[str, ...]
    queryables: QueryablesChange
    index: IndexChange

    @property
    def changed(self) -> bool:
        """Whether the database is another than before."""
        return bool(
            self.pgstac_before != self.pgstac
            or self.applied
            or self.queryables != QueryablesChange()
            or self.index != IndexChange()
        )


def migrate(dsn: str, migrations_dir: Path, *, pgstac_indexes: bool = False) -> MigrationReport:
    """Bring a database up to date; nothing happens where it is.

    Args:
        dsn: of a user who owns the schema, or may make it.
        migrations_dir: folder of the numbered SQL files.
        pgstac_indexes: whether pgstac's own searches get indexes on every partition, for whoever runs the plain
            stac-fastapi-pgstac or titiler-pgstac on the same database.

    Raises:
        MigrationError: something is missing on the server, a migration failed, the applied ones differ from
            the files, or the database has a newer pgstac. What was applied before stays applied.
        DatabaseError: no connection.
    """
    files = ledger.read_files(migrations_dir)
    with connect(dsn, autocommit=True) as connection:
        try:
            return _migrate(connection, dsn, files, pgstac_indexes=pgstac_indexes)
        except psycopg.Error as error:
            msg = f"migrating the {describe(dsn)} failed: {str(error).strip()}"
            raise MigrationError(msg) from error


def _migrate(
    connection: psycopg.Connection[Any], dsn: str, files: list[ledger.Migration], *, pgstac_indexes: bool
) -> MigrationReport:
    queries.lift_timeouts(connection)
    _take_turn(connection, dsn)
    facts = queries.server_facts(connection)
    problems = preflight.shortcomings(facts)
    if problems:
        msg = f"the {describe(dsn)} cannot take the schema: " + "; ".join(problems)
        raise MigrationError(msg)
    before, pinned = queries.pgstac_version(connection), pgstac.pinned_version()
    if pgstac.is_due(before, pinned):
        if not facts.is_superuser:
            _retried(partial(pgstac.make_roles, connection))
        unhurried = conninfo(dsn, Role.OWNER, statement_timeout="0", lock_timeout="0")
        _retried(partial(pgstac.bring_to, unhurried, pinned))
    queries.make_ledger(connection)
    due = ledger.pending(files, queries.applied_migrations(connection))
    for migration in due:
        _retried(partial(ledger.apply, connection, migration))
    change = synchronise(connection, QUERYABLES, pgstac_indexes=pgstac_indexes)
    return MigrationReport(before, pinned, tuple(m.name for m in due), change, synchronise_index(connection))


def _take_turn(connection: psycopg.Connection[Any], dsn: str) -> None:
    try:
        queries.take_migration_lock(connection, _LOCK_PATIENCE_S)
    except psycopg.errors.LockNotAvailable as error:
        msg = f"another process has been migrating the {describe(dsn)} for {_LOCK_PATIENCE_S} s; wait for it or end it"
        raise MigrationError(msg) from error


def _retried(step: Callable[[], None]) -> None:
    """Take a step again when it met another database's migration.

    Roles belong to the whole server, the lock to one database: two databases may change the same role at once.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return step()
        except (psycopg.Error, MigrationError) as error:
            if attempt == _TRIES or not _is_transient(error):
                raise
            time.sleep(_PAUSE_S * attempt)
    return None


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, MigrationError):
        return error.__cause__ is not None and _is_transient(error.__cause__)
    if isinstance(error, psycopg.errors.UniqueViolation):
        return (error.diag.constraint_name or "").startswith("pg_auth")
    if isinstance(error, psycopg.errors.InternalError_):
        return "tuple concurrently" in str(error)
    return isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure)
