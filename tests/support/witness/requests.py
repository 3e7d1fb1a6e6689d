"""A request of the witness, and how it is written to a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """One request, independent of where the service listens."""

    kind: str
    """Group of requests, for the counts: `docs`, `bad`, `random`, …"""
    method: str
    target: str
    """Path and query as sent, percent-encoded, beginning with a slash."""
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    """How many links `next` are followed after it."""

    @property
    def key(self) -> tuple[str, str, str | None, str]:
        """What makes two requests the same."""
        return self.method, self.target, self.body, json.dumps(self.headers, sort_keys=True)


def post(kind: str, path: str, document: object, pages: int = 0) -> WitnessRequest:
    """A POST of a JSON document."""
    return WitnessRequest(kind, "POST", path, json.dumps(document), {"Content-Type": "application/json"}, pages)


def drop_duplicates(requests: Iterable[WitnessRequest]) -> list[WitnessRequest]:
    """The requests in their order, each once."""
    unique: dict[tuple[str, str, str | None, str], WitnessRequest] = {}
    for request in requests:
        unique.setdefault(request.key, request)
    return list(unique.values())


def write_requests(file: Path, requests: Iterable[WitnessRequest]) -> None:
    """Write requests as JSON lines."""
    file.write_text("".join(json.dumps(asdict(request)) + "\n" for request in requests))


def read_requests(file: Path) -> list[WitnessRequest]:
    """Requests of a file that `write_requests` wrote."""
    return [WitnessRequest(**json.loads(line)) for line in file.read_text().splitlines()]
