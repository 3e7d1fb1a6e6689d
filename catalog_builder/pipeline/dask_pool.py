"""Jobs done by the workers of a dask cluster. The only module that imports dask, which is an extra.

Scheduler and workers run elsewhere, perhaps for days and for others too: nothing is taken for granted of them. Before
the first job each is asked who it is, and each job says which builder it comes from, as workers may join at any time.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from catalog_builder.errors import FlatsimError, WorkersError
from catalog_builder.location import Location
from catalog_builder.packages import regions
from catalog_builder.pipeline.manifest import builder_digest
from catalog_builder.pipeline.pool import AHEAD_PER_WORKER, Pool, in_order
from catalog_builder.vocab.regions import Region
from catalog_builder.vocab.release import __version__

Client = Any
"""`distributed.Client`, half of whose methods have no types."""
T = TypeVar("T")
Tag = TypeVar("Tag")

CONNECT_WITHIN_S = 20
"""Until the scheduler has answered."""
WORKER_WITHIN_S = 60
"""Until there is a worker, at the start and whenever all have gone."""
LOOK_EVERY_S = 5
"""How often it is seen whether workers are left, while a result is waited for."""
AT_LEAST_AHEAD = 32
"""Jobs under way however few workers there are yet: clusters grow by what is waiting."""
NOBODY_WORKS_ON_IT = ("memory", "forgotten", "released", None)
"""States of a job at the scheduler in which its result should be here, or will never be."""
LOOKS_UNTIL_LOST = 3
"""How often a job is seen in such a state until it is sent again."""
INSTALL = f"install flatsim-stac[builder] {__version__} where the scheduler and the workers of the cluster run"


class DaskPool:
    """Does jobs on a cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._context = builder_digest(), regions.operator_regions()
        self._asked: WeakSet[_Asked] = WeakSet()

    def expect(self, packages: int) -> None:
        """The workers are there."""

    def run(
        self, job: Callable[..., T], calls: Iterable[tuple[Tag, tuple[Any, ...] | None]]
    ) -> Iterator[tuple[Tag, T | None]]:
        """By whichever worker is free; by another one when it dies."""
        ahead = max(AT_LEAST_AHEAD, AHEAD_PER_WORKER * sum(self._client.nthreads().values()))
        return in_order(partial(self._submit, job), calls, ahead=ahead, wait=self._wait)

    def cancel(self) -> None:
        """Call off what is not done; dask then misses results, which is expected."""
        for name in ("distributed.client", "distributed.core", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._client.cancel([asked.future for asked in self._asked])

    def _submit(self, job: Callable[..., Any], *arguments: Any) -> _Asked:
        call = *self._context, job, *arguments
        asked = _Asked(call, self._client.submit(do_job, *call, pure=False))
        self._asked.add(asked)
        return asked

    def _wait(self, asked: _Asked) -> Any:
        """The result of a job.

        Raises:
            WorkersError: no worker is left, or the scheduler is gone.
        """
        without_s = 0
        while True:
            try:
                return asked.future.result(timeout=LOOK_EVERY_S * 2**asked.lost)
            except FlatsimError:
                raise
            except CancelledError:
                msg = f"{self._address}: the scheduler is gone; the same command goes on from here"
                raise WorkersError(msg) from None
            except Exception as error:
                if not isinstance(error, TimeoutError) or asked.future.status == "error":
                    msg = f"{self._address}: {type(error).__name__}: {error}"
                    raise WorkersError(msg) from error
            without_s = 0 if self._has_workers() else without_s + LOOK_EVERY_S
            if without_s >= WORKER_WITHIN_S:
                msg = f"{self._address}: no worker for {WORKER_WITHIN_S} s; the same command goes on from here"
                raise WorkersError(msg)
            self._ask_again_if_lost(asked)

    def _ask_again_if_lost(self, asked: _Asked) -> None:
        """Send a job once more whose result does not come though no one works on it: a worker that dies with results
        can leave scheduler and client waiting for each other. Jobs only read, so doing one twice does no harm."""
        key = asked.future.key
        try:
            status = self._client.sync(
                self._client.scheduler.get_task_status, keys=[key], callback_timeout=CONNECT_WITHIN_S
            )
        except (OSError, RuntimeError, TimeoutError):
            return
        asked.looks = asked.looks + 1 if status.get(key) in NOBODY_WORKS_ON_IT else 0
        if asked.looks >= LOOKS_UNTIL_LOST:
            asked.looks, asked.lost = 0, asked.lost + 1
            asked.future = self._client.submit(do_job, *asked.call, pure=False)

    @property
    def _address(self) -> str:
        return str(self._client.scheduler.address) if self._client.scheduler else "the dask scheduler"

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.sync(self._client.scheduler.ncores, callback_timeout=CONNECT_WITHIN_S))
        except (OSError, RuntimeError, TimeoutError):
            return False


@dataclass(eq=False)
class _Asked:
    """A job that was sent."""

    call: tuple[Any, ...]
    future: Any
    """`distributed.Future`; another one when the first was lost."""
    looks: int = 0
    """How often in a row it was without a result and no one worked on it."""
    lost: int = 0
    """How often it was sent again; each time it is waited for longer, for it may be the network that is slow."""


@contextmanager
def dask_cluster(address: str, trees: Sequence[Location] = ()) -> Iterator[Pool]:
    """A pool of the workers that a scheduler has; what is still to be done is called off when the block is left.

    Args:
        address: of the scheduler, `tcp://host:8786`.
        trees: what all workers have to see under the same path.

    Raises:
        WorkersError: dask is not installed here, there is no scheduler or no worker, or one lacks this very
            builder or one of the trees.
    """
    with _connected(address) as client:
        try:
            client.wait_for_workers(1, timeout=WORKER_WITHIN_S)
        except TimeoutError:
            msg = f"{address}: the scheduler has no worker; start some: dask worker {address} --nthreads 1"
            raise WorkersError(msg) from None
        _check(client, address, [str(tree.resolve()) for tree in trees if isinstance(tree, Path) and tree.exists()])
        pool = DaskPool(client)
        try:
            yield pool
        finally:
            pool.cancel()


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        msg = "--dask needs the extra of that name: pip install 'flatsim-stac[dask]'"
        raise WorkersError(msg) from error
    try:
        client = distributed.Client(address, timeout=CONNECT_WITHIN_S, set_as_default=False, name="flatsim-stac")
    except Exception as error:  # of sockets, of addresses, and dask's own
        msg = f"{address}: no dask scheduler answers there: {error}"
        raise WorkersError(msg) from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_WITHIN_S)


def _check(client: Client, address: str, trees: list[str]) -> None:
    """Ask the workers who they are, by way of the scheduler; `WorkersError` for the first answer that is wrong."""
    digest = builder_digest()
    asked = {
        worker: client.submit(lacking, digest, trees, workers=[worker], pure=False, retries=0)
        for worker in sorted(client.nthreads())
    }
    for worker, answer in asked.items():
        try:
            lacks = answer.result(timeout=WORKER_WITHIN_S)
        except (TimeoutError, CancelledError):  # it is busy with others' jobs, or has left: that is reported later
            continue
        except Exception as error:
            msg = f"{address}: scheduler or worker {worker} does not know this builder ({error}); {INSTALL}"
            raise WorkersError(msg) from error
        if lacks:
            msg = f"worker {worker} {lacks}"
            raise WorkersError(msg)


def lacking(digest: str, trees: list[str]) -> str | None:
    """What a worker does not have for this builder's jobs, itself asked; None when it is well."""
    if builder_digest() != digest:
        python = ".".join(map(str, sys.version_info[:3]))
        return f"has another builder ({__version__}, Python {python}); {INSTALL}"
    missing = [tree for tree in trees if not Path(tree).exists()]
    return f"does not see {missing[0]}; all workers need the trees under the same path" if missing else None


def do_job(digest: str, rows: dict[str, Region], job: Callable[..., T], *arguments: Any) -> T:
    """On a worker: the job, with the regions of the operator who sent it.

    Raises:
        WorkersError: this worker has joined since, and has another builder.
    """
    if lacks := lacking(digest, []):
        msg = f"a worker of the cluster {lacks}"
        raise WorkersError(msg)
    with regions.given(rows):
        return job(*arguments)
