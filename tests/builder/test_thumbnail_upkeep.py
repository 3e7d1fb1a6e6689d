"""Thumbnails in later builds, in databases and by the command: what is made again, what goes, what is left alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from click.testing import CliRunner
from killed import killed_build
from PIL import Image
from thumbnailed import (
    PACKAGES,
    bend,
    bend_to_nothing,
    into,
    items_in,
    one,
    picture_of,
    pictures,
)

from catalog_builder.cli import command
from catalog_builder.pipeline import catalogue
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.journal import FILE
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.pgstac import PgstacSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import ServiceLayout, StaticLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder
from catalog_builder.thumbnails.make import NO_THUMBNAIL

Tree = tuple[Path, SampleManifest]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def contents(out: Path) -> dict[str, bytes]:
    files = [path for path in out.rglob("*") if path.is_file() and path.name != FILE]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def times(out: Path) -> dict[str, int]:
    return {path.stem: path.stat().st_mtime_ns for path in (out / "thumbnails").rglob("*.png")}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the packages whose thumbnail is made."""
    names: list[str] = []
    real = catalogue.make_thumbnail

    def noted(package: Any) -> Any:
        names.append(package.name.text)
        return real(package)

    monkeypatch.setattr(catalogue, "make_thumbnail", noted)
    return names


def test_a_second_build_leaves_all_alone(small_tree: Tree, out: Path, opened: list[str]) -> None:
    into(out, small_tree[0])
    assert len(opened) == PACKAGES
    before, written = contents(out), times(out)
    assert into(out, small_tree[0]).unchanged == PACKAGES
    assert len(opened) == PACKAGES, "none is made again"
    assert into(out, small_tree[0], refresh=True).unchanged == PACKAGES
    assert len(opened) == 2 * PACKAGES
    assert (contents(out), times(out)) == (before, written), "equal ones are not written"


def test_one_that_was_lost_is_made_again(small_tree: Tree, out: Path, opened: list[str]) -> None:
    into(out, small_tree[0])
    before = contents(out)
    lost = min((out / "thumbnails").rglob("*_int_*.png"))
    lost.unlink()
    opened.clear()
    assert into(out, small_tree[0]).unchanged == PACKAGES, "the item is as it was"
    assert contents(out) == before
    assert len([name for name in opened if "_INT-" in name]) == 1


def test_another_preview_changes_one(own_tree: Tree, out: Path) -> None:
    into(out, own_tree[0])
    before = pictures(out)
    path = min(own_tree[0].rglob("CNES_InU_geo*.png"))
    with Image.open(path) as image:
        turned = image.rotate(180)
    turned.save(path, transparency=0)
    into(out, own_tree[0])
    after = pictures(out)
    assert len([name for name in after if after[name] != before[name]]) == 1


def test_asking_for_them_or_not_writes_the_items_anew(small_tree: Tree, out: Path) -> None:
    build([small_tree[0]], StaticSink(out), StaticLayout(out.resolve()))
    without = contents(out)
    assert into(out, small_tree[0]).catalogued == PACKAGES
    assert one(items_in(out), "_int_")["assets"]["thumbnail"]["href"].startswith("../../thumbnails/")
    assert build([small_tree[0]], StaticSink(out), StaticLayout(out.resolve())).catalogued == PACKAGES
    shutil.rmtree(out / "thumbnails")
    assert contents(out) == without


def test_those_of_pruned_items_go_with_them(own_tree: Tree, out: Path) -> None:
    into(out, own_tree[0])
    gone = min(own_tree[0].rglob("NSBAS_INT*"))
    shutil.rmtree(gone)
    assert len(into(out, own_tree[0]).vanished) == 1
    assert len(pictures(out)) == PACKAGES, "as the item stays"
    for package in own_tree[0].rglob("NSBAS_TS*"):
        shutil.rmtree(package)
    report = into(out, own_tree[0], prune=True)
    assert (report.removed, report.removed_collections) == (3, ["flatsim-balkans-timeseries"])
    assert pictures(out).keys() == items_in(out).keys()
    assert not (out / "thumbnails" / "flatsim-balkans-timeseries").exists()


def test_one_that_cannot_be_made_any_more_goes(own_tree: Tree, out: Path) -> None:
    into(out, own_tree[0])
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    for path in [*package.glob("*.png"), *package.glob("*_radar_*.tiff")]:
        path.unlink()
    for path in package.glob("*_geo_*.tiff"):
        bend(path) if "Coh" not in path.name else bend_to_nothing(path)
    report = into(out, own_tree[0], options=Options(lenient=True))
    assert [remark.path for remark in report.warnings if remark.reason.startswith(NO_THUMBNAIL)] == [str(package)]
    items = items_in(out)
    assert len(items) == PACKAGES
    assert pictures(out).keys() == {name for name, item in items.items() if "thumbnail" in item["assets"]}
    assert len(pictures(out)) == PACKAGES - 1


def test_lines_keep_only_those_of_their_items(own_tree: Tree, out: Path) -> None:
    layout = ServiceLayout(thumbnails=ThumbnailFolder(out / "thumbnails"))
    build([own_tree[0]], NdjsonSink(out), layout)
    lines = [line for path in out.glob("flatsim-*.ndjson") for line in path.read_text().splitlines()]
    hrefs = [json.loads(line)["assets"]["thumbnail"]["href"] for line in lines]
    assert {unquote(urlsplit(href).path) for href in hrefs} == {str(path) for path in out.rglob("*.png")}
    shutil.rmtree(min(own_tree[0].rglob("NSBAS_INT*")))
    build([own_tree[0]], NdjsonSink(out), layout)
    assert len(pictures(out)) == PACKAGES - 1


@pytest.mark.parametrize("steps", [7, 24, 61])
def test_a_killed_build_leaves_no_item_without_its_picture(small_tree: Tree, tmp_path: Path, steps: int) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    killed_build(small_tree[0], out, steps, thumbnails=True)
    for item in items_in(out).values():
        assert picture_of(out, item).read_bytes().endswith(b"IEND\xaeB`\x82")
    into(out, small_tree[0])
    into(whole, small_tree[0])
    assert {name: value for name, value in contents(out).items() if not name.endswith(".tmp")} == contents(whole)


def test_in_a_database_they_are_named_by_their_file(database_dsn: str, own_tree: Tree, tmp_path: Path) -> None:
    folder = ThumbnailFolder(tmp_path / "a b" / "thumbnails")
    layout = ServiceLayout("https://data.example.org/flatsim", folder)
    assert build([own_tree[0]], PgstacSink(database_dsn), layout).catalogued == PACKAGES
    assert build([own_tree[0]], PgstacSink(database_dsn), layout).unchanged == PACKAGES
    query = "SELECT content #>> '{assets,thumbnail,href}' FROM pgstac.items"
    with psycopg.connect(database_dsn) as connection:
        hrefs = {href for (href,) in connection.execute(query)}
    assert hrefs == {path.as_uri() for path in folder.folder.rglob("*.png")}
    assert len(hrefs) == PACKAGES
    shutil.rmtree(min(own_tree[0].rglob("NSBAS_INT*")))
    assert build([own_tree[0]], PgstacSink(database_dsn), layout, prune=True).removed == 1
    assert len(list(folder.folder.rglob("*.png"))) == PACKAGES - 1
    published = ServiceLayout(thumbnails=ThumbnailFolder(folder.folder, "https://pictures.example.org/x/"))
    build([own_tree[0]], PgstacSink(database_dsn), published)
    with psycopg.connect(database_dsn) as connection:
        assert all(href.startswith("https://pictures.example.org/x/flatsim-") for (href,) in connection.execute(query))


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(command, ["build", *map(str, arguments)])


def test_the_command(small_tree: Tree, out: Path) -> None:
    assert run(small_tree[0], "--out", out, "--quiet", "--workers", 1).exit_code == 0
    assert not (out / "thumbnails").exists(), "only when asked for"
    done = run(small_tree[0], "--out", out, "--thumbnails", "--quiet", "--workers", 1)
    assert (done.exit_code, done.output) == (0, "")
    assert len(pictures(out)) == PACKAGES
    based = run(small_tree[0], "--out", out, "--thumbnails", "--thumbnails-base", "https://x.example.org", "--quiet")
    assert based.exit_code == 0
    assert one(items_in(out), "_ts")["assets"]["thumbnail"]["href"].startswith("https://x.example.org/flatsim-balkans-")
    wrong = run(small_tree[0], "--out", out, "--thumbnails-base", "https://x.example.org")
    assert wrong.exit_code == 2
    assert "--thumbnails" in wrong.output


def test_a_folder_that_cannot_be_written_is_named(small_tree: Tree, out: Path) -> None:
    out.mkdir()
    (out / "thumbnails").write_text("in the way")
    done = run(small_tree[0], "--out", out, "--thumbnails", "--quiet", "--workers", 1)
    assert done.exit_code == 1
    assert str(done.exception).startswith(f"{out}/thumbnails/flatsim-balkans-auxiliarydata: ")
