"""Whole builds into a folder: what is counted, what is refused, what a second run does, and what readers find."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pystac
import pytest

from catalog_builder.errors import SinkError, TreeNotFound
from catalog_builder.packages import names
from catalog_builder.packages.model import PackageName
from catalog_builder.pipeline import pool
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout

Tree = tuple[Path, SampleManifest]
PACKAGES = 18


def build_folder(tree: Path, out: Path, **options: Any) -> Report:
    return build([tree], StaticSink(out), StaticLayout(out.resolve()), **options)


def contents(folder: Path) -> dict[str, bytes]:
    """What is published: not the hidden file that remembers what was built."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def adds_up(report: Report) -> bool:
    packages = [remark for remark in report.ignored if Path(remark.path).name.upper().startswith("NSBAS_")]
    return report.found == report.catalogued + report.unchanged + len(report.refused) + len(packages)


def test_static_catalogue_is_walked_by_pystac(small_tree: Tree, tmp_path: Path) -> None:
    report = build_folder(small_tree[0], tmp_path / "out")
    assert (report.found, report.catalogued, report.refused) == (PACKAGES, PACKAGES, [])
    catalog = pystac.Catalog.from_file(tmp_path / "out" / "catalog.json")
    collections = {collection.id: collection for collection in catalog.get_all_collections()}
    kinds = ("interferogram", "timeseries", "auxiliarydata")
    assert collections.keys() == {f"flatsim-balkans-{kind}" for kind in kinds}
    items = list(catalog.get_items(recursive=True))
    assert len(items) == PACKAGES
    for item in items:
        assert item.get_collection().id == item.collection_id
        for link in item.get_links("related"):
            assert link.resolve_stac_object() is not None
        for asset in item.assets.values():
            assert Path(asset.get_absolute_href()).is_file()


def test_the_name_of_each_package_is_parsed_once(
    small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: Counter[str] = Counter()
    parse = names.parse_package

    def counting(name: str) -> PackageName:
        parsed[name] += 1
        return parse(name)

    monkeypatch.setattr(names, "parse_package", counting)
    build_folder(small_tree[0], tmp_path / "out")
    assert parsed == dict.fromkeys((Path(path).name for path in small_tree[1].package_paths()), 1)


def test_collections_say_what_their_items_say(small_tree: Tree, tmp_path: Path) -> None:
    build_folder(small_tree[0], tmp_path)
    collection = json.loads((tmp_path / "balkans/flatsim-balkans-interferogram/collection.json").read_bytes())
    items = [json.loads(path.read_bytes()) for path in tmp_path.rglob("*_int_*.json")]
    wests, souths, easts, norths = zip(*(item["bbox"] for item in items), strict=True)
    assert collection["extent"]["spatial"]["bbox"] == [[min(wests), min(souths), max(easts), max(norths)]]
    starts = min(item["properties"]["start_datetime"] for item in items)
    ends = max(item["properties"]["end_datetime"] for item in items)
    assert collection["extent"]["temporal"]["interval"] == [[starts, ends]]
    baselines = [item["properties"]["insar:perpendicular_baseline"] for item in items]
    expected = {"minimum": min(baselines), "maximum": max(baselines)}
    assert collection["summaries"]["insar:perpendicular_baseline"] == expected
    assert collection["summaries"]["sat:orbit_state"] == ["ascending", "descending"]
    assert collection["license"] == "CC-BY-NC-4.0"
    assert collection["sci:doi"] == "10.24400/253171/FLATSIM2020"
    assert collection["description"].startswith("**SYNTHETIC")
    hrefs = {link["rel"]: link["href"] for link in collection["links"]}
    assert hrefs["cite-as"] == "https://doi.org/10.24400/253171/FLATSIM2020"
    assert hrefs["via"] == "https://commons.datacite.org/doi.org/10.24400/253171/flatsim2020"
    assert {"inu_geo", "coh_radar", "thumbnail"} <= collection["item_assets"].keys()


def test_a_second_build_changes_nothing(small_tree: Tree, tmp_path: Path) -> None:
    build_folder(small_tree[0], tmp_path)
    before = contents(tmp_path)
    report = build_folder(small_tree[0], tmp_path)
    assert (report.catalogued, report.unchanged) == (0, PACKAGES)
    assert contents(tmp_path) == before


def test_two_workers_write_the_same_bytes(small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_folder(small_tree[0], tmp_path / "one")
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    monkeypatch.setattr("catalog_builder.pipeline.stream.READ_TOGETHER", 3)
    monkeypatch.setattr("catalog_builder.pipeline.build.BATCH", 4)
    build_folder(small_tree[0], tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_track_built_later_joins_the_others(own_tree: Tree, tmp_path: Path) -> None:
    folder, manifest = own_tree
    whole, parts = tmp_path / "whole" / "out", tmp_path / "parts" / "out"
    build_folder(folder, whole)
    for track in manifest.tracks:
        build([folder / track.folder], StaticSink(parts), StaticLayout(parts.resolve()))
    assert contents(parts).keys() == contents(whole).keys()
    name = "balkans/flatsim-balkans-interferogram/collection.json"
    assert contents(parts)[name] == contents(whole)[name]


def test_href_base_makes_published_addresses(own_tree: Tree, tmp_path: Path) -> None:
    folder, manifest = own_tree
    spaced = folder.rename(folder.parent / "my tree #1")
    build([spaced], NdjsonSink(tmp_path / "out"), StaticLayout(tmp_path, "https://data.example.org/flatsim/"))
    line = (tmp_path / "out/flatsim-balkans-timeseries.ndjson").read_text().splitlines()[0]
    href = json.loads(line)["assets"]["dts_geo"]["href"]
    track = manifest.tracks[0]
    assert href == f"https://data.example.org/flatsim/{track.timeseries_path}/CNES_DTs_geo_8rlks.tiff"


def first_pair(folder: Path) -> Path:
    return min(folder.rglob("NSBAS_INT*"))


def cut(package: Path) -> str:
    path = min(package.glob("*.tiff"))
    path.write_bytes(path.read_bytes()[:-100])
    return path.name


def empty(package: Path) -> str:
    for path in package.iterdir():
        path.unlink()
    return "no CNES_"


def garble(package: Path) -> str:
    path = min(package.glob("*.tiff"))
    path.write_bytes(b"not a raster")
    return path.name


def rename_to_impossible(package: Path) -> str:
    package.rename(package.with_name(package.name[:-10] + "2015-02-31"))
    return "2015-02-31"


def mix_up(package: Path) -> str:
    path = min(package.glob("CNES_InU_geo*.tiff"))
    path.rename(path.with_name("CNES_InU_geo_20140101_20140113_sd_era_8rlks.tiff"))
    return "2014-01-01"


def blank(package: Path) -> str:
    """A pair whose own mask is empty keeps its track's footprint; one whose file cannot be listed is refused."""
    shutil.rmtree(package)
    package.mkdir()
    return "no CNES_"


@pytest.mark.parametrize("damage", [cut, empty, garble, rename_to_impossible, mix_up, blank])
def test_a_damaged_package_is_refused_by_name_and_the_rest_goes_on(
    own_tree: Tree, tmp_path: Path, damage: Callable[[Path], str]
) -> None:
    package = first_pair(own_tree[0])
    fault = damage(package)
    report = build_folder(own_tree[0], tmp_path / "out")
    assert report.catalogued == PACKAGES - 1
    assert adds_up(report)
    [refusal] = report.refused
    assert fault in refusal.reason
    assert Path(refusal.path).parent == package.parent


def test_cube_and_its_list_of_dates_must_agree(own_tree: Tree, tmp_path: Path) -> None:
    dates = min(own_tree[0].rglob("RMSdate.txt"))
    dates.write_text("".join(dates.read_text().splitlines(keepends=True)[:-1]))
    report = build_folder(own_tree[0], tmp_path / "out")
    told = [remark for remark in report.warnings if remark.kind == "cube dates"]
    assert report.refused == []
    assert [("5 bands" in remark.reason, "4 dates" in remark.reason) for remark in told] == [(True, True)] * 2


def test_archives_variants_and_twins_are_each_in_one_count(own_tree: Tree, tmp_path: Path) -> None:
    folder, _ = own_tree
    package = first_pair(folder)
    (folder / "NSBAS_INT-PKG_S1_BALKANS-D080-VV-2014-2021_IW123_2015-11-11_2015-11-23.zip").write_bytes(b"PK")
    shutil.copytree(package, folder / "copies" / package.name)
    (folder / "NSBAS_TS-PKG_S1_BALKANS-D080-QO-VV-2014-2021_IW123_2015-11-11_2015-11-23").mkdir()
    report = build_folder(folder, tmp_path / "out")
    assert report.found == PACKAGES + 3
    assert report.catalogued == PACKAGES
    reasons = sorted(remark.reason for remark in report.refused)
    assert ["same item" in reason for reason in reasons] == [True, False]
    assert "the archive cannot be read" in reasons[1]
    assert len(report.ignored) == 1
    assert adds_up(report)


def test_files_of_users_are_ignored_and_unknown_products_are_kept(own_tree: Tree, tmp_path: Path) -> None:
    folder, _ = own_tree
    package = first_pair(folder)
    (package / "list_images.txt").write_text("mine")
    source = min(package.glob("CNES_Coh_geo*.tiff"))
    shutil.copy(source, package / source.name.replace("Coh", "Xyz"))
    report = build_folder(folder, tmp_path / "out")
    assert [Path(remark.path).name for remark in report.ignored] == ["list_images.txt"]
    assert ["'Xyz'" in remark.reason for remark in report.warnings] == [True]
    assert adds_up(report)
    item = next(
        document
        for path in (tmp_path / "out").rglob("*_int_*.json")
        if (document := json.loads(path.read_bytes()))["properties"]["identifier"] == package.name
    )
    assert item["assets"]["xyz_geo"]["roles"] == ["data"]
    assert not any("list_images" in asset["href"] for asset in item["assets"].values())
    strict = build_folder(folder, tmp_path / "strict", options=Options(strict=True))
    assert len(strict.refused) == 1


def test_rasters_that_are_no_products_are_never_assets(own_tree: Tree, tmp_path: Path) -> None:
    package = first_pair(own_tree[0])
    source = min(package.glob("CNES_InU_geo*_8rlks.tiff"))
    strange = ["slope.tif", f"{source.stem}_clip.TIFF", source.name.replace("_8rlks", ""), f"my_{source.name}"]
    for name in strange:
        shutil.copy(source, package / name)
    report = build_folder(own_tree[0], tmp_path / "out")
    assert sorted(Path(remark.path).name for remark in report.ignored) == sorted(strange)
    assert all("CNES_<acronym>_<geometry>" in remark.reason for remark in report.ignored)
    assert report.catalogued == PACKAGES


def test_other_files_have_the_media_type_of_their_content(own_tree: Tree, tmp_path: Path) -> None:
    package = first_pair(own_tree[0])
    stem = min(package.glob("CNES_InU_geo*_8rlks.tiff")).stem
    for name in ("report.pdf", "cube.h5", "notes.txt", f"{stem}.xml", "extra.meta"):
        (package / name).write_bytes(b"Relative_orbit_number: x")
    build_folder(own_tree[0], tmp_path / "out")
    path = next((tmp_path / "out").rglob(f"*_int_{'_'.join(stem.split('_')[3:5])}.json"))
    assets = json.loads(path.read_bytes())["assets"]
    files = {asset["href"].rpartition("/")[2]: asset for asset in assets.values() if "_legend" not in asset["href"]}
    assert (files["report.pdf"]["type"], files["report.pdf"]["roles"]) == ("application/pdf", ["metadata"])
    assert files["cube.h5"]["type"] == "application/octet-stream"
    assert {files[name]["type"] for name in ("notes.txt", "extra.meta")} == {"text/plain"}
    assert (files[f"{stem}.xml"]["type"], files[f"{stem}.xml"]["roles"]) == ("application/xml", ["metadata"])


@pytest.mark.parametrize("track", ["D080QO", "D080SUDQO", "QO-D080", "D080-QO"])
def test_variants_of_unknown_meaning_are_ignored(tmp_path: Path, track: str) -> None:
    (tmp_path / "tree" / f"NSBAS_TS-PKG_S1_BALKANS-{track}-VV-2014-2021_IW123_2015-11-11_2015-11-23").mkdir(
        parents=True
    )
    report = build_folder(tmp_path / "tree", tmp_path / "out")
    assert (report.found, len(report.ignored)) == (1, 1)
    assert "QO variant" in report.ignored[0].reason


def test_a_package_in_a_folder_of_its_own_name_is_read(own_tree: Tree, tmp_path: Path) -> None:
    package = first_pair(own_tree[0])
    inner = package.rename(tmp_path / "inner")
    package.mkdir()
    inner.rename(package / package.name)
    report = build_folder(own_tree[0], tmp_path / "out")
    assert (report.found, report.catalogued) == (PACKAGES, PACKAGES)


def test_links_in_a_circle_are_walked_once(own_tree: Tree, tmp_path: Path) -> None:
    (own_tree[0] / "again").symlink_to(own_tree[0], target_is_directory=True)
    assert build_folder(own_tree[0], tmp_path / "out").found == PACKAGES


def test_a_missing_tree_is_named(tmp_path: Path) -> None:
    with pytest.raises(TreeNotFound, match="nowhere"):
        build_folder(tmp_path / "nowhere", tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="file"):
        StaticSink(tmp_path / "file" / "out")


def test_foreign_json_in_the_folder_is_not_taken_for_an_item(small_tree: Tree, tmp_path: Path) -> None:
    build_folder(small_tree[0], tmp_path)
    (tmp_path / "balkans/flatsim-balkans-timeseries/odd.json").write_text("[")
    with pytest.raises(SinkError, match=r"odd\.json"):
        build_folder(small_tree[0], tmp_path, refresh=True)


def test_progress_ends_at_the_number_found(own_tree: Tree, tmp_path: Path) -> None:
    cut(first_pair(own_tree[0]))
    steps: list[tuple[int, int]] = []
    build_folder(own_tree[0], tmp_path / "out", progress=lambda done, found: steps.append((done, found)))
    assert steps[-1] == (PACKAGES, PACKAGES)
    assert steps == sorted(steps)
