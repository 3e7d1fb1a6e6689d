"""Imports run one way: no circle of files and none of rooms, those inside functions and for types included.

A room is a folder or a file directly in a package. Which room may import which is a contract of import-linter, in
`pyproject.toml`; it does not see circles of files within a room.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("catalog_builder", "api")

Graph = dict[str, set[str]]


def modules_of(package: Path) -> dict[str, Path]:
    """Files of a package by the name that they are imported by."""
    names = {".".join(path.relative_to(package.parent).with_suffix("").parts): path for path in package.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in names.items()}


def imports_of(source: str, modules: Collection[str]) -> Iterator[str]:
    """Those of some modules that a file imports, wherever the statement stands.

    `from package import module` imports the module; with anything else of the package, the package itself.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            members = (f"{node.module}.{alias.name}" for alias in node.names)
            names = [member if member in modules else str(node.module) for member in members]
        else:
            continue
        yield from (name for name in names if name in modules)


def file_graph(package: Path) -> Graph:
    """Each file and those that it imports."""
    modules = modules_of(package)
    return {module: {*imports_of(path.read_text(), modules)} - {module} for module, path in modules.items()}


def room_graph(package: Path) -> Graph:
    """Each room and those that its files import."""
    graph: Graph = {}
    for module, imported in file_graph(package).items():
        rooms = graph.setdefault(room_of(module), set())
        rooms |= {room_of(name) for name in imported} - {room_of(module)}
    return graph


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def circle_in(graph: Graph) -> list[str]:
    """The members of one circle in their order; none where there is not one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_files_import_each_other(package: str) -> None:
    assert circle_in(file_graph(ROOT / package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_rooms_import_each_other(package: str) -> None:
    assert circle_in(room_graph(ROOT / package)) == []


def package_of(folder: Path, **files: str) -> Path:
    package = folder / "house"
    for name, source in files.items():
        path = package / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(source)
    (package / "__init__.py").touch()
    return package


def test_a_circle_through_a_function_is_found(tmp_path: Path) -> None:
    package = package_of(
        tmp_path, hall__door="from house.hall import key", hall__key="def turn():\n    from house.hall.door import x"
    )
    assert set(circle_in(file_graph(package))) == {"house.hall.door", "house.hall.key"}
    assert circle_in(room_graph(package)) == []


def test_a_circle_of_rooms_without_one_of_files_is_found(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        hall__door="import house.attic.roof",
        hall__key="",
        attic__roof="",
        attic__stairs="from house.hall import key",
    )
    assert circle_in(file_graph(package)) == []
    assert set(circle_in(room_graph(package))) == {"house.hall", "house.attic"}
