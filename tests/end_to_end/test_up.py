"""`flatsim-stac up`: all of it runs from one command, and nothing is left when it is told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2 as httpx
import psycopg
import pytest

from catalog_builder.errors import DatabaseError
from catalog_builder.local_postgres import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_S = 20
LINGER_S = 5


def _processes(*words: str) -> list[str]:
    """Command lines of living processes that hold one of the words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            variables = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if any(word in line or word in variables for word in words):
            found.append(line)
    return found


def _left(home: Path) -> list[str]:
    """Processes of a stopped `up` that are still there after a while: some end only once they see that it has."""
    deadline = time.monotonic() + LINGER_S
    while (alive := _processes(str(home))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _stop(process: subprocess.Popen[str], number: signal.Signals, log: Path) -> int:
    process.send_signal(number)
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        pytest.fail(f"it still runs {STOP_S} s after {number.name}:\n{log.read_text()}")


@pytest.fixture
def up(
    home: Path, tmp_path: Path, start_flatsim: Callable[..., subprocess.Popen[str]]
) -> Callable[..., tuple[subprocess.Popen[str], Path]]:
    """Starts `up` on a tree in a home of its own."""

    def start(tree: Path, port: int) -> tuple[subprocess.Popen[str], Path]:
        log = tmp_path / "log"
        return start_flatsim("up", tree, "--thumbnails", "--port", str(port), log=log, home=home), log

    return start


def test_up_serves_until_it_is_told_to_stop(
    up: Callable[..., tuple[subprocess.Popen[str], Path]],
    home: Path,
    small_sample: Any,
    free_port: Callable[[], int],
    wait_until_served: Callable[..., None],
) -> None:
    packages = len(small_sample.manifest.package_paths())
    for number, counts in (
        (signal.SIGINT, f"{packages} catalogued, 0 unchanged"),
        (signal.SIGTERM, f"0 catalogued, {packages} unchanged"),
    ):
        port = free_port()
        address = f"http://127.0.0.1:{port}/"
        process, log = up(small_sample.tree, port)
        wait_until_served(address, process, log)
        assert httpx.get(f"{address}_mgmt/health").status_code == 200
        found = httpx.get(f"{address}search").raise_for_status().json()
        assert found["numberReturned"] == packages
        thumbnail = next(item["assets"]["thumbnail"] for item in found["features"] if "_int_" in item["id"])
        assert thumbnail["href"].startswith(f"{address}thumbnails/flatsim-balkans-interferogram/")
        assert httpx.get(thumbnail["href"]).content.startswith(b"\x89PNG")
        printed = (address, f"{address}browser/", f"{address}collections")
        for named in (address, f"{address}collections"):  # a checkout may be without a built STAC Browser
            assert httpx.get(named).status_code == 200
        assert _processes(str(home))
        assert _stop(process, number, log) == 0, log.read_text()
        said = log.read_text()
        assert counts in said
        for named in printed:
            assert named in said
        assert "Traceback" not in said
        assert not _left(home)


def _has_items(home: Path) -> bool:
    """Whether the database of this home is being loaded."""
    with contextlib.suppress(DatabaseError, psycopg.Error), psycopg.connect(Cluster(home).dsn()) as connection:
        return connection.execute("SELECT EXISTS (SELECT FROM pgstac.items)").fetchone() == (True,)
    return False


@pytest.mark.parametrize("moment", ["at the start", "while it builds"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_told_to_stop_before_it_serves(
    number: signal.Signals,
    moment: str,
    many: Path,
    up: Callable[..., tuple[subprocess.Popen[str], Path]],
    home: Path,
    free_port: Callable[[], int],
) -> None:
    process, log = up(many, free_port())
    deadline = time.monotonic() + 60
    while not (_has_items(home) if moment == "while it builds" else list(home.rglob("postmaster.pid"))):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does, to all of them
    else:
        process.send_signal(number)
    assert process.wait(STOP_S) == 1, log.read_text()
    assert "Traceback" not in log.read_text()
    assert "Products" not in log.read_text(), "it was told too late"
    assert not _left(home)


def test_up_on_a_port_that_is_taken(
    up: Callable[..., tuple[subprocess.Popen[str], Path]], home: Path, small_sample: Any
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process, log = up(small_sample.tree, port)
        assert process.wait(60) == 1
    said = log.read_text()
    assert str(port) in said
    assert "in use" in said
    assert "Traceback" not in said
    assert not _left(home)
