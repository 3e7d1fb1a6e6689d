"""The formats that lists of items are answered in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.http.content_negotiation import JSON_NAME, PARAMETER, Chosen, Format, negotiate_format
from api.request.suggestions import find_nearest

if TYPE_CHECKING:
    from starlette.requests import Request

PAGE: Final = Format(
    names=("geojson", JSON_NAME), media_types=("application/geo+json", "application/json"), title="GeoJSON"
)
SEQUENCE: Final = Format(
    names=("geojsonseq",),
    media_types=("application/geo+json-seq",),
    title="GeoJSON text sequence",
    extension="geojsons",
)
LINES: Final = Format(
    names=("ndjson", "jsonl"),
    media_types=("application/x-ndjson", "application/ndjson", "application/jsonl"),
    title="newline-delimited JSON",
    extension="ndjson",
)
TABLE: Final = Format(
    names=("csv",),
    media_types=("text/csv",),
    title="CSV",
    extension="csv",
    parameters="; charset=utf-8; header=present",
)
FORMATS: Final = (PAGE, SEQUENCE, LINES, TABLE)
"""In the order of preference between those that a client likes equally well."""
STREAMS: Final = tuple(each for each in FORMATS if not each.is_page)
BY_NAME: Final = {name: each for each in FORMATS for name in each.names}


def choose(request: Request) -> Chosen:
    """The form that a request asks for.

    Raises:
        InvalidParameter: `f` has no such value.
        NotAcceptable: The client takes none of the forms there are.
    """
    name = request.query_params.get(PARAMETER)
    if name is None:
        return negotiate_format(FORMATS, request.headers.getlist("accept"))
    found = BY_NAME.get(name.lower())
    if found is None:
        suggestion = find_nearest(name, BY_NAME)
        hint = f"did you mean {suggestion}? Available:" if suggestion else "available:"
        raise InvalidParameter(parameter=PARAMETER, reason=f"unknown format {name[:40]!r}; {hint} {', '.join(BY_NAME)}")
    return Chosen(found, found.media_types[0])


_F_PARAMETER: Final[dict[str, Any]] = {
    "name": PARAMETER,
    "in": "query",
    "required": False,
    "description": "The form of the answer, before what `Accept` says: a page of GeoJSON, or the whole result in one "
    "as GeoJSON text sequence, lines of JSON or CSV, of which `limit` says where to end, if it is given.",
    "schema": {"type": "string", "enum": list(BY_NAME)},
}


def described(route: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a route that lists items, with what the OpenAPI document says of these forms."""
    responses = dict(route.get("responses") or {})
    page = dict(responses.get(200) or {})
    further = {name: {"schema": {"type": "string"}} for each in STREAMS for name in each.media_types}
    responses |= {200: {**page, "content": {**(page.get("content") or {}), **further}}}
    return {**route, "responses": responses, "openapi_extra": {"parameters": [_F_PARAMETER]}}
