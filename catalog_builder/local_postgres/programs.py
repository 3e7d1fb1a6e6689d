"""Surroundings of the PostgreSQL programs we run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = ("LD_LIBRARY_PATH", "PATH", "TMPDIR")


def environment(data: Path) -> dict[str, str]:
    """A clean environment: no `PG*` variable of the caller leaks in, and messages are English.

    The data folder is named here rather than by an argument, since `pg_ctl` hands its arguments to a shell.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"LC_ALL": "C", "PGDATA": str(data)}
