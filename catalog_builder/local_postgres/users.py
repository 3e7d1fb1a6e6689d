"""The database and the login users of the embedded cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from catalog_builder import queries
from catalog_builder.errors import ClusterError
from catalog_builder.local_postgres import credentials, ports
from catalog_builder.local_postgres.roles import Role

if TYPE_CHECKING:
    from catalog_builder.local_postgres.layout import Layout

DATABASE = "flatsim"
_MAINTENANCE_DATABASE = "postgres"
_TIMEOUT_S = 15


def ensure(layout: Layout, port: int) -> None:
    """Make the database and the login users where they are missing; what is there stays as it is.

    Raises:
        ClusterError: the running server does not let us in.
    """
    try:
        with _connect(layout, port) as connection:
            if not queries.database_exists(connection, DATABASE):
                queries.create_database(connection, DATABASE)
            for role in (Role.READ, Role.WRITE):
                _ensure_login(connection, layout, role)
    except psycopg.Error as error:
        msg = f"the embedded database runs but cannot be set up: {error}"
        raise ClusterError(msg) from error


def _connect(layout: Layout, port: int) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=ports.LOOPBACK,
        port=port,
        user=Role.OWNER.login,
        password=credentials.password(layout.credentials, Role.OWNER),
        dbname=_MAINTENANCE_DATABASE,
        connect_timeout=_TIMEOUT_S,
        autocommit=True,
    )


def _ensure_login(connection: psycopg.Connection[tuple[object, ...]], layout: Layout, role: Role) -> None:
    """The group role is made here too, so that the user is its member before any migration ran."""
    group = role.database_role
    if group is None or queries.role_exists(connection, role.login):
        return
    # Only the verifier travels and is stored, never the password.
    password = credentials.password(layout.credentials, role).encode()
    verifier = connection.pgconn.encrypt_password(password, role.login.encode(), b"scram-sha-256").decode()
    with connection.transaction():
        queries.ensure_group_role(connection, group)
        queries.create_login(connection, role.login, verifier, group, read_only=role is Role.READ)
