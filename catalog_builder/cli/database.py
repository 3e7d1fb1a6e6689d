"""`flatsim-stac db`: the embedded PostgreSQL, and migrations on any server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog_builder.database import check_index, describe, migrate, renew_documents, resolve_dsn
from catalog_builder.local_postgres import Cluster, ClusterStatus, Role, State
from catalog_builder.pipeline.load import WORKERS, load
from catalog_builder.settings import BuilderSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog_builder.database import MigrationReport

NOT_RUNNING = 3
"""Exit status of `db status` when nothing runs, as of `pg_ctl status` and of system services."""

_MEBIBYTE = 2**20

LINE_EVERY_S = 10.0


def _cluster() -> Cluster:
    return Cluster(BuilderSettings().home)


@click.group(epilog="Example: flatsim-stac db start && flatsim-stac db migrate && psql $(flatsim-stac db dsn)")
def database() -> None:
    """Run the embedded database, and bring any database up to date.

    The embedded database is a private cluster of the PostgreSQL installed here. It lies in FLATSIM_HOME and is
    reached at 127.0.0.1 alone.
    """


@database.command()
def start() -> None:
    """Make the database where it is missing, and have it run."""
    cluster = _cluster()
    cluster.start()
    status = cluster.status()
    click.echo(f"PostgreSQL {status.version} runs at 127.0.0.1:{status.port}, its data in {status.data}")


@database.command()
def stop() -> None:
    """Stop the database; its data stay."""
    cluster = _cluster()
    ran = cluster.status().state in (State.RUNNING, State.STARTING)
    cluster.stop()
    click.echo("stopped" if ran else "it did not run")


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Say how the database stands; exit status 0 when it runs, 3 when it does not."""
    found = _cluster().status()
    click.echo(json.dumps(_facts(found)) if as_json else _table(found))
    if found.state is not State.RUNNING:
        context.exit(NOT_RUNNING)


@database.command()
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default=Role.OWNER.value, show_default=True,
    help="Whose login: the owner's, the service's (read), the builder's (write).",
)  # fmt: skip
def dsn(role: str) -> None:
    """Print the address of the running database, with its password."""
    click.echo(_cluster().dsn(Role(role)))


@database.command(
    "migrate", epilog="Example: flatsim-stac db migrate --database postgresql://owner@db.example.org/stac"
)
@click.option("--database", "address", metavar="DSN", help="Default: PG* variables, else the embedded database.")
@click.option(
    "--pgstac-indexes", is_flag=True,
    help="Keep indexes for plain stac-fastapi-pgstac or titiler-pgstac on this database; this service needs none.",
)  # fmt: skip
def migrate_command(address: str | None, *, pgstac_indexes: bool) -> None:
    """Bring a database up to date: pgstac, our migrations, the queryables, the table that is searched."""
    settings = BuilderSettings()
    target = resolve_dsn(address, settings.home, Role.OWNER)
    click.echo(_told(describe(target), migrate(target, settings.migrations_dir, pgstac_indexes=pgstac_indexes)))


@database.command(epilog="Example: flatsim-stac db documents --database postgresql://builder@db.example.org/stac")
@click.option("--database", "address", metavar="DSN", help="Default: PG* variables, else the embedded database.")
@click.option("--quiet", is_flag=True, help="No progress.")
def documents(address: str | None, *, quiet: bool) -> None:
    """Write the ready text of all items that lack it.

    Builds write it with the items. Items that other programs loaded are answered without it, which takes longer, and
    so are all items after a dump was restored. May run at any time, beside services and builds.
    """
    target = resolve_dsn(address, BuilderSettings().home, Role.WRITE)
    done = renew_documents(target, _silent if quiet else _teller("documents"))
    click.echo(f"{done.written} documents written, {done.removed} of items that are gone removed")
    if done.without:
        click.echo(f"{done.without} items cannot be written so; they are put together for every answer")


@database.command("check", epilog="Example: flatsim-stac db check --database postgresql://owner@db.example.org/stac")
@click.option("--database", "address", metavar="DSN", help="Default: PG* variables, else the embedded database.")
@click.option("--dry-run", is_flag=True, help="Mend nothing.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.pass_context
def check_command(context: click.Context, address: str | None, *, dry_run: bool, quiet: bool) -> None:
    """Compare the table that searches read with the items, and mend it.

    Triggers keep the two alike, whoever writes. Needed after items were written while triggers were off, as some
    restores do. With --dry-run the exit status is 3 where something is wrong.
    """
    target = resolve_dsn(address, BuilderSettings().home, Role.OWNER)
    done = check_index(target, mend=not dry_run, progress=_silent if quiet else _teller("collections"))
    if done.is_sound:
        click.echo(f"the items of {done.collections} collections are indexed as they are")
        return
    what = "found" if dry_run else "mended"
    click.echo(f"{done.differing} items whose row was missing or different, {done.stray} rows without an item: {what}")
    if dry_run:
        context.exit(NOT_RUNNING)


@database.command(
    "load", epilog="Example: flatsim-stac build /data/tree --out lines --format ndjson && flatsim-stac db load lines"
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--database", "address", metavar="DSN", help="Default: PG* variables, else the embedded database.")
@click.option("--workers", type=click.IntRange(1, 32), default=WORKERS, show_default=True, help="Collections at once.")
@click.option("--quiet", is_flag=True, help="No progress.")
def load_command(folder: Path, address: str | None, *, workers: int, quiet: bool) -> None:
    """Load a catalogue of lines, as `build --format ndjson` writes it.

    FOLDER holds collections.ndjson, and <collection>.ndjson of items for each. Items that are in the database just so
    are left alone, and those that are only there stay. It may be ended and begun again at any point.
    """
    target = resolve_dsn(address, BuilderSettings().home, Role.WRITE)
    done = load(folder, target, workers=workers, progress=_silent if quiet else _teller("items"))
    click.echo(f"{done.collections} collections: {done.changed} items loaded, {done.unchanged} were there just so")


def _silent(_written: int) -> None:
    pass


def _teller(what: str) -> Callable[[int], None]:
    """Tells now and then how far it is."""
    last = time.monotonic()

    def tell(written: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= LINE_EVERY_S:
            last = now
            click.echo(f"{written} {what}", err=True)

    return tell


@database.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(*, yes: bool) -> None:
    """Stop the embedded database and delete all its data."""
    cluster = _cluster()
    found = cluster.status()
    if found.state is not State.ABSENT and not yes:
        size = f"{found.size_bytes / _MEBIBYTE:.0f} MB"
        click.confirm(f"Delete the database in {cluster.home} ({size})? It cannot be undone", abort=True)
    cluster.reset()
    click.echo(f"no database is left in {cluster.home}")


def _facts(status: ClusterStatus) -> dict[str, object]:
    return {
        "state": status.state.value,
        "version": status.version,
        "port": status.port,
        "pid": status.pid,
        "data": str(status.data),
        "size_bytes": status.size_bytes,
        "clean": status.clean,
    }


def _table(status: ClusterStatus) -> str:
    facts = {
        "state": status.state.value if status.clean else f"{status.state.value} (it was not shut down; start it)",
        "PostgreSQL": status.version,
        "address": status.port and f"127.0.0.1:{status.port}",
        "process": status.pid,
        "data": status.data,
        "size": f"{status.size_bytes / _MEBIBYTE:.1f} MB" if status.size_bytes else None,
    }
    return "\n".join(f"{name:<11}{value}" for name, value in facts.items() if value is not None)


def _told(name: str, report: MigrationReport) -> str:
    if not report.changed:
        return f"{name} is up to date (pgstac {report.pgstac})"
    lines = [f"{name} was migrated"]
    if report.pgstac_before != report.pgstac:
        lines.append(f"  pgstac {report.pgstac_before or 'none'} -> {report.pgstac}")
    lines += [f"  {applied}" for applied in report.applied]
    if report.queryables.written:
        lines.append(f"  {len(report.queryables.written)} queryables written")
    lines += [f"  queryable {removed} removed" for removed in report.queryables.removed]
    if report.index.written:
        lines.append(f"  {len(report.index.written)} columns of the item index filled")
    return "\n".join(lines)
