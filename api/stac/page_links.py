"""Links of a page of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from api.http.content_negotiation import PARAMETER
from api.http.item_formats import STREAMS
from api.stac.links import page_link
from api.stac.route import posted_object
from catalog_builder.derived.item_documents import GEOJSON, JSON

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.http.content_negotiation import Format

_OF_PAGE: Final = ("limit", "page", "token")
"""Parameters that say which part of the result is on a page."""

WITHOUT_MERGE: Final = ("rustac/",)
"""Clients that post the body of a link as it stands, whatever its `merge` says; for them it is the whole one."""


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
        return [*links, *self._as_page(), *(self._whole(each) for each in STREAMS)]

    def _as_page(self) -> list[dict[str, Any]]:
        """The HTML page; a POST request has none."""
        if self.request.method == "POST":
            return []
        parts = self._kept(PARAMETER)
        return [page_link(f"{self._address}?{'&'.join(parts)}" if parts else self._address)]

    def _whole(self, form: Format) -> dict[str, Any]:
        """The whole result in another form, whatever page this is."""
        link = {"rel": "alternate", "type": form.media_types[0], "title": f"All items as {form.title}"}
        asked = urlencode({PARAMETER: form.names[0]})
        if self.request.method == "POST":
            body = dict.fromkeys(_OF_PAGE)
            return {**link, "method": "POST", "href": f"{self._address}?{asked}", "merge": True, "body": body}
        return {**link, "href": f"{self._address}?{'&'.join([*self._kept(*_OF_PAGE, PARAMETER), asked])}"}

    def _kept(self, *names: str) -> list[str]:
        """The parameters of the request without some."""
        return [part for part in self.request.url.query.split("&") if part and part.partition("=")[0] not in names]

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
            if self.request.headers.get("user-agent", "").startswith(WITHOUT_MERGE):
                body = {**posted_object(self.request), **body}
            return {**link, "href": self._address, "merge": True, "body": body}
        parts = self._kept("token", "page")
        if token:
            parts.append(urlencode({"token": token}))
        return {**link, "href": f"{self._address}?{'&'.join(parts)}" if parts else self._address}
