"""Which database is meant, and how a session on it begins."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from catalog_builder.database import connect, conninfo, describe, preflight, resolve_dsn
from catalog_builder.database.connection import _dsn_from_environment
from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Cluster, Role
from catalog_builder.queries import ServerFacts

NOWHERE = Path("/nonexistent")


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs the tests may have a database of its own."""
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def test_the_named_database_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    dsn = "postgresql://anna@db.example.org/stac"
    assert resolve_dsn(dsn, NOWHERE, Role.READ) == dsn


def test_variables_come_before_the_embedded_database(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    monkeypatch.setenv("PGDATABASE", "stac")
    assert describe(resolve_dsn(None, cluster.home)) == "database stac on db.example.org"


def test_a_password_or_application_name_alone_is_no_address(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    monkeypatch.setenv("PGPASSWORD", "x")
    monkeypatch.setenv("PGAPPNAME", "x")
    assert resolve_dsn(None, cluster.home) == cluster.dsn()


def test_each_role_gets_the_embedded_login(cluster: Cluster) -> None:
    for role in Role:
        assert resolve_dsn(None, cluster.home, role) == cluster.dsn(role)
        assert resolve_dsn("", cluster.home, role) == cluster.dsn(role)


def test_a_stopped_embedded_database_is_not_started() -> None:
    with pytest.raises(DatabaseError, match="flatsim-stac db start"):
        resolve_dsn(None, NOWHERE)
    assert not NOWHERE.exists()


@pytest.mark.parametrize("dsn", ["postgresql://anna:hush@[::1/x", "nonsense hush", "postgresql://h/?hush=1"])
def test_malformed_addresses_are_refused_without_their_password(dsn: str) -> None:
    with pytest.raises(DatabaseError, match="malformed") as caught:
        resolve_dsn(dsn, NOWHERE)
    assert "hush" not in str(caught.value)


def test_sessions_through_the_variables(monkeypatch: pytest.MonkeyPatch, cluster: Cluster, database_dsn: str) -> None:
    parts = conninfo_to_dict(database_dsn)
    for variable, key in [
        ("PGHOST", "host"),
        ("PGPORT", "port"),
        ("PGUSER", "user"),
        ("PGPASSWORD", "password"),
        ("PGDATABASE", "dbname"),
    ]:
        monkeypatch.setenv(variable, str(parts[key]))
    dsn = resolve_dsn(None, NOWHERE)
    with monkeypatch.context() as patch:
        # Handed to another process, the string is enough.
        for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"):
            patch.delenv(name)
        with connect(dsn) as connection:
            assert connection.info.dbname == parts["dbname"]


text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12)


@given(user=text, password=text, name=text)
def test_odd_characters_survive_the_way_through_the_variables(user: str, password: str, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGUSER", user)
        patch.setenv("PGPASSWORD", password)
        patch.setenv("PGDATABASE", name)
        patch.setenv("PGHOST", "/var/run/a folder")
        patch.setenv("PGSSLMODE", "disable")
        parts = conninfo_to_dict(_dsn_from_environment())
    assert parts["user"] == user
    assert parts["password"] == password
    assert parts["dbname"] == name
    assert parts["host"] == "/var/run/a folder"
    assert parts["sslmode"] == "disable"


@pytest.mark.parametrize(
    ("role", "user", "read_only"),
    [(Role.OWNER, "flatsim", "off"), (Role.READ, "flatsim_read", "on"), (Role.WRITE, "flatsim_write", "off")],
)
def test_a_session_acts_as_its_role(database_dsn: str, role: Role, user: str, read_only: str) -> None:
    with connect(database_dsn, role) as connection:
        row = connection.execute(
            "SELECT current_user, current_setting('search_path'), current_setting('transaction_read_only')"
        ).fetchone()
        assert row == (user, "pgstac,public", read_only)
        assert connection.execute("SHOW application_name").fetchone() == ("flatsim-stac",)
        assert not connection.autocommit


def test_options_of_the_address_are_kept(database_dsn: str) -> None:
    dsn = database_dsn + "?options=-c%20work_mem%3D7MB&application_name=mine"
    with connect(dsn, Role.READ, autocommit=True) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
        assert connection.execute("SHOW application_name").fetchone() == ("mine",)
        assert connection.execute("SELECT current_user").fetchone() == ("flatsim_read",)


def test_further_settings_of_a_session(database_dsn: str) -> None:
    with psycopg.connect(conninfo(database_dsn, Role.READ, statement_timeout="1234")) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1234ms",)


def test_a_database_without_the_roles_says_what_to_do(database_dsn: str, home: Path) -> None:
    bare = Cluster(home)
    bare.start()
    with psycopg.connect(bare.dsn(), autocommit=True) as connection:
        connection.execute("DROP ROLE flatsim_builder, flatsim_write")
    with pytest.raises(DatabaseError, match=r"does not have the role flatsim_write; run `flatsim-stac db migrate`"):
        connect(bare.dsn(), Role.WRITE)


def test_a_user_who_may_not_act_as_the_role_says_what_to_do(cluster: Cluster) -> None:
    with pytest.raises(DatabaseError, match=r"may not act as flatsim_write; .*GRANT flatsim_write"):
        connect(cluster.dsn(Role.READ), Role.WRITE)


def test_messages_never_carry_the_password() -> None:
    dsn = "postgresql://anna:hush@127.0.0.1:1/stac"
    with pytest.raises(DatabaseError, match=r"cannot reach the database stac on 127\.0\.0\.1:1") as caught:
        connect(dsn)
    assert "hush" not in str(caught.value)
    assert "hush" not in describe(dsn)


FACTS = ServerFacts(
    version=150018,
    encoding="UTF8",
    user="anna",
    is_superuser=True,
    may_create_roles=True,
    may_create_in_database=True,
    may_create_in_schema=True,
    installed={},
    available={"postgis": "3.3.2", "btree_gist": "1.7", "unaccent": "1.1"},
    trusted=["btree_gist", "unaccent"],
    roles=[],
)


def changed(**facts: object) -> ServerFacts:
    return ServerFacts(**{name: facts.get(name, getattr(FACTS, name)) for name in ServerFacts.__slots__})


def test_a_fitting_server_has_no_shortcomings() -> None:
    assert preflight.shortcomings(FACTS) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (changed(version=120007), "PostgreSQL 12; pgstac needs 13"),
        (changed(encoding="SQL_ASCII"), "encoded in SQL_ASCII"),
        (
            changed(available={"btree_gist": "1", "unaccent": "1"}),
            "extension postgis.*postgresql-15-postgis-3",
        ),
        (changed(available={"postgis": "3.3", "btree_gist": "1"}), "the extension unaccent.*postgresql-contrib"),
        (changed(installed={"postgis": "2.5.1"}), "PostGIS 2.5.1 is too old"),
        (changed(is_superuser=False), "may not make the extension postgis"),
        (changed(is_superuser=False, may_create_roles=False), "may not make the roles pgstac_admin"),
        (changed(is_superuser=False, may_create_in_database=False), "may not make schemas"),
        (changed(is_superuser=False, may_create_in_schema=False), "GRANT CREATE ON SCHEMA public TO anna"),
    ],
)
def test_each_shortcoming_is_named(facts: ServerFacts, message: str) -> None:
    assert any(re.search(message, problem) for problem in preflight.shortcomings(facts))


def test_ordinary_user_with_everything_prepared_has_no_shortcomings() -> None:
    prepared = changed(is_superuser=False, installed={"postgis": "3.3.2"})
    assert preflight.shortcomings(prepared) == []


def test_trusted_extensions_need_a_right_on_the_database() -> None:
    facts = changed(is_superuser=False, installed={"postgis": "3.3.2"}, may_create_in_database=False)
    assert any("btree_gist" in problem for problem in preflight.shortcomings(facts))
