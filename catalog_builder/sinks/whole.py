"""What sinks have in common that write all of a catalogue each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from catalog_builder.sinks import ItemDict
from catalog_builder.sinks.encoding import Encode, compact
from catalog_builder.sinks.manifest import Manifest, NullManifest


class WholeSink:
    """Items of earlier builds are replaced, not kept: for a build there are none."""

    def encoding(self) -> Encode:
        """A line for each item."""
        return compact

    def claim(self) -> AbstractContextManager[None]:
        """Nothing to be claimed."""
        return nullcontext()

    def manifest(self) -> Manifest:
        """Nothing is kept from build to build."""
        return NullManifest()

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:  # noqa: ARG002 (none)
        """None: the files hold what this build wrote."""
        return iter(())

    def has_collection(self, collection_id: str) -> bool:  # noqa: ARG002 (a protocol's)
        """It is what this build writes."""
        return True

    def stored_ids(self, collection_id: str) -> set[str]:  # noqa: ARG002 (a protocol's)
        """None that would be kept."""
        return set()

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:  # noqa: ARG002 (a protocol's)
        """None are there to remove."""
        return 0

    def remove_collection(self, collection_id: str) -> None:
        """It is not written in the first place."""
