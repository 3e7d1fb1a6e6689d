"""One process at a time starts, stops or resets a cluster."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog_builder.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S = 180.0
_PAUSE_S = 0.05


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock of `path`, made where missing; the kernel lets go of it when its holders are dead.

    Yields:
        The file descriptor: a child that gets it keeps the lock for as long as it lives.

    Raises:
        ClusterError: another process has held it for three minutes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(descriptor, path)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                msg = (
                    f"another process has been starting or stopping the database for {_PATIENCE_S:.0f} s "
                    f"(it holds {path}); wait for it or end it"
                )
                raise ClusterError(msg) from None
            time.sleep(_PAUSE_S)
        else:
            return
