"""The HTML pages as the rest of the service knows them: what renders them is put into the application's state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

MakeAnswer = Callable[[Request], Awaitable[Response]]
"""Makes the JSON answer to a request."""


class PageRenderer(Protocol):
    """Renders pages."""

    async def render_answer(self, path: str, request: Request, make: MakeAnswer) -> Response:
        """The page that a request asks for.

        Args:
            path: Of the route.
            request: The request.
            make: Makes the JSON answer to it, or to one like it.
        """

    def render_failure(
        self, request: Request, status: int, description: str, headers: Mapping[str, str] | None
    ) -> Response:
        """The page that describes a failure.

        Args:
            request: The request that failed.
            status: Status of the answer.
            description: What the JSON answer would say.
            headers: Headers of the answer.
        """


def renderer_of(request: Request) -> PageRenderer:
    """The renderer of the application that answers a request."""
    renderer: PageRenderer = request.app.state.page_renderer
    return renderer
