"""One track portion: its pairs, its series and its auxiliary data, from the model to the packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from catalog_builder.sample import ground, interferometry, listings, pictures
from catalog_builder.sample.geometry import FINE_FACTOR, Array, Swath, lay_out
from catalog_builder.sample.interferometry import Interferogram, Scene
from catalog_builder.sample.inversion import Series, invert
from catalog_builder.sample.manifest import EpochTruth, PairTruth, TrackTruth
from catalog_builder.sample.network import Network, Pair, design_network
from catalog_builder.sample.orbits import CAMPAIGN, REGION, Frame
from catalog_builder.sample.packages import Geocoder, PackageWriter
from catalog_builder.sample.products import FINE_LOOKS, Kind, package_name
from catalog_builder.sample.rasters import FINE_QUANTUM, Raster, to_raster
from catalog_builder.sample.spec import SampleSpec

Advance = Callable[[str], None]
"""Called with the name of each package once it is written."""
PAIR_FOLDER: Final = "INT"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    """What the packages of a track share."""

    root: Path
    seed: int
    frame: Frame
    swath: Swath
    network: Network
    scene: Scene
    geocoder: Geocoder

    def day(self, position: int) -> str:
        return self.network.epochs[position].acquisition.day.isoformat()

    def path(self, kind: Kind, pair: Pair | None = None) -> str:
        """Return the directory of a package relative to the tree."""
        ends = (pair.reference, pair.secondary) if pair else (0, -1)
        days = [self.network.epochs[i].acquisition.day for i in ends]
        name = package_name(kind, self.frame.name, days[0], days[1])
        return "/".join([self.frame.name, *([PAIR_FOLDER] if pair else []), name])

    def writer(self, kind: Kind, pair: Pair | None = None) -> PackageWriter:
        directory = self.root / self.path(kind, pair)
        directory.mkdir(parents=True)
        return PackageWriter(
            directory=directory, swath=self.swath, network=self.network, geocoder=self.geocoder, pair=pair
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _PairResult:
    unwrapped: Array
    coherence_mean: float
    unwrapped_fraction: float


def write_track(root: Path, frame: Frame, spec: SampleSpec, advance: Advance) -> TrackTruth:
    """Write all packages of a track portion below a directory and return what is true of them.

    Args:
        root: the tree.
        frame: the track portion.
        spec: numbers, seed and size.
        advance: told of each package.
    """
    swath = lay_out(frame, spec.pixels)
    track = _Track(
        root=root,
        seed=spec.seed,
        frame=frame,
        swath=swath,
        network=design_network(frame, spec, interferometry.stream(spec.seed, frame.name, "network")),
        scene=interferometry.observe(swath),
        geocoder=Geocoder.of(swath),
    )
    results = _write_pairs(track, advance)
    used = [r.unwrapped for r, p in zip(results, track.network.pairs, strict=True) if p.used]
    series = invert(np.stack(used), track.network)
    _write_series(track, series)
    advance(track.path("TS"))
    _write_auxiliary(track, series, [round(r.unwrapped_fraction, 4) for r in results])
    advance(track.path("DAUX"))
    return _truth(track, results, series)


def _write_pairs(track: _Track, advance: Advance) -> list[_PairResult]:
    signals = interferometry.Signals.draw(track.scene, track.network, track.seed)
    results = []
    for number, pair in enumerate(track.network.pairs):
        products = interferometry.interfere(signals, pair)
        coherence = _write_pair(track, pair, products)
        if number == 0:
            _write_fine_pair(track, pair, products)
        results.append(
            _PairResult(
                unwrapped=products.unwrapped,
                coherence_mean=float(coherence[coherence != 0].mean(dtype=np.float64)),
                unwrapped_fraction=products.unwrapped_fraction(),
            )
        )
        advance(track.path("INT", pair))
    return results


def _write_pair(track: _Track, pair: Pair, products: Interferogram) -> Raster:
    """Write an INT package and return its coherence in ground geometry."""
    package = track.writer("INT", pair)
    package.write("InW", products.wrapped)
    package.write("InWF", np.stack([products.filtered, products.filter_quality]))
    package.write("InU", products.unwrapped)
    package.write("APS", products.stratified_delay)
    return package.write("Coh", products.coherence)


def _write_fine_pair(track: _Track, pair: Pair, products: Interferogram) -> None:
    """Add the wrapped interferogram at 2 looks: the same phase with a sixteenth of the looks."""
    rng = interferometry.stream(track.seed, track.frame.name, "fine", track.day(pair.reference))
    coherence = _refine(products.coherence)
    looks = interferometry.PHASE_LOOKS / FINE_FACTOR**2
    noise = interferometry.phase_deviation(coherence, looks) * rng.standard_normal(coherence.shape)
    phasor = np.exp(1j * products.filtered)
    phase = np.angle(_refine(phasor.real) + 1j * _refine(phasor.imag))
    directory = track.root / track.path("INT", pair)
    package = PackageWriter(
        directory=directory, swath=track.swath, network=track.network, geocoder=track.geocoder, pair=pair
    )
    package.write_radar("InW", interferometry.wrap(phase + noise), FINE_LOOKS)


def _refine(field: Array) -> Array:
    """Interpolate a radar field to the pixels at 2 looks, linearly along each axis."""
    for axis in (0, 1):
        coarse = np.arange(field.shape[axis], dtype=float)
        fine = (np.arange(field.shape[axis] * FINE_FACTOR) + 0.5) / FINE_FACTOR - 0.5
        lower = np.clip(np.floor(fine).astype(int), 0, len(coarse) - 2)
        weight = np.clip(fine - lower, 0, 1).reshape((-1, 1) if axis == 0 else (1, -1))
        field = (1 - weight) * field.take(lower, axis) + weight * field.take(lower + 1, axis)
    return field


def _write_series(track: _Track, series: Series) -> None:
    package = track.writer("TS")
    package.write_radar("DTs", series.phases)
    # On the ground each pixel is referred to the origin of its linear fit, so that no band is all 0.
    referred = to_raster(series.phases - series.origin)
    package.write_ground("DTs", track.geocoder.apply(referred))
    package.write("MV-LOS", series.velocity)
    quality = [series.rms, series.interferograms, series.images, series.temporal_coherence, series.bias]
    package.write("Net", np.stack(quality))
    for name, text in listings.series_files(track.network, series, track.swath).items():
        (package.directory / name).write_text(text, encoding="utf-8")
    (package.directory / "RMSpixel").write_bytes(np.nan_to_num(series.rms).astype("<f4").tobytes())


def _write_auxiliary(track: _Track, series: Series, fractions: list[float]) -> None:
    package = track.writer("DAUX")
    swath, grid = track.swath, track.swath.ground
    inside = track.geocoder.inside()
    vectors = np.where(inside, swath.line_of_sight(*grid.centres()), np.nan)
    package.write_ground("CosENU", to_raster(vectors, FINE_QUANTUM))
    tables = np.stack([track.geocoder.range_px, track.geocoder.azimuth_px])
    share = track.geocoder.range_px / swath.radar_columns
    package.write_ground("Lut", to_raster(tables, FINE_QUANTUM), to_raster(share[None], FINE_QUANTUM))
    package.write("TCoh", series.temporal_coherence)
    package.write_radar("CosENU", track.scene.line_of_sight)
    package.write_radar("Lut", np.stack([track.scene.place.longitude, track.scene.place.latitude]))
    package.write_radar("DEM", _dem(track.scene.place, swath))
    longitude, latitude = swath.to_ground(*swath.radar_pixels(FINE_FACTOR))
    package.write_radar("CosENU", swath.line_of_sight(longitude, latitude), FINE_LOOKS)
    package.write_radar("DEM", _dem(ground.survey(longitude, latitude), swath), FINE_LOOKS)
    package.write_radar("TCoh", _refine(series.temporal_coherence), FINE_LOOKS)
    rng = interferometry.stream(track.seed, track.frame.name, "listings")
    files = listings.auxiliary_files(track.network, fractions, swath, rng)
    for name, text in files.items():
        (package.directory / name).write_text(text, encoding="utf-8")
    for name, picture in _figures(track, fractions, files).items():
        (package.directory / f"{name}.png").write_bytes(picture)


def _dem(place: ground.Place, swath: Swath) -> Array:
    """Return amplitude (bright slopes that face the satellite) and elevation in metres."""
    slope = np.gradient(place.elevation_m, axis=1) / swath.radar_columns
    amplitude = np.clip(120 + 60 * place.land + 40 * slope, 5, 400)
    return np.stack([amplitude, place.elevation_m])


def _figures(track: _Track, fractions: list[float], files: dict[str, str]) -> dict[str, bytes]:
    network = track.network
    return {
        "baseline": pictures.network_figure(
            [epoch.acquisition.day for epoch in network.epochs],
            [epoch.perpendicular_baseline_m for epoch in network.epochs],
            [(pair.reference, pair.secondary, pair.used) for pair in network.pairs],
        ),
        "list_unw_frac": pictures.fraction_figure(
            fractions, [network.temporal_baseline_days(pair) for pair in network.pairs]
        ),
        **{
            name: pictures.listing_figure({source: files[f"{source}.txt"] for source in sources})
            for name, sources in listings.FIGURES.items()
        },
    }


def _truth(track: _Track, results: list[_PairResult], series: Series) -> TrackTruth:
    center = track.swath.line_of_sight(np.array(track.frame.longitude), np.array(track.frame.latitude))
    return TrackTruth(
        name=track.frame.name,
        direction=track.frame.direction,
        relative_orbit=track.frame.relative_orbit,
        region=REGION,
        campaign=CAMPAIGN,
        folder=track.frame.name,
        timeseries_path=track.path("TS"),
        auxiliary_path=track.path("DAUX"),
        primary_date=track.day(track.network.primary),
        look_azimuth_deg=track.swath.look_azimuth_deg(),
        incidence_centre_deg=round(float(np.degrees(np.arccos(-center[2]))), 3),
        footprint=track.swath.outline(),
        epochs=_epoch_truths(track, series),
        pairs=_pair_truths(track, results, series),
    )


def _epoch_truths(track: _Track, series: Series) -> tuple[EpochTruth, ...]:
    return tuple(
        EpochTruth(
            date=epoch.acquisition.day.isoformat(),
            mission=epoch.acquisition.mission,
            start=f"{epoch.acquisition.start:%Y-%m-%dT%H:%M:%SZ}",
            stop=f"{epoch.acquisition.stop:%Y-%m-%dT%H:%M:%SZ}",
            perpendicular_baseline_m=epoch.perpendicular_baseline_m,
            rms_rad=round(float(rms), 4),
        )
        for epoch, rms in zip(track.network.epochs, series.rms_of_epochs, strict=True)
    )


def _pair_truths(track: _Track, results: list[_PairResult], series: Series) -> tuple[PairTruth, ...]:
    rms = iter(series.rms_of_pairs)
    return tuple(
        PairTruth(
            package=track.path("INT", pair).rsplit("/", 1)[1],
            path=track.path("INT", pair),
            reference_date=track.day(pair.reference),
            secondary_date=track.day(pair.secondary),
            temporal_baseline_days=track.network.temporal_baseline_days(pair),
            perpendicular_baseline_m=track.network.perpendicular_baseline_m(pair),
            coherence_mean=round(result.coherence_mean, 4),
            unwrapped_fraction=round(result.unwrapped_fraction, 4),
            used_in_series=pair.used,
            rms_rad=round(float(next(rms)), 4) if pair.used else None,
        )
        for pair, result in zip(track.network.pairs, results, strict=True)
    )
