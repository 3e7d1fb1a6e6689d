"""Where items and collections go. A sink is fed by `catalog_builder.pipeline.build` and knows nothing of packages.

A sink keeps what it holds until it has been given something newer, and can be fed again after an interruption.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode
from catalog_builder.sinks.manifest import Manifest

COLLECTIONS = "collections"
"""Name of the file of collections in a catalogue of lines."""
ItemDict = dict[str, Any]
CollectionDict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch of items."""

    changed: int = 0
    """New ones and those that differed from what was there."""
    unchanged: int = 0


class Sink(Protocol):
    """A store of STAC documents."""

    def open_collection(self, collection: CollectionDict) -> None:
        """Make sure that the collection is there before its items; its extent may still be wrong."""

    def encoding(self) -> Encode:
        """How items are written before they are given to `write_items`."""

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Store a batch of items of one collection, whole or not at all."""

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:
        """Items of the collection that are in the store but not among the written ids."""

    def close_collection(self, collection: CollectionDict) -> None:
        """Store the collection's final form."""

    def close(self) -> None:
        """All collections are closed."""

    def claim(self) -> AbstractContextManager[None]:
        """Have the store for oneself while a build writes, where two would disturb each other."""

    def manifest(self) -> Manifest:
        """What earlier builds have made; nothing where every build writes all."""

    def has_collection(self, collection_id: str) -> bool:
        """Whether the collection itself is in the store."""

    def stored_ids(self, collection_id: str) -> set[str]:
        """Ids of the items that are in the store."""

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:
        """Take items out; the number of those that were there."""

    def remove_collection(self, collection_id: str) -> None:
        """Take a collection out of which all items were taken."""
