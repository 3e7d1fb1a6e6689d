"""Sends the requests and writes the answers: one line each, bodies beside them under their hash."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .corpus import path_of
from .requests import WitnessRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HOST: Final = "stac.example.org"
"""Sent as `Host`, so that addresses in answers do not depend on the port."""
TIMEOUT_S: Final = 180
CONDITIONAL: Final = frozenset(("catalogue", "items", "collections", "pages", "plots", "files", "docs"))
"""Kinds of requests that are repeated with the validators of their answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request, or what went wrong on the way."""

    key: str
    request: dict[str, Any]
    status: int
    headers: list[tuple[str, str]]
    body: str
    """SHA-256 of the body, which is the name of its file."""

    def header(self, name: str) -> str | None:
        """The first header of this name, in lower case."""
        return next((value for found, value in self.headers if found == name), None)


class Recorder:
    """Sends requests to a service on this machine and writes down what it answers."""

    def __init__(self, port: int, folder: Path) -> None:
        self._bodies = folder / "bodies"
        self._bodies.mkdir(parents=True, exist_ok=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def record(self, requests: Iterable[WitnessRequest]) -> Iterator[Answer]:
        """The answers to requests, to the pages after them, and to their repetition with validators."""
        for number, request in enumerate(requests):
            yield from self._record_one(f"{number:04}", request)

    def _record_one(self, key: str, request: WitnessRequest) -> Iterator[Answer]:
        answer, body = self.send(key, request)
        yield answer
        if request.method == "GET" and request.kind in CONDITIONAL and answer.status == http.HTTPStatus.OK:
            if etag := answer.header("etag"):
                same = replace(request, headers={**request.headers, "If-None-Match": etag})
                yield self.send(f"{key}.not-modified", same)[0]
            if changed := answer.header("last-modified"):
                same = replace(request, headers={**request.headers, "If-Modified-Since": changed})
                yield self.send(f"{key}.not-since", same)[0]
        for page in range(request.pages):
            following = next_request(request, body)
            if following is None:
                return
            request = following
            answer, body = self.send(f"{key}.page{page + 2}", request)
            yield answer

    def send(self, key: str, request: WitnessRequest) -> tuple[Answer, bytes]:
        """Send one request over the one connection, as it is, without headers of a client's own."""
        content = None if request.body is None else request.body.encode()
        self._connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": HOST, "X-Request-ID": f"witness-{key}"} | request.headers).items():
            self._connection.putheader(name, value.encode())
        if content is not None:
            self._connection.putheader("Content-Length", str(len(content)))
        try:
            self._connection.endheaders(content)
            response = self._connection.getresponse()
            status, headers, body = response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            status, headers, body = 0, [], f"{type(error).__name__}".encode()
        named = sorted((name.lower(), value) for name, value in headers)
        if ("content-encoding", "gzip") in named:
            body = gzip.decompress(body)
        digest = hashlib.sha256(body).hexdigest()
        file = self._bodies / digest
        if not file.exists():
            file.write_bytes(gzip.compress(body, compresslevel=1, mtime=0))
        return Answer(key, asdict(request), status, named, digest), body


def next_request(request: WitnessRequest, body: bytes) -> WitnessRequest | None:
    """The request of the link `next` of a JSON answer, if it has one."""
    try:
        links = json.loads(body)["links"]
    except (ValueError, KeyError, TypeError):
        return None
    link = next((link for link in links if link["rel"] == "next"), None)
    if link is None:
        return None
    if request.body is None or "body" not in link:
        return replace(request, target=path_of(link["href"]))
    merged = {**json.loads(request.body), **link["body"]} if link.get("merge") else link["body"]
    return replace(request, target=path_of(link["href"]), body=json.dumps(merged))


def read_body(folder: Path, answer: Answer) -> bytes:
    """The body of an answer of a recording."""
    return gzip.decompress((folder / "bodies" / answer.body).read_bytes())


def write_answers(file: Path, answers: Iterable[Answer]) -> int:
    """Write answers as JSON lines; returns how many."""
    count = 0
    with file.open("w") as output:
        for answer in answers:
            output.write(json.dumps(asdict(answer)) + "\n")
            count += 1
    return count


def read_answers(file: Path) -> dict[str, Answer]:
    """Answers by their keys."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    answers = [Answer(**{**row, "headers": [(name, value) for name, value in row["headers"]]}) for row in rows]
    return {answer.key: answer for answer in answers}
