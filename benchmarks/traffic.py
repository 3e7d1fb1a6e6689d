"""Requests sent by one client or by many at once, each on a connection that it keeps, and the time each took."""

from __future__ import annotations

import http.client
import json
import math
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE_S = 10.0
"""A client that has waited so long gives up, and the answer counts as one that never comes."""

Place = tuple[int, int]
"""Of a request: the number of its question, and that of its page."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a service.

    Attributes:
        path: With its query.
        body: Of a POST request; without one it is a GET request.
        pages: How many are read along the links; of more than one, the first is not timed.
    """

    path: str
    body: dict[str, Any] | None = None
    pages: int = 1

    @property
    def limit(self) -> int | None:
        """Items that are asked for at most, if it says."""
        if self.body is not None:
            return self.body.get("limit")
        given = parse_qs(urlsplit(self.path).query).get("limit")
        return int(given[0]) if given else None


@dataclass(slots=True)
class Timing:
    """How long the good answers took by their place, in seconds, and how many were errors or sent away (429, 503)."""

    seconds: dict[Place, float] = field(default_factory=dict)
    errors: int = 0
    refused: int = 0

    @property
    def median_ms(self) -> float:
        """Of the good answers; infinite where most never came."""
        return statistics.median(self.seconds.values()) * 1000 if self.seconds else math.nan

    @property
    def p95_ms(self) -> float:
        """95 of 100 good answers took no longer."""
        ordered = sorted(self.seconds.values())
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] * 1000 if ordered else math.nan

    def ratio(self, other: Timing) -> float:
        """How many times as long as ours another service took, medians of the requests that both were sent.

        Answers that never came count as if they had come when the client gave up.
        """
        both = self.seconds.keys() & other.seconds.keys()
        if not both:
            return math.nan
        own, others = (
            statistics.median(min(timing.seconds[place], PATIENCE_S) for place in both) for timing in (self, other)
        )
        return others / own


class Client:
    """One client: a connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer; status 0 and the reason where there is not one, -1 where it took too long."""
        body = json.dumps(request.body) if request.body is not None else None
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            self._connection.request("POST" if body else "GET", request.path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next request opens it again
            return -1 if isinstance(error, TimeoutError) else 0, repr(error).encode()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def next_page(body: bytes) -> Request | None:
    """What the link of an answer to its next page asks for, if it has one."""
    link = next((link for link in json.loads(body)["links"] if link["rel"] == "next"), None)
    if link is None:
        return None
    parts = urlsplit(link["href"])
    return Request(f"{parts.path}?{parts.query}", link.get("body"))


class Round:
    """What clients share while they ask.

    Args:
        port: Of the service.
        questions: Asked one after the other, each once, by whichever client is free.
        budget_s: No request is begun after that many seconds, but for the first of each client.
    """

    def __init__(self, port: int, questions: Sequence[Request], budget_s: float) -> None:
        self.timing = Timing()
        self._port, self._queue, self._lock = port, iter(enumerate(questions)), threading.Lock()
        self._deadline = time.perf_counter() + budget_s

    def work(self) -> None:
        """Ask until the time is over, or there are no more questions."""
        client, asked = Client(self._port), self._take()
        while asked:
            self._ask(client, *asked)
            asked = None if self._is_over() else self._take()
        client.close()

    def _is_over(self) -> bool:
        return time.perf_counter() > self._deadline

    def _take(self) -> tuple[int, Request] | None:
        with self._lock:
            return next(self._queue, None)

    def _ask(self, client: Client, number: int, question: Request) -> None:
        request: Request | None = question
        for page in range(question.pages):
            if request is None or (page > 1 and self._is_over()):
                return
            begun = time.perf_counter()
            status, body = client.send(request)
            if page or question.pages == 1:
                self._note((number, page), status, time.perf_counter() - begun)
            request = next_page(body) if status == 200 and question.pages > 1 else None

    def _note(self, place: Place, status: int, seconds: float) -> None:
        with self._lock:
            if status in {200, -1}:
                self.timing.seconds[place] = seconds if status == 200 else math.inf
            elif status in {429, 503}:
                self.timing.refused += 1
            else:
                self.timing.errors += 1
        if status in {429, 503}:
            time.sleep(0.05)


def run(port: int, questions: Sequence[Request], clients: int, budget_s: float) -> Timing:
    """Have as many clients ask for a while; see `Round`."""
    found = Round(port, questions, budget_s)
    threads = [threading.Thread(target=found.work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found.timing
