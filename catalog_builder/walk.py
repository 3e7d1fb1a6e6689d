"""A root directory → the packages in it, unopened, in a fixed order. Reads directory listings and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from catalog_builder.errors import TreeNotFound
from catalog_builder.model import Found
from catalog_builder.names import is_package_name

ARCHIVE_SUFFIX = ".zip"


def walk(root: Path) -> Iterator[Found]:
    """Yield each directory and zip archive at or below `root` that is named as a package.

    A package directory is not searched for further packages. Links to directories are followed once.

    Raises:
        TreeNotFound: `root` is no directory.
    """
    if not root.is_dir():
        msg = f"{root}: no such directory"
        raise TreeNotFound(msg)
    root = root.resolve()
    yield from _walk(root, root, seen=set())


def _walk(folder: Path, root: Path, *, seen: set[tuple[int, int]]) -> Iterator[Found]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    if is_package_name(folder.name):
        yield Found(path=folder, root=root, name=folder.name)
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(folder / entry.name, root, seen=seen)
        elif is_package_name(entry.name) and entry.name.lower().endswith(ARCHIVE_SUFFIX):
            path = folder / entry.name
            yield Found(path=path, root=root, name=path.stem, is_archive=True)
