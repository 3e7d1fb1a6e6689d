"""Links of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.stac.links import JSON, aggregation_links

if TYPE_CHECKING:
    from starlette.requests import Request


def page_links(request: Request, base_url: str, collection: str | None, what: str) -> list[dict[str, Any]]:
    """The links of one answer.

    Args:
        request: What is answered.
        base_url: Address of the landing page, with a slash at its end.
        collection: Whose items are counted, if only those of one.
        what: Name of the answer: `aggregate` or `aggregations`.
    """
    place = f"{base_url}collections/{quote(collection, safe='')}/" if collection is not None else base_url
    query = request.url.query
    own: dict[str, Any] = {"rel": "self", "type": JSON, "href": f"{place}{what}{'?' if query else ''}{query}"}
    links = [
        own | ({"method": "POST"} if request.method == "POST" else {}),
        {"rel": "root", "type": JSON, "href": base_url},
    ]
    if collection is not None:
        links += [{"rel": rel, "type": JSON, "href": place.rstrip("/")} for rel in ("parent", "collection")]
    others = aggregation_links(place, collection or "all items")
    return [
        *links,
        *(link for link in others if link["rel"] != ("aggregations" if what == "aggregations" else "aggregate")),
    ]
