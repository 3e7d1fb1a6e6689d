"""The shape of the project itself: layers, sizes, names, packaging."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from catalog_builder.vocab import products
from catalog_builder.vocab.extensions import BY_FIELD, BY_PREFIX
from catalog_builder.vocab.regions import REGIONS

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("catalog_builder", "api") for path in (ROOT / folder).rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 50
DRAWERS = {"utils", "util", "helpers", "common", "misc", "base", "core"}


def test_layers() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("room", ["vocab", "derived"])
def test_what_the_service_imports_of_the_builder_loads_nothing_heavy(room: str) -> None:
    code = (
        f"import pkgutil, sys, importlib, catalog_builder.{room} as room\n"
        "[importlib.import_module(f'{room.__name__}.{m.name}') for m in pkgutil.iter_modules(room.__path__)]\n"
        "print(sorted({'pystac', 'rasterio', 'numpy', 'shapely', 'psycopg'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert path.stem not in DRAWERS
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    too_long = {
        node.name: size for node in functions if (size := node.end_lineno - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert too_long == {}


@pytest.mark.parametrize("package", ["api", "catalog_builder"])
def test_no_other_distribution_brings_our_packages(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"flatsim-stac"}


def tracked() -> Iterator[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    yield from (ROOT / name for name in names.split("\0") if name)


def test_lock_files_name_no_registry() -> None:
    for path in tracked():
        if path.name in {"requirements.lock", "package-lock.json", ".npmrc"}:
            assert '"resolved"' not in path.read_text()
            assert "://files." not in path.read_text()


def test_rows_have_unique_keys() -> None:
    assert len({product.key for product in products.PRODUCTS}) == len(products.PRODUCTS)
    assert len({region.code for region in REGIONS}) == len(REGIONS) == 20
    uris = [*BY_PREFIX.values(), *BY_FIELD.values()]
    assert len(set(uris)) == len(uris)


def test_alias_of_a_product_is_folded() -> None:
    for product in products.PRODUCTS:
        for alias in product.aliases:
            assert products.fold(alias) == alias


def test_an_installed_service_has_what_its_pages_are_made_of(tmp_path: Path) -> None:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    packed = set(ZipFile(built).namelist())
    for folder in ("api/web/templates", "api/web/static"):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).iterdir()}
        assert files
        assert files <= packed
    assert "api/web/land.json" in packed
