"""All traps of a real tree, put on disk."""

from __future__ import annotations

from pathlib import Path

import trap_contents
import trap_names
import trap_places
from trap_rows import ROWS, Trap
from trap_tree import Corner

TABLES = (trap_names, trap_places, trap_contents)
"""Modules that add rows as they are imported."""


def put_all(tree: Path, outside: Path) -> list[Trap]:
    """Every row in a folder of its own below `tree`."""
    traps = []
    for number, (words, row) in enumerate(ROWS.items(), start=1):
        corner = Corner(tree / f"{number:03d}", number, outside)
        corner.folder.mkdir(parents=True)
        traps.append(Trap(words, corner, tuple(row(corner))))
    return traps
