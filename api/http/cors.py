"""CORS: any page may read every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
EXPOSED_HEADERS: Final = (
    "Accept-Ranges",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "OGC-NumberMatched",
    "Retry-After",
    "X-Request-ID",
)
PREFLIGHT_MAX_AGE_S: Final = 86_400


class OpenCors(CORSMiddleware):
    """CORS for all origins, on every answer.

    Starlette's leaves the header out where the request names no origin; a cache would then give that answer to a page
    that needs it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or "origin" in Headers(scope=scope):
            await super().__call__(scope, receive, send)
            return
        await self.simple_response(scope, receive, send, request_headers=Headers({"origin": "null"}))
