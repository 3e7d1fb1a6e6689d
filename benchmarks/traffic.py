"""Requests sent by one client or by many at once, each on a connection that it keeps, and the time each took."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a service.

    Attributes:
        name: In tables.
        path: With its query.
        body: Of a POST request; without one it is a GET request.
        ours_only: Peers have no such thing.
        rustac: Whether rustac's server has it.
    """

    name: str
    path: str
    body: dict[str, Any] | None = None
    ours_only: bool = False
    rustac: bool = False

    @property
    def limit(self) -> int | None:
        """Items that are asked for at most, if it says."""
        if self.body is not None:
            return self.body.get("limit")
        given = parse_qs(urlsplit(self.path).query).get("limit")
        return int(given[0]) if given else None


@dataclass(slots=True)
class Timing:
    """How long the good answers took, seconds, and how many were no good or told to come back later."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    refused: int = 0
    wall_s: float = 0.0

    @property
    def median_ms(self) -> float:
        """Of the good answers."""
        return statistics.median(self.seconds) * 1000 if self.seconds else float("nan")

    @property
    def p95_ms(self) -> float:
        """95 of 100 good answers took no longer."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] * 1000 if ordered else float("nan")

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.seconds) / self.wall_s if self.wall_s else float("nan")


class Client:
    """One client: a connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer."""
        body = json.dumps(request.body) if request.body is not None else None
        headers = {"Content-Type": "application/json"} if body else {}
        self._connection.request("POST" if body else "GET", request.path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def run(port: int, requests: list[Request], clients: int, budget_s: float, at_least: int = 1) -> Timing:
    """Have clients send requests in turns for a while.

    Args:
        port: Of the service.
        requests: Sent one after the other, again and again, each client beginning with another one.
        clients: At once.
        budget_s: No request is begun after that many seconds.
        at_least: Requests of each client all the same.
    """
    timing, lock = Timing(), threading.Lock()
    deadline = time.perf_counter() + budget_s

    def work(number: int) -> None:
        client, sent = Client(port), 0
        own, errors, refused = [], 0, 0
        while sent < at_least or time.perf_counter() < deadline:
            begun = time.perf_counter()
            try:
                status, _ = client.send(requests[(number + sent) % len(requests)])
            except (OSError, http.client.HTTPException):
                status = 0
                client.close()
                client = Client(port)
            if status == 200:
                own.append(time.perf_counter() - begun)
            elif status in (429, 503):
                refused += 1
                time.sleep(0.05)
            else:
                errors += 1
            sent += 1
        client.close()
        with lock:
            timing.seconds += own
            timing.errors += errors
            timing.refused += refused

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timing.wall_s = time.perf_counter() - begun
    return timing
