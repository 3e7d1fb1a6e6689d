"""What can be asked of a folder or file, wherever it is.

Whatever goes wrong with one folder or file is an `OSError` whose `strerror` is the reason; a store that cannot be used
at all raises `StoreError`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Protocol


class Entry(Protocol):
    """A name in a folder and what is behind it, links followed, as in `os.DirEntry`."""

    @property
    def name(self) -> str:
        """Without folders."""

    def is_dir(self) -> bool:
        """Whether it is a folder."""

    def is_file(self) -> bool:
        """Whether it is a regular file."""

    def is_symlink(self) -> bool:
        """Whether it is a link."""


class Facts(NamedTuple):
    """What tells one state of a file from another without reading it."""

    size_bytes: int
    modified_ns: int
    """Time of modification, nanoseconds since 1970."""
    tag: str | None = None
    """The store's own mark of the content (ETag); None on a disk."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds."""

    files: dict[str, Facts]
    """Regular files in the order of their names."""
    folders: set[str]
    links: tuple[str, ...] = ()
    """Files that lie elsewhere."""
    unusable: dict[str, str] = field(default_factory=dict)
    """Names without a file or folder behind them, and what there is instead."""


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """A name in a folder of a store, whose listing tells all about its files."""

    name: str
    facts: Facts | None = None
    """None for a folder."""

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self.facts is None

    def is_file(self) -> bool:
        """Whether it is an object."""
        return self.facts is not None

    def is_symlink(self) -> bool:
        """Never: stores have none."""
        return False


class OpenFile(Protocol):
    """An open file, as `zipfile` needs one."""

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from here on, all for a negative size."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there."""

    def tell(self) -> int:
        """Where we are."""

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Some stretches at once, each given by its start and length; shorter where the file ends before."""

    def __enter__(self) -> OpenFile:
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Close it."""


class Handle(Protocol):
    """A folder or file that can be asked. Making one asks nothing yet."""

    def is_folder(self) -> bool:
        """Whether it is a folder."""

    def is_file(self) -> bool:
        """Whether it is a regular file."""

    def is_gone(self) -> bool:
        """Whether it is certainly not there; False when it cannot be told."""

    def scan(self) -> list[Entry]:
        """What a folder holds, by name. No file is looked at for it."""

    def files(self) -> tuple[dict[str, Facts], set[str]]:
        """Regular files of a folder in the order of their names, and names of its folders."""

    def contents(self) -> Contents:
        """The same, and what else is in the folder."""

    def identity(self) -> Hashable:
        """The same for all names of one folder."""

    def facts(self) -> Facts:
        """Those of a file."""

    def blocks(self) -> Iterator[bytes]:
        """Content of a file from its start to its end."""

    def open(self) -> OpenFile:
        """Open a file for reading here and there."""

    def read(self, limit: int) -> bytes:
        """The first bytes of a file, at most `limit`."""
