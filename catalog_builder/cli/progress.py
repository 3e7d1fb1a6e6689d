"""Progress of a build: a bar on a terminal, plain lines otherwise, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function to be told of the packages done and found."""
    if quiet:
        yield lambda _done, _found: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _bar() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("Cataloguing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Cataloguing", total=None)
        yield lambda done, found: bar.update(task, completed=done, total=found)


def _lines() -> Callable[[int, int], None]:
    last = time.monotonic()

    def tell(done: int, found: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_EVERY_S:
            last = now
            sys.stderr.write(f"{done} of {found} packages\n")

    return tell
