"""Content negotiation: the format that a request asks for by `f`, or else by its `Accept` header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        extension: Of a file of it; None for a page, which is not a file.
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


@dataclass(frozen=True, slots=True)
class Chosen:
    """A form, and the name of its media type that the client used."""

    format: Format
    media_type: str


def negotiate_format(formats: Sequence[Format], accept: list[str]) -> Chosen:
    """The format that a client prefers.

    Args:
        formats: Those available, in the order of preference between those that a client likes equally well.
        accept: Its `Accept` headers; the first format is chosen if there is not one.

    Raises:
        NotAcceptable: The client accepts none of the formats.
    """
    ranges = media_ranges(accept)
    if not ranges:
        return Chosen(formats[0], formats[0].media_types[0])
    candidates = [
        (quality(media_type, ranges), -place, -number, Chosen(each, media_type))
        for place, each in enumerate(formats)
        for number, media_type in enumerate(each.media_types)
    ]
    best_quality, *_, best = max(candidates, key=lambda candidate: candidate[:3])
    if best_quality <= 0:
        available = ", ".join(media_type for each in formats for media_type in each.media_types)
        msg = f"Accept: no acceptable media type; available: {available}"
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
