"""Who a session acts as, with the names PostgreSQL knows."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """What a session may do: own the schema, only read, or load a catalogue."""

    OWNER = "owner"
    READ = "read"
    WRITE = "write"

    @property
    def database_role(self) -> str | None:
        """The group role the migrations make on any server; the owner acts as itself."""
        return _DATABASE_ROLES[self]

    @property
    def login(self) -> str:
        """The login user of the embedded cluster."""
        return _LOGINS[self]


_DATABASE_ROLES = {Role.OWNER: None, Role.READ: "flatsim_read", Role.WRITE: "flatsim_write"}
_LOGINS = {Role.OWNER: "flatsim", Role.READ: "flatsim_api", Role.WRITE: "flatsim_builder"}
