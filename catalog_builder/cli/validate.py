"""`flatsim-stac validate`: documents of a file, a folder or an API against schemas and rules."""

from __future__ import annotations

import click

from catalog_builder.settings import BuilderSettings
from catalog_builder.validation.check import check
from catalog_builder.validation.documents import documents
from catalog_builder.validation.schemas import Schemas


@click.command(epilog="Example: flatsim-stac validate catalogue/ http://127.0.0.1:8080/")
@click.argument("sources", nargs=-1, required=True, metavar="PATH_OR_URL...")
@click.option("--quiet", is_flag=True, help="Print nothing but problems.")
def validate(sources: tuple[str, ...], *, quiet: bool) -> None:
    """Check STAC documents: core, every declared extension, and the rules of this catalogue.

    A folder is searched for .json and .ndjson files; of an API, all collections and items are read.
    Set FLATSIM_SCHEMA_DIR to a folder of schemas to work without a network.
    """
    settings = BuilderSettings()
    schemas = Schemas(folder=settings.schema_dir, cache=settings.home / "schemas")
    checked = wrong = 0
    for source in sources:
        for address, document in documents(source):
            problems = list(check(document, schemas))
            checked += 1
            wrong += bool(problems)
            for problem in problems:
                click.echo(f"{address}: {problem.field or '(document)'}: {problem.message} [{problem.rule}]")
    if not quiet:
        click.echo(f"{checked} documents, {wrong} with problems")
    if wrong or not checked:
        raise SystemExit(1)
