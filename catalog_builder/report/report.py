"""What a build did: counts that add up, and each refusal with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


def is_writable(text: str) -> bool:
    """Whether a path can stand in a document: file systems also take names that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Remark:
    """A path and what is to be said of it."""

    path: str
    """Bytes of it that are not UTF-8 are written as `\\udcxx`."""
    reason: str
    kind: str = ""
    """Of a warning: the check that gave it."""
    value: str = ""
    """The value at fault, where there is one."""

    def __post_init__(self) -> None:
        if not is_writable(self.path + self.reason + self.value):
            for name in ("path", "reason", "value"):
                text: str = getattr(self, name)
                object.__setattr__(self, name, text.encode(errors="backslashreplace").decode())


def unknown_keys(found: Iterable[tuple[str, str]]) -> list[Remark]:
    """One remark for each tree on the unknown keys of its `.meta` files.

    >>> unknown_keys([("/data", "Colour"), ("/data", "Author")])
    [Remark(path='/data', reason='2 unknown keys in .meta files: Author, Colour', kind='unknown keys', value='')]
    """
    trees: dict[str, set[str]] = {}
    for tree, key in found:
        trees.setdefault(tree, set()).add(key)
    return [
        Remark(tree, f"{len(keys)} unknown keys in .meta files: {', '.join(sorted(keys))}", "unknown keys")
        for tree, keys in sorted(trees.items())
    ]


class Place(NamedTuple):
    """A row of the summary."""

    region: str
    track: str
    """With its campaign and run."""
    kind: str


NO_PLACE = Place("(no package name)", "", "")


@dataclass(slots=True)
class Counts:
    """What became of the packages of one place."""

    found: int = 0
    catalogued: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(slots=True)
class Report:
    """Counts of packages. `found` is the sum of `catalogued`, `unchanged`, `refused` and the ignored packages."""

    found: int = 0
    catalogued: int = 0
    unchanged: int = 0
    removed: int = 0
    removed_collections: list[str] = field(default_factory=list)
    """Ids of those that lost their last item."""
    refused: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)
    """Packages and files that never become items or assets."""
    warnings: list[Remark] = field(default_factory=list)
    vanished: list[Remark] = field(default_factory=list)
    """Packages of earlier builds that are gone, and whose items are still there."""
    counts_by_place: dict[Place, Counts] = field(default_factory=dict)

    def counts_of(self, place: Place) -> Counts:
        """The counts of a place."""
        return self.counts_by_place.setdefault(place, Counts())

    def warning_counts(self) -> dict[str, int]:
        """Warnings by kind, the most frequent kind first."""
        return dict(Counter(remark.kind or "other" for remark in self.warnings).most_common())

    def to_dict(self) -> dict[str, Any]:
        """The report as it is written to a file."""

        def rows(remarks: list[Remark]) -> list[dict[str, str]]:
            ordered = sorted(remarks, key=lambda remark: (remark.path, remark.reason))
            return [
                {"path": remark.path, "reason": remark.reason}
                | {name: text for name in ("kind", "value") if (text := getattr(remark, name))}
                for remark in ordered
            ]

        return {
            "found": self.found,
            "catalogued": self.catalogued,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "removed_collections": self.removed_collections,
            "refused": rows(self.refused),
            "ignored": rows(self.ignored),
            "warnings": rows(self.warnings),
            "warning_counts": self.warning_counts(),
            "vanished": rows(self.vanished),
            "tracks": [
                {**place._asdict(), **asdict(place_counts)}
                for place, place_counts in sorted(self.counts_by_place.items())
            ],
        }
