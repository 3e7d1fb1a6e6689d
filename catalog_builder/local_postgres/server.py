"""Starting and stopping the server of a data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from catalog_builder.errors import ClusterError
from catalog_builder.local_postgres import ports, processes, server_conf
from catalog_builder.local_postgres.failures import explain, is_port_taken
from catalog_builder.local_postgres.programs import environment

if TYPE_CHECKING:
    from pathlib import Path

    from catalog_builder.local_postgres.account import Account
    from catalog_builder.local_postgres.binaries import Server
    from catalog_builder.local_postgres.layout import Layout
    from catalog_builder.local_postgres.processes import PidFile

_START_S = 180
"""Long enough to recover `max_wal_size` of log after a crash."""
_FAST_STOP_S, _IMMEDIATE_STOP_S, _KILL_S = 30, 10, 10
_PAUSE_S = 0.05
_TRIES = 8
_LOG_BYTES = 5 * 2**20


def launch(server: Server, account: Account, layout: Layout) -> None:
    """Start the server and wait until it answers; on the port it had, or on another if that one is taken.

    Raises:
        ClusterError: it does not start; the message says why as far as the server's log does.
    """
    for attempt in range(_TRIES):
        _prepare(account, layout)
        port = _remembered_port(layout) if attempt == 0 else None
        if port is None or not ports.is_free(port):
            port = ports.choose(layout.tag)
        _write_conf(layout.conf, server_conf.render(server.major, port, layout.socket_folder))
        failure = _start(server, account, layout)
        if failure is None:
            return
        halt(account, layout)
        if not is_port_taken(failure):
            what = "the server does not start"
            raise explain(what, failure, layout)
    msg = f"no free port found on {ports.LOOPBACK} in {_TRIES} tries"
    raise ClusterError(msg)


def alive(account: Account, layout: Layout) -> PidFile | None:
    """What the pid file says, if its process lives and is our server."""
    found = processes.read_pid_file(layout.data)
    if found is None or found.pid not in processes.tagged(layout.tag, account.uid):
        return None
    return found


def wait_until_ready(account: Account, layout: Layout) -> int:
    """Wait until a server that was started answers; gives its port.

    Raises:
        ClusterError: it ended, or did not get ready in time.
    """
    deadline = time.monotonic() + _START_S
    while True:
        found = alive(account, layout)
        if found is None:
            msg = f"the server ended right after its start; see {layout.log}"
            raise ClusterError(msg)
        if found.ready and found.port is not None:
            return found.port
        if time.monotonic() > deadline:
            msg = f"the server is still starting after {_START_S} s; see {layout.log}"
            raise ClusterError(msg)
        time.sleep(_PAUSE_S)


def halt(account: Account, layout: Layout) -> None:
    """Stop every process of the server: politely, then at once, then by force.

    Raises:
        ClusterError: a process does not end (it hangs in the kernel).
    """
    tag, uid = layout.tag, account.uid
    for polite, patience_s in ((signal.SIGINT, _FAST_STOP_S), (signal.SIGQUIT, _IMMEDIATE_STOP_S)):
        found = alive(account, layout)
        if found is None:
            break
        os.kill(found.pid, polite)
        processes.wait_until_gone(tag, uid, patience_s)
    processes.kill(tag, uid)
    if not processes.wait_until_gone(tag, uid, _KILL_S):
        msg = f"processes {processes.tagged(tag, uid)} of the database do not end"
        raise ClusterError(msg)
    _remove_stale_files(layout)
    _drop_far_socket_folder(layout)


def clear_after_crash(account: Account, layout: Layout) -> None:
    """Make a start possible after a crash: no process left, and no pid file that names somebody else's.

    PostgreSQL itself refuses to start when the id in its pid file was given to another process of the same
    account. It is safe to remove the file only since no process of this cluster lives.

    Raises:
        ClusterError: processes of the crashed server do not end.
    """
    if not processes.wait_until_gone(layout.tag, account.uid, _IMMEDIATE_STOP_S):
        processes.kill(layout.tag, account.uid)
        if not processes.wait_until_gone(layout.tag, account.uid, _KILL_S):
            msg = "the server cannot start"
            raise explain(msg, "is still in use", layout)
    _remove_stale_files(layout)


def _prepare(account: Account, layout: Layout) -> None:
    folder = layout.socket_folder
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != account.uid:
            msg = f"{folder}, where the socket is to be, belongs to someone else; remove it"
            raise ClusterError(msg) from None
    else:
        account.own(folder, mode=0o700)
    if layout.log.exists() and layout.log.stat().st_size > _LOG_BYTES:
        layout.log.replace(layout.log.with_suffix(".log.1"))


def _remembered_port(layout: Layout) -> int | None:
    try:
        return server_conf.port_in(layout.conf.read_text())
    except FileNotFoundError:
        return None


def _write_conf(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(text)
    temporary.chmod(0o644)
    temporary.replace(path)


def _start(server: Server, account: Account, layout: Layout) -> str | None:
    """Nothing when the server answers, else what it and its log said."""
    begin = layout.log.stat().st_size if layout.log.exists() else 0
    argv = [server.program("pg_ctl"), "start", "-s", "-w", "-t", str(_START_S), "-l", layout.log.name]
    done = subprocess.run(
        [*argv, "-o", f"-c cluster_name={layout.tag}"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        cwd=layout.area,
        env=environment(layout.data),
        **account.process_options(),
    )
    if done.returncode == 0:
        return None
    said: str = done.stdout + done.stderr
    return said + _log_since(layout.log, begin)


def _log_since(log: Path, begin: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace")


def _remove_stale_files(layout: Layout) -> None:
    """The two places where a dead server's process id stands: its data folder and beside its socket."""
    (layout.data / "postmaster.pid").unlink(missing_ok=True)
    for path in layout.socket_folder.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def _drop_far_socket_folder(layout: Layout) -> None:
    folder = layout.socket_folder
    if folder.parent != layout.area and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
