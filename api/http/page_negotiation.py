"""Whether a page for people is asked for, and in which language.

`f=html` asks for a page, any other `f` for what it names. Without it the `Accept` header decides: a browser names
`text/html` and likes it better than JSON. Who names no HTML gets JSON, whatever wildcards it sends.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from api.errors import InvalidParameter
from api.http.content_negotiation import PARAMETER, media_ranges, quality
from api.request.suggestions import find_nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import HTTPConnection

HTML: Final = "html"
MEDIA_TYPE: Final = "text/html"
LANGUAGE: Final = "lang"
_JSON: Final = ("application/json", "application/geo+json")
VARY: Final = "Accept"


class Language(StrEnum):
    """Languages of the pages; the first is that of who likes none of them."""

    ENGLISH = "en"
    FRENCH = "fr"


def is_page_requested(request: HTTPConnection) -> bool:
    """Whether a request is answered with a page, where there is one."""
    told = request.query_params.get(PARAMETER)
    return told.lower() == HTML if told is not None else is_page_accepted(request)


def is_page_accepted(request: HTTPConnection) -> bool:
    """Whether the `Accept` header alone asks for a page."""
    ranges = media_ranges(request.headers.getlist("accept"))
    if not any(name == MEDIA_TYPE for name, _ in ranges):
        return False
    return quality(MEDIA_TYPE, ranges) > max(quality(each, ranges) for each in _JSON)


def choose_language(request: HTTPConnection) -> Language:
    """The language of the page: `lang`, or else what `Accept-Language` likes best of those there are."""
    told = request.query_params.get(LANGUAGE)
    if told is not None and told.lower() in tuple(Language):
        return Language(told.lower())
    ranges = media_ranges(request.headers.getlist("accept-language"))
    liked = [(_liking(each, ranges), -place, each) for place, each in enumerate(Language)]
    return max(liked)[-1]


def _liking(language: Language, ranges: list[tuple[str, float]]) -> float:
    """How much a language is liked: `fr-CH` is French; `*` is any that is not named."""
    named = [liked for name, liked in ranges if name.partition("-")[0] == language]
    return max(named) if named else max((liked for name, liked in ranges if name == "*"), default=0.0)


def check_page_parameters(request: HTTPConnection, others: Collection[str]) -> None:
    """Refuse forms and languages there are none of.

    Args:
        request: With `f` and `lang`, or without.
        others: Values of `f` beside `html`.

    Raises:
        InvalidParameter: There is no such form, or no page in that language.
    """
    asked = ((PARAMETER, "format", (*others, HTML)), (LANGUAGE, "language", tuple(Language)))
    for parameter, what, known in asked:
        told = request.query_params.get(parameter)
        if told is not None and told.lower() not in known:
            near = find_nearest(told, known)
            hint = f"did you mean {near}? Available:" if near else "available:"
            raise InvalidParameter(
                parameter=parameter, reason=f"unknown {what} {told[:40]!r}; {hint} {', '.join(known)}"
            )


def without(query: str, *names: str) -> str:
    """A query string without some parameters, the others as they were written.

    >>> without("f=html&bbox=1%2C2&lang=fr", "f", "lang")
    'bbox=1%2C2'
    """
    return "&".join(part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in names)


def described(route: dict[str, Any], others: Collection[str]) -> dict[str, Any]:
    """The arguments of a route, with what the OpenAPI document says of its page.

    Args:
        route: Of an address that has a page.
        others: Values of `f` beside `html`.
    """
    responses = dict(route.get("responses") or {})
    found = dict(responses.get(200) or {})
    responses |= {200: {**found, "content": {**(found.get("content") or {}), MEDIA_TYPE: {"schema": _TEXT}}}}
    extra = dict(route.get("openapi_extra") or {})
    told = [each for each in extra.get("parameters", ()) if each["name"] != PARAMETER]
    form = next((each for each in extra.get("parameters", ()) if each["name"] == PARAMETER), _FORM)
    form = {**form, "schema": {"type": "string", "enum": [*others, HTML]}}
    return {**route, "responses": responses, "openapi_extra": {**extra, "parameters": [*told, form, _LANGUAGE]}}


_TEXT: Final = {"type": "string"}
_FORM: Final[dict[str, Any]] = {
    "name": PARAMETER,
    "in": "query",
    "required": False,
    "description": "JSON, or a page for people, before what `Accept` says.",
}
_LANGUAGE: Final[dict[str, Any]] = {
    "name": LANGUAGE,
    "in": "query",
    "required": False,
    "description": "Language of the page (`f=html`), before what `Accept-Language` says.",
    "schema": {"type": "string", "enum": [str(each) for each in Language]},
}
