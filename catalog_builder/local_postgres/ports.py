"""A free TCP port of 127.0.0.1."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"
_FIRST, _COUNT = 15432, 400
"""Below the range the kernel takes for outgoing connections, so that a port stays free between two starts."""


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As PostgreSQL does: connections of an earlier server that linger do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(seed: str) -> int:
    """A free port; the first one tried depends on `seed`, so that clusters seldom meet."""
    start = int.from_bytes(seed.encode()[-4:], "big") % _COUNT
    for step in range(_COUNT):
        port = _FIRST + (start + step) % _COUNT
        if is_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
