"""The routes of the STAC API: what is common to reading a request, before any parameter is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from email.message import Message
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.requests import Request

from api.errors import InvalidParameter, WrongContentType
from api.http.content_negotiation import JSON_NAME, PARAMETER
from api.http.item_formats import BY_NAME as FORM_NAMES
from api.http.item_formats import PAGE, described
from api.http.page_negotiation import LANGUAGE, VARY, check_page_parameters, is_page_requested
from api.http.page_negotiation import described as page_described
from api.http.page_renderer import renderer_of
from api.http.response_cache import CACHED_PATHS
from api.request.characters import check_text
from api.request.json_body import parse_body
from api.request.suggestions import find_nearest
from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from collections.abc import Set as AbstractSet

    from starlette.responses import Response

    from api.http.response_cache import ResponseCache

_COLLECTION_PATHS: Final = {
    "/collections/{collection_id}/items": "/search",
    "/collections/{collection_id}/aggregate": "/aggregate",
}
"""Where items of one collection are asked for, and where the same is asked of all."""
_COLLECTIONS: Final = "collections"
WITH_PROPERTIES: Final = (*_COLLECTION_PATHS, *_COLLECTION_PATHS.values())
"""Addresses where a property of items is a parameter of its own."""
_WITH_FORMS: Final = ("/search", "/collections/{collection_id}/items")
"""Addresses whose answer has several forms."""
_WITH_PAGES: Final = {
    "/": (JSON_NAME,),
    "/collections": (JSON_NAME,),
    "/collections/{collection_id}": (JSON_NAME,),
    "/collections/{collection_id}/items": tuple(FORM_NAMES),
    "/collections/{collection_id}/items/{item_id}": PAGE.names,
    "/search": tuple(FORM_NAMES),
}
"""Addresses that have an HTML page, and the other values of `f`."""
_ITEM: Final = "/items/{item_id}"
_CHARSETS: Final = ("utf-8", "utf8", "us-ascii", "ascii")
_SHOWN: Final = 60


class StacRoute(APIRoute):
    """A route that refuses what it would otherwise ignore or fail on.

    Unknown parameters are refused with the nearest known one, parameters given twice, characters that no text in the
    database can have, and bodies that are not JSON, or ambiguous JSON.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **others: Any) -> None:
        if path.endswith(_WITH_FORMS):
            others = described(others)
        if (forms := _WITH_PAGES.get(path)) and "GET" in (others.get("methods") or ()):
            others = page_described(others, forms)
        super().__init__(path, endpoint, **others)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function that answers a request."""
        answer = super().get_route_handler()
        known = {field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, params.Query)}
        with_properties = self.path_format.endswith(WITH_PROPERTIES)
        if with_properties:
            known |= BY_NAME.keys()
        if self.path_format.endswith(_WITH_FORMS):
            known.add(PARAMETER)
        forms = _WITH_PAGES.get(self.path_format) if self.methods == {"GET"} else None
        if forms:
            known |= {PARAMETER, LANGUAGE}
        takes_body = self.body_field is not None

        of_collection = next((path for path in _COLLECTION_PATHS if self.path_format.endswith(path)), None)

        async def checked(request: Request) -> Response:
            if of_collection:
                _check_own_collection(request, _COLLECTION_PATHS[of_collection])
            names = known | {_COLLECTIONS} if of_collection else known
            unknown = _check_query(request, names)
            if unknown and not with_properties:
                raise _no_such_parameter(unknown[0], names)
            request.state.unknown_parameters = unknown, names
            return await answer(await _with_document(request) if takes_body else request)

        handler = partial(_answer_page_or_json, checked, self.path_format, forms) if forms else checked
        return (
            partial(_answer_from_cache, handler)
            if self.path_format in CACHED_PATHS and self.methods == {"GET"}
            else handler
        )


Make = Callable[[Request], Coroutine[Any, Any, "Response"]]


async def _answer_page_or_json(make: Make, path: str, forms: Collection[str], request: Request) -> Response:
    """The HTML page if one is requested, otherwise the JSON answer."""
    check_page_parameters(request, forms)
    if is_page_requested(request):
        return await renderer_of(request).render_answer(path, request, make)
    response = await make(request)
    if VARY not in response.headers.get("vary", ""):
        response.headers.add_vary_header(VARY)
    if path.endswith(_ITEM):  # whose links are stored with it
        response.headers["Link"] = f'<?{PARAMETER}=html>; rel="alternate"; type="text/html"'
    return response


async def _answer_from_cache(make: Make, request: Request) -> Response:
    cache: ResponseCache = request.app.state.response_cache
    return await cache.answer(request, make)


def _check_own_collection(request: Request, of_all: str) -> None:
    """pystac-client names the collection once more when it lists its items; only another one is wrong."""
    own = request.path_params["collection_id"]
    if (given := request.query_params.get(_COLLECTIONS, own)) != own:
        raise InvalidParameter(
            parameter=_COLLECTIONS, reason=f"the address is that of {own!r}, not of {given[:_SHOWN]!r}; use {of_all}"
        )


def check_parameters(request: Request, properties: AbstractSet[str]) -> None:
    """Refuse parameters that neither the route nor the database knows: others may have registered properties there.

    Raises:
        InvalidParameter: A parameter is unknown; the message suggests the nearest known name.
    """
    unknown, known = request.state.unknown_parameters
    for name in unknown:
        if name not in properties:
            raise _no_such_parameter(name, known | properties)


def _check_query(request: Request, known: set[str]) -> list[str]:
    """Refuse parameters that are given twice or not text; gives the names of those that are not known."""
    pairs = request.query_params.multi_items()
    for name, value in [*pairs, *request.path_params.items()]:
        check_text(name[:_SHOWN] or "parameter", str(value))
        check_text("parameter", name)
    names = Counter(name for name, _ in pairs)
    for name, times in names.items():
        if times > 1:
            reason = "given twice; separate several values by commas"
            raise InvalidParameter(parameter=name[:_SHOWN] or "parameter", reason=reason)
    return [name for name in names if name not in known]


def _no_such_parameter(name: str, known: AbstractSet[str]) -> InvalidParameter:
    return InvalidParameter(parameter=name[:_SHOWN] or "parameter", reason=_unknown(name, known))


def _unknown(name: str, known: Iterable[str]) -> str:
    if near := find_nearest(name, known):
        return f"unknown parameter; did you mean {near}?"
    listed = ", ".join(sorted(other for other in known if other not in BY_NAME or other == "datetime"))
    return f"unknown parameter; available: {listed}" if listed else "unknown parameter; this address has none"


class _ReadRequest(Request):
    """A request whose body was parsed."""

    document: Any = None

    async def json(self) -> Any:
        """The document."""
        return self.document


def posted_object(request: Request) -> dict[str, Any]:
    """The posted object as received; empty if there is not one."""
    document = request.document if isinstance(request, _ReadRequest) else None
    return document if isinstance(document, dict) else {}


async def _with_document(request: Request) -> Request:
    """The request with its body parsed, once.

    Raises:
        InvalidParameter: The body is not JSON, or is ambiguous JSON.
        WrongContentType: Its media type is not JSON.
    """
    read = _ReadRequest(request.scope, request.receive)
    _check_content_type(request.headers.get("content-type"))
    read.document = parse_body(await read.body())
    return read


def _check_content_type(header: str | None) -> None:
    message = Message()
    message["content-type"] = header or "none"
    kind = message.get_content_type() if header else "none"
    subtype = kind.removeprefix("application/")
    if subtype == kind or not (subtype == "json" or subtype.endswith("+json")):
        raise WrongContentType(kind)
    charset = str(message.get_param("charset", "utf-8"))
    if charset.lower() not in _CHARSETS:
        raise WrongContentType(kind=f"{kind} in {charset[:_SHOWN]}")
