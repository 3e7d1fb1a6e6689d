"""The largest body of a request."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from api.http.error_responses import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Refuse a request body that is too large, before it is read if its length is given.

    FastAPI's own limit is outside all other middleware: its answer is not JSON, and a browser cannot read it.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        description = f"body: larger than {self._max_bytes} bytes"
        value = Headers(scope=scope).get("content-length", "0")
        if not value.isdecimal() or int(value) > self._max_bytes:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await error_response(scope, status, "BodyTooLarge", description)(scope, receive, send)
            return
        read_bytes = 0

        async def counted_receive() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > self._max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, description)
            return message

        await self.app(scope, counted_receive, send)
