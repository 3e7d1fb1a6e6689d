"""The database's address: from what libpq understands to what asyncpg understands."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from api.errors import StartError

CLIENT_OPTIONS: Final = frozenset(
    {
        "channel_binding", "client_encoding", "connect_timeout", "fallback_application_name", "gssdelegation",
        "gssencmode", "hostaddr", "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval",
        "load_balance_hosts", "replication", "require_auth", "requirepeer", "requiressl", "sslcertmode",
        "sslcompression", "sslsni", "tcp_user_timeout",
    }
)  # fmt: skip
"""Options of libpq that asyncpg does not know; it would send them to the server, which refuses the connection."""

_PAIR: Final = re.compile(r"\s*(?P<name>\w+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<bare>(?:[^\s'\\]|\\.)*))\s*")
_ESCAPED: Final = re.compile(r"\\(.)")


def connection_arguments(dsn: str | None) -> dict[str, Any]:
    """Arguments of `asyncpg.connect` that say where the server is.

    Args:
        dsn: `postgresql://…` or libpq's `name=value …`; without it asyncpg reads the `PG*` variables itself.

    Raises:
        StartError: It is neither. The message does not repeat it: there may be a password in it.

    >>> connection_arguments("host=/run/postgresql dbname=flatsim connect_timeout=3")
    {'dsn': 'postgresql://?host=%2Frun%2Fpostgresql&dbname=flatsim', 'timeout': 3.0}
    >>> connection_arguments("postgresql://anna@db.example.org/flatsim?sslmode=require&keepalives=1")
    {'dsn': 'postgresql://anna@db.example.org/flatsim?sslmode=require'}
    """
    if dsn is None:
        return {}
    address, options = _split_uri(dsn) if "://" in dsn else ("postgresql://", _pairs(dsn))
    query = urlencode([(name, _value(name, value)) for name, value in options if name not in CLIENT_OPTIONS])
    arguments: dict[str, Any] = {"dsn": f"{address}?{query}" if query else address}
    timeout = dict(options).get("connect_timeout", "")
    if timeout.isdecimal() and int(timeout) > 0:
        arguments["timeout"] = float(timeout)
    return arguments


def _split_uri(dsn: str) -> tuple[str, list[tuple[str, str]]]:
    """The address without its options, and the options."""
    address, _, query = dsn.strip().partition("?")
    scheme, _, place = address.partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise _malformed()
    options = parse_qsl(query, keep_blank_values=True)
    login_and_host, slash, name = place.partition("/")
    login, at, host = login_and_host.rpartition("@")
    if host.startswith(":"):  # a port alone, as of a socket named in the options; asyncpg would look up an empty name
        options.append(("port", host[1:]))
        host = ""
    # libpq gives # no meaning, the URL parser of asyncpg does
    return f"{scheme}://{login}{at}{host}{slash}{name}".replace("#", "%23"), options


def _pairs(dsn: str) -> list[tuple[str, str]]:
    """The options of libpq's older form: `name=value`, quoted where there are spaces."""
    options: list[tuple[str, str]] = []
    position = 0
    while position < len(dsn):
        if (found := _PAIR.match(dsn, position)) is None:
            raise _malformed()
        value = found["bare"] if found["quoted"] is None else found["quoted"]
        options.append((found["name"], _ESCAPED.sub(r"\1", value)))
        position = found.end()
    return options


def _value(name: str, value: str) -> str:
    """A value as asyncpg reads it: an IPv6 address needs brackets."""
    is_bare_ipv6 = name == "host" and value.count(":") > 1 and not value.startswith(("/", "["))
    return f"[{value}]" if is_bare_ipv6 else value


def _malformed() -> StartError:
    return StartError("FLATSIM_DATABASE: not a PostgreSQL address; it reads postgresql://user:password@host:port/name")
