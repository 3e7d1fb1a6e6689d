"""`flatsim-stac sample`: write a synthetic product tree."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: flatsim-stac sample /tmp/tree --tracks 1 --pairs 10 --epochs 5")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--tracks", default=2, show_default=True, help="Track portions, ascending and descending in turn.")
@click.option("--pairs", default=40, show_default=True, help="Interferograms of each track.")
@click.option("--epochs", default=12, show_default=True, help="Acquisition dates of each track.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same bytes.")
def sample(directory: Path, tracks: int, pairs: int, epochs: int, seed: int) -> None:
    """Write a SYNTHETIC product tree to DIRECTORY, to try things on."""
    from catalog_builder.errors import SampleError  # noqa: PLC0415  numpy and GDAL only when asked for
    from catalog_builder.sample import SampleSpec, write_sample  # noqa: PLC0415

    try:
        spec = SampleSpec(tracks=tracks, pairs=pairs, epochs=epochs, seed=seed)
    except SampleError as error:
        raise click.UsageError(str(error)) from error
    with click.progressbar(length=spec.package_count(), label="Writing packages") as bar:
        manifest = write_sample(directory, spec, lambda done, _total, _package: bar.update(done - bar.pos))
        bar.update(bar.length - bar.pos if bar.length else 0)
    names = ", ".join(track.name for track in manifest.tracks)
    click.echo(f"SYNTHETIC tree of {len(manifest.package_paths())} packages in {directory}: {names}")
