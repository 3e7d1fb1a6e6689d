"""Pages of docs/ that follow from the code: each is what `scripts/docs` would make of it now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings.service import ServiceSettings
from catalog_builder.settings import BuilderSettings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = ("checks.md", "cli.md", "examples.md", "settings.md", "tutorial.ipynb", "vocabulary.md")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    program = ROOT / "scripts" / "lib" / "generated_pages.py"
    subprocess.run([sys.executable, program, folder], check=True, cwd=ROOT)
    return folder


def test_every_page_is_known(made: Path) -> None:
    assert {file.name for file in made.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_it_is_current(made: Path, name: str) -> None:
    assert (DOCS / name).read_text() == (made / name).read_text(), (
        "run: scripts/docs, or python scripts/lib/generated_pages.py"
    )


@pytest.mark.parametrize("model", [ServiceSettings, BuilderSettings])
def test_every_setting_has_one_row_that_says_something(made: Path, model: type) -> None:
    text = (made / "settings.md").read_text()
    for name in model.model_fields:  # type: ignore[attr-defined]
        rows = re.findall(rf"^\| `FLATSIM_{name.upper()}` \| [^|]+ \| [^|]*\| (.+) \|$", text, re.MULTILINE)
        assert len(rows) == sum(name in one.model_fields for one in (ServiceSettings, BuilderSettings)), name
        assert min(map(len, rows)) > 10, name


def test_the_reference_has_every_command() -> None:
    text = (DOCS / "cli.md").read_text()
    for command in ("sample", "build", "inspect", "validate", "db migrate", "serve", "up"):
        assert text.count(f"`flatsim-stac {command}`\n\n```text\nUsage: flatsim-stac {command} ") == 1
