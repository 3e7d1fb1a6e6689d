"""What every request and answer passes through, outermost first: CORS, HEAD, compression, the last resort.

stac-fastapi's proxy middleware is left out on purpose: it believes `X-Forwarded-*` from anyone. The server believes
them from the proxies it was told of (`FLATSIM_FORWARDED_ALLOW_IPS`).
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from brotli_asgi import BrotliMiddleware
from starlette.middleware.cors import CORSMiddleware

from api.errors import internal_error_response

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_logger = logging.getLogger("api.errors")

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
REQUEST_HEADERS: Final = ("Content-Type", "Accept-Language", "Authorization", "Range")
EXPOSED_HEADERS: Final = ("Content-Range", "Accept-Ranges", "ETag", "Content-Length")


def add_middleware(app: FastAPI, root_path: str) -> None:
    """Put the middleware around the application; what is added last stands outermost."""
    app.add_middleware(LastResort)
    # compressed ranges are no ranges
    app.add_middleware(BrotliMiddleware, excluded_handlers=[f"^({re.escape(root_path)})?/data/"])
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=EXPOSED_HEADERS,
    )


class HeadAsGet:
    """Answer HEAD as GET without the body, for routes that only know GET.

    FastAPI, unlike Starlette, adds no HEAD to its routes. Files have a HEAD of their own that reads nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class LastResort:
    """Answer an error nobody foresaw as JSON, inside the CORS middleware so that a browser can read it."""

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
            _logger.exception("%s %s failed", scope["method"], scope["path"])
            await internal_error_response()(scope, receive, send)
