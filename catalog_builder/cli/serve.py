"""`flatsim-stac serve`: start the service as its own program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080

HOST = click.option(
    "--host", default=DEFAULT_HOST, show_default=True, envvar="FLATSIM_HOST", show_envvar=True,
    help="Address to listen on.",
)  # fmt: skip
PORT = click.option(
    "--port", default=DEFAULT_PORT, show_default=True, envvar="FLATSIM_PORT", show_envvar=True,
    type=click.IntRange(1, 65535),
)  # fmt: skip


def service_command() -> list[str]:
    """The service is another program: the builder does not import it."""
    return [sys.executable, "-m", "api"]


def service_environment(*, dsn: str, host: str, port: int, trees: tuple[Path, ...]) -> dict[str, str]:
    """Environment of the service: ours, with its settings."""
    from catalog_builder.settings import BuilderSettings  # noqa: PLC0415 (takes a while to load)

    return {
        **os.environ,
        "FLATSIM_DATABASE": dsn,
        "FLATSIM_HOST": host,
        "FLATSIM_PORT": str(port),
        "FLATSIM_THUMBNAILS": str(BuilderSettings().thumbnail_folder),
        "FLATSIM_DATA": os.pathsep.join(str(tree.resolve()) for tree in trees),
    }


@click.command(epilog="Example: flatsim-stac serve --data /data/flatsim --port 8080")
@click.option(
    "--database", metavar="DSN", envvar="FLATSIM_DATABASE", show_envvar=True,
    help="Default: PG* variables, else the embedded database.",
)  # fmt: skip
@HOST
@PORT
@click.option(
    "--data", "trees", multiple=True, envvar="FLATSIM_DATA", show_envvar=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Tree to publish under /data/; may be given several times.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Processes that serve.  [default: 1]")
def serve(database: str | None, host: str, port: int, trees: tuple[Path, ...], workers: int | None) -> None:
    """Serve the API, STAC Browser under /browser/ and the products under /data/."""
    dsn = database or _usual_database()
    environment = service_environment(dsn=dsn, host=host, port=port, trees=trees)
    if workers:
        environment["FLATSIM_WORKERS"] = str(workers)
    command = service_command()
    os.execve(command[0], command, environment)  # noqa: S606 (no shell; our own interpreter)


def _usual_database() -> str:
    """The database that is meant when none is named. Only this needs the driver, which takes a while to load."""
    from catalog_builder.database import resolve_dsn  # noqa: PLC0415
    from catalog_builder.local_postgres import Role  # noqa: PLC0415
    from catalog_builder.settings import BuilderSettings  # noqa: PLC0415

    return resolve_dsn(None, BuilderSettings().home, Role.READ)
