"""Folders that users renamed: taken for the package they are where it is proven, named with the reason where not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog_builder.packages.names import parse_package
from catalog_builder.pipeline.build import build
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

Tree = tuple[Path, SampleManifest]
Items = dict[str, dict[str, Any]]
PACKAGES = 9


def catalogue(tree: Path, out: Path) -> tuple[Report, Items]:
    report = build([tree], NdjsonSink(out), ServiceLayout())
    lines = [line for path in out.glob("flatsim-*.ndjson") for line in path.read_text().splitlines()]
    return report, {item["id"]: item for item in map(json.loads, lines)}


@pytest.fixture
def track(own_tree: Tree, tmp_path: Path) -> Path:
    """One track's folder, with its packages."""
    folder = min(own_tree[0].rglob("NSBAS_TS*")).parent
    return Path(shutil.move(folder, tmp_path / "track"))


def one(track: Path, kind: str) -> Path:
    return min(track.rglob(f"NSBAS_{kind}*"))


def primary(track: Path) -> str:
    lines = (one(track, "DAUX") / "nsbas.proc").read_text().splitlines()
    return next(line.split("=")[1].strip() for line in lines if line.startswith("SarMasterDir"))


def compact(package: Path) -> str:
    name = parse_package(package.name)
    return f"int_{name.first:%Y%m%d}_{name.last:%Y%m%d}"


def rename_pairs(track: Path) -> None:
    folder = track / "INT"
    folder.mkdir(exist_ok=True)
    for package in sorted(track.rglob("NSBAS_INT*")):
        package.rename(folder / compact(package))


def rename_series(track: Path) -> None:
    one(track, "TS").rename(track / "TS")


def rename_auxiliary(track: Path) -> None:
    one(track, "DAUX").rename(track / "AUX")


def rename_to_primary(track: Path) -> None:
    package = one(track, "DAUX")
    package.rename(track / primary(track))


def rename_both(track: Path) -> None:
    rename_to_primary(track)
    rename_series(track)


@pytest.mark.parametrize(
    "rename", [rename_pairs, rename_series, rename_auxiliary, rename_to_primary, rename_both, lambda _: None]
)
def test_a_renamed_folder_makes_the_same_item(track: Path, tmp_path: Path, rename: Callable[[Path], None]) -> None:
    _, expected = catalogue(track, tmp_path / "before")
    rename(track)
    report, items = catalogue(track, tmp_path / "after")
    assert (report.found, report.refused, report.ignored) == (PACKAGES, [], [])
    assert items.keys() == expected.keys()
    for key, item in items.items():
        assert item["properties"] == expected[key]["properties"]
        assert item["geometry"] == expected[key]["geometry"]


def without_neighbours(track: Path) -> Path:
    folder = track.parent / "elsewhere" / "TS"
    folder.parent.mkdir()
    return one(track, "TS").rename(folder)


def beside_two_tracks(track: Path) -> Path:
    name = one(track, "DAUX").name.replace("_VV", "").replace("SUD-", "NORD-")
    (track / name).mkdir()
    return one(track, "TS").rename(track / "TS")


def of_another_kind(track: Path) -> Path:
    return one(track, "DAUX").rename(track / "TS")


def of_two_kinds(track: Path) -> Path:
    shutil.copy(min(one(track, "DAUX").glob("CNES_*geo*.tiff")), one(track, "TS"))
    return one(track, "TS").rename(track / "TS")


def of_other_dates(track: Path) -> Path:
    package = one(track, "INT")
    return package.rename(package.with_name("int_20160101_20160113"))


def of_impossible_dates(track: Path) -> Path:
    package = one(track, "INT")
    return package.rename(package.with_name("int_20160101_20161313"))


def of_another_primary(track: Path) -> Path:
    return one(track, "DAUX").rename(track / "20160101")


def without_dates(track: Path) -> Path:
    (one(track, "TS") / "RMSdate.txt").unlink()
    return one(track, "TS").rename(track / "TS")


def of_dates_outside(track: Path) -> Path:
    dates = one(track, "TS") / "RMSdate.txt"
    dates.write_text(dates.read_text() + "6 20300101 0.1\n")
    return one(track, "TS").rename(track / "TS")


def without_known_products(track: Path) -> Path:
    folder = track / "TS"
    folder.mkdir()
    shutil.copy(min(one(track, "TS").glob("CNES_*geo*.tiff")), folder / "CNES_Xyz_geo_8rlks.tiff")
    return folder


def for_validation(track: Path) -> Path:
    folder = track / "VALIDATION_2016"
    shutil.copytree(one(track, "TS"), folder)
    return folder


@pytest.mark.parametrize(
    ("rename", "fault"),
    [
        (without_neighbours, "no package with its full name"),
        (beside_two_tracks, "packages of several tracks"),
        (of_another_kind, "products of DAUX"),
        (of_two_kinds, "products of DAUX and TS"),
        (of_other_dates, "not all of the dates 20160101"),
        (of_impossible_dates, "20161313"),
        (of_another_primary, "as the primary, not 20160101"),
        (without_dates, "no RMSdate.txt"),
        (of_dates_outside, "2030-01-01 are not within"),
        (without_known_products, "no product that is known"),
        (for_validation, "not named as a package"),
    ],
)
def test_what_is_not_proven_is_ignored_with_the_reason(
    track: Path, tmp_path: Path, rename: Callable[[Path], Path], fault: str
) -> None:
    folder = rename(track)
    report, _ = catalogue(tmp_path, tmp_path / "out")
    [remark] = [remark for remark in report.ignored if remark.path == str(folder)]
    assert fault in remark.reason
    assert report.found == report.catalogued + len(report.refused)


def test_a_renamed_copy_makes_no_second_item(track: Path, tmp_path: Path) -> None:
    package = one(track, "TS")
    shutil.copytree(package, track / "TS")
    report, items = catalogue(track, tmp_path / "out")
    assert [remark.path for remark in report.refused] == [str(track / "TS")]
    assert str(package) in report.refused[0].reason
    assert report.found == report.catalogued + 1 == PACKAGES + 1 == len(items) + 1
