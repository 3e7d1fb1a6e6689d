"""What the benchmark asks: different questions, the same for everyone, each once in a cell."""

from __future__ import annotations

import math
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from benchmarks.items import Catalogue, version
from benchmarks.questions import KINDS, Kind, questions
from benchmarks.service import Plan, Results, cell, table
from benchmarks.traffic import PATIENCE_S, Request, Timing, run

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 25


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(5000, regions=19)


@pytest.fixture(scope="module")
def other_catalogue() -> Catalogue:
    """The same items, made by somebody else."""
    return Catalogue(5000, regions=19)


@pytest.fixture(scope="module")
def smallest_catalogue() -> Catalogue:
    return Catalogue(3, regions=1, tracks=1)


def keys(requests: list[Request]) -> list[str]:
    return [f"{request.path} {request.body}" for request in requests]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_questions_are_different_and_the_same_for_a_seed(
    kind: Kind, catalogue: Catalogue, other_catalogue: Catalogue
) -> None:
    first = keys(questions(kind, catalogue, 0, COUNT))
    assert len(set(first)) == len(first) == (1 if kind.is_single else COUNT)
    assert keys(questions(kind, other_catalogue, 0, COUNT)) == first
    assert (keys(questions(kind, catalogue, 1, COUNT)) == first) is kind.is_single


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_smallest_catalogue_has_questions_and_they_end(kind: Kind, smallest_catalogue: Catalogue) -> None:
    found = questions(kind, smallest_catalogue, 0, 5)
    assert 1 <= len(set(keys(found))) == len(found) <= 5


def test_drawn_pairs_are_in_the_catalogue(catalogue: Catalogue) -> None:
    kind = next(kind for kind in KINDS if kind.name == "item by id")
    there = {line.partition(b'"id":"')[2].partition(b'"')[0].decode() for _, line in catalogue.lines()}
    assert {request.path.rpartition("/")[2] for request in questions(kind, catalogue, 0, 100)} <= there


def test_the_same_code_makes_the_same_items() -> None:
    assert version.__wrapped__() == version.__wrapped__()


@contextmanager
def server(status: int = 200) -> Iterator[tuple[int, Counter[str]]]:
    """A server that notes what it is asked; its port, and how often each path was asked for."""
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                asked[self.path] += 1
            number = int(self.path.rpartition("=")[2]) if "=" in self.path else 0
            body = f'{{"links": [{{"rel": "next", "href": "http://x/pages?token={number + 1}"}}]}}'.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield listening.server_port, asked
        finally:
            listening.shutdown()
            thread.join()


def test_many_clients_ask_each_question_once() -> None:
    wanted = [f"/{number}" for number in range(60)]
    with server() as (port, asked):
        timing = run(port, [Request(path) for path in wanted], clients=8, budget_s=30)
    assert asked == Counter(wanted)
    assert len(timing.seconds) == 60


def test_a_walk_follows_links_and_leaves_its_first_page_out() -> None:
    with server() as (port, asked):
        timing = run(port, [Request("/pages", pages=4)], clients=1, budget_s=30)
    assert asked == Counter(["/pages", "/pages?token=1", "/pages?token=2", "/pages?token=3"])
    assert sorted(timing.seconds) == [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(("status", "shown"), [(500, "1 failed"), (503, "1 refused")])
def test_a_cell_without_result_is_shown(status: int, shown: str) -> None:
    with server(status) as (port, _):
        timing = run(port, [Request("/")], clients=1, budget_s=0)
    results = Results(cells={(KINDS[0].name, "quiet", "ours"): timing})
    lines = list(table(results, Plan(KINDS, seconds=1, clients=8, seed=0), ["ours", "plain"]))
    assert lines[2:] == [f"| {KINDS[0].name} | quiet | {shown} | - | - |"]


def test_few_answers_are_said_and_those_that_never_came_count() -> None:
    ours = Timing(seconds={(number, 0): 0.1 for number in range(30)})
    other = Timing(seconds={(0, 0): 0.4, (1, 0): math.inf, (2, 0): math.inf})
    assert cell(ours) == "100.0 / 100.0"
    assert cell(other) == "> 10000 / > 10000, only 3"
    assert ours.ratio(other) == pytest.approx(PATIENCE_S / 0.1)
    assert math.isnan(ours.ratio(Timing()))
