"""Settings of the server, for a machine it shares with everything else.

The file is written again at every start. `ALTER SYSTEM` wins over it, so a user can tune a cluster for good.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PORT = re.compile(r"^port = (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One line: the parameter, its value, and the first major version that knows it."""

    name: str
    value: str
    why: str
    since: int = 0


SETTINGS: Final = (
    Setting("listen_addresses", "'127.0.0.1'", "never reachable from other machines"),
    Setting("unix_socket_permissions", "0700", "the socket is for the server's own account"),
    Setting("password_encryption", "'scram-sha-256'", "default only since version 14"),
    Setting("max_connections", "60", "a reader pool, a builder with its workers, and an administrator"),
    Setting(
        "shared_buffers", "512MB", "what is searched by, of some hundred thousand items; the machine has other work"
    ),
    Setting("effective_cache_size", "1GB", "the kernel caches the rest"),
    Setting("maintenance_work_mem", "64MB", "index builds of a partition"),
    Setting("work_mem", "16MB", "sorts of a page of items"),
    Setting("random_page_cost", "1.1", "flash storage"),
    Setting("max_wal_size", "512MB", "bounds the disk space of a load and the time of a recovery"),
    Setting("dynamic_shared_memory_type", "mmap", "systemd clears /dev/shm of a user who logs out (RemoveIPC)"),
    Setting("max_locks_per_transaction", "256", "one transaction may touch every partition and index"),
    Setting("jit", "off", "compiling costs more than it saves on searches"),
    Setting("fsync", "on", "survives a power cut"),
    Setting("client_connection_check_interval", "'5s'", "a query ends soon after its client was killed", 14),
    Setting("log_checkpoints", "off", "the log is for faults"),
    Setting("log_autovacuum_min_duration", "-1", "the log is for faults"),
    Setting("log_line_prefix", "'%m [%p] %u@%d '", "who was it"),
    Setting("timezone", "'UTC'", "as STAC writes times"),
    Setting("log_timezone", "'UTC'", "the same clock in the log"),
)


def render(major: int, port: int, socket_folder: Path) -> str:
    """Text of the settings file."""
    lines = [
        "# Written by flatsim-stac at every start; change settings with ALTER SYSTEM instead.",
        *(f"{s.name} = {s.value}  # {s.why}" for s in SETTINGS if s.since <= major),
        f"unix_socket_directories = {_quoted_list_entry(str(socket_folder))}",
        f"port = {port}",
    ]
    return "\n".join(lines) + "\n"


def port_in(text: str) -> int | None:
    """The port a settings file names.

    >>> from pathlib import Path
    >>> port_in(render(15, 15433, Path("/run")))
    15433
    >>> port_in("") is None
    True
    """
    found = _PORT.search(text)
    return int(found[1]) if found else None


def _quoted_list_entry(text: str) -> str:
    """One entry of a list setting: quoted for the list, then for the file.

    >>> print(_quoted_list_entry("/tmp/it's a \\"dir\\", here"))
    '"/tmp/it''s a ""dir"", here"'
    """
    entry = '"' + text.replace('"', '""') + '"'
    return "'" + entry.replace("\\", "\\\\").replace("'", "''") + "'"
