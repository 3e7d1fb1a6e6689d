"""The rasters of a sample tree agree with each other and with the model they come from."""

from datetime import datetime

import numpy as np
import pytest
import rasterio
from rasterio.features import shapes
from rio_cogeo.cogeo import cog_validate
from shapely import unary_union
from shapely.geometry import Polygon, box, shape

from catalog_builder.sample import SampleSpec, ground, write_sample

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

SPEC = SampleSpec(tracks=2, epochs=7, pairs=16, pixels=90)
RADIANS_PER_METRE = 4 * np.pi / 0.055465763


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    directory = tmp_path_factory.mktemp("physics")
    return directory, write_sample(directory, SPEC)


@pytest.fixture(params=[0, 1], ids=["ascending", "descending"])
def track(tree, request):
    directory, manifest = tree
    return directory, manifest.tracks[request.param]


def read(path):
    with rasterio.open(path) as source:
        return source.read().astype(float)


def one(directory, pattern):
    (path,) = directory.glob(pattern)
    return path


def product(directory, path, code, geometry="geo"):
    return read(one(directory / path, f"CNES_{code}_{geometry}_*8rlks.tiff"))


def centres(source):
    """Longitude and latitude of all pixel centres."""
    step = source.transform.a
    return np.meshgrid(
        source.bounds.left + step * (np.arange(source.width) + 0.5),
        source.bounds.top - step * (np.arange(source.height) + 0.5),
    )


def wrap(phase):
    return (phase + np.pi) % (2 * np.pi) - np.pi


def years(truth):
    days = np.array([np.datetime64(epoch.date) for epoch in truth.epochs])
    return (days - days[0]) / np.timedelta64(1, "D") / 365.25


def test_ground_rasters_are_cogs_in_geographic_coordinates(track):
    directory, truth = track
    rasters = list((directory / truth.folder).rglob("*_geo_*.tiff"))
    assert len(rasters) == 5 * SPEC.pairs + 3 + 3
    for path in rasters:
        with rasterio.open(path) as source:
            assert source.crs.to_epsg() == 4326
            assert set(source.dtypes) == {"float32"}
            assert source.nodata == 0
            assert source.transform.a == pytest.approx(-source.transform.e)
        assert cog_validate(path, quiet=True)[0], path


def test_radar_rasters_have_no_georeference(track):
    directory, truth = track
    for path in (directory / truth.folder).rglob("*_radar_*.tiff"):
        with rasterio.open(path) as source:
            assert source.crs is None
            assert source.transform.is_identity
            assert source.nodata is None
            assert set(source.dtypes) == {"float32"}


def test_valid_area_is_the_slanted_footprint_not_the_box(track):
    directory, truth = track
    footprint = Polygon(truth.footprint)
    assert footprint.is_valid
    assert footprint.exterior.is_ccw
    pair = truth.pairs[0]
    with rasterio.open(one(directory / pair.path, "CNES_Coh_geo_*.tiff")) as source:
        pixel_area = source.transform.a**2
        valid = source.read(1) != 0
        bounds = box(*source.bounds)
        outlines = shapes(valid.astype("uint8"), mask=valid, transform=source.transform)
        seen = unary_union([shape(outline) for outline, _ in outlines])
    assert seen.intersection(footprint).area / seen.union(footprint).area > 0.97
    assert valid.sum() * pixel_area == pytest.approx(footprint.area, rel=0.01)
    assert bounds.covers(footprint)
    assert 0.6 < footprint.area / bounds.area < 0.8
    assert not valid[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_footprints_of_the_two_tracks_overlap_around_the_gulf_of_corinth(tree):
    _, manifest = tree
    ascending, descending = (Polygon(truth.footprint) for truth in manifest.tracks)
    assert ascending.intersection(descending).area > 0.6 * ascending.area
    assert box(*ascending.union(descending).bounds).within(box(19.5, 37.4, 24, 41.1))


def test_line_of_sight_points_down_and_away_from_the_satellite(track):
    directory, truth = track
    for geometry in ("geo", "radar"):
        east, north, up = product(directory, truth.auxiliary_path, "CosENU", geometry)
        valid = up != 0
        east, north, up = east[valid], north[valid], up[valid]
        np.testing.assert_allclose(east**2 + north**2 + up**2, 1, atol=1e-5)
        incidence = np.degrees(np.arccos(-up))
        assert incidence.min() > 30
        assert incidence.max() < 46
        assert (np.sign(east) == (1 if truth.direction == "ascending" else -1)).all()
        azimuth = np.degrees(np.arctan2(east, north)) % 360
        np.testing.assert_allclose(azimuth, truth.look_azimuth_deg, atol=0.01)
    assert truth.look_azimuth_deg == {"ascending": 78, "descending": 282}[truth.direction]


def test_incidence_grows_away_from_the_satellite(track):
    directory, truth = track
    up = product(directory, truth.auxiliary_path, "CosENU", "radar")[2]
    assert (np.diff(up, axis=1) > 0).all()
    longitude, _ = product(directory, truth.auxiliary_path, "Lut", "radar")
    assert (np.sign(np.diff(longitude, axis=1)) == (1 if truth.direction == "ascending" else -1)).all()


def test_look_up_tables_are_each_other_s_inverse(track):
    directory, truth = track
    range_px, azimuth_px = product(directory, truth.auxiliary_path, "Lut", "geo")
    valid = range_px != 0
    row, column = (np.floor(px[valid] + 0.5).astype(int) - 1 for px in (azimuth_px, range_px))
    longitude, latitude = product(directory, truth.auxiliary_path, "Lut", "radar")
    with rasterio.open(one(directory / truth.auxiliary_path, "CNES_Lut_geo_*.tiff")) as source:
        x, y = centres(source)
        step = source.transform.a
    assert np.abs(longitude[row, column] - x[valid]).max() < 1.5 * step
    assert np.abs(latitude[row, column] - y[valid]).max() < 1.5 * step


@pytest.mark.parametrize("code", ["InW", "InU", "Coh", "APS"])
def test_ground_products_are_radar_products_at_the_look_up_coordinates(track, code):
    directory, truth = track
    pair = truth.pairs[3]
    range_px, azimuth_px = product(directory, truth.auxiliary_path, "Lut", "geo")
    inside = range_px != 0
    row, column = (np.floor(px[inside] + 0.5).astype(int) - 1 for px in (azimuth_px, range_px))
    ground, radar = product(directory, pair.path, code)[0], product(directory, pair.path, code, "radar")[0]
    assert np.mean(ground[inside] == radar[row, column]) > 0.999
    assert (ground[~inside] == 0).all()


def test_unwrapped_phase_is_the_filtered_phase_plus_whole_cycles(track):
    directory, truth = track
    for pair in truth.pairs:
        unwrapped = product(directory, pair.path, "InU")[0]
        filtered, quality = product(directory, pair.path, "InWF")
        valid = unwrapped != 0
        assert np.abs(wrap(unwrapped - filtered)[valid]).max() < 0.003
        inside = filtered != 0
        assert quality[inside].min() > 0
        assert quality.max() <= 1
        assert np.abs(filtered).max() <= np.pi + 1e-3


def test_wrapped_phase_differs_from_unwrapped_by_noise_that_falls_with_coherence(track):
    directory, truth = track
    best, worst = (f(truth.pairs, key=lambda p: p.coherence_mean) for f in (max, min))
    spread = {}
    for name, pair in {"best": best, "worst": worst}.items():
        wrapped, unwrapped = product(directory, pair.path, "InW")[0], product(directory, pair.path, "InU")[0]
        assert np.abs(wrapped).max() <= np.pi + 1e-3
        spread[name] = np.std(wrap(unwrapped - wrapped)[unwrapped != 0])
    assert 0.1 < spread["best"] < spread["worst"] < 1.2


def test_pair_is_secondary_minus_reference_of_the_series(track):
    directory, truth = track
    dates = [epoch.date for epoch in truth.epochs]
    for geometry in ("geo", "radar"):
        series = product(directory, truth.timeseries_path, "DTs", geometry)
        has_series = product(directory, truth.timeseries_path, "MV-LOS", geometry)[0] != 0
        for pair in truth.pairs:
            unwrapped = product(directory, pair.path, "InU", geometry)[0]
            both = has_series & (unwrapped != 0)
            change = series[dates.index(pair.secondary_date)] - series[dates.index(pair.reference_date)]
            residual = (unwrapped - change)[both]
            assert np.abs(np.mean(residual)) < 0.05
            assert np.std(residual) < (0.35 if pair.used_in_series else 0.8)
            assert np.corrcoef(unwrapped[both], change[both])[0, 1] > 0.6


def test_velocity_is_the_slope_of_the_cube_and_the_cube_is_referred_to_the_fit(track):
    directory, truth = track
    for geometry in ("geo", "radar"):
        series = product(directory, truth.timeseries_path, "DTs", geometry)
        velocity = product(directory, truth.timeseries_path, "MV-LOS", geometry)[0]
        assert len(series) == SPEC.epochs
        valid = velocity != 0
        slope, origin = np.polyfit(years(truth), series[:, valid], 1)
        np.testing.assert_allclose(slope, velocity[valid], atol=0.01)
        if geometry == "geo":
            np.testing.assert_allclose(origin, 0, atol=0.01)
            assert (series[:, valid] != 0).all()
        else:
            assert (series[0] == 0).all()


def modelled_phase(truth, longitude, latitude, vectors):
    """Phase of each date from the ground motion at points, projected on LOS vectors read from the tree."""
    place = ground.survey(longitude, latitude)
    steady = np.sum(ground.velocity_mm_per_year(place) * vectors, axis=0)
    sudden = np.sum(ground.coseismic_mm(place) * vectors, axis=0)
    phases = []
    for epoch, time in zip(truth.epochs, years(truth), strict=True):
        when = datetime.fromisoformat(epoch.start)
        motion = steady * time + ground.seasonal_mm(place, when) * vectors[2]
        motion += sudden if when > ground.EARTHQUAKE.time else 0
        phases.append(motion / 1000 * RADIANS_PER_METRE)
    return dict(zip((epoch.date for epoch in truth.epochs), phases, strict=True))


def test_pairs_show_the_ground_motion_projected_on_the_line_of_sight(track):
    directory, truth = track
    with rasterio.open(one(directory / truth.auxiliary_path, "CNES_CosENU_geo_*.tiff")) as source:
        longitude, latitude = centres(source)
        vectors = source.read().astype(float)
    expected = modelled_phase(truth, longitude, latitude, vectors)
    seen, modelled = [], []
    for pair in truth.pairs:
        unwrapped = product(directory, pair.path, "InU")[0]
        valid = unwrapped != 0
        change = (expected[pair.secondary_date] - expected[pair.reference_date])[valid]
        seen.append(unwrapped[valid] - np.median(unwrapped[valid]))
        modelled.append(change - np.median(change))
    seen, modelled = np.concatenate(seen), np.concatenate(modelled)
    slope = np.sum(seen * modelled) / np.sum(modelled**2)
    assert slope == pytest.approx(1, abs=0.3)
    # What is left is the atmosphere of two dates, the error of the elevation model, and noise.
    assert np.std(seen - modelled) < 1.5


def test_phase_is_positive_away_from_the_satellite(track):
    """Sinking ground moves away from both satellites; the fault's far side approaches one and leaves the other."""
    directory, truth = track
    with rasterio.open(one(directory / truth.auxiliary_path, "CNES_CosENU_geo_*.tiff")) as source:
        vectors = source.read().astype(float)
        places = {"basin": (22.35, 39.55), "beside": (21.6, 39.55), "north": (22.0, 40.0), "south": (22.0, 38.3)}
        rates = {}
        for name, (longitude, latitude) in places.items():
            row, column = source.index(longitude, latitude)
            place = ground.survey(np.array(longitude), np.array(latitude))
            rates[name] = float(ground.velocity_mm_per_year(place) @ vectors[:, row, column])
    assert 15 < rates["basin"] - rates["beside"] < 30
    sign = 1 if truth.direction == "ascending" else -1
    assert 5 < sign * (rates["north"] - rates["south"]) < 20


def test_coherence_falls_with_time_and_the_manifest_has_its_mean(track):
    directory, truth = track
    for pair in truth.pairs:
        coherence = product(directory, pair.path, "Coh")[0]
        valid = coherence != 0
        assert coherence[valid].min() > 0
        assert coherence.max() < 1
        assert coherence[valid].mean() == pytest.approx(pair.coherence_mean, abs=1e-4)
    days = [pair.temporal_baseline_days for pair in truth.pairs]
    assert np.corrcoef(days, [pair.coherence_mean for pair in truth.pairs])[0, 1] < -0.7


def test_unwrapped_fraction_is_the_share_of_unwrapped_radar_pixels(track):
    directory, truth = track
    text = (directory / truth.auxiliary_path / "list_unw_frac.txt").read_text()
    listed = {tuple(line.split()[:2]): float(line.split()[2]) for line in text.splitlines()}
    assert len(listed) == SPEC.pairs
    for pair in truth.pairs:
        unwrapped = product(directory, pair.path, "InU", "radar")[0] != 0
        coherent = product(directory, pair.path, "Coh", "radar")[0] != 0
        assert coherent.all()
        assert unwrapped.mean() == pytest.approx(pair.unwrapped_fraction, abs=1e-4)
        key = pair.reference_date.replace("-", ""), pair.secondary_date.replace("-", "")
        assert listed[key] == pair.unwrapped_fraction
        assert 0.4 < pair.unwrapped_fraction <= 1
    assert min(pair.unwrapped_fraction for pair in truth.pairs) < 0.95


def test_dates_pairs_and_baselines_of_the_text_files_are_those_of_the_manifest(track):
    directory, truth = track
    auxiliary, series = directory / truth.auxiliary_path, directory / truth.timeseries_path

    def rows(path):
        return [line.split() for line in path.read_text().splitlines()]

    def compact(date):
        return date.replace("-", "")

    dates = [compact(epoch.date) for epoch in truth.epochs]
    pairs = [(compact(p.reference_date), compact(p.secondary_date)) for p in truth.pairs]
    used = [(compact(p.reference_date), compact(p.secondary_date)) for p in truth.pairs if p.used_in_series]
    assert 0 < len(used) < len(pairs)
    assert [row[1] for row in rows(series / "RMSdate.txt")] == dates
    assert [float(row[2]) for row in rows(series / "RMSdate.txt")] == [epoch.rms_rad for epoch in truth.epochs]
    assert [(row[1], row[2]) for row in rows(series / "RMSinterfero.txt")] == used
    assert [float(row[3]) for row in rows(series / "RMSinterfero.txt")] == [
        pair.rms_rad for pair in truth.pairs if pair.used_in_series
    ]
    assert [tuple(row) for row in rows(auxiliary / "interf_pair.rsc")] == pairs
    baseline = {row[0]: float(row[1]) for row in rows(auxiliary / "baseline.rsc")}
    assert list(baseline) == dates
    for pair, (first, second) in zip(truth.pairs, pairs, strict=True):
        assert baseline[second] - baseline[first] == pytest.approx(pair.perpendicular_baseline_m, abs=1e-3)
    assert baseline[compact(truth.primary_date)] == 0
    parameters = dict(line.split(" = ") for line in rows_of_parameters(auxiliary / "nsbas.proc"))
    assert parameters["SarMasterDir"] == compact(truth.primary_date)


def rows_of_parameters(path):
    return [line for line in path.read_text().splitlines() if " = " in line]


def test_network_quality_is_that_of_the_misclosures(track):
    directory, truth = track
    rms, interferograms, images, coherence, _ = product(directory, truth.timeseries_path, "Net")
    valid = rms != 0
    used = sum(pair.used_in_series for pair in truth.pairs)
    assert interferograms[valid].max() <= used
    assert interferograms[valid].min() >= 0.6 * used
    assert set(np.unique(images[valid])) == {SPEC.epochs}
    # For small misclosures the length of the mean phasor is about exp(-rms^2 / 2).
    np.testing.assert_allclose(coherence[valid], np.exp(-(rms[valid] ** 2) / 2), atol=0.12)
    np.testing.assert_array_equal(product(directory, truth.auxiliary_path, "TCoh")[0], coherence)
    flat = np.fromfile(directory / truth.timeseries_path / "RMSpixel", dtype="<f4")
    assert flat.size == product(directory, truth.timeseries_path, "MV-LOS", "radar").size


def test_stratified_delay_follows_the_elevation(track):
    directory, truth = track
    amplitude, elevation = product(directory, truth.auxiliary_path, "DEM", "radar")
    assert amplitude.min() > 0
    assert elevation.min() > 0
    assert 1500 < elevation.max() < 3500
    longitude, latitude = product(directory, truth.auxiliary_path, "Lut", "radar")
    layers = np.stack([np.exp(-elevation / 2000), longitude, latitude, np.ones_like(elevation)]).reshape(4, -1).T
    for pair in truth.pairs:
        delay = product(directory, pair.path, "APS", "radar")[0].ravel()
        _, residual, *_ = np.linalg.lstsq(layers, delay)
        assert np.sqrt(residual[0] / delay.size) < 0.002


def test_finer_looks_show_the_same_interferogram(track):
    directory, truth = track
    coarse = product(directory, truth.pairs[0].path, "InW", "radar")[0]
    fine = read(one(directory / truth.pairs[0].path, "CNES_InW_radar_*_2rlks.tiff"))[0]
    rows, columns = coarse.shape
    assert fine.shape == (4 * rows, 4 * columns)
    mean = np.exp(1j * fine).reshape(rows, 4, columns, 4).mean(axis=(1, 3))
    assert np.std(wrap(np.angle(mean) - coarse)) < 0.9


def test_earthquake_shows_only_in_pairs_that_span_it(tree):
    directory, manifest = tree
    truth = manifest.tracks[0]
    amplitudes = {True: [], False: []}
    for pair in truth.pairs:
        with rasterio.open(one(directory / pair.path, "CNES_InU_geo_*.tiff")) as source:
            row, column = source.index(20.8, 38.62)
            window = source.read(1)[row - 2 : row + 3, column - 2 : column + 3]
        if (window != 0).any():
            spans = pair.reference_date <= "2015-11-17" <= pair.secondary_date and pair.reference_date < "2015-11-17"
            amplitudes[spans].append(abs(np.median(window[window != 0])))
    assert min(amplitudes[True]) > 6
    assert max(amplitudes[False]) < 6
