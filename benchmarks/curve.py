"""The service over catalogues of growing size, each on a server of its own whose data stay on disk for the next run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psycopg

from benchmarks.items import Catalogue
from benchmarks.service import MIGRATIONS, prepare_floor_lines
from catalog_builder import queries
from catalog_builder.cluster import Cluster
from catalog_builder.database.migration import migrate
from catalog_builder.load import load

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


@click.command()
@click.option("--items", "sizes", default="10000,100000,1000000", show_default=True, help="With commas.")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True, help="Of the data.")
def main(sizes: str, folder: Path) -> None:
    """Make the data."""
    for items in map(int, sizes.split(",")):
        with Stored(items, folder).running():
            pass


if __name__ == "__main__":
    main()
