"""A project of docker-compose.yml: its commands, and what its containers are and do."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PROFILES: Final = ("replica", "cluster", "observability")
PATIENCE_S: Final = 120


def wait_for(what: str, is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> float:
    """Wait until something is so, and return the seconds that it took.

    Raises:
        AssertionError: It is not so in time.
    """
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < patience_s, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.2)
    return time.monotonic() - began


@dataclass
class Project:
    """The project that COMPOSE_PROJECT_NAME names."""

    docker: str
    compose: tuple[str, ...]
    name: str
    empty: Path
    """A file without a variable, in place of the operator's .env."""
    settings: dict[str, str] = field(default_factory=dict)
    """Variables that docker-compose.yml is read with."""

    def run(self, *arguments: str, status: int | None = 0, **settings: str) -> str:
        """A command of compose; returns what it printed.

        Args:
            *arguments: After the profiles.
            status: Exit status that is expected; None takes any.
            **settings: Variables for this command alone.
        """
        profiles = [word for profile in PROFILES for word in ("--profile", profile)]
        # What the shell has set does not count either.
        own = {name: value for name, value in os.environ.items() if not name.startswith("FLATSIM_")}
        command = [*self.compose, "--env-file", str(self.empty), "-p", self.name, *profiles, *arguments]
        return self._finish(command, status, {**own, **self.settings, **settings})

    def engine(self, *arguments: str, status: int | None = 0) -> str:
        """A command of the engine's client; returns what it printed."""
        return self._finish([self.docker, *arguments], status, dict(os.environ))

    @staticmethod
    def _finish(command: list[str], status: int | None, environment: dict[str, str]) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        printed = done.stdout + done.stderr
        assert status is None or done.returncode == status, f"{' '.join(command)}: {done.returncode}\n{printed[-4000:]}"
        return printed

    def containers(self, service: str = "", *, stopped: bool = True) -> list[dict[str, Any]]:
        """What the engine says of the containers of a service, or of all, the one with the lowest number first."""
        label = "com.docker.compose"
        chosen = [f"label={label}.project={self.name}"] + ([f"label={label}.service={service}"] if service else [])
        filters = [word for one in chosen for word in ("--filter", one)]
        ids = self.engine("ps", "-q", "--no-trunc", *(["-a"] if stopped else []), *filters).split()
        described: list[dict[str, Any]] = json.loads(self.engine("inspect", *ids)) if ids else []
        return sorted(described, key=lambda one: str(one["Name"]))

    def only(self, service: str) -> dict[str, Any]:
        """The one container of a service."""
        (container,) = self.containers(service)
        return container

    def are_healthy(self, service: str) -> bool:
        """Whether all containers of a service run and, where they have a health check, pass it."""
        found = [one["State"] for one in self.containers(service)]
        return bool(found) and all(
            state["Running"] and state.get("Health", {}).get("Status", "healthy") == "healthy" for state in found
        )

    def wait_until_healthy(self, *services: str) -> float:
        """Wait for services; returns the seconds that it took."""
        return wait_for(f"{', '.join(services)} healthy", lambda: all(map(self.are_healthy, services)))

    def logs(self, service: str) -> str:
        """All that a service has logged."""
        return "".join(self.engine("logs", one["Id"]) for one in self.containers(service))

    def ready_after_s(self, container: dict[str, Any], said: str) -> float:
        """Seconds from a container's start until it last said something in its log."""
        lines = self.engine("logs", "--timestamps", container["Id"]).splitlines()
        moment = _moment([line for line in lines if said in line][-1].split()[0])
        return round((moment - _moment(container["State"]["StartedAt"])).total_seconds(), 1)

    def kill(self, container: dict[str, Any]) -> None:
        """Kill a container, which then stays away until it is started."""
        self.engine("kill", container["Id"])

    def start(self, container: dict[str, Any]) -> None:
        """Start a container again."""
        self.engine("start", container["Id"])

    def ask(self, service: str, statement: str, user: str = "flatsim") -> str:
        """What a statement of SQL gives on a database of the project."""
        container = self.only(service)["Id"]
        sockets = ("-h", "/var/run/postgresql")
        return self.engine(
            "exec", container, "psql", "-XAtq", *sockets, "-U", user, "-d", "flatsim", "-c", statement
        ).strip()

    def memory_mb(self) -> dict[str, float]:
        """What each running container uses, by its name."""
        ids = [one["Id"] for one in self.containers(stopped=False)]
        lines = self.engine("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *ids).splitlines()
        return {name.removeprefix(f"{self.name}_"): _megabytes(used) for name, used, *_ in map(str.split, lines)}


def ran_s(container: dict[str, Any]) -> float:
    """Seconds that a container ran that has ended."""
    state = container["State"]
    return round((_moment(state["FinishedAt"]) - _moment(state["StartedAt"])).total_seconds(), 1)


def _moment(text: str) -> datetime:
    """The engine's times have nine digits after the point, which Python cuts to six."""
    return datetime.fromisoformat(text)


def _megabytes(text: str) -> float:
    units = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "kB": 1e3, "B": 1}
    unit = next(unit for unit in units if text.endswith(unit))
    return round(float(text.removesuffix(unit)) * units[unit] / 1e6, 1)
