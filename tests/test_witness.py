"""The witness of `tests/support/witness`: what its comparison finds, and what it leaves aside."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from witness.comparison import Tolerance, compare_recordings
from witness.recording import Answer, next_request, write_answers
from witness.requests import WitnessRequest

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = {"content-type": "application/json", "date": "Thu, 01 Jan 2015 00:00:00 GMT", "etag": 'W/"1"'}
BODY = {"features": [{"id": "a"}], "links": [{"rel": "next", "href": "/search?token=abc-1"}]}
REQUEST: dict[str, Any] = {"kind": "search", "method": "GET", "target": "/search", "body": None, "headers": {}}


def write_recording(folder: Path, *answers: tuple[int, dict[str, str], Any]) -> Path:
    """A recording of these answers: status, headers, body."""
    (folder / "bodies").mkdir(parents=True)
    rows = []
    for number, (status, headers, document) in enumerate(answers):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = hashlib.sha256(body).hexdigest()
        (folder / "bodies" / digest).write_bytes(gzip.compress(body))
        rows.append(Answer(f"{number:04}", REQUEST, status, sorted(headers.items()), digest))
    write_answers(folder / "answers.jsonl", rows)
    return folder


def compare(folder: Path, before: Any, after: Any, tolerance: Tolerance | None = None) -> list[str]:
    """Each difference of two recordings, as it is printed."""
    one, two = (write_recording(folder / name, *rows) for name, rows in (("one", before), ("two", after)))
    return [str(difference) for difference in compare_recordings(one, two, tolerance or Tolerance())]


@pytest.mark.parametrize(
    ("after", "line"),
    [
        ((404, HEADERS, BODY), "status 200 -> 404"),
        ((200, {**HEADERS, "content-type": "text/plain"}, BODY), "- content-type: application/json"),
        ((200, {**HEADERS, "vary": "Accept"}, BODY), "+ vary: Accept"),
        ((200, HEADERS, {**BODY, "features": [{"id": "b"}]}), '+   "id": "b"'),
        ((200, HEADERS, dict(reversed(BODY.items()))), '"features"'),
        ((200, HEADERS, json.dumps(BODY, indent=2).encode()), "bytes only"),
    ],
)
def test_what_differs_is_shown(tmp_path: Path, after: Any, line: str) -> None:
    (difference,) = compare(tmp_path, [(200, HEADERS, BODY)], [after])
    assert "GET /search" in difference
    assert line in difference


def test_an_answer_that_is_missing(tmp_path: Path) -> None:
    (difference,) = compare(tmp_path, [(200, HEADERS, BODY)], [])
    assert "only in" in difference


def test_what_no_code_decides_is_left_aside(tmp_path: Path) -> None:
    others = HEADERS | {"date": "Fri, 02 Jan 2015 00:00:00 GMT", "etag": 'W/"2"'}
    assert compare(tmp_path, [(200, HEADERS, BODY)], [(200, others, BODY)]) == []


def test_which_answers_share_an_etag_counts(tmp_path: Path) -> None:
    other = {**HEADERS, "etag": 'W/"2"'}
    before, after = [(200, HEADERS, BODY), (200, HEADERS, BODY)], [(200, HEADERS, BODY), (200, other, BODY)]
    (difference,) = compare(tmp_path / "strict", before, after)
    assert "etag" in difference
    assert compare(tmp_path / "tolerant", before, after, Tolerance(etags=True)) == []


def test_tokens_and_masked_text_may_differ(tmp_path: Path) -> None:
    after = json.loads(json.dumps(BODY).replace("abc-1", "Zx_9%3D"))
    before = [(200, HEADERS, BODY)]
    assert len(compare(tmp_path / "strict", before, [(200, HEADERS, after)])) == 1
    assert compare(tmp_path / "tokens", before, [(200, HEADERS, after)], Tolerance(tokens=True)) == []
    masks = Tolerance(masks=(re.compile("abc-1|Zx_9%3D"),))
    assert compare(tmp_path / "masks", before, [(200, HEADERS, after)], masks) == []
    posted = [(200, HEADERS, {"body": {"token": token}}) for token in ("one", "two")]
    assert compare(tmp_path / "posted", posted[:1], posted[1:], Tolerance(tokens=True)) == []


def test_the_length_of_an_unseen_body_follows_what_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REQUEST, "method", "HEAD")
    before, after = ([(200, {**HEADERS, "content-length": length}, b"")] for length in ("9", "7"))
    assert len(compare(tmp_path / "strict", before, after)) == 1
    assert compare(tmp_path / "tokens", before, after, Tolerance(tokens=True)) == []


def test_the_next_page() -> None:
    got = WitnessRequest("search", "GET", "/search")
    page = {"links": [{"rel": "next", "href": "https://stac.example.org/search?token=x"}]}
    following = next_request(got, json.dumps(page).encode())
    assert following is not None
    assert following.target == "/search?token=x"
    posted = WitnessRequest("search", "POST", "/search", '{"limit": 2}')
    page["links"][0] |= {"body": {"token": "x"}, "merge": True}  # type: ignore[dict-item]
    following = next_request(posted, json.dumps(page).encode())
    assert following is not None
    assert json.loads(following.body or "") == {"limit": 2, "token": "x"}
    assert next_request(got, b"no JSON") is None
    assert next_request(got, b'{"links": []}') is None
