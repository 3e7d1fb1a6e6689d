"""What thumbnails add to a build: of the producer's previews, and of rasters where there are none."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click

from benchmarks.trees import write_tree
from catalog_builder.pipeline.build import build
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder


def run(root: Path, *, thumbnails: bool) -> tuple[float, int]:
    """Seconds of a build by one worker, and bytes of its thumbnails."""
    with tempfile.TemporaryDirectory() as out:
        folder = ThumbnailFolder(Path(out) / "thumbnails") if thumbnails else None
        start = time.perf_counter()
        report = build([root], NdjsonSink(Path(out)), ServiceLayout("https://data.example.org/", folder))
        taken = time.perf_counter() - start
        sizes = [path.stat().st_size for path in Path(out).rglob("*.png")]
    if report.refused or report.warnings or len(sizes) != (report.found if thumbnails else 0):
        msg = "the benchmark's tree is not catalogued whole"
        raise RuntimeError(msg)
    return taken, sum(sizes)


@click.command()
@click.option("--packages", default=300, show_default=True, help="Pair packages of each tree.")
@click.option("--pixels", default=100, show_default=True, help="Columns of their rasters.")
@click.option("--rounds", default=3, show_default=True, help="Times that each job runs, in turns.")
def main(packages: int, pixels: int, rounds: int) -> None:
    """Print milliseconds a package with and without thumbnails, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        trees = {name: Path(folder) / name for name in ("with previews", "without previews")}
        for root in trees.values():
            total = write_tree(root, pairs=packages, pixels=pixels).packages
        for path in trees["without previews"].rglob("*.png"):
            path.unlink()
        times: dict[tuple[str, bool], list[float]] = {(name, wanted): [] for name in trees for wanted in (False, True)}
        n_bytes: dict[str, int] = {}
        for _ in range(rounds):
            for (name, wanted), measured in times.items():
                taken, n_bytes[name] = run(trees[name], thumbnails=wanted)
                measured.append(taken)
    click.echo(f"{total} packages, rasters of {pixels} columns, {rounds} rounds\n")
    click.echo("| packages | build, ms | with thumbnails, ms | ratio | kB a thumbnail |\n|---|---|---|---|---|")
    for name in trees:
        without, wanted = (statistics.median(times[name, one]) * 1000 / total for one in (False, True))
        size = n_bytes[name] / total / 1000
        click.echo(f"| {name} | {without:.1f} | {wanted:.1f} | {wanted / without:.1f} | {size:.0f} |")


if __name__ == "__main__":
    main()
