"""Packages in zip archives: the same items as unpacked, and archives that no one should read are refused by name."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rasterio

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.archive import MAX_ENTRIES, list_entries
from catalog_builder.packages.model import PackagePath
from catalog_builder.packages.storage import check_packed, list_package_files
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.pipeline.inspection import inspect_package
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.validation.check import check
from catalog_builder.validation.schemas import Schemas

Tree = tuple[Path, SampleManifest]
Items = dict[str, dict[str, Any]]


def catalogue(tree: Path, out: Path, **options: bool) -> tuple[Report, Items]:
    report = build([tree], NdjsonSink(out), ServiceLayout(), options=Options(**options))
    lines = [line for path in out.glob("flatsim-*.ndjson") for line in path.read_text().splitlines()]
    return report, {item["id"]: item for item in map(json.loads, lines)}


def zipped(package: Path, *, folder: str | None = None, method: int = 8, suffix: str = "zip") -> Path:
    """Replace a package directory by its archive."""
    target = package.with_name(f"{package.name}.{suffix}")
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(package.iterdir()):
            archive.write(path, f"{package.name if folder is None else folder}/{path.name}".removeprefix("/"))
    shutil.rmtree(package)
    return target


@pytest.fixture
def archived_tree(own_tree: Tree) -> Path:
    """Every package zipped, in the ways archivers do it."""
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"folder": ""},
        {"method": zipfile.ZIP_STORED, "suffix": "ZIP"},
    )
    for index, package in enumerate(sorted(own_tree[0].rglob("NSBAS_*"))):
        zipped(package, **ways[index % len(ways)])
    return own_tree[0]


def bare(item: dict[str, Any]) -> dict[str, Any]:
    """An item without what depends on where its files are."""
    item = json.loads(json.dumps(item))
    for name in ("created", "updated"):
        del item["properties"][name]
    item["assets"].pop("package", None)
    shown = item["assets"].pop("thumbnail", None)
    if shown:  # a preview of a directory is its thumbnail too, and then one asset
        key = next(key for key, asset in item["assets"].items() if shown["title"] == f"Preview of {asset['title']}")
        item["assets"][f"preview_{key}"] = shown | {"roles": ["overview"]}
    for asset in item["assets"].values():
        [entry] = asset.pop("archive", [asset])
        entry.pop("range", None)
        asset |= {name: entry[name] for name in ("type", "file:size", "file:checksum")}
        asset["href"] = asset["href"].rsplit("/", 1)[-1] if entry is asset else entry["href"].rsplit("/", 1)[-1]
    item["stac_extensions"] = [uri for uri in item["stac_extensions"] if "/archive/" not in uri]
    return item


def test_archives_make_the_items_of_their_directories(small_tree: Tree, archived_tree: Path, tmp_path: Path) -> None:
    report, items = catalogue(archived_tree, tmp_path / "zipped", checksums=True)
    _, expected = catalogue(small_tree[0], tmp_path / "plain", checksums=True)
    assert (report.refused, report.found, report.catalogued) == ([], len(expected), len(expected))
    assert {key: bare(item) for key, item in items.items()} == {key: bare(item) for key, item in expected.items()}


def test_assets_say_where_in_the_archive_they_are(archived_tree: Path, tmp_path: Path) -> None:
    _, items = catalogue(archived_tree, tmp_path / "out")
    ranges = 0
    for item in items.values():
        whole = item["assets"].pop("package")
        archive = Path(whole["href"].removeprefix("file://"))
        assert (whole["type"], whole["roles"]) == ("application/zip", ["archive"])
        assert whole["file:size"] == archive.stat().st_size
        for asset in item["assets"].values():
            [entry] = asset["archive"]
            assert (asset["href"], asset["type"]) == (whole["href"], "application/zip")
            content = zipfile.ZipFile(archive).read(entry["href"])
            assert len(content) == entry["file:size"]
            if "range" in entry:
                first, last = entry["range"]
                assert archive.read_bytes()[first : last + 1] == content
                ranges += 1
            if entry["href"].endswith(".tiff"):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
                    with rasterio.open(f"zip+{asset['href']}!/{entry['href']}") as dataset:
                        assert list(dataset.shape) == asset["proj:shape"]
    assert ranges > 0


def test_items_of_archives_are_valid(archived_tree: Path, schemas: Schemas, tmp_path: Path) -> None:
    _, items = catalogue(archived_tree, tmp_path / "out")
    seen = set()
    for item in items.values():
        if item["properties"]["product:type"] not in seen:
            seen.add(item["properties"]["product:type"])
            assert any("/archive/v1.0.0/" in uri for uri in item["stac_extensions"])
            item["links"].append({"rel": "collection", "href": "collection.json"})
            assert list(check(item, schemas)) == []
    assert len(seen) == 3


def write(archive: Path, entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        for name, data in entries.items():
            content.writestr(name, data)


PACKAGE = "NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-11-11_2015-11-23"


def named(name: str) -> Callable[[Path], None]:
    return lambda archive: write(archive, {f"{PACKAGE}/a.txt": b"", name: b"x"})


def twice(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as content, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(2):
            content.writestr("nsbas.proc", b"x")


def linked(archive: Path) -> None:
    info = zipfile.ZipInfo("nsbas.proc")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr(info, "/etc/passwd")


def patched(offset: int, value: bytes) -> Callable[[Path], None]:
    """An archive of one entry, with bytes of its central directory record replaced."""

    def make(archive: Path) -> None:
        write(archive, {"nsbas.proc": b"x" * 1000})
        data = bytearray(archive.read_bytes())
        start = data.index(b"PK\1\2") + offset
        data[start : start + len(value)] = value
        archive.write_bytes(data)

    return make


def overlapping(archive: Path) -> None:
    """An entry inside another one, as bombs are built that do not nest."""
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("b.txt", b"x")
    record = archive.read_bytes()[: 30 + len("b.txt") + 1]
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("a.txt", record)
        content.writestr("b.txt", b"x")
    data = bytearray(archive.read_bytes())
    second = data.rindex(b"PK\1\2")
    data[second + 42 : second + 46] = struct.pack("<L", 30 + len("a.txt"))
    archive.write_bytes(data)


def expanding(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content, content.open("CNES_x.tiff", "w") as stream:
        for _ in range(80):
            stream.write(bytes(2**20))


def of_two_names(archive: Path) -> None:
    """An entry with one name in the directory and another at its place."""
    write(archive, {"nsbas.proc": b"x"})
    archive.write_bytes(archive.read_bytes().replace(b"nsbas.proc", b"nsbas.prod", 1))


def crowded(archive: Path) -> None:
    write(archive, {f"{number}.txt": b"" for number in range(MAX_ENTRIES + 1)})


def huge_directory(archive: Path) -> None:
    write(archive, {"a.txt": b""})
    data = bytearray(archive.read_bytes())
    end = data.index(b"PK\5\6")
    data[end:end] = bytes(5 * 2**20)
    end += 5 * 2**20
    data[end + 12 : end + 16] = struct.pack("<L", 5 * 2**20 + 46)
    archive.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (named("/etc/passwd"), "absolute name"),
        (named("../outside.txt"), "'..'"),
        (named(f"{PACKAGE}/../../outside.txt"), "'..'"),
        (named("./nsbas.proc"), "'.'"),
        (named("C:\\outside.txt"), "no plain name"),
        (named("C:/outside.txt"), "no plain name"),
        (named("line\nbreak.txt"), "no plain name"),
        (named("inner.ZIP"), "an archive itself"),
        (twice, "2 entries named 'nsbas.proc'"),
        (linked, "link or device"),
        (patched(8, b"\1\0"), "encrypted"),
        (patched(10, b"\x0e\0"), "method other than deflate"),
        (patched(24, struct.pack("<L", 2**31)), "would expand from"),
        (patched(42, struct.pack("<L", 17)), "truncated or damaged"),
        (overlapping, "overlap"),
        (of_two_names, "damaged at 'nsbas.proc'"),
        (expanding, "would expand from"),
        (crowded, "more than 10000"),
        (huge_directory, "central directory is larger"),
        (lambda archive: archive.write_bytes(b""), "not a zip file"),
        (lambda archive: archive.write_bytes(b"PK\3\4" * 9), "not a zip file"),
        (lambda archive: write(archive, {}), "no CNES_"),
        (lambda archive: write(archive, {"other/CNES_InU_geo_8rlks.tiff": b""}), "holds other instead of NSBAS_"),
        (
            lambda archive: write(archive, {f"{PACKAGE}/a.txt": b"", f"{PACKAGE[:-1]}4/a.txt": b""}),
            f"holds further packages, such as {PACKAGE[:-1]}4",
        ),
        (lambda archive: write(archive, {"nsbas.proc": bytes(17 * 2**20)}), "no CNES_"),
    ],
)
def test_archives_that_nobody_should_read(tmp_path: Path, make: Callable[[Path], None], fault: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    make(tree / f"{PACKAGE}.zip")
    report, items = catalogue(tree, tmp_path / "out")
    assert (report.found, items) == (1, {})
    [refusal] = report.refused
    assert fault in refusal.reason
    assert refusal.path.endswith(f"{PACKAGE}.zip")
    assert [path.name for path in tmp_path.rglob("*outside*")] == []


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{PACKAGE}.zip")
    [refusal] = catalogue(tmp_path, tmp_path / "out")[0].refused
    assert "not a regular file" in refusal.reason


def test_an_archive_in_a_package_is_no_asset_of_it(own_tree: Tree, tmp_path: Path) -> None:
    outer, inner = sorted(own_tree[0].rglob("NSBAS_INT*"))[:2]
    path = shutil.move(zipped(inner), outer)
    report, items = catalogue(own_tree[0], tmp_path / "out")
    assert (report.found, report.catalogued, report.refused) == (18, 18, [])
    hrefs = {item["properties"]["identifier"]: [a["href"] for a in item["assets"].values()] for item in items.values()}
    assert set(hrefs[inner.name]) == {Path(path).as_uri()}
    assert Path(path).as_uri() not in hrefs[outer.name]


def test_a_text_longer_than_any_real_one_is_refused(own_tree: Tree, tmp_path: Path) -> None:
    package = min(own_tree[0].rglob("NSBAS_DAUX*"))
    (package / "nsbas.proc").write_bytes(b"a = 1\n" * (3 * 2**20))
    path = zipped(package)
    report, _ = catalogue(own_tree[0], tmp_path / "out")
    [refusal] = report.refused
    assert "nsbas.proc is longer than" in refusal.reason
    assert refusal.path == str(path)


def test_bent_and_cut_archives_give_the_right_item_or_a_reason(own_tree: Tree, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    path = shutil.move(zipped(min(own_tree[0].rglob("NSBAS_INT*"))), tree)
    data = Path(path).read_bytes()
    _, good = catalogue(tree, tmp_path / "good", checksums=True)
    chance = random.Random(7)
    for _ in range(60):
        bent = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.choice([0, 1, 1, 3])):
            if bent:
                place = chance.randrange(max(0, len(bent) - 3000), len(bent))
                bent[place] ^= 1 << chance.randrange(8)
        Path(path).write_bytes(bent)
        report, items = catalogue(tree, tmp_path / "bent", checksums=True)
        shutil.rmtree(tmp_path / "bent", ignore_errors=True)
        assert report.found == report.catalogued + len(report.refused) == 1
        for key, item in items.items():
            assert bare(item)["properties"] == bare(good[key])["properties"]
            assert bare(item)["geometry"] == bare(good[key])["geometry"]


def test_a_raster_that_unpacks_to_other_values_is_refused(own_tree: Tree, tmp_path: Path) -> None:
    """GDAL tells only where it reads to the end. A changed CRC stands for changed values."""
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    name = min(package.glob("CNES_Coh_geo*.tiff")).name
    path = zipped(package)
    with zipfile.ZipFile(path) as archive:
        start, info = archive.start_dir, archive.getinfo(f"{package.name}/{name}")
    data = bytearray(path.read_bytes())
    data[data.index(info.CRC.to_bytes(4, "little"), start)] ^= 1
    path.write_bytes(data)
    [refusal] = catalogue(own_tree[0], tmp_path / "out")[0].refused
    assert refusal.path == str(path)
    assert name in refusal.reason
    found = PackagePath(path=path, root=path.parent, name=path.stem, is_archive=True)
    member = next(member for member in list_package_files(found) if member.name == name)
    with pytest.raises(PackageRefused, match=f"CRC.*{name}"):
        check_packed(member)


def test_junk_raises_nothing_but_a_refusal(tmp_path: Path) -> None:
    chance = random.Random(3)
    for size in (1, 21, 22, 23, 99, 70_000):
        path = tmp_path / "x.zip"
        path.write_bytes(chance.randbytes(size) + b"PK\5\6" + chance.randbytes(18))
        with pytest.raises(PackageRefused, match=r"x\.zip"):
            list_entries(path, "x")


def test_an_archive_beside_its_directory_is_counted_once(own_tree: Tree, tmp_path: Path) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    copy = shutil.copytree(package, tmp_path / package.name)
    path = shutil.move(zipped(copy), own_tree[0])
    (package / "list_images.txt").write_text("a file that a user wrote")
    report, items = catalogue(own_tree[0], tmp_path / "out")
    assert report.found == report.catalogued + 1 == 19
    assert report.refused == []
    [remark] = [remark for remark in report.ignored if remark.path == path]
    assert str(package) in remark.reason
    assert not any("package" in item["assets"] for item in items.values())


def test_an_archive_that_holds_more_than_its_directory_is_refused(own_tree: Tree, tmp_path: Path) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    shutil.move(zipped(shutil.copytree(package, tmp_path / package.name)), own_tree[0])
    lost = min(package.glob("*.meta"))
    lost.unlink()
    [refusal] = catalogue(own_tree[0], tmp_path / "out")[0].refused
    assert f"where {lost.name} is missing" in refusal.reason


def test_inspection_sees_the_files_of_an_archive(own_tree: Tree) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    names = {path.name for path in package.iterdir()}
    seen = inspect_package(zipped(package), tree=own_tree[0])
    assert seen.refused is None
    assert {file.name for file in seen.files} == names
    assert all(file.asset for file in seen.files)


def test_users_files_in_an_archive_are_named_and_no_packages(own_tree: Tree, tmp_path: Path) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    (package / "list_images.txt").write_text("mine")
    path = zipped(package)
    report, _ = catalogue(own_tree[0], tmp_path / "out")
    assert [remark.path for remark in report.ignored] == [f"{path}/list_images.txt"]
