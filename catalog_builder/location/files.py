"""Files that are written in one step, so that no reader ever sees half of one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from catalog_builder.errors import SinkError


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        SinkError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder}: cannot be made a folder: {error.strerror}"
        raise SinkError(msg) from error


def replace(path: Path, content: bytes) -> bool:
    """Write a file in one step; False when it is there already, byte for byte.

    Raises:
        SinkError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")  # that of a build that was killed is written over
    try:
        if _holds(path, content):
            return False
        temporary.write_bytes(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        msg = f"{path}: cannot be written: {error.strerror}"
        raise SinkError(msg) from error
    return True


def remove(*paths: Path) -> None:
    """Remove files, those that are there.

    Raises:
        SinkError: one cannot be removed.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            msg = f"{path}: cannot be removed: {error.strerror}"
            raise SinkError(msg) from error


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False
