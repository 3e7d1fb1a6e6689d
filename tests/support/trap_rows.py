"""The traps of a real tree, one row each: what is put on disk, in which count of the report it ends, and why.

A row puts its packages into a corner of the tree and yields, for each path that a build must count or name, the count
and a word of the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trap_tree import Corner

End = Literal["catalogued", "refused", "contradicts", "ignored", "file", "warned", "withheld"]
"""`contradicts`: refused, unless the build is lenient. `withheld`: catalogued, and warned of the same path. `file`: a
file that is ignored. `warned`: something told of what is catalogued or refused."""
Fate = tuple[Path, End, str]
Row = Callable[[Corner], Iterator[Fate]]

ROWS: dict[str, Row] = {}


@dataclass(frozen=True)
class Trap:
    """A row, put on disk."""

    words: str
    corner: Corner
    fates: tuple[Fate, ...]


def trap(words: str) -> Callable[[Row], Row]:
    def keep(row: Row) -> Row:
        ROWS[words] = row
        return row

    return keep
