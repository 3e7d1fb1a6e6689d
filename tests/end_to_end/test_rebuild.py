"""Building again changes nothing, and a build that was killed is made whole by the next."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from catalog_builder import queries

if TYPE_CHECKING:
    from collections.abc import Callable

_ROWS = """
SELECT 'collection' AS kind, id, md5((to_jsonb(collections) - 'key')::text) AS content, xmin::text AS written
FROM pgstac.collections
UNION ALL
SELECT 'item', id, md5(to_jsonb(items)::text), xmin::text FROM pgstac.items
ORDER BY kind, id
"""


def _content(dsn: str) -> list[tuple[str, ...]]:
    """Every row of the catalogue, without the transaction that wrote it.

    Nor with the number pgstac gives a collection: PostgreSQL does not give one again that a killed transaction took.
    """
    return [row[:3] for row in _rows(dsn)]


def _rows(dsn: str) -> list[tuple[str, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(_ROWS).fetchall()


def _count(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*) FROM pgstac.items").fetchone()
    assert found is not None
    return int(found[0])


@pytest.fixture
def build(
    many: Path, tmp_path: Path, flatsim: Callable[..., subprocess.CompletedProcess[str]]
) -> Callable[[str], dict[str, Any]]:
    """Builds the tree into a database to the end; gives the report."""

    def run(dsn: str) -> dict[str, Any]:
        file = tmp_path / "report.json"
        done = flatsim("build", many, "--database", dsn, "--workers", "1", "--report", file)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(file.read_text())
        assert report["found"] == report["catalogued"] + report["unchanged"]
        assert not report["refused"]
        return report

    return run


def test_a_second_build_writes_nothing(build: Callable[[str], dict[str, Any]], database_dsn: str, many: Path) -> None:
    packages = len(list(many.rglob("NSBAS_*")))
    first = build(database_dsn)
    rows = _rows(database_dsn)
    second = build(database_dsn)
    assert (first["catalogued"], first["unchanged"]) == (packages, 0)
    assert (second["catalogued"], second["unchanged"]) == (0, packages)
    assert _rows(database_dsn) == rows, "no row was written again"


def _children(pid: int) -> set[int]:
    """Processes below one, however deep."""
    found: set[int] = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(file.parent.name)
            found |= {child} | _children(child)
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for_the_end(children: set[int]) -> None:
    """Processes that a killed build had started end by themselves."""
    deadline = time.monotonic() + 10
    while alive := [pid for pid in children if _alive(pid)]:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.1)


@pytest.fixture
def killed_build(
    many: Path, tmp_path: Path, start_flatsim: Callable[..., subprocess.Popen[str]]
) -> Callable[[str, Callable[[], bool]], set[int]]:
    """Starts a build and kills it without warning at a moment; gives the processes it had started."""

    def run(dsn: str, now: Callable[[], bool]) -> set[int]:
        process = start_flatsim("build", many, "--database", dsn, "--workers", "2", log=tmp_path / "killed")
        deadline = time.monotonic() + 60
        while not now():
            assert process.poll() is None, f"it ended before it was killed: {(tmp_path / 'killed').read_text()}"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        children = _children(process.pid)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        return children

    return run


@pytest.fixture(scope="module")
def undisturbed(many: Path, maintenance_dsn: str, template_database: str, flatsim: Callable[..., Any]) -> list[Any]:
    """What a build without interruption writes."""
    name = "flatsim_undisturbed"
    dsn = maintenance_dsn.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name, template_database)
        assert flatsim("build", many, "--database", dsn).returncode == 0
        content = _content(dsn)
        queries.drop_database(connection, name)
    return content


@pytest.mark.parametrize("least", [1, 66, None])
def test_a_killed_build_is_made_whole_by_the_next(
    least: int | None,
    build: Callable[[str], dict[str, Any]],
    killed_build: Callable[[str, Callable[[], bool]], set[int]],
    undisturbed: list[Any],
    database_dsn: str,
) -> None:
    """Killed as soon as so many items are to be seen, or at any moment."""
    pause_s = random.uniform(0.3, 2)
    start = time.monotonic()

    def now() -> bool:
        return time.monotonic() - start > pause_s if least is None else _count(database_dsn) >= least

    children = killed_build(database_dsn, now)
    if least:
        assert children, "the tree is large enough for processes that read"
    _wait_for_the_end(children)
    left = _count(database_dsn)
    assert left < len(undisturbed) - 3, "it was killed too late to say anything"
    report = build(database_dsn)
    assert report["unchanged"] == left
    assert _content(database_dsn) == undisturbed, f"killed after {pause_s} s or {least} items"
