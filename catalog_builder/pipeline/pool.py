"""Where jobs are done: in this process, in a pool of processes beside it, or on a cluster. Results come back in order,
with a bounded number of jobs under way."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Any, Protocol, TypeVar

from catalog_builder.errors import WorkersError

T = TypeVar("T")
Tag = TypeVar("Tag")
Ticket = TypeVar("Ticket")

WORTH_A_POOL = 128
"""Packages below which starting processes costs more than it saves."""
AHEAD_PER_WORKER = 3
"""Jobs under way for each worker, so that none waits for the one that is slow to answer."""
_IMPORTED_ONCE = ["catalog_builder.pipeline.job"]


class Pool(Protocol):
    """Does jobs."""

    def expect(self, packages: int) -> None:
        """Be told of the number of packages known of so far: time to start workers, if that is worth it."""

    def run(
        self, job: Callable[..., T], calls: Iterable[tuple[Tag, tuple[Any, ...] | None]]
    ) -> Iterator[tuple[Tag, T | None]]:
        """Results of `job(*arguments)` in the order of the calls, each with its call's tag.

        A call without arguments takes its turn and gives None. Calls are taken as results are, some ahead of them.
        """


class SerialPool:
    """This process."""

    def expect(self, packages: int) -> None:
        """Nothing to start."""

    def run(
        self, job: Callable[..., T], calls: Iterable[tuple[Tag, tuple[Any, ...] | None]]
    ) -> Iterator[tuple[Tag, T | None]]:
        """One by one."""
        for tag, arguments in calls:
            yield tag, None if arguments is None else job(*arguments)


KILLED_WITHIN_S = 10.0
"""Seconds for which workers are told to end when a build is given up."""


class Processes(SerialPool):
    """Processes of their own, once enough packages are expected; until then, and for fewer, this one."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: Executor | None = None

    def expect(self, packages: int) -> None:
        """Start them behind the back of the caller, who goes on walking meanwhile."""
        if self._executor is None and self._workers > 1 and packages >= WORTH_A_POOL:
            self._executor = _processes(self._workers)
            Thread(target=_start, args=(self._executor, self._workers), daemon=True).start()

    def run(
        self, job: Callable[..., T], calls: Iterable[tuple[Tag, tuple[Any, ...] | None]]
    ) -> Iterator[tuple[Tag, T | None]]:
        """By whichever process is free."""
        if self._executor is None:
            return super().run(job, calls)
        submit = partial(self._executor.submit, job)
        return in_order(submit, calls, ahead=AHEAD_PER_WORKER * self._workers, wait=self._wait)

    def _wait(self, future: Future[T]) -> T:
        """The result of a job.

        Raises:
            WorkersError: a process was killed.
        """
        try:
            return future.result()
        except BrokenExecutor:
            msg = "a worker process was killed, perhaps for want of memory: fewer --workers need less; the same command"
            msg += " goes on from here"
            raise WorkersError(msg) from None

    def abandon(self) -> None:
        """Kill them, also one that is only being started."""
        if self._executor:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
        deadline = time.monotonic() + KILLED_WITHIN_S
        while (workers := active_children()) and time.monotonic() < deadline:
            for worker in workers:
                worker.terminate()
            time.sleep(0.05)

    def close(self) -> None:
        """End them."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)


@contextmanager
def processes(workers: int) -> Iterator[Pool]:
    """A pool of processes; what they are doing is given up when the block is left by an exception."""
    pool = Processes(workers)
    try:
        yield pool
    except BaseException:  # Ctrl-C too: what they are reading is of no use any more
        pool.abandon()
        raise
    finally:
        pool.close()


def _processes(workers: int) -> Executor:
    """Forked from a fresh one that has imported what they need and done nothing else, which GDAL would not survive."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED_ONCE)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(dict(os.environ),))


def _start(executor: Executor, workers: int) -> None:
    """Have all processes started. A Ctrl-C of the terminal while they import is not theirs to answer."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    with suppress(RuntimeError):  # the build has ended already
        for _ in range(workers):
            executor.submit(os.getpid)


def _begin(environment: dict[str, str]) -> None:
    """Take the environment as it is now, not as when the first pool was made. End when the process that wants the
    results is killed, of which the queue would never tell, and let a terminal's Ctrl-C be answered there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def in_order(
    submit: Callable[..., Ticket],
    calls: Iterable[tuple[Tag, tuple[Any, ...] | None]],
    *,
    ahead: int,
    wait: Callable[[Ticket], T],
) -> Iterator[tuple[Tag, T | None]]:
    """As `Pool.run`, with `ahead` jobs under way: `submit` takes a call's arguments, `wait` gives the result for what
    `submit` gave."""
    waiting: deque[tuple[Tag, Ticket | None]] = deque()

    def first() -> tuple[Tag, T | None]:
        tag, ticket = waiting.popleft()
        return tag, None if ticket is None else wait(ticket)

    for tag, arguments in calls:
        waiting.append((tag, None if arguments is None else submit(*arguments)))
        if len(waiting) > ahead:
            yield first()
    while waiting:
        yield first()
