"""From what PostgreSQL says to a message with a way out."""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog_builder.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog_builder.local_postgres.layout import Layout

_TOLD_LINES = 6


def is_port_taken(said: str) -> bool:
    """Whether a server failed since another program listens on its port."""
    return "Address already in use" in said or "could not create any TCP/IP sockets" in said


def explain(what: str, said: str, layout: Layout) -> ClusterError:
    """The error for a program that failed.

    Args:
        what: what was tried.
        said: what the program wrote.
        layout: of the cluster at fault.
    """
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return _disk_full(what, layout)
    if "could not map anonymous shared memory" in said or "Cannot allocate memory" in said:
        return ClusterError(f"{what}: there is not enough free memory")
    if "is still in use" in said:
        return ClusterError(
            f"{what}: processes of an earlier server still use {layout.data}; "
            "end them with `flatsim-stac db stop`, then try again"
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = "\n  ".join(lines[-_TOLD_LINES:]) or "it said nothing"
    log = f"\nThe server's log is {layout.log}" if layout.log.exists() else ""
    return ClusterError(f"{what}:\n  {told}{log}")


@contextmanager
def explain_os_error(layout: Layout) -> Iterator[None]:
    """Turn what the file system refuses into a `ClusterError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            msg = "the embedded database cannot be written"
            raise _disk_full(msg, layout) from error
        msg = (
            f"the embedded database in {layout.home} cannot be used: {error.strerror} ({error.filename}); "
            "run the command as the user who made it, or set FLATSIM_HOME to a folder of your own"
        )
        raise ClusterError(msg) from error


def _disk_full(what: str, layout: Layout) -> ClusterError:
    free_mb = shutil.disk_usage(layout.home).free // 2**20
    return ClusterError(
        f"{what}: the disk that holds {layout.home} is full ({free_mb} MB free); a new database takes "
        "about 100 MB. Make room, or set FLATSIM_HOME to a folder on another disk"
    )
