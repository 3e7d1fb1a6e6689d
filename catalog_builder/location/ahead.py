"""Listings of folders that are asked for one after the other. Those of stores are asked for ahead: each is a way to a
server and back, and many can be under way at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from catalog_builder.location.address import Location
from catalog_builder.location.handle import Entry

REQUESTS_AT_ONCE = 16
AHEAD = 64
"""Listings that may lie ready or be under way: what is kept in memory does not grow with the tree."""


class Listings:
    """What folders hold. To be used as a context, which ends what is under way."""

    def __init__(self, scan: Callable[[Location], list[Entry]]) -> None:
        self._scan = scan
        self._asked: dict[Location, Future[list[Entry]]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> Listings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._threads:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def of(self, folder: Location, pending: Sequence[Location]) -> list[Entry]:
        """What a folder holds, by name.

        Args:
            folder: the folder.
            pending: those that will be asked for afterwards, the next one last.

        Raises:
            OSError: it cannot be listed.
        """
        if isinstance(folder, Path):
            return self._scan(folder)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(REQUESTS_AT_ONCE)
        for one in (folder, *reversed(pending[-AHEAD:])):
            if one not in self._asked and len(self._asked) < AHEAD and not isinstance(one, Path):
                self._asked[one] = self._threads.submit(self._scan, one)
        return self._asked.pop(folder).result()
