"""The service over catalogues of growing size, asked the same kinds of questions."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.peers import INSTALLED, PEERS
from benchmarks.service import NOTHING, OURS, Plan, Results, cell, create_plan, measured, plan_options, write
from benchmarks.stored import Stored


def table(results: dict[int, Results], plan: Plan) -> Iterator[str]:
    """Markdown: median and 95th percentile at each size, and the p95 at the largest as a multiple of the smallest's."""
    sizes = sorted(results)
    yield "| ms | setting | " + " | ".join(f"{size} items" for size in sizes) + " | p95, last / first |"
    yield "|---" * (len(sizes) + 3) + "|"
    for kind in plan.kinds:
        for setting in plan.settings:
            row = [results[size].cell(kind.name, setting, OURS) for size in sizes]
            ratio = row[-1].p95_ms / row[0].p95_ms
            if any(timing.seconds or timing.errors or timing.refused for timing in row):
                last = f"{ratio:.1f}" if math.isfinite(ratio) else NOTHING
                yield f"| {kind.name} | {setting} | " + " | ".join([*map(cell, row), last]) + " |"


@click.command()
@click.option("--items", "sizes", default="10000,100000,1000000", show_default=True, help="With commas.")
@click.option("--data-only", is_flag=True, help="Make the data, those of the peers too, and end.")
@plan_options
def main(sizes: str, regions: int, folder: Path, out: Path | None, *, data_only: bool, **options: Any) -> None:
    """Ask the service the same over catalogues of each size, which are kept for the next time."""
    stored = {items: Stored(items, folder, regions) for items in map(int, sizes.split(","))}
    if data_only:
        for each in stored.values():
            with each.running(peers=True):
                pass
        return
    plan = create_plan(**options)
    ours = [peer for peer in PEERS if peer.ours]
    results, facts = {}, []
    for items, each in stored.items():
        results[items], about = measured(each, ours, INSTALLED, plan)
        facts += [f"{items} items", *about, ""]
    write([*table(results, plan), "", *facts], out)
    if any(one.is_wrong for one in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
