"""Catalogues of any size, each on a server of its own whose data stay on disk: one for us, one for the peers.

Also what happens to them while services are measured: a writer, and the end of statements that somebody left behind.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from pypgstac.migrate import Migrate

from benchmarks.items import Catalogue, version
from catalog_builder import queries
from catalog_builder.database import migrate, renew_documents
from catalog_builder.local_postgres import Cluster
from catalog_builder.pipeline.load import load
from catalog_builder.settings import BuilderSettings
from catalog_builder.sinks import COLLECTIONS
from catalog_builder.vocab.queryables import QUERYABLES

FOLDER = Path("/var/tmp/flatsim-benchmarks")
"""Not under the user's cache: the server runs under an account of its own, which must get there."""
REGIONS = 19
WRITES_PER_S = 10
PEER_INDEXES = {
    "product:type", "identifier", "flatsim:region", "flatsim:track", "flatsim:campaign", "sat:orbit_state",
    "sat:relative_orbit", "insar:reference_datetime", "insar:secondary_datetime", "insar:temporal_baseline",
    "insar:perpendicular_baseline", "flatsim:coherence_mean", "flatsim:unwrapped_fraction", "updated",
}  # fmt: skip
"""Properties that pgstac makes an index of for the peers, whatever indexes our own database has."""
GIVE_WAY_S = 5.0


@dataclass(frozen=True, slots=True)
class Databases:
    """DSNs of their owner: ours, and the one that all peers share, if there is any."""

    ours: str
    peers: str | None = None


class Stored:
    """A catalogue of some size in a cluster of its own; made once, region after region.

    Args:
        items: how many.
        folder: of all sizes.
        regions: how many; each has three collections.
    """

    def __init__(self, items: int, folder: Path, regions: int = REGIONS) -> None:
        self.catalogue = Catalogue(items, regions=regions)
        self._home = folder / f"items-{items}-{regions}-{version()}"
        self._cluster = Cluster(self._home)

    @contextmanager
    def running(self, *, peers: bool) -> Iterator[Databases]:
        """The databases, while the server runs; brought up to date, and completed where they are not."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._cluster.start()
        try:
            ours = self._open("ours", migrate_ours, load_ours)
            yield Databases(ours, self._open("peers", migrate_peers, load_peers) if peers else None)
        finally:
            self._cluster.stop()

    def _open(self, name: str, bring_up: Callable[[str], None], add: Callable[[Path, str], None]) -> str:
        dsn = self._cluster.dsn().rpartition("/")[0] + f"/{name}"
        with psycopg.connect(self._cluster.dsn(), autocommit=True) as connection:
            if not queries.database_exists(connection, name):
                queries.create_database(connection, name)
        bring_up(dsn)
        done = self._home / f"regions-{name}"
        codes = done.read_text().split() if done.exists() else []
        every = dict.fromkeys(track.region for track in self.catalogue.tracks)
        for region in (one for one in every if one.code not in codes):
            begun = time.perf_counter()
            with TemporaryDirectory(dir=self._home) as scratch:
                lines = Path(scratch) / "lines"
                self.catalogue.write(lines, [region])
                add(lines, dsn)
            with done.open("a") as file:
                file.write(f"{region.code}\n")
            click.echo(f"  {name}, {region.code}: loaded in {time.perf_counter() - begun:.0f} s", err=True)
        if len(codes) < len(every):
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")  # what the server would do by itself some minutes later
        return dsn


def migrate_ours(dsn: str) -> None:
    """Bring a database of this project up to date, with all that is derived of its items."""
    migrate(dsn, BuilderSettings().migrations_dir)
    complete(dsn)


def complete(dsn: str) -> int:
    """Write what is derived of items and missing; gives of how many items it was."""
    return renew_documents(dsn).written


def load_ours(lines: Path, dsn: str) -> None:
    """Add a catalogue of lines as users do."""
    load(lines, dsn)


def migrate_peers(dsn: str) -> None:
    """pgstac as it comes, with the queryables and indexes that serve the questions, and totals in its answers."""
    with PgstacDB(dsn=dsn) as database:
        Migrate(database).run_migration()
    with psycopg.connect(dsn, autocommit=True) as connection:
        database_name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path TO pgstac, public").format(database_name))
        connection.execute("UPDATE pgstac.pgstac_settings SET value = 'auto' WHERE name = 'context'")
        present = {name for (name,) in connection.execute("SELECT name FROM pgstac.queryables").fetchall()}
        for row in QUERYABLES:
            if row.name not in present and not row.column:
                kind = "BTREE" if row.name in PEER_INDEXES else None
                values = (row.name, Jsonb(row.definition()), row.wrapper, kind)
                connection.execute("SELECT pgstac.upsert_queryable(%s, %s, %s, %s)", values)


def load_peers(lines: Path, dsn: str) -> None:
    """Add a catalogue of lines by pypgstac."""
    with PgstacDB(dsn=dsn) as database:
        loader = Loader(database)
        loader.load_collections(str(lines / f"{COLLECTIONS}.ndjson"), Methods.upsert)
        for path in item_files(lines):
            loader.load_items(str(path), Methods.upsert)


def item_files(folder: Path) -> list[Path]:
    """Of a catalogue of lines."""
    return sorted(path for path in folder.glob("*.ndjson") if path.stem != COLLECTIONS)


def disk_kb(dsn: str) -> dict[str, float]:
    """Room on disk by schema, tables and indexes apart, kB an item."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT nspname, sum(pg_table_size(c.oid)) / 1024, sum(pg_indexes_size(c.oid)) / 1024, "
            "(SELECT count(*) FROM pgstac.items) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname IN ('pgstac', 'flatsim') AND relkind = 'r' GROUP BY nspname ORDER BY nspname DESC"
        ).fetchall()
    return {
        f"{schema}, {part}": float(size) / items
        for schema, tables, indexes, items in rows
        for part, size in (("tables", tables), ("indexes", indexes))
    }


@contextmanager
def writer(dsn: str, catalogue: Catalogue, seed: int) -> Iterator[list[float]]:
    """Somebody who changes an item and commits, ten times a second; gives the times of the commits so far."""
    ended, commits = threading.Event(), list[float]()
    chance = random.Random(f"{seed} writer")

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not ended.wait(max(0.0, begun + len(commits) / WRITES_PER_S - time.perf_counter())):
                item = catalogue.draw(chance)
                connection.execute(
                    "UPDATE pgstac.items SET content = jsonb_set(content, '{properties,benchmark:written}', %s) "
                    "WHERE collection = %s AND id = %s",
                    (Jsonb(len(commits)), item["collection"], item["id"]),
                )
                commits.append(time.perf_counter())

    begun = time.perf_counter()
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield commits
    finally:
        ended.set()
        thread.join()


def settle(dsn: str) -> None:
    """End the statements that others left running, and have pgstac forget the totals that it keeps for a day.

    Services whose client has gone away let their statements run on, which would cost the next service time; and what
    one peer was asked, their database would know when the next is asked the same.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        deadline = time.perf_counter() + GIVE_WAY_S
        for end in ("pg_cancel_backend", "pg_terminate_backend"):
            statement = sql.SQL(
                "SELECT {}(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active' "
                "AND pid <> pg_backend_pid()"
            ).format(sql.Identifier(end))
            while connection.execute(statement).fetchall() and time.perf_counter() < deadline:
                time.sleep(0.05)
        connection.execute("TRUNCATE pgstac.search_wheres, pgstac.searches")
