"""The product trees under `/data/`, and thumbnails: stored file address → address of the service → file.

Assets are stored with the address the builder knew. Below a tree served here that is a `file:` URI, which says
nothing to a client; at answer time it becomes an address under `/data/`:

- one tree: `/data/<path in the tree>`
- several: `/data/<folder name of the tree>/<path in the tree>`

A builder's folder of thumbnails is another such tree, under `/thumbnails/`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from api.errors import NotFound, NotReadable, StartError
from catalog_builder.derived.item_documents import file_path

if TYPE_CHECKING:
    from collections.abc import Iterable


DATA: Final = "data"
THUMBNAILS: Final = "thumbnails"


@dataclass(frozen=True, slots=True)
class DataMount:
    """One tree.

    Attributes:
        folder: The tree with no symbolic link in its path: what is served must lie below it.
        spellings: Absolute paths under which stored addresses may name the tree.
        prefix: First part of the path below `/data/`, empty when there is only one tree.
        place: First part of the path of its files below the landing page.
    """

    folder: Path
    spellings: tuple[str, ...]
    prefix: str
    place: str = DATA

    @property
    def start(self) -> str:
        """What the addresses of its files begin with, below the landing page."""
        return f"{self.place}/{self.prefix}/" if self.prefix else f"{self.place}/"

    def address_path(self, path: str) -> str | None:
        """Path below the landing page of a file named by its absolute path, or None when it is not in this tree."""
        for spelling in self.spellings:
            if path.startswith(f"{spelling}/"):
                return self.start + path.removeprefix(f"{spelling}/")
        return None


@dataclass(frozen=True, slots=True)
class DataMounts:
    """All trees that are served."""

    mounts: tuple[DataMount, ...] = ()

    @classmethod
    def from_paths(cls, paths: Iterable[Path], thumbnails: Path | None = None) -> DataMounts:
        """The trees at these paths; the same tree given twice counts once.

        Args:
            paths: Product trees.
            thumbnails: Folder of thumbnails; may come to be while the service runs.

        Raises:
            StartError: A path is not a directory, or two trees have the same folder name.
        """
        folders: dict[Path, list[str]] = {}
        for path in paths:
            if not path.is_dir():
                msg = f"{path}: FLATSIM_DATA: not a directory; give the folder of the product tree"
                raise StartError(msg)
            folder = path.resolve()
            folders.setdefault(folder, [str(folder)]).append(os.path.abspath(path))  # noqa: PTH100 -- keeps links
        by_name: dict[str, Path] = {}
        for folder in folders:
            if (other := by_name.setdefault(folder.name, folder)) != folder:
                msg = (
                    f"FLATSIM_DATA: {other} and {folder} have the same folder name, so their files would have the "
                    "same address; rename one, or serve their common parent"
                )
                raise StartError(msg)
        several = len(folders) > 1
        trees = [
            DataMount(folder, tuple(dict.fromkeys(spellings)), folder.name if several else "")
            for folder, spellings in folders.items()
        ]
        return cls((*trees, *_thumbnail_mounts(thumbnails)))

    @property
    def overlap(self) -> bool:
        """Whether one tree lies in another, or has two names of which one lies in the other."""
        names = [spelling for mount in self.mounts for spelling in mount.spellings]
        return any(inner.startswith(f"{outer}/") for outer in names for inner in names)

    def address(self, href: str, base_url: str) -> str:
        """Address of an asset for a client: under `base_url` when its file is in one of the trees.

        Args:
            href: The stored address; anything but a local `file:` URI is returned as it is.
            base_url: Address of the landing page, with a slash at its end.
        """
        path = file_path(href)
        if path is None:
            return href
        addresses = [found for mount in self.mounts if (found := mount.address_path(path)) is not None]
        return f"{base_url}{quote(os.fsencode(min(addresses, key=len)))}" if addresses else href

    def find(self, path: str, place: str = DATA) -> tuple[Path, os.stat_result]:
        """The regular file at a path below `/data/`, or another place, already decoded, and its state.

        Raises:
            NotFound: The file does not exist, is not a regular file, or is outside the trees.
            NotReadable: The service may not read it.
        """
        for mount in (mount for mount in self.mounts if mount.place == place):
            inner = path.removeprefix(f"{mount.prefix}/") if mount.prefix else path
            if mount.prefix and inner == path:
                continue
            if (found := _regular_file(mount.folder, inner)) is not None:
                if not os.access(found[0], os.R_OK):
                    msg = f"/{place}/{path}: the service has no permission to read this file"
                    raise NotReadable(msg)
                return found
        msg = f"/{place}/{path}: no such file"
        raise NotFound(msg)


def _thumbnail_mounts(folder: Path | None) -> Iterable[DataMount]:
    if folder is not None:
        spellings = (str(folder.resolve()), os.path.abspath(folder))  # noqa: PTH100 -- keeps links
        yield DataMount(folder.resolve(), tuple(dict.fromkeys(spellings)), "", THUMBNAILS)


def _regular_file(folder: Path, inner: str) -> tuple[Path, os.stat_result] | None:
    """The regular file at a relative path, unless it is elsewhere once links and `..` are followed."""
    if not {"", ".", ".."}.isdisjoint(inner.split("/")):  # one address for one file
        return None
    try:
        found = (folder / inner).resolve(strict=True)
        state = found.stat()
    except (OSError, RuntimeError, ValueError):  # missing, too long, a loop of links, not encodable
        return None
    if not found.is_relative_to(folder) or not stat.S_ISREG(state.st_mode):
        return None
    return found, state
