"""pgstac's own schema, at the version this project is pinned to, by pgstac's own migrations."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from catalog_builder import queries
from catalog_builder.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("pgstac_admin", "pgstac_read", "pgstac_ingest")
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def pinned_version() -> str:
    """The version of pgstac that is installed with us."""
    import pypgstac  # noqa: PLC0415

    return str(pypgstac.__version__)


def is_due(present: str | None, pinned: str) -> bool:
    """Whether pgstac has to be installed or upgraded.

    Raises:
        MigrationError: the database has a newer one, or one that was never released.

    >>> is_due(None, "0.10.0"), is_due("0.9.11", "0.10.0"), is_due("0.10.0", "0.10.0")
    (True, True, False)
    """
    if present in (None, pinned):
        return present is None
    numbers, ours = _VERSION.fullmatch(present), _VERSION.fullmatch(pinned)
    if numbers is None or ours is None:
        msg = f"the database has pgstac {present!r}, not a release; this software works with {pinned}"
        raise MigrationError(msg)
    if _ordinal(numbers) > _ordinal(ours):
        msg = (
            f"the database has pgstac {present}, newer than {pinned}, which this software works with; "
            "upgrade flatsim-stac, or give it a database of its own"
        )
        raise MigrationError(msg)
    return True


def make_roles(connection: psycopg.Connection[Any]) -> None:
    """Make pgstac's roles and join them: its migration acts as each, but lets its user join only one."""
    with connection.transaction():
        for role in ROLES:
            queries.ensure_group_role(connection, role)
            queries.join_role(connection, role)


def bring_to(conninfo: str, version: str) -> None:
    """Install pgstac, or upgrade what is there, in one transaction of pypgstac's.

    Args:
        conninfo: of the user who owns the schema.
        version: the target.

    Raises:
        MigrationError: it did not work; the database is as it was before.
    """
    from pypgstac.db import PgstacDB  # noqa: PLC0415
    from pypgstac.migrate import Migrate  # noqa: PLC0415

    database = PgstacDB(dsn=conninfo)
    pool = database.get_pool()
    try:
        with _quiet():
            Migrate(database).run_migration(version)
    except psycopg.Error:
        raise
    except Exception as error:  # pypgstac raises bare Exception
        msg = f"pgstac could not be brought to {version}: {error}"
        raise MigrationError(msg) from error
    finally:
        database.disconnect()
        pool.close()


def _ordinal(version: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(number) for number in version.groups())


@contextmanager
def _quiet() -> Iterator[None]:
    """pypgstac tells its progress to the log; only its faults are worth a user's time."""
    logger = logging.getLogger("pypgstac")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
