"""A private PostgreSQL cluster: made, started, stopped and removed by us."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import quote

from catalog_builder.errors import ClusterError
from catalog_builder.local_postgres import binaries, credentials, initialise, lock, ports, processes, server, users
from catalog_builder.local_postgres.account import Account, require_reach, server_account
from catalog_builder.local_postgres.failures import explain_os_error
from catalog_builder.local_postgres.layout import Layout
from catalog_builder.local_postgres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MARKER_TEXT = "This folder was made by flatsim-stac, which may remove it (flatsim-stac db reset).\n"


class State(Enum):
    """What the cluster is doing."""

    ABSENT = "absent"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """How a cluster stands.

    `version` is the whole one of the server that runs or would run ("15.18"), or the major one of the data
    where no such server is installed. `port` and `pid` are of the running server. `size_bytes` is what the
    data folder takes on disk. `clean` is false after a crash that no start has repaired yet.
    """

    state: State
    data: Path
    version: str | None = None
    port: int | None = None
    pid: int | None = None
    size_bytes: int = 0
    clean: bool = True


class Cluster:
    """The embedded PostgreSQL under one home folder.

    >>> from pathlib import Path
    >>> Cluster(Path("/nonexistent/home")).status().state
    <State.ABSENT: 'absent'>
    """

    def __init__(self, home: Path, *, pg_bindir: Path | None = None) -> None:
        """Describe the cluster under `home`; nothing is made yet.

        Args:
            home: folder of the cluster; made at the first start.
            pg_bindir: folder of the PostgreSQL programs; otherwise they are found.
        """
        self._layout = Layout(home.expanduser().absolute())
        self._pg_bindir = pg_bindir

    @property
    def home(self) -> Path:
        """The folder the cluster lies under."""
        return self._layout.home

    def start(self) -> None:
        """Make the cluster where it is missing, and have it run; nothing happens if it does.

        Raises:
            ClusterError: it cannot be made or started; the message says what to do.
        """
        with self._alone() as lock_descriptor:
            self._sweep()
            self._claim_root()
            new = not self._layout.data.exists()
            try:
                self._ensure_running(lock_descriptor)
            except BaseException:
                if new:
                    self._halt_and_remove()
                raise

    def stop(self) -> None:
        """Stop the server; no process of it is left. Nothing happens if it does not run.

        Raises:
            ClusterError: it belongs to someone else, or does not end.
        """
        if not self._exists(self._layout.root):
            return
        with self._alone():
            self._require_marker()
            server.halt(server_account(self._layout.area), self._layout)

    def reset(self) -> None:
        """Stop the server and remove all its data. Nothing happens where there is not one.

        Raises:
            ClusterError: the folder was not made by us, or belongs to someone else.
        """
        if not self._exists(self._layout.home):
            return
        with self._alone():
            self._sweep()
            if self._layout.root.exists():
                self._require_marker()
                self._halt_and_remove()

    def status(self) -> ClusterStatus:
        """Say how it stands, without waiting for anyone.

        Raises:
            ClusterError: the folder is closed to the caller.
        """
        layout = self._layout
        with explain_os_error(layout):
            account = server_account(layout.area)
            major = layout.data_major()
            if major is None:
                return ClusterStatus(State.ABSENT, layout.data)
            found = server.alive(account, layout)
            status = ClusterStatus(
                State.STOPPED, layout.data, version=self._version(major), size_bytes=_size_bytes(layout.data)
            )
            if found is None:
                return replace(status, clean=processes.read_pid_file(layout.data) is None)
            state = State.RUNNING if found.ready else State.STARTING
            return replace(status, state=state, port=found.port, pid=found.pid)

    def dsn(self, role: Role = Role.OWNER) -> str:
        """Address, with the password, for one of the three login users.

        Raises:
            ClusterError: the server does not run, or the passwords are not the caller's to read.
        """
        layout = self._layout
        with explain_os_error(layout):
            account = server_account(layout.area)
            found = server.alive(account, layout)
            if found is None or not found.ready:
                msg = f"the embedded database in {layout.home} is not running; start it with `flatsim-stac db start`"
                raise ClusterError(msg)
            password = quote(credentials.password(layout.credentials, role), safe="")
        return f"postgresql://{role.login}:{password}@{ports.LOOPBACK}:{found.port}/{users.DATABASE}"

    def _ensure_running(self, lock_descriptor: int) -> None:
        layout = self._layout
        account = server_account(layout.area)
        if not layout.area.exists():
            layout.area.mkdir(mode=0o700)
            account.own(layout.area, mode=0o700)
        require_reach(account, layout.area)
        credentials.make(layout.credentials)
        if server.alive(account, layout) is None:
            self._bring_up(account, lock_descriptor)
        users.ensure(layout, server.wait_until_ready(account, layout))

    def _bring_up(self, account: Account, lock_descriptor: int) -> None:
        layout = self._layout
        installed = binaries.installed_servers(self._pg_bindir)
        if not layout.data.exists():
            chosen = binaries.server_for_new_cluster(installed)
            initialise.make_data_folder(chosen, account, layout, lock_descriptor)
        else:
            major = layout.data_major()
            if major is None:
                msg = f"{layout.data} is damaged (no PG_VERSION); see `flatsim-stac db reset`"
                raise ClusterError(msg)
            chosen = binaries.server_for_data(installed, major, layout.data)
        server.clear_after_crash(account, layout)
        server.launch(chosen, account, layout)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the lock, with the home folder made."""
        layout = self._layout
        with explain_os_error(layout):
            _make_home(layout.home)
            with lock.held(layout.lock) as descriptor:
                yield descriptor

    def _exists(self, path: Path) -> bool:
        with explain_os_error(self._layout):
            return path.exists()

    def _claim_root(self) -> None:
        root = self._layout.root
        if root.exists() or root.is_symlink():
            self._require_marker()
        else:
            root.mkdir()
        if not self._layout.marker.exists():
            root.chmod(_mode())
            self._layout.marker.write_text(_MARKER_TEXT)

    def _require_marker(self) -> None:
        root = self._layout.root
        empty = root.is_dir() and not any(root.iterdir())
        if root.is_symlink() or not (empty or self._layout.marker.is_file()):
            msg = f"{root} was not made by flatsim-stac and is left alone; set FLATSIM_HOME to another folder"
            raise ClusterError(msg)

    def _halt_and_remove(self) -> None:
        """Out of sight in one step, so that a deletion cut short leaves no half cluster."""
        layout = self._layout
        server.halt(server_account(layout.area), layout)
        layout.root.rename(layout.removed)
        self._sweep()

    def _sweep(self) -> None:
        """Finish a removal that was cut short."""
        if self._layout.removed.exists():
            shutil.rmtree(self._layout.removed)

    def _version(self, major: int) -> str:
        try:
            installed = binaries.installed_servers(self._pg_bindir)
            return binaries.server_for_data(installed, major, self._layout.data).version
        except ClusterError:
            return str(major)


def _mode() -> int:
    """Root's server runs as another account, which has to pass through; no one else has business there."""
    return 0o755 if os.geteuid() == 0 else 0o700


def _make_home(home: Path) -> None:
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(_mode())


def _size_bytes(folder: Path) -> int:
    """Space on disk; files that vanish meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118
            except FileNotFoundError:
                continue
    return total
