"""Where documents stand relative to each other, and where assets are. One class per kind of store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

from catalog_builder.location.address import Location, ObjectPath, relative
from catalog_builder.location.published import address_below
from catalog_builder.thumbnails.folder import ThumbnailFolder


class Layout(Protocol):
    """Addresses written into documents."""

    def item(self, collection_id: str, item_id: str) -> str:
        """Address of an item, as written in another item or collection."""

    def collection(self, collection_id: str) -> str:
        """Address of a collection, as written in an item or in another collection."""

    def search(self, collection_id: str, filter_text: str) -> str | None:
        """Address of a search, or None where the store cannot answer one."""

    def asset(self, path: Location, root: Location, collection_id: str) -> str:
        """Address of a file of a tree."""

    @property
    def thumbnails(self) -> ThumbnailFolder | None:
        """Where thumbnails are kept; None where none are expected."""

    def thumbnail(self, collection_id: str, item_id: str) -> str:
        """Address of the thumbnail of an item, where they are expected."""


@dataclass(frozen=True, slots=True)
class ServiceLayout:
    """Documents in a database, served by an API: addresses relative to its landing page, absolute ones for files."""

    href_base: str | None = None
    """Where the tree is published; None: the files are named by their own address, `file://` or a store's."""
    thumbnails: ThumbnailFolder | None = None

    def item(self, collection_id: str, item_id: str) -> str:
        """Relative to the landing page."""
        return f"collections/{collection_id}/items/{item_id}"

    def collection(self, collection_id: str) -> str:
        """Relative to the landing page."""
        return f"collections/{collection_id}"

    def search(self, collection_id: str, filter_text: str) -> str | None:
        """A GET search in CQL2 text."""
        query = {"collections": collection_id, "filter-lang": "cql2-text", "filter": filter_text}
        return f"search?{urlencode(query)}"

    def asset(self, path: Location, root: Location, collection_id: str) -> str:  # noqa: ARG002 (same for all collections)
        """Absolute: below `href_base`, else the file's own address."""
        return _published(path, root, self.href_base) or path.as_uri()

    def thumbnail(self, collection_id: str, item_id: str) -> str:
        """Where the folder is published, else the file's own address, which a service makes one of its own."""
        folder = _wanted(self.thumbnails)
        return folder.published(collection_id, item_id) or folder.path(collection_id, item_id).as_uri()


@dataclass(frozen=True, slots=True)
class StaticLayout:
    """Documents in a folder: `<region>/<collection>/<item>.json`, beside `collection.json`; relative addresses."""

    folder: Path
    href_base: str | None = None
    thumbnails: ThumbnailFolder | None = None

    def item(self, collection_id: str, item_id: str) -> str:
        """Relative to any item or collection of the region."""
        return f"../{collection_id}/{item_id}.json"

    def collection(self, collection_id: str) -> str:
        """Relative to any item or collection of the region."""
        return f"../{collection_id}/collection.json"

    def search(self, collection_id: str, filter_text: str) -> str | None:  # noqa: ARG002 (a folder answers none)
        """A folder cannot be searched."""
        return None

    def asset(self, path: Location, root: Location, collection_id: str) -> str:
        """Below `href_base`, else relative to the document; of a store the address itself."""
        published = _published(path, root, self.href_base)
        if published:
            return published
        if isinstance(path, ObjectPath):
            return path.as_uri()
        return self._way_to(path, collection_id)

    def thumbnail(self, collection_id: str, item_id: str) -> str:
        """Where the folder is published, else relative to the document."""
        folder = _wanted(self.thumbnails)
        return folder.published(collection_id, item_id) or self._way_to(
            folder.path(collection_id, item_id), collection_id
        )

    def _way_to(self, path: Path, collection_id: str) -> str:
        region = collection_id.split("-")[1]
        return quote(os.path.relpath(path, self.folder / region / collection_id))


def _wanted(thumbnails: ThumbnailFolder | None) -> ThumbnailFolder:
    assert thumbnails is not None  # noqa: S101 (whoever asks for an address has one to give it to)
    return thumbnails


def _published(path: Location, root: Location, href_base: str | None) -> str | None:
    if href_base is None:
        return None
    way = relative(path, root)
    assert way is not None  # noqa: S101 (it was found below its root)
    return address_below(href_base, way)
