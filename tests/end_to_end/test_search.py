"""pystac-client finds what the sample says it wrote: dates, places and pairs are compared with SAMPLE.json alone."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2 as httpx
import pystac
import pytest
from pystac_client import Client
from shapely import Polygon, box

if TYPE_CHECKING:
    from catalog_builder.sample.manifest import PairTruth, SampleManifest, TrackTruth

PAIRS = "flatsim-balkans-interferogram"
SERIES = "flatsim-balkans-timeseries"
LEFKADA = datetime(2015, 11, 17, 7, 10, tzinfo=UTC)
"""An earthquake of magnitude 6.5 on Lefkada, between two passes of either track."""
COHERENCE_SAMPLING = 0.004
"""Largest difference between the mean over all pixels and that over the rows that the builder reads."""


@pytest.fixture(scope="module")
def client(service: str) -> Client:
    return Client.open(service)


def _moment(track: TrackTruth, day: str) -> datetime:
    start = next(epoch.start for epoch in track.epochs if epoch.date == day)
    return datetime.fromisoformat(start)


def _item_id(track: TrackTruth, pair: PairTruth) -> str:
    first, last = (day.replace("-", "") for day in (pair.reference_date, pair.secondary_date))
    years = "-".join(map(str, track.campaign))
    return f"flatsim_{track.region.lower()}_{track.name.lower()}_{years}_int_{first}_{last}"


def _of_track(track: TrackTruth) -> str:
    return f'"sat:relative_orbit" = {track.relative_orbit} AND "sat:orbit_state" = \'{track.direction}\''


def _found(client: Client, **search: Any) -> list[str]:
    found = client.search(collections=[PAIRS], filter_lang="cql2-text", limit=7, **search)
    ids = [item.id for item in found.items()]
    assert len(set(ids)) == len(ids), "an item stands on two pages"
    assert found.matched() == len(ids)
    return sorted(ids)


def _places(track: TrackTruth) -> dict[str, tuple[float, float, float, float]]:
    """Boxes that meet the valid area of a track, and some that meet only the box around it."""
    area = Polygon(track.footprint)
    west, south, east, north = area.bounds
    inside = area.representative_point()
    corner = 0.2
    return {
        "all": (west, south, east, north),
        "a place inside": (inside.x, inside.y, inside.x + 0.1, inside.y + 0.1),
        "the south-west corner of the raster": (west, south, west + corner, south + corner),
        "the north-east corner of the raster": (east - corner, north - corner, east, north),
        "beside it": (east + 0.2, south, east + 1, north),
        "the whole earth": (-180.0, -90.0, 180.0, 90.0),
    }


def _windows(track: TrackTruth) -> dict[str, tuple[datetime, datetime]]:
    days = [_moment(track, epoch.date) for epoch in track.epochs]
    second = timedelta(seconds=1)
    return {
        "always": (days[0], days[-1]),
        "autumn 2015": (datetime(2015, 11, 12, tzinfo=UTC), datetime(2015, 11, 20, tzinfo=UTC)),
        "until the first date": (days[0] - timedelta(days=9), days[0]),
        "until just before it": (days[0] - timedelta(days=9), days[0] - second),
        "between two dates": (days[4] + timedelta(hours=5), days[4] + timedelta(hours=6)),
        "just after a date": (days[5] + second, days[5] + 2 * second),
        "from the last date": (days[-1], days[-1] + timedelta(days=99)),
        "after it": (days[-1] + second, days[-1] + timedelta(days=99)),
    }


def _expected(
    track: TrackTruth, place: tuple[float, float, float, float], window: tuple[datetime, datetime]
) -> list[str]:
    if not Polygon(track.footprint).intersects(box(*place)):
        return []
    return sorted(
        _item_id(track, pair)
        for pair in track.pairs
        if _moment(track, pair.reference_date) <= window[1] and _moment(track, pair.secondary_date) >= window[0]
    )


def test_pairs_by_track_place_and_time(client: Client, manifest: SampleManifest) -> None:
    """Every combination of place and time, on both tracks. The sizes must differ or the test says nothing."""
    sizes = set()
    for track in manifest.tracks:
        combinations = [(place, "autumn 2015") for place in _places(track)]
        combinations += [("a place inside", window) for window in _windows(track)]
        for place, window in combinations:
            bbox, times = _places(track)[place], _windows(track)[window]
            expected = _expected(track, bbox, times)
            assert _found(client, bbox=bbox, datetime=times, filter=_of_track(track)) == expected, (place, window)
            sizes.add(len(expected))
    assert len(sizes) >= 5
    assert 0 in sizes


def test_the_footprint_decides_and_not_the_raster(client: Client, manifest: SampleManifest) -> None:
    """In a corner of the raster without valid data nothing is found."""
    for track in manifest.tracks:
        area = Polygon(track.footprint)
        empty = [
            name for name, place in _places(track).items() if "corner" in name and not area.intersects(box(*place))
        ]
        assert empty
        for name in empty:
            assert _found(client, bbox=_places(track)[name], filter=_of_track(track)) == []


def test_a_box_may_be_a_point(client: Client, manifest: SampleManifest) -> None:
    for track in manifest.tracks:
        inside = Polygon(track.footprint).representative_point()
        found = _found(client, bbox=(inside.x, inside.y, inside.x, inside.y), filter=_of_track(track))
        assert len(found) == len(track.pairs)


def test_direction_and_orbit_belong_together(client: Client, manifest: SampleManifest) -> None:
    up, down = manifest.tracks
    crossed = f'"sat:relative_orbit" = {up.relative_orbit} AND "sat:orbit_state" = \'{down.direction}\''
    assert (up.direction, down.direction) == ("ascending", "descending")
    assert _found(client, filter=crossed) == []
    assert len(_found(client, filter=f"\"sat:orbit_state\" = '{down.direction}'")) == len(down.pairs)


@pytest.mark.parametrize("most_days", [12, 24, 1000])
def test_pairs_that_span_an_earthquake(client: Client, manifest: SampleManifest, most_days: int) -> None:
    moment = f"TIMESTAMP('{LEFKADA:%Y-%m-%dT%H:%M:%SZ}')"
    expected = sorted(
        _item_id(track, pair)
        for track in manifest.tracks
        for pair in track.pairs
        if _moment(track, pair.reference_date) < LEFKADA < _moment(track, pair.secondary_date)
        and pair.temporal_baseline_days <= most_days
    )
    spans = f'"insar:reference_datetime" < {moment} AND "insar:secondary_datetime" > {moment}'
    assert expected
    assert _found(client, filter=f'{spans} AND "insar:temporal_baseline" <= {most_days}') == expected


def test_pairs_by_baseline_coherence_and_use(client: Client, manifest: SampleManifest) -> None:
    pairs = [(track, pair) for track in manifest.tracks for pair in track.pairs]
    coherences = sorted(pair.coherence_mean for _, pair in pairs)
    # The builder's mean is over some of the rows: the threshold lies in the widest gap between two pairs.
    low, high = max(itertools.pairwise(coherences[20:-20]), key=lambda values: values[1] - values[0])
    middle = (low + high) / 2
    assert high - low > 2 * COHERENCE_SAMPLING
    short = [_item_id(track, pair) for track, pair in pairs if abs(pair.perpendicular_baseline_m) <= 50]
    clear = [_item_id(track, pair) for track, pair in pairs if pair.coherence_mean >= middle]
    used = [_item_id(track, pair) for track, pair in pairs if pair.used_in_series]
    assert _found(client, filter='"insar:perpendicular_baseline" BETWEEN -50 AND 50') == sorted(short)
    assert _found(client, filter=f'"flatsim:coherence_mean" >= {middle}') == sorted(clear)
    assert _found(client, filter='"flatsim:used_in_timeseries" = TRUE') == sorted(used)
    assert all(0 < len(some) < len(pairs) for some in (short, clear, used))


def test_one_pair_has_its_own_dates_and_baselines(client: Client, manifest: SampleManifest) -> None:
    for track in manifest.tracks:
        for pair in track.pairs:
            item = next(client.search(ids=[_item_id(track, pair)]).items())
            properties = item.properties
            assert properties["identifier"] == pair.package
            assert datetime.fromisoformat(properties["insar:reference_datetime"]).date() == date.fromisoformat(
                pair.reference_date
            )
            assert datetime.fromisoformat(properties["insar:secondary_datetime"]).date() == date.fromisoformat(
                pair.secondary_date
            )
            assert properties["insar:temporal_baseline"] == pair.temporal_baseline_days
            assert math.isclose(
                properties["insar:perpendicular_baseline"], pair.perpendicular_baseline_m, abs_tol=0.002
            )
            assert math.isclose(properties["flatsim:coherence_mean"], pair.coherence_mean, abs_tol=COHERENCE_SAMPLING)
            assert properties["flatsim:unwrapped_fraction"] == pair.unwrapped_fraction
            assert properties["flatsim:used_in_timeseries"] is pair.used_in_series
            assert properties.get("flatsim:rms") == pair.rms_rad


def test_series_at_a_point(client: Client, manifest: SampleManifest) -> None:
    areas = {track.name: Polygon(track.footprint) for track in manifest.tracks}
    both = areas["A175SUD"].intersection(areas["D080SUD"]).representative_point()
    one = areas["A175SUD"].difference(areas["D080SUD"].buffer(0.05)).representative_point()
    for point, names in ((both, ["A175SUD", "D080SUD"]), (one, ["A175SUD"])):
        text = f"S_INTERSECTS(geometry, POINT({point.x} {point.y})) AND \"product:type\" = 'TIMESERIES'"
        found = client.search(filter=text, filter_lang="cql2-text").items()
        assert sorted(item.properties["flatsim:track"] for item in found) == names


def test_which_pairs_made_a_series(
    client: Client, service: str, manifest: SampleManifest, sample_tree_of: dict[str, list[tuple[str, str]]]
) -> None:
    """The search that a series links to finds the pairs in its RMSinterfero.txt, page for page."""
    for series in client.search(collections=[SERIES]).items():
        search = next(link for link in series.links if "search" in str(link.title))
        assert isinstance(search.target, str)
        assert search.target.startswith(service)
        ids: list[str] = []
        address: str | None = search.target
        while address:
            page = httpx.get(address).raise_for_status().json()
            ids += [pystac.Item.from_dict(feature).id for feature in page["features"]]
            address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        kept = sample_tree_of[series.properties["flatsim:track"]]
        assert sorted("_".join(identifier.split("_")[-2:]) for identifier in ids) == sorted(map("_".join, kept))
        assert 0 < len(kept) < len(manifest.tracks[0].pairs)


@pytest.fixture
def manifest(sample: Any) -> SampleManifest:
    found: SampleManifest = sample.manifest
    return found


@pytest.fixture
def sample_tree_of(sample: Any) -> dict[str, list[tuple[str, str]]]:
    """Date pairs of each track's RMSinterfero.txt, read here by hand."""
    pairs = {}
    for track in sample.manifest.tracks:
        lines = (sample.tree / track.timeseries_path / "RMSinterfero.txt").read_text().splitlines()
        pairs[track.name] = [(line.split()[1], line.split()[2]) for line in lines]
    return pairs
