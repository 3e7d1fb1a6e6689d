"""`inspect` says of one package what a build would do with it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalog_builder.cli import command
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.inspection import inspect_package
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

Tree = tuple[Path, SampleManifest]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["inspect", *map(str, arguments)], catch_exceptions=False)


def seen(path: Path) -> dict[str, object]:
    return json.loads(run(path, "--json").stdout)


@pytest.mark.parametrize("kind", ["INT", "TS", "DAUX"])
def test_its_item_is_that_of_a_build(small_tree: Tree, tmp_path: Path, kind: str) -> None:
    package = min(small_tree[0].rglob(f"NSBAS_{kind}*"))
    build([small_tree[0]], NdjsonSink(tmp_path), ServiceLayout())
    lines = [line for path in tmp_path.glob("flatsim-*") for line in path.read_text().splitlines()]
    built = next(item for item in map(json.loads, lines) if item["properties"]["identifier"] == package.name)
    told = seen(package)
    assert told["item"] == built
    assert (told["item_id"], told["refused"], told["problems"]) == (built["id"], None, [])


def test_a_link_in_a_circle_and_a_path_that_is_no_utf8_are_told(own_tree: Tree) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    link = package.with_name(package.name.replace("_2015-", "_2017-"))
    link.symlink_to(link.name)
    broken = shutil.copytree(package, own_tree[0] / os.fsdecode(b"d\xe9") / package.name)
    assert seen(package)["refused"] is None
    assert "cannot be listed: Too many levels" in str(inspect_package(link).refused)
    assert "not UTF-8" in str(seen(broken)["refused"])


def test_each_file_is_told_with_its_asset_or_why_not(own_tree: Tree) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    (package / "list_images.txt").write_text("mine")
    told = seen(package)
    files = {file["name"]: file for file in told["files"]}
    assert files.keys() == {path.name for path in package.iterdir()}
    mine = files.pop("list_images.txt")
    assert mine["asset"] is None
    assert "user" in mine["note"]
    assert {file["asset"] for file in files.values()} >= told["item"]["assets"].keys() - {"thumbnail"}
    text = run(package).stdout
    assert all(name in text for name in [*files, "list_images.txt"])
    assert "coherence" in text


def test_a_refused_package_says_why_and_lists_its_files(own_tree: Tree) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    cut = min(package.glob("*.tiff"))
    cut.write_bytes(cut.read_bytes()[:-100])
    told = seen(package)
    assert cut.name in told["refused"]
    assert len(told["files"]) == len(list(package.iterdir()))
    assert told["item"] is None
    result = run(package)
    assert result.exit_code == 3
    assert "refused" in result.stdout


def test_a_name_alone_is_taken_apart() -> None:
    name = "NSBAS_TS-PKG_S1_TIBET-HIM-A012SUD-VV-2014-2022_IW123_2015-06-03_2022-05-21"
    told = json.loads(run(name, "--json").stdout)
    assert told["item_id"] == "flatsim_tibethim_a012sud_2014-2022_ts"
    result = run(name.replace("A012SUD", "A999"))
    assert result.exit_code == 3
    assert "999" in result.stdout


def test_names_from_the_disk_do_not_steer_the_terminal(own_tree: Tree) -> None:
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    (package / "a\x1b[31m[bold]b.txt").write_text("")
    text = run(package).stdout
    assert "\x1b" not in text
    assert "[bold]b.txt" in text


def test_a_folder_that_is_no_package_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    result = run(tmp_path / "photos")
    assert result.exit_code == 3
    assert "does not start with NSBAS_" in result.stdout
