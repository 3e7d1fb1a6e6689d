"""Packages in an object store: a real S3 s3, the addresses of the store, and what is asked of it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from catalog_builder.cli import command
from catalog_builder.cli.inspect import inspect
from catalog_builder.cli.validate import validate
from catalog_builder.discover.plan import make_plan
from catalog_builder.location import Location, locate
from catalog_builder.pipeline import pool
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.pipeline.inspection import inspect_package
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import ServiceLayout, StaticLayout

BUCKET = "flatsim"
PACKAGES = 5
Tree = tuple[Path, SampleManifest]

pytestmark = pytest.mark.usefixtures("s3_environment")


def made(root: Location, out: Path, **options: Any) -> tuple[Report, dict[str, Any]]:
    """A build's report, and its items by id."""
    report = build([root], NdjsonSink(out), ServiceLayout(), **options)
    files = sorted(out.glob("flatsim-*.ndjson"))
    items = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return report, {item["id"]: item for item in items}


def without_places(items: dict[str, Any], root: str) -> dict[str, Any]:
    """Items as they are wherever they come from."""
    text = json.dumps(items).replace(root, "ROOT")
    result: dict[str, Any] = json.loads(text)
    for item in result.values():
        del item["properties"]["created"], item["properties"]["updated"]
    return result


def test_a_store_gives_the_items_of_a_disk(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    report, items = made(locate("s3://flatsim/data/region"), tmp_path / "store")
    _, local = made(s3_tree[0], tmp_path / "disk")
    assert (report.found, report.catalogued, report.refused) == (PACKAGES, PACKAGES, [])
    assert without_places(items, "s3://flatsim/data/region") == without_places(local, s3_tree[0].as_uri())


def test_each_address_is_that_of_an_object(s3_filled: Any, tmp_path: Path) -> None:
    _, items = made(locate("s3://flatsim/data/"), tmp_path)
    hrefs = [asset["href"] for item in items.values() for asset in item["assets"].values()]
    assert len(hrefs) > 20
    for href in hrefs:
        assert href.startswith("s3://flatsim/")
        s3_filled.client.head_object(Bucket=BUCKET, Key=href.removeprefix("s3://flatsim/"))


def test_items_of_a_store_are_valid(s3_filled: Any, tmp_path: Path) -> None:
    build([locate("s3://flatsim/data")], StaticSink(tmp_path), StaticLayout(tmp_path))
    result = CliRunner().invoke(validate, [str(tmp_path)])
    assert result.exit_code == 0, result.output


def test_the_published_address_is_below_the_tree(s3_filled: Any, tmp_path: Path) -> None:
    build([locate("s3://flatsim/data")], NdjsonSink(tmp_path), ServiceLayout("https://data.example.org/x/"))
    line = next(tmp_path.glob("*interferogram.ndjson")).read_text().splitlines()[0]
    for asset in json.loads(line)["assets"].values():
        assert asset["href"].startswith("https://data.example.org/x/region/")


def packed(packages: list[Path], folder: Path, method: int) -> None:
    """Each package as an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        with zipfile.ZipFile(folder / f"{package.name}.zip", "w", method) as archive:
            for path in sorted(package.iterdir()):
                archive.write(path, f"{package.name}/{path.name}")


def packages_of(s3_tree: Tree) -> list[Path]:
    return sorted(path for path in s3_tree[0].rglob("NSBAS_*") if path.is_dir())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_are_read_in_the_store(s3: Any, s3_tree: Tree, tmp_path: Path, method: int) -> None:
    packed(packages_of(s3_tree), tmp_path / "zips", method)
    s3.put(tmp_path / "zips", f"zips/{method}")
    report, items = made(locate(f"s3://flatsim/zips/{method}"), tmp_path / "store")
    _, local = made(tmp_path / "zips", tmp_path / "disk")
    assert (report.found, report.catalogued) == (PACKAGES, PACKAGES)
    assert without_places(items, f"s3://flatsim/zips/{method}") == without_places(local, (tmp_path / "zips").as_uri())


def test_a_folder_and_its_archive_are_one_package(s3: Any, s3_tree: Tree, tmp_path: Path) -> None:
    [package, *_] = packages_of(s3_tree)
    packed([package], tmp_path / "zips", zipfile.ZIP_DEFLATED)
    s3.put(tmp_path / "zips", "twice")
    s3.put(package, f"twice/{package.name}")
    report, items = made(locate("s3://flatsim/twice"), tmp_path)
    assert (report.found, len(items), report.refused) == (2, 1, [])
    [remark] = [remark for remark in report.ignored if remark.path.endswith(".zip")]
    assert remark.reason == f"the archive of s3://flatsim/twice/{package.name}, which is catalogued"


def folders_of(tree: Path) -> int:
    """Folders that are no packages, with the one above all."""
    inner = {path.parent for path in tree.rglob("NSBAS_*") if path.is_dir()}
    return len({folder for one in inner for folder in (one, *one.parents) if folder.is_relative_to(tree)}) + 1


def test_a_second_build_lists_each_folder_once_and_reads_nothing(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    def again() -> Report:
        return build([locate("s3://flatsim/data")], StaticSink(tmp_path), StaticLayout(tmp_path))

    assert again().catalogued == PACKAGES
    s3_filled.forget()
    assert again().unchanged == PACKAGES
    assert s3_filled.objects() == []
    asked = Counter(note["query"] for note in s3_filled.listings())
    twice = sorted(query for query, times in asked.items() if times == 2)
    assert set(asked.values()) <= {1, 2}
    assert len(asked) == folders_of(s3_tree[0]) + PACKAGES
    # The root, of which it is asked first whether it is there, and the few pairs that outlines are taken from.
    root, *models = twice
    assert root == "delimiter=/&list-type=2&prefix=data/"
    assert len(models) <= sum(len(track.models) for track in make_plan([locate("s3://flatsim/data")]).tracks)


def test_a_second_build_asks_nothing_of_archives_but_their_folder(s3: Any, s3_tree: Tree, tmp_path: Path) -> None:
    packed(packages_of(s3_tree), tmp_path / "zips", zipfile.ZIP_STORED)
    s3.put(tmp_path / "zips", "again")
    for unchanged in (0, PACKAGES):
        s3.forget()
        report = build([locate("s3://flatsim/again")], StaticSink(tmp_path / "out"), StaticLayout(tmp_path / "out"))
        assert report.unchanged == unchanged
    assert s3.objects() == []
    assert len(s3.listings()) == 2


def test_nothing_outside_the_prefix_is_asked_for(s3: Any, s3_tree: Tree, tmp_path: Path) -> None:
    [package, *_] = packages_of(s3_tree)
    for prefix in ("near/one", "near/one-more", "near/on"):
        s3.put(package, f"{prefix}/{package.name}")
    s3.forget()
    report, _ = made(locate("s3://flatsim/near/one"), tmp_path)
    assert report.found == 1
    for note in s3.notes():
        place = note["query"] if "list-type" in note["query"] else note["path"]
        assert "near/one/" in place
        assert note["method"] in {"GET", "HEAD"}


@pytest.mark.parametrize("prefix", ["données 2024/a+b c", "100%25 #1/a=b&c?d", "~ 'x' (y)"])
def test_names_of_every_kind(s3: Any, s3_tree: Tree, tmp_path: Path, prefix: str) -> None:
    first, second, *_ = packages_of(s3_tree)
    packed([second], tmp_path / "zips", zipfile.ZIP_DEFLATED)
    s3.put(first, f"{prefix}/{first.name}")
    s3.put(tmp_path / "zips", prefix)
    report, items = made(locate(f"s3://flatsim/{prefix}"), tmp_path)
    assert (report.found, report.catalogued) == (2, 2)
    for item in items.values():
        for asset in item["assets"].values():
            s3.client.head_object(Bucket=BUCKET, Key=asset["href"].removeprefix("s3://flatsim/"))


def test_damaged_objects_refuse_their_packages_alone(s3: Any, s3_tree: Tree, tmp_path: Path) -> None:
    shutil.copytree(s3_tree[0], tmp_path / "tree")
    pairs = sorted(path for path in (tmp_path / "tree").rglob("NSBAS_INT*"))
    raster = next(pairs[0].glob("CNES_Coh_geo*.tiff"))
    raster.write_bytes(raster.read_bytes()[:-2000])
    next(pairs[1].glob("CNES_Coh_geo*.tiff")).write_bytes(b"")
    packed([pairs[2]], tmp_path / "tree", zipfile.ZIP_DEFLATED)
    shutil.rmtree(pairs[2])
    archive = tmp_path / f"tree/{pairs[2].name}.zip"
    archive.write_bytes(archive.read_bytes()[:-2000])
    (tmp_path / f"tree/{pairs[2].name.replace('-11-', '-10-')}.zip").write_bytes(b"")
    s3.put(tmp_path / "tree", "damaged")
    report, _ = made(locate("s3://flatsim/damaged"), tmp_path / "store")
    local, _ = made(tmp_path / "tree", tmp_path / "disk")
    assert (report.found, report.catalogued) == (local.found, local.catalogued) == (PACKAGES + 1, 2)
    reasons = {remark.path.rpartition("/")[2]: remark.reason for remark in report.refused}
    assert set(reasons) == {remark.path.rpartition("/")[2] for remark in local.refused}
    assert "is truncated" in reasons[pairs[0].name]
    assert "cannot be read" in reasons[archive.name]


def test_a_changed_object_is_seen_and_a_vanished_package_goes_with_prune(
    s3: Any, s3_tree: Tree, tmp_path: Path
) -> None:
    first, second, *_ = [path for path in packages_of(s3_tree) if "_INT-" in path.name]
    for package in (first, second):
        s3.put(package, f"changing/{package.name}")
    text = next(first.glob("CNES_Coh_geo*.meta"))
    key = f"changing/{first.name}/{text.name}"

    def again(**options: Any) -> Report:
        return build([locate("s3://flatsim/changing")], StaticSink(tmp_path), StaticLayout(tmp_path), **options)

    assert again().catalogued == 2
    changed = text.read_bytes().replace(b"a", b"b", 1)
    s3.client.put_object(Bucket=BUCKET, Key=key, Body=changed)
    s3.forget()
    assert (again().found, again().unchanged) == (2, 2)
    assert key in {note["path"].removeprefix(f"/{BUCKET}/") for note in s3.objects()}
    for path in second.iterdir():
        s3.client.delete_object(Bucket=BUCKET, Key=f"changing/{second.name}/{path.name}")
    report = again()
    assert [remark.path for remark in report.vanished] == [f"s3://flatsim/changing/{second.name}"]
    assert again(prune=True).removed == 1


def test_a_list_may_name_stores_and_disks(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    first, second, *_ = packages_of(s3_tree)
    key = first.relative_to(s3_tree[0]).as_posix()
    (tmp_path / "list").write_text(f"s3://flatsim/data/region/{key}\n{second}\n")
    words = ["build", "--files-from", str(tmp_path / "list"), "--out", str(tmp_path / "out"), "--workers", "1"]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    assert "2 packages found: 2 catalogued" in result.output


def test_addresses_of_a_list_are_those_in_the_bucket(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    package = packages_of(s3_tree)[0]
    key = f"data/region/{package.relative_to(s3_tree[0]).as_posix()}"
    layout = ServiceLayout("https://data.example.org")
    build([locate(f"s3://flatsim/{key}")], NdjsonSink(tmp_path), layout, base=Path.cwd())
    [item] = [json.loads(line) for file in tmp_path.glob("flatsim-*") for line in file.read_text().splitlines()]
    for asset in item["assets"].values():
        assert asset["href"].startswith(f"https://data.example.org/{key}/")


def test_inspection_sees_a_package_of_a_store(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    package = next(path for path in packages_of(s3_tree) if "_INT-" in path.name)
    address = f"s3://flatsim/data/region/{package.relative_to(s3_tree[0]).as_posix()}"
    seen, local = inspect_package(locate(address)), inspect_package(package)
    assert seen.problems == []
    assert seen.files == local.files
    assert (seen.track, seen.texts) == (local.track, local.texts)
    result = CliRunner().invoke(inspect, [address])
    assert (result.exit_code, seen.item_id in result.output) == (0, True)


def test_workers_read_stores_too(s3_filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    report, items = made(locate("s3://flatsim/data"), tmp_path / "two", workers=2)
    _, one = made(locate("s3://flatsim/data"), tmp_path / "one")
    assert (report.refused, items) == ([], one)


def test_checksums_are_those_of_the_files(s3_filled: Any, s3_tree: Tree, tmp_path: Path) -> None:
    _, items = made(locate("s3://flatsim/data/region"), tmp_path / "store", options=Options(checksums=True))
    _, local = made(s3_tree[0], tmp_path / "disk", options=Options(checksums=True))
    assert without_places(items, "s3://flatsim/data/region") == without_places(local, s3_tree[0].as_uri())
