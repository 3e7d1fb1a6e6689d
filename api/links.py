"""What we change in the links stac-fastapi-pgstac puts into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_builder.vocab.citation import ABOUT_LINK, REFERENCE_LINKS

if TYPE_CHECKING:
    from collections.abc import Iterable


def mend_rels(links: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The back link under the name the specification gives it.

    stac-fastapi-pgstac 7.2.0 writes `previous`, which pystac-client and most others do not follow.
    """
    return [{**link, "rel": "prev"} if link.get("rel") == "previous" else link for link in links]


def child_links(titles: Iterable[tuple[str, str | None]], base_url: str) -> list[dict[str, Any]]:
    """A `child` link for each collection, given as id and title."""
    return [
        {
            "rel": "child",
            "type": "application/json",
            "href": f"{base_url}collections/{identifier}",
            "title": title or identifier,
        }
        for identifier, title in titles
    ]


def root_links(base_url: str, *, has_browser: bool) -> list[dict[str, Any]]:
    """Links of the landing page to what describes the whole catalogue, and to its pages for people."""
    links = [
        {"rel": link.rel, "type": link.type, "href": link.href, "title": link.title}
        for link in (*REFERENCE_LINKS, ABOUT_LINK)
    ]
    if has_browser:
        href = f"{base_url}browser/"
        links.append({"rel": "alternate", "type": "text/html", "href": href, "title": "STAC Browser"})
    return links
