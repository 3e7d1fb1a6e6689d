"""How many bytes of its rasters a build reads: headers, and the samples that footprints and mean coherence take."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from benchmarks.trees import write_tree
from catalog_builder.pipeline.build import build
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout


def read_bytes() -> int:
    """Bytes that this process has asked of files so far, whether they came from the disk or from memory."""
    words = Path("/proc/self/io").read_text().split()
    return int(words[words.index("rchar:") + 1])


@click.command()
@click.option("--packages", default=20_000, show_default=True, help="Pair packages of the tree.")
@click.option("--pixels", default=3500, show_default=True, help="Columns of its rasters.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the tree is made.")
def main(packages: int, pixels: int, folder: Path | None) -> None:
    """Print the bytes of all rasters of a tree, and those that a build with one worker reads of all files."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        tree = write_tree(Path(scratch) / "tree", pairs=packages, pixels=pixels)
        rasters = [path.stat().st_size for path in tree.root.rglob("*.tiff")]
        before, start = read_bytes(), time.perf_counter()
        report = build([tree.root], NdjsonSink(Path(scratch) / "out"), ServiceLayout("https://data.example.org/"))
        read, seconds = read_bytes() - before, time.perf_counter() - start
    click.echo(f"{report.catalogued} of {tree.packages} packages, {len(rasters)} rasters, {seconds:.0f} s\n")
    click.echo(f"all rasters               {sum(rasters) / 1e9:.1f} GB")
    click.echo(f"read, of all files        {read / 1e9:.2f} GB, {read / sum(rasters):.2%} of the rasters")
    click.echo(f"read, by package          {read / report.catalogued / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
