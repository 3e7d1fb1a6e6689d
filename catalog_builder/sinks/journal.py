"""The manifest of a folder: a file of lines, appended to while a build runs and rewritten when it ends.

A line is one JSON array, whose first element says what happened. A line that a kill cut short is the last one, and what
it would have said is done again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from catalog_builder.errors import SinkError
from catalog_builder.sinks.manifest import Record

FILE = ".flatsim-build"


class Journal:
    """Records in memory, every change of them on disk."""

    keeps = True

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._records: dict[str, Record] = {}
        self._unfinished: set[str] = set()
        try:
            if self._path.is_file():
                self._read(self._path.read_bytes())
            self._rewrite()
            self._file = self._path.open("ab")
        except OSError as error:
            msg = f"{self._path}: {error.strerror}"
            raise SinkError(msg) from error

    def records(self) -> Iterable[Record]:
        """All of them."""
        return self._records.values()

    def remember(self, records: Sequence[Record]) -> None:
        """Append a line for each."""
        self._append([["made", *astuple(record)] for record in records])

    def forget(self, packages: Sequence[str]) -> None:
        """Append a line for each."""
        self._append([["gone", package] for package in packages])

    def unfinished(self) -> set[str]:
        """Collections that were begun and not finished."""
        return set(self._unfinished)

    def begin(self, collection_id: str) -> None:
        """Append a line."""
        self._append([["begin", collection_id]])

    def finish(self, collection_id: str) -> None:
        """Append a line."""
        self._append([["finish", collection_id]])

    def close(self) -> None:
        """Rewrite the file, without what was overtaken."""
        with suppress(OSError):  # of a full disk, and the file is rewritten
            self._file.close()
        self._rewrite()

    def _read(self, content: bytes) -> None:
        for line in content.splitlines():
            try:
                self._apply(json.loads(line))
            except (ValueError, TypeError, LookupError):  # not of this project, or cut: as if it had not been said
                continue

    def _apply(self, event: list[Any]) -> None:
        match event:
            case ["made", package, fingerprint, collection, item, warnings, ignored]:
                remarks = [tuple(tuple(map(str, one)) for one in said) for said in (warnings, ignored)]
                self._records[package] = Record(package, fingerprint, collection, item, *remarks)
            case ["gone", package]:
                self._records.pop(package, None)
            case ["begin", collection_id]:
                self._unfinished.add(collection_id)
            case ["finish", collection_id]:
                self._unfinished.discard(collection_id)

    def _append(self, events: list[list[Any]]) -> None:
        for event in events:
            self._apply(event)
        try:
            self._file.write(b"".join(map(_line, events)))
            self._file.flush()
        except OSError as error:
            msg = f"{self._path}: cannot be written: {error.strerror}"
            raise SinkError(msg) from error

    def _rewrite(self) -> None:
        begun = [["begin", name] for name in sorted(self._unfinished)]
        made = [["made", *astuple(self._records[package])] for package in sorted(self._records)]
        temporary = self._path.with_name(f"{FILE}.tmp")  # the folder is claimed: no one else has one
        try:
            temporary.write_bytes(b"".join(map(_line, [*begun, *made])))
            temporary.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            msg = f"{self._path}: cannot be written: {error.strerror}"
            raise SinkError(msg) from error


def _line(event: list[Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"
