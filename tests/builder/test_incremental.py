"""Builds after the first: what is unchanged is not opened, nothing is claimed that is not in the store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killed import killed_build

from catalog_builder.errors import DatabaseError
from catalog_builder.packages import storage
from catalog_builder.pipeline import catalogue
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.report.report import Report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.journal import FILE, Journal
from catalog_builder.sinks.pgstac import PgstacSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import ServiceLayout, StaticLayout

Tree = tuple[Path, SampleManifest]
PACKAGES = 18
A_TRACK = 9


def into(out: Path, tree: Path, **options: Any) -> Report:
    return build([tree], StaticSink(out), StaticLayout(out.resolve()), **options)


def load(dsn: str, tree: Path, **options: Any) -> Report:
    return build([tree], PgstacSink(dsn), ServiceLayout(), **options)


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != FILE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the packages that a build reads."""
    names: list[str] = []
    real = catalogue.read_package

    def noted(found: Any, **options: Any) -> Any:
        names.append(found.name)
        return real(found, **options)

    monkeypatch.setattr(catalogue, "read_package", noted)
    return names


@pytest.fixture(params=["folder", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Report]:
    """Builds into one store or the other."""
    if request.param == "folder":
        return lambda tree, **options: into(tmp_path / "out", tree, **options)
    dsn = request.getfixturevalue("database_dsn")
    return lambda tree, **options: load(dsn, tree, **options)


def a_pair(tree: Path) -> Path:
    return min(tree.rglob("NSBAS_INT*"))


def test_what_is_unchanged_is_not_opened(own_tree: Tree, store: Callable[..., Report], opened: list[str]) -> None:
    tree = own_tree[0]
    (a_pair(tree) / "list_images.txt").write_text("mine")
    first = store(tree)
    assert len(opened) == PACKAGES
    opened.clear()
    again = store(tree)
    assert opened == []
    assert (again.catalogued, again.unchanged, again.refused) == (0, PACKAGES, [])
    assert again.ignored == first.ignored != []
    assert {place: place_counts.unchanged for place, place_counts in again.counts_by_place.items()} == {
        place: place_counts.catalogued for place, place_counts in first.counts_by_place.items()
    }
    store(tree, refresh=True)
    assert len(opened) == PACKAGES


def test_what_changed_is_updated(own_tree: Tree, store: Callable[..., Report], opened: list[str]) -> None:
    tree = own_tree[0]
    store(tree)
    opened.clear()
    package = a_pair(tree)
    min(package.glob("*.png")).write_bytes(b"other")
    report = store(tree)
    assert (report.catalogued, report.unchanged) == (1, PACKAGES - 1)
    assert opened.count(package.name) == 1
    assert len(opened) == 3, "besides it only what its track shares"


def test_pairs_follow_what_their_track_says(own_tree: Tree, tmp_path: Path) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    misclosures = min(tree.rglob("RMSinterfero.txt"))
    rows = [line.split() for line in misclosures.read_text().splitlines()]
    misclosures.write_text("".join(f"{' '.join(row[:-1])} {float(row[-1]) * 2}\n" for row in rows))
    report = into(out, tree)
    assert A_TRACK > report.catalogued > 2, "the pairs of the series, and no others"
    assert report.catalogued + report.unchanged == PACKAGES
    fresh = tmp_path / "fresh" / "out"
    build([tree], StaticSink(fresh), StaticLayout(out.resolve()))
    assert contents(fresh) == contents(out)


def test_other_options_and_addresses_read_all_again(own_tree: Tree, tmp_path: Path, opened: list[str]) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    opened.clear()
    into(out, tree, options=Options(checksums=True))
    assert len(opened) == PACKAGES
    build([tree], StaticSink(out), StaticLayout(out.resolve(), "https://data.example.org"))
    assert len(opened) == 2 * PACKAGES


@pytest.mark.parametrize("pattern", ["NSBAS_INT*A175*", "NSBAS_DAUX*A175*"])
def test_checksums_notice_what_size_and_time_do_not_tell(own_tree: Tree, tmp_path: Path, pattern: str) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    checked = {"options": Options(checksums=True)}
    into(out, tree, **checked)
    assert into(out, tree, **checked).unchanged == PACKAGES
    picture = min(max(tree.rglob(pattern)).glob("*.png"))
    before = picture.stat()
    picture.write_bytes(bytes(reversed(picture.read_bytes())))
    os.utime(picture, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert into(out, tree, **checked).catalogued == 1
    digest = hashlib.sha256(picture.read_bytes()).hexdigest().encode()
    assert sum(digest in item.read_bytes() for item in out.rglob("*.json")) == 1
    assert into(out, tree, **checked).unchanged == PACKAGES


def test_a_build_with_checksums_reads_each_pair_once(
    own_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[Path] = []
    real = storage._sha256
    monkeypatch.setattr(storage, "_sha256", lambda path: summed.append(path) or real(path))
    into(tmp_path / "out", own_tree[0], options=Options(checksums=True))
    package = max(own_tree[0].rglob("NSBAS_INT*A175*"))
    assert len([path for path in summed if path.parent == package]) == len(list(package.iterdir()))


def test_refused_packages_are_tried_each_time(own_tree: Tree, store: Callable[..., Report]) -> None:
    tree = own_tree[0]
    cut = min(a_pair(tree).glob("*.tiff"))
    whole = cut.read_bytes()
    cut.write_bytes(whole[:-100])
    assert len(store(tree).refused) == len(store(tree).refused) == 1
    cut.write_bytes(whole)
    assert store(tree).catalogued == 1


def test_vanished_packages_go_only_when_asked(own_tree: Tree, tmp_path: Path) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    before = contents(out)
    gone = a_pair(tree)
    shutil.rmtree(gone)
    report = into(out, tree)
    assert [Path(remark.path) for remark in report.vanished] == [gone]
    assert (report.removed, report.unchanged) == (0, PACKAGES - 1)
    assert contents(out) == before
    report = into(out, tree, prune=True)
    assert (report.removed, report.vanished) == (1, [])
    fresh = tmp_path / "fresh" / "out"
    build([tree], StaticSink(fresh), StaticLayout(out.resolve()))
    assert contents(fresh) == contents(out)
    assert into(out, tree, prune=True).removed == 0


def test_pruning_a_database_follows_in_its_collection(own_tree: Tree, database_dsn: str) -> None:
    tree = own_tree[0]
    load(database_dsn, tree)
    for package in tree.rglob("NSBAS_INT*A175*"):
        shutil.rmtree(package)
    assert load(database_dsn, tree, prune=True).removed == A_TRACK - 2
    with psycopg.connect(database_dsn) as connection:
        rows = connection.execute("SELECT content FROM pgstac.collections WHERE id LIKE '%interferogram'").fetchall()
        count = connection.execute("SELECT count(*) FROM pgstac.items").fetchone()
    assert rows[0][0]["summaries"]["sat:orbit_state"] == ["descending"]
    assert count == (PACKAGES - A_TRACK + 2,)


def test_a_collection_that_loses_its_last_item_goes_and_comes_again(
    own_tree: Tree, store: Callable[..., Report], tmp_path: Path
) -> None:
    tree = own_tree[0]
    store(tree)
    before = contents(tmp_path / "out")
    series = sorted(tree.rglob("NSBAS_TS*"))
    for package in series:
        package.rename(tmp_path / package.name)
    report = store(tree, prune=True)
    assert (report.removed, report.removed_collections) == (2, ["flatsim-balkans-timeseries"])
    after = store(tree, prune=True)
    assert (after.removed, after.removed_collections, after.unchanged) == (0, [], PACKAGES - 2)
    for place in sorted((tmp_path / "out").rglob("*.json")):
        assert b'"href": "./flatsim-balkans-timeseries' not in place.read_bytes()
        assert "timeseries" not in str(place.relative_to(tmp_path))
    for package in series:
        (tmp_path / package.name).rename(package)
    again = store(tree)
    assert (again.refused, again.catalogued + again.unchanged) == ([], PACKAGES)
    assert again.catalogued >= 2
    assert contents(tmp_path / "out") == before


def test_an_emptied_collection_is_gone_from_the_database(own_tree: Tree, database_dsn: str) -> None:
    load(database_dsn, own_tree[0])
    for package in own_tree[0].rglob("NSBAS_TS*"):
        shutil.rmtree(package)
    load(database_dsn, own_tree[0], prune=True)
    with psycopg.connect(database_dsn) as connection:
        collections = connection.execute("SELECT id FROM pgstac.collections ORDER BY id").fetchall()
        items = connection.execute("SELECT count(*) FROM pgstac.items").fetchone()
        unfinished = connection.execute("SELECT count(*) FROM flatsim.unfinished").fetchone()
    assert collections == [("flatsim-balkans-auxiliarydata",), ("flatsim-balkans-interferogram",)]
    assert (items, unfinished) == ((PACKAGES - 2,), (0,))


READ_AT_EVERY_STEP = """
import json, os, sys
from pathlib import Path
from catalog_builder.pipeline import build as module
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.sinks import static
tree, out = Path(sys.argv[1]), Path(sys.argv[2])
module.BATCH = 2
reading, steps, read = False, 0, set()
def follow(path):
    if path in read:
        return
    read.add(path)
    for link in json.loads(path.read_bytes())["links"]:
        if link["rel"] in ("root", "parent", "collection", "child", "item"):
            follow(Path(os.path.normpath(path.parent / link["href"])))
def event(name, arguments):
    global reading, steps
    if reading or name not in ("open", "os.rename", "os.remove") or str(out) not in str(arguments[0]):
        return
    reading = True
    read.clear()
    steps += 1
    if (out / "catalog.json").exists():
        try:
            follow(out / "catalog.json")
        except BaseException as error:
            print("broken before", name, arguments, error, flush=True)
            os._exit(9)
    reading = False
sys.addaudithook(event)
report = module.build([tree], static.StaticSink(out), StaticLayout(out), prune=True)
print(json.dumps([steps, len(read), report.removed, report.removed_collections]))
"""


def test_a_reader_never_meets_a_link_into_nothing(own_tree: Tree, tmp_path: Path) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    away = tmp_path / "away"
    series, pairs = sorted(tree.rglob("NSBAS_TS*")), sorted(tree.rglob("NSBAS_INT*"))[:3]

    def build_and_read() -> list[Any]:
        command = [sys.executable, "-c", READ_AT_EVERY_STEP, str(tree), str(out)]
        done = subprocess.run(command, check=False, capture_output=True, env={**os.environ, "PYTHONWARNINGS": ""})
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        result: list[Any] = json.loads(done.stdout)
        return result

    away.mkdir()
    for package in series:
        package.rename(away / package.name)
    assert build_and_read()[2:] == [0, []], "a first build"
    for package in series:
        (away / package.name).rename(package)
    for package in pairs:
        package.rename(away / package.name)
    steps, read, removed, collections = build_and_read()
    assert steps > 20
    assert (removed, collections) == (3, []), "a collection comes, items go"
    assert read == 2 + 3 + PACKAGES - 3
    for package in series:
        shutil.rmtree(package)
    assert build_and_read()[2:] == [2, ["flatsim-balkans-timeseries"]], "a collection goes"


def test_a_missing_disk_prunes_nothing(own_tree: Tree, tmp_path: Path) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    tree.rename(tmp_path / "elsewhere")
    tree.mkdir()
    report = into(out, tree, prune=True)
    assert (report.removed, len(report.vanished)) == (0, PACKAGES)
    assert len(list(out.rglob("flatsim_*.json"))) == PACKAGES


def test_another_tree_is_not_taken_for_vanished(own_tree: Tree, tmp_path: Path) -> None:
    (tree, manifest), out = own_tree, tmp_path / "out"
    first, second = (tree / track.folder for track in manifest.tracks)
    into(out, first)
    report = into(out, second, prune=True)
    assert (report.removed, report.vanished) == (0, [])
    assert len(list(out.rglob("flatsim_*.json"))) == PACKAGES


def test_a_moved_package_keeps_its_item(own_tree: Tree, store: Callable[..., Report]) -> None:
    tree = own_tree[0]
    store(tree)
    package = a_pair(tree)
    (tree / "moved").mkdir()
    package.rename(tree / "moved" / package.name)
    report = store(tree, prune=True)
    assert (report.removed, report.vanished, report.catalogued) == (0, [], 1)
    assert store(tree).unchanged == PACKAGES


def test_items_that_others_removed_are_made_again(own_tree: Tree, tmp_path: Path, database_dsn: str) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    before = contents(out)
    min(out.rglob("*_int_*.json")).unlink()
    min(out.rglob("collection.json")).unlink()
    assert into(out, tree).catalogued == 1
    assert contents(out) == before
    load(database_dsn, tree)
    with psycopg.connect(database_dsn) as connection:
        connection.execute("DELETE FROM pgstac.items WHERE collection LIKE '%timeseries'")
    assert load(database_dsn, tree).catalogued == 2
    with psycopg.connect(database_dsn) as connection:
        connection.execute("DELETE FROM pgstac.items")
        connection.execute("DELETE FROM pgstac.collections")
    assert load(database_dsn, tree).catalogued == PACKAGES


def test_a_torn_journal_is_read_as_far_as_it_goes(own_tree: Tree, tmp_path: Path) -> None:
    tree, out = own_tree[0], tmp_path / "out"
    into(out, tree)
    path = out / FILE
    path.write_bytes(path.read_bytes()[:-10] + b"\n\xff{\n[1]\n")
    journal = Journal(out)
    assert len(list(journal.records())) == PACKAGES - 1
    journal.close()
    assert into(out, tree).unchanged == PACKAGES


@pytest.mark.parametrize("steps", [3, 9, 20, 33, 47, 52])
def test_a_build_killed_anywhere_is_finished_by_the_next(small_tree: Tree, tmp_path: Path, steps: int) -> None:
    whole, out = tmp_path / "whole" / "out", tmp_path / "out"
    build([small_tree[0]], StaticSink(whole), StaticLayout(out))
    killed_build(small_tree[0], out, steps)
    for path in out.rglob("*.json"):
        json.loads(path.read_bytes())
    if out.is_dir():
        journal = Journal(out)
        assert all(list(out.rglob(f"{record.item}.json")) for record in journal.records())
        journal.close()
    into(out, small_tree[0])
    kept = {name: content for name, content in contents(out).items() if not name.endswith(".tmp")}
    assert kept == contents(whole)


def test_a_database_without_our_tables_says_what_to_do(database_dsn: str, small_tree: Tree) -> None:
    with psycopg.connect(database_dsn) as connection:
        connection.execute("DROP TABLE flatsim.built")
    with pytest.raises(DatabaseError, match="db migrate"):
        load(database_dsn, small_tree[0])


def zipped(package: Path) -> Path:
    """Replace a directory by its archive."""
    archive = Path(shutil.make_archive(str(package), "zip", package))
    shutil.rmtree(package)
    return archive


def in_its_own_name(package: Path) -> Path:
    """Put a package into a folder of its own name."""
    inner = package.rename(package.with_name("inner"))
    package.mkdir()
    return inner.rename(package / package.name)


@pytest.mark.parametrize("place", [zipped, in_its_own_name])
def test_changes_in_archives_and_inner_folders_are_seen(
    own_tree: Tree, tmp_path: Path, opened: list[str], place: Callable[[Path], Path]
) -> None:
    package = a_pair(own_tree[0])
    copy = Path(shutil.copytree(package, tmp_path / package.name))
    placed = place(package)
    into(tmp_path / "out", own_tree[0])
    opened.clear()
    assert into(tmp_path / "out", own_tree[0]).unchanged == PACKAGES
    assert opened == []
    (copy / "notes.txt").write_text("new")
    if placed.is_dir():
        shutil.copy(copy / "notes.txt", placed)
    else:
        shutil.make_archive(str(package), "zip", copy)
    report = into(tmp_path / "out", own_tree[0])
    assert (report.catalogued, report.unchanged) == (1, PACKAGES - 1)
    assert [name for name in opened if "_INT-" in name] == [package.name]
