"""Who may read what a plot is made of: few at once, so that searches find a session of the database free."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from api.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AT_ONCE: Final = 2
MOST_WAITING: Final = 100


@dataclass(slots=True)
class Turns:
    """Lets requests for plots read one after the other.

    Attributes:
        patience_s: Seconds that a request waits.
    """

    patience_s: float
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _waiting: int = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until it is the request's turn.

        Raises:
            Overloaded: Too many others come first.
        """
        if self._waiting >= MOST_WAITING:
            raise Overloaded(ADVICE)
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self.patience_s)
        except TimeoutError as error:
            raise Overloaded(ADVICE) from error
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


ADVICE: Final = "Too many plots are being made; try again in a moment."
