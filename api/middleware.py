"""What every request and answer passes through.

Outermost first: CORS, prefix, HEAD, compression, last resort, body limit.

stac-fastapi's proxy middleware is left out on purpose: it believes `X-Forwarded-*` from anyone. The server believes
them from the proxies it was told of (`FLATSIM_FORWARDED_ALLOW_IPS`).
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from brotli_asgi import BrotliMiddleware
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from api.errors import error_response, internal_error_response

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import ServiceSettings

_logger = logging.getLogger("api.errors")

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
REQUEST_HEADERS: Final = ("Content-Type", "Accept-Language", "Authorization", "Range")
EXPOSED_HEADERS: Final = ("Content-Range", "Accept-Ranges", "ETag", "Content-Length")


def add_middleware(app: FastAPI, settings: ServiceSettings) -> None:
    """Put the middleware around the application; what is added last stands outermost."""
    files = f"^{re.escape(settings.root_path)}/data/"
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(LastResort)
    app.add_middleware(BrotliMiddleware, excluded_handlers=[files])  # compressed ranges are no ranges
    app.add_middleware(HeadAsGet, excluded=files)
    app.add_middleware(Prefix, root_path=settings.root_path)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=EXPOSED_HEADERS,
    )


class Prefix:
    """Put the service under the prefix a proxy publishes it at, whether the proxy sends the prefix on or not.

    ASGI wants it both in the path and as `root_path`, from which every address in an answer is made.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._root_path and scope["type"] == "http":
            path = scope["path"]
            if path != self._root_path and not path.startswith(f"{self._root_path}/"):
                path = f"{self._root_path}{path}"
            scope = {**scope, "root_path": self._root_path, "path": path}
        await self.app(scope, receive, send)


class HeadAsGet:
    """Answer HEAD as GET without the body, for routes that only know GET.

    FastAPI, unlike Starlette, adds no HEAD to its routes. Product files have a HEAD of their own that reads nothing.
    """

    def __init__(self, app: ASGIApp, excluded: str) -> None:
        self.app = app
        self._excluded = re.compile(excluded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or self._excluded.match(scope["path"]):
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


class BodyLimit:
    """Refuse a request body that is too large, before it is read where its length is told.

    FastAPI's own limit stands outside all other middleware: its answer is no JSON and a browser cannot read it.
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
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > self._max_bytes:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await error_response(status, "BodyTooLarge", description)(scope, receive, send)
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
