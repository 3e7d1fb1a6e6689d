"""What a walk finds: any depth, links, single packages, folders that cannot be listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from deep_folders import make_deep

from catalog_builder.discover.plan import make_plan
from catalog_builder.discover.walk import UnlistedFolder, walk
from catalog_builder.errors import PackageRefused, TreeNotFound
from catalog_builder.packages.archive import OTHER_SUFFIXES
from catalog_builder.packages.model import PackagePath
from catalog_builder.packages.storage import list_package_files

NAME = "NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-11-11_2015-{}"


def paths(root: Path) -> list[Path]:
    return [found.path for found in walk(root)]


def test_packages_are_found_at_any_depth(tmp_path: Path) -> None:
    names = ["a"] * 200
    make_deep(tmp_path, [*names, NAME.format("11-23")])
    assert paths(tmp_path) == [tmp_path.joinpath(*names, NAME.format("11-23"))]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    make_deep(tmp_path, ["b" * 250] * 20)
    (tmp_path / NAME.format("11-23")).mkdir()
    first, second = walk(tmp_path)
    assert isinstance(first, PackagePath)
    assert isinstance(second, UnlistedFolder)
    report = make_plan([tmp_path]).report
    assert report.found == 1
    assert ["cannot be listed" in remark.reason for remark in report.warnings] == [True]


def test_the_order_does_not_depend_on_the_file_system(tmp_path: Path) -> None:
    for folder in ("b", "a/z", "a/b", "c"):
        (tmp_path / folder / NAME.format("11-23")).mkdir(parents=True)
    expected = [tmp_path / folder / NAME.format("11-23") for folder in ("a/b", "a/z", "b", "c")]
    assert paths(tmp_path) == expected


def test_a_package_behind_two_links_and_two_roots_is_found_once(tmp_path: Path) -> None:
    package = tmp_path / "one" / NAME.format("11-23")
    package.mkdir(parents=True)
    for name in ("two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / package.name).symlink_to(package, target_is_directory=True)
    (tmp_path / "one" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert len(paths(tmp_path)) == 1
    assert make_plan([tmp_path / "two", tmp_path / "three", tmp_path, package]).report.found == 1


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    link = tmp_path / NAME.format("11-23")
    link.symlink_to(tmp_path / "gone")
    assert paths(tmp_path) == [link]


def test_links_that_lead_nowhere_end_no_walk(tmp_path: Path) -> None:
    package = tmp_path / NAME.format("11-23")
    package.mkdir()
    for folder in (tmp_path, package):
        for name, target in (("circle", "circle"), ("long", "y" * 4090), ("gone", "none"), ("same", ".")):
            (folder / name).symlink_to(target)
    (tmp_path / NAME.format("12-05")).symlink_to(NAME.format("12-05"))
    assert paths(tmp_path) == [tmp_path / NAME.format("12-05"), package]
    assert list_package_files(PackagePath(path=package, root=tmp_path, name=package.name)) == []


def test_packages_in_packages_are_found(tmp_path: Path) -> None:
    outer, inner, deep = (tmp_path / NAME.format(day) for day in ("11-23", "12-05", "12-17"))
    (outer / inner.name / "old" / deep.name).mkdir(parents=True)
    (outer / f"{deep.name}.zip").touch()
    (outer / "nsbas.proc").touch()
    found = [path.relative_to(tmp_path) for path in paths(tmp_path)]
    within = Path(outer.name)
    below = within / inner.name
    assert found == [within, within / f"{deep.name}.zip", below, below / "old" / deep.name]


def test_a_package_in_a_folder_of_its_own_name_is_found_once(tmp_path: Path) -> None:
    package = tmp_path / NAME.format("11-23")
    (package / package.name).mkdir(parents=True)
    assert paths(tmp_path) == [package]
    (package / "nsbas.proc").touch()
    assert paths(tmp_path) == [package, package / package.name]


def test_a_package_whose_folder_cannot_be_listed_is_refused(tmp_path: Path) -> None:
    """Its path is longer than the system takes."""
    count, rest = divmod(4095 - len(str(tmp_path)), 251)
    padding = ["c" * (rest - 40)] if rest > 60 else []
    make_deep(tmp_path, [*(["b" * 250] * count), *padding, NAME.format("11-23")])
    [found] = walk(tmp_path)
    assert isinstance(found, PackagePath)
    assert found.name == NAME.format("11-23")
    with pytest.raises(PackageRefused, match="cannot be listed: File name too long"):
        list_package_files(found)


@pytest.mark.parametrize("suffix", OTHER_SUFFIXES)
def test_archives_that_are_no_zip_are_refused_or_ignored_beside_their_package(tmp_path: Path, suffix: str) -> None:
    archive = tmp_path / f"{NAME.format('11-23')}{suffix.upper()}"
    archive.touch()
    report = make_plan([tmp_path]).report
    assert (report.found, len(report.refused), report.ignored) == (1, 1, [])
    assert "pack it as zip" in report.refused[0].reason
    package = tmp_path / NAME.format("11-23")
    package.mkdir()
    report = make_plan([tmp_path]).report
    assert (report.found, report.refused, len(report.ignored)) == (2, [], 1)
    assert str(package) in report.ignored[0].reason


def test_an_archive_can_be_a_root(tmp_path: Path) -> None:
    archive = tmp_path / f"{NAME.format('11-23')}.Zip"
    archive.write_bytes(b"")
    [found] = walk(archive)
    assert isinstance(found, PackagePath)
    assert (found.path, found.root, found.name, found.is_archive) == (archive, tmp_path, archive.stem, True)
    with pytest.raises(TreeNotFound, match=r"other\.zip"):
        paths(tmp_path / "other.zip")


def test_addresses_are_relative_to_the_base_that_holds_the_root(tmp_path: Path) -> None:
    package = tmp_path / "a" / NAME.format("11-23")
    package.mkdir(parents=True)
    for base, expected in ((tmp_path, tmp_path), (tmp_path / "b", package), (None, package)):
        [found] = walk(package, base=base)
        assert found.root == expected
