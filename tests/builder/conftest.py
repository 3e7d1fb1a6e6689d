"""A small true tree for the builder's tests, written once, and copies to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from catalog_builder.sample import SampleManifest, SampleSpec, write_sample

SMALL = SampleSpec(tracks=2, pairs=7, epochs=5, pixels=64)


@pytest.fixture(scope="session")
def small_tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleManifest]:
    """A tree of two tracks with seven pairs each, not to be changed, and its own account of itself."""
    folder = tmp_path_factory.mktemp("tree")
    return folder, write_sample(folder, SMALL)


@pytest.fixture
def own_tree(small_tree: tuple[Path, SampleManifest], tmp_path: Path) -> tuple[Path, SampleManifest]:
    """A copy of the small tree to damage."""
    folder = tmp_path / "own"
    shutil.copytree(small_tree[0], folder)
    return folder, small_tree[1]
