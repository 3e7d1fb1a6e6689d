"""What strangers wrote: harmless text, addresses that are safe to follow, Markdown without HTML."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_SCHEMES: Final = ("http", "https")
_HARMFUL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
"""Control characters, those that turn the direction of other text, and what no UTF-8 has."""
_SPACES: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
LONGEST: Final = 4000
"""Characters of a text that a page shows; the whole is in the JSON."""
_FIRST_HEADING: Final = 3
_LAST_HEADING: Final = 6


def shown(value: Any) -> Any:
    """What a page shows of a value: of a text, no more than `LONGEST`, and nothing that reaches beyond itself.

    >>> shown("a\u202eb")
    'a\ufffdb'
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return "" if value is None else value
    text = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text)


def shortened(value: Any, most: int) -> str:
    """A text with an ellipsis for what is beyond so many characters."""
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}…"


def safe_address(value: Any) -> str | None:
    """An address that a link may lead to: absolute, `http` or `https`; None for all else.

    >>> safe_address("https://doi.org/10.1/x"), safe_address("javascript:alert(1)"), safe_address("https:evil")
    ('https://doi.org/10.1/x', None, None)
    """
    if not isinstance(value, str) or _SPACES.search(value) or _HARMFUL.search(value):
        return None
    try:
        parts = urlsplit(value)
        is_safe = parts.scheme in _SCHEMES and bool(parts.hostname) and "\\" not in value
    except ValueError:
        return None
    return value if is_safe else None


def origin_of(address: str) -> str | None:
    """Scheme, host and port of an address, as a Content-Security-Policy names them."""
    found = _ORIGIN.match(address)
    return found[0] if found and address[found.end() :][:1] in ("", "/", "?", "#") else None


@cache
def _commonmark() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = _may_follow  # type: ignore[method-assign]
    parser.disable("image")  # pictures of strangers would be asked for from foreign hosts
    parser.core.ruler.push("below_the_page", lambda state: _lower_headings(state.tokens))
    return parser


def _may_follow(url: str) -> bool:
    return safe_address(url) is not None


def _lower_headings(tokens: Sequence[Token]) -> None:
    """Headings of a description stand below those of the page."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            level = min(int(token.tag[1:]) + _FIRST_HEADING - 1, _LAST_HEADING)
            token.tag = f"h{level}"


def markdown(value: Any) -> Markup:
    """A description, CommonMark as STAC has it: HTML in it is text, links lead to safe addresses only."""
    return Markup(_commonmark().render(str(shown(value))))  # noqa: S704 -- its HTML is escaped by the parser
