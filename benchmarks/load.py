"""How fast items get into pgstac, by pypgstac and by us: the same lines into fresh databases of a server, in turns.

pypgstac also loads into a database of pgstac alone: what our tables cost other writers is the difference.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg

from benchmarks.items import Catalogue
from benchmarks.memory import rss_mb
from benchmarks.stored import complete, item_files, migrate_ours, migrate_peers
from catalog_builder import queries
from catalog_builder.local_postgres import Cluster
from catalog_builder.settings import BuilderSettings
from catalog_builder.sinks import COLLECTIONS

TEMPLATES = {"ours": "flatsim_load_template", "pgstac": "flatsim_load_pgstac"}
SCRATCH = "flatsim_load"
READERS = 8
PAGE = (
    "SELECT id, content FROM pgstac.items WHERE collection = ANY(%s) ORDER BY datetime DESC, end_datetime, id LIMIT 10"
)
PYPGSTAC = """
import sys
from multiprocessing import Pool
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
dsn, workers, collections, *files = sys.argv[1:]
def load(file):
    with PgstacDB(dsn=dsn) as database:
        Loader(database).load_items(file, Methods.upsert)
with PgstacDB(dsn=dsn) as database:
    Loader(database).load_collections(collections, Methods.upsert)
if workers == "1":
    for file in files:
        load(file)
else:
    with Pool(int(workers)) as pool:
        pool.map(load, files, chunksize=1)
"""


def pypgstac(folder: Path, dsn: str, workers: int) -> list[str]:
    """As `pypgstac load items --method upsert` does, the files shared out among processes."""
    files = [folder / f"{COLLECTIONS}.ndjson", *item_files(folder)]
    return [sys.executable, "-c", PYPGSTAC, dsn, str(workers), *map(str, files)]


def ours(folder: Path, dsn: str, workers: int) -> list[str]:
    arguments = ["db", "load", str(folder), "--database", dsn, "--workers", str(workers), "--quiet"]
    return [sys.executable, "-m", "catalog_builder", *arguments]


LOADERS = {
    f"{name}, {workers} worker{'s' * (workers > 1)}": (template, partial(loader, workers=workers))
    for name, template, loader in (
        ("pypgstac", "ours", pypgstac),
        ("pypgstac without our tables", "pgstac", pypgstac),
        ("ours", "ours", ours),
    )
    for workers in (1, 2)
}


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
    """A server and two databases on it, of which empty copies are made: ours, and one of pgstac alone."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        with self._session() as session:
            for name in TEMPLATES.values():
                queries.drop_database(session, name)
                queries.create_database(session, name, "template0")
        migrate_ours(self._at(TEMPLATES["ours"]))
        migrate_peers(self._at(TEMPLATES["pgstac"]))

    def _at(self, database: str) -> str:
        return urlunsplit(urlsplit(self._dsn)._replace(path=f"/{database}"))

    @contextlib.contextmanager
    def _session(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._at("postgres"), autocommit=True) as session:
            yield session

    def create_copy(self, template: str) -> str:
        """The DSN of an empty database like that of the name; the one before it is dropped."""
        with self._session() as session:
            queries.drop_database(session, SCRATCH)
            queries.create_database(session, SCRATCH, TEMPLATES[template])
            session.execute("CHECKPOINT")
        return self._at(SCRATCH)

    def clear(self) -> None:
        with self._session() as session:
            for name in (SCRATCH, *TEMPLATES.values()):
                queries.drop_database(session, name)


def check(dsn: str, items: int, *, with_documents: bool) -> None:
    with psycopg.connect(dsn) as session:
        (loaded,) = session.execute("SELECT count(*) FROM pgstac.items").fetchone() or (0,)
    missing = complete(dsn) if with_documents else 0
    if loaded != items or missing:
        msg = f"{loaded} of {items} items are there, {missing} without their document"
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


def format_waits(waits_ms: list[float]) -> str:
    """Cells of a table: median, 95 %, longest."""
    waits = sorted(waits_ms) or [0.0]
    return f"{statistics.median(waits):.1f} | {waits[int(0.95 * (len(waits) - 1))]:.1f} | {waits[-1]:.0f}"


def compare(server: Server, folder: Path, items: int, rounds: int) -> None:
    """Tables of one number of items."""
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, (template, command) in LOADERS.items():
            dsn = server.create_copy(template)
            times.setdefault(name, []).append(measured(command(folder, dsn)))
            check(dsn, items, with_documents=name.startswith("ours"))
            times.setdefault(f"{name}, again", []).append(measured(command(folder, dsn)))
    medians = {name: statistics.median(seconds for seconds, _ in runs) for name, runs in times.items()}
    peers = [name for name in LOADERS if name.startswith("pypgstac,")]
    click.echo(f"\n| {items} items | items/s | " + " | ".join(f"x {name}" for name in peers) + " | peak MB |")
    click.echo("|---" * (len(peers) + 3) + "|")
    for name, runs in times.items():
        again = ", again" * name.endswith("again")
        ratios = " | ".join(f"{medians[peer + again] / medians[name]:.2f}" for peer in peers)
        click.echo(f"| {name} | {items / medians[name]:.0f} | {ratios} | {max(memory for _, memory in runs):.0f} |")


def disturb(server: Server, folder: Path) -> None:
    """What readers of a part notice of a load of the others."""
    names = sorted(path.stem for path in folder.glob("*-interferogram.ndjson"))
    click.echo(f"\n| {READERS} readers | median ms | p95 ms | longest ms |\n|---|---|---|---|")
    for name, (template, command) in LOADERS.items():
        if template != "ours":
            continue
        dsn = server.create_copy(template)
        with tempfile.TemporaryDirectory(dir=folder.parent) as first:
            lines = (folder / f"{COLLECTIONS}.ndjson").read_bytes()
            (Path(first) / f"{COLLECTIONS}.ndjson").write_bytes(lines)
            (Path(first) / f"{names[0]}.ndjson").write_bytes((folder / f"{names[0]}.ndjson").read_bytes())
            measured(ours(Path(first), dsn, 2))
        before: list[float] = []
        with readers(dsn, names, before):
            time.sleep(3)
        during: list[float] = []
        with readers(dsn, names, during):
            measured(command(folder, dsn))
        click.echo(f"| before | {format_waits(before)} |\n| during {name} | {format_waits(during)} |")


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
