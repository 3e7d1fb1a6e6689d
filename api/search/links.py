"""Links of a page of items, and of the items on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin

if TYPE_CHECKING:
    from starlette.requests import Request

GEOJSON: Final = "application/geo+json"
JSON: Final = "application/json"
_OWN: Final = frozenset({"self", "item", "parent", "collection", "root", "items", "child"})
"""Links that follow from where a document is served; those stored with it are of another place."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Makes the links of one answer.

    Attributes:
        request: The request that is answered.
        base_url: Address of the landing page, with a slash at its end.
        numbered: Whether the page was asked for by its number, which gives way to the token.
        collection: Where the items of one collection are listed.
    """

    request: Request
    base_url: str
    collection: str | None = None
    numbered: bool = False

    def all(self, next_token: str | None, prev_token: str | None) -> list[dict[str, Any]]:
        """The links of a page.

        Those of a POST request carry nothing but the token, and null for a number of a page; `merge` says that the rest
        is what was sent before.
        """
        links = [self._self(), {"rel": "root", "type": JSON, "href": self.base_url}]
        if self.collection is not None:
            href = f"{self.base_url}collections/{quote(self.collection, safe='')}"
            links += [{"rel": rel, "type": JSON, "href": href} for rel in ("parent", "collection")]
        links.append(self._page("first", None))
        links += [self._page("prev", prev_token)] if prev_token else []
        links += [self._page("next", next_token)] if next_token else []
        return links

    @property
    def _address(self) -> str:
        path = "search" if self.collection is None else f"collections/{quote(self.collection, safe='')}/items"
        return f"{self.base_url}{path}"

    def _self(self) -> dict[str, Any]:
        if self.request.method == "POST":
            return {"rel": "self", "type": GEOJSON, "method": "POST", "href": self._address}
        query = self.request.url.query
        return {"rel": "self", "type": GEOJSON, "href": f"{self._address}?{query}" if query else self._address}

    def _page(self, rel: str, token: str | None) -> dict[str, Any]:
        link = {"rel": rel, "type": GEOJSON, "method": self.request.method}
        if self.request.method == "POST":
            body = {"token": token, "page": None} if self.numbered else {"token": token}
            return {**link, "href": self._address, "merge": True, "body": body}
        kept = self.request.url.query.split("&")
        parts = [part for part in kept if part and part.partition("=")[0] not in ("token", "page")]
        if token:
            parts.append(urlencode({"token": token}))
        return {**link, "href": f"{self._address}?{'&'.join(parts)}" if parts else self._address}


def item_links(item: dict[str, Any], collection: str, identifier: str, base_url: str) -> list[dict[str, Any]]:
    """The links of an item: its own, and those stored with it; relative ones begin at the landing page."""
    parent = f"{base_url}collections/{quote(collection, safe='')}"
    stored = (link for link in item.get("links") or () if link.get("rel") not in _OWN)
    return [
        {"rel": "collection", "type": JSON, "href": parent},
        {"rel": "parent", "type": JSON, "href": parent},
        {"rel": "root", "type": JSON, "href": base_url},
        {"rel": "self", "type": GEOJSON, "href": f"{parent}/items/{quote(identifier, safe='')}"},
        *({**link, "href": _absolute(link["href"], base_url)} for link in stored),
    ]


def _absolute(href: str, base_url: str) -> str:
    return href if href.startswith(("https://", "http://")) else urljoin(base_url, href)
