"""Renders the pages; they and their templates are imported when the first page is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from api.http.page_renderer import MakeAnswer


class LazyPageRenderer:
    """See `api.http.page_renderer.PageRenderer`."""

    async def render_answer(self, path: str, request: Request, make: MakeAnswer) -> Response:
        """The page that a request asks for."""
        from api.web.answers import page_answer  # noqa: PLC0415

        return await page_answer(path, request, make)

    def render_failure(
        self, request: Request, status: int, description: str, headers: Mapping[str, str] | None
    ) -> Response:
        """The page that describes a failure."""
        from api.web.failure import failure_page  # noqa: PLC0415

        return failure_page(request, status, description, headers)
