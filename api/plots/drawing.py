"""Draws in a thread, one figure at a time, and caches the figures.

Matplotlib holds the interpreter's lock for most of the time it takes, so that a second figure at once would only slow
down what else is answered. A request for a figure that is being drawn waits for it; when too many wait, others are
refused.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from api.errors import Overloaded
from api.plots.capacity import REFUSAL
from api.versioned_cache import VersionedCache
from catalog_builder.vocab.release import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WAITING: Final = 32
"""Figures that wait to be drawn."""
_TURN_S: Final = 0.0005
"""Seconds for which drawing keeps the interpreter's lock while something else wants it; Python's own 0.005 would add up
to a tenth of a second for a search, which has to get it back some twenty times."""


@dataclass(slots=True)
class FigureCache:
    """Figures by their inputs; the least recently used are evicted first.

    Attributes:
        patience_s: Seconds that a request waits for its figure.
        max_bytes: Of all cached figures.
    """

    patience_s: float
    max_bytes: int = 16 * 2**20
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="plots"))
    _pending: dict[bytes, asyncio.Future[bytes]] = field(default_factory=dict)
    _figures: VersionedCache[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._figures = VersionedCache(self.max_bytes)

    async def get(self, inputs: object, draw: Callable[[], bytes]) -> bytes:
        """A figure.

        Args:
            inputs: All that it depends on, as a value whose `repr` tells it from others.
            draw: Draws it; called in a thread.

        Raises:
            Overloaded: Others come first, and it would take too long.
        """
        name = blake2b(repr((__version__, inputs)).encode("utf-8", "surrogatepass"), digest_size=20).digest()
        if (cached := self._figures.get(name)) is not None:
            return cached
        running = self._pending.get(name)
        if running is None:
            if len(self._pending) >= MAX_WAITING:
                raise Overloaded(REFUSAL)
            running = asyncio.get_running_loop().run_in_executor(self._thread, _giving_way, draw)
            self._pending[name] = running
            running.add_done_callback(partial(self._done, name))
        try:
            return await asyncio.wait_for(asyncio.shield(running), self.patience_s)
        except TimeoutError as error:
            raise Overloaded(REFUSAL) from error

    def _done(self, name: bytes, running: asyncio.Future[bytes]) -> None:
        self._pending.pop(name, None)
        if running.cancelled() or running.exception() is not None:
            return
        drawn = running.result()
        self._figures.put(name, drawn, size=len(drawn))


def _giving_way(draw: Callable[[], bytes]) -> bytes:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        return draw()
    finally:
        sys.setswitchinterval(before)
