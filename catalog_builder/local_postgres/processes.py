"""Finding the server's processes.

A process id in a file says nothing after a crash: by then it may belong to somebody else. Every process of
our server carries the cluster's tag in its command line, the first one as an argument and the others in the
title they give themselves, and that can be read without privileges.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAUSE_S = 0.05
_STATUS_LINE, _PORT_LINE = 7, 3


@dataclass(frozen=True, slots=True)
class PidFile:
    """What the server writes into `postmaster.pid`."""

    pid: int
    port: int | None
    ready: bool


def read_pid_file(data: Path) -> PidFile | None:
    """The pid file of a data folder; nothing where there is not one or it is cut short."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    port = lines[_PORT_LINE].strip() if len(lines) > _PORT_LINE else ""
    status = lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""
    return PidFile(pid=pid, port=int(port) if port.isdigit() else None, ready=status == "ready")


def tagged(tag: str, uid: int) -> list[int]:
    """Ids of the live PostgreSQL processes that carry the tag and run as `uid`."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _carries(pid, tag) and _runs_as(pid, uid)]


def wait_until_gone(tag: str, uid: int, timeout_s: float) -> bool:
    """Wait for all tagged processes to end; says whether they did."""
    deadline = time.monotonic() + timeout_s
    while tagged(tag, uid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def kill(tag: str, uid: int) -> None:
    """End all tagged processes at once, as a power cut would."""
    for pid in tagged(tag, uid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _carries(pid: int, tag: str) -> bool:
    try:
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    if f"cluster_name={tag}".encode() in arguments:
        return Path(os.fsdecode(arguments[0])).name == "postgres"
    return arguments[0].startswith(f"postgres: {tag}: ".encode())


def _runs_as(pid: int, uid: int) -> bool:
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return False
    found = next((line.split()[2] for line in status.splitlines() if line.startswith("Uid:")), None)
    return found == str(uid)
