"""A pool of processes whose results come back in order, with a bounded number of jobs under way."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
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
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_ending_to_parent)
    try:
        yield executor
    except BaseException:  # Ctrl-C too: what they are reading is of no use any more
        for worker in active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _leave_ending_to_parent() -> None:
    """Have this process end when the one that started it is killed, of which its queue would never tell, and let a
    terminal's Ctrl-C be answered there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

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
