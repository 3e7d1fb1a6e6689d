"""`flatsim-stac`: one command, whose subcommands are imported when they are called, so that `--help` is instant."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import click

from catalog_builder.errors import FlatsimError
from catalog_builder.vocab.release import __version__

NOTHING_DONE: Final = 1
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Of a disk that takes no more."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One subcommand."""

    name: str
    target: str
    """`module:attribute` of the click command."""
    help: str
    """One line for the list of commands."""


COMMANDS: Final = (
    _Row("sample", "catalog_builder.cli.sample:sample", "Write a synthetic product tree."),
    _Row("build", "catalog_builder.cli.build:build", "Catalogue product trees in a folder or a database."),
    _Row("inspect", "catalog_builder.cli.inspect:inspect", "Show what a build sees in one package, and why."),
    _Row("validate", "catalog_builder.cli.validate:validate", "Check STAC documents of a folder or an API."),
    _Row("db", "catalog_builder.cli.database:database", "Run the embedded database, and migrate any."),
    _Row("serve", "catalog_builder.cli.serve:serve", "Serve the API, STAC Browser and the products."),
    _Row("up", "catalog_builder.cli.up:up", "Database, build and service in one."),
)


class _LazyGroup(click.Group):
    """A group that imports a command only to run it, or to show that command's own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return [row.name for row in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's)
        row = next((row for row in COMMANDS if row.name == cmd_name), None)
        if row is None:
            return None
        module, _, name = row.target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's)
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.help) for row in COMMANDS])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog='Shell completion: add `eval "$(_FLATSIM_STAC_COMPLETE=bash_source flatsim-stac)"` to ~/.bashrc.',
)
@click.version_option(__version__, prog_name="flatsim-stac")
def command() -> None:
    """Catalogue FLATSIM products as STAC, and serve the catalogue.

    Start with `flatsim-stac sample DIR` and `flatsim-stac up DIR`.
    """


def main() -> None:
    """Run the command line; errors of this project become one line and status 1."""
    try:
        command(prog_name="flatsim-stac")
    except FlatsimError as error:
        click.echo(f"flatsim-stac: {error}", err=True)
        raise SystemExit(NOTHING_DONE) from None
    except OSError as error:
        if error.errno not in FULL:
            raise
        click.echo(f"flatsim-stac: {error.filename or 'a file'}: {error.strerror}", err=True)
        raise SystemExit(NOTHING_DONE) from None
