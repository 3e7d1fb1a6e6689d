"""Addresses of files: from what the builder stored to what a client opens, and back to the file, but no other."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import NotFound, StartError
from api.files.mounts import DataMount, DataMounts

BASE = "https://stac.example.org/prefix/"


def mounts_of(*paths: Path) -> DataMounts:
    return DataMounts.from_paths(paths)


def test_one_tree_has_no_prefix(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    mounts = mounts_of(tree)
    assert mounts.address(f"file://{tree}/D080/a.tiff", BASE) == f"{BASE}data/D080/a.tiff"
    assert mounts.address(f"file://localhost{tree}/D080/a.tiff", BASE) == f"{BASE}data/D080/a.tiff"


@pytest.mark.parametrize(
    "href",
    [
        "https://data.example.org/a.tiff",
        "s3://bucket/a.tiff",
        "a.tiff",
        "",
        "file:///elsewhere/a.tiff",
        "file://server/{tree}/a.tiff",
        "file:{name}/a.tiff",
        "file://{tree}-sibling/a.tiff",
        "file://{tree}",
    ],
)
def test_other_addresses_stay_as_they_are(tmp_path: Path, href: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    href = href.format(tree=tree, name=tree.name)
    assert mounts_of(tree).address(href, BASE) == href


def test_several_trees_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    for name in ("balkans", "tibet"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    mounts = mounts_of(tmp_path / "balkans", tmp_path / "tibet")
    for name in ("balkans", "tibet"):
        assert mounts.address((tmp_path / name / "a.txt").as_uri(), BASE) == f"{BASE}data/{name}/a.txt"
        assert mounts.find(f"{name}/a.txt")[0].read_text() == name
    for path in ("a.txt", "balkans", "balkans/", "nope/a.txt", "balkans/tibet/a.txt", "balkans//a.txt/"):
        with pytest.raises(NotFound):
            mounts.find(path)


def test_a_tree_in_a_tree_gets_the_shorter_address(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    mounts = mounts_of(tmp_path / "outer", inner)
    assert mounts.address((inner / "a.txt").as_uri(), BASE) == f"{BASE}data/inner/a.txt"


def test_two_trees_of_one_name_are_refused(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        (tmp_path / parent / "tree").mkdir(parents=True)
    with pytest.raises(StartError, match="same folder name"):
        mounts_of(tmp_path / "a" / "tree", tmp_path / "b" / "tree")


def test_the_same_tree_twice_counts_once(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "link").symlink_to(tree)
    mounts = mounts_of(tree, tmp_path / "link", tree)
    assert len(mounts.mounts) == 1
    # an address may have been stored by way of the link
    for spelling in (tree, tmp_path / "link"):
        assert mounts.address(f"file://{spelling}/a.txt", BASE) == f"{BASE}data/a.txt"


def test_a_tree_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nope"):
        mounts_of(tmp_path / "nope")


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)


@given(parts=st.lists(NAMES, min_size=1, max_size=4))
def test_any_name_survives_the_way_there_and_back(parts: list[str]) -> None:
    mounts = DataMounts((DataMount(Path("/srv/tree"), ("/srv/tree",), ""),))
    address = mounts.address(Path("/srv/tree", *parts).as_uri(), BASE)
    path = address.removeprefix(f"{BASE}data/")
    assert not set(path) & set(" #?%") - {"%"}
    assert unquote(path) == "/".join(parts)
