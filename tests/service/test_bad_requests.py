"""The corpus of bad requests: each is refused with its status, in the one form, by the word that names the fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx2 as httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = "flatsim-testland-interferogram"
TABLE = Path(__file__).with_name("bad_requests.tsv")


class BadRequest(NamedTuple):
    """One row of the table."""

    method: str
    path: str
    parameters: list[tuple[str, str]]
    body: str | None
    status: int
    word: str


def read_table() -> Iterator[BadRequest]:
    """The rows; `{pairs}` stands for a collection, `%00` in a parameter for the character."""
    for line in TABLE.read_text().splitlines():
        if not line.startswith("#"):
            method, path, query, body, status, word = line.replace("{pairs}", PAIRS).split("\t")
            pairs = [] if query == "-" else [pair.partition("=") for pair in query.replace("%00", "\0").split(" & ")]
            parameters = [(name, value) for name, _, value in pairs]
            yield BadRequest(method, path, parameters, None if body == "-" else body, int(status), word)


CORPUS = list(read_table())


@pytest.fixture(scope="module")
def over_http(server: str) -> Iterator[httpx.Client]:
    """A client of the service on a real socket."""
    with httpx.Client(base_url=server) as client:
        yield client


@pytest.mark.parametrize("row", CORPUS, ids=lambda row: f"{row.method} {row.path} {row.parameters or row.body}"[:90])
def test_bad_requests(over_http: httpx.Client, row: BadRequest) -> None:
    headers = {"Origin": "https://portal.example.org"} | ({"Content-Type": "application/json"} if row.body else {})
    answer = over_http.request(row.method, row.path, params=row.parameters or None, content=row.body, headers=headers)
    assert answer.status_code == row.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"]
    assert set(answer.json()) == {"code", "description"}
    assert row.word in answer.json()["description"]
    assert "Traceback" not in answer.text


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 200
    assert len({(row.method, row.path, str(row.parameters), row.body) for row in CORPUS}) == len(CORPUS)
