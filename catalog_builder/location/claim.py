"""One build at a time into a folder, and what builds that were ended have left there."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from catalog_builder.errors import SinkError
from catalog_builder.location.files import make_folder

LOCK: Final = ".flatsim-build.lock"
LEFTOVERS: Final = (".*.tmp", "*/*/.*.tmp", "*/.*.tmp", ".gathered/*")
"""What a build writes beside the files that it replaces, as patterns."""


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Have a folder for oneself, and take away what ended builds have left; the kernel lets go when a process dies.

    Raises:
        SinkError: another build writes there, or it cannot be written.
    """
    make_folder(folder)
    path = folder / LOCK
    descriptor = _lock(path)
    try:
        _remove_leftovers(folder)
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _lock(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            msg = f"{path.parent}: cannot be written: {error.strerror}"
            raise SinkError(msg) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:  # noqa: PTH116 (not one that another build removed)
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            msg = f"{path.parent}: another build writes there; wait for it, or choose another folder"
            raise SinkError(msg) from None
        except FileNotFoundError:
            pass
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    for pattern in LEFTOVERS:
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
