"""`flatsim-stac sample`: write a synthetic product tree."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: flatsim-stac sample /tmp/tree --tracks 1 --pairs 10 --epochs 5")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--tracks", default=2, show_default=True, help="Track portions, ascending and descending in turn.")
@click.option("--pairs", default=40, show_default=True, help="Interferograms of each track.")
@click.option("--epochs", default=12, show_default=True, help="Acquisition dates of each track.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same bytes.")
def sample(directory: Path, tracks: int, pairs: int, epochs: int, seed: int) -> None:
    """Write a SYNTHETIC product tree to DIRECTORY, for trying things out."""
    from catalog_builder.errors import SampleError
    from catalog_builder.sample import SampleSpec, write_sample

    try:
        spec = SampleSpec(tracks=tracks, pairs=pairs, epochs=epochs, seed=seed)
    except SampleError as error:
        raise click.UsageError(str(error)) from error
    with click.progressbar(length=0, label="Writing packages") as bar:

        def show(done: int, total: int, _package: str) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        manifest = write_sample(directory, spec, show)
    packages = len(manifest.package_paths())
    click.echo(f"{packages} packages of {len(manifest.tracks)} tracks in {directory} (SYNTHETIC)")
