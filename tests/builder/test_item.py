"""Items of a whole tree against the tree's own account of itself, and against the schemas."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import shape

from catalog_builder.discover.plan import make_plan
from catalog_builder.pipeline.catalogue import Options, catalogue_batch, catalogue_shared
from catalog_builder.sample import SampleManifest
from catalog_builder.stac.layout import ServiceLayout

Items = dict[str, dict[str, Any]]


def catalogue(folder: Path, options: Options | None = None) -> Items:
    """All items of a tree by package name; nothing may be refused."""
    items: Items = {}
    chosen = options or Options()
    for plan in make_plan([folder]).tracks:
        track, shared = catalogue_shared(plan, ServiceLayout(), chosen)
        pairs = catalogue_batch(plan.pairs, track, ServiceLayout(), chosen)
        assert not shared.refused + pairs.refused
        items |= {item["properties"]["identifier"]: item for item in (*shared.items, *pairs.items)}
    return items


@pytest.fixture(scope="module")
def items(small_tree: tuple[Path, SampleManifest]) -> Items:
    return catalogue(small_tree[0])


def pairs_of(manifest: SampleManifest) -> Iterator[tuple[Any, Any]]:
    for track in manifest.tracks:
        for pair in track.pairs:
            yield track, pair


def test_every_package_has_its_item(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    folder, _ = small_tree
    packages = {path.name for path in folder.rglob("NSBAS_*")}
    assert packages == items.keys()
    assert len({item["id"] for item in items.values()}) == len(packages)


def test_pairs_say_what_the_tree_says(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    for track, pair in pairs_of(small_tree[1]):
        properties = items[pair.package]["properties"]
        assert properties["sat:orbit_state"] == str(track.direction)
        assert properties["sat:relative_orbit"] == track.relative_orbit
        assert properties["flatsim:track"] == track.name
        assert properties["insar:reference_datetime"][:10] == pair.reference_date
        assert properties["insar:secondary_datetime"][:10] == pair.secondary_date
        assert properties["insar:temporal_baseline"] == pair.temporal_baseline_days
        assert properties["insar:perpendicular_baseline"] == pytest.approx(pair.perpendicular_baseline_m, abs=0.01)
        assert properties["flatsim:coherence_mean"] == pytest.approx(pair.coherence_mean, abs=0.01)
        assert properties["flatsim:unwrapped_fraction"] == pytest.approx(pair.unwrapped_fraction, abs=0.001)
        assert properties["flatsim:used_in_timeseries"] == pair.used_in_series
        assert properties.get("flatsim:rms") == pytest.approx(pair.rms_rad, abs=0.001)
        assert properties["view:azimuth"] == pytest.approx(track.look_azimuth_deg, abs=3)
        assert properties["view:incidence_angle"] == pytest.approx(track.incidence_centre_deg, abs=3)
        assert properties["insar:processing_dem"] == "SRTM1"
        assert properties["start_datetime"] <= properties["datetime"] <= properties["end_datetime"]


def test_times_of_day_are_those_of_the_scenes(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    for track, pair in pairs_of(small_tree[1]):
        starts = {epoch.date: epoch.start for epoch in track.epochs}
        properties = items[pair.package]["properties"]
        assert properties["insar:reference_datetime"] == starts[pair.reference_date]
        assert properties["flatsim:time_is_nominal"] is False


def test_series_knows_its_epochs_and_network(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    for track in small_tree[1].tracks:
        item = items[Path(track.timeseries_path).name]
        properties = item["properties"]
        epochs = [epoch.date for epoch in track.epochs]
        assert [value[:10] for value in properties["cube:dimensions"]["time"]["values"]] == epochs
        assert [band["name"] for band in item["assets"]["dts_geo"]["bands"]] == epochs
        assert properties["flatsim:n_dates"] == len(epochs)
        assert properties["flatsim:n_interferograms"] == sum(pair.used_in_series for pair in track.pairs)
        assert properties["datetime"] == properties["end_datetime"]
        assert properties["end_datetime"][:10] == epochs[-1]


def test_series_takes_the_footprint_of_the_line_of_sight_map(
    small_tree: tuple[Path, SampleManifest], items: Items
) -> None:
    for track in small_tree[1].tracks:
        series, auxiliary = items[Path(track.timeseries_path).name], items[Path(track.auxiliary_path).name]
        assert series["geometry"] == auxiliary["geometry"]
        assert series["properties"]["flatsim:footprint_source"] in {"geo", "sibling"}
        assert auxiliary["properties"]["flatsim:footprint_source"] == "geo"


def test_every_file_is_an_asset_with_words(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    folder, _ = small_tree
    for package in folder.rglob("NSBAS_*"):
        assets = items[package.name]["assets"]
        hrefs = {asset["href"] for asset in assets.values()}
        assert hrefs == {path.as_uri() for path in package.resolve().iterdir()}
        for asset in assets.values():
            assert asset["roles"]
            assert asset["title"]
            assert asset["type"]
            assert asset["file:size"] > 0


def test_radar_assets_cannot_be_placed_on_a_map(items: Items) -> None:
    for item in items.values():
        for key, asset in item["assets"].items():
            if asset["type"].startswith("image/tiff"):
                radar = "_radar" in key
                assert ("radar-geometry" in asset["roles"]) == radar
                assert (asset["proj:code"] is None) == radar
                assert ("proj:transform" in asset) != radar
                assert ("geotiff" in asset["type"]) != radar


def test_second_number_of_looks_has_a_suffix(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    assets = items[Path(small_tree[1].tracks[0].auxiliary_path).name]["assets"]
    assert assets["cosenu_radar"]["sar:looks_azimuth"] == 8
    assert assets["cosenu_radar_2rlks"]["sar:looks_azimuth"] == 2
    assert assets["cosenu_radar_2rlks"]["sar:looks_range"] == 8


def test_direction_of_the_line_of_sight_is_said_from_the_data(
    small_tree: tuple[Path, SampleManifest], items: Items
) -> None:
    asset = items[Path(small_tree[1].tracks[0].auxiliary_path).name]["assets"]["cosenu_geo"]
    assert "from the satellite to the ground" in asset["description"]


def test_checksums_are_multihashes_of_the_files(small_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = small_tree
    item = catalogue(folder, Options(checksums=True))[manifest.tracks[0].pairs[0].package]
    for asset in item["assets"].values():
        path = Path(asset["href"].removeprefix("file://"))
        assert asset["file:checksum"] == f"1220{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_same_tree_gives_the_same_items(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    assert catalogue(small_tree[0]) == items


Damage = Callable[[Path], None]


def drop(pattern: str) -> Damage:
    return lambda folder: [path.unlink() for path in folder.rglob(pattern)] and None


def test_without_sidecars_times_are_nominal_and_nothing_is_made_up(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, _ = own_tree
    for pattern in ("*.meta", "*.txt", "*.rsc", "*.proc", "Stk-In_*"):
        drop(pattern)(folder)
    for name, item in catalogue(folder).items():
        properties = item["properties"]
        assert properties["flatsim:time_is_nominal"] is True
        assert properties["start_datetime"].endswith("T00:00:00Z")
        invented = {"insar:perpendicular_baseline", "flatsim:unwrapped_fraction", "flatsim:used_in_timeseries"}
        assert not invented & properties.keys(), name
        assert "SYNTHETIC" not in properties.get("keywords", ())


Form = Callable[[str], bytes]


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.replace(": ", " ").encode(),
        lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
        lambda text: f"Author: R\u00e9gis\nUsed_DEM: N/a\n{text}".encode("latin-1"),
        lambda text: text.replace("Z\n", "z \n").replace(": ", " : ").encode(),
    ],
)
def test_every_form_of_the_sidecars_says_the_same(
    own_tree: tuple[Path, SampleManifest], items: Items, form: Form
) -> None:
    folder, _ = own_tree
    for path in folder.rglob("*.meta"):
        path.write_bytes(form(path.read_text(encoding="utf-8")))
    for name, item in catalogue(folder).items():
        assert item["properties"] == items[name]["properties"]


def test_height_of_ambiguity_follows_from_baseline_and_incidence(items: Items) -> None:
    seen = 0
    for item in items.values():
        properties = item["properties"]
        baseline_m = properties.get("insar:perpendicular_baseline", 0)
        assert ("insar:height_of_ambiguity" in properties) == (abs(baseline_m) >= 1)
        if abs(baseline_m) >= 1:
            seen += 1
            height_m = properties["insar:height_of_ambiguity"]
            assert height_m * baseline_m > 0
            sine = math.sin(math.radians(properties["view:incidence_angle"]))
            range_m = 2 * height_m * baseline_m / (0.055466 * sine)
            assert 780_000 < range_m < 980_000
    assert seen


def test_platform_is_told_where_one_satellite_took_both(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = own_tree
    mixed, *others = [pair.package for _, pair in pairs_of(manifest)]
    for path in folder.rglob(f"{mixed}/*.meta"):
        lines = path.read_text().splitlines()
        path.write_text("\n".join(x.replace("S1A_", "S1B_") if x.startswith("Slave") else x for x in lines))
    items = catalogue(folder)
    assert "platform" not in items[mixed]["properties"]
    assert {items[package]["properties"]["platform"] for package in others} == {"sentinel-1a"}


def test_lineage_tells_filter_and_unwrapping(small_tree: tuple[Path, SampleManifest], items: Items) -> None:
    for _, pair in pairs_of(small_tree[1]):
        lineage = items[pair.package]["properties"]["processing:lineage"]
        assert lineage.endswith("; filter: Sliding window; unwrapping: mpd.")


def test_times_of_processing_are_utc(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, _ = own_tree
    for path in folder.rglob("*.meta"):
        path.write_text(path.read_text().replace("2021-11-18T00:00:00Z", "2021-11-18T02:00:00+02:00"))
    for item in catalogue(folder).values():
        assert item["properties"]["processing:datetime"] == "2021-11-18T00:00:00Z"


def test_without_auxiliary_data_a_pair_keeps_its_own_meta_baseline(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = own_tree
    drop("baseline*.rsc")(folder)
    items = catalogue(folder)
    for _, pair in pairs_of(manifest):
        found = items[pair.package]["properties"]["insar:perpendicular_baseline"]
        assert found == pytest.approx(pair.perpendicular_baseline_m, abs=0.01)


def test_radar_only_pairs_take_the_footprint_of_their_track(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = own_tree
    for path in folder.rglob("INT/*/CNES_*_geo_*"):
        path.unlink()
    items = catalogue(folder)
    for track, pair in pairs_of(manifest):
        assert items[pair.package]["properties"]["flatsim:footprint_source"] == "sibling"
        assert items[pair.package]["geometry"] == items[Path(track.auxiliary_path).name]["geometry"]


def test_radar_only_track_takes_the_lookup_table(own_tree: tuple[Path, SampleManifest], items: Items) -> None:
    folder, _ = own_tree
    drop("CNES_*_geo_*")(folder)
    for name, item in catalogue(folder).items():
        assert item["properties"]["flatsim:footprint_source"] in {"lut", "sibling"}
        ours, theirs = shape(item["geometry"]), shape(items[name]["geometry"])
        assert ours.intersection(theirs).area / ours.union(theirs).area > 0.9
