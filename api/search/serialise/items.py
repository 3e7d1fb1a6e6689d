"""Items as bytes of an answer: ready documents with the addresses put in, and items that have none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

import orjson
from starlette.responses import Response

from catalog_builder.derived.item_documents import BASE, FILE, GEOJSON, item_links

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Receive, Scope, Send

    from api.files.mounts import DataMounts


@dataclass(frozen=True)
class ItemWriter:
    """Writes items for one address of the landing page.

    Attributes:
        mounts: Trees whose files have an address here.
        base_url: Address of the landing page, with a slash at its end.
    """

    mounts: DataMounts
    base_url: str

    @cached_property
    def accepts_prerendered(self) -> bool:
        """Whether addresses can be put into ready documents: not where more changes than what they begin with."""
        return urljoin(self.base_url, "x") == f"{self.base_url}x" and not self.mounts.overlap

    @cached_property
    def replacements(self) -> list[tuple[bytes, bytes]]:
        """What marks become, one after the other."""
        base = orjson.dumps(self.base_url)[1:-1]
        files = [
            (FILE + f"file://{quote(os.fsencode(spelling))}/".encode(), base + quote(os.fsencode(root.start)).encode())
            for root in self.mounts.mounts
            for spelling in root.spellings
        ]
        return [(BASE, base), *files, (FILE, b"")]

    def written(self, items: Iterable[bytes | dict[str, Any]]) -> bytes:
        """Items with commas between them."""
        text = b",".join(item if isinstance(item, bytes) else orjson.dumps(self.served(item)) for item in items)
        for mark, address in self.replacements:
            text = text.replace(mark, address)
        return text

    def whole(self, item: bytes | dict[str, Any]) -> dict[str, Any]:
        """An item or its document as an item, as it is served."""
        if not isinstance(item, bytes):
            return self.served(item)
        found: dict[str, Any] = orjson.loads(self.written([item]))
        return found

    def served(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item with its links and with addresses a client can open; what it shares with others stays as it is."""
        item["links"] = item_links(item, self.base_url)
        if self.mounts.mounts and isinstance(assets := item.get("assets"), dict):
            item["assets"] = {key: self._located(asset) for key, asset in assets.items()}
        return item

    def _located(self, asset: Any) -> Any:
        href = asset.get("href") if isinstance(asset, dict) else None
        if not isinstance(href, str) or (address := self.mounts.address(href, self.base_url)) == href:
            return asset
        return {**asset, "href": address}


_START: Final = b'{"type":"FeatureCollection","features":['
_AT_ONCE: Final = 100
"""Items of one part of an answer: some hundred kilobytes to a megabyte, in half a millisecond."""


class PageResponse(Response):
    """A page of items, sent in parts so that a long one is never in memory twice."""

    media_type = GEOJSON

    def __init__(self, items: list[Any], writer: ItemWriter, end: bytes) -> None:
        """Take what is to be written.

        Args:
            items: Documents and items; the list is emptied while it is written.
            writer: Writes them.
            end: Members that follow the items, as a JSON object.
        """
        self._items, self._writer, self._end = items, writer, b"]," + end[1:]
        if len(items) <= _AT_ONCE:
            super().__init__(_START + writer.written(items) + self._end)
            return
        super().__init__()
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if len(self._items) <= _AT_ONCE:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        items, before = self._items[::-1], _START
        self._items.clear()
        while items:
            part, items[-_AT_ONCE:] = items[: -_AT_ONCE - 1 : -1], []
            await send({"type": "http.response.body", "body": before + self._writer.written(part), "more_body": True})
            before = b","
        await send({"type": "http.response.body", "body": self._end})
