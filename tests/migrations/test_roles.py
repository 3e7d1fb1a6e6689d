"""What the two roles may do, and what they may not, tried for real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from catalog_builder import queries
from catalog_builder.database import connect, migrate
from catalog_builder.local_postgres import Cluster, Role
from catalog_builder.settings import BuilderSettings

if TYPE_CHECKING:
    from collections.abc import Callable

READERS = ["flatsim_read"]


@pytest.fixture(scope="module")
def pairs_dsn(maintenance_dsn: str, load: Callable[..., None]) -> str:
    """Migrated in place: rights on a database are not copied with its template."""
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, "flatsim_roles")
    dsn = maintenance_dsn.removesuffix("postgres") + "flatsim_roles"
    migrate(dsn, BuilderSettings().migrations_dir)
    load(dsn)
    return dsn


def logged_in(cluster: Cluster, dsn: str, role: Role) -> str:
    """The DSN of the embedded cluster's own user for the role, on another database."""
    return cluster.dsn(role).rpartition("/")[0] + "/" + dsn.rpartition("/")[2]


@pytest.fixture(params=["role of a session", "login user"])
def reader(request: pytest.FixtureRequest, cluster: Cluster, pairs_dsn: str) -> Any:
    """A reading session, in the two ways there are, that has taken off its own belt: no read-only transaction."""
    if request.param == "login user":
        session = psycopg.connect(logged_in(cluster, pairs_dsn, Role.READ), autocommit=True)
    else:
        session = connect(pairs_dsn, Role.READ, autocommit=True)
    with session:
        yield session


def test_reader_searches_and_counts(reader: psycopg.Connection[Any]) -> None:
    for body in ({}, {"sortby": [{"field": "updated", "direction": "desc"}], "limit": 3}):
        row = reader.execute("SELECT pgstac.search(%s)", (Jsonb(body),)).fetchone()
        assert row is not None
        assert row[0]["numberMatched"] == 8
        assert row[0]["numberReturned"] == body.get("limit", 8)


def test_reader_sees_collections_queryables_and_single_items(reader: psycopg.Connection[Any]) -> None:
    assert reader.execute("SELECT count(*) FROM pgstac.collections").fetchone() == (1,)
    assert reader.execute("SELECT count(*) FROM pgstac.all_collections()").fetchone() == (1,)
    assert reader.execute("SELECT pgstac.get_item('pair-0', 'flatsim-balkans-interferogram')").fetchone() != (None,)
    assert reader.execute("SELECT pgstac.get_queryables(NULL::text)").fetchone() != (None,)
    assert reader.execute("SELECT pgstac.collection_search('{}')").fetchone() != (None,)
    assert reader.execute("SELECT count(*) > 0 FROM flatsim.migrations").fetchone() == (True,)


WRITES = [
    'INSERT INTO pgstac.collections (content) VALUES (\'{"id": "x"}\')',
    "UPDATE pgstac.collections SET content = content",
    "DELETE FROM pgstac.collections",
    'SELECT pgstac.create_collection(\'{"id": "x"}\')',
    "SELECT pgstac.delete_collection('flatsim-balkans-interferogram')",
    "INSERT INTO pgstac.items_staging (content) VALUES ('{}')",
    "UPDATE pgstac.items SET content = content",
    "DELETE FROM pgstac.items",
    "SELECT pgstac.delete_item('pair-0')",
    "TRUNCATE pgstac.items",
    "DELETE FROM pgstac.searches",
    "INSERT INTO pgstac.searches (search) VALUES ('{}')",
    "UPDATE pgstac.pgstac_settings SET value = 'x'",
    "DELETE FROM pgstac.queryables",
    "DELETE FROM flatsim.migrations",
    "SELECT pgstac.maintain_index('_items_1', NULL, 1)",
    "SELECT pgstac.check_partition('flatsim-balkans-interferogram', '[2000-01-01,2000-01-02]', 'empty')",
    "CREATE TABLE pgstac.mine (n int)",
    "CREATE TABLE public.mine (n int)",
    "CREATE TABLE flatsim.mine (n int)",
    "CREATE TEMPORARY TABLE mine (n int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "DROP TABLE pgstac.items",
]


@pytest.mark.parametrize("statement", WRITES)
def test_reader_writes_nothing(reader: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)):
        reader.execute(statement.encode())
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement.encode())


def test_reader_cannot_become_the_writer(cluster: Cluster, pairs_dsn: str) -> None:
    with psycopg.connect(logged_in(cluster, pairs_dsn, Role.READ), autocommit=True) as connection:
        for other in ("flatsim_write", "pgstac_ingest", "pgstac_admin", "flatsim"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET ROLE {other}".encode())


def test_reader_has_no_writing_right_on_any_table(pairs_dsn: str) -> None:
    """Also on those no one thought of above, and on partitions made after the migration."""
    with connect(pairs_dsn) as connection:
        found = connection.execute(
            """
            SELECT c.oid::regclass::text, privilege,
                   has_table_privilege('flatsim_read', c.oid, privilege) AS has
            FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) privilege
            WHERE c.relnamespace IN ('pgstac'::regnamespace, 'flatsim'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
            """
        ).fetchall()
        definers = connection.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace = 'pgstac'::regnamespace "
            "AND has_function_privilege('flatsim_read', oid, 'EXECUTE')"
        ).fetchall()
    assert any("_items_" in table for table, _, _ in found)
    wrong = [(table, privilege) for table, privilege, has in found if has != (privilege == "SELECT")]
    assert wrong == []
    assert definers == []


@pytest.mark.parametrize("way", ["role of a session", "login user"])
def test_writer_loads_changes_and_deletes(
    cluster: Cluster, database_dsn: str, load: Callable[..., None], way: str
) -> None:
    dsn = logged_in(cluster, database_dsn, Role.WRITE) if way == "login user" else database_dsn
    load(dsn)
    load(dsn)
    with connect(dsn, Role.WRITE, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (8,)
        connection.execute("SELECT pgstac.delete_item('pair-0', 'flatsim-balkans-interferogram')")
        assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (7,)
        connection.execute("SELECT pgstac.delete_collection('flatsim-balkans-interferogram')")
        assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE pgstac.items CASCADE",
        "ALTER TABLE pgstac.collections ADD COLUMN n int",
        "DELETE FROM flatsim.migrations",
        "INSERT INTO flatsim.migrations (name, checksum) VALUES ('9999_x.sql', 'x')",
        "CREATE TABLE public.mine (n int)",
        "CREATE TABLE flatsim.mine (n int)",
        "CREATE ROLE mine",
        "INSERT INTO pgstac.queryable_wrappers VALUES ('mine')",
    ],
)
def test_writer_leaves_the_schema_alone(pairs_dsn: str, statement: str) -> None:
    denied = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with connect(pairs_dsn, Role.WRITE, autocommit=True) as connection, denied:
        connection.execute(statement.encode())


def test_settings_are_kept_in_the_database(pairs_dsn: str) -> None:
    with connect(pairs_dsn) as connection:
        settings = dict(connection.execute("SELECT name, value FROM pgstac.pgstac_settings").fetchall())
    assert settings["context"] == "auto"
    assert settings["update_collection_extent"] == "false"
    assert settings["use_queue"] == "false"
