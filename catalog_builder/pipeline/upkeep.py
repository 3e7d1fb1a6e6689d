"""Thumbnails of a build: written before the items that name them, and removed after them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from catalog_builder.sinks.document import Document
from catalog_builder.sinks.manifest import Record
from catalog_builder.thumbnails.folder import ThumbnailFolder
from catalog_builder.thumbnails.make import NO_THUMBNAIL


class Upkeep:
    """The folder of thumbnails, as one build keeps it; does nothing where none are asked for."""

    def __init__(self, folder: ThumbnailFolder | None) -> None:
        self._folder = folder

    def known(self, records: Mapping[str, Record]) -> dict[str, Record]:
        """Records by package, in a form that no package is found unchanged whose thumbnail is lost."""
        if self._folder is None:
            return dict(records)
        collections = {record.collection for record in records.values()}
        there = {name: self._folder.items(name) for name in collections}
        return {
            package: record if record.item in there[record.collection] or _has_none(record) else _stale(record)
            for package, record in records.items()
        }

    def write(self, collection_id: str, documents: Sequence[Document]) -> None:
        """Write those of some items that are about to be stored.

        Raises:
            SinkError: one cannot be written.
        """
        if self._folder:
            for document in documents:
                if document.thumbnail:
                    self._folder.write(collection_id, document.id, document.thumbnail)

    def remove_old(self, collection_id: str, documents: Sequence[Document]) -> None:
        """Take those away that were made by earlier builds of items that are stored now and have none.

        Raises:
            SinkError: one cannot be removed.
        """
        self.remove(collection_id, [document.id for document in documents if not document.thumbnail])

    def remove(self, collection_id: str, ids: Sequence[str]) -> None:
        """Take those of items that are gone away.

        Raises:
            SinkError: one cannot be removed.
        """
        if self._folder and ids:
            self._folder.remove(collection_id, ids)

    def keep_only(self, collection_id: str, ids: Collection[str]) -> None:
        """Take all away but those of some items.

        Raises:
            SinkError: one cannot be removed.
        """
        if self._folder:
            self.remove(collection_id, sorted(self._folder.items(collection_id).difference(ids)))


def _has_none(record: Record) -> bool:
    return any(reason.startswith(NO_THUMBNAIL) for _, reason, *_ in record.warnings)


def _stale(record: Record) -> Record:
    return replace(record, fingerprint="")
