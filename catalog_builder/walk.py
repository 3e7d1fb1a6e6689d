"""A root → the packages in it, unopened, in a fixed order. Reads directory listings and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog_builder.archive import SUFFIX
from catalog_builder.errors import TreeNotFound
from catalog_builder.model import Found
from catalog_builder.names import is_package_name, is_raster_name


@dataclass(frozen=True, slots=True)
class Loose:
    """A directory that holds products but is not named as a package."""

    path: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A directory that cannot be listed, so that packages may be missed."""

    path: Path
    reason: str


def walk(root: Path, *, base: Path | None = None) -> Iterator[Found | Loose | Unlisted]:
    """Yield each directory and zip archive at or below `root` that is named as a package or holds products.

    A package is not searched for further ones. Links to directories are followed, each directory once; a link to
    nothing that is named as a package is yielded, so that it can be refused.

    Args:
        root: a directory, or one archive.
        base: what addresses are relative to, where it holds the root; else the root is.

    Raises:
        TreeNotFound: `root` is neither.
    """
    root = root.resolve()
    tree = base if base and root.is_relative_to(base) else root
    if _is_archive_name(root.name) and root.is_file():
        yield _archive(root, base if tree is base and base else root.parent)
        return
    if not root.is_dir():
        msg = f"{root}: no such directory"
        raise TreeNotFound(msg)
    seen: set[tuple[int, int]] = set()
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            if not _is_new(folder, seen):
                continue
            if is_package_name(folder.name):
                yield Found(path=folder, root=tree, name=folder.name)
                continue
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unlisted(folder, f"cannot be listed: {error.strerror}")
            continue
        yield from _in_folder(folder, tree, entries)
        pending += [folder / entry.name for entry in reversed(entries) if entry.is_dir()]


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a directory was not met before under this or another name."""
    status = folder.stat()
    place = status.st_dev, status.st_ino
    if place in seen:
        return False
    seen.add(place)
    return True


def _in_folder(folder: Path, tree: Path, entries: list[os.DirEntry[str]]) -> Iterator[Found | Loose]:
    if any(is_raster_name(entry.name) and entry.is_file() for entry in entries):
        yield Loose(folder, tree)
    for entry in entries:
        path = folder / entry.name
        if _is_archive_name(entry.name) and not entry.is_dir():
            yield _archive(path, tree)
        elif is_package_name(entry.name) and entry.is_symlink() and not path.exists():
            yield Found(path=path, root=tree, name=entry.name)


def _archive(path: Path, tree: Path) -> Found:
    return Found(path=path, root=tree, name=path.stem, is_archive=True)


def _is_archive_name(name: str) -> bool:
    return is_package_name(name) and name.lower().endswith(SUFFIX)
