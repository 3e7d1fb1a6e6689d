"""An item as a store is given it."""

from __future__ import annotations

from dataclasses import dataclass

from catalog_builder.sinks.manifest import Record


@dataclass(frozen=True, slots=True)
class Document:
    """An item, written."""

    id: str
    content: bytes
    record: Record | None
    """For the manifest; None where it could not recognise the package again."""
    thumbnail: bytes | None = None
    """PNG."""
