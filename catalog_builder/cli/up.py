"""`flatsim-stac up`: database, migrations, build and service, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import click

from catalog_builder.cli.build import NOTHING_DONE, run, status_of
from catalog_builder.cli.serve import HOST, PORT, service_command, service_environment
from catalog_builder.database import migrate
from catalog_builder.local_postgres import Cluster, Role, State
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.settings import BuilderSettings
from catalog_builder.sinks.pgstac import PgstacSink
from catalog_builder.stac.layout import Layout, ServiceLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command(epilog="Example: flatsim-stac up /data/flatsim --port 8080")
@click.argument(
    "trees", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="TREE..."
)
@HOST
@PORT
@click.option("--thumbnails", is_flag=True, help="Make a thumbnail of each item.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors and the addresses.")
def up(trees: tuple[Path, ...], host: str, port: int, *, thumbnails: bool, quiet: bool) -> None:
    """Catalogue TREEs into the embedded database and serve them; Ctrl-C stops all of it."""
    settings = BuilderSettings()
    cluster = Cluster(settings.home)
    was_running = cluster.status().state is State.RUNNING
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cluster.start()
        layout = ServiceLayout(thumbnails=ThumbnailFolder(settings.thumbnail_folder) if thumbnails else None)
        _load(cluster, settings.migrations_dir, trees, layout, quiet=quiet)
        status = _serve(cluster, host, port, trees)
    finally:
        for number in _STOP_SIGNALS:  # an impatient second one must not leave the database running
            signal.signal(number, signal.SIG_IGN)
        if not was_running:
            cluster.stop()
    raise SystemExit(status)


def _load(cluster: Cluster, migrations_dir: Path, trees: tuple[Path, ...], layout: Layout, *, quiet: bool) -> None:
    migrate(cluster.dsn(), migrations_dir)
    sink = PgstacSink(cluster.dsn(Role.WRITE))
    report = run(trees, sink, layout, options=Options(), workers=os.cpu_count() or 1, quiet=quiet)
    if status_of(report) == NOTHING_DONE:
        click.echo(f"flatsim-stac: no package could be catalogued in {', '.join(map(str, trees))}", err=True)
        raise SystemExit(NOTHING_DONE)


def _serve(cluster: Cluster, host: str, port: int, trees: tuple[Path, ...]) -> int:
    """Run the service until it ends or we are told to stop; its exit status, 0 for a wished stop."""
    environment = service_environment(dsn=cluster.dsn(Role.READ), host=host, port=port, trees=trees)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 (a comparison)
    click.echo(
        f"API           {address}\nSTAC Browser  {address}browser/\nCollections   {address}collections\nCtrl-C stops."
    )
    service: subprocess.Popen[bytes] | None = None
    wished = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal wished
        wished = True
        if service:
            service.terminate()

    for number in _STOP_SIGNALS:
        signal.signal(number, stop)
    # Its own process group: a Ctrl-C of the terminal reaches us alone, and we pass on one signal.
    service = subprocess.Popen(service_command(), env=environment, start_new_session=True)
    if wished:
        service.terminate()
    status = service.wait()
    return 0 if wished else status
