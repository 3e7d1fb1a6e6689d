"""Where thumbnails are kept: a folder of `<collection>/<item>.png`. A file is replaced in one step."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catalog_builder.location.files import make_folder, remove, replace
from catalog_builder.location.published import address_below

SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class ThumbnailFolder:
    """A folder of thumbnails, and where it is published."""

    folder: Path
    """Absolute."""
    href_base: str | None = None
    """None: beside a static catalogue, or served from the folder."""

    def path(self, collection_id: str, item_id: str) -> Path:
        """Where the thumbnail of an item is."""
        return self.folder / collection_id / f"{item_id}{SUFFIX}"

    def published(self, collection_id: str, item_id: str) -> str | None:
        """Address of the thumbnail of an item; None where the folder is not published by itself."""
        if self.href_base is None:
            return None
        return address_below(self.href_base, f"{collection_id}/{item_id}{SUFFIX}")

    def items(self, collection_id: str) -> set[str]:
        """Ids of the items of a collection that have one."""
        return {path.stem for path in (self.folder / collection_id).glob(f"*{SUFFIX}")}

    def write(self, collection_id: str, item_id: str, content: bytes) -> None:
        """Put a thumbnail there; one that is there just so is left alone.

        Raises:
            SinkError: it cannot be written.
        """
        make_folder(self.folder / collection_id)
        replace(self.path(collection_id, item_id), content)

    def remove(self, collection_id: str, ids: Iterable[str]) -> None:
        """Take the thumbnails of some items away, and the collection's folder with the last one.

        Raises:
            SinkError: one cannot be removed.
        """
        remove(*(self.path(collection_id, item) for item in ids))
        with suppress(OSError):  # others are in it, or it is not there
            (self.folder / collection_id).rmdir()
