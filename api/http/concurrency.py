"""Requests beyond a bound are refused at once with 503 and `Retry-After`, and long pages wait for capacity.

A service that accepts every request answers none of them in time, and runs out of memory.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from api.capacity import CapacityLimiter
from api.errors import Overloaded
from api.http.error_responses import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.capacity import Reservation

SHORT_PAGE_ITEMS: Final = 100
"""Items of a page that is never made to wait."""
_EXEMPT_PATHS: Final = ("/_mgmt/", "/data/", "/thumbnails/", "/browser/", "/pages/")
"""Always answered: health, and files, which take neither memory nor the database."""


class RequestLimit:
    """Refuse requests while too many are being answered."""

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        self.app = app
        self._limiter = CapacityLimiter(
            capacity=max_requests,
            refusal=f"The service is answering {max_requests} requests already; try again in a moment.",
            max_waiting=0,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path.startswith(_EXEMPT_PATHS):
            await self.app(scope, receive, send)
            return
        try:
            reservation = await self._limiter.reserve()
        except Overloaded as error:
            status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {**error.headers, "Cache-Control": "no-store"}
            await error_response(scope, status, Overloaded.__name__, str(error), headers)(scope, receive, send)
            return
        with reservation:
            await self.app(scope, receive, send)


class PageCapacity:
    """Items that all long pages of this process may have in memory together."""

    def __init__(self, max_items: int, timeout_s: float) -> None:
        self._limiter = CapacityLimiter(
            capacity=max_items,
            timeout_s=timeout_s,
            refusal="Too many long pages are being sent; "
            f"ask for {SHORT_PAGE_ITEMS} items at most, or try again in a moment.",
        )

    @property
    def is_idle(self) -> bool:
        """Whether no long page is being sent or waits."""
        return self._limiter.is_idle

    async def reserve(self, items: int) -> Reservation:
        """Wait for capacity for a page of so many items.

        Raises:
            Overloaded: It was not free in time.
        """
        return await self._limiter.reserve(0 if items <= SHORT_PAGE_ITEMS else items)
