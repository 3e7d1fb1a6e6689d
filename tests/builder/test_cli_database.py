"""`flatsim-stac db` as a user types it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from catalog_builder.cli import main
from catalog_builder.local_postgres import Cluster, State

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE", "PGPASSWORD")


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def db(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs `flatsim-stac db …` on a home of the test's own."""
    for name in ADDRESS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLATSIM_HOME", str(home))

    def run(*arguments: str, answer: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["flatsim-stac", "db", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return run


def test_life_of_a_database(db: Callable[..., Done], home: Path) -> None:
    """From nothing to a migrated database and back, by exit status and output alone."""
    absent = db("status")
    assert (absent.returncode, absent.stdout.splitlines()[0].split()) == (3, ["state", "absent"])

    assert db("start").returncode == 0
    again = db("start")
    assert again.returncode == 0
    assert "runs at 127.0.0.1:" in again.stdout

    facts = json.loads(db("status", "--json").stdout)
    assert facts["state"] == "running"
    assert facts["data"].startswith(str(home))
    assert db("status").returncode == 0

    first = db("migrate")
    assert first.returncode == 0, first.stderr
    assert "pgstac none -> 0.10.0" in first.stdout
    assert "0001_roles.sql" in first.stdout
    assert "is up to date" in db("migrate").stdout
    assert db("documents").stdout == "0 documents written, 0 of items that are gone removed\n"

    for role, user in [("owner", "flatsim"), ("read", "flatsim_api"), ("write", "flatsim_builder")]:
        dsn = db("dsn", "--role", role).stdout.strip()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (user,)

    assert db("stop").stdout == "stopped\n"
    stopped = db("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "it did not run\n")
    assert db("status").returncode == 3

    for arguments in (["dsn"], ["migrate"]):
        refused = db(*arguments)
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert refused.stderr.startswith("flatsim-stac: the embedded database")
        assert "flatsim-stac db start" in refused.stderr

    assert db("start").returncode == 0
    kept = db("reset", answer="n\n")
    assert kept.returncode == 1
    assert "cannot be undone" in kept.stdout
    assert Cluster(home).status().state is State.RUNNING
    assert db("reset", answer="y\n").returncode == 0
    assert Cluster(home).status().state is State.ABSENT
    assert db("reset").returncode == 0


def test_reset_for_scripts_does_not_ask(db: Callable[..., Done], home: Path) -> None:
    assert db("start").returncode == 0
    assert db("reset", "--yes").returncode == 0
    assert [path.name for path in home.iterdir()] == ["postgres.lock"]


def test_reset_without_an_answer_keeps_everything(db: Callable[..., Done], home: Path) -> None:
    assert db("start").returncode == 0
    assert db("reset").returncode == 1
    assert Cluster(home).status().state is State.RUNNING


def test_migrate_any_server(db: Callable[..., Done], empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = conninfo_to_dict(empty_dsn)
    done = db("migrate", "--database", empty_dsn)
    assert done.returncode == 0, done.stderr
    assert "was migrated" in done.stdout
    assert str(parts["password"]) not in done.stdout
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    for variable, key in names.items():
        monkeypatch.setenv(variable, str(parts[key]))
    assert "is up to date" in db("migrate").stdout


def test_as_a_program(home: Path) -> None:
    """The console script itself, in a process of its own."""
    program = Path(sys.executable).with_name("flatsim-stac")
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESS}
    for arguments, status, word in [(["start"], 0, "127.0.0.1"), (["status"], 0, "running"), (["stop"], 0, "stopped")]:
        done = subprocess.run(
            [program, "db", *arguments],
            env=environment | {"FLATSIM_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (status, "")
        assert word in done.stdout


def test_faults_are_one_line_and_status_1(db: Callable[..., Done]) -> None:
    done = db("migrate", "--database", "postgresql://anna:hush@127.0.0.1:1/stac")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr
    wrong = db("dsn", "--role", "king")
    assert wrong.returncode == 2
