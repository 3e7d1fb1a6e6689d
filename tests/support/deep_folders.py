"""Folders whose path is longer than the system takes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def make_deep(folder: Path, names: Sequence[str]) -> None:
    """Make directories in each other, each from the one above, so that no path is ever given whole."""
    here = os.open(folder, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
