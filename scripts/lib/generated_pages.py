"""Writes what in docs/ follows from the code: `generated_pages.py [FOLDER]`; without FOLDER, into docs/ itself.

The command line's reference from `--help`, the tables of settings from their classes, the vocabulary from its rows, the
notebook from the tutorial. Called by scripts/docs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import blocks
import click
import tutorial_notebook
from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from api.settings.service import ServiceSettings
from catalog_builder.cli import command
from catalog_builder.derived.document import vocabulary_page
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.checks import CHECKS, Answer

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
WIDTH: Final = 100
"""Columns of the terminal that `--help` is written for."""
LONGEST_DEFAULT: Final = 60
"""Characters of a default that the table shows; the rest is in the class."""
SETTINGS: Final[dict[str, type[BaseSettings]]] = {"service": ServiceSettings, "builder": BuilderSettings}
TABLE: Final = re.compile(r"(<!-- (?P<name>\w+) settings, made by scripts/docs -->\n).*?(<!-- end -->)", re.DOTALL)


def cli_page() -> str:
    """`--help` of every command, in the order in which `flatsim-stac --help` lists them."""
    lines = ["# The command line", "", "What `--help` says of each command; made by `scripts/docs`."]
    for name, text in _helps(command, "flatsim-stac", None):
        lines += ["", f"{'#' * (name.count(' ') + 2)} `{name}`", "", "```text", text, "```"]
    return "\n".join([*lines, ""])


def _helps(one: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = click.Context(one, parent=parent, info_name=name, terminal_width=WIDTH, **one.context_settings)
    yield context.command_path, "\n".join(line.rstrip() for line in one.get_help(context).splitlines())
    if isinstance(one, click.Group):
        for below in one.list_commands(context):
            if found := one.get_command(context, below):
                yield from _helps(found, below, context)


def settings_page() -> str:
    """docs/settings.md with its tables made again; the words around them stay."""
    text = (DOCS / "settings.md").read_text()
    return TABLE.sub(lambda found: found[1] + "\n" + _settings_table(SETTINGS[found["name"]]) + "\n" + found[3], text)


def _settings_table(model: type[BaseSettings]) -> str:
    rows = ["| variable | default | allowed | |", "|---|---|---|---|"]
    for name, row in model.model_fields.items():
        words = (row.description or "").replace("|", "\\|")
        rows.append(f"| `FLATSIM_{name.upper()}` | {_default(row)} | {_allowed(row)} | {words} |")
    return "\n".join([*rows, ""])


def _default(row: FieldInfo) -> str:
    if isinstance(row.json_schema_extra, dict) and "default" in row.json_schema_extra:
        return str(row.json_schema_extra["default"])
    value: Any = row.default
    if value is None or value in ("", ()):
        return "–"  # noqa: RUF001 (the dash of the tables)
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}` of the checkout"
    text = str(value)
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else f"`{text[:LONGEST_DEFAULT].rsplit(' ', 1)[0]} …`"


def _allowed(row: FieldInfo) -> str:
    least = next((f"≥ {rule.ge}" for rule in row.metadata if isinstance(rule, Ge)), "")
    above = next((f"> {rule.gt}" for rule in row.metadata if isinstance(rule, Gt)), "")
    most = next((f"≤ {rule.le}" for rule in row.metadata if isinstance(rule, Le)), "")
    return ", ".join(filter(None, (least, above, most)))


def examples_page() -> str:
    """Which blocks of code in the documents the tests do not run, and why."""
    found = {document: blocks.read(document) for document in blocks.documents()}
    rows = [
        f"| {document.relative_to(DOCS) if document.is_relative_to(DOCS) else document.name} | {block.reason} |"
        for document, all_of_it in found.items()
        for block in all_of_it
        if block.mark == blocks.NOT_RUN
    ]
    return "\n".join([*EXAMPLES, *rows, ""])


EXAMPLES: Final = (
    "# Which examples are run",
    "",
    "The tests run the blocks of Bash and Python in README.md and in these pages as they stand, in order, against a",
    "served sample, and compare what a block is said to print. Addresses, folders and databases are replaced by those",
    "of the test. These blocks are left out:",
    "",
    "| document | why |",
    "|---|---|",
)


CHECKS_HEAD: Final = """# Checks: what a build does with a fault

A package that contradicts itself in what it *is*, or that cannot be read, is refused. A *value* that cannot be right is
left out, and the package is published. What is missing or strange is named. Whatever is left out in one place is used
in no other: a series that is refused gives its pairs nothing, a wrong line of sight is in no item of its track.

Each warning has the kind of its check; the build ends with their numbers, and `--report FILE.json` has each of them
under `warnings` with `path`, `reason`, `kind` and, where there is one, the `value`. Made by `scripts/docs` from the
table of the code.

| kind | what is compared | what follows | left out |
|---|---|---|---|
"""
ANSWERS: Final = {
    Answer.REFUSE: "refused",
    Answer.WITHHOLD: "left out, warned",
    Answer.NAME: "warned",
    Answer.NOTE: "noted",
}


def checks_page() -> str:
    """The rows of the table of checks."""
    rows = []
    for check in CHECKS:
        left_out = [f"`{name}`" for name in check.withheld] + ([check.absent] if check.absent else [])
        rows.append(f"| {check.kind} | {check.compared} | {ANSWERS[check.answer]} | {', '.join(left_out)} |")
    legend = [f"- **{ANSWERS[answer]}**: {answer.value}." for answer in Answer]
    return CHECKS_HEAD + "\n".join([*rows, "", *legend, ""])


@dataclass(frozen=True)
class Page:
    """A file of docs/ and what makes it."""

    name: str
    text: Callable[[], str]


PAGES: Final = (
    Page("checks.md", checks_page),
    Page("cli.md", cli_page),
    Page("examples.md", examples_page),
    Page("settings.md", settings_page),
    Page("vocabulary.md", vocabulary_page),
    Page("tutorial.ipynb", lambda: tutorial_notebook.notebook((DOCS / "tutorial.md").read_text())),
)


def main(folder: Path) -> None:
    """Write every page whose text is another than before."""
    for page in PAGES:
        file, text = folder / page.name, page.text()
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            sys.stdout.write(f"{file} made anew\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DOCS)
