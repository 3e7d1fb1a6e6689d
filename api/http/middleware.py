"""What every request and answer passes through.

Outermost first: request id, CORS, proxy and prefix, concurrency limit, HEAD, compression, validators, last resort, body
limit.
"""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette_compress import CompressMiddleware, add_compress_type

from api.http.concurrency import RequestLimit
from api.http.error_responses import error_response, internal_error_response
from api.http.forwarded import ForwardedHeaders, TrustedProxies
from api.http.validators import ConditionalResponses

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings.service import ServiceSettings

_logger = logging.getLogger("api.errors")

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
DOCUMENT_TYPES: Final = (
    "application/schema+json",
    "application/vnd.oai.openapi+json",
    "application/geo+json-seq",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "text/csv",
)
"""Media types worth compressing that starlette-compress does not know."""

_files: Final = re.compile("/(data|thumbnails)/")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request being answered, for the log."""


def add_middleware(app: FastAPI, settings: ServiceSettings) -> None:
    """Put the middleware around the application; what is added last stands outermost."""
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(ConditionalResponses, max_age_s=settings.cache_max_age_s)
    app.add_middleware(CompressDocuments)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestLimit, max_requests=settings.max_requests)
    app.add_middleware(
        ForwardedHeaders, root_path=settings.root_path, trusted=TrustedProxies.parse(settings.forwarded_allow_ips)
    )
    app.add_middleware(
        OpenCors,
        allow_origins=["*"],
        allow_methods=METHODS,
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
        max_age=PREFLIGHT_MAX_AGE_S,
    )
    app.add_middleware(RequestId)


def _is_file(scope: Scope) -> bool:
    """Whether a product's file is asked for: it has ranges, validators and a HEAD of its own."""
    return bool(_files.match(scope["path"].removeprefix(scope.get("root_path", ""))))


class RequestId:
    """Give every answer the id that the client chose for the request, or a generated one; the log has it too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        value = Headers(scope=scope).get("x-request-id", "")
        chosen = value if _REQUEST_ID.fullmatch(value) else uuid.uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = chosen
            await send(message)

        token = request_id.set(chosen)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)


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


class CompressDocuments:
    """zstd, Brotli or gzip for documents. Files come as they are: compressed ranges are no ranges.

    A coding must be asked for by its name: programs that send `*`, as stac-api-validator does, decode none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        for media_type in DOCUMENT_TYPES:
            add_compress_type(media_type)
        self._compressed = CompressMiddleware(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _is_file(scope):
            await self.app(scope, receive, send)
            return
        headers = [
            (name, _named_codings(value) if name == b"accept-encoding" else value) for name, value in scope["headers"]
        ]
        await self._compressed({**scope, "headers": headers}, receive, send)


def _named_codings(value: bytes) -> bytes:
    """An `Accept-Encoding` without the wildcard."""
    return b",".join(part for part in value.split(b",") if not part.strip().startswith(b"*"))


class HeadAsGet:
    """Answer HEAD as GET without the body, for routes that only know GET.

    FastAPI, unlike Starlette, adds no HEAD to its routes. Product files have a HEAD of their own that reads nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or _is_file(scope):
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", _HEAD: True}, receive, send_without_body)


_HEAD: Final = "flatsim.head"


def is_head(scope: Scope) -> bool:
    """Whether a request that looks like GET was HEAD, so that a long body need not be made."""
    return _HEAD in scope


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
