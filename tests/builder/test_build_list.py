"""`flatsim-stac build --files-from`: packages from a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog_builder.cli import command
from catalog_builder.sample import SampleManifest

Tree = tuple[Path, SampleManifest]
BASE = "https://data.example.org/flatsim"


def hrefs(out: Path) -> set[str]:
    lines = [line for path in out.glob("flatsim-*.ndjson") for line in path.read_text().splitlines()]
    return {asset["href"] for line in lines for asset in json.loads(line)["assets"].values()}


def test_only_what_is_listed_is_built_and_keeps_its_place(
    small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, manifest = small_tree
    track = manifest.tracks[0]
    listed = [track.auxiliary_path, f"./{track.pairs[0].path}", "", str(folder / track.pairs[1].path)]
    (tmp_path / "list").write_text("\n".join([*listed, listed[0]]))
    monkeypatch.chdir(folder)
    options = ["--out", str(tmp_path / "out"), "--format", "ndjson", "--href-base", BASE, "--quiet"]
    result = CliRunner().invoke(command, ["build", "--files-from", str(tmp_path / "list"), *options])
    assert result.exit_code == 0, result.output
    places = {href.removeprefix(f"{BASE}/").rsplit("/", 1)[0] for href in hrefs(tmp_path / "out")}
    assert places == {track.auxiliary_path, track.pairs[0].path, track.pairs[1].path}


def test_a_list_may_come_from_standard_input(small_tree: Tree, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path), "--report", str(tmp_path / "report.json"), "--quiet"]
    result = CliRunner().invoke(command, ["build", "--files-from", "-", *options], input=f"{small_tree[0]}\r\n")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "report.json").read_text())["found"] == 18


@pytest.mark.parametrize("arguments", [[], ["tree", "--files-from", "-"]])
def test_trees_and_list_exclude_each_other(arguments: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["build", *arguments, "--out", str(tmp_path)], input="x\n")
    assert result.exit_code == 2
    assert "--files-from" in result.output


def test_a_path_of_the_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["build", "--files-from", "-", "--out", str(tmp_path)], input="nowhere\n")
    assert result.exit_code != 0
    assert "nowhere" in str(result.exception) + result.output
