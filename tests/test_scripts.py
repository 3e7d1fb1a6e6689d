"""The scripts: what they answer before they touch anything, and the parts that set-up is made of."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from catalog_builder.vocab.french import TITLES
from catalog_builder.vocab.queryables import QUERYABLES
from catalog_builder.vocab.sidecars import CORRECTION_WORDS

ROOT = Path(__file__).parent.parent
NAMES = ("bootstrap", "check", "demo", "docs", "images", "test", "test-compose")
SCRIPTS = [ROOT / ".ci" / "run", *(ROOT / "scripts" / name for name in NAMES)]
PARTS = sorted((ROOT / "scripts" / "lib").glob("*.sh"))


def bash(code: str, *arguments: str | Path, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `code` with all parts of set-up sourced, as scripts/bootstrap does."""
    sourced = "".join(f'. "{part}"\n' for part in PARTS)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", sourced + code, "bash", *map(str, arguments)],
        env={**os.environ, **{name: str(value) for name, value in variables.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


def bare_path(folder: Path, *without: str) -> Path:
    """A PATH of this system's own programs, less some: an unknown distribution, a machine without Node.js."""
    folder.mkdir()
    for program in (path for place in ("/usr/bin", "/bin") for path in Path(place).iterdir()):
        link = folder / program.name
        if not program.name.startswith(without) and not link.is_symlink():
            link.symlink_to(program)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone's browser/ and scripts/, in a folder with a space in its name."""
    root = tmp_path / "a clone"
    ignore = shutil.ignore_patterns("build", "node_modules", "site")
    shutil.copytree(ROOT / "browser", root / "browser", ignore=ignore)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    return root


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_programs(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize("script", ["bootstrap", "demo", "docs", "images", "test-compose"])
def test_help_is_the_head_of_the_script(script: str) -> None:
    result = subprocess.run([ROOT / "scripts" / script, "--help"], capture_output=True, text=True, check=True)
    assert f"Usage: scripts/{script}" in result.stdout
    assert "#" not in result.stdout


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["bootstrap", "--everything"], "--everything"),
        (["demo", "--prot", "8081"], "--prot"),
        (["docs", "--watch"], "--watch"),
        (["images", "api", "browser"], "browser"),
        (["test-compose", "--keep"], "--keep"),
        (["demo", "/nowhere/at/all"], "/nowhere/at/all"),
        (["demo", "/tmp", "/usr"], "one TREE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_is_refused_before_anything_is_done(command: list[str], named: str) -> None:
    result = subprocess.run([ROOT / "scripts" / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert named in result.stderr
    assert "[1/" not in result.stdout


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("18.20.4", "18.12", True),
        ("18.12", "18.12", True),
        ("12.22.9", "18.12", False),
        ("9", "13", False),
        ("0.13.9", "0.5.0", True),
    ],
)
def test_versions_compare_as_numbers(version: str, wanted: str, *, expected: bool) -> None:
    assert (bash('at_least "$1" "$2"', version, wanted).returncode == 0) is expected


def test_without_a_home_the_cache_is_in_the_clone(tmp_path: Path) -> None:
    assert bash('unset XDG_CACHE_HOME HOME; cache_folder "$1"', tmp_path).stdout.strip() == str(
        tmp_path / "artifacts" / "cache"
    )
    file = tmp_path / "not a folder"
    file.touch()
    found = bash('cache_folder "$1"', tmp_path, HOME=file, XDG_CACHE_HOME="").stdout.strip()
    assert found == str(tmp_path / "artifacts" / "cache")
    assert Path(found).is_dir()


def test_a_failed_step_says_why_and_what_to_do(tmp_path: Path) -> None:
    code = """
    fine() { echo quiet; }
    broken() { echo "before"; false; echo "after"; }
    steps_begin "$1" 2
    step "First things" fine
    step "Second things" broken
    """
    result = bash(code, tmp_path)
    assert result.returncode == 1
    assert re.search(
        r"^\[1/2\] First things \.\.\. \d+ s\n\[2/2\] Second things \.\.\. failed$", result.stdout, re.MULTILINE
    )
    assert "quiet" not in result.stdout + result.stderr
    assert "Second things failed" in result.stderr
    assert "    before" in result.stderr
    assert "after" not in result.stderr  # errexit holds inside a step
    assert str(tmp_path / "bootstrap.log") in result.stderr
    assert "run the same command again" in result.stderr


def test_a_step_can_say_itself_what_to_do(tmp_path: Path) -> None:
    result = bash('lost() { give_up "Buy a bigger disk."; }; steps_begin "$1" 1; step Work lost', tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip() == "Buy a bigger disk."


def bundle_folder(clone: Path) -> str:
    return bash('bundle_folder "$1" /cache', clone).stdout.strip()


@pytest.mark.parametrize("name", ["package-lock.json", ".npmrc", "config.js", "fields.json", "build.mjs"])
def test_the_bundle_is_named_after_all_it_is_made_of(clone: Path, name: str) -> None:
    before = bundle_folder(clone)
    assert re.fullmatch(r"/cache/browser/[0-9a-f]{20}", before)
    with (clone / "browser" / name).open("a") as file:
        file.write("\n")
    assert bundle_folder(clone) != before


def test_the_bundle_is_the_same_for_every_clone(clone: Path) -> None:
    before = bundle_folder(clone)
    (clone / "browser" / "README.md").write_text("other words")
    assert bundle_folder(clone) == before == bundle_folder(ROOT)


def test_a_cached_bundle_needs_no_node(clone: Path, tmp_path: Path) -> None:
    cached = Path(bash('bundle_folder "$1" "$2"', clone, tmp_path / "cache").stdout.strip())
    cached.mkdir(parents=True)
    (cached / "index.html").write_text("<html>")
    path = bare_path(tmp_path / "bin", "node", "npm")
    link = clone / "browser" / "build"
    for made in (lambda: None, link.unlink, lambda: (link.unlink(), link.mkdir())):
        made()
        result = bash('browser_bundle "$1" "$2"', clone, tmp_path / "cache", PATH=path)
        assert (result.returncode, result.stderr) == (0, "")
        assert (link / "index.html").read_text() == "<html>"


def test_a_missing_server_is_named_by_its_packages(clone: Path, tmp_path: Path) -> None:
    code = 'steps_begin "$2" 1; step Packages system_packages "$1" "$2" no ""'
    nowhere = tmp_path / "nowhere"
    if shutil.which("apt-cache"):
        result = bash(code, clone, tmp_path, FLATSIM_PG_BINDIR=nowhere)
        assert result.returncode == 1
        assert re.search(r"apt-get install .*postgresql-(\d+|VERSION) postgresql-\1-postgis-3", result.stderr)
    unknown = bare_path(tmp_path / "bin", "apt")
    result = bash(code, clone, tmp_path, FLATSIM_PG_BINDIR=nowhere, PATH=unknown)
    assert result.returncode == 1
    assert "PostgreSQL 13 or newer, the server, with PostGIS 3" in result.stderr


def test_an_unknown_system_goes_on_where_all_is_there(clone: Path, tmp_path: Path) -> None:
    unknown = bare_path(tmp_path / "bin", "apt", "node", "npm")
    result = bash('system_packages "$1" "$2" no tests', clone, tmp_path, PATH=unknown)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_lock_of_the_bundle_holds_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "browser" / "package-lock.json").read_text())["packages"]
    named = {name: package for name, package in packages.items() if name}
    assert len(named) > 500
    assert [name for name, package in named.items() if "resolved" in package] == []
    assert [name for name, package in named.items() if "integrity" not in package] == []


def test_no_library_is_in_the_bundle_twice() -> None:
    packages = json.loads((ROOT / "browser" / "package-lock.json").read_text())["packages"]
    for library in ("ol", "ol-stac", "stac-js", "geotiff"):
        assert [name for name in packages if name.endswith(f"node_modules/{library}")] == [f"node_modules/{library}"]


def test_the_browser_names_properties_as_the_vocabulary_does() -> None:
    document = json.loads((ROOT / "browser" / "fields.json").read_text())
    rows = document["queryables"]
    shown = [(row["name"], row["label"], row.get("unit")) for row in rows]
    assert shown == [(row.name, row.title, row.unit) for row in QUERYABLES]
    assert {row["name"]: row["label_fr"] for row in rows} == TITLES
    assert [row["name"] for row in document["others"] if not row["label_fr"]] == []
    values = {row["name"]: sorted(row["values"]) for row in rows if "values" in row}
    enums = {row.name: sorted(row.enum) for row in QUERYABLES if row.enum and row.type == "string"}
    assert values == {**enums, "flatsim:corrections": sorted(CORRECTION_WORDS)}


def fake_docker(folder: Path, version: str, *, buildx: bool) -> Path:
    """A folder with a client of containers that only tells its version, and whether it has the plugin that builds."""
    folder.mkdir()
    client = folder / "docker"
    client.write_text(
        f'#!/bin/sh\ncase "$1" in\n--version) echo "Docker version {version}, build 0" ;;\n'
        f"buildx) exit {int(not buildx)} ;;\n*) exit 1 ;;\nesac\n"
    )
    client.chmod(0o755)
    return folder


def test_the_client_of_containers_is_one_that_builds(tmp_path: Path) -> None:
    bare = bare_path(tmp_path / "bare", "docker")
    without = fake_docker(tmp_path / "new", "28.2.2", buildx=False)
    old = fake_docker(tmp_path / "old", "20.10.24+dfsg1", buildx=False)
    new = fake_docker(tmp_path / "plugin", "28.2.2", buildx=True)
    for folders, expected in (((without, old), old), ((without, new, old), new), ((without,), None)):
        found = bash("find_docker", PATH=":".join(map(str, (*folders, bare))))
        assert found.stdout.strip() == (str(expected / "docker") if expected else "")
        assert (found.returncode == 0) is (expected is not None)


def test_without_an_engine_it_is_said_why(tmp_path: Path) -> None:
    """No one but root may start one; the client that is there meets none."""
    old = fake_docker(tmp_path / "old", "20.10.24", buildx=False)
    path = f"{old}:{bare_path(tmp_path / 'bare', 'docker')}"
    asked = bash('id() { echo 1000; }; have_engine "$1" || echo "$no_engine"', tmp_path, PATH=path)
    assert "no container engine answers, and only root" in asked.stdout
    assert not (tmp_path / "engine").exists()
