"""What a store keeps of the builds that filled it: a record of each package, and which collections are unfinished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """A package whose item is in the store."""

    package: str
    """Path."""
    fingerprint: str
    collection: str
    item: str
    warnings: tuple[tuple[str, ...], ...] = ()
    """Paths, reasons, kinds and values of remarks, to be said again."""
    ignored: tuple[tuple[str, ...], ...] = ()


class Manifest(Protocol):
    """Records of earlier builds. Each change is kept from when the method returns, whatever ends the process then."""

    keeps: bool
    """Whether anything is kept from build to build."""

    def records(self) -> Iterable[Record]:
        """All of them."""

    def remember(self, records: Sequence[Record]) -> None:
        """Add records, or replace those of the same packages."""

    def forget(self, packages: Sequence[str]) -> None:
        """Remove the records of some packages."""

    def unfinished(self) -> set[str]:
        """Collections that were begun and not finished."""

    def begin(self, collection_id: str) -> None:
        """The items of a collection are about to change."""

    def finish(self, collection_id: str) -> None:
        """The document of a collection agrees with its items."""

    def close(self) -> None:
        """Nothing more will come."""


class NullManifest:
    """The manifest of a store that every build rewrites."""

    keeps = False

    def records(self) -> Iterable[Record]:
        """None."""
        return ()

    def remember(self, records: Sequence[Record]) -> None:
        """Nothing is kept."""

    def forget(self, packages: Sequence[str]) -> None:
        """Nothing was kept."""

    def unfinished(self) -> set[str]:
        """None."""
        return set()

    def begin(self, collection_id: str) -> None:
        """Nothing is kept."""

    def finish(self, collection_id: str) -> None:
        """Nothing was kept."""

    def close(self) -> None:
        """Nothing is open."""
