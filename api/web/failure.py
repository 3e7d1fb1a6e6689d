"""What went wrong, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.web.page_context import PageContext, render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

KNOWN = (400, 403, 404, 405, 500, 503)


def failure_page(request: Request, status: int, description: str, headers: Mapping[str, str] | None) -> Response:
    """The page that tells of a failure.

    Args:
        request: It failed.
        status: Of the answer.
        description: What the JSON answer would say.
        headers: That the answer carries.
    """
    context = PageContext(request)
    phrase = context.t(f"failure.{status if status in KNOWN else 'other'}")
    retry_after = (headers or {}).get("Retry-After", "")
    answer = render_page(
        request,
        "failure.html",
        context=context,
        title=context.t("failure.title", status=status, phrase=phrase),
        status=status,
        phrase=phrase,
        description=description,
        retry_after_s=int(retry_after) if retry_after.isdecimal() else None,
    )
    answer.headers.update(headers or {})
    return answer
