"""The whole of it as users have it: a sample tree, built by the command line into a database, served by a process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2 as httpx
import psycopg
import pytest
from watched import launched

from catalog_builder import queries
from catalog_builder.sample import SampleManifest, SampleSpec, write_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

COMMAND = Path(sys.executable).with_name("flatsim-stac")
START_S = 60
STOP_S = 20
DATE_FORMS = ("%Y-%m-%d", "%Y%m%d")
N_PAIRS = 300
"""Enough for the builder to read with several processes, in several batches."""

Documents = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """A product tree and what is true of it."""

    tree: Path
    manifest: SampleManifest


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Ours without what would lead to another database or another service."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "FLATSIM_")) or name in ("FLATSIM_SCHEMA_DIR", "FLATSIM_PG_BINDIR")
    }
    return {**kept, "FLATSIM_HOME": str(home), **settings}


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a port that no one listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def flatsim(reachable_tmp: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the installed `flatsim-stac` to its end, in a home without a database of its own."""
    variables = environment(reachable_tmp / "no-home")

    def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [str(COMMAND), *map(str, arguments)]
        return subprocess.run(
            command, env={**variables, **settings}, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture(scope="session")
def start_flatsim(reachable_tmp: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the installed `flatsim-stac` and leaves it running; what runs at the end of the session is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, log: Path, home: Path | None = None) -> subprocess.Popen[str]:
        with log.open("w") as output:
            process = subprocess.Popen(
                [str(COMMAND), *map(str, arguments)],
                env=environment(home or reachable_tmp / "no-home"),
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def wait_until_served() -> Callable[[str, subprocess.Popen[str], Path], None]:
    """Waits for the landing page of a service that was started."""

    def wait(address: str, process: subprocess.Popen[str], log: Path) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert process.poll() is None, f"it ended with {process.returncode}:\n{log.read_text()}"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}_mgmt/ping").status_code == 200:
                    return
            time.sleep(0.1)
        pytest.fail(f"{address} is not served after {START_S} s:\n{log.read_text()}")

    return wait


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The tree that `flatsim-stac sample` writes when it is asked for nothing else."""
    tree = tmp_path_factory.mktemp("end-to-end") / "tree"
    return Sample(tree, write_sample(tree, SampleSpec()))


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A tree of few and small packages, to be copied and damaged."""
    tree = tmp_path_factory.mktemp("small") / "tree"
    return Sample(tree, write_sample(tree, SampleSpec(tracks=1, epochs=4, pairs=4, pixels=16)))


@pytest.fixture(scope="session")
def many(small_sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A track with very many pairs: copies of some files of one package, under other dates."""
    tree = tmp_path_factory.mktemp("many") / "tree"
    for track in small_sample.manifest.tracks:
        for path in (track.timeseries_path, track.auxiliary_path):
            _link(small_sample.tree / path, tree / path, {})
        pair = track.pairs[0]
        first, last = (date.fromisoformat(day) for day in (pair.reference_date, pair.secondary_date))
        for number in range(N_PAIRS):
            later = timedelta(days=6 * number)
            # The later date first: its new name is never the old one of the other.
            words = {f"{day:{form}}": f"{day + later:{form}}" for day in (last, first) for form in DATE_FORMS}
            _link(small_sample.tree / pair.path, tree / _renamed(pair.path, words), words)
    return tree


def _renamed(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def _link(source: Path, target: Path, words: dict[str, str]) -> None:
    target.mkdir(parents=True)
    for file in source.iterdir():
        is_wanted = ("_Coh_geo" in file.name or "_InU_geo" in file.name) and file.suffix != ".meta"  # that tells dates
        if not words or is_wanted:
            os.link(file, target / _renamed(file.name, words))


@pytest.fixture(scope="session")
def sample_dsn(
    maintenance_dsn: str, template_database: str, sample: Sample, flatsim: Callable[..., Any]
) -> Iterator[str]:
    """Owner's DSN of the database that the sample was built into; no one changes it."""
    name = "flatsim_end_to_end"
    dsn = maintenance_dsn.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name, template_database)
        built = flatsim("build", sample.tree, "--database", dsn)
        assert built.returncode == 0, built.stderr
        yield dsn
        queries.drop_database(connection, name)


@pytest.fixture(scope="session")
def service(
    sample_dsn: str,
    sample: Sample,
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    start_flatsim: Callable[..., subprocess.Popen[str]],
    wait_until_served: Callable[..., None],
) -> Iterator[str]:
    """Address of the landing page of the service over the sample."""
    port = free_port()
    log = tmp_path_factory.mktemp("service") / "log"
    process = start_flatsim("serve", "--database", sample_dsn, "--data", sample.tree, "--port", str(port), log=log)
    address = f"http://127.0.0.1:{port}/"
    wait_until_served(address, process, log)
    yield address
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_S) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def http(service: str) -> Iterator[httpx.Client]:
    """A client of the service that keeps its connections."""
    with httpx.Client(base_url=service, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for the tests of a module. While it is there, Playwright's event loop counts as running in this
    thread, and `asyncio.run` of other tests would fail: so not for the whole session."""
    with launched() as browser:
        yield browser


def read_documents(folder: Path) -> Documents:
    """Items of an NDJSON catalogue by id."""
    lines = [
        line
        for file in folder.glob("*.ndjson")
        if file.name != "collections.ndjson"
        for line in file.read_text().splitlines()
    ]
    items = [json.loads(line) for line in lines]
    return {item["id"]: item for item in items}


@pytest.fixture(scope="session")
def built(
    service: str, sample: Sample, tmp_path_factory: pytest.TempPathFactory, flatsim: Callable[..., Any]
) -> Documents:
    """The items as the builder writes them to files, their assets addressed as the service publishes them."""
    folder = tmp_path_factory.mktemp("built") / "lines"
    done = flatsim("build", sample.tree, "--out", folder, "--format", "ndjson", "--href-base", f"{service}data")
    assert done.returncode == 0, done.stderr
    return read_documents(folder)
