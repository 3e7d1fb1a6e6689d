"""Requests to copy: what a page shows, asked for with curl and with pystac-client."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pprint import pformat
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from api.web.page_context import PageContext


@dataclass(frozen=True, slots=True)
class Examples:
    """A command for a POSIX shell, and a Python program."""

    curl: str
    python: str


def catalogue_examples(context: PageContext) -> Examples:
    """The catalogue and its collections."""
    lines = [
        *_opened(context),
        "for collection in client.get_collections():",
        "    print(collection.id, collection.title)",
    ]
    return Examples(_curl(f"{context.base_url}collections"), "\n".join(lines))


def collection_examples(context: PageContext, collection: str) -> Examples:
    """One collection."""
    lines = [
        *_opened(context),
        f"collection = client.get_collection({_text(collection)})",
        "print(collection.title, collection.extent.temporal.intervals)",
        "for item in client.search(collections=[collection.id], max_items=10).items():",
        "    print(item.id)",
    ]
    return Examples(_curl(f"{context.base_url}collections/{_part(collection)}"), "\n".join(lines))


def item_examples(context: PageContext, collection: str, item: str) -> Examples:
    """One item."""
    lines = [
        *_opened(context),
        f"item = client.get_collection({_text(collection)}).get_item({_text(item)})",
        "for key, asset in item.assets.items():",
        "    print(key, asset.href)",
    ]
    address = f"{context.base_url}collections/{_part(collection)}/items/{_part(item)}"
    return Examples(_curl(address), "\n".join(lines))


def search_examples(context: PageContext, path: str, query: str, arguments: dict[str, Any]) -> Examples:
    """A search.

    Args:
        context: Of the page.
        path: Of the request, below the landing page.
        query: Of the request.
        arguments: The same as arguments of `Client.search`, and `q` where words are looked for.
    """
    address = f"{context.base_url}{path}{'?' if query else ''}{query}"
    if "q" in arguments:  # which Client.search does not take
        page_request = f'    {_text(address)},\n    client=client,\n    method="GET",\n'
        lines = [*_opened(context, "Client, ItemSearch"), f"found = ItemSearch(\n{page_request}    max_items=100,\n)"]
    else:
        arguments_text = "".join(f"    {name}={_indented(value)},\n" for name, value in arguments.items())
        lines = [*_opened(context), f"found = client.search(\n{arguments_text}    max_items=100,\n)"]
    return Examples(_curl(address), "\n".join([*lines, "for item in found.items():", "    print(item.id)"]))


def _indented(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    return pformat(value, width=100, sort_dicts=False).replace("\n", "\n    ")


def _opened(context: PageContext, names: str = "Client") -> list[str]:
    return [f"from pystac_client import {names}", "", f"client = Client.open({_text(context.base_url)})"]


def _curl(address: str) -> str:
    return f"curl {shlex.quote(address)}"


def _text(value: str) -> str:
    """A text of Python in double quotes, in ASCII wherever a character might not be seen."""
    escaped = "".join(
        f"\\{letter}" if letter in '\\"' else letter if letter.isprintable() else ascii(letter)[1:-1]
        for letter in value
    )
    return f'"{escaped}"'


def _part(value: str) -> str:
    return quote(value, safe="")
