"""Packages that cannot be read are refused by name, and the rest of the tree is catalogued."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SOME_REFUSED, WRONG_USAGE, NOTHING_DONE = 3, 2, 1


@dataclass(frozen=True)
class Damaged:
    """A tree, and what is wrong in it: path below the tree → a word of the reason."""

    tree: Path
    reasons: dict[str, str]
    sound: int
    """Packages that nothing was done to."""


def _raster(package: Path, acronym: str) -> Path:
    return next(package.glob(f"CNES_{acronym}_geo*.tiff"))


@pytest.fixture(scope="module")
def damaged(small_sample: Any, tmp_path_factory: pytest.TempPathFactory) -> Damaged:
    tree = tmp_path_factory.mktemp("damaged") / "tree"
    shutil.copytree(small_sample.tree, tree)
    (track,) = small_sample.manifest.tracks
    cut, garbage, emptied, _sound = (tree / pair.path for pair in track.pairs)
    tiff = _raster(cut, "InU")
    tiff.write_bytes(tiff.read_bytes()[: tiff.stat().st_size // 3])
    _raster(garbage, "Coh").write_bytes(b"\x00\xffnot a raster" * 99)
    for file in emptied.iterdir():
        file.unlink()
    impossible = cut.with_name(cut.name.replace(track.pairs[0].secondary_date, "2015-02-30"))
    impossible.mkdir()
    archive = cut.with_name(cut.name.replace(track.pairs[0].secondary_date, "2019-01-01") + ".zip")
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("readme.txt", "products")
    dates = tree / track.timeseries_path / "RMSdate.txt"
    lines = dates.read_text().splitlines()
    dates.write_text("\n".join([lines[0].replace("2015", "2O15"), *lines[1:]]))
    reasons = {
        cut: tiff.name,
        garbage: "CNES_Coh_geo",
        emptied: "no CNES_* raster",
        impossible: "impossible date 2015-02-30",
        archive: "no CNES_* raster",
    }
    named = {str(path.relative_to(tree)): reason for path, reason in reasons.items()}
    return Damaged(tree, named, sound=len(small_sample.manifest.package_paths()) - 3)


@pytest.mark.parametrize("target", ["database", "folder"])
def test_damaged_packages_are_refused_by_name(
    damaged: Damaged,
    target: str,
    flatsim: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    database_dsn: str,
) -> None:
    to = ("--database", database_dsn) if target == "database" else ("--out", tmp_path / "catalogue")
    done = flatsim("build", damaged.tree, *to, "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert done.returncode == SOME_REFUSED, done.stderr
    refused = {str(Path(row["path"]).relative_to(damaged.tree)): row["reason"] for row in report["refused"]}
    assert refused.keys() == damaged.reasons.keys()
    for path, reason in damaged.reasons.items():
        assert reason in refused[path]
        assert f"refused {damaged.tree / path}: " in done.stderr
    assert report["catalogued"] == damaged.sound
    assert any("RMSdate.txt" in json.dumps(row) for row in report["warnings"]), "a line that is not read is named"
    ignored = [row for row in report["ignored"] if Path(row["path"]).name.startswith("NSBAS_")]
    assert report["found"] == len(list(damaged.tree.rglob("NSBAS_*")))
    assert report["found"] == report["catalogued"] + report["unchanged"] + len(refused) + len(ignored)
    if target == "database":
        with psycopg.connect(database_dsn) as connection:
            assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (damaged.sound,)


def test_a_repaired_package_is_taken_up(
    damaged: Damaged,
    small_sample: Any,
    flatsim: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    database_dsn: str,
) -> None:
    """The next build loads what was refused, and nothing else again; nothing of the damage is left in the items."""
    tree = tmp_path / "tree"
    shutil.copytree(damaged.tree, tree)
    assert flatsim("build", tree, "--database", database_dsn).returncode == SOME_REFUSED
    shutil.rmtree(tree)
    shutil.copytree(small_sample.tree, tree)
    done = flatsim("build", tree, "--database", database_dsn, "--report", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    again = flatsim("build", tree, "--database", database_dsn, "--report", tmp_path / "again.json")
    packages = len(small_sample.manifest.package_paths())
    assert again.returncode == 0
    assert json.loads((tmp_path / "again.json").read_text())["unchanged"] == packages
    with psycopg.connect(database_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (packages,)


def test_a_tree_with_nothing_in_it(
    tmp_path: Path, flatsim: Callable[..., subprocess.CompletedProcess[str]], database_dsn: str
) -> None:
    (tmp_path / "tree" / "notes").mkdir(parents=True)
    (tmp_path / "tree" / "readme.txt").touch()
    done = flatsim("build", tmp_path / "tree", "--database", database_dsn)
    assert done.returncode == NOTHING_DONE
    assert "0 packages found" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build",), "TREE"),
        (("build", ".", "--out", "x", "--database", "postgresql://h/d"), "--out"),
        (("build", ".", "--out", "x", "--workers", "0"), "--workers"),
        (("serve", "--port", "70000"), "--port"),
        (("up", "/nowhere/at/all"), "/nowhere/at/all"),
        (("bulid", "."), "bulid"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], said: str, flatsim: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = flatsim(*arguments)
    assert done.returncode == WRONG_USAGE
    assert said in done.stderr
    assert "Usage: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "/nowhere/at/all", "--out", "{tmp}/x"), "/nowhere/at/all"),
        (("build", "{tree}", "--out", "/proc/x"), "/proc/x"),
        (("build", "{tree}", "--database", "postgresql://127.0.0.1:1/none"), "127.0.0.1:1"),
        (("build", "{tree}", "--database", ""), "db start"),
        (("build", "{tree}"), "db start"),
        (("serve", "--database", "not an address"), "postgresql://"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: tuple[str, ...],
    said: str,
    small_sample: Any,
    tmp_path: Path,
    flatsim: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = flatsim(*(text.format(tree=small_sample.tree, tmp=tmp_path) for text in arguments))
    assert done.returncode == NOTHING_DONE, (done.stdout, done.stderr)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
