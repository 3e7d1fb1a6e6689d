"""The service beside its peers and beside the floor, over the same data on the same server, in one run, in turns."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import click
import psycopg
from psycopg import sql
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from pypgstac.migrate import Migrate

from benchmarks.items import Catalogue
from benchmarks.peers import INSTALLED, PEERS, Running, compile_ours, own_programs
from benchmarks.questions import PAGES, questions
from benchmarks.traffic import Client, Request, Timing, run
from catalog_builder import queries
from catalog_builder.database.migration import migrate
from catalog_builder.local_postgres import Cluster
from catalog_builder.pipeline.load import load
from catalog_builder.sinks.ndjson import COLLECTIONS

FLOOR = "floor"
FIRST_PORT = 18_300
MIGRATIONS = Path(__file__).parent.parent / "migrations"
PATIENCE_S = 5.0
"""Cells that would take longer are left out: the slowest peers need hours for them."""
DEEP_PAGES = 20
DEEP_SIZE = 100

Cell = tuple[str, str, int]
"""Question, peer, clients."""


@dataclass(slots=True)
class Results:
    """All timings of a run, what stood in the way, and whether our service gave an answer that it must not give."""

    cells: dict[Cell, Timing] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    is_wrong: bool = False

    def expected_s(self, name: str, peer: str, clients: int) -> float:
        """What a round of as many clients would take one that serves them in turns, from what a single one took."""
        alone = self.cells.get((name, peer, 1))
        return alone.median_ms / 1000 * clients if alone and alone.seconds else 0.0


@contextmanager
def database(server_dsn: str, name: str) -> Iterator[str]:
    """An empty database of that name, gone afterwards; gives its DSN."""
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        queries.drop_database(connection, name)
        queries.create_database(connection, name)
        setting = sql.SQL("ALTER DATABASE {} SET search_path TO pgstac, public")  # rustac's server does not set it
        connection.execute(setting.format(sql.Identifier(name)))
        try:
            yield server_dsn.rpartition("/")[0] + f"/{name}"
        finally:
            queries.drop_database(connection, name)


def prepare(dsn: str, folder: Path) -> None:
    """Make the schema and load a catalogue of lines as users do."""
    migrate(dsn, MIGRATIONS)
    load(folder, dsn)
    _settle(dsn)


def prepare_bare(dsn: str, folder: Path) -> None:
    """The same by pypgstac alone, without our migrations and indexes."""
    with PgstacDB(dsn=dsn) as db:
        Migrate(db).run_migration()
    with PgstacDB(dsn=dsn) as db:
        loader = Loader(db)
        loader.load_collections(str(folder / f"{COLLECTIONS}.ndjson"), Methods.upsert)
        for path in item_files(folder):
            loader.load_items(str(path), Methods.insert)
    _settle(dsn)


def _settle(dsn: str) -> None:
    """What the server would do by itself some minutes later."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def item_files(folder: Path) -> list[Path]:
    """Of a catalogue of lines."""
    return sorted(path for path in folder.glob("*.ndjson") if path.stem != COLLECTIONS)


def prepare_floor(dsn: str, folder: Path) -> None:
    """A table of ready-made JSON text with the one index that the floor's pages run along."""
    prepare_floor_lines(dsn, folder)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE benchmark.ready")


def prepare_floor_lines(dsn: str, folder: Path) -> None:
    """Add a catalogue of lines to the floor's table, which is made where it is missing."""
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS benchmark")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS benchmark.ready (collection text, datetime timestamptz, id text, item text)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS ready_order ON benchmark.ready (collection, datetime DESC, id)")
        connection.execute("CREATE UNIQUE INDEX IF NOT EXISTS ready_key ON benchmark.ready (id, collection)")
        with connection.cursor() as cursor, cursor.copy("COPY benchmark.ready FROM STDIN") as copy:
            for path in item_files(folder):
                for line in path.open("rb"):
                    item = json.loads(line)
                    copy.write_row((item["collection"], item["properties"]["datetime"], item["id"], line.decode()))


def disk_kb(dsn: str) -> dict[str, float]:
    """Room on disk by what it is for, kB an item."""
    with psycopg.connect(dsn) as connection:
        items, tables, indexes, documents = connection.execute(
            "SELECT (SELECT count(*) FROM pgstac.items), sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)), "
            "pg_total_relation_size('flatsim.item_documents') "
            "FROM pg_inherits WHERE inhparent = 'pgstac.items'::regclass"
        ).fetchone() or (1, 0, 0, 0)
    parts = {"items": tables, "their indexes": indexes, "ready text": documents}
    return {name: float(size) / items / 1024 for name, size in parts.items()}


class Floor:
    """Ready-made JSON by one indexed SELECT, without a server of HTTP."""

    PAGE = "SELECT item FROM benchmark.ready WHERE collection = $1 ORDER BY datetime DESC, id LIMIT $2"
    ITEM = "SELECT item FROM benchmark.ready WHERE collection = $1 AND id = $2"

    def __init__(self, dsn: str, item: dict[str, Any]) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(asyncpg.connect(dsn, server_settings={"jit": "off"}))
        self._item = item

    def run(self, name: str, budget_s: float) -> Timing | None:
        """Time one question, if the floor has it."""
        sizes = {f"page of {size}": size for size in PAGES}
        collection = self._item["collection"]
        if name in sizes:
            statement, values = self.PAGE, (collection, sizes[name])
        elif name == "item by id":
            statement, values = self.ITEM, (collection, self._item["id"])
        else:
            return None
        return self._loop.run_until_complete(self._timed(statement, values, budget_s))

    async def _timed(self, statement: str, values: tuple[Any, ...], budget_s: float) -> Timing:
        timing, begun = Timing(), time.perf_counter()
        while not timing.seconds or time.perf_counter() < begun + budget_s:
            start = time.perf_counter()
            rows = await self._connection.fetch(statement, *values)
            ",".join([row[0] for row in rows]).encode()
            timing.seconds.append(time.perf_counter() - start)
        timing.wall_s = time.perf_counter() - begun
        return timing

    def close(self) -> None:
        """Close the connection."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


def found_in(request: Request, body: bytes) -> list[str] | int | None:
    """What two services must agree about: the items of an answer, or their number where more match than are given.

    Then each has its own order for items of equal keys, and of the default order another idea: pgstac takes the start
    of a range for its `datetime`.
    """
    document = json.loads(body)
    if "features" not in document:
        return None
    ids = sorted(item["id"] for item in document["features"])
    return len(ids) if len(ids) == request.limit else ids


def check(request: Request, services: list[Running], results: Results) -> dict[str, Request]:
    """Ask each service once; those that answer as ours does are timed, and of the others it is noted why not."""
    good, expected = {}, None
    for service in services:
        if (request.ours_only and not service.peer.ours) or (service.peer.name == "rustac" and not request.rustac):
            continue
        client = Client(service.port)
        try:
            status, body = client.send(request)
        except OSError as error:
            status, body = 0, str(error).encode()
        client.close()
        if status != 200:
            results.notes.append(f"{request.name}, {service.peer.name}: {status} {body[:120].decode(errors='replace')}")
            results.is_wrong |= service.peer.ours
            continue
        found = found_in(request, body)
        if service.peer.ours:
            expected = found
        elif found != expected:
            results.notes.append(f"{request.name}, {service.peer.name}: other items than ours")
        good[service.peer.name] = request
    return good


def deep_requests(services: list[Running], collection: str) -> dict[str, Request]:
    """For each service, the page that its own links lead to after many."""
    found = {}
    for service in services:
        if service.peer.name == "rustac":
            continue
        client, path = Client(service.port), f"/search?collections={collection}&limit={DEEP_SIZE}"
        for _ in range(DEEP_PAGES):
            status, body = client.send(Request("", path))
            links = [link for link in json.loads(body)["links"] if link["rel"] == "next"] if status == 200 else []
            if not links:
                break
            path = "/" + links[0]["href"].split("/", 3)[3]
        else:
            found[service.peer.name] = Request("deep page of 100", path)
        client.close()
    return found


def measure(
    asked: list[tuple[str, dict[str, Request]]],
    services: list[Running],
    floor: Floor,
    results: Results,
    *,
    clients: tuple[int, ...],
    rounds: int,
    budget_s: float,
) -> None:
    """All questions to all services, in turns."""
    for (name, requests), count in itertools.product(asked, clients):
        for _ in range(rounds):
            timed: list[tuple[str, Timing]] = []
            if count == 1 and (found := floor.run(name, budget_s / 2)):
                timed.append((FLOOR, found))
            timed += [
                (service.peer.name, run(service.port, [request], count, budget_s))
                for service in services
                if (request := requests.get(service.peer.name))
                and results.expected_s(name, service.peer.name, count) < PATIENCE_S
            ]
            for peer, timing in timed:
                cell = results.cells.setdefault((name, peer, count), Timing())
                cell.seconds += timing.seconds
                cell.errors += timing.errors
                cell.refused += timing.refused
                cell.wall_s += timing.wall_s
        click.echo(f"  {name}, {count} clients", err=True)


def table(results: Results, clients: int) -> Iterator[str]:
    """Markdown: median and 95th percentile of each peer, and how many times as long as ours its median is."""
    peers = [peer for peer in (FLOOR, *results.peers) if any(cell[1:] == (peer, clients) for cell in results.cells)]
    yield f"| {clients} client{'s' * (clients > 1)} | " + " | ".join(peers) + " |"
    yield "|---" * (len(peers) + 1) + "|"
    names = dict.fromkeys(name for name, _, count in results.cells if count == clients)
    for name in names:
        ours = results.cells.get((name, "ours", clients))
        row = [_cell(results.cells.get((name, peer, clients)), ours, peer) for peer in peers]
        yield f"| {name} | " + " | ".join(row) + " |"


def _cell(timing: Timing | None, ours: Timing | None, peer: str) -> str:
    if timing is None:
        return "-"
    faults = f", {timing.errors} failed" * bool(timing.errors) + f", {timing.refused} told to wait" * bool(
        timing.refused
    )
    text = f"{timing.median_ms:.1f} / {timing.p95_ms:.1f} ms, {timing.rate:.1f}/s{faults}"
    if peer == "ours" or ours is None or not timing.seconds or not ours.seconds:
        return text
    times = ours.rate / timing.rate
    return f"{text} (**{times:.1f} x**)"


@click.command()
@click.option("--items", default=10_000, show_default=True)
@click.option("--regions", default=19, show_default=True, help="Each has three collections.")
@click.option("--peer", "wanted", multiple=True, type=click.Choice([p.name for p in PEERS]), help="Default: all.")
@click.option("--installed", is_flag=True, help="Take the peers that are installed here, not those of their own.")
@click.option("--clients", default="1,8,64", show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Times that each cell is measured, in turns.")
@click.option("--seconds", default=1.0, show_default=True, help="For each cell and round.")
@click.option("--only", default="", help="Questions whose name begins so.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the tables there.")
def main(
    items: int,
    regions: int,
    wanted: tuple[str, ...],
    clients: str,
    rounds: int,
    seconds: float,
    only: str,
    out: Path | None,
    *,
    installed: bool,
) -> None:
    """Make data, start all services, ask them the same, print how long each took beside ours."""
    chosen = [peer for peer in PEERS if peer.ours or not wanted or peer.name in wanted]
    programs = INSTALLED if installed else own_programs()
    counts = tuple(map(int, clients.split(",")))
    catalogue, results = Catalogue(items, regions=regions), Results(peers=[peer.name for peer in chosen])
    item = a_pair(catalogue)
    with ExitStack() as stack:
        dsn, bare_dsn = databases(stack, catalogue, bare=any(peer.bare for peer in chosen))
        floor = Floor(dsn, item)
        stack.callback(floor.close)
        services = []
        compile_ours()
        for number, peer in enumerate(chosen):
            services.append(Running(peer, programs, bare_dsn if peer.bare else dsn, FIRST_PORT + number))
            stack.callback(services[-1].stop)
        wanted_questions = [one for one in questions(item) if one.name.startswith(only)]
        asked = [(question.name, check(question, services, results)) for question in wanted_questions]
        if not only:
            asked.append(("deep page of 100", deep_requests(services, item["collection"])))
        measure(asked, services, floor, results, clients=counts, rounds=rounds, budget_s=seconds)
        sizes = ", ".join(f"{name} {size:.1f}" for name, size in disk_kb(dsn).items())
        text = "\n".join([*report(results, services, items, counts), f"on disk, kB an item: {sizes}"])
    click.echo(text)
    if out:
        out.write_text(text + "\n")
    if results.is_wrong:
        sys.exit(1)


def databases(stack: ExitStack, catalogue: Catalogue, *, bare: bool) -> tuple[str, str]:
    """A server of its own with the catalogue, the floor's table, and if wanted the catalogue without our indexes."""
    scratch = Path(stack.enter_context(TemporaryDirectory()))
    scratch.chmod(0o755)
    catalogue.write(scratch / "lines")
    cluster = Cluster(scratch / "home")
    cluster.start()
    stack.callback(cluster.reset)
    dsn = stack.enter_context(database(cluster.dsn(), "benchmark"))
    prepare(dsn, scratch / "lines")
    prepare_floor(dsn, scratch / "lines")
    if not bare:
        return dsn, dsn
    bare_dsn = stack.enter_context(database(cluster.dsn(), "benchmark_bare"))
    prepare_bare(bare_dsn, scratch / "lines")
    return dsn, bare_dsn


def a_pair(catalogue: Catalogue) -> dict[str, Any]:
    """A pair in the middle of the first collection of pairs."""
    pairs = (line for collection, line in catalogue.lines() if collection.endswith("interferogram"))
    item: dict[str, Any] = json.loads(next(itertools.islice(pairs, 40, None)))
    return item


def report(results: Results, services: list[Running], items: int, clients: tuple[int, ...]) -> Iterator[str]:
    """The tables, and what else was found."""
    yield f"{items} items; median / 95th percentile, answers a second, and how many times as many ours gives"
    for count in clients:
        yield from ("", *table(results, count))
    yield ""
    for service in services:
        yield (
            f"{service.peer.name}: started in {service.start_s:.2f} s, first search after "
            f"{service.cold_s * 1000:.0f} ms, peak {service.peak_mb():.0f} MB"
        )
    yield from ("", *results.notes)


if __name__ == "__main__":
    main()
