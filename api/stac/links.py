"""Links of the landing page and of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

from catalog_builder.vocab.citation import ABOUT_LINK, REFERENCE_LINKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


JSON: Final = "application/json"
HTML: Final = "text/html"
GEOJSON: Final = "application/geo+json"
SCHEMA: Final = "application/schema+json"
QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/sortables"

_OWN: Final = frozenset({"self", "parent", "root", "items", "item", "child", "collection"})
"""Links that follow from where a document is served; those stored with it are of another place."""


def collection_links(collection: Mapping[str, Any], base_url: str) -> list[dict[str, Any]]:
    """The links of a collection: its own, and those stored with it; relative ones begin at the landing page."""
    identifier = collection["id"]
    title = collection.get("title") or identifier
    address = f"{base_url}collections/{quote(identifier, safe='')}"
    stored = (link for link in collection.get("links") or () if link.get("rel") not in _OWN)
    return [
        {"rel": "self", "type": JSON, "title": title, "href": address},
        {"rel": "root", "type": JSON, "title": "Catalogue", "href": base_url},
        {"rel": "parent", "type": JSON, "title": "Catalogue", "href": base_url},
        {"rel": "items", "type": GEOJSON, "title": f"Items of {title}", "href": f"{address}/items"},
        page_link(address),
        *schema_links(f"{address}/", title),
        *aggregation_links(f"{address}/", title),
        {"rel": "related", "type": HTML, "title": f"Tracks of {title} on a map", "href": f"{address}/coverage?f=html"},
        {"rel": "related", "type": HTML, "title": f"Acquisitions of {title}", "href": f"{address}/acquisitions?f=html"},
        *({**link, "href": urljoin(base_url, link["href"])} for link in stored),
    ]


def page_link(address: str) -> dict[str, Any]:
    """The link to the page for people that tells the same as a document, at the document's own address."""
    href = f"{address}{'&' if '?' in address else '?'}f=html"
    return {"rel": "alternate", "type": HTML, "title": "This as a page", "href": href}


def schema_links(address: str, what: str) -> list[dict[str, Any]]:
    """Links to the queryables and the sortables at an address without their name."""
    return [
        {"rel": QUERYABLES, "type": SCHEMA, "title": f"Queryables of {what}", "href": f"{address}queryables"},
        {"rel": SORTABLES, "type": SCHEMA, "title": f"Sortables of {what}", "href": f"{address}sortables"},
    ]


def aggregation_links(address: str, what: str) -> list[dict[str, Any]]:
    """Links to the counts of items and to what they can be counted by, at an address without their name."""
    aggregate = {"rel": "aggregate", "type": JSON, "title": f"Counts of {what}", "href": f"{address}aggregate"}
    return [
        {**aggregate, "method": "GET"},
        {**aggregate, "method": "POST"},
        {
            "rel": "aggregations",
            "type": JSON,
            "title": f"What {what} can be counted by",
            "href": f"{address}aggregations",
        },
    ]


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
    links.append({"rel": "related", "type": HTML, "href": f"{base_url}coverage?f=html", "title": "Tracks on a map"})
    links.append(page_link(base_url))
    if has_browser:
        href = f"{base_url}browser/"
        links.append({"rel": "alternate", "type": "text/html", "href": href, "title": "STAC Browser"})
    return links
