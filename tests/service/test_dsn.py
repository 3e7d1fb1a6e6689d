"""Whatever libpq takes for an address, the service connects to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import asyncpg
import psycopg
import pytest

from api.database.dsn import connection_arguments
from api.database.pool import check_database, session_arguments
from api.errors import StartError
from api.settings.service import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "p@ss w%rd/#?:'\\"


@pytest.fixture(scope="module")
def login(catalogue_dsn: str) -> Iterator[str]:
    """A user whose only right is to act as the read role, with a password that must be escaped."""
    name = "flatsim_dsn_test"
    with psycopg.connect(catalogue_dsn, autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} NOINHERIT IN ROLE flatsim_read").format(
                psycopg.sql.Identifier(name), psycopg.sql.Literal(PASSWORD)
            )
        )
        yield name
        connection.execute(psycopg.sql.SQL("DROP ROLE {}").format(psycopg.sql.Identifier(name)))


async def session_facts(settings: ServiceSettings) -> dict[str, Any]:
    connection = await asyncpg.connect(**session_arguments(settings))
    try:
        names = ["role", "jit", "statement_timeout", "default_transaction_read_only", "search_path", "pgstac.readonly"]
        facts = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in names}
        facts["user"] = await connection.fetchval("SELECT session_user")
        return facts
    finally:
        await connection.close()


def forms(dsn: str, user: str) -> dict[str, str]:
    parts = urlsplit(dsn)
    host, port, name = parts.hostname, parts.port, parts.path.lstrip("/")
    secret = quote(PASSWORD, safe="")
    escaped = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "uri": f"postgresql://{user}:{secret}@{host}:{port}/{name}",
        "short scheme": f"postgres://{user}:{secret}@{host}:{port}/{name}",
        "options": f"postgresql://{user}:{secret}@{host}:{port}/{name}?connect_timeout=5&application_name=x&keepalives=1"
        "&sslmode=prefer&target_session_attrs=any&gssencmode=disable",
        "server options": f"postgresql://{user}:{secret}@{host}:{port}/{name}?options=-c%20geqo%3Doff",
        "all in the query": f"postgresql:///{name}?host={host}&port={port}&user={user}&password={secret}",
        "pairs": f"host={host} port={port} dbname = {name} user={user} password='{escaped}' connect_timeout=5",
    }


@pytest.mark.parametrize("form", ["uri", "short scheme", "options", "server options", "all in the query", "pairs"])
def test_every_form_connects_and_acts_as_the_read_role(catalogue_dsn: str, login: str, form: str) -> None:
    settings = ServiceSettings(database=forms(catalogue_dsn, login)[form])
    facts = asyncio.run(session_facts(settings))
    assert facts == {
        "role": "flatsim_read",
        "user": login,
        "jit": "off",
        "statement_timeout": "20s",
        "default_transaction_read_only": "on",
        "search_path": "pgstac,public",
        "pgstac.readonly": "true",
    }
    asyncio.run(check_database(settings))


def test_without_an_address_the_variables_of_libpq_hold(
    catalogue_dsn: str, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(catalogue_dsn)
    variables = {
        "PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": login, "PGPASSWORD": PASSWORD,
        "PGDATABASE": parts.path.lstrip("/"),
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value or "")
    monkeypatch.setenv("FLATSIM_DATABASE", "")
    assert asyncio.run(session_facts(ServiceSettings()))["user"] == login


def test_addresses_of_sockets_and_of_ipv6() -> None:
    assert connection_arguments("postgresql://%2Frun%2Fpg/flatsim") == {"dsn": "postgresql://%2Frun%2Fpg/flatsim"}
    assert connection_arguments("host=::1 dbname=x") == {"dsn": "postgresql://?host=%5B%3A%3A1%5D&dbname=x"}
    assert connection_arguments("postgresql://[::1]:5433/x") == {"dsn": "postgresql://[::1]:5433/x"}
    assert connection_arguments(None) == {}


def test_a_unix_socket_is_used(catalogue_dsn: str) -> None:
    with psycopg.connect(catalogue_dsn) as connection:
        (folders,) = connection.execute("SHOW unix_socket_directories").fetchone() or ("",)
    parts = urlsplit(catalogue_dsn)
    folder, name = folders.split(",")[0].strip(' "'), parts.path.lstrip("/")
    credentials = f"{parts.username}:{parts.password}"
    for dsn in (
        f"postgresql://{credentials}@{quote(folder, safe='')}:{parts.port}/{name}",
        f"postgresql://{credentials}@:{parts.port}/{name}?host={quote(folder, safe='')}",
        f"postgresql:///{name}?host={quote(folder)}&port={parts.port}&user={parts.username}&password={parts.password}",
    ):
        facts = asyncio.run(session_facts(ServiceSettings(database=dsn)))
        assert facts["role"] == "flatsim_read"


@pytest.mark.parametrize("dsn", ["mysql://anna:tiger@host/x", "flatsim", "host='x", "tiger=", "sqlite:///tiger"])
def test_other_addresses_are_refused_without_repeating_them(dsn: str) -> None:
    if dsn == "tiger=":
        assert connection_arguments(dsn) == {"dsn": "postgresql://?tiger="}
        return
    with pytest.raises(StartError, match="postgresql://") as refused:
        connection_arguments(dsn)
    assert "tiger" not in str(refused.value)
