"""Compression of documents; files of products are sent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette_compress import CompressMiddleware, add_compress_type

from api.http.file_paths import is_file

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

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
        if scope["type"] != "http" or is_file(scope):
            await self.app(scope, receive, send)
            return
        headers = [
            (name, _named_codings(value) if name == b"accept-encoding" else value) for name, value in scope["headers"]
        ]
        await self._compressed({**scope, "headers": headers}, receive, send)


def _named_codings(value: bytes) -> bytes:
    """An `Accept-Encoding` without the wildcard."""
    return b",".join(part for part in value.split(b",") if not part.strip().startswith(b"*"))
