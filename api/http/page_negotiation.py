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
    """Languages of the pages; the first is the default."""

    ENGLISH = "en"
    FRENCH = "fr"


def is_page_requested(request: HTTPConnection) -> bool:
    """Whether a request is answered with a page, where there is one."""
    value = request.query_params.get(PARAMETER)
    return value.lower() == HTML if value is not None else is_page_accepted(request)


def is_page_accepted(request: HTTPConnection) -> bool:
    """Whether the `Accept` header alone asks for a page."""
    ranges = media_ranges(request.headers.getlist("accept"))
    if not any(name == MEDIA_TYPE for name, _ in ranges):
        return False
    return quality(MEDIA_TYPE, ranges) > max(quality(each, ranges) for each in _JSON)


def choose_language(request: HTTPConnection) -> Language:
    """The language of the page: `lang`, or else what `Accept-Language` likes best of those there are."""
    value = request.query_params.get(LANGUAGE)
    if value is not None and value.lower() in tuple(Language):
        return Language(value.lower())
    ranges = media_ranges(request.headers.getlist("accept-language"))
    quality_of = [(_language_quality(each, ranges), -place, each) for place, each in enumerate(Language)]
    return max(quality_of)[-1]


def _language_quality(language: Language, ranges: list[tuple[str, float]]) -> float:
    """How much a language is liked: `fr-CH` is French; `*` is any that is not named."""
    named = [quality_of for name, quality_of in ranges if name.partition("-")[0] == language]
    return max(named) if named else max((quality_of for name, quality_of in ranges if name == "*"), default=0.0)


def check_page_parameters(request: HTTPConnection, others: Collection[str]) -> None:
    """Refuse forms and languages there are none of.

    Args:
        request: With `f` and `lang`, or without.
        others: Values of `f` other than `html`.

    Raises:
        InvalidParameter: The format or the language is unknown.
    """
    asked = ((PARAMETER, "format", (*others, HTML)), (LANGUAGE, "language", tuple(Language)))
    for parameter, what, known in asked:
        value = request.query_params.get(parameter)
        if value is not None and value.lower() not in known:
            suggestion = find_nearest(value, known)
            hint = f"did you mean {suggestion}? Available:" if suggestion else "available:"
            raise InvalidParameter(
                parameter=parameter, reason=f"unknown {what} {value[:40]!r}; {hint} {', '.join(known)}"
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
        others: Values of `f` other than `html`.
    """
    responses = dict(route.get("responses") or {})
    found = dict(responses.get(200) or {})
    responses |= {200: {**found, "content": {**(found.get("content") or {}), MEDIA_TYPE: {"schema": _TEXT}}}}
    extra = dict(route.get("openapi_extra") or {})
    value = [each for each in extra.get("parameters", ()) if each["name"] != PARAMETER]
    form = next((each for each in extra.get("parameters", ()) if each["name"] == PARAMETER), _FORM)
    form = {**form, "schema": {"type": "string", "enum": [*others, HTML]}}
    return {**route, "responses": responses, "openapi_extra": {**extra, "parameters": [*value, form, _LANGUAGE]}}


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
