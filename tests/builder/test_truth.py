"""One thing of a sound delivery is changed: what is published is right or left out, and what was changed is named."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from fuzzing import catalogued
from rasterio.enums import MaskFlags
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from trap_tree import SIZE, STEP_DEG, WHERE, Corner, tiff

from catalog_builder.cli import command
from catalog_builder.location.claim import LOCK, claim
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options, Outcome
from catalog_builder.sinks.geoparquet import GeoparquetSink
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import ServiceLayout, StaticLayout

Items = dict[str, dict[str, Any]]


@pytest.fixture
def here(tmp_path: Path) -> Corner:
    """A track of a region whose box is known, with a series, auxiliary data and two pairs."""
    (tmp_path / "tree").mkdir()
    corner = Corner(tmp_path / "tree", 1, tmp_path)
    corner.pair(region="BALKANS")
    corner.pair(region="BALKANS", first="2016-01-13", last="2016-01-25")
    corner.series(region="BALKANS")
    corner.auxiliary(region="BALKANS")
    return corner


def packages(here: Corner) -> dict[str, Path]:
    found = {path.name[6:9].rstrip("-"): path for path in sorted(here.folder.iterdir(), reverse=True)}
    return {"pair": found["INT"], "series": found["TS"], "auxiliary": found["DAU"]}


def items_of(here: Corner, **options: bool) -> tuple[Items, Outcome]:
    items, outcome = catalogued(here.folder, **options)
    return {name: items[path.name] for name, path in packages(here).items() if path.name in items}, outcome


def kinds(outcome: Outcome) -> set[str]:
    return {remark.kind for remark in outcome.warnings}


def coherence_of(package: Path) -> Path:
    return min(package.glob("CNES_Coh*"))


def facts(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item["properties"].get(name) for name in ("flatsim:coherence_mean", "insar:perpendicular_baseline")}


@pytest.mark.parametrize(
    ("options", "mean", "kind"),
    [
        ({"values": 0.5}, 0.5, None),
        ({"values": 3.0}, None, "coherence"),
        ({"values": 50.5}, 0.505, "scale"),
        ({"values": 51, "dtype": "int16"}, 0.51, "scale"),
        ({"values": 127.5, "dtype": "uint8"}, 127 / 255, "scale"),
        ({"values": -0.5}, None, "coherence"),
        ({"values": (0.5, 0.1), "bands": 2}, 0.5, "bands"),
        ({"values": 5000, "dtype": "int16", "scale": 1e-4}, 0.5, None),
    ],
)
def test_coherence(here: Corner, options: dict[str, Any], mean: float | None, kind: str | None) -> None:
    options = dict(options)
    scale = options.pop("scale", None)
    path = tiff(coherence_of(packages(here)["pair"]), **options)
    if scale:
        with rasterio.open(path, "r+") as dataset:
            dataset.scales = (scale,)
    items, outcome = items_of(here)
    assert not outcome.refused
    said = items["pair"]["properties"].get("flatsim:coherence_mean")
    assert said == (None if mean is None else pytest.approx(mean, abs=1e-4))
    assert {"coherence", "scale", "bands"} & kinds(outcome) == ({kind} if kind else set())
    assert ("raster:scale" in items["pair"]["assets"]["coh_geo"]) == bool(scale)


def test_pixels_that_cannot_be_are_left_out_and_counted(here: Corner) -> None:
    path = coherence_of(packages(here)["pair"])
    with rasterio.open(path, "r+") as dataset:
        values = dataset.read(1)
        values[30, 5:15] = -999
        dataset.write(values, 1)
    items, outcome = items_of(here)
    assert items["pair"]["properties"]["flatsim:coherence_mean"] == 0.5
    [remark] = [one for one in outcome.warnings if one.kind == "pixels"]
    assert remark.value.startswith("10/")
    assert remark.path == str(path)


def holed(path: Path, how: str) -> None:
    """The coherence with its right half without data, as GDAL knows it, or as no one declares it."""
    with rasterio.open(path) as source:
        values, profile = source.read(), source.profile
    right = np.zeros((SIZE, SIZE), bool)
    right[:, SIZE // 2 :] = True
    values[0][values[0] == 0] = 0.9
    if how in {"nodata", "undeclared"}:
        values[0][right] = -9999
        values[0][:2] = values[0][-2:] = values[0][:, :2] = -9999
    if how in {"mask", "msk"}:
        values[0][right] = values[0][:2] = values[0][-2:] = 0.6  # masked by the mask, not by its value
        right[:2] = right[-2:] = True
    if how == "nan":
        values[0][right] = np.nan
    profile |= {"nodata": {"nodata": -9999, "nan": float("nan")}.get(how)}
    if how == "alpha":
        bytes_of = [(values[0] * 100).round(), np.where(right, 0, 255)]  # GDAL takes no alpha in floating point
        values = np.stack(bytes_of).astype("uint8")
        profile |= {"count": 2, "dtype": "uint8", "alpha": "yes"}
    path.unlink()
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=how != "msk"), rasterio.open(path, "w", **profile) as target:
        target.write(values)
        if how in {"mask", "msk"}:
            target.write_mask(~right)
    assert path.with_name(f"{path.name}.msk").exists() == (how == "msk")
    with rasterio.open(path) as target:
        flags = target.mask_flag_enums[0]
    assert (MaskFlags.alpha in flags) == (how == "alpha")


@pytest.mark.parametrize("how", ["nodata", "undeclared", "nan", "mask", "msk", "alpha"])
def test_no_data_is_what_gdal_means(here: Corner, how: str) -> None:
    path = coherence_of(packages(here)["pair"])
    holed(path, how)
    items, outcome = items_of(here)
    item = items["pair"]
    assert item["bbox"][2] == pytest.approx(WHERE[0] + STEP_DEG * SIZE / 2, abs=STEP_DEG)
    assert 0.5 <= item["properties"]["flatsim:coherence_mean"] <= 0.7
    assert ("no data" in kinds(outcome)) == (how == "undeclared")
    assert not outcome.refused


@pytest.mark.parametrize("values", [(0.9, 0.2, -0.1), (0.13, 0.6, -0.79), (0.51, 0.11, -0.67), (6000, 1300, -7900)])
def test_vectors_of_another_convention_are_in_no_item_of_the_track(here: Corner, values: tuple[float, ...]) -> None:
    sound, _ = items_of(here)
    assert all("view:azimuth" in item["properties"] for item in sound.values())
    dtype = "int16" if values[0] > 1 else "float32"
    path = tiff(packages(here)["auxiliary"] / "CNES_CosENU_geo_8rlks.tiff", bands=3, values=values, dtype=dtype)
    items, outcome = items_of(here)
    assert not outcome.refused
    for item in items.values():
        names = item["properties"].keys()
        assert not {"view:azimuth", "view:incidence_angle", "insar:height_of_ambiguity"} & names
    assert {one.path for one in outcome.warnings if one.kind == "line of sight"} == {str(path)}
    assert items["pair"]["properties"]["insar:perpendicular_baseline"] == 50
    assert any(link["href"].endswith("_aux") for link in items["pair"]["links"])


UTM = "EPSG:32634"
WGS84_WITHOUT_NAME = (
    'GEOGCS["x",DATUM["y",SPHEROID["z",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


@pytest.mark.parametrize(
    ("crs", "code"),
    [
        ("EPSG:4326", "EPSG:4326"),
        ("EPSG:4979", "EPSG:4326"),
        (WGS84_WITHOUT_NAME, "EPSG:4326"),
        (UTM, UTM),
        (None, None),
    ],
)
@pytest.mark.parametrize("which", ["one", "all"])
def test_reference_systems(here: Corner, crs: str | None, code: str | None, which: str) -> None:
    sound, _ = items_of(here)
    paths = sorted(here.folder.rglob("*_geo_*.tiff")) if which == "all" else [coherence_of(packages(here)["pair"])]
    for path in paths:
        with rasterio.open(path) as source:
            values, profile, bounds = source.read(), source.profile, source.bounds
        profile["crs"] = crs
        if crs == UTM:
            west, south, east, north = transform_bounds("EPSG:4326", UTM, *bounds)
            profile["transform"] = Affine((east - west) / SIZE, 0, west, 0, (south - north) / SIZE, north)
        path.unlink()
        with rasterio.open(path, "w", **profile) as target:
            target.write(values)
    items, outcome = items_of(here)
    assert not outcome.refused
    assert items["pair"]["bbox"] == pytest.approx(sound["pair"]["bbox"], abs=0.05 if crs == UTM else 1e-6)
    asset = items["pair"]["assets"]["coh_geo"]
    assert asset["proj:code"] == code
    assert ("proj:transform" in asset) == (code is not None)
    assert ("reference system" in kinds(outcome)) == (crs is None)
    assert facts(items["pair"]) == facts(sound["pair"])
    if which == "all" and crs == UTM:
        assert items["series"]["properties"]["cube:dimensions"]["x"]["reference_system"] == 32634


def test_longitudes_from_0_to_360_are_shifted(here: Corner) -> None:
    sound, _ = items_of(here)
    for path in here.folder.rglob("*_geo_*.tiff"):
        bands = 3 if "Cos" in path.name or "DTs" in path.name else 1
        values = (0.6, 0.13, -0.79) if "Cos" in path.name else 0.5
        tiff(path, corner=(WHERE[0] + 360, WHERE[1]), bands=bands, values=values)
    items, outcome = items_of(here)
    assert not outcome.refused
    assert items["pair"]["bbox"] == pytest.approx(sound["pair"]["bbox"], abs=1e-6)
    assert "longitudes" in kinds(outcome)


def test_a_turned_raster_has_the_box_of_its_four_corners(here: Corner) -> None:
    path = coherence_of(packages(here)["pair"])
    turned = Affine(STEP_DEG, 0, WHERE[0], 0, -STEP_DEG, WHERE[1]) @ Affine.rotation(10)
    tiff(path, transform=turned)
    with rasterio.open(path, "r+") as dataset:
        dataset.transform = turned
    corners = [turned @ (x, y) for x in (0, SIZE) for y in (0, SIZE)]
    xs, ys = zip(*corners, strict=True)
    items, _ = items_of(here)
    assert items["pair"]["assets"]["coh_geo"]["proj:bbox"] == pytest.approx([min(xs), min(ys), max(xs), max(ys)])
    west, south, east, north = items["pair"]["bbox"]
    assert min(xs) - 1e-6 <= west < east <= max(xs) + 1e-6
    assert min(ys) - 1e-6 <= south < north <= max(ys) + 1e-6


@pytest.mark.parametrize(
    ("where", "name", "words"),
    [
        ("pair", "CNES_InU*", "InU"),
        ("pair", "CNES_Coh*", "Coh"),
        ("series", "CNES_DTs*", "DTs"),
        ("series", "CNES_MV-LOS*", "MV-LOS"),
        ("series", "RMSdate.txt", "RMSdate.txt"),
        ("series", "RMSinterfero.txt", "RMSinterfero.txt"),
        ("auxiliary", "nsbas.proc", "nsbas.proc"),
        ("auxiliary", "baseline.rsc", "baseline.rsc"),
    ],
)
@pytest.mark.parametrize("instead", ["nothing", "a link into nothing", "a pipe"])
def test_what_is_missing_is_named(here: Corner, where: str, name: str, words: str, instead: str) -> None:
    path = min(packages(here)[where].glob(name))
    path.unlink()
    if instead == "a link into nothing":
        path.symlink_to("/nonexistent/disk/x")
    elif instead == "a pipe":
        os.mkfifo(path)
    items, outcome = items_of(here)
    assert not outcome.refused
    assert where in items
    told = [one for one in outcome.warnings if one.kind == "missing product" and where_is(one.path, here) == where]
    assert any(words in one.reason for one in told)
    strange = [one.reason for one in outcome.warnings if one.kind == "missing file"]
    assert [f"{path.name} is {instead}" in reason for reason in strange] == [True] * (instead != "nothing")


def where_is(path: str, here: Corner) -> str | None:
    return next((name for name, folder in packages(here).items() if path.startswith(str(folder))), None)


def test_a_product_that_the_other_pairs_have_is_named(here: Corner) -> None:
    [first, second] = sorted(here.folder.glob("NSBAS_INT*"))
    tiff(first / "CNES_APS_geo_20160101_20160113_8rlks.tiff")
    (first / "CNES_APS_geo_20160101_20160113_8rlks.meta").write_text("Used_DEM: SRTM\n")
    _, outcome = items_of(here)
    told = [one for one in outcome.warnings if one.path == str(second) and "other pairs" in one.reason]
    assert [one.reason.rpartition(": ")[2] for one in told] == ["aps_geo, metadata (.meta)"]


@pytest.mark.parametrize("name", ["CNES_InW_geo_20160101_20160113_8rlks.meta", "legend_InW_geo.png"])
def test_a_raster_of_which_only_the_metadata_are_there_is_named(here: Corner, name: str) -> None:
    (packages(here)["pair"] / name).write_bytes(b"Used_DEM: SRTM\n")
    _, outcome = items_of(here)
    assert ["the raster inw_geo that it belongs to is not" in one.reason for one in outcome.warnings
            if one.path.endswith(name)] == [True]  # fmt: skip


def test_what_downloads_and_editors_leave_is_no_asset(here: Corner) -> None:
    pair = packages(here)["pair"]
    names = ["x.tiff.part", "a.crdownload", "b.filepart", "c.aria2", "d.tmp", ".e.swp", "f.bak"]
    for name in names:
        (pair / name).touch()
    items, outcome = items_of(here)
    assert not any(asset["href"].endswith(tuple(names)) for asset in items["pair"]["assets"].values())
    report = build([here.folder], NdjsonSink(here.outside / "out"), ServiceLayout())
    assert {Path(one.path).name for one in report.ignored} == set(names)
    assert not outcome.refused


def test_rasters_named_cog_are_those_of_their_products(here: Corner) -> None:
    sound, _ = items_of(here)
    for path in here.folder.rglob("*.tiff"):
        path.rename(path.with_name(f"{path.stem}_cog.tiff"))
    items, outcome = items_of(here)
    assert not outcome.refused
    assert {name: item["assets"].keys() for name, item in items.items()} == {
        name: item["assets"].keys() for name, item in sound.items()
    }


def test_baselines_that_disagree_are_withheld_with_both_values(here: Corner) -> None:
    here.meta(packages(here)["pair"], "Perpendicular_baseline: -104.0\n")
    items, outcome = items_of(here)
    assert "insar:perpendicular_baseline" not in items["pair"]["properties"]
    [remark] = [one for one in outcome.warnings if one.kind == "baseline"]
    assert "-104.0" in remark.reason
    assert "50.000 m" in remark.reason


def test_a_refused_series_gives_its_track_nothing_and_both_are_said(here: Corner) -> None:
    series = packages(here)["series"]
    sound, _ = items_of(here)
    here.meta(series, "Orbit_direction: DESCENDING\n", acronym="DTs")
    items, outcome = items_of(here)
    assert [one.path for one in outcome.refused] == [str(series)]
    assert [one.path for one in outcome.warnings if one.kind == "not used"] == [str(series)]
    assert "flatsim:used_in_timeseries" in sound["pair"]["properties"]
    for item in items.values():
        assert not any(link["href"].endswith("_ts") for link in item["links"])
        assert not {"flatsim:used_in_timeseries", "flatsim:rms"} & item["properties"].keys()
    lenient, _ = items_of(here, lenient=True)
    assert "flatsim:used_in_timeseries" in lenient["pair"]["properties"]


def test_strict_refuses_what_is_warned_of(here: Corner) -> None:
    tiff(coherence_of(packages(here)["pair"]), values=3.0)
    items, outcome = items_of(here, strict=True)
    assert "pair" not in items
    assert any("are not between 0 and 1" in one.reason for one in outcome.refused)


def test_times_to_come_are_told(here: Corner) -> None:
    path = coherence_of(packages(here)["pair"])
    os.utime(path, (time.time() + 1e7,) * 2)
    _, outcome = items_of(here)
    assert [one.path for one in outcome.warnings if one.kind == "file time"] == [str(path.parent)]


def test_a_package_outside_the_trees_is_told(here: Corner) -> None:
    pair = packages(here)["pair"]
    elsewhere = pair.rename(here.outside / pair.name)
    pair.symlink_to(elsewhere, target_is_directory=True)
    report = build([here.folder], NdjsonSink(here.outside / "out"), ServiceLayout())
    [remark] = [one for one in report.warnings if one.kind == "outside"]
    assert remark.path == str(pair)
    assert str(elsewhere) in remark.reason


def test_a_second_build_takes_no_asset_out_when_a_disk_is_missing(here: Corner) -> None:
    disk, out = here.outside / "disk", here.outside / "out"
    disk.mkdir()
    pair = packages(here)["pair"]
    path = min(pair.glob("CNES_InU*"))
    path.rename(disk / path.name)
    path.symlink_to(disk / path.name)
    layout = StaticLayout(out.resolve())
    build([here.folder], StaticSink(out), layout)
    [document] = out.rglob("*_int_20160101_20160113.json")
    before = document.read_bytes()
    disk.rename(here.outside / "unmounted")
    report = build([here.folder], StaticSink(out), layout)
    assert document.read_bytes() == before
    assert ["the root may have changed" in one.reason for one in report.refused] == [True]
    report = build([here.folder], StaticSink(out), layout, refresh=True)
    assert "inu_geo" in json.loads(before)["assets"]


def test_no_data_that_is_nan_beside_0_fits_one_table(here: Corner) -> None:
    tiff(coherence_of(packages(here)["pair"]), nodata=float("nan"))
    build([here.folder], GeoparquetSink(here.outside / "out"), ServiceLayout())
    assert len(list((here.outside / "out").glob("*.parquet"))) == 3


def run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.mark.parametrize(
    ("option", "base"),
    [
        ("--href-base", "x.org/y"), ("--href-base", ""), ("--href-base", "https://x.org/a b"), ("--href-base", "https:///y"),
        ("--href-base", "https://x.org/#f"), ("--href-base", "s3://"), ("--href-base", "s3://b/x?versionId=1"),
        ("--thumbnails-base", "https://x.org/t#x"), ("--schema-base", "https://x.org/?sig=1"),
    ],
)  # fmt: skip
def test_bases_below_which_nothing_can_be_published_are_wrong_usage(here: Corner, option: str, base: str) -> None:
    done = run("build", here.folder, "--out", here.outside / "out", option, base, "--thumbnails")
    assert done.exit_code == 2
    assert option in done.stderr


@pytest.mark.parametrize(
    ("base", "start", "end"),
    [
        ("https://x.org/c?sv=1&sig=x", "https://x.org/c/a%20b/", "_8rlks.tiff?sv=1&sig=x"),
        ("s3://bucket/x/", "s3://bucket/x/a b/", "_8rlks.tiff"),
        ("gs://bucket", "gs://bucket/a b/", "_8rlks.tiff"),
        ("az://bucket", "az://bucket/a b/", "_8rlks.tiff"),
    ],
)
def test_addresses_below_a_base(here: Corner, base: str, start: str, end: str) -> None:
    here.pair(at=here.folder / "a b", run="5-")
    build([here.folder], NdjsonSink(here.outside / "out"), ServiceLayout(base))
    lines = (here.outside / "out/flatsim-showcase-interferogram.ndjson").read_text().splitlines()
    [item] = map(json.loads, lines)
    href = item["assets"]["inu_geo"]["href"]
    assert href.startswith(start)
    assert href.endswith(end)


def test_a_preview_that_is_the_thumbnail_is_one_asset(here: Corner) -> None:
    pair = packages(here)["pair"]
    path = min(pair.glob("CNES_InU*"))
    path.with_suffix(".png").write_bytes(b"\x89PNG\r\n\x1a\n")
    items, _ = items_of(here)
    hrefs = [asset["href"] for asset in items["pair"]["assets"].values()]
    assert len(set(hrefs)) == len(hrefs)
    assert items["pair"]["assets"]["thumbnail"]["roles"] == ["thumbnail", "overview"]


@pytest.mark.parametrize("sink", [StaticSink, NdjsonSink, GeoparquetSink])
def test_a_second_build_into_a_folder_is_refused_and_what_was_left_goes(
    here: Corner, sink: Callable[[Path], Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with claim(out):
        done = run("build", here.folder, "--out", out)
        assert done.exit_code == 1
        assert "another build writes there" in str(done.exception)
    (out / ".flatsim-build.123.tmp").touch()
    (out / ".x.ndjson.tmp").touch()
    build([here.folder], sink(out), ServiceLayout())
    assert not list(out.glob(".*.tmp"))
    assert not (out / LOCK).exists()


def test_a_report_into_a_folder_that_is_not_there_is_told_before_the_build(here: Corner) -> None:
    out = here.outside / "out"
    done = run("build", here.folder, "--out", out, "--report", here.outside / "nowhere" / "report.json")
    assert done.exit_code == 2
    assert "is not there" in done.stderr
    assert not out.exists()


def test_a_folder_that_is_not_there_is_told_to_be_that(tmp_path: Path) -> None:
    for arguments in (("build", "/nope/x", "--out", tmp_path), ("build", "/nope/x"), ("inspect", "/nope/x")):
        done = run(*arguments)
        assert done.exit_code == 1
        assert "there is no such folder" in str(done.exception)


def test_a_build_ends_with_where_how_long_and_what_next(here: Corner) -> None:
    tiff(coherence_of(packages(here)["pair"]), values=3.0)
    out, report = here.outside / "out", here.outside / "report.json"
    done = run("build", here.folder, "--out", out, "--report", report, "--workers", 1)
    assert done.exit_code == 0
    for words in ("1 coherence", f"Written to {out} (static) in", f"Report: {report}", "Next: flatsim-stac validate"):
        assert words in done.stdout
    counts = json.loads(report.read_text())
    assert counts["warning_counts"]["coherence"] == 1
    [row] = [row for row in counts["warnings"] if row["kind"] == "coherence"]
    assert row.keys() == {"path", "reason", "kind", "value"}


@pytest.mark.parametrize("variable", ["PROJ_DATA", "PROJ_LIB"])
def test_databases_of_another_installation_are_noticed_once(here: Corner, variable: str) -> None:
    environment = os.environ | {variable: str(here.outside)}
    arguments = [sys.executable, "-m", "catalog_builder", "build", here.folder, "--out", here.outside / "out"]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{variable}={here.outside}" in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("form", ["static", "ndjson", "geoparquet"])
def test_a_disk_that_is_full_is_one_line_and_the_next_build_is_as_if_undisturbed(here: Corner, form: str) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    arguments = [sys.executable, "-m", "catalog_builder", "build", here.folder, "--format", form, "--workers", "1"]
    out, fresh = here.outside / "out", here.outside / "fresh"
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    full = subprocess.run(
        [*arguments, "--out", out], preexec_fn=limit, env=environment, capture_output=True, text=True, check=False
    )
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    for folder in (out, fresh):
        subprocess.run([*arguments, "--out", folder], check=True, capture_output=True)
    names = [sorted(str(one.relative_to(folder)) for one in folder.rglob("*")) for folder in (out, fresh)]
    assert names[0] == names[1]


def test_options_that_exclude_each_other(here: Corner) -> None:
    assert Options().strict is Options().lenient is False
    assert run("build", here.folder, "--out", here.outside / "out", "--strict", "--lenient").exit_code == 2
