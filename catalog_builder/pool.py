"""A pool of processes whose results come back in order, with a bounded number of jobs under way."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

WORTH_A_POOL = 128
"""Packages below which starting processes costs more than it saves."""
AHEAD = 8
"""Jobs under way beyond the one that is waited for."""


@contextmanager
def pool(workers: int, *, jobs: int) -> Iterator[Executor | None]:
    """A pool of fresh processes (GDAL does not survive a fork); None when one process is enough."""
    if workers < 2 or jobs < WORTH_A_POOL:  # noqa: PLR2004 (one worker is this process)
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as executor:
        yield executor


def _end_with_parent() -> None:
    """Have this process end when the one that started it is killed: its queue would never say so."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def in_order(executor: Executor | None, job: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> Iterator[T]:
    """Results of `job(*call)` for each call, in the order of the calls."""
    if executor is None:
        yield from (job(*call) for call in calls)
        return
    waiting: deque[Future[T]] = deque()
    for call in calls:
        waiting.append(executor.submit(job, *call))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
