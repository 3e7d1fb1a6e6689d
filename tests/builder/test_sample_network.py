"""Orbits, dates, pairs and geometry of the sample, without any file."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.errors import SampleError
from catalog_builder.sample import SampleSpec
from catalog_builder.sample.geometry import lay_out
from catalog_builder.sample.interferometry import stream
from catalog_builder.sample.inversion import invert
from catalog_builder.sample.network import design_network
from catalog_builder.sample.orbits import FRAMES, MAX_EPOCHS


def network_of(spec, frame=FRAMES[0]):
    return design_network(frame, spec, stream(spec.seed, frame.name, "network"))


@st.composite
def specs(draw):
    epochs = draw(st.integers(2, 40))
    pairs = draw(st.integers(epochs - 1, epochs * (epochs - 1) // 2))
    return SampleSpec(tracks=1, epochs=epochs, pairs=pairs, seed=draw(st.integers(0, 99)))


def connected(count, pairs):
    group = list(range(count))
    for first, second in pairs:
        old, new = group[first], group[second]
        group = [new if g == old else g for g in group]
    return len(set(group)) == 1


@settings(deadline=None, max_examples=60)
@given(specs(), st.sampled_from(FRAMES))
def test_network_has_the_numbers_asked_for_and_its_used_pairs_connect_all_dates(spec, frame):
    network = network_of(spec, frame)
    days = [epoch.acquisition.day for epoch in network.epochs]
    assert len(days) == spec.epochs
    assert days == sorted(set(days))
    assert date(2014, 10, 1) <= days[0]
    assert days[-1] <= date(2021, 4, 30)
    pairs = [(pair.reference, pair.secondary) for pair in network.pairs]
    assert len(pairs) == len(set(pairs)) == spec.pairs
    assert pairs == sorted(pairs)
    assert all(first < second for first, second in pairs)
    assert connected(spec.epochs, [(p.reference, p.secondary) for p in network.pairs if p.used])
    assert network.epochs[network.primary].perpendicular_baseline_m == 0


@pytest.mark.parametrize("epochs", [2, 3, 12, 60, MAX_EPOCHS])
@pytest.mark.parametrize("frame", FRAMES[:2], ids=lambda frame: frame.name)
def test_first_dates_span_the_earthquake(epochs, frame):
    days = [e.acquisition.day for e in network_of(SampleSpec(epochs=epochs, pairs=epochs - 1), frame).epochs]
    assert {"A175SUD": date(2015, 11, 5), "D080SUD": date(2015, 11, 11)}[frame.name] in days
    assert {"A175SUD": date(2015, 11, 17), "D080SUD": date(2015, 11, 23)}[frame.name] in days


def test_default_network_has_gaps_and_pairs_left_out_of_the_series():
    network = network_of(SampleSpec())
    days = [epoch.acquisition.day for epoch in network.epochs]
    gaps = {(b - a).days for a, b in pairwise(days)}
    assert min(gaps) in {6, 12}
    assert max(gaps) > 24
    assert 1 <= sum(not pair.used for pair in network.pairs) <= 6


def test_passes_repeat_every_twelve_days_then_every_six():
    for frame in FRAMES:
        passes = frame.acquisitions()
        assert all((p.day - passes[0].day).days % 6 == 0 for p in passes)
        for acquisition in passes:
            shift = {"S1A": 73, "S1B": 27}[acquisition.mission]
            assert (acquisition.absolute_orbit - shift) % 175 + 1 == frame.relative_orbit
            assert timedelta(seconds=40) < acquisition.stop - acquisition.start < timedelta(seconds=60)
        assert {p.mission for p in passes if p.day < date(2016, 9, 1)} == {"S1A"}
        assert {(b.day - a.day).days for a, b in pairwise(passes[-50:])} == {6}


def test_known_scene_gives_its_name():
    passes = {acquisition.day: acquisition for acquisition in FRAMES[1].acquisitions()}
    names = passes[date(2015, 11, 11)].scene_names()
    assert [name.rsplit("_", 2)[0] for name in names] == [
        "S1A_IW_SLC__1SDV_20151111T043915_20151111T043942_008552",
        "S1A_IW_SLC__1SDV_20151111T043940_20151111T044007_008552",
    ]


def test_tracks_alternate_and_are_distinct():
    assert [frame.direction for frame in FRAMES] == ["ascending", "descending"] * (len(FRAMES) // 2)
    assert len({frame.name for frame in FRAMES}) == len(FRAMES)
    assert {frame.subset for frame in FRAMES} == {"SUD", "CENTRE", "NORD"}
    assert all(13 < frame.longitude < 29 for frame in FRAMES)
    assert all(frame.name[0] == frame.direction[0].upper() for frame in FRAMES)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"tracks": 0}, "tracks is 0"),
        ({"tracks": 1000}, "tracks is 1000"),
        ({"epochs": 1, "pairs": 0}, "epochs is 1"),
        ({"epochs": 10_000}, "epochs is 10000"),
        ({"epochs": 4, "pairs": 7}, "7 pairs are impossible: 4 epochs make at most 6"),
        ({"pairs": 5}, "5 pairs cannot connect 12 epochs, which takes at least 11"),
        ({"pairs": -1}, "-1 pairs cannot connect"),
        ({"seed": -1}, "seed is -1"),
        ({"pixels": 3}, "pixels is 3"),
    ],
)
def test_impossible_specifications_are_refused(numbers, message):
    with pytest.raises(SampleError, match=message):
        SampleSpec(**numbers)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(FRAMES), st.floats(0.5, 30), st.floats(0.5, 40))
def test_ground_and_radar_coordinates_are_inverse(frame, range_px, azimuth_px):
    swath = lay_out(frame, 40)
    longitude, latitude = swath.to_ground(np.array(range_px), np.array(azimuth_px))
    back = swath.to_radar(longitude, latitude)
    np.testing.assert_allclose(back, (range_px, azimuth_px), atol=1e-6)


def test_inversion_returns_the_phases_it_was_given():
    network = network_of(SampleSpec(epochs=6, pairs=12))
    rng = np.random.default_rng(5)
    phases = np.cumsum(rng.normal(size=(6, 4, 5)), axis=0)
    phases -= phases[0]
    pairs = np.stack([phases[p.secondary] - phases[p.reference] for p in network.pairs if p.used])
    series = invert(pairs, network)
    np.testing.assert_allclose(series.phases, phases, atol=1e-5)
    assert series.rms.max() < 1e-5
    slope, origin = np.polyfit(network.years(), phases.reshape(6, -1), 1)
    np.testing.assert_allclose(series.velocity.ravel(), slope, atol=1e-4)
    np.testing.assert_allclose(series.origin.ravel(), origin, atol=1e-4)


def test_inversion_leaves_out_pixels_with_too_few_pairs():
    network = network_of(SampleSpec(epochs=6, pairs=12))
    used = sum(pair.used for pair in network.pairs)
    pairs = np.zeros((used, 1, 3))
    pairs[: used // 2, 0, 1] = np.nan
    pairs[:, 0, 2] = np.nan
    assert invert(pairs, network).valid().tolist() == [[True, False, False]]
