"""Items as ready text: what is stored beside pgstac's items so that an answer is put together from bytes.

A document is an item's JSON as it is answered, but for addresses that depend on the service: those begin with a mark,
a control character, which cannot stand in JSON by itself. `BASE` stands for the address of the landing page, `FILE`
before the address of a local file, which may be under `/data/`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

import orjson
from hydraters import hydrate

from catalog_builder.vocab.kinds import TIMESERIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT: Final = 2
"""Of the documents. Goes up with every change of what is in them: those of another format do not count."""

BASE: Final = b"\x01"
FILE: Final = b"\x02"
GEOJSON: Final = "application/geo+json"
JSON: Final = "application/json"
TEMPLATE: Final = "pgstac:base_item"
"""Member of a stored item that tells which of its collection's templates was taken out of it."""

NETWORK_LINKS: Final = (
    ("text/html", "Interferogram network", "html"),
    ("image/svg+xml", "Interferogram network (picture)", "svg"),
)
"""Media type, title and form of the plots of a series."""

_OWN: Final = frozenset({"self", "item", "parent", "collection", "root", "items", "child"})
"""Links that follow from where a document is served; those stored with it are of another place."""
_PROBES: Final = ("http://a.example/", "https://b.example:8080/c/d/")
"""Landing pages that differ in all that can differ."""
_LOCAL_HOSTS: Final = frozenset({"", "localhost"})


def read_json(text: str | bytes) -> Any:
    """JSON as PostgreSQL gives it. A number beyond those that a float can be, which PostgreSQL holds, is infinite.

    >>> read_json('{"a": 1e400}')
    {'a': inf}
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text, parse_int=_read_integer)


def _read_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _SAFE_DIGITS else float(digits)


_SAFE_DIGITS: Final = 18
"""Of integers that JSON can be made of again in any case."""


def hydrated(
    identifier: str, collection: str, geometry: str, content: Mapping[str, Any], template: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A row of pgstac's items as an item. What it shares with others of its collection is for reading.

    Args:
        identifier: Its id.
        collection: Its collection.
        geometry: GeoJSON text, which stays a piece of ready JSON.
        content: What pgstac keeps of it otherwise.
        template: What pgstac took out of it, as its `base_item`.
    """
    item = {
        "id": identifier,
        "type": "Feature",
        "collection": collection,
        "geometry": orjson.Fragment(geometry),
        **{name: value for name, value in content.items() if name != TEMPLATE},
    }
    common = {name: value for name, value in (template or {}).items() if value is not None}
    whole: dict[str, Any] = hydrate(common, item, strip_unmatched_markers=True)
    return whole


def item_links(item: Mapping[str, Any], base_url: str) -> list[dict[str, Any]]:
    """The links of an item: its own, and those stored with it; relative ones begin at the landing page.

    Args:
        item: With id, collection and its stored links.
        base_url: Address of the landing page, with a slash at its end.
    """
    stored = ({**link, "href": _absolute(link["href"], base_url)} for link in _stored_links(item))
    return [*_own_links(item, base_url), *stored]


def _own_links(item: Mapping[str, Any], base_url: str) -> Iterator[dict[str, Any]]:
    parent = f"{base_url}collections/{quote(item['collection'], safe='')}"
    yield {"rel": "collection", "type": JSON, "href": parent}
    yield {"rel": "parent", "type": JSON, "href": parent}
    yield {"rel": "root", "type": JSON, "href": base_url}
    own = f"{parent}/items/{quote(item['id'], safe='')}"
    yield {"rel": "self", "type": GEOJSON, "href": own}
    if _is_series(item):
        for media_type, title, form in NETWORK_LINKS:
            yield {"rel": "related", "type": media_type, "title": title, "href": f"{own}/network?f={form}"}


def _is_series(item: Mapping[str, Any]) -> bool:
    properties = item.get("properties")
    return isinstance(properties, dict) and properties.get("product:type") in (
        TIMESERIES.product_type,
        *TIMESERIES.aliases,
    )


def _stored_links(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (link for link in item.get("links") or () if link.get("rel") not in _OWN and not _is_network(link))


def _is_network(link: Mapping[str, Any]) -> bool:
    """Whether a link of a copied item is to the plots of the service that it was copied from."""
    return any(link.get("type") == media_type and link.get("title") == title for media_type, title, _ in NETWORK_LINKS)


def _absolute(href: str, base_url: str) -> str:
    return href if href.startswith(("https://", "http://")) else urljoin(base_url, href)


def file_path(href: str) -> str | None:
    """Absolute path of a local `file:` URI, or None for any other address.

    >>> file_path("file:///srv/tree/a%20b%23.tiff")
    '/srv/tree/a b#.tiff'
    >>> file_path("https://data.example.org/a.tiff") is None
    True
    """
    if not href.startswith("file:"):
        return None
    parts = urlsplit(href)
    if parts.netloc not in _LOCAL_HOSTS or not parts.path.startswith("/"):
        return None
    return os.fsdecode(unquote_to_bytes(parts.path))


class _Unmarkable(Exception):
    """An address depends on the service in another way than a mark can say."""


def marked_document(item: Mapping[str, Any]) -> bytes | None:
    r"""The document of an item.

    Args:
        item: As `hydrated` gives it, or as it was loaded, with nothing in it that pgstac would drop.

    Returns:
        UTF-8 with marks; None for an item that cannot be written so, which is then put together for every answer.

    >>> marked_document({"id": "a", "collection": "b", "assets": {"c": {"href": "file:///srv/d%20e.tiff"}}})[:70]
    b'{"id":"a","collection":"b","assets":{"c":{"href":"\x02file:///srv/d%20e.t'
    """
    try:
        links = [*_own_links(item, _BASE_TEXT), *map(_marked_link, _stored_links(item))]
        assets = {key: _marked_asset(asset) for key, asset in (item.get("assets") or {}).items()}
        text = orjson.dumps({**item, **({"assets": assets} if assets else {}), "links": links})
    except (_Unmarkable, orjson.JSONEncodeError, AttributeError, KeyError, ValueError):
        return None
    n_base = sum(link["href"].startswith(_BASE_TEXT) for link in links)
    n_files = sum(_is_marked(asset) for asset in assets.values())
    if (text.count(_BASE_ESCAPED), text.count(_FILE_ESCAPED)) != (n_base, n_files):
        return None  # its own text has such characters
    return text.replace(_BASE_ESCAPED, BASE).replace(_FILE_ESCAPED, FILE)


_BASE_TEXT, _FILE_TEXT = BASE.decode(), FILE.decode()
_BASE_ESCAPED, _FILE_ESCAPED = rb"\u0001", rb"\u0002"


def _marked_link(link: dict[str, Any]) -> dict[str, Any]:
    href = link["href"]
    found = [_absolute(href, probe) for probe in _PROBES]
    if all(address == href for address in found):
        return link
    if any(address != probe + href for address, probe in zip(found, _PROBES, strict=True)):
        raise _Unmarkable
    return {**link, "href": _BASE_TEXT + href}


def _marked_asset(asset: Any) -> Any:
    href = asset.get("href") if isinstance(asset, dict) else None
    if not isinstance(href, str) or (path := file_path(href)) is None:
        return asset
    if href != f"file://{quote(os.fsencode(path))}" or href.endswith("/"):
        raise _Unmarkable  # written in another way than addresses under /data/ are
    return {**asset, "href": _FILE_TEXT + href}


def _is_marked(asset: Any) -> bool:
    return isinstance(asset, dict) and isinstance(href := asset.get("href"), str) and href.startswith(_FILE_TEXT)
