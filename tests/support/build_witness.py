"""Holds a change of the builder against what it wrote before: `python tests/support/build_witness.py --help`.

`record` builds a sample tree and a tree with every trap in all formats and keeps what was written and printed;
`compare` names each file in which two recordings differ. The trees are made once and built in the same places each
time, so that addresses, paths and times of modification are the same in all recordings.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import click
from traps import put_all

from catalog_builder.location import locate
from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleSpec, write_sample
from catalog_builder.sinks import CollectionDict, Written
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode
from catalog_builder.sinks.rows.encode import encode_row
from catalog_builder.sinks.whole import WholeSink
from catalog_builder.stac.layout import ServiceLayout

BASE = "https://data.example.org/flatsim"
SPEC = SampleSpec(tracks=2, pairs=70, epochs=16, pixels=40)
"""Enough pairs for several processes to be started."""
SHOWN_DIFFERENCES = 5
"""Lines of a file that differ."""
JOURNAL = ".flatsim-build"
OUTPUT_SUFFIX = "-output.txt"
RATE = re.compile(rb"^\d+ of \d+ packages, .*\n", re.MULTILINE)
"""Lines of progress, printed every some seconds."""
ALL_OPTIONS = ("--lenient", "--checksums", "--thumbnails", "--href-base", BASE, "--schema-base", "https://example.org/")


@dataclass(frozen=True)
class Case:
    """One build of both trees."""

    name: str
    options: tuple[str, ...]
    report: str = "report.json"
    runs: int = 1
    """Builds into the same folder: the second finds what the first has left."""


CASES = (
    Case("static", ("--workers", "1"), runs=2),
    Case("static-two-workers", ("--workers", "2")),
    Case("static-all-options", ("--workers", "1", *ALL_OPTIONS), runs=2),
    Case("static-strict", ("--workers", "1", "--strict"), report="report.html"),
    Case("ndjson", ("--format", "ndjson", "--workers", "2"), report="report.html"),
    Case("ndjson-all-options", ("--format", "ndjson", "--workers", "1", *ALL_OPTIONS)),
    Case("geoparquet", ("--format", "geoparquet", "--workers", "1", "--href-base", BASE)),
)


class RowSink(WholeSink):
    """Keeps the rows that a build would load into a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def encoding(self) -> Encode:
        return encode_row

    def open_collection(self, collection: CollectionDict) -> None:
        (self.folder / collection["id"]).mkdir(parents=True)

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        for item in items:
            (self.folder / collection_id / f"{item.id}.row").write_bytes(item.content)
        return Written(changed=len(items))

    def close_collection(self, collection: CollectionDict) -> None:
        """Other cases hold it."""

    def close(self) -> None:
        """Nothing is open."""


def make_trees(work: Path) -> tuple[Path, Path]:
    """The sample tree and the tree of traps, as the first recording has made them."""
    trees = work / "trees"
    if not trees.exists():
        (trees / "outside").mkdir(parents=True)
        write_sample(trees / "sample", SPEC)
        put_all(trees / "traps", trees / "outside")
    return trees / "sample", trees / "traps"


def run_command(*words: str | Path) -> str:
    """Status and output of a command; the environment leads to no settings of the caller's."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "FLATSIM_"))}
    command = [sys.executable, "-m", "catalog_builder", *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="backslashreplace", env=variables, check=False
    )
    return f"status {done.returncode}\n{done.stdout}\n{done.stderr}"


def record_case(case: Case, trees: Sequence[Path], out: Path) -> None:
    for number in range(case.runs):
        report = ("--report", out / f"{number}-{case.report}")
        text = run_command("build", *trees, "--out", out / "out", *report, *case.options)
        (out / f"{number}{OUTPUT_SUFFIX}").write_text(text)


def record_rows(trees: Sequence[Path], out: Path) -> None:
    build([locate(str(tree)) for tree in trees], RowSink(out), ServiceLayout(BASE))


def record_inspections(tree: Path, out: Path) -> None:
    """Of the packages of the first track, one of each kind."""
    kinds = {path.name.split("-PKG")[0]: path for path in sorted(tree.rglob("NSBAS_*-PKG*"), reverse=True)}
    for kind, path in kinds.items():
        (out / f"{kind}.txt").write_text(run_command("inspect", path, "--json") + run_command("inspect", path))


def files_of(folder: Path) -> Iterator[Path]:
    yield from (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())


def content_of(path: Path) -> bytes:
    """What is compared: without progress; fingerprints are of the builder's code too, and differ with it."""
    content = path.read_bytes()
    if path.name.endswith(OUTPUT_SUFFIX):
        return RATE.sub(b"", content)
    if path.name != JOURNAL:
        return content
    rows = [json.loads(line) for line in content.splitlines()]
    return "\n".join(json.dumps([*row[:2], "", *row[3:]] if row[0] == "made" else row) for row in rows).encode()


def differences(one: Path, other: Path) -> Iterator[str]:
    """A line for each file that is missing or differs, and the first lines that do."""
    names = sorted({*files_of(one), *files_of(other)})
    for name in names:
        if not (one / name).is_file() or not (other / name).is_file():
            yield f"{name}: only in {one.name if (one / name).is_file() else other.name}"
            continue
        contents = content_of(one / name), content_of(other / name)
        if contents[0] != contents[1]:
            yield f"{name}: differs"
            lines = zip_longest(*(content.splitlines() for content in contents))
            pairs = [pair for pair in lines if pair[0] != pair[1]]
            for pair in pairs[:SHOWN_DIFFERENCES]:
                yield from (f"  {mark} {(line or b'')[:300]!r}" for mark, line in zip("-+", pair, strict=True))


@click.group()
def main() -> None:
    """Record what builds write, and compare recordings. WORK is a folder outside the checkout."""


@main.command()
@click.argument("work", type=click.Path(path_type=Path, file_okay=False))
@click.argument("name")
def record(work: Path, name: str) -> None:
    """Record the builds of the code as it is under NAME."""
    work = work.resolve()
    sample, traps = make_trees(work)
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(work / name, ignore_errors=True)
    for case in CASES:
        (out / case.name).mkdir(parents=True)
        record_case(case, (sample, traps), out / case.name)
    (out / "inspections").mkdir()
    record_inspections(sample, out / "inspections")
    record_rows((sample, traps), out / "rows")
    out.rename(work / name)
    click.echo(f"{sum(1 for _ in files_of(work / name))} files recorded")


@main.command()
@click.argument("work", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("one")
@click.argument("other")
def compare(work: Path, one: str, other: str) -> None:
    """Name what differs between two recordings; status 1 if anything does."""
    for name in (one, other):
        if not (work / name).is_dir():
            msg = f"{work / name}: no recording of that name"
            raise click.UsageError(msg)
    lines = list(differences(work / one, work / other))
    click.echo("\n".join(lines) or "identical")
    raise SystemExit(bool(lines))


if __name__ == "__main__":
    main()
