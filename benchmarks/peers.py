"""The services that are compared: each a process of its own on a port of its own, all over databases of one server."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import unquote, urlsplit

INSTALLED = Path(sys.executable).parent
"""Programs of the environment that we run in, which has the same peers with other versions of some libraries."""
PINS = {"stac-fastapi-pgstac": ("stac-fastapi-pgstac[server]==7.2.0",), "rustac": ("rustac==0.9.18",)}
"""What the peers' own environment gets: they need other versions of some libraries than we do."""
START_S = 60.0

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Peer:
    """One service.

    Attributes:
        name: In tables.
        command: What starts it, for the folder of the peers' programs, a DSN and a port.
        variables: Environment variables that it reads, for a DSN.
        ours: Whether it is the service of this project, which has a database of its own.
    """

    name: str
    command: Callable[[Path, str, int], list[str]]
    variables: Callable[[str], Environment] = lambda _dsn: {}
    ours: bool = False


def _pg_variables(dsn: str) -> dict[str, str]:
    parts = urlsplit(dsn)
    return {
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGDATABASE": parts.path.lstrip("/"),
    }


def _plain(programs: Path, _dsn: str, port: int) -> list[str]:
    factory = "stac_fastapi.pgstac.app:create_app"
    server = [str(programs / "uvicorn"), "--factory", factory, "--host", "127.0.0.1", "--port", str(port)]
    return [*server, "--log-level", "warning"]


def _ours(_programs: Path, dsn: str, port: int) -> list[str]:
    return [str(INSTALLED / "flatsim-stac"), "serve", "--database", dsn, "--port", str(port)]


def _rustac(programs: Path, dsn: str, port: int) -> list[str]:
    return [str(programs / "rustac"), "serve", "--addr", f"127.0.0.1:{port}", "--pgstac", dsn]


PEERS = (
    Peer("ours", _ours, ours=True),
    Peer("plain", _plain, _pg_variables),
    Peer("plain, API hydrate", _plain, lambda dsn: {**_pg_variables(dsn), "USE_API_HYDRATE": "true"}),
    Peer("rustac", _rustac),
)


def own_programs() -> Path:
    """The folder of programs of the peers' environment; made once, under the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = [pin for group in PINS.values() for pin in group]
    folder = cache / "flatsim-benchmarks" / "-".join(pin.replace("==", "-").replace("[server]", "") for pin in pins)
    done = folder / "complete"
    if not done.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *pins], check=True)
        done.touch()
    return folder / "bin"


def compile_ours() -> None:
    """Have our modules compiled, as those of the peers are by their installation."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", "import api.app, api.__main__"], env=kept, check=True, capture_output=True)


class Running:
    """A service that answers, until it is stopped."""

    def __init__(self, peer: Peer, programs: Path, dsn: str, port: int) -> None:
        self.peer, self.dsn, self.port = peer, dsn, port
        left_out = ("PG", "FLATSIM_", "PYTHONDONTWRITEBYTECODE")  # the last makes each start compile all modules
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        self.log = Path(gettempdir()) / f"flatsim-benchmark-{port}.log"
        begun = time.perf_counter()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                peer.command(programs, dsn, port),
                env={**kept, **peer.variables(dsn)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait(begun + START_S)
        self.start_s = time.perf_counter() - begun
        begun = time.perf_counter()
        self._status("/search?limit=10")
        self.cold_s = time.perf_counter() - begun

    def _wait(self, deadline: float) -> None:
        while self._status("/conformance") is None:
            if self.process.poll() is not None or time.perf_counter() > deadline:
                msg = f"{self.peer.name} did not start:\n{self.log.read_text()}"
                raise RuntimeError(msg)
            time.sleep(0.01)

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with suppress(OSError):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        return None

    def peak_mb(self) -> float:
        """The most memory that its process has held, MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
