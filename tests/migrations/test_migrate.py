"""Bringing databases up to date: once each, in order, by one process at a time, and after a kill."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.types.json import Jsonb

from catalog_builder import queries
from catalog_builder.database import connect, migrate, pgstac
from catalog_builder.errors import DatabaseError, MigrationError
from catalog_builder.local_postgres import Cluster, Role
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIGRATE = (
    "import sys; from pathlib import Path; from catalog_builder.database import migrate; "
    "print(','.join(migrate(sys.argv[1], Path(sys.argv[2])).applied))"
)
OURS = ("0001_roles.sql", "0002_settings.sql")

OLD_ITEM = {
    "type": "Feature",
    "id": "kept",
    "collection": "old",
    "geometry": {"type": "Point", "coordinates": [0, 0]},
    "bbox": [0, 0, 1, 1],
    "properties": {"datetime": "2020-01-01T00:00:00Z"},
    "assets": {},
    "links": [],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations to change."""
    return shutil.copytree(BuilderSettings().migrations_dir, tmp_path / "migrations")


def started(dsn: str, folder: Path) -> subprocess.Popen[str]:
    """The migration in a process of its own."""
    command = [sys.executable, "-c", MIGRATE, dsn, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def applied(dsn: str) -> list[str]:
    with connect(dsn) as connection:
        return list(queries.applied_migrations(connection))


def test_new_database(
    empty_dsn: str, folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        report = migrate(empty_dsn, folder)
    assert (report.pgstac_before, report.pgstac) == (None, "0.10.0")
    assert set(OURS) <= set(report.applied)
    assert len(report.queryables.written) == len(QUERYABLES)
    assert report.changed
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("pypgstac")] == []


def test_second_run_changes_nothing(database_dsn: str, folder: Path) -> None:
    with connect(database_dsn) as connection:
        before = connection.execute("TABLE flatsim.migrations").fetchall()
    report = migrate(database_dsn, folder)
    assert not report.changed
    assert report.pgstac_before == report.pgstac
    with connect(database_dsn) as connection:
        assert connection.execute("TABLE flatsim.migrations").fetchall() == before
        columns = connection.execute("SELECT name, length(checksum), applied_at <= now() FROM flatsim.migrations")
        assert all(length == 64 and past for _, length, past in columns)


def test_later_files_are_applied_in_order(database_dsn: str, folder: Path) -> None:
    (folder / "9002_second.sql").write_text("INSERT INTO flatsim.probe SELECT max(n) + 1 FROM flatsim.probe;")
    (folder / "9001_first.sql").write_text("CREATE TABLE flatsim.probe (n int); INSERT INTO flatsim.probe VALUES (1);")
    assert migrate(database_dsn, folder).applied == ("9001_first.sql", "9002_second.sql")
    with connect(database_dsn) as connection:
        assert connection.execute("SELECT n FROM flatsim.probe ORDER BY n").fetchall() == [(1,), (2,)]


def test_failed_file_leaves_nothing_and_those_before_it_stay(database_dsn: str, folder: Path) -> None:
    (folder / "9001_good.sql").write_text("CREATE TABLE flatsim.good (n int);")
    (folder / "9002_bad.sql").write_text("CREATE TABLE flatsim.bad (n int); SELECT 1/0;")
    with pytest.raises(MigrationError, match=r"9002_bad\.sql failed and left nothing behind: division by zero"):
        migrate(database_dsn, folder)
    assert applied(database_dsn)[-1] == "9001_good.sql"
    with connect(database_dsn) as connection:
        assert connection.execute("SELECT to_regclass('flatsim.good'), to_regclass('flatsim.bad')").fetchone() == (
            "flatsim.good",
            None,
        )
    (folder / "9002_bad.sql").write_text("CREATE TABLE flatsim.bad (n int);")
    assert migrate(database_dsn, folder).applied == ("9002_bad.sql",)


def test_file_that_ends_its_transaction_is_refused(database_dsn: str, folder: Path) -> None:
    (folder / "9001_commit.sql").write_text("SELECT 1; COMMIT; BEGIN; SELECT 2;")
    with pytest.raises(MigrationError, match=r"9001_commit\.sql ends its transaction"):
        migrate(database_dsn, folder)
    assert "9001_commit.sql" not in applied(database_dsn)


def test_role_taken_by_a_file_does_not_outlive_it(database_dsn: str, folder: Path) -> None:
    (folder / "9001_as_reader.sql").write_text("SET LOCAL ROLE flatsim_read; SELECT 1; RESET ROLE;")
    (folder / "9002_as_owner.sql").write_text("CREATE TABLE flatsim.probe (n int);")
    assert migrate(database_dsn, folder).applied == ("9001_as_reader.sql", "9002_as_owner.sql")


def test_edited_file_is_refused(database_dsn: str, folder: Path) -> None:
    path = folder / OURS[1]
    path.write_text(path.read_text() + "\n-- an afterthought\n")
    with pytest.raises(MigrationError, match=r"0002_settings\.sql was edited after it was applied"):
        migrate(database_dsn, folder)


def test_missing_file_is_refused(database_dsn: str, folder: Path) -> None:
    (folder / OURS[0]).unlink()
    with pytest.raises(MigrationError, match=r"0001_roles\.sql, which is missing here"):
        migrate(database_dsn, folder)


def test_file_numbered_before_an_applied_one_is_refused(database_dsn: str, folder: Path) -> None:
    (folder / "0000_early.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=r"0000_early\.sql comes before .* later number"):
        migrate(database_dsn, folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [("1_short.sql", "not named like"), ("0001_again.sql", "number 0001"), ("0003_Ünïcode.sql", "not named like")],
)
def test_badly_named_file_is_refused_before_anything_is_done(
    empty_dsn: str, folder: Path, name: str, message: str
) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=message):
        migrate(empty_dsn, folder)
    with connect(empty_dsn) as connection:
        assert queries.pgstac_version(connection) is None


def test_folder_without_migrations_is_refused(empty_dsn: str, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="FLATSIM_MIGRATIONS_DIR"):
        migrate(empty_dsn, tmp_path)


def test_two_processes_at_once(empty_dsn: str, folder: Path) -> None:
    both = [started(empty_dsn, folder) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    did = sorted(out.strip() for out, _ in told)
    assert did == ["", ",".join(applied(empty_dsn))]
    with connect(empty_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM pgstac.migrations").fetchone() == (1,)


def test_two_new_databases_of_one_new_server_at_once(home: Path, folder: Path) -> None:
    """Roles belong to the server: the two runs make the same ones at the same time."""
    server = Cluster(home)
    server.start()
    dsns = [server.dsn().removesuffix("flatsim") + name for name in ("one", "two", "three")]
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for dsn in dsns:
            queries.create_database(connection, dsn.rpartition("/")[2])
    both = [started(dsn, folder) for dsn in dsns]
    told = [process.communicate(timeout=180) for process in both]
    assert [process.returncode for process in both] == [0] * len(dsns), told
    assert {tuple(applied(dsn)) for dsn in dsns} == {tuple(applied(dsns[0]))}


@pytest.mark.parametrize("delay_s", [0.8, 1.4, 2.2])
def test_killed_at_any_time(empty_dsn: str, folder: Path, delay_s: float) -> None:
    process = started(empty_dsn, folder)
    time.sleep(delay_s)
    process.kill()
    process.communicate()
    migrate(empty_dsn, folder)
    assert set(OURS) <= set(applied(empty_dsn))
    assert not migrate(empty_dsn, folder).changed


def test_killed_inside_a_migration(database_dsn: str, folder: Path) -> None:
    """The file waits for a lock that we hold; its process is killed there; the next run applies it whole."""
    (folder / "9001_waits.sql").write_text(
        "CREATE TABLE flatsim.probe (n int); SELECT pg_advisory_xact_lock(4711); INSERT INTO flatsim.probe VALUES (1);"
    )
    waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"
    with connect(database_dsn, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(4711)")
        process = started(database_dsn, folder)
        deadline = time.monotonic() + 60
        while holder.execute(waiting).fetchone() is None:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
        process.communicate()
    assert migrate(database_dsn, folder).applied == ("9001_waits.sql",)
    with connect(database_dsn) as connection:
        assert connection.execute("SELECT n FROM flatsim.probe").fetchall() == [(1,)]


def test_other_is_told_who_keeps_it_waiting(database_dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_builder.database.migration._LOCK_PATIENCE_S", 1)
    with connect(database_dsn, autocommit=True) as connection:
        queries.take_migration_lock(connection, 1)
        with pytest.raises(MigrationError, match="another process has been migrating"):
            migrate(database_dsn, folder)


def test_newer_pgstac_is_refused(database_dsn: str, folder: Path) -> None:
    with connect(database_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO pgstac.migrations (version) VALUES ('0.11.0')")
    with pytest.raises(MigrationError, match=r"has pgstac 0\.11\.0, newer than 0\.10\.0"):
        migrate(database_dsn, folder)


def test_unreleased_pgstac_is_refused(database_dsn: str, folder: Path) -> None:
    with connect(database_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO pgstac.migrations (version) VALUES ('unreleased')")
    with pytest.raises(MigrationError, match="not a release"):
        migrate(database_dsn, folder)


def test_older_pgstac_is_upgraded_with_its_items(empty_dsn: str, folder: Path) -> None:
    pgstac.bring_to(empty_dsn, "0.9.11")
    with psycopg.connect(empty_dsn, autocommit=True, options="-c search_path=pgstac,public") as connection:
        connection.execute("SELECT create_collection(%s)", (Jsonb({"id": "old", "links": [], "type": "Collection"}),))
        connection.execute("SELECT create_item(%s)", (Jsonb(OLD_ITEM),))
    report = migrate(empty_dsn, folder)
    assert (report.pgstac_before, report.pgstac) == ("0.9.11", "0.10.0")
    with connect(empty_dsn, Role.READ) as connection:
        row = connection.execute("""SELECT pgstac.search('{"ids": ["kept"]}')""").fetchone()
        assert row is not None
        assert [feature["id"] for feature in row[0]["features"]] == ["kept"]
        assert connection.execute("SELECT count(*) FROM pgstac.query_queue").fetchone() == (0,)


def test_impossible_upgrade_is_explained(empty_dsn: str, folder: Path) -> None:
    with connect(empty_dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA pgstac; CREATE TABLE pgstac.migrations (version text, datetime timestamptz DEFAULT now());"
            "INSERT INTO pgstac.migrations VALUES ('0.0.1')"
        )
    with pytest.raises(MigrationError, match=r"0\.10\.0"):
        migrate(empty_dsn, folder)


def test_server_that_is_not_there(folder: Path) -> None:
    with pytest.raises(DatabaseError, match=r"database stac on 127\.0\.0\.1:1") as caught:
        migrate("postgresql://anna:hush@127.0.0.1:1/stac", folder)
    assert "hush" not in str(caught.value)


def test_wrong_encoding_is_named(maintenance_dsn: str, folder: Path) -> None:
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        try:
            with pytest.raises(MigrationError, match="encoded in LATIN1"):
                migrate(maintenance_dsn.removesuffix("postgres") + "latin", folder)
        finally:
            queries.drop_database(connection, "latin")


@pytest.fixture
def ordinary(home: Path) -> tuple[str, str]:
    """DSNs of one database on a server without our roles: its administrator's, and that of an ordinary user."""
    server = Cluster(home)
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        # The embedded cluster makes our group roles; another server has none.
        connection.execute("DROP ROLE flatsim_api, flatsim_builder, flatsim_read, flatsim_write")
        connection.execute("CREATE ROLE anna LOGIN PASSWORD 'hush'")
        connection.execute("CREATE DATABASE shared")
    address = server.dsn().rpartition("@")[2].removesuffix("flatsim") + "shared"
    owner = server.dsn().rpartition("@")[0] + "@" + address
    return owner, f"postgresql://anna:hush@{address}"


def test_user_without_rights_is_told_all_that_lacks_and_then_succeeds(ordinary: tuple[str, str], folder: Path) -> None:
    administrator, user = ordinary
    with pytest.raises(MigrationError) as caught:
        migrate(user, folder)
    message = str(caught.value)
    for part in (
        "CREATE EXTENSION postgis",
        "CREATE EXTENSION btree_gist",
        "may not make the roles pgstac_admin, pgstac_read",
        "ALTER ROLE anna CREATEROLE",
        "may not make schemas",
        "GRANT CREATE ON SCHEMA public TO anna",
    ):
        assert part in message
    assert "hush" not in message
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(
            "CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; CREATE EXTENSION unaccent;"
            "ALTER ROLE anna CREATEROLE"
        )
        connection.execute("GRANT CREATE ON DATABASE shared TO anna; GRANT CREATE ON SCHEMA public TO anna")
    assert set(OURS) <= set(migrate(user, folder).applied)
    with connect(user, Role.READ) as connection:
        assert connection.execute("SELECT pgstac.search('{}')->>'numberMatched'").fetchone() == ("0",)
    with connect(user, Role.WRITE) as connection:
        connection.execute("""SELECT pgstac.create_collection('{"id": "x", "links": []}')""")


def test_retry_gives_up(make_database: Callable[..., str], folder: Path) -> None:
    """A fault that does not pass is reported, not tried for ever."""
    dsn = make_database()
    with connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA pgstac; CREATE TABLE pgstac.items (n int)")
    with pytest.raises(MigrationError):
        migrate(dsn, folder)
