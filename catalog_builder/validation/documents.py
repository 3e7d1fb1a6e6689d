"""A path or an address → the STAC documents behind it: files, folders, line files, or all that an API serves."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from catalog_builder.errors import TreeNotFound

Document = dict[str, Any]
TIMEOUT_S = 60


def documents(source: str) -> Iterator[tuple[str, Document]]:
    """Each document with its address.

    Raises:
        TreeNotFound: there is no such file or address, or it holds no JSON.
    """
    if source.startswith(("http://", "https://")):
        yield from _remote(source)
    else:
        yield from _local(Path(source))


def _local(path: Path) -> Iterator[tuple[str, Document]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")) + sorted(path.rglob("*.ndjson")):
            yield from _local(file)
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise TreeNotFound(msg) from error
    if path.suffix == ".ndjson":
        for number, line in enumerate(text.splitlines(), start=1):
            yield from _unpacked(f"{path}:{number}", _parsed(line, f"{path}:{number}"))
    else:
        yield from _unpacked(str(path), _parsed(text, str(path)))


def _remote(address: str) -> Iterator[tuple[str, Document]]:
    """A document, and what hangs below it: collections of a landing page, items of a collection, pages of a list.

    Each address is asked for once and each document is given once, however many links and lists lead to it.
    """
    waiting, asked, given = deque([address]), {address}, set[tuple[str, str]]()
    while waiting:
        here = waiting.popleft()
        document = _fetched(here)
        for where, found in _unpacked(here, document):
            identity = (str(found.get("collection", found.get("type"))), str(found.get("id")))
            if identity not in given:
                given.add(identity)
                yield where, found
        new = [one for one in dict.fromkeys(_addresses_below(here, document)) if one not in asked]
        asked.update(new)
        waiting.extend(new)


_BELOW = {"Catalog": ("data", "child"), "Collection": ("items", "item", "child"), "Feature": ()}


def _addresses_below(address: str, document: Document) -> Iterator[str]:
    wanted = _BELOW.get(document.get("type", ""), ("next",))
    for link in document.get("links", ()):
        if link["rel"] in wanted and link.get("method", "GET") == "GET":
            yield urljoin(address, link["href"])
    for collection in document.get("collections", ()):
        yield from (urljoin(address, link["href"]) for link in collection["links"] if link["rel"] == "items")


def _unpacked(address: str, document: Document) -> Iterator[tuple[str, Document]]:
    """A list of documents counts as its members; a JSON Schema in the same folder is not one."""
    if "$schema" in document:
        return
    members = document.get("features") if document.get("type") == "FeatureCollection" else document.get("collections")
    if members is None:
        yield address, document
    else:
        yield from ((f"{address}#{member.get('id')}", member) for member in members)


def _fetched(address: str) -> Document:
    request = Request(address, headers={"Accept": "application/geo+json, application/json"})  # noqa: S310 (http)
    try:
        with urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 (http or https, as the caller checked)
            return _parsed(response.read().decode(), address)
    except (URLError, TimeoutError) as error:
        msg = f"{address}: cannot be fetched: {error}"
        raise TreeNotFound(msg) from error


def _parsed(text: str, address: str) -> Document:
    try:
        document = json.loads(text)
    except ValueError as error:
        msg = f"{address}: not JSON: {error}"
        raise TreeNotFound(msg) from error
    if not isinstance(document, dict):
        msg = f"{address}: not a STAC document"
        raise TreeNotFound(msg)
    return document
