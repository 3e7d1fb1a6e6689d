"""Builds on a real dask cluster: a scheduler and workers in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from catalog_builder.errors import WorkersError
from catalog_builder.packages import regions
from catalog_builder.pipeline import dask_pool
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.dask_pool import dask_cluster
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.journal import FILE
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")

Tree = tuple[Path, SampleManifest]
ROOT = Path(__file__).parents[2]
PACKAGES = 18
START_WITHIN_S = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


class Running:
    """A scheduler, and workers as they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
        self._wait_for(lambda: answers(port))

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """One process without a nanny, which would start it again."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self._folder))
        return self._start("worker", self.address, *options, **environment)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def _start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        whole = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "", **environment}
        log = (self._folder / f"{len(self._processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], stdout=log, stderr=log, env=whole, cwd=self._folder
        )
        log.close()
        self._processes.append(process)
        return process

    def _wait_for(self, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not is_there():
            logs = b"".join(path.read_bytes() for path in self._folder.glob("*.log")).decode()
            assert self._processes[-1].poll() is None, logs
            assert time.monotonic() < deadline, logs
            time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("dask"))
    try:
        running.worker()
        running.worker()
        yield running
    finally:
        running.close()


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    try:
        yield running
    finally:
        running.close()


def into(out: Path, tree: Path, *, dask: str | None = None) -> Report:
    workers = dask_cluster(dask, [tree]) if dask else 1
    return build([tree], StaticSink(out), StaticLayout(out.parent / "published"), workers=workers)


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != FILE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(autouse=True)
def small_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_builder.pipeline.stream.READ_TOGETHER", 1)
    monkeypatch.setattr("catalog_builder.pipeline.build.BATCH", 1)
    monkeypatch.setattr(dask_pool, "AT_LEAST_AHEAD", 3)


def test_the_cluster_writes_the_same_bytes(cluster: Running, small_tree: Tree, tmp_path: Path) -> None:
    into(tmp_path / "here", small_tree[0])
    report = into(tmp_path / "there", small_tree[0], dask=cluster.address)
    assert (report.found, report.catalogued, report.refused) == (PACKAGES, PACKAGES, [])
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert into(tmp_path / "there", small_tree[0], dask=cluster.address).unchanged == PACKAGES


def test_regions_are_those_of_the_one_who_asks(
    cluster: Running, small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "regions.toml"
    path.write_text('[[region]]\ncode = "BALKANS"\ndoi = "10.5072/Example"\n')
    monkeypatch.setenv("FLATSIM_REGIONS", str(path))
    regions._operator_regions.cache_clear()
    try:
        into(tmp_path / "out", small_tree[0], dask=cluster.address)
    finally:
        regions._operator_regions.cache_clear()
    items = list((tmp_path / "out").rglob("*_int_*.json"))
    assert len(items) == 14
    assert all(b"https://doi.org/10.5072/Example" in item.read_bytes() for item in items)


def test_nothing_is_lost_or_doubled_when_a_worker_dies(lonely: Running, small_tree: Tree, tmp_path: Path) -> None:
    doomed = lonely.worker()
    lonely.worker()
    steps: list[int] = []

    def kill_at_the_first_step(done: int, _found: int) -> None:
        if done and not steps:
            doomed.kill()
            steps.append(done)

    with dask_cluster(lonely.address) as pool:
        pool._client.wait_for_workers(2, timeout=START_WITHIN_S)
        out = tmp_path / "there"
        report = build(
            [small_tree[0]], StaticSink(out), StaticLayout(tmp_path / "published"),
            workers=nullcontext(pool), progress=kill_at_the_first_step,
        )  # fmt: skip
    assert doomed.wait(START_WITHIN_S) == -signal.SIGKILL
    assert (report.found, report.catalogued, report.refused) == (PACKAGES, PACKAGES, [])
    into(tmp_path / "here", small_tree[0])
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_a_result_that_nobody_works_on_is_asked_for_again(cluster: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_pool, "LOOK_EVERY_S", 0.2)
    with dask_cluster(cluster.address) as pool:
        results = pool.run(abs, [(number, (-number,)) for number in range(3)])
        assert next(results) == (0, 0)
        for asked in pool._asked:
            asked.future = distributed.Future("never sent", pool._client)
        assert list(results) == [(1, 1), (2, 2)]


def test_a_cluster_without_workers_is_an_error_in_time(
    lonely: Running, small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_pool, "WORKER_WITHIN_S", 1)
    with pytest.raises(WorkersError, match="has no worker; start some"):
        into(tmp_path / "out", small_tree[0], dask=lonely.address)
    monkeypatch.setattr(dask_pool, "WORKER_WITHIN_S", 20)
    monkeypatch.setattr(dask_pool, "LOOK_EVERY_S", 1)
    only = lonely.worker()
    with dask_cluster(lonely.address) as pool:
        monkeypatch.setattr(dask_pool, "WORKER_WITHIN_S", 2)
        only.kill()
        only.wait()
        results = pool.run(os.getpid, [(0, ())])
        with pytest.raises(WorkersError, match="no worker for 2 s"):
            next(results)


def test_a_worker_of_another_builder_or_without_the_trees_is_named(
    cluster: Running, small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = dask_pool.lacking(dask_pool.builder_digest(), [str(small_tree[0]), "/nowhere/at/all"])
    assert message == "does not see /nowhere/at/all; all workers need the trees under the same path"
    monkeypatch.setattr(dask_pool, "builder_digest", lambda: "another")
    with pytest.raises(WorkersError, match=r"worker tcp://127.* has another builder .*; install flatsim-stac"):
        into(tmp_path / "out", small_tree[0], dask=cluster.address)
    assert not list(tmp_path.rglob("*.json"))


INTERRUPTED = """
import os, signal
from catalog_builder.pipeline import build
from catalog_builder.pipeline import stream
from catalog_builder.cli import main
write = build._write
def once(*arguments):
    write(*arguments)
    os.kill(os.getpid(), signal.SIGINT)
build._write = once
build.BATCH = stream.READ_TOGETHER = 1
main()
"""


def test_ctrl_c_leaves_the_cluster_to_others(cluster: Running, small_tree: Tree, tmp_path: Path) -> None:
    arguments = ["build", str(small_tree[0]), "--out", str(tmp_path / "out"), "--dask", cluster.address, "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments],
        capture_output=True, text=True, env=environment, check=False, timeout=2 * START_WITHIN_S,
    )  # fmt: skip
    assert ended.returncode == 130, ended.stderr
    assert ended.stderr.splitlines() == ["flatsim-stac: interrupted; the same command goes on from here"]
    report = into(tmp_path / "out", small_tree[0], dask=cluster.address)
    assert report.catalogued + report.unchanged == PACKAGES


def test_nobody_at_the_address(small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_pool, "CONNECT_WITHIN_S", 1)
    for address in (f"tcp://127.0.0.1:{free_port()}", "nonsense", "ftp://127.0.0.1:1"):
        with pytest.raises(WorkersError, match=address):
            into(tmp_path / "out", small_tree[0], dask=address)
