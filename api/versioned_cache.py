"""The one cache of values that hold for one state of the catalogue: least recently used first out, bounded by size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Hashable

V = TypeVar("V")


class VersionedCache(Generic[V]):
    """Values by key, each with its size and the version of what it was made from."""

    def __init__(self, max_size: int) -> None:
        """An empty cache.

        Args:
            max_size: Sizes of all values together, in the unit of `put`.
        """
        self._entries: LRUCache[Hashable, tuple[Hashable, int, V]] = LRUCache(
            max_size, getsizeof=lambda entry: entry[1]
        )

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """Sizes of all values together."""
        return int(self._entries.currsize)

    def get(self, key: Hashable, version: Hashable = None) -> V | None:
        """The value of a key, None unless it was made from this version."""
        entry = self._entries.get(key)
        return entry[2] if entry is not None and entry[0] == version else None

    def put(self, key: Hashable, value: V, *, size: int = 1, version: Hashable = None) -> None:
        """Cache a value; one that is larger than the cache is not cached."""
        self._entries.pop(key, None)
        if size <= self._entries.maxsize:
            self._entries[key] = version, size, value

    def clear(self) -> None:
        """Remove all values."""
        self._entries.clear()
