"""The operating-system account the server runs under.

PostgreSQL refuses to run as root. Called by root, the server runs as `postgres`, or as another account
without privileges where that one is missing; called by anyone else, as the caller.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog_builder.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine: name, user id and main group id."""

    name: str
    uid: int
    gid: int

    def process_options(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make a program run as this account; none when we are it."""
        if self.uid == os.geteuid():
            return {}
        groups = os.getgrouplist(self.name, self.gid)
        return {"user": self.uid, "group": self.gid, "extra_groups": groups}

    def own(self, path: Path, *, mode: int) -> None:
        """Hand a path over to this account."""
        path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def server_account(area: Path) -> Account:
    """Whom to run the server as: the owner of its folder where that is there, else a fitting account.

    Raises:
        ClusterError: the folder belongs to someone the caller cannot act for, or root finds no account.
    """
    caller = os.geteuid()
    owner = _owner(area)
    if owner is not None and caller not in (0, owner):
        msg = (
            f"{area} belongs to {_account(owner).name}; run the command as the user who made the database, "
            "or set FLATSIM_HOME to a folder of your own"
        )
        raise ClusterError(msg)
    if caller != 0:
        return _account(caller)
    if owner:
        return _account(owner)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    msg = (
        "PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`; "
        "make one (useradd --system postgres) or run the command as an ordinary user"
    )
    raise ClusterError(msg)


def require_reach(account: Account, folder: Path) -> None:
    """Check that the account may enter a folder that exists.

    Raises:
        ClusterError: it may not; the message names the first closed folder on the way.
    """
    if _may_enter(account, folder):
        return
    on_the_way = [*reversed(folder.parents), folder]
    closed = next((p for p in on_the_way if not _may_enter(account, p)), folder)
    msg = (
        f"the server runs as {account.name}, which may not enter {closed}; open it (chmod o+x {closed}), "
        "or set FLATSIM_HOME to a folder that account can reach, for example /var/lib/flatsim-stac"
    )
    raise ClusterError(msg)


def _may_enter(account: Account, folder: Path) -> bool:
    test = subprocess.run(["/usr/bin/test", "-x", folder], check=False, cwd="/", **account.process_options())
    return test.returncode == 0


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None
    except PermissionError as error:
        msg = f"{path} is closed to this user; set FLATSIM_HOME to a folder of your own"
        raise ClusterError(msg) from error


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, os.getegid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
