"""Packages that contradict themselves: each contradiction is found, and told with both values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.cli import command
from catalog_builder.discover.plan import make_plan
from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import DatePair, Footprint, Package, Track
from catalog_builder.packages.sidecars import collect_meta, decode
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.read.footprint import clean_ring
from catalog_builder.read.package import read_package
from catalog_builder.read.track import create_track, own_footprint
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.consistency import area_of, disagreements
from catalog_builder.stac.item import create_item
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.stac.lists import missing_pairs
from catalog_builder.vocab.satellites import BY_CODE

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Sound:
    """One pair and one series of a sound track."""

    pair: Package
    series: Package
    track: Track


@pytest.fixture(scope="module")
def sound(small_tree: tuple[Path, SampleManifest]) -> Sound:
    plan = make_plan([small_tree[0]]).tracks[0]
    shared = [read_package(found) for found in plan.shared]
    series = next(package for package in shared if package.texts.epochs)
    return Sound(read_package(plan.pairs[0]), series, create_track(plan.key, shared))


def found_in(package: Package, track: Track) -> list[str]:
    footprint = own_footprint(package)
    assert footprint is not None
    return [fault.reason for fault in disagreements(package, track, footprint)]


def with_meta(package: Package, **values: str) -> Package:
    return replace(package, texts=replace(package.texts, meta=package.texts.meta | values))


def test_a_sound_package_agrees_with_itself(sound: Sound) -> None:
    assert found_in(sound.pair, sound.track) == []
    assert found_in(sound.series, sound.track) == []


SCENE = "S1A_IW_SLC__1SDV_{0:%Y%m%d}T235950_{1:%Y%m%d}T000017_{2:06d}_01CBB8_3A0F.SAFE"

PIECES = (
    b"nan", b"1e999", b"\0", b"\xff\xfe", b"\r", b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+10:00",
    b"S1D_IW_SLC__1SDV_00010101T000000_99991231T235959_999999",
)  # fmt: skip


def scene(first: date, last: date, relative_orbit: int) -> str:
    return SCENE.format(first, last, relative_orbit + 72 + 175 * 100)


def test_dates_of_the_metadata(sound: Sound) -> None:
    day = sound.pair.name.first
    for wrong in (f"{day - DAY}T12:00:00Z", f"{day + DAY} 12:00:00", str(day.replace(year=day.year + 1))):
        [told] = found_in(with_meta(sound.pair, Date_of_measurement_start=wrong), sound.track)
        assert wrong in told
        assert str(day) in told
    for right in (f"{day}T00:00:00Z", f"{day - DAY}T23:59:50Z", f"{day + DAY}T00:00:05Z", "long ago"):
        assert found_in(with_meta(sound.pair, Date_of_measurement_start=right), sound.track) == []


def test_a_series_is_measured_within_its_range(sound: Sound) -> None:
    name = sound.series.name
    inside = with_meta(sound.series, Date_of_measurement_start=f"{name.first + DAY}T12:00:00Z")
    assert found_in(inside, sound.track) == []
    [told] = found_in(with_meta(sound.series, Date_of_measurement_end=f"{name.last + 2 * DAY}"), sound.track)
    assert str(name.last + 2 * DAY) in told


def test_scenes_have_the_dates_of_their_roles(sound: Sound) -> None:
    pair, orbit = sound.pair.name.pair, sound.pair.name.relative_orbit
    swapped = with_meta(
        sound.pair,
        Master_SAR_image_ID=sound.pair.texts.meta["Slave_SAR_image_ID"],
        Slave_SAR_image_ID=sound.pair.texts.meta["Master_SAR_image_ID"],
    )
    told = found_in(swapped, sound.track)
    assert len(told) == 2
    assert all(str(pair.reference) in text and str(pair.secondary) in text for text in told)
    for start in (pair.reference, pair.reference - DAY):
        across_midnight = with_meta(sound.pair, Master_SAR_image_ID=scene(start, start + DAY, orbit))
        assert found_in(across_midnight, sound.track) == []


def test_orbit(sound: Sound) -> None:
    name = sound.pair.name
    other = "DESCENDING" if name.orbit_state == "ascending" else "ASCENDING"
    cases = {
        "Orbit_direction": (other, name.orbit_state),
        "Relative_orbit_number": (f"{name.relative_orbit % 175 + 1:03d}", str(name.relative_orbit)),
        "Master_SAR_image_ID": (scene(name.first, name.first + DAY, 99), str(name.relative_orbit)),
    }
    for key, (value, ours) in cases.items():
        altered = with_meta(sound.pair, **{key: value, "Slave_SAR_image_ID": "burst"})
        [told] = found_in(altered, sound.track)
        assert ours in told
        assert (value if key != "Master_SAR_image_ID" else "99") in told
    assert found_in(with_meta(sound.pair, Orbit_direction="?", Relative_orbit_number="?"), sound.track) == []


def test_satellite(sound: Sound) -> None:
    for code, agrees in (("S1A", True), ("S1B", False)):
        name = replace(sound.pair.name, satellite=BY_CODE[code])
        told = found_in(replace(sound.pair, name=name), sound.track)
        assert (told == []) == agrees
        assert all("S1A" in text and "S1B" in text for text in told)


def test_line_of_sight_of_the_other_direction(sound: Sound) -> None:
    view = sound.track.line_of_sight
    assert view is not None
    for package in (sound.pair, sound.series):
        turned = replace(package, line_of_sight=replace(view, azimuth_deg=(view.azimuth_deg + 180) % 360))
        [told] = found_in(turned, sound.track)
        assert turned.name.track in told


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("shift_m", "agrees"), [(0.0, True), (4.9, True), (80.0, False)])
def test_perpendicular_baseline(sound: Sound, sign: int, shift_m: float, agrees: bool) -> None:
    """Magnitudes are compared: no source says which date the one in the `.meta` is counted from."""
    ours = sound.track.texts.perpendicular_baseline_m(sound.pair.name.pair)
    assert ours is not None
    theirs = f"{sign * (abs(ours) + shift_m):.4f}"
    told = found_in(with_meta(sound.pair, Perpendicular_baseline=theirs), sound.track)
    assert (told == []) == agrees
    assert all(theirs in text and f"{ours:.3f}" in text for text in told)


def test_every_value_of_a_key_is_compared(sound: Sound) -> None:
    """The files of a package repeat each other; one that differs is found, whichever it is."""
    texts = replace(sound.pair.texts, meta_variants={"Orbit_direction": ("ascending", "descending")})
    assert len(found_in(replace(sound.pair, texts=texts), sound.track)) == 1


def test_dates_of_the_cube(sound: Sound) -> None:
    epochs, name = sound.series.texts.epochs, sound.series.name
    cases: dict[str, tuple[date, ...]] = {
        f"{len(epochs) - 1} dates": epochs[:-1],
        f"{len(epochs) - 1} differ": (epochs[0], *epochs[:-1]),
        f"{epochs[0]} after {epochs[1]}": (epochs[1], epochs[0], *epochs[2:]),
        str(name.last + DAY): (*epochs[:-1], name.last + DAY),
    }
    for words, altered in cases.items():
        footprint = own_footprint(sound.series)
        assert footprint is not None
        package = replace(sound.series, texts=replace(sound.series.texts, epochs=altered))
        faults = disagreements(package, sound.track, footprint)
        told = [fault.reason for fault in faults if fault.kind == "cube dates"]
        assert told
        assert all(words in text for text in told)


def moved(footprint: Footprint, move: Callable[[float, float], tuple[float, float]]) -> Footprint:
    return replace(footprint, ring=tuple(move(x, y) for x, y in footprint.ring))


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (lambda x, y: (y, x), "latitude and longitude look swapped"),
        (lambda x, y: (x - 60, y), "is not in Balkans"),
        (lambda x, y: (x + 400, y), "not on earth"),
        (lambda x, y: (20 + x / 1e4, 40 + y / 1e4), "km2, not between"),
    ],
)
def test_footprint(sound: Sound, move: Callable[[float, float], tuple[float, float]], words: str) -> None:
    footprint = own_footprint(sound.pair)
    assert footprint is not None
    [fault] = disagreements(sound.pair, sound.track, moved(footprint, move))
    assert words in fault.reason


@given(st.floats(-170, 160), st.floats(-80, 70), st.floats(0.5, 10), st.floats(0.5, 10))
def test_area_does_not_depend_on_longitude_or_direction(x: float, y: float, width: float, height: float) -> None:
    ring = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
    shifted = tuple((lon - x, lat) for lon, lat in ring)
    assert area_of(ring) == pytest.approx(area_of(shifted), rel=1e-6)
    assert area_of(ring) == pytest.approx(area_of(ring[::-1]))
    assert clean_ring(list(ring), tolerance_deg=0.001) is not None


def test_pairs_without_a_package(sound: Sound) -> None:
    kept = sorted(sound.series.texts.rms_rad)
    turned = [DatePair(pair.secondary, pair.reference) for pair in kept]
    assert missing_pairs(sound.series, kept) is None
    assert missing_pairs(sound.series, turned) is None
    told = missing_pairs(sound.series, kept[1:])
    assert told is not None
    assert told.endswith(f": {kept[0].reference}/{kept[0].secondary}")
    assert missing_pairs(sound.series, []) == f"none of the {len(kept)} pairs of RMSinterfero.txt has a package"


def catalogued(folder: Path, options: Options) -> Outcome:
    """All that becomes of the packages of a tree."""
    whole = Outcome()
    for plan in make_plan([folder]).tracks:
        track, shared = catalogue_shared(plan, ServiceLayout(), options)
        for part in (shared, catalogue_batch(plan.pairs, track, ServiceLayout(), options)):
            whole.items += part.items
            whole.refused += part.refused
            whole.warnings += part.warnings
    return whole


@pytest.fixture
def contradiction(own_tree: tuple[Path, SampleManifest]) -> tuple[Path, str]:
    """A tree of which one `.meta` of one pair, not the first one, tells another orbit; and that package's name."""
    folder, manifest = own_tree
    package = manifest.tracks[0].pairs[0].package
    meta = max(folder.rglob(f"{package}/*.meta"))
    meta.write_text(meta.read_text().replace("Relative_orbit_number: ", "Relative_orbit_number: 1"))
    return folder, package


def test_a_contradiction_refuses_its_package_alone(contradiction: tuple[Path, str]) -> None:
    folder, package = contradiction
    outcome = catalogued(folder, Options())
    [refusal] = outcome.refused
    assert Path(refusal.path).name == package
    assert "Relative_orbit_number" in refusal.reason
    assert outcome.warnings == []


def test_lenient_publishes_it_with_warnings(contradiction: tuple[Path, str]) -> None:
    folder, package = contradiction
    outcome = catalogued(folder, Options(lenient=True))
    assert not outcome.refused
    warned: list[dict[str, Any]] = [item for item in outcome.items if "flatsim:warnings" in item["properties"]]
    assert [item["properties"]["identifier"] for item in warned] == [package]
    [text] = warned[0]["properties"]["flatsim:warnings"]
    assert "Relative_orbit_number" in text
    assert [remark.reason for remark in outcome.warnings] == [text]
    json.dumps(warned, allow_nan=False)


def test_a_file_of_another_pair_refuses_its_package(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = own_tree
    package = manifest.tracks[0].pairs[0].package
    picture = next(iter(folder.rglob(f"{package}/CNES_*_geo_*.png")))
    picture.rename(picture.with_name(picture.name.replace(picture.name.split("_")[3], "20190101")))
    [refusal] = catalogued(folder, Options()).refused
    assert "2019-01-01" in refusal.reason
    assert manifest.tracks[0].pairs[0].reference_date in refusal.reason


def test_a_kept_pair_without_a_package_is_told(own_tree: tuple[Path, SampleManifest]) -> None:
    folder, manifest = own_tree
    pair = next(pair for pair in manifest.tracks[0].pairs if pair.used_in_series)
    [package] = folder.rglob(pair.package)
    package.rename(folder / "elsewhere")
    [remark] = catalogued(folder, Options()).warnings
    assert f"{pair.reference_date}/{pair.secondary_date}" in remark.reason
    assert Path(remark.path).name == Path(manifest.tracks[0].timeseries_path).name


def test_unknown_keys_are_told_once_for_each_tree(own_tree: tuple[Path, SampleManifest], tmp_path: Path) -> None:
    folder, _ = own_tree
    for index, meta in enumerate(sorted(folder.rglob("*.meta"))):
        meta.write_text(f"{meta.read_text()}Colour: red\nKey_{index % 2}: x\n")
    report = build([folder], NdjsonSink(tmp_path / "out"), ServiceLayout())
    assert [(remark.path, remark.reason) for remark in report.warnings] == [
        (str(folder), "3 unknown keys in .meta files: Colour, Key_0, Key_1")
    ]


def test_the_command_refuses_or_is_lenient(contradiction: tuple[Path, str], tmp_path: Path) -> None:
    folder, package = contradiction
    arguments = ["build", str(folder), "--out", str(tmp_path / "out"), "--format", "ndjson", "--workers", "1"]
    refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 3
    assert package in refused.stderr
    lenient = CliRunner().invoke(command, [*arguments, "--lenient"])
    assert lenient.exit_code == 0
    assert "Relative_orbit_number" in lenient.stderr


@given(data=st.data())
def test_mutated_sidecars_give_the_right_item_or_a_refusal(sound: Sound, data: st.DataObject) -> None:
    """Whatever bytes a sidecar holds, dates and orbit stay those of the name, and the item can be stored."""
    member = data.draw(st.sampled_from([member for member, _ in sound.pair.metadata]))
    content = bytearray(member.path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(content)))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=8))
        content[start : start + data.draw(st.integers(0, 40))] = piece
    meta = collect_meta([decode(bytes(content)), decode(member.path.read_bytes())])
    package = replace(sound.pair, texts=replace(sound.pair.texts, meta=meta.first, meta_variants=meta.variants))
    try:
        item = create_item(package, sound.track, ServiceLayout())
    except PackageRefused:
        return
    text = json.dumps(item.properties, allow_nan=False)
    assert "\\u0000" not in text
    assert item.properties["insar:reference_datetime"][:10] == str(package.name.first)
    assert item.properties["insar:secondary_datetime"][:10] == str(package.name.last)
    assert item.properties["sat:relative_orbit"] == package.name.relative_orbit
