"""`flatsim-stac build`: trees in, a catalogue or a loaded database out."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

import click
from rich.table import Table

from catalog_builder.cli.location import BASE, BASE_WITHOUT_QUERY, LOCATION
from catalog_builder.cli.progress import progress, wide_console
from catalog_builder.database import resolve_dsn
from catalog_builder.errors import SinkError, TreeNotFound
from catalog_builder.local_postgres import Role
from catalog_builder.location import Location, at, locate
from catalog_builder.packages.archive import is_package_archive
from catalog_builder.pipeline.build import build as build_trees
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.pipeline.dask_pool import dask_cluster
from catalog_builder.pipeline.pool import Pool
from catalog_builder.report.data import ReportData
from catalog_builder.report.html import render_report
from catalog_builder.report.report import Report
from catalog_builder.settings import THUMBNAILS, BuilderSettings
from catalog_builder.sinks import Sink
from catalog_builder.sinks.geoparquet import GeoparquetSink
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.pgstac import PgstacSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import Layout, ServiceLayout, StaticLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder

SOME_REFUSED = 3
NOTHING_DONE = 1
INTERRUPTED = 128 + signal.SIGINT
PAGE_SUFFIXES = (".html", ".htm")
FORMATS = ("static", "ndjson", "geoparquet")


@click.command(
    epilog="Examples: flatsim-stac build /data/flatsim --out catalogue --href-base https://data.example.org/flatsim; "
    "flatsim-stac build /data/flatsim --database postgresql://user@host/flatsim; "
    "flatsim-stac build s3://bucket/flatsim --out catalogue"
)
@click.argument("trees", nargs=-1, type=LOCATION, metavar="TREE...")
@click.option(
    "--files-from",
    type=click.File(encoding="utf-8", errors="surrogateescape"),
    metavar="FILE",
    help="Packages or trees from a list, one path a line, instead of TREE; - is standard input. Addresses of those "
    "below the working directory are relative to it.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write a catalogue to this folder.")
@click.option("--format", "form", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True, help="Of --out.")
@click.option(
    "--database",
    metavar="DSN",
    help="Load this database; without --out the default: PG* variables, else the embedded one.",
)
@click.option(
    "--href-base",
    metavar="URL",
    type=BASE,
    help="Where the trees are published; asset addresses start with it. A query (?…) is carried to the end of each.",
)
@click.option(
    "--thumbnails",
    is_flag=True,
    help="Make a thumbnail of each item: in the folder thumbnails of --out, or in FLATSIM_THUMBNAILS, which `serve` "
    "publishes.",
)
@click.option(
    "--thumbnails-base", metavar="URL", type=BASE, help="Where the folder of thumbnails is published instead."
)
@click.option(
    "--workers", type=click.IntRange(1), default=lambda: os.cpu_count() or 1, help="Processes; default all cores."
)
@click.option("--dask", metavar="ADDRESS", help="Read on a dask cluster; its scheduler, tcp://host:8786.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the counts as JSON, or a page with maps: FILE.html.",
)
@click.option("--checksums", is_flag=True, help="Compute file:checksum (SHA2-256) of every data file: reads all bytes.")
@click.option(
    "--strict", is_flag=True, help="Refuse packages of which a value would be left out, or that are warned of."
)
@click.option("--lenient", is_flag=True, help="Publish a package that contradicts itself, with flatsim:warnings.")
@click.option(
    "--schema-base",
    metavar="URL",
    type=BASE_WITHOUT_QUERY,
    help="Where the catalogue is published; declare its own schema there.",
)
@click.option("--prune", is_flag=True, help="Remove items of packages that an earlier build found and that are gone.")
@click.option("--refresh", is_flag=True, help="Read every package again, also those that have not changed.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def build(
    trees: tuple[Location, ...],
    *,
    files_from: TextIO | None,
    out: Path | None,
    form: str,
    database: str | None,
    href_base: str | None,
    thumbnails: bool,
    thumbnails_base: str | None,
    workers: int,
    dask: str | None,
    report_file: Path | None,
    checksums: bool,
    strict: bool,
    lenient: bool,
    schema_base: str | None,
    prune: bool,
    refresh: bool,
    quiet: bool,
) -> None:
    """Walk TREEs of FLATSIM packages and write their STAC catalogue.

    Exit status: 0 all that was found is catalogued; 3 some packages were refused; 1 nothing was done; 2 wrong usage.
    """
    _refuse_both(("--out", out), ("--database", database))
    _refuse_both(("--strict", strict), ("--lenient", lenient))
    if report_file:
        _check_report(report_file)
    roots = _roots(trees, files_from)
    base = Path.cwd() if files_from else None
    pictures = _thumbnails(out, thumbnails_base, wanted=thumbnails)
    sink, layout = _folder(out, form, href_base, pictures) if out else _database(database, href_base, pictures)
    options = Options(checksums=checksums, strict=strict, lenient=lenient, schema_base=schema_base)
    readers = dask_cluster(dask, roots) if dask else workers
    started = time.monotonic()
    data = ReportData() if report_file and report_file.suffix.lower() in PAGE_SUFFIXES else None
    try:
        report = run(
            roots, sink, layout, base=base, options=options, workers=readers, quiet=quiet, prune=prune, refresh=refresh,
            report_data=data,
        )  # fmt: skip
    except KeyboardInterrupt:
        click.echo("flatsim-stac: interrupted; the same command goes on from here", err=True)
        raise SystemExit(INTERRUPTED) from None
    if report_file:
        _write_report(report_file, report, data)
    if not quiet:
        click.echo(ending(time.monotonic() - started, out, form, report_file))
    raise SystemExit(status_of(report))


def _refuse_both(one: tuple[str, object], other: tuple[str, object]) -> None:
    if one[1] and other[1]:
        msg = f"{one[0]} and {other[0]} exclude each other"
        raise click.UsageError(msg)


def _roots(trees: tuple[Location, ...], files_from: TextIO | None) -> tuple[Location, ...]:
    if bool(trees) == bool(files_from):
        msg = "give either TREE... or --files-from FILE"
        raise click.UsageError(msg)
    roots = _listed(files_from) if files_from else trees
    for root in roots:
        check_root(root)
    return roots


def _check_report(file: Path) -> None:
    """Before anything is built: a report that cannot be written would be missed after hours."""
    if not file.parent.is_dir():
        msg = f"--report {file}: the folder {file.parent} is not there"
        raise click.UsageError(msg)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        msg = f"--report {file}: cannot be written"
        raise click.UsageError(msg)


def _write_report(file: Path, report: Report, data: ReportData | None) -> None:
    text = render_report(report, data) if data else json.dumps(report.to_dict(), indent=1) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{file}: the catalogue is written, its report cannot be: {error.strerror}"
        raise SinkError(msg) from error


def check_root(root: Location) -> None:
    """Say of a root that is not there that it is not.

    Raises:
        TreeNotFound: it is neither a folder nor an archive of a package.
    """
    place = at(root)
    if isinstance(root, Path) and not root.exists():
        msg = f"{root}: there is no such folder"
        raise TreeNotFound(msg)
    if isinstance(root, Path) and not place.is_folder() and not is_package_archive(root.name):
        msg = f"{root}: neither a folder nor an archive of a package"
        raise TreeNotFound(msg)


def ending(elapsed_s: float, out: Path | None, form: str, report_file: Path | None) -> str:
    """Where the catalogue is, how long it took, and what to do next."""
    if out is None:
        where, following = "into the database", "flatsim-stac serve --data TREE"
    else:
        where = f"to {out.resolve()} ({form})"
        following = {
            "static": f"flatsim-stac validate {out / 'catalog.json'}",
            "ndjson": f"flatsim-stac db load {out}",
            "geoparquet": f'python -c "import stac_geoparquet"  # reads {out}/*.parquet',
        }[form]
    lines = [f"Written {where} in {duration(elapsed_s)}."]
    lines += [f"Report: {report_file.resolve()}"] if report_file else []
    return "\n".join([*lines, f"Next: {following}"])


def duration(seconds: float) -> str:
    """For people.

    >>> duration(3.21), duration(75), duration(7322)
    ('3.2 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def _listed(lines: TextIO) -> tuple[Location, ...]:
    """Paths and addresses of a list; empty lines are none."""
    return tuple(locate(line.rstrip("\r\n")) for line in lines if line.strip())


def run(
    trees: tuple[Location, ...],
    sink: Sink,
    layout: Layout,
    *,
    base: Location | None = None,
    options: Options,
    workers: int | AbstractContextManager[Pool],
    quiet: bool,
    prune: bool = False,
    refresh: bool = False,
    report_data: ReportData | None = None,
) -> Report:
    """Build with progress, and say at the end what was done."""
    with progress(quiet=quiet) as tell:
        report = build_trees(
            trees,
            sink,
            layout,
            base=base,
            options=options,
            workers=workers,
            progress=tell,
            prune=prune,
            refresh=refresh,
            report_data=report_data,
        )
    for word, remarks in (("refused", report.refused), ("warning", report.warnings), ("vanished", report.vanished)):
        for remark in remarks:
            kind = f" ({remark.kind})" if remark.kind else ""
            click.echo(f"{word}{kind} {remark.path}: {remark.reason}", err=True)
    if not quiet:
        show_counts(report)
        click.echo(summary_of(report))
        click.echo(warnings_of(report))
    return report


def show_counts(report: Report) -> None:
    """Counts per region, track and kind, as a table."""
    table = Table("Region", "Track", "Kind", "Found", "Catalogued", "Unchanged", "Refused", box=None, pad_edge=False)
    for column in table.columns[3:]:
        column.justify = "right"
    for place, place_counts in sorted(report.counts_by_place.items()):
        counts = (place_counts.found, place_counts.catalogued, place_counts.unchanged, place_counts.refused)
        table.add_row(*place, *map(str, counts), style="red" if place_counts.refused else None)
    wide_console().print(table)


def summary_of(report: Report) -> str:
    """One line of counts."""
    gone = f", {report.removed} removed" if report.removed else ""
    gone += f" with {', '.join(report.removed_collections)}" if report.removed_collections else ""
    gone += f", {len(report.vanished)} vanished" if report.vanished else ""
    return (
        f"{report.found} packages found: {report.catalogued} catalogued, {report.unchanged} unchanged, "
        f"{len(report.refused)} refused{gone}; {len(report.ignored)} files or packages ignored"
    )


def warnings_of(report: Report) -> str:
    """One line of warnings by kind."""
    counts = report.warning_counts()
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{len(report.warnings)} warnings" + (f": {kinds}" if kinds else "")


def status_of(report: Report) -> int:
    """Exit status of a build."""
    if report.catalogued + report.unchanged == 0:
        return NOTHING_DONE
    is_incomplete = any(remark.kind == "not listed" for remark in report.warnings)
    return SOME_REFUSED if report.refused or is_incomplete else 0


def _thumbnails(out: Path | None, href_base: str | None, *, wanted: bool) -> ThumbnailFolder | None:
    if not wanted:
        if href_base:
            msg = "--thumbnails-base is of use with --thumbnails alone"
            raise click.UsageError(msg)
        return None
    folder = out.resolve() / THUMBNAILS if out else BuilderSettings().thumbnail_folder
    return ThumbnailFolder(folder, href_base)


def _folder(out: Path, form: str, href_base: str | None, thumbnails: ThumbnailFolder | None) -> tuple[Sink, Layout]:
    if form == "ndjson":
        return NdjsonSink(out), ServiceLayout(href_base, thumbnails)
    if form == "geoparquet":
        return GeoparquetSink(out), ServiceLayout(href_base, thumbnails)
    return StaticSink(out), StaticLayout(out.resolve(), href_base, thumbnails)


def _database(database: str | None, href_base: str | None, thumbnails: ThumbnailFolder | None) -> tuple[Sink, Layout]:
    dsn = resolve_dsn(database, BuilderSettings().home, Role.WRITE)
    return PgstacSink(dsn), ServiceLayout(href_base, thumbnails)
