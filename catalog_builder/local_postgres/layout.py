"""Where everything of one cluster lies.

HOME/
  postgres.lock          held while a process starts, stops or resets the server
  postgres/              made by us: it carries a marker file, else it is never touched
    .flatsim-stac        the marker
    credentials.json     passwords of the three login users; for the caller's eyes only
    server.conf          our settings and the port; rewritten at every start
    server/              belongs to the account the server runs under
      data/              PostgreSQL's data folder
      data.new/          the same while it is being made
      run/               the Unix socket (elsewhere in /tmp where HOME is too long)
      server.log
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_SHORT = Path("/tmp")  # noqa: S108  fixed, so that every command finds the same folder; its owner is checked
_SOCKET_NAME_BYTES = len("/.s.PGSQL.65535")
_SOCKET_PATH_BYTES = 107
"""`sun_path` of Linux holds 108 bytes with the closing NUL (unix(7))."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of the cluster under one home folder, which need not exist."""

    home: Path

    @property
    def root(self) -> Path:
        """The folder that is ours alone."""
        return self.home / "postgres"

    @property
    def removed(self) -> Path:
        """The root while it is being deleted."""
        return self.home / "postgres.removed-by-flatsim-stac"

    @property
    def lock(self) -> Path:
        """The lock file; it outlives the root, since others may wait for it."""
        return self.home / "postgres.lock"

    @property
    def marker(self) -> Path:
        """Its presence says that the root was made by us."""
        return self.root / ".flatsim-stac"

    @property
    def credentials(self) -> Path:
        """Passwords."""
        return self.root / "credentials.json"

    @property
    def conf(self) -> Path:
        """Settings, included by `postgresql.conf`."""
        return self.root / "server.conf"

    @property
    def area(self) -> Path:
        """The folder of the account the server runs under."""
        return self.root / "server"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.area / "data"

    @property
    def new_data(self) -> Path:
        """The data folder in the making."""
        return self.area / "data.new"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.area / "server.log"

    @property
    def tag(self) -> str:
        """A name for the server's processes, of plain letters, that no other data folder has."""
        return "flatsim-" + hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:12]

    @property
    def socket_folder(self) -> Path:
        """Folder of the Unix socket, short enough for the kernel."""
        beside = self.area / "run"
        if len(os.fsencode(beside)) + _SOCKET_NAME_BYTES <= _SOCKET_PATH_BYTES:
            return beside
        return _SHORT / self.tag

    def data_major(self) -> int | None:
        """Major version of the PostgreSQL that made the data folder; nothing where there is not one."""
        try:
            return int((self.data / "PG_VERSION").read_text().split(".")[0])
        except (FileNotFoundError, ValueError):
            return None
