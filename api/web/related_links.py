"""Links of items and collections to others, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.web.words import translate_title
from catalog_builder.vocab.french import link_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.web.page_context import PageContext

_RELATED: Final = ("derived_from", "related", "predecessor-version", "successor-version", "latest-version")
_REFERENCES: Final = ("cite-as", "via", "license", "about")
_MOST: Final = 200
_DOI: Final = "https://doi.org/"


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its relation; without an address it is one that is not safe to follow."""

    rel: str
    title: str
    href: str | None
    stored_href: str


def related_links(links: Any, context: PageContext) -> list[Link]:
    """What belongs with a document."""
    return list(_found(links, _RELATED, context))


def reference_links(links: Any, context: PageContext) -> list[Link]:
    """How it is cited and what it may be used for."""
    return list(_found(links, _REFERENCES, context))


def _found(links: Any, rels: Iterable[str], context: PageContext) -> Iterable[Link]:
    known = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    for rel in rels:
        for link in [each for each in known if each.get("rel") == rel][:_MOST]:
            stored_href = str(link.get("href") or "")
            title = link.get("title") if isinstance(link.get("title"), str) and link["title"] else stored_href
            is_picture = str(link.get("type") or "").startswith("image/")
            address = (context.local if is_picture else context.page)(link.get("href"))
            shown = translate_title(link_title, str(title), context.language)
            yield Link(rel, shown, address, stored_href)


def doi_of(document: dict[str, Any], links: Iterable[Link]) -> str | None:
    """The DOI of a document: its own, or the one it is to be cited by."""
    own = document.get("sci:doi")
    if isinstance(own, str) and own:
        return own
    cited = next((link.href for link in links if link.rel == "cite-as" and link.href), None) or ""
    return cited.removeprefix(_DOI) if cited.startswith(_DOI) else None


def doi_address(doi: str | None) -> str | None:
    """Where a DOI leads to."""
    return f"{_DOI}{doi}" if doi and doi.startswith("10.") else None
