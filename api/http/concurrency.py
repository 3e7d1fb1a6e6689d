"""How much is done at once: requests beyond a bound are turned away at once, and long pages wait for their turn.

A service that takes on all that comes answers none of it in time, and runs out of memory. One that says 503 with
`Retry-After` serves what it has taken on as fast as ever.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from api.errors import RETRY_AFTER_S, Overloaded
from api.http.error_responses import error_response

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

SHORT_PAGE: Final = 100
"""Items of a page that waits for no turn."""
_ALWAYS: Final = ("/_mgmt/", "/data/", "/thumbnails/", "/browser/", "/pages/")
"""What is answered in any case: whether the service lives, and files, which take neither memory nor the database."""


class Admission:
    """Turn requests away while too many are being answered."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self._most = most
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path.startswith(_ALWAYS):
            await self.app(scope, receive, send)
            return
        if self._running >= self._most:
            description = f"The service is answering {self._most} requests already; try again in a moment."
            status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_AFTER_S)}
            answer = error_response(
                scope, status, Overloaded.__name__, description, {**headers, "Cache-Control": "no-store"}
            )
            await answer(scope, receive, send)
            return
        self._running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._running -= 1


@dataclass(slots=True)
class Place:
    """Items that a page takes up of what may be in memory, until it is sent."""

    gate: PageGate
    items: int

    def shrink(self, items: int) -> None:
        """Give back what the page turned out not to need."""
        if items < self.items:
            self.gate.give_back(self.items - items)
            self.items = items

    def leave(self) -> None:
        """Give all of it back; a second time does nothing."""
        self.shrink(0)

    def leave_with(self, response: Response) -> None:
        """Give all of it back when an answer is gone, sent or not."""
        weakref.finalize(response, self.leave)


@dataclass(slots=True)
class PageGate:
    """Lets long pages in as there is room for their items, in the order they came.

    Attributes:
        room: Items that all long pages of this process may have together. A longer page waits for all of it.
        patience_s: Seconds that a page waits.
    """

    room: int
    patience_s: float
    _taken: int = 0
    _waiting: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)

    async def enter(self, items: int) -> Place:
        """Wait for room for a page of so many items.

        Raises:
            Overloaded: There was none in time.
        """
        wanted = 0 if items <= SHORT_PAGE else min(items, self.room)
        if wanted == 0 or (not self._waiting and self._taken + wanted <= self.room):
            self._taken += wanted
            return Place(self, wanted)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        try:
            await asyncio.wait_for(asyncio.shield(turn), self.patience_s)
        except BaseException as error:
            self._withdraw(wanted, turn)
            if not isinstance(error, TimeoutError):
                raise
            msg = f"Too many long pages are being sent; ask for {SHORT_PAGE} items at most, or try again in a moment."
            raise Overloaded(msg) from error
        return Place(self, wanted)

    def give_back(self, items: int) -> None:
        """Room for so many items is free again."""
        self._taken -= items
        while self._waiting and self._taken + self._waiting[0][0] <= self.room:
            wanted, turn = self._waiting.popleft()
            self._taken += wanted
            turn.set_result(None)

    def _withdraw(self, wanted: int, turn: asyncio.Future[None]) -> None:
        if turn.done():  # let in at the very moment
            self.give_back(wanted)
            return
        self._waiting.remove((wanted, turn))
        self.give_back(0)
