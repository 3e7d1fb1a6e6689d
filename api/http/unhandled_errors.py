"""Unexpected errors as answers, and in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from api.http.error_responses import internal_error_response
from api.http.request_id import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_logger = logging.getLogger("api.errors")


class UnhandledErrors:
    """Answer an unexpected error as JSON, inside the CORS middleware so that a browser can read it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception:
            if started or scope["type"] != "http":
                raise
            _logger.exception("%s %s failed, request %s", scope["method"], scope["path"], request_id.get())
            await internal_error_response(scope)(scope, receive, send)
