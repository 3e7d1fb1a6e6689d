"""The one limiter of what is done at once: requests, long pages, plots, sessions of the database."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.errors import Overloaded

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(slots=True)
class Reservation:
    """A part of a capacity, until it is released."""

    limiter: CapacityLimiter
    amount: int

    def reduce(self, amount: int) -> None:
        """Give back all but this amount; nothing if there is no more than that."""
        if amount < self.amount:
            self.limiter.free(self.amount - amount)
            self.amount = amount

    def release(self) -> None:
        """Give back all of it; a second call does nothing."""
        self.reduce(0)

    def release_with(self, owner: object) -> None:
        """Give back all of it when an object is collected."""
        weakref.finalize(owner, self.release)

    def __enter__(self) -> Reservation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


@dataclass(slots=True, kw_only=True)
class CapacityLimiter:
    """Grants parts of a capacity in the order of the requests for them.

    Attributes:
        capacity: What all reservations together may have. A larger request is for all of it.
        refusal: Message of the error when a request is refused.
        timeout_s: Seconds that a request waits; None for ever.
        max_waiting: Requests that wait at most; None for any number.
    """

    capacity: int
    refusal: str
    timeout_s: float | None = None
    max_waiting: int | None = None
    _reserved: int = 0
    _waiting: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is reserved and no request waits."""
        return not self._reserved and not self._waiting

    async def reserve(self, amount: int = 1) -> Reservation:
        """Reserve an amount, and wait for it if need be.

        Raises:
            Overloaded: Too many requests wait already, or the amount was not free in time.
        """
        amount = min(amount, self.capacity)
        if amount == 0 or (not self._waiting and self._reserved + amount <= self.capacity):
            self._reserved += amount
            return Reservation(self, amount)
        if self.max_waiting is not None and len(self._waiting) >= self.max_waiting:
            raise Overloaded(self.refusal)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, granted))
        try:
            await asyncio.wait_for(asyncio.shield(granted), self.timeout_s)
        except BaseException as error:
            self._withdraw(amount, granted)
            if not isinstance(error, TimeoutError):
                raise
            raise Overloaded(self.refusal) from error
        return Reservation(self, amount)

    def free(self, amount: int) -> None:
        """Free an amount and grant it to those who wait."""
        self._reserved -= amount
        while self._waiting and self._reserved + self._waiting[0][0] <= self.capacity:
            next_amount, granted = self._waiting.popleft()
            self._reserved += next_amount
            granted.set_result(None)

    def _withdraw(self, amount: int, granted: asyncio.Future[None]) -> None:
        if granted.done():  # granted at the moment of the timeout
            self.free(amount)
            return
        self._waiting.remove((amount, granted))
        self.free(0)
