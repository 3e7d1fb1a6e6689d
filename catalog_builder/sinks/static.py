"""A catalogue as a folder of JSON files: root → region → collection → items, linked by relative addresses.

Every file is replaced at once; what names a file is written after it, and what no longer names it before it goes. So
whoever starts at the root and goes down by `child` and `item`, or back up, never meets half a document or a link into
nothing, whatever ends a build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pystac

from catalog_builder.derived.schema import SCHEMA_PATH, flatsim_schema
from catalog_builder.errors import SinkError
from catalog_builder.location.claim import claim
from catalog_builder.location.files import make_folder, remove, replace
from catalog_builder.packages.regions import region_of
from catalog_builder.sinks import CollectionDict, ItemDict, Written
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode, indented, parse
from catalog_builder.sinks.journal import Journal
from catalog_builder.sinks.manifest import Manifest
from catalog_builder.stac.links import GEOJSON, JSON, root_links
from catalog_builder.vocab.collections import ROOT_DESCRIPTION, ROOT_ID, ROOT_TITLE

CATALOG = "catalog.json"
COLLECTION = "collection.json"


class StaticSink:
    """Writes to a folder; what is already there is kept, compared and added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._removed: dict[str, set[str]] = {}
        make_folder(folder)

    def claim(self) -> AbstractContextManager[None]:
        """The folder, and nothing in it of builds that were ended."""
        return claim(self.folder)

    def open_collection(self, collection: CollectionDict) -> None:
        """Make its folder; the document itself is written when its items are there."""
        make_folder(self._folder_of(collection["id"]))

    def encoding(self) -> Encode:
        """As files of their own, which name the documents above them."""
        return item_content

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Write those that differ from what is there."""
        folder = self._folder_of(collection_id)
        changed = sum(replace(folder / f"{item.id}.json", item.content) for item in items)
        return Written(changed=changed, unchanged=len(items) - changed)

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:
        """Items of earlier builds."""
        ours = set(written)
        for path in self._item_files(collection_id):
            if path.stem not in ours:
                yield _read(path)

    def close_collection(self, collection: CollectionDict) -> None:
        """Write the collection with a link to each item, then its region's catalogue."""
        folder = self._folder_of(collection["id"])
        items = [_link("item", f"./{path.name}", GEOJSON, path.stem) for path in self._item_files(collection["id"])]
        links = [*_collection_hierarchy(), *items, *collection["links"]]
        replace(folder / COLLECTION, indented({**collection, "links": links}))
        remove(*(folder / f"{name}.json" for name in self._removed.pop(collection["id"], ())))

    def close(self) -> None:
        """Write the catalogues of the regions and the root from what is in the folder."""
        schema = self.folder / SCHEMA_PATH
        make_folder(schema.parent)
        replace(schema, indented(flatsim_schema()))
        self._write_catalogs()

    def remove_collection(self, collection_id: str) -> None:
        """First what links to it is written again, then it goes, then its items; its region with the last one of it."""
        folder = self._folder_of(collection_id)
        self._write_catalogs(without=folder)
        remove(folder / COLLECTION, *folder.glob("*.json"))
        self._removed.pop(collection_id, None)
        if not list(folder.parent.glob(f"*/{COLLECTION}")):
            remove(folder.parent / CATALOG)
        for emptied in (folder, folder.parent):
            with suppress(OSError):  # somebody keeps other files there
                emptied.rmdir()

    def manifest(self) -> Manifest:
        """A hidden file in the folder."""
        return Journal(self.folder)

    def has_collection(self, collection_id: str) -> bool:
        """Whether its document stands."""
        return (self._folder_of(collection_id) / COLLECTION).is_file()

    def stored_ids(self, collection_id: str) -> set[str]:
        """By one listing of its folder."""
        return {path.stem for path in self._item_files(collection_id)}

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:
        """Leave them out; their files go when the collection no longer links to them."""
        present = set(ids) & {path.stem for path in self._item_files(collection_id)}
        self._removed.setdefault(collection_id, set()).update(present)
        return len(present)

    def _write_catalogs(self, *, without: Path | None = None) -> None:
        collections: dict[Path, list[Path]] = {}
        for path in sorted(self.folder.glob(f"*/*/{COLLECTION}")):
            if path.parent != without:
                collections.setdefault(path.parent.parent, []).append(path)
        for region, paths in collections.items():
            title = region_of(region.name).title
            children = [_child(path, f"./{path.parent.name}/{COLLECTION}") for path in paths]
            hierarchy = [_link("root", f"../{CATALOG}", JSON), _link("parent", f"../{CATALOG}", JSON)]
            catalog = _catalog(f"{ROOT_ID}-{region.name}", title, f"FLATSIM products of {title}.")
            replace(region / CATALOG, indented({**catalog, "links": [*hierarchy, *children]}))
        self._write_root(list(collections))

    def _write_root(self, regions: list[Path]) -> None:
        children = [_child(region / CATALOG, f"./{region.name}/{CATALOG}") for region in regions]
        references = [link.to_dict(transform_href=False) for link in root_links()]
        links = [_link("root", f"./{CATALOG}", JSON, ROOT_TITLE), *children, *references]
        document = {**_catalog(ROOT_ID, ROOT_TITLE, ROOT_DESCRIPTION), "links": links}
        replace(self.folder / CATALOG, indented(document))

    def _folder_of(self, collection_id: str) -> Path:
        return self.folder / collection_id.split("-")[1] / collection_id

    def _item_files(self, collection_id: str) -> list[Path]:
        left_out = self._removed.get(collection_id, set())
        files = self._folder_of(collection_id).glob("*.json")
        return sorted(path for path in files if path.name != COLLECTION and path.stem not in left_out)


def item_content(item: ItemDict) -> bytes:
    """An item with the links of its place in the folder, as its file holds it.

    Raises:
        SinkError: it holds what JSON cannot say.
    """
    return indented({**item, "links": [*_item_hierarchy(), *item["links"]]})


def _catalog(identifier: str, title: str, description: str) -> dict[str, Any]:
    catalog = pystac.Catalog(id=identifier, title=title, description=description)
    document = catalog.to_dict(include_self_link=False, transform_hrefs=False)
    document.pop("links")
    return document


def _child(path: Path, href: str) -> dict[str, str]:
    return _link("child", href, JSON, _read(path)["title"])


def _item_hierarchy() -> list[dict[str, str]]:
    return [
        _link("root", f"../../{CATALOG}", JSON),
        _link("parent", f"./{COLLECTION}", JSON),
        _link("collection", f"./{COLLECTION}", JSON),
    ]


def _collection_hierarchy() -> list[dict[str, str]]:
    return [_link("root", f"../../{CATALOG}", JSON), _link("parent", f"../{CATALOG}", JSON)]


def _link(rel: str, href: str, media_type: str, title: str | None = None) -> dict[str, str]:
    link = {"rel": rel, "href": href, "type": media_type}
    return {**link, "title": title} if title else link


def _read(path: Path) -> dict[str, Any]:
    try:
        document = parse(path.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"{path}: not a JSON document of a catalogue; remove it or choose another folder"
        raise SinkError(msg) from error
    return document
