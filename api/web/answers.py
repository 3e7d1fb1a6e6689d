"""The page of each address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.web.collections import collection_page, collections_page
from api.web.item import item_page
from api.web.item_list import items_page, search_page
from api.web.landing import landing_page
from api.web.page_request import PageRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from api.http.page_renderer import MakeAnswer

PAGES: Final[Mapping[str, Callable[[PageRequest], Awaitable[Response]]]] = {
    "/": landing_page,
    "/collections": collections_page,
    "/collections/{collection_id}": collection_page,
    "/collections/{collection_id}/items": items_page,
    "/collections/{collection_id}/items/{item_id}": item_page,
    "/search": search_page,
}
"""The page of each address."""


async def page_answer(path: str, request: Request, make: MakeAnswer) -> Response:
    """The page that a request asks for.

    Args:
        path: Address of the route, as `PAGES` names it.
        request: The request.
        make: Makes the JSON answer to it, or to one like it.
    """
    return await PAGES[path](PageRequest(request, make))
