"""Names, layout, marks and repeatability of a sample tree."""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from catalog_builder.errors import SampleError
from catalog_builder.sample import SampleManifest, SampleSpec, write_sample

TINY = SampleSpec(tracks=1, epochs=3, pairs=3, pixels=24)
PACKAGE = re.compile(
    r"NSBAS_(INT|TS|DAUX)-PKG_S1_BALKANS-[AD]\d{3}(NORD|CENTRE|SUD)-VV-2014-2021_IW123"
    r"_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sample") / "tree"
    return directory, write_sample(directory, TINY)


def digests(directory: Path) -> dict[str, tuple[int, str]]:
    """Hash every file below a directory, with its modification time; directories count with their time."""
    found = {}
    for path in [directory, *sorted(directory.rglob("*"))]:
        content = "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(directory).as_posix()] = (path.stat().st_mtime_ns, content)
    return found


def write_in_process(directory: Path, spec: SampleSpec) -> subprocess.Popen[bytes]:
    numbers = ", ".join(f"{name}={getattr(spec, name)}" for name in ("tracks", "pairs", "epochs", "seed", "pixels"))
    program = (
        "from pathlib import Path; from catalog_builder.sample import *; "
        f"write_sample(Path({str(directory)!r}), SampleSpec({numbers}))"
    )
    return subprocess.Popen([sys.executable, "-W", "error", "-c", program])


def test_packages_lie_where_the_manifest_says_and_nowhere_else(tiny):
    directory, manifest = tiny
    found = {path.relative_to(directory).as_posix() for path in directory.rglob("NSBAS_*")}
    assert found == set(manifest.package_paths())
    assert all(PACKAGE.fullmatch(path.rsplit("/", 1)[1]) for path in found)
    assert len(found) == TINY.package_count() == 5
    assert {path.split("/")[-2] for path in found} == {"A175SUD", "INT"}


def test_interferogram_package_holds_five_products_in_both_geometries(tiny):
    directory, manifest = tiny
    pair = manifest.tracks[0].pairs[1]
    dates = f"{pair.reference_date}_{pair.secondary_date}".replace("-", "")
    expected = set()
    for code, tokens in {"InW": "_sd_era", "InWF": "_sd_era", "InU": "_sd_era", "APS": "", "Coh": ""}.items():
        expected |= {f"CNES_{code}_radar_{dates}{tokens}_8rlks.{end}" for end in ("tiff", "meta")}
        expected |= {f"CNES_{code}_geo_{dates}{tokens}_8rlks.{end}" for end in ("tiff", "meta", "png")}
        expected.add(f"legend_{code}_geo.png")
    assert {path.name for path in (directory / pair.path).iterdir()} == expected


def test_only_the_first_pair_has_a_second_number_of_looks(tiny):
    directory, manifest = tiny
    names = [[p.name for p in (directory / pair.path).glob("*2rlks.tiff")] for pair in manifest.tracks[0].pairs]
    assert [len(found) for found in names] == [1, 0, 0]
    assert names[0][0].startswith("CNES_InW_radar_")


def test_series_and_auxiliary_packages_hold_the_documented_files(tiny):
    directory, manifest = tiny
    track = manifest.tracks[0]
    series = {path.name for path in (directory / track.timeseries_path).iterdir()}
    for code in ("DTs", "MV-LOS", "Net"):
        assert {f"CNES_{code}_{g}_8rlks.{end}" for g in ("geo", "radar") for end in ("tiff", "meta")} <= series
    assert {"RMSdate.txt", "RMSinterfero.txt", "lect.in", "RMSpixel", "Stk-In_list_InW", "Stk-In_list_InU"} <= series
    auxiliary = {path.name for path in (directory / track.auxiliary_path).iterdir()}
    for product in ("CosENU_geo", "CosENU_radar", "Lut_geo", "Lut_radar", "DEM_radar", "TCoh_geo", "TCoh_radar"):
        assert f"CNES_{product}_8rlks.tiff" in auxiliary
    assert {"CNES_TCoh_radar_2rlks.tiff", "CNES_CosENU_radar_2rlks.tiff"} <= auxiliary
    assert "CNES_DEM_geo_8rlks.tiff" not in auxiliary
    assert {
        "nsbas.proc", "baseline.rsc", "baseline_top_bot.rsc", "interf_pair.rsc", "list_unw_frac.txt",
        "list_unw_frac.png", "list_ramp_az_inverted_img.txt", "list_ramp_ra_estimated_ifg.txt",
        "list_ramp_sigma_inverted_img.txt", "list_iw3_sd_syy_inverted_img.txt", "list_iw23_merge_inverted_img.txt",
    } <= auxiliary  # fmt: skip


def test_everything_says_synthetic(tiny):
    directory, _ = tiny
    assert "SYNTHETIC" in (directory / "README.md").read_text()
    assert json.loads((directory / "SAMPLE.json").read_text())["synthetic"] is True
    metas = list(directory.rglob("*.meta"))
    rasters = list(directory.rglob("*.tiff"))
    assert {path.with_suffix("") for path in metas} == {path.with_suffix("") for path in rasters}
    for meta in metas:
        entries = dict(line.split(": ", 1) for line in meta.read_text().splitlines())
        assert entries["Note"].startswith("SYNTHETIC")
        assert entries["Product_ID"].startswith("SYNTHETIC_")


def test_meta_agrees_with_the_manifest_and_the_raster(tiny):
    directory, manifest = tiny
    track = manifest.tracks[0]
    primary = next(epoch for epoch in track.epochs if epoch.date == track.primary_date)
    for pair in track.pairs:
        for meta in (directory / pair.path).glob("*.meta"):
            entries = dict(line.split(": ", 1) for line in meta.read_text().splitlines())
            assert float(entries["Perpendicular_baseline"]) == pair.perpendicular_baseline_m
            assert entries["Relative_orbit_number"] == "175"
            assert entries["Orbit_direction"] == "ASCENDING"
            assert entries["Product_size"] == str(meta.with_suffix(".tiff").stat().st_size)
            assert entries["Date_of_measurement_start"][:10] == pair.reference_date
            assert entries["Date_of_measurement_end"][:10] == pair.secondary_date
            scenes = entries["Super_master_SAR_image_ID"].split("-")[::2]
            assert [re.match(r"S1[AB]_IW_SLC__1SDV_(\d{8}T\d{6})_", scene) is not None for scene in scenes] == [
                True
            ] * 2
            start = datetime.strptime(scenes[0].split("_")[5], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            assert start.isoformat().replace("+00:00", "Z") == primary.start == entries["Reference_date"]


def test_previews_are_transparent_outside_the_track_and_coloured_within(tiny):
    directory, _ = tiny
    for preview in directory.rglob("CNES_*_geo_*.png"):
        with Image.open(preview) as picture:
            rgba = picture.convert("RGBA")
        assert rgba.getpixel((0, 0))[3] == 0, preview
        assert rgba.getpixel((rgba.width // 2, rgba.height // 2))[3] in {0, 255}
        assert 0.2 < sum(rgba.getchannel("A").histogram()[255:]) / (rgba.width * rgba.height) < 0.8, preview
        legend = preview.with_name(f"legend_{preview.name.split('_')[1]}_geo.png")
        with Image.open(legend) as picture:
            assert picture.height > picture.width


def test_manifest_reads_back(tiny):
    directory, manifest = tiny
    assert SampleManifest.read(directory) == manifest


def test_two_processes_write_the_same_bytes_and_times(tmp_path):
    spec = SampleSpec(tracks=1, epochs=3, pairs=3, pixels=20)
    processes = [write_in_process(tmp_path / name, spec) for name in ("one", "two")]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_changes_the_noise_but_not_the_ground(tmp_path, tiny):
    directory, _ = tiny
    write_sample(tmp_path / "other", SampleSpec(tracks=1, epochs=3, pairs=3, pixels=24, seed=1))
    first, second = ({p.name: h for p, (_, h) in _by_path(digests(d)).items()} for d in (directory, tmp_path / "other"))
    differing = {name for name in first if first[name] != second.get(name)}
    assert any(name.startswith("CNES_InW_geo") for name in differing)
    assert {"CNES_CosENU_geo_8rlks.tiff", "CNES_DEM_radar_8rlks.tiff"}.isdisjoint(differing)


def _by_path(found):
    return {Path(name): value for name, value in found.items()}


def test_a_track_does_not_depend_on_how_many_there_are(tmp_path, tiny):
    directory, _ = tiny
    write_sample(tmp_path / "two", SampleSpec(tracks=2, epochs=3, pairs=3, pixels=24))
    assert digests(tmp_path / "two" / "A175SUD") == digests(directory / "A175SUD")


def test_writing_again_leaves_the_tree_as_it_is(tiny):
    directory, manifest = tiny
    before = digests(directory)
    assert write_sample(directory, TINY) == manifest
    assert digests(directory) == before


def test_progress_counts_every_package(tmp_path):
    seen = []
    write_sample(tmp_path, TINY, lambda done, total, package: seen.append((done, total, package)))
    assert [done for done, _, _ in seen] == [1, 2, 3, 4, 5]
    assert {total for _, total, _ in seen} == {5}
    assert {package for _, _, package in seen} == set(SampleManifest.read(tmp_path).package_paths())


def test_another_specification_over_a_tree_is_refused(tiny):
    directory, _ = tiny
    before = digests(directory)
    with pytest.raises(SampleError, match=r"another specification.*choose another directory"):
        write_sample(directory, SampleSpec(tracks=1, epochs=3, pairs=3, pixels=24, seed=9))
    assert digests(directory) == before


def test_a_directory_with_other_files_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SampleError, match="not empty and not a sample tree"):
        write_sample(tmp_path, TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_tree_that_lost_packages_is_refused(tmp_path):
    manifest = write_sample(tmp_path, TINY)
    (tmp_path / manifest.tracks[0].pairs[0].path).rename(tmp_path / "elsewhere")
    with pytest.raises(SampleError, match=r"1 of the packages of .* are missing"):
        write_sample(tmp_path, TINY)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}', '{"format": 1, "spec": {"tracks": 99}, "tracks": []}'])
def test_a_damaged_manifest_is_named(tmp_path, content):
    (tmp_path / "SAMPLE.json").write_text(content)
    with pytest.raises(SampleError):
        SampleManifest.read(tmp_path)


def test_a_manifest_of_another_version_is_named(tmp_path):
    (tmp_path / "SAMPLE.json").write_text('{"format": 999}')
    with pytest.raises(SampleError, match="another version"):
        SampleManifest.read(tmp_path)
    with pytest.raises(SampleError, match="not a sample tree"):
        SampleManifest.read(tmp_path / "nowhere")


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SampleError, match="file"):
        write_sample(tmp_path / "file", TINY)


def test_a_killed_run_leaves_nothing_that_stops_the_next(tmp_path):
    directory = tmp_path / "tree"
    process = write_in_process(directory, SampleSpec(pixels=120))
    deadline = time.monotonic() + 60
    while not list(directory.rglob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert not (directory / "SAMPLE.json").exists()
    manifest = write_sample(directory, TINY)
    assert {path.name for path in directory.iterdir()} == {"A175SUD", "README.md", "SAMPLE.json"}
    assert SampleManifest.read(directory) == manifest


def test_a_tree_being_written_by_another_process_is_refused(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(SampleError, match="another process"):
            write_sample(tmp_path, TINY)
    finally:
        os.close(handle)
