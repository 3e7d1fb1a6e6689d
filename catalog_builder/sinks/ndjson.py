"""A catalogue as lines: `collections.ndjson` and one `<collection>.ndjson` of items each, as pypgstac and others load
them.

The files of a build are written beside the old ones and take their place together at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path

from catalog_builder.errors import SinkError
from catalog_builder.manifest import Forgetful, Manifest
from catalog_builder.sinks import CollectionDict, ItemDict, Written

COLLECTIONS = "collections"


class NdjsonSink:
    """Writes whole files; items of earlier builds are replaced, not kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, TextIOWrapper] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{folder}: cannot be made a folder: {error.strerror}"
            raise SinkError(msg) from error

    def open_collection(self, collection: CollectionDict) -> None:
        """Start its file of items."""
        self._file(collection["id"])

    def write_items(self, collection_id: str, items: Sequence[ItemDict]) -> Written:
        """Append a line for each item."""
        for item in items:
            self._line(collection_id, item)
        return Written(changed=len(items))

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:  # noqa: ARG002 (none)
        """None: the files hold what this build wrote."""
        return iter(())

    def close_collection(self, collection: CollectionDict) -> None:
        """Append the collection's own line."""
        self._line(COLLECTIONS, collection)

    def close(self) -> None:
        """Put the new files in the place of the old ones."""
        for name, file in self._open.items():
            file.close()
            Path(file.name).replace(self.folder / f"{name}.ndjson")
        self._open.clear()

    def manifest(self) -> Manifest:
        """Nothing is kept from build to build."""
        return Forgetful()

    def has_collection(self, collection_id: str) -> bool:  # noqa: ARG002 (a protocol's)
        """It is what this build writes."""
        return True

    def stored_ids(self, collection_id: str) -> set[str]:  # noqa: ARG002 (a protocol's)
        """None that would be kept."""
        return set()

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:  # noqa: ARG002 (a protocol's)
        """None are there to remove."""
        return 0

    def _file(self, name: str) -> TextIOWrapper:
        if name not in self._open:
            self._open[name] = (self.folder / f".{name}.ndjson.tmp").open("w", encoding="utf-8")
        return self._open[name]

    def _line(self, name: str, document: ItemDict) -> None:
        json.dump(document, self._file(name), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._file(name).write("\n")
