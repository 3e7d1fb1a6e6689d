"""Progress of a build: a bar on a terminal, plain lines otherwise, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

LINE_EVERY_S = 10.0
PIPE_WIDTH = 400


def wide_console() -> Console:
    """For tables: as wide as the terminal; nothing is cut short for a file or another program."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(width=width, soft_wrap=True, highlight=False, markup=False)


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
    columns = (TextColumn("Cataloguing"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Cataloguing", total=None)
        yield lambda done, found: bar.update(task, completed=done, total=found)


class _Rate(ProgressColumn):
    """Packages a second, of late."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


def _lines() -> Callable[[int, int], None]:
    start = last = time.monotonic()

    def tell(done: int, found: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_EVERY_S:
            last = now
            sys.stderr.write(f"{line(done, found, now - start)}\n")

    return tell


def line(done: int, found: int, elapsed_s: float) -> str:
    """Progress in words.

    >>> line(500, 2000, 10.0)
    '500 of 2000 packages, 50.0/s, 30 s left'
    """
    rate = done / elapsed_s
    return f"{done} of {found} packages, {rate:.1f}/s" + (f", {(found - done) / rate:.0f} s left" if done else "")
