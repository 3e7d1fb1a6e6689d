"""How fast packages become items, beside rio-stac on the same rasters and beside opening each raster once."""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rio_stac import create_stac_item

from benchmarks.trees import write_tree
from catalog_builder.pipeline import pool
from catalog_builder.pipeline.build import build
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

Job = Callable[[Path], None]


def floor(root: Path) -> None:
    """Every raster opened once and nothing else."""
    for path in root.rglob("*.tiff"):
        with rasterio.open(path) as dataset:
            dataset.count  # noqa: B018 (the header is read by now)


def rio_stac_plain(root: Path) -> None:
    """rio-stac's item for each raster in ground geometry, without statistics: it cannot place the others."""
    for path in root.rglob("*_geo_*.tiff"):
        create_stac_item(str(path), with_proj=True, with_raster=False)


def rio_stac_full(root: Path) -> None:
    """rio-stac's item for each raster in ground geometry, with statistics and valid-data footprint."""
    for path in root.rglob("*_geo_*.tiff"):
        create_stac_item(str(path), with_proj=True, with_raster=True, geom_densify_pts=0)


def ours(workers: int) -> Job:
    """The whole build into lines."""

    def run(root: Path) -> None:
        with tempfile.TemporaryDirectory() as out:
            report = build([root], NdjsonSink(Path(out)), ServiceLayout("https://data.example.org/"), workers=workers)
            if report.refused:
                msg = f"the benchmark's tree is not catalogued whole: {report.refused[0]}"
                raise RuntimeError(msg)

    return run


JOBS: dict[str, Job] = {
    "every raster opened once": floor,
    "rio-stac, plain": rio_stac_plain,
    "rio-stac, statistics": rio_stac_full,
    "build, 1 worker": ours(1),
    "build, 2 workers": ours(2),
}

PEERS = (rio_stac_plain, rio_stac_full)


@click.command()
@click.option("--packages", default=1000, show_default=True, help="Pair packages of the tree.")
@click.option("--pixels", default=100, show_default=True, help="Columns of its rasters.")
@click.option("--rounds", default=3, show_default=True, help="Times that each job runs, in turns.")
@click.option("--peers/--no-peers", default=True, help="Also run rio-stac.")
def main(packages: int, pixels: int, rounds: int, *, peers: bool) -> None:
    """Print packages a second of each job, and its time relative to opening every raster once."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    pool.WORTH_A_POOL = 1
    with tempfile.TemporaryDirectory() as folder:
        tree = write_tree(Path(folder) / "tree", pairs=packages, pixels=pixels)
        jobs = {name: job for name, job in JOBS.items() if peers or job not in PEERS}
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(rounds):
            for name, job in jobs.items():
                start = time.perf_counter()
                job(tree.root)
                times[name].append(time.perf_counter() - start)
    base = statistics.median(times["every raster opened once"])
    click.echo(f"{tree.packages} packages, {rounds} rounds\n")
    click.echo("| job | packages/s | time / floor |\n|---|---|---|")
    for name, taken in times.items():
        median = statistics.median(taken)
        click.echo(f"| {name} | {tree.packages / median:.0f} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
