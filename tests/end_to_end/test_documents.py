"""README.md and docs/: every block of code is run as it stands, or says above it why not."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from blocks import NOT_RUN, ROOT, RUN, SERVES, SHOWN, Block, documents, indented, read
from examples import Reader

from catalog_builder.packages.regions import read_regions

ADDRESS = "http://127.0.0.1:8080/"
ELSEWHERE = ("search.md", "aggregation.md")
"""Their examples have tests of their own, which know what each finds."""
PROGRAMS = Path(sys.executable).parent
DOCUMENTS = documents()
RUN_HERE = [one for one in DOCUMENTS if one.name not in ELSEWHERE and any(block.is_run for block in read(one))]
DATABASES = ("postgresql://owner@host/flatsim", "postgresql://builder@host/flatsim", "postgresql://reader@host/flatsim",
             "postgresql://builder@db.example.org/stac")  # fmt: skip


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_block_can_be_told(document: Path) -> None:
    blocks = read(document)
    assert document.read_text().count("\n```") + document.read_text().startswith("```") == 2 * len(blocks)
    assert indented(document) == []
    for block in blocks:
        assert block.language in (*RUN, *SHOWN), f"line {block.line}"
        if block.mark == NOT_RUN:
            assert len(block.reason or "") > 15, f"line {block.line} says not why"


def test_a_block_that_is_not_run_is_listed_with_its_reason() -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    left_out = [(one, block) for one in DOCUMENTS for block in read(one) if block.mark == NOT_RUN]
    assert 5 < len(left_out) < 20
    for document, block in left_out:
        assert f"{_name(document).removeprefix('docs/')} | {block.reason} |" in page


@pytest.fixture
def tree(sample: Any, tmp_path: Path) -> Path:
    """Some packages of a track: one pair as an archive, the others as folders."""
    place = tmp_path / "data"
    place.mkdir()
    track = sample.manifest.tracks[0]
    archived = next(pair.path for pair in track.pairs if "_2016-" in pair.path)
    for path in (track.timeseries_path, track.auxiliary_path, track.pairs[0].path):
        (place / Path(path).name).symlink_to(sample.tree / path)
    with zipfile.ZipFile(place / f"{Path(archived).name}.zip", "w") as archive:
        for file in (sample.tree / archived).iterdir():
            archive.write(file, f"{Path(archived).name}/{file.name}")
    return place


@pytest.fixture
def reader(
    service: str,
    sample: Any,
    tree: Path,
    make_database: Callable[..., str],
    template_database: str,
    free_port: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Reader]:
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "DIR").symlink_to(sample.tree)
    monkeypatch.setenv("MPLBACKEND", "agg")
    database = make_database(template_database)
    words = {ADDRESS: service, "/data/flatsim": str(tree), "/srv/catalogue": str(folder / "catalogue")}
    yield Reader(
        folder,
        words | dict.fromkeys(DATABASES, database),
        {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "FLATSIM_PORT": str(free_port()),
            "FLATSIM_HOME": str(folder / "home"),
        },
    )
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("document", RUN_HERE, ids=_name)
def test_the_blocks_run_as_they_stand(document: Path, reader: Reader) -> None:
    for block in read(document):
        if not block.is_run:
            continue
        printed = reader.run(block)
        if block.printed is not None:
            assert printed == block.printed, f"line {block.line}"


def test_a_block_that_fails_or_prints_something_else_is_found(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {}, {})
    with pytest.raises(AssertionError, match="no such"):
        reader.run(Block("bash", "echo 'no such' >&2\nfalse\ntrue\n", 1, None, None, None))
    with pytest.raises(ZeroDivisionError):
        reader.run(Block("python", "1 / 0\n", 1, None, None, None))
    assert reader.run(Block("python", "print(1)\n", 1, None, None, None)) == "1\n"
    with pytest.raises(AssertionError):
        Reader(tmp_path, {}, {"FLATSIM_PORT": "1"}).run(Block("bash", "false\n", 1, SERVES, None, None))


def test_the_regions_of_the_settings_are_read(tmp_path: Path) -> None:
    (example,) = [block for block in read(ROOT / "docs" / "settings.md") if block.language == "toml"]
    assert [row["code"] for row in tomllib.loads(example.code)["region"]] == ["BALKANS"]
    file = tmp_path / "regions.toml"
    file.write_text(example.code)
    assert read_regions(file)["BALKANS"].title == "Balkans"


def test_the_notebook_runs_and_draws_what_the_tutorial_shows(service: str, tmp_path: Path) -> None:
    book = (ROOT / "docs" / "tutorial.ipynb").read_text()
    assert ADDRESS in book
    file = tmp_path / "tutorial.ipynb"
    file.write_text(book.replace(ADDRESS, service))
    hidden = {name: str(tmp_path / name) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    hidden["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # whatever the shell has
    done = subprocess.run(
        [PROGRAMS / "jupyter-execute", "--output=executed.ipynb", file],
        cwd=tmp_path, env={**os.environ, **hidden}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = [cell for cell in nbformat.read(tmp_path / "executed.ipynb", 4).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    printed = [output.text for output in outputs if output.output_type == "stream" and output.name == "stdout"]
    assert printed == [block.printed for block in read(ROOT / "docs" / "tutorial.md") if block.printed]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    assert [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
