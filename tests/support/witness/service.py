"""Runs the programs of a checkout: database, sample, build, load, service. Nothing of it is imported here."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S: Final = 90
STOP_S: Final = 20
PROGRAM_S: Final = 300
REFUSED: Final = 3
"""Exit status of a build that refused some packages, which the odd one is."""
LOAD: Final = """
import sys
import psycopg
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
dsn, collections, items = sys.argv[1:]
with PgstacDB(dsn=dsn) as database:
    loader = Loader(database)
    loader.load_collections(collections, insert_mode=Methods.upsert)
    loader.load_items(items, insert_mode=Methods.upsert)
with psycopg.connect(dsn, autocommit=True) as connection:
    connection.execute("ANALYZE")
"""
SETTINGS: Final = {
    "FLATSIM_TOKEN_SECRET": "witness",
    "FLATSIM_STATEMENT_TIMEOUT_MS": "120000",  # a busy machine must not turn an answer into a refusal
    "FLATSIM_POOL_WAIT_S": "120",
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A working copy of the project whose code is run, with the interpreter of its own environment if it has one.

    Attributes:
        folder: The working copy.
        home: Where its embedded database lives.
    """

    folder: Path
    home: Path

    @property
    def python(self) -> str:
        """The interpreter."""
        own = self.folder / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def environment(self, **settings: str) -> dict[str, str]:
        """That of this process, with the checkout's modules first and no settings that lead elsewhere."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "FLATSIM_")) or name in {"FLATSIM_SCHEMA_DIR", "FLATSIM_PG_BINDIR"}
        }
        own = {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", "FLATSIM_HOME": str(self.home)}
        return kept | own | SETTINGS | settings

    def command(self, *arguments: str | Path) -> list[str]:
        """`flatsim-stac` with these arguments, wherever the checkout's `pyproject.toml` says it is."""
        scripts = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]["scripts"]
        module, _, function = scripts["flatsim-stac"].partition(":")
        code = f"import sys; from {module} import {function}; sys.exit({function}())"
        return [self.python, "-c", code, *map(str, arguments)]

    def run(self, *arguments: str | Path, statuses: tuple[int, ...] = (0,), **settings: str) -> str:
        """Run `flatsim-stac` to its end and return what it prints."""
        return self._run(self.command(*arguments), statuses, settings)

    def _run(self, command: list[str], statuses: tuple[int, ...], settings: dict[str, str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(**settings), capture_output=True, text=True, check=False,
            timeout=PROGRAM_S,
        )  # fmt: skip
        if done.returncode not in statuses:
            msg = f"exit status {done.returncode} of {command}:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)
        return done.stdout

    @contextlib.contextmanager
    def run_database(self) -> Iterator[str]:
        """An embedded database of its own, removed afterwards; gives the owner's DSN."""
        self.run("db", "start")
        try:
            yield self.run("db", "dsn").strip()
        finally:
            self.run("db", "reset", "--yes")

    def fill_database(self, dsn: str, tree: Path, documents: Path, thumbnails: Path) -> None:
        """Migrate the database, build the tree into it, and load the odd documents as pypgstac does."""
        self.run("db", "migrate", "--database", dsn)
        built = ("build", tree, "--database", dsn, "--thumbnails", "--quiet")
        self.run(*built, statuses=(0, REFUSED), FLATSIM_THUMBNAILS=str(thumbnails))
        files = [str(documents / name) for name in ("collections.ndjson", "items.ndjson")]
        self._run([self.python, "-c", LOAD, dsn, *files], (0,), {})

    @contextlib.contextmanager
    def serve(self, dsn: str, tree: Path, thumbnails: Path, log: Path) -> Iterator[int]:
        """The service as a process of its own; gives its port."""
        port = _free_port()
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command("serve", "--database", dsn, "--data", tree, "--port", str(port)),
                cwd=self.folder, env=self.environment(FLATSIM_THUMBNAILS=str(thumbnails)),
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            _wait_until_served(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(STOP_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_served(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
            connection.request("GET", "/_mgmt/ping")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    msg = f"the service did not start:\n{log.read_text()}"
    raise RuntimeError(msg)
