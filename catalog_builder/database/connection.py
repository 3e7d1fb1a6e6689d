"""From what the user said to an open session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Cluster, Role

if TYPE_CHECKING:
    from pathlib import Path

_ADDRESS_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE")
"""Any of these says that the user means a server of their own; a password or a time-out alone does not."""
_CONNECT_TIMEOUT_S = "15"
_SESSION = {
    Role.OWNER: {},
    Role.READ: {"default_transaction_read_only": "on", "pgstac.readonly": "true"},
    Role.WRITE: {},
}
"""Session settings by role. A reader keeps no statistics of its searches: pgstac would write them."""


def resolve_dsn(dsn: str | None, home: Path, role: Role = Role.OWNER) -> str:
    """The database that is meant: the one named, else that of the `PG*` variables, else the embedded one.

    Args:
        dsn: `postgresql://…` or a libpq connection string, as the user gave it.
        home: folder of the embedded cluster; nothing is started.
        role: whose login to take from the embedded cluster; elsewhere `connect` takes care of the role.

    Returns:
        A connection string with everything in it, so that it can be handed to another process.

    Raises:
        DatabaseError: the string is malformed, or the embedded server is meant and does not run.
    """
    if dsn:
        _parse(dsn)
        return dsn
    if any(os.environ.get(name) for name in _ADDRESS_VARIABLES):
        return _dsn_from_environment()
    return Cluster(home).dsn(role)


def connect(dsn: str, role: Role = Role.OWNER, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Open a session on pgstac's schema that acts as a role.

    The role is a start-up parameter: it holds on any server where the migrations ran and from the first
    statement on, whatever user the DSN names.

    Args:
        dsn: from `resolve_dsn`.
        role: whose rights the session has; the owner's are those of the DSN's user.
        autocommit: no transaction unless one is asked for.

    Raises:
        DatabaseError: no session; the message names the server, never the password.
    """
    try:
        return psycopg.connect(conninfo(dsn, role), autocommit=autocommit)
    except psycopg.Error as error:
        raise _refusal(error, dsn, role) from error


def conninfo(dsn: str, role: Role, **settings: str) -> str:
    """The connection string of a session on pgstac's schema, for code that connects by itself.

    Args:
        dsn: from `resolve_dsn`.
        role: whose rights the session has.
        settings: further server settings.
    """
    parts = _parse(dsn)
    settings = {"search_path": "pgstac,public", **_SESSION[role], **settings}
    if role.database_role:
        settings["role"] = role.database_role
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options = f"{parts['options']} {ours}" if parts.get("options") else ours
    parts.setdefault("application_name", "flatsim-stac")
    parts.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
    return make_conninfo(**{**parts, "options": options})


def describe(dsn: str) -> str:
    """The database in words for a message, without the password.

    >>> describe("postgresql://anna:secret@db.example.org:5433/catalogue")
    'database catalogue on db.example.org:5433'
    """
    parts = _parse(dsn)
    host = parts.get("host") or parts.get("hostaddr") or "the local socket"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"database {parts.get('dbname') or parts.get('user') or 'of the default name'} on {host}{port}"


def _parse(dsn: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        # The driver's message may quote the whole string, password and all.
        msg = "the address of the database is malformed; it has the form postgresql://user:password@host:port/name"
        raise DatabaseError(msg) from error


def _refusal(error: psycopg.Error, dsn: str, role: Role) -> DatabaseError:
    said = " ".join(str(error).split())
    if role.database_role and f'role "{role.database_role}" does not exist' in said:
        return DatabaseError(
            f"the {describe(dsn)} does not have the role {role.database_role}; "
            "run `flatsim-stac db migrate` on it first"
        )
    if role.database_role and "permission denied to set role" in said:
        return DatabaseError(
            f"the user of the {describe(dsn)} may not act as {role.database_role}; "
            f"let its owner run: GRANT {role.database_role} TO <user>"
        )
    return DatabaseError(f"cannot reach the {describe(dsn)}: {said}")


def _dsn_from_environment() -> str:
    """Everything libpq takes from the environment and the service file, written out as a URI."""
    parts = {
        option.keyword.decode(): option.val.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.val and option.val != option.compiled
    }
    host = parts.pop("host", "")
    user, password = parts.pop("user", ""), parts.pop("password", None)
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    port = f":{parts.pop('port')}" if "port" in parts else ""
    name = quote(parts.pop("dbname", ""), safe="")
    if host.startswith("/"):
        parts, host = {"host": host, **parts}, ""
    query = f"?{urlencode(parts, quote_via=quote)}" if parts else ""
    return f"postgresql://{login}@{host}{port}/{name}{query}"
