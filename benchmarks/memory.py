"""How much memory a build takes at its peak, for the building process and the largest of its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

import click

from benchmarks.trees import write_tree

PRODUCTS = ("Coh",)
"""What the pairs of the trees have: an item of few assets; larger ones pass through one batch at a time."""
SAMPLED_EVERY_S = 0.2


def rss_mb(process: int) -> float:
    """Peak of the memory that a process has held; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def descendants(process: int) -> list[int]:
    """Processes that it has started, and theirs."""
    children = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            children.append(int(file.parent.name))
    return children + [one for child in children for one in descendants(child)]


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """Peak of the builder and of the largest of its processes, MB, and the time that it took, seconds."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "catalog_builder", "build", *arguments, "--quiet"])
    peaks = {"builder": 0.0, "worker": 0.0}

    def watch() -> None:
        while process.poll() is None:
            peaks["builder"] = max(peaks["builder"], rss_mb(process.pid))
            peaks["worker"] = max(peaks["worker"], *map(rss_mb, descendants(process.pid)), 0.0)
            time.sleep(SAMPLED_EVERY_S)

    watcher = Thread(target=watch)
    watcher.start()
    status = process.wait()
    watcher.join()
    if status:
        msg = f"the build ended with status {status}"
        raise RuntimeError(msg)
    return peaks["builder"], peaks["worker"], time.perf_counter() - start


@click.command()
@click.option("--packages", default="1000,10000", show_default=True, help="Pair packages of the trees.")
@click.option("--workers", default=2, show_default=True)
@click.option("--database", metavar="DSN", help="Load this one too; it should be empty, and migrated.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Where trees and catalogues are for a while.")
def main(packages: str, workers: int, database: str | None, scratch: Path | None) -> None:
    """Print the peaks of a first build and of one that finds nothing changed."""
    click.echo("| packages | store | build | builder, MB | largest worker, MB | s |\n|---|---|---|---|---|---|")
    for pairs in map(int, packages.split(",")):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            tree = write_tree(Path(folder) / "tree", pairs=pairs, pixels=64, products=PRODUCTS)
            stores = {
                "ndjson": ["--out", f"{folder}/ndjson", "--format", "ndjson"],
                "static": ["--out", f"{folder}/static"],
            }
            if database:
                stores["pgstac"] = ["--database", database]
            for store, where in stores.items():
                for build in ("first", "unchanged"):
                    arguments = [str(tree.root), *where, "--href-base", "https://x.org", "--workers", str(workers)]
                    builder, worker, taken = measured(arguments)
                    click.echo(f"| {tree.packages} | {store} | {build} | {builder:.0f} | {worker:.0f} | {taken:.0f} |")
                    if store == "ndjson":
                        break


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
