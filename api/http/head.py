"""HEAD as GET without the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.http.file_paths import is_file

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Answer HEAD as GET without the body, for routes that only know GET.

    FastAPI, unlike Starlette, adds no HEAD to its routes. Product files have a HEAD of their own that reads nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or is_file(scope):
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
