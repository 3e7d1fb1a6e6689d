"""A root → the packages in it, unopened, in a fixed order. Reads directory listings and nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from catalog_builder.errors import TreeNotFound
from catalog_builder.location import Entry, Facts, Listings, Location, ObjectPath, StoreEntry, at, relative
from catalog_builder.packages.archive import is_package_archive, package_of_archive
from catalog_builder.packages.model import PackagePath
from catalog_builder.packages.names import is_package_name, is_raster_name


@dataclass(frozen=True, slots=True)
class UnnamedFolder:
    """A directory that holds products but is not named as a package."""

    path: Location
    root: Location


@dataclass(frozen=True, slots=True)
class UnlistedFolder:
    """A directory that cannot be listed, so that packages may be missed."""

    path: Location
    reason: str


def walk(root: Location, *, base: Location | None = None) -> Iterator[PackagePath | UnnamedFolder | UnlistedFolder]:
    """Yield each directory and zip archive at or below `root` that is named as a package or holds products.

    Packages are searched for further ones, save for the folder of its own name that a package may lie in. Links to
    directories are followed, each directory once; a link to nothing that is named as a package is yielded, so that it
    can be refused.

    Args:
        root: a directory, or one archive.
        base: what addresses are relative to, where it holds the root; of a root in a store, its bucket is instead.
            Else the root is.

    Raises:
        TreeNotFound: `root` is neither.
    """
    root = root.resolve()
    tree = _tree_of(root, base)
    if is_package_archive(root.name) and at(root).is_file():
        yield _archive(root, root.parent if tree is root else tree)
        return
    if not at(root).is_folder():
        msg = f"{root}: no such directory" if isinstance(root, Path) else f"{root}: nothing is there"
        raise TreeNotFound(msg)
    pending = [root]
    with Listings(lambda folder: at(folder).scan()) as listings:
        yield from _walk(tree, pending, listings)


def _walk(
    tree: Location, pending: list[Location], listings: Listings
) -> Iterator[PackagePath | UnnamedFolder | UnlistedFolder]:
    """The folders of a stack and all below them."""
    seen: set[Hashable] = set()
    while pending:
        folder = pending.pop()
        is_package = is_package_name(folder.name)
        package = PackagePath(path=folder, root=tree, name=folder.name)
        try:
            if not _is_new(folder, seen):
                continue
            entries = listings.of(folder, pending)
        except OSError as error:  # of a package, reading it will tell
            yield package if is_package else UnlistedFolder(folder, f"cannot be listed: {error.strerror}")
            continue
        folders = [entry.name for entry in entries if entry.is_dir()]
        if is_package:
            yield replace(package, mark=_mark(entries))
            is_wrapped = folder.name in folders and not any(entry.is_file() for entry in entries)
            folders = [name for name in folders if not (is_wrapped and name == folder.name)]
        elif any(is_raster_name(entry.name) and entry.is_file() for entry in entries):
            yield UnnamedFolder(folder, tree)
        yield from _in_folder(folder, tree, entries)
        pending += [folder / name for name in reversed(folders)]


def _tree_of(root: Location, base: Location | None) -> Location:
    if base is None:
        return root
    if isinstance(root, ObjectPath):
        return replace(root, key="")
    return base if relative(root, base) else root


def _is_new(folder: Location, seen: set[Hashable]) -> bool:
    """Whether a directory was not met before under this or another name."""
    place = at(folder).identity()
    if place in seen:
        return False
    seen.add(place)
    return True


def _mark(entries: list[Entry]) -> str | None:
    """Digest of the files of a folder of a store; None where none is told of, as on a disk."""
    if not entries or not isinstance(entries[0], StoreEntry):
        return None
    files = [(entry.name, entry.facts) for entry in entries if isinstance(entry, StoreEntry) and entry.facts]
    return sha256(repr(files).encode()).hexdigest() if files else None


def _in_folder(folder: Location, tree: Location, entries: list[Entry]) -> Iterator[PackagePath]:
    """Archives, and links to nothing."""
    for entry in entries:
        if not is_package_name(entry.name) or entry.is_dir():
            continue
        path = folder / entry.name
        if is_package_archive(entry.name):
            yield _archive(path, tree, entry.facts if isinstance(entry, StoreEntry) else None)
        elif entry.is_symlink() and not entry.is_file():
            yield PackagePath(path=path, root=tree, name=entry.name)


def _archive(path: Location, tree: Location, facts: Facts | None = None) -> PackagePath:
    return PackagePath(path=path, root=tree, name=package_of_archive(path.name), is_archive=True, facts=facts)
