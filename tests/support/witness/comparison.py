"""Compares two recordings: status, headers and bodies, without what no code decides."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .recording import Answer, read_answers, read_body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOLATILE: Final = frozenset(("date", "keep-alive"))
MASK: Final = "…"
_TOKEN: Final = re.compile(r"""(token(?:=|%3D|"\s*:\s*"|&quot;: ?&quot;|\\"\s*:\s*\\"))[A-Za-z0-9_\-.%=]+""")
_DATED: Final = ("/data/",)
"""Addresses whose `Last-Modified` is that of a file of the tree; elsewhere it is never before the service's start."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ.

    Attributes:
        tokens: Values of page tokens.
        etags: ETags, also which answers share one.
        key_order: The order of members of JSON objects.
        masks: Patterns of text that is left aside in headers and bodies.
    """

    tokens: bool = False
    etags: bool = False
    key_order: bool = False
    masks: tuple[re.Pattern[str], ...] = ()

    def mask(self, text: str) -> str:
        """The text with all that may differ replaced."""
        if self.tokens:
            text = _TOKEN.sub(rf"\1{MASK}", text)
        for pattern in self.masks:
            text = pattern.sub(MASK, text)
        return text


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that differs: the request, and lines that say how."""

    answer: Answer
    lines: list[str]

    def __str__(self) -> str:
        request = self.answer.request
        head = f"== {self.answer.key} [{request['kind']}] {request['method']} {request['target']}"
        sent = [f"   {name}: {value}" for name, value in request["headers"].items()]
        body = [f"   {request['body']}"] if request["body"] else []
        return "\n".join([head, *sent, *body, *self.lines])


def compare_recordings(
    before: Path, after: Path, tolerance: Tolerance, only: str | None = None
) -> Iterator[Difference]:
    """Each answer that differs between two recordings.

    Args:
        before: Folder of the first recording.
        after: Folder of the second.
        tolerance: What may differ.
        only: Pattern of the kinds of requests to look at.
    """
    first, second = (_with_etag_classes(read_answers(folder / "answers.jsonl")) for folder in (before, after))
    for key in sorted({*first, *second}):
        answer = first.get(key) or second[key]
        if only and not re.search(only, answer.request["kind"]):
            continue
        if key not in first or key not in second:
            yield Difference(answer, [f"   only in {before if key in first else after}"])
        elif lines := list(_compare_answers((before, first[key]), (after, second[key]), tolerance)):
            yield Difference(answer, lines)


def _with_etag_classes(answers: dict[str, Answer]) -> dict[str, Answer]:
    """Answers with each ETag replaced by the key of the first answer that has it.

    Some are made of row versions, which every database numbers anew: what counts is which answers share one.
    """
    classes: dict[str, str] = {}
    for answer in answers.values():
        if etag := answer.header("etag"):
            classes.setdefault(etag, f"{'W/' if etag.startswith('W/') else ''}<that of {answer.key}>")
    return {
        key: replace(
            answer, headers=[(name, classes[value] if name == "etag" else value) for name, value in answer.headers]
        )
        for key, answer in answers.items()
    }


def _compare_answers(before: tuple[Path, Answer], after: tuple[Path, Answer], tolerance: Tolerance) -> Iterator[str]:
    (_, old), (_, new) = before, after
    if old.status != new.status:
        yield f"   status {old.status} -> {new.status}"
    bodies = [] if old.body == new.body else [_read_body(*side) for side in (before, after)]
    same_bytes = not bodies or bodies[0] == bodies[1]
    # The length that HEAD tells is that of a body which is not here to be masked.
    is_unseen = old.request["method"] == "HEAD" and bool(tolerance.tokens or tolerance.masks)
    skipped = VOLATILE | ({"etag"} if tolerance.etags else set())
    skipped |= set() if same_bytes and not is_unseen else {"etag", "content-length"}
    sets = [_headers(answer, skipped, tolerance) for answer in (old, new)]
    for mark, one, other in (("-", *sets), ("+", *reversed(sets))):
        for name, value in one:
            if (name, value) not in other:
                yield f"   {mark} {name}: {value}"
    if not same_bytes:
        yield from _compare_bodies(bodies[0], bodies[1], tolerance)


def _boundary(answer: Answer) -> str | None:
    """What separates the ranges of a multipart answer, which is drawn by chance."""
    return (answer.header("content-type") or "").partition("boundary=")[2] or None


def _read_body(folder: Path, answer: Answer) -> bytes:
    body = read_body(folder, answer)
    boundary = _boundary(answer)
    return body.replace(boundary.encode(), MASK.encode()) if boundary else body


def _headers(answer: Answer, skipped: frozenset[str], tolerance: Tolerance) -> list[tuple[str, str]]:
    path = answer.request["target"]
    rows = []
    for name, value in answer.headers:
        if name in skipped:
            continue
        is_file_time = name == "last-modified" and not path.startswith(_DATED)
        is_boundary = name == "content-type" and _boundary(answer) is not None
        rows.append((name, MASK if is_file_time or is_boundary else tolerance.mask(value)))
    return rows


def _compare_bodies(old: bytes, new: bytes, tolerance: Tolerance) -> Iterator[str]:
    lines = [tolerance.mask(_readable(body, tolerance)).splitlines() for body in (old, new)]
    if lines[0] == lines[1]:
        if tolerance == Tolerance():
            yield "   bodies differ in bytes only (white space, escapes)"
        return
    yield from (f"   {line}" for line in difflib.unified_diff(lines[0], lines[1], "before", "after", lineterm="", n=2))


def _readable(body: bytes, tolerance: Tolerance) -> str:
    """JSON with a line for each member, HTML and SVG with a line for each element, else the text itself."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "\n".join(body[start : start + 32].hex(" ") for start in range(0, min(len(body), 4096), 32))
    try:
        document: Any = json.loads(text)
    except ValueError:
        return re.sub(r">\s*<", ">\n<", text) if text.lstrip().startswith("<") else text
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=tolerance.key_order)
