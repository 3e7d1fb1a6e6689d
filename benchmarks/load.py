"""How fast items get into pgstac, by pypgstac and by us: the same lines into fresh databases of a server, in turns."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg

from benchmarks.items import Catalogue
from benchmarks.memory import rss_mb
from catalog_builder import queries
from catalog_builder.database import migrate
from catalog_builder.local_postgres import Cluster
from catalog_builder.settings import BuilderSettings
from catalog_builder.sinks import COLLECTIONS

TEMPLATE, SCRATCH = "flatsim_load_template", "flatsim_load"
READERS = 8
PAGE = (
    "SELECT id, content FROM pgstac.items WHERE collection = ANY(%s) ORDER BY datetime DESC, end_datetime, id LIMIT 10"
)
PYPGSTAC = """
import sys
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
dsn, collections, *files = sys.argv[1:]
with PgstacDB(dsn=dsn) as database:
    loader = Loader(database)
    loader.load_collections(collections, Methods.upsert)
    for file in files:
        loader.load_items(file, Methods.upsert)
"""


def pypgstac(folder: Path, dsn: str) -> list[str]:
    """As `pypgstac load items --method upsert` does, in one process for all files."""
    files = sorted(path for path in folder.glob("*.ndjson") if path.stem != COLLECTIONS)
    return [sys.executable, "-c", PYPGSTAC, dsn, str(folder / f"{COLLECTIONS}.ndjson"), *map(str, files)]


def ours(folder: Path, dsn: str, workers: int = 2) -> list[str]:
    arguments = ["db", "load", str(folder), "--database", dsn, "--workers", str(workers), "--quiet"]
    return [sys.executable, "-m", "catalog_builder", *arguments]


def ours_alone(folder: Path, dsn: str) -> list[str]:
    return ours(folder, dsn, 1)


LOADERS = {"pypgstac load": pypgstac, "ours, 1 worker": ours_alone, "ours, 2 workers": ours}


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, with its start, and the most memory that it held, MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, rss_mb(process.pid))
        time.sleep(0.02)
    if process.returncode:
        msg = f"{command[:4]} ended with status {process.returncode}"
        raise RuntimeError(msg)
    return time.perf_counter() - start, peak


class Server:
    """A server and a migrated database on it, of which empty copies are made."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        with self._session() as session:
            queries.drop_database(session, TEMPLATE)
            queries.create_database(session, TEMPLATE, "template0")
        migrate(self._at(TEMPLATE), BuilderSettings().migrations_dir)

    def _at(self, database: str) -> str:
        return urlunsplit(urlsplit(self._dsn)._replace(path=f"/{database}"))

    @contextlib.contextmanager
    def _session(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._at("postgres"), autocommit=True) as session:
            yield session

    def fresh(self) -> str:
        with self._session() as session:
            queries.drop_database(session, SCRATCH)
            queries.create_database(session, SCRATCH, TEMPLATE)
            session.execute("CHECKPOINT")
        return self._at(SCRATCH)

    def clear(self) -> None:
        with self._session() as session:
            queries.drop_database(session, SCRATCH)
            queries.drop_database(session, TEMPLATE)


def check(dsn: str, items: int) -> None:
    with psycopg.connect(dsn) as session:
        (found,) = session.execute("SELECT count(*) FROM pgstac.items").fetchone() or (0,)
    if found != items:
        msg = f"{found} of {items} items are there"
        raise RuntimeError(msg)


@contextlib.contextmanager
def readers(dsn: str, collections: list[str], waits_ms: list[float]) -> Iterator[None]:
    """Clients that ask for one page after the other."""
    ended = threading.Event()

    def read() -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            while not ended.is_set():
                start = time.perf_counter()
                session.execute(PAGE, (collections,)).fetchall()
                waits_ms.append(1000 * (time.perf_counter() - start))
                ended.wait(0.02)

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


def told(waits_ms: list[float]) -> str:
    found = sorted(waits_ms) or [0.0]
    return f"{statistics.median(found):.1f} | {found[int(0.95 * (len(found) - 1))]:.1f} | {found[-1]:.0f}"


def compare(server: Server, folder: Path, items: int, rounds: int) -> None:
    """Tables of one number of items."""
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, command in LOADERS.items():
            dsn = server.fresh()
            times.setdefault(name, []).append(measured(command(folder, dsn)))
            check(dsn, items)
            times.setdefault(f"{name}, again", []).append(measured(command(folder, dsn)))
    medians = {name: statistics.median(seconds for seconds, _ in found) for name, found in times.items()}
    click.echo(f"\n| {items} items | items/s | x pypgstac | peak MB |\n|---|---|---|---|")
    for name, found in times.items():
        peer = medians["pypgstac load, again" if name.endswith("again") else "pypgstac load"]
        peak = max(memory for _, memory in found)
        click.echo(f"| {name} | {items / medians[name]:.0f} | {peer / medians[name]:.2f} | {peak:.0f} |")


def disturb(server: Server, folder: Path) -> None:
    """What readers of a part notice of a load of the others."""
    names = sorted(path.stem for path in folder.glob("*-interferogram.ndjson"))
    click.echo(f"\n| {READERS} readers | median ms | p95 ms | longest ms |\n|---|---|---|---|")
    for name, command in LOADERS.items():
        dsn = server.fresh()
        with tempfile.TemporaryDirectory(dir=folder.parent) as first:
            lines = (folder / f"{COLLECTIONS}.ndjson").read_bytes()
            (Path(first) / f"{COLLECTIONS}.ndjson").write_bytes(lines)
            (Path(first) / f"{names[0]}.ndjson").write_bytes((folder / f"{names[0]}.ndjson").read_bytes())
            measured(ours(Path(first), dsn))
        before: list[float] = []
        with readers(dsn, names, before):
            time.sleep(3)
        during: list[float] = []
        with readers(dsn, names, during):
            measured(command(folder, dsn))
        click.echo(f"| before | {told(before)} |\n| during {name} | {told(during)} |")


@click.command()
@click.option("--items", "sizes", default="10000", show_default=True, help="Numbers of items, with commas.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--server", metavar="DSN", help="Of an owner of databases; default: the embedded server.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Where the lines are for a while.")
def main(sizes: str, rounds: int, server: str | None, scratch: Path | None) -> None:
    """Print items a second of each loader into empty databases, and once more over what is there."""
    at = Server(server or Cluster(BuilderSettings().home).dsn())
    try:
        for items in map(int, sizes.split(",")):
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                lines = Path(folder) / "lines"
                Catalogue(items).write(lines)
                compare(at, lines, items, rounds)
                disturb(at, lines)
    finally:
        at.clear()


if __name__ == "__main__":
    main()
