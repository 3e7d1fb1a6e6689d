"""In which form a list of items is answered: by `f`, or else by the `Accept` header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter, NotAcceptable
from api.request.suggestions import nearest

if TYPE_CHECKING:
    from starlette.requests import Request

PARAMETER: Final = "f"
JSON_NAME: Final = "json"
_MAX_RANGES: Final = 100
"""Media types of an `Accept` header that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form.

    Attributes:
        names: Values of `f` that ask for it, the best first.
        media_types: Names of its media type, the best first; the answer has the one that was asked for.
        title: In words.
        extension: Of a file of it; None for a page, which is no file.
        parameters: Of the media type, with a semicolon before each.
    """

    names: tuple[str, ...]
    media_types: tuple[str, ...]
    title: str
    extension: str | None = None
    parameters: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it comes in pages; the others are the whole result in one."""
        return self.extension is None


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


@dataclass(frozen=True, slots=True)
class Chosen:
    """A form, and the name of its media type that the client used."""

    format: Format
    media_type: str


def choose(request: Request) -> Chosen:
    """The form that a request asks for.

    Raises:
        InvalidParameter: `f` has no such value.
        NotAcceptable: The client takes none of the forms there are.
    """
    told = request.query_params.get(PARAMETER)
    if told is None:
        return _by_header(request.headers.getlist("accept"))
    found = BY_NAME.get(told.lower())
    if found is None:
        near = nearest(told, BY_NAME)
        hint = f"did you mean {near}? Available:" if near else "available:"
        raise InvalidParameter(parameter=PARAMETER, reason=f"unknown format {told[:40]!r}; {hint} {', '.join(BY_NAME)}")
    return Chosen(found, found.media_types[0])


def _by_header(headers: list[str]) -> Chosen:
    ranges = media_ranges(headers)
    if not ranges:
        return Chosen(PAGE, PAGE.media_types[0])
    liked = [
        (quality(media_type, ranges), -place, -number, Chosen(each, media_type))
        for place, each in enumerate(FORMATS)
        for number, media_type in enumerate(each.media_types)
    ]
    most, *_, best = max(liked, key=lambda found: found[:3])
    if most <= 0:
        known = ", ".join(media_type for each in FORMATS for media_type in each.media_types)
        msg = f"Accept: no acceptable media type; available: {known}"
        raise NotAcceptable(msg)
    return best


def media_ranges(headers: list[str]) -> list[tuple[str, float]]:
    """What a client takes and how much it likes it, as `Accept` and its kin tell; no more than a hundred."""
    return [_range(part) for part in ",".join(headers).split(",")[:_MAX_RANGES] if part.strip()]


def _range(text: str) -> tuple[str, float]:
    """A media range and how much it is liked.

    >>> _range(" text/csv; header=present; q=0.5")
    ('text/csv', 0.5)
    """
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return name, quality


def quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """How much a media type is liked: the range that says most about it counts."""
    family = f"{media_type.partition('/')[0]}/*"
    for wanted in (media_type, family, "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0


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
