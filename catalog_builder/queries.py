"""Every SQL statement the builder sends that is not a numbered migration: named, and bound.

Each function takes an open connection and decides nothing about transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from psycopg import Connection


def database_exists(connection: Connection[Any], name: str) -> bool:
    """Whether the server has a database of this name."""
    return connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def create_database(connection: Connection[Any], name: str, template: str = "template1") -> None:
    """Make a database as a copy of another one."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(connection: Connection[Any], name: str) -> None:
    """Remove a database, whoever is connected to it."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def role_exists(connection: Connection[Any], name: str) -> bool:
    """Whether the server has a role of this name."""
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is not None


def ensure_group_role(connection: Connection[Any], name: str) -> None:
    """Make a role that nobody logs in as, unless it is there."""
    if not role_exists(connection, name):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def create_login(connection: Connection[Any], name: str, verifier: str, group: str, *, read_only: bool) -> None:
    """Make a login user that is a member of `group`; `verifier` is its SCRAM secret."""
    user = sql.Identifier(name)
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
    connection.execute(create.format(user, sql.Literal(verifier), sql.Identifier(group)))
    connection.execute(sql.SQL("ALTER ROLE {} SET search_path TO pgstac, public").format(user))
    if read_only:
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only TO on").format(user))
        connection.execute(sql.SQL("ALTER ROLE {} SET pgstac.readonly TO 'true'").format(user))
