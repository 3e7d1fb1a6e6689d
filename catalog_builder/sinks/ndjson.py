"""A catalogue as lines: `collections.ndjson` and one `<collection>.ndjson` of items each, as pypgstac and others load
them.

The files of a build are written beside the old ones and take their place together at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import BufferedWriter
from pathlib import Path

from catalog_builder.errors import SinkError
from catalog_builder.location.claim import claim
from catalog_builder.sinks import COLLECTIONS, CollectionDict, Written
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import compact
from catalog_builder.sinks.whole import WholeSink


class NdjsonSink(WholeSink):
    """Writes whole files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, BufferedWriter] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{folder}: cannot be made a folder: {error.strerror}"
            raise SinkError(msg) from error

    def claim(self) -> AbstractContextManager[None]:
        """The folder, and nothing in it of builds that were ended."""
        return claim(self.folder)

    def open_collection(self, collection: CollectionDict) -> None:
        """Start its file of items."""
        self._file(collection["id"])

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Append a line for each item."""
        for item in items:
            self._line(collection_id, item.content)
        return Written(changed=len(items))

    def close_collection(self, collection: CollectionDict) -> None:
        """Append the collection's own line."""
        self._line(COLLECTIONS, compact(collection))

    def close(self) -> None:
        """Put the new files in the place of the old ones."""
        for name, file in self._open.items():
            try:
                file.close()
                Path(file.name).replace(self.folder / f"{name}.ndjson")
            except OSError as error:
                msg = f"{self.folder / name}.ndjson: cannot be written: {error.strerror}"
                raise SinkError(msg) from error
        self._open.clear()

    def _file(self, name: str) -> BufferedWriter:
        if name not in self._open:
            self._open[name] = (self.folder / f".{name}.ndjson.tmp").open("wb")
        return self._open[name]

    def _line(self, name: str, content: bytes) -> None:
        try:
            self._file(name).write(content + b"\n")
        except OSError as error:
            msg = f"{self.folder / name}.ndjson: cannot be written: {error.strerror}"
            raise SinkError(msg) from error
