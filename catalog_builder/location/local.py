"""Folders and files on a disk."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from stat import S_ISREG

from catalog_builder.location.handle import Contents, Entry, Facts, OpenFile

INTO_NOTHING = "a link into nothing"
BLOCK_BYTES = 2**20
"""What is read at once of a file that is read whole."""


class _File(io.BufferedReader):
    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        return [os.pread(self.fileno(), length, start) for start, length in ranges]


@dataclass(frozen=True, slots=True)
class LocalHandle:
    """A folder or file on a disk. Links are followed."""

    path: Path

    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.path.is_file()

    def is_gone(self) -> bool:
        """Only what is certainly not there: a disk that cannot be read has lost nothing."""
        try:
            os.lstat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        return False

    def scan(self) -> list[Entry]:
        """What a folder holds, by name."""
        return [_Entry(entry) for entry in self._entries()]

    def files(self) -> tuple[dict[str, Facts], set[str]]:
        """Regular files by name, and names of folders."""
        contents = self.contents()
        return contents.files, contents.folders

    def contents(self) -> Contents:
        """By one listing."""
        files: dict[str, Facts] = {}
        folders: set[str] = set()
        links: list[str] = []
        unusable: dict[str, str] = {}
        for entry in self._entries():
            if _is_there(entry.is_file):
                files[entry.name] = _facts(entry.stat())
                if entry.is_symlink():
                    links.append(entry.name)
            elif _is_there(entry.is_dir):
                folders.add(entry.name)
            else:
                unusable[entry.name] = INTO_NOTHING if entry.is_symlink() else "a pipe, a socket or a device"
        return Contents(files, folders, tuple(links), unusable)

    def identity(self) -> Hashable:
        """Device and number of the file system."""
        status = self.path.stat()
        return status.st_dev, status.st_ino

    def facts(self) -> Facts:
        """Size and time of a file."""
        status = self.path.stat()
        if not S_ISREG(status.st_mode):  # a pipe would be waited for
            raise OSError(EINVAL, "it is not a regular file")
        return _facts(status)

    def blocks(self) -> Iterator[bytes]:
        """Content of a file from its start to its end."""
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def open(self) -> OpenFile:
        """Open a file for reading here and there."""
        return _File(self.path)

    def read(self, limit: int) -> bytes:
        """The first bytes of a file, in one call: texts are small and many."""
        with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123 (half the time of pathlib's own)
            return file.read(limit)

    def _entries(self) -> list[os.DirEntry[str]]:
        with os.scandir(self.path) as listing:
            return sorted(listing, key=lambda entry: entry.name)


class _Entry:
    """A name in a folder; nothing is where a link leads in a circle."""

    __slots__ = ("_entry", "name")

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self._entry = entry
        self.name = entry.name

    def is_dir(self) -> bool:
        return _is_there(self._entry.is_dir)

    def is_file(self) -> bool:
        return _is_there(self._entry.is_file)

    def is_symlink(self) -> bool:
        return self._entry.is_symlink()


def _is_there(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:
        return False


def _facts(status: os.stat_result) -> Facts:
    return Facts(size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
