"""`python -m api` as a process: how it starts, how it stops, and what it says when it cannot start."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import httpx2 as httpx
import psycopg
import pytest

from api.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLATSIM_", "PG"))}
    return {**kept, "FLATSIM_PORT": "0", **changes}


@contextlib.contextmanager
def service(**changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the address it tells."""
    with subprocess.Popen(
        [sys.executable, "-m", "api"], cwd=CHECKOUT, env=environment(**changes), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            translate = ""
            while "startup complete" not in translate:
                line = process.stderr.readline()
                assert line, f"it ended: {translate}"
                translate += line
            found = re.search(r"http://\S+", translate)
            assert found is not None
            yield process, found[0]
        finally:
            process.kill()


@pytest.fixture
def failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Starts the service with variables that must not do; gives the exit status and the one line it says."""

    def start(**variables: str) -> tuple[int, str]:
        for name in [name for name in os.environ if name.startswith(("FLATSIM_", "PG"))]:
            monkeypatch.delenv(name)
        for name, value in {"FLATSIM_PORT": "0", **variables}.items():
            monkeypatch.setenv(name, value)
        status = main()
        translate = capsys.readouterr()
        assert translate.out == ""
        (line,) = translate.err.splitlines()
        assert line.startswith("ERROR: ")
        return status, line

    return start


Failure = Callable[..., tuple[int, str]]


def test_the_process_ends_with_the_status_and_says_no_more(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api"], cwd=CHECKOUT, text=True, capture_output=True, timeout=30, check=False,
        env=environment(FLATSIM_DATABASE="postgresql://127.0.0.1:9/x", FLATSIM_DATA=str(tmp_path)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ERROR: The database cannot be reached")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_cleanly(catalogue_dsn: str, tree: Path, number: signal.Signals) -> None:
    with service(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_DATA=str(tree)) as (process, address):
        with httpx.Client() as client:  # a connection that is kept must not hold the end up
            assert client.get(f"{address}search?limit=1").json()["numberMatched"] == 26
            began = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=15)
        assert process.returncode == 0
        assert time.monotonic() - began < 10
        assert out == ""
        assert "Traceback" not in err


def children(process: int) -> set[int]:
    """The processes that it runs as workers."""
    command = ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(process)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return {int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line}


def test_several_workers_serve_and_a_dead_one_is_replaced(catalogue_dsn: str) -> None:
    with service(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_WORKERS="2") as (process, address):
        first = children(process.pid)
        assert len(first) == 2
        victim = first.pop()
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(children(process.pid) - {victim}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for _ in range(4):
            assert httpx.get(f"{address}search?limit=1", timeout=30).json()["numberMatched"] == 26
        workers = children(process.pid)
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_it_needs_no_other_output_than_its_log(catalogue_dsn: str) -> None:
    with service(FLATSIM_DATABASE=catalogue_dsn) as (process, _):
        process.terminate()
        _, err = process.communicate(timeout=15)
    assert all(line.startswith("INFO: ") for line in err.splitlines())


def test_a_taken_port(failure: Failure, catalogue_dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, line = failure(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_PORT=port)
    assert status == 1
    assert port in line
    assert "FLATSIM_PORT" in line


def test_an_address_that_is_not_ours(failure: Failure, catalogue_dsn: str) -> None:
    status, line = failure(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_HOST="192.0.2.1")
    assert status == 1
    assert "192.0.2.1" in line


def test_no_server_there(failure: Failure) -> None:
    status, line = failure(FLATSIM_DATABASE="postgresql://anna:tiger@127.0.0.1:9/x")
    assert status == 1
    assert "flatsim-stac db start" in line
    assert "FLATSIM_DATABASE" in line
    assert "tiger" not in line


def replaced(dsn: str, **parts: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(**parts))


def test_no_such_database(failure: Failure, catalogue_dsn: str) -> None:
    status, line = failure(FLATSIM_DATABASE=replaced(catalogue_dsn, path="/nope"))
    assert status == 1
    assert '"nope"' in line


def test_a_wrong_password(failure: Failure, catalogue_dsn: str) -> None:
    parts = urlsplit(catalogue_dsn)
    netloc = f"{parts.username}:tiger@{parts.hostname}:{parts.port}"
    status, line = failure(FLATSIM_DATABASE=replaced(catalogue_dsn, netloc=netloc))
    assert status == 1
    assert "password authentication failed" in line
    assert "tiger" not in line


def test_a_database_without_the_schema(failure: Failure, empty_dsn: str) -> None:
    status, line = failure(FLATSIM_DATABASE=empty_dsn)
    assert status == 1
    assert "flatsim-stac db migrate" in line


def test_a_login_that_may_not_read(failure: Failure, catalogue_dsn: str) -> None:
    parts = urlsplit(catalogue_dsn)
    with psycopg.connect(catalogue_dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE flatsim_stranger LOGIN PASSWORD 'x'")
        try:
            netloc = f"flatsim_stranger:x@{parts.hostname}:{parts.port}"
            status, line = failure(FLATSIM_DATABASE=replaced(catalogue_dsn, netloc=netloc))
        finally:
            connection.execute("DROP ROLE flatsim_stranger")
    assert status == 1
    assert "GRANT flatsim_read" in line


def test_a_role_that_is_not_there(failure: Failure, catalogue_dsn: str) -> None:
    status, line = failure(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_DATABASE_ROLE="nobody_reads")
    assert status == 1
    assert "flatsim-stac db migrate" in line


def test_a_session_that_has_another_role_than_it_should(failure: Failure, catalogue_dsn: str) -> None:
    # for PostgreSQL "none" means the login itself, as when a pooler drops the parameter
    status, line = failure(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_DATABASE_ROLE="none")
    assert status == 1
    assert "start-up parameters" in line


@pytest.mark.parametrize(
    ("variable", "value", "status", "named"),
    [
        ("FLATSIM_PORT", "many", 2, "port"),
        ("FLATSIM_ROOT_PATH", "/data", 2, "/data"),
        ("FLATSIM_POOL_MAX", "0", 2, "pool_max"),
        ("FLATSIM_DATABASE", "mysql://x", 1, "FLATSIM_DATABASE"),
        ("FLATSIM_DATA", "/nope/nowhere", 1, "/nope/nowhere"),
    ],
)
def test_settings_that_cannot_be(failure: Failure, variable: str, value: str, status: int, named: str) -> None:
    exit_status, line = failure(**{variable: value})
    assert exit_status == status
    assert named in line


def test_two_trees_of_one_name(failure: Failure, catalogue_dsn: str, tmp_path: Path) -> None:
    folders = [tmp_path / parent / "tree" for parent in ("a", "b")]
    for folder in folders:
        folder.mkdir(parents=True)
    status, line = failure(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_DATA=os.pathsep.join(map(str, folders)))
    assert status == 1
    assert "same folder name" in line


def test_importing_does_nothing(tmp_path: Path) -> None:
    """No settings are read, no file or connection is opened, by importing any module of this project."""
    paths = [path.relative_to(CHECKOUT) for path in (CHECKOUT / "api").rglob("*.py") if path.stem != "__main__"]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    code = f"import {', '.join(names)}; print('fine')"
    environ = environment(FLATSIM_PORT="not a number", FLATSIM_DATA="/nope", PYTHONPATH=str(CHECKOUT))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, text=True, capture_output=True, check=False
    )
    assert done.stdout == "fine\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_proxies_are_believed_only_when_named(make_settings: Callable[..., object], catalogue_dsn: str) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    for trusted, scheme in (("127.0.0.1", "https"), ("192.0.2.7", "http")):
        with service(FLATSIM_DATABASE=catalogue_dsn, FLATSIM_FORWARDED_ALLOW_IPS=trusted) as (_, address):
            page = httpx.get(address, headers=headers).json()
            (own,) = [link["href"] for link in page["links"] if link["rel"] == "self"]
            assert own.startswith(f"{scheme}://")
