"""Passwords of the login users: made once, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

from catalog_builder.errors import ClusterError
from catalog_builder.local_postgres.roles import Role

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 24


def make(path: Path) -> None:
    """Write new passwords, unless the file is there; it appears whole or not at all."""
    if path.exists():
        return
    passwords = {role.login: secrets.token_urlsafe(_BYTES) for role in Role}
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def password(path: Path, role: Role) -> str:
    """The password of a role's login user.

    Raises:
        ClusterError: the file is missing, damaged or somebody else's.
    """
    try:
        return str(json.loads(path.read_text())[role.login])
    except PermissionError as error:
        msg = f"{path} is not yours to read; run the command as the user who made the database"
        raise ClusterError(msg) from error
    except (FileNotFoundError, ValueError, KeyError) as error:
        msg = (
            f"{path} holds no password of {role.login}; put the file back from a copy, "
            "or drop the data with `flatsim-stac db reset`"
        )
        raise ClusterError(msg) from error
