"""The service over catalogues of growing size, each on a server of its own whose data stay on disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psycopg

from benchmarks.items import Catalogue
from benchmarks.peers import INSTALLED, PEERS, Running
from benchmarks.questions import questions
from benchmarks.service import (
    FIRST_PORT,
    FLOOR,
    MIGRATIONS,
    Floor,
    Results,
    a_pair,
    check,
    deep_requests,
    disk_kb,
    measure,
    prepare_floor_lines,
)
from benchmarks.traffic import Timing
from catalog_builder import queries
from catalog_builder.database import renew_documents
from catalog_builder.database.migration import migrate
from catalog_builder.local_postgres import Cluster
from catalog_builder.pipeline.load import load

DATABASE = "curve"
REGIONS = 19
FOLDER = Path("/var/tmp/flatsim-benchmarks")
"""Not under the user's cache: the server runs under an account of its own, which must get there."""


class Stored:
    """A catalogue of some size in a cluster of its own; made once, region after region.

    Args:
        items: how many.
        folder: of all sizes.
    """

    def __init__(self, items: int, folder: Path) -> None:
        self.catalogue = Catalogue(items, regions=REGIONS)
        self._home = folder / f"items-{items}"
        self._done = self._home / "regions"
        self._cluster = Cluster(self._home)

    @contextmanager
    def running(self) -> Iterator[str]:
        """The DSN of its owner, while the server runs; what was begun is completed first."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._cluster.start()
        try:
            dsn = self._cluster.dsn().rpartition("/")[0] + f"/{DATABASE}"
            self._make(dsn)
            yield dsn
        finally:
            self._cluster.stop()

    def _make(self, dsn: str) -> None:
        with psycopg.connect(self._cluster.dsn(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                queries.create_database(connection, DATABASE)
        migrate(dsn, MIGRATIONS)
        renew_documents(dsn)
        done = self._done.read_text().split() if self._done.exists() else []
        regions = [
            one for one in dict.fromkeys(track.region for track in self.catalogue.tracks) if one.code not in done
        ]
        for region in regions:
            begun = time.perf_counter()
            with TemporaryDirectory(dir=self._home) as scratch:
                lines = Path(scratch) / "lines"
                self.catalogue.write(lines, [region])
                loaded = load(lines, dsn)
                if region is self.catalogue.tracks[0].region:
                    prepare_floor_lines(dsn, lines)  # of what it will be asked for
            with self._done.open("a") as file:
                file.write(f"{region.code}\n")
            click.echo(f"  {region.code}: {loaded.changed} items in {time.perf_counter() - begun:.0f} s", err=True)
        if regions:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")


def measured(stored: Stored, seconds: float, rounds: int, clients: tuple[int, ...]) -> tuple[Results, dict[str, float]]:
    """All questions to our service and to the floor, and the room on disk, kB an item."""
    results = Results(peers=["ours"])
    item = a_pair(stored.catalogue)
    with stored.running() as dsn, ExitStack() as stack:
        floor = Floor(dsn, item)
        stack.callback(floor.close)
        ours = Running(next(peer for peer in PEERS if peer.ours), INSTALLED, dsn, FIRST_PORT)
        stack.callback(ours.stop)
        asked = [(question.name, check(question, [ours], results)) for question in questions(item)]
        asked.append(("deep page of 100", deep_requests([ours], item["collection"])))
        measure(asked, [ours], floor, results, clients=clients, rounds=rounds, budget_s=seconds)
        sizes = disk_kb(dsn)
    return results, sizes


def tables(found: dict[int, tuple[Results, dict[str, float]]], clients: tuple[int, ...]) -> Iterator[str]:
    """Markdown: median and 95th percentile at each size, and how many times the p95 of the smallest that of the largest
    is."""
    sizes = sorted(found)
    for peer, count in [("ours", count) for count in clients] + [(FLOOR, 1)]:
        yield (
            f"| {peer}, {count} clients, ms | "
            + " | ".join(f"{size} items" for size in sizes)
            + " | p95, last / first |"
        )
        yield "|---" * (len(sizes) + 2) + "|"
        names = dict.fromkeys(
            name for results, _ in found.values() for name, *of in results.cells if of == [peer, count]
        )
        for name in names:
            row = [found[size][0].cells.get((name, peer, count), Timing()) for size in sizes]
            ratio = row[-1].p95_ms / row[0].p95_ms
            cells = [f"{timing.median_ms:.1f} / {timing.p95_ms:.1f}" for timing in row]
            yield f"| {name} | " + " | ".join(cells) + f" | {ratio:.1f} |"
        yield ""
    yield "| kB an item | " + " | ".join(f"{size} items" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for part in found[sizes[0]][1]:
        yield f"| {part} | " + " | ".join(f"{found[size][1][part]:.1f}" for size in sizes) + " |"


@click.command()
@click.option("--items", "sizes", default="10000,100000,1000000", show_default=True, help="With commas.")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True, help="Of the data.")
@click.option("--clients", default="1", show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Times that each cell is measured.")
@click.option("--seconds", default=2.0, show_default=True, help="For each cell and round.")
@click.option("--data-only", is_flag=True, help="Make the data and end.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the tables there.")
def main(
    sizes: str, folder: Path, clients: str, rounds: int, seconds: float, out: Path | None, *, data_only: bool
) -> None:
    """Ask the service the same over catalogues of each size, which are kept for the next time."""
    stored = {items: Stored(items, folder) for items in map(int, sizes.split(","))}
    if data_only:
        for each in stored.values():
            with each.running():
                pass
        return
    counts = tuple(map(int, clients.split(",")))
    found = {items: measured(each, seconds, rounds, counts) for items, each in stored.items()}
    lines = [*tables(found, counts), "", *(note for results, _ in found.values() for note in results.notes)]
    click.echo("\n".join(lines))
    if out:
        out.write_text("\n".join(lines) + "\n")
    if any(results.is_wrong for results, _ in found.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
