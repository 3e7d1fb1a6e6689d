"""Bent files: how they are bent, and what a build may make of a tree with one of them."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalog_builder.discover.plan import make_plan
from catalog_builder.pipeline.catalogue import Options, Outcome, catalogue_batch, catalogue_shared
from catalog_builder.stac.layout import ServiceLayout

LIMIT_S = 20
"""For one small tree, which takes some 20 ms: what is slower hangs."""

PIECES = (
    b"nan", b"inf", b"-1", b"1e999", b"0x10", b"\0", b"\xff\xfe", b"\r", b"\n", b"\n\n", b" ", b"\t", b":", b"=", b"#",
    b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+10:00", b"20160230", b"20160113", b"2016-01-13", b"00000000",
    b"S1D_IW_SLC__1SDV_00010101T000000_99991231T235959_999999", b"S1A_IW_SLC__1SDV_20160102T000000_20160102T000100_1",
    b"Orbit_direction: DESCENDING\n", b"Relative_orbit_number: 7\n", b"Used_DEM: \xe9\n", b"Note: SYNTHETIC\n",
    b"Date_of_measurement_start: 1999-01-01\n", b"Reference_date: 2016-01-01T99:00:00Z\n", b"9" * 400, b"\x1a", b"\x85",
    "٣".encode(), "\u2028".encode(), b"Software_version: \x1b[31m\n", b"Value_unit: furlong\n",
)  # fmt: skip


def bent_text(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A text with some of its bytes, words or lines changed."""
    text = content
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = _bent_once(text, others, chance)
    return text


def _bent_once(text: bytes, others: list[bytes], chance: random.Random) -> bytes:
    place = chance.randrange(len(text) + 1)
    before, after = text[:place], text[place:]
    lines = text.splitlines(keepends=True)
    ways = (
        lambda: before + bytes([after[0] ^ 1 << chance.randrange(8)]) + after[1:] if after else before,
        lambda: before + chance.choice(PIECES) + after,
        lambda: before + chance.choice(PIECES) + after[chance.randrange(40) :],
        lambda: before + after[chance.choice((1, 2, 8, 100)) :],
        lambda: before,
        lambda: b"".join(chance.sample(lines, chance.randrange(len(lines) + 1)) + lines),
        lambda: before + chance.choice(others)[: chance.randrange(200)] + after,
        lambda: before + chance.randbytes(chance.randrange(9)) + after[9:],
    )
    return chance.choice(ways)()


def bent_bytes(content: bytes, places: range, chance: random.Random) -> bytes:
    """A file with some bits flipped or words overwritten in some of its bytes, or with its end cut off."""
    data = bytearray(content)
    if chance.random() < 0.25:
        return bytes(data[: chance.randrange(len(data))])
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.choice(places)
        if chance.random() < 0.6:
            data[place] ^= 1 << chance.randrange(8)
        else:
            word = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1", b"\0\0"))
            data[place : place + len(word)] = word
    return bytes(data[: len(content)])


class Hung(Exception):
    """A build that does not end."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    started = time.monotonic()
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    if time.monotonic() - started > seconds:  # it was in a library all the time
        raise Hung


def catalogued(tree: Path, **options: bool) -> tuple[dict[str, dict[str, Any]], Outcome]:
    """Items by package name, and all that was said, of one tree; each package in one count."""
    whole = Outcome()
    with within(LIMIT_S):
        plan = make_plan([tree])
        whole.refused += plan.report.refused
        chosen = Options(**options)
        for track_plan in plan.tracks:
            track, shared = catalogue_shared(track_plan, ServiceLayout(), chosen)
            for part in (shared, catalogue_batch(track_plan.pairs, track, ServiceLayout(), chosen)):
                whole.items += part.items
                whole.refused += part.refused
                whole.warnings += part.warnings
    assert plan.report.found == len(whole.items) + len(whole.refused)
    json.dumps(whole.items, allow_nan=False, ensure_ascii=False).encode()
    return {item["properties"]["identifier"]: item for item in whole.items}, whole


class Watch:
    """Paths that the interpreter opens or lists while it is on. A hook cannot be taken away, so there is one."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.is_on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes):
            self.paths.append(str(arguments[0]))

    @contextmanager
    def on(self) -> Iterator[list[str]]:
        self.paths, self.is_on = [], True
        try:
            yield self.paths
        finally:
            self.is_on = False


def differences(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Paths in two documents at which they differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key), theirs.get(key), f"{where}/{key}")
    elif ours != theirs:
        yield where
