"""`flatsim-stac inspect`: what the builder sees in one package, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog_builder.cli.location import LOCATION
from catalog_builder.cli.progress import wide_console
from catalog_builder.errors import TreeNotFound
from catalog_builder.location import Location, at
from catalog_builder.pipeline.inspection import FileSeen, Inspection, inspect_name, inspect_package

LONGEST_TEXT = 160
"""Characters of a value; `--json` has all."""
REFUSED = 3
"""Exit status for a package that a build would refuse, as of a build that refuses some."""


@click.command(
    epilog="Examples: flatsim-stac inspect /data/BALKANS/NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_...; "
    "flatsim-stac inspect CNES_InU_geo_20151111_20151123_sd_era_8rlks.tiff"
)
@click.argument("path", type=LOCATION)
@click.option(
    "--tree", type=LOCATION,
    help="Where its track's other packages are; default the folder around it.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the whole item in it.")
def inspect(path: Location, *, tree: Location | None, as_json: bool) -> None:
    """Show what a build sees in the package PATH: its name, each file, sidecars, footprint, item, problems.

    PATH may also be an archive, a file of a package, only a name of one, or an address s3://bucket/prefix.
    Exit status 3 when a build would refuse it.
    """
    seen = look(path, tree)
    if as_json:
        text = json.dumps(seen.to_dict(), indent=1, ensure_ascii=False, default=str)
        click.echo(text.encode(errors="backslashreplace").decode())  # of names that are not UTF-8, as JSON escapes it
    else:
        show(seen, wide_console())
    if seen.refused:
        raise SystemExit(REFUSED)


def look(path: Location, tree: Location | None) -> Inspection:
    """The package at a path; of a product's file or of a mere name, what the name says."""
    if isinstance(path, Path) and len(path.parts) > 1 and not path.parent.exists():
        msg = f"{path}: there is no such folder or file"
        raise TreeNotFound(msg)
    is_archive = path.suffix.lower() == ".zip" and at(path).is_file()
    return inspect_package(path, tree=tree) if is_archive or at(path).is_folder() else inspect_name(path.name)


def show(seen: Inspection, console: Console) -> None:
    """Print it for people."""
    verdict = f"refused: {seen.refused}" if seen.refused else seen.item_id or "a product file"
    console.print(_text(verdict, "bold red" if seen.refused else "bold green"))
    _rows(console, "Name", seen.name)
    if seen.files:
        console.print(_files(seen.files))
    _rows(console, "Sidecars", seen.texts)
    _rows(console, "Its track", seen.track)
    if seen.item:
        facts = {"collection": seen.collection, "bbox": seen.item["bbox"], "footprint from": seen.footprint_source}
        _rows(console, "Item", facts | seen.item["properties"])
    for problem in seen.problems:
        console.print(_text(f"problem: {problem}", "red"))


def _files(files: list[FileSeen]) -> Table:
    table = Table("File", "Bytes", "Asset", "Roles or why not", title="Files", title_justify="left", box=None)
    table.columns[0].no_wrap = True  # names are what one came for
    table.columns[0].min_width = max(len(file.name) for file in files)
    table.columns[1].justify = "right"
    for file in files:
        cells = (file.name, f"{file.size_bytes:,}", file.asset or "-", ", ".join(file.roles) or file.note)
        table.add_row(*map(_text, cells))
    return table


def _rows(console: Console, title: str, rows: dict[str, Any]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    for name, value in _flat(rows):
        table.add_row(_text(name, "dim"), _text(value))
    console.print(table)


def _flat(rows: dict[str, Any]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in rows.items():
        if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
            flat += [(f"{name} {key}", _words(text)) for key, text in value.items()]
        elif value is not None:
            flat.append((name, ", ".join(map(str, value)) if isinstance(value, list) else _words(value)))
    return flat


def _words(value: object) -> str:
    """For people: yes and no, and long texts cut."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}\N{HORIZONTAL ELLIPSIS}"


def _text(value: str, style: str = "") -> Text:
    """Names come from the disk: nothing in them may steer the terminal."""
    return Text("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in value), style=style)
