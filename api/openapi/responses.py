"""With which statuses and headers an operation answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from api.http.item_formats import TABLE
from api.http.page_negotiation import MEDIA_TYPE
from api.openapi.schemas import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMA_HEADER: Final = {"type": "string"}

HEADERS: Final[dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The id that the request brought, or one given to it; the log has it too.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:/+=-]{1,128}$"},
    },
    "ETag": {
        "description": "Send it as `If-None-Match` to learn whether the answer is another one by now.",
        "schema": {"type": "string", "pattern": '^(W/)?"[^"]*"$'},
    },
    "Last-Modified": {"description": "When the document last changed.", "schema": _SCHEMA_HEADER},
    "Cache-Control": {"description": "How long the answer may be kept.", "schema": _SCHEMA_HEADER},
    "OGC-NumberMatched": {
        "description": "Items that match, with a whole result; not where counting them takes too long.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Content-Disposition": {"description": "Name of a file for a whole result.", "schema": _SCHEMA_HEADER},
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "Accept-Post": {"description": "What is read.", "required": True, "schema": _SCHEMA_HEADER},
}

_ON_ALL: Final = ("X-Request-ID",)
_VALIDATORS: Final = ("ETag", "Last-Modified", "Cache-Control")
_OF_WHOLE: Final = ("OGC-NumberMatched", "Content-Disposition")
_WHOLE: Final = TABLE.media_types[0]
"""Who answers with this answers with whole results, and has several forms."""


def answers(method: str, path: str, success: Mapping[str, Any]) -> dict[str, Any]:
    """The `responses` of an operation.

    Args:
        method: In lower case.
        path: With its parameters in braces.
        success: Content of the answer by media type.
    """
    of_database = path != "/_mgmt/ping"
    validated = _VALIDATORS if method == "get" and not path.startswith("/_mgmt/") else ()
    of_whole = _OF_WHOLE if _WHOLE in success else ()
    found = {HTTPStatus.OK: _answer("As asked for", success, *validated, *of_whole)}
    if method == "get":
        found[HTTPStatus.NOT_MODIFIED] = _answer("The answer that `If-None-Match` names still holds", {}, *validated)
    found[HTTPStatus.BAD_REQUEST] = _error("The request cannot be understood")
    if of_whole:
        found[HTTPStatus.NOT_ACCEPTABLE] = _error("No media type of `Accept` is available")
    if "{" in path:
        found[HTTPStatus.NOT_FOUND] = _error("Not found")
    if method == "post":
        found[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = _error("The body is too large")
        found[HTTPStatus.UNSUPPORTED_MEDIA_TYPE] = _error("The body is not JSON", "Accept-Post")
    found[HTTPStatus.INTERNAL_SERVER_ERROR] = _error("The service failed, and its log says why")
    if of_database:
        unavailable = "The search took too long, or the database does not answer"
        found[HTTPStatus.SERVICE_UNAVAILABLE] = _error(unavailable, "Retry-After")
    if path == "/_mgmt/health":
        found[HTTPStatus.SERVICE_UNAVAILABLE]["content"] = {**success}
    return {str(int(status)): answer for status, answer in found.items()}


def _error(description: str, *headers: str) -> dict[str, Any]:
    content = {"application/json": {"schema": reference("Error")}, MEDIA_TYPE: {"schema": _SCHEMA_HEADER}}
    return _answer(description, content, *headers)


def _answer(description: str, content: Mapping[str, Any], *headers: str) -> dict[str, Any]:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in (*_ON_ALL, *headers)}
    found: dict[str, Any] = {"description": description, "headers": named}
    return {**found, "content": dict(content)} if content else found
