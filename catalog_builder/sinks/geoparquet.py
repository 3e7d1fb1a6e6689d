"""A catalogue as tables: one stac-geoparquet file of items for each collection, and the collection beside it.

Items are gathered as lines on disk; each table is then made in two passes over them, one for the columns and one for
the rows, so that memory does not grow with their number. A table holds null where an item lacks a field of others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from catalog_builder.errors import SinkError
from catalog_builder.manifest import Forgetful, Manifest
from catalog_builder.sinks import CollectionDict, ItemDict, Written
from catalog_builder.sinks.ndjson import NdjsonSink

ASSET = "items_geoparquet"
"""Key of the collection's asset that is its table."""
MEDIA_TYPE = "application/vnd.apache.parquet"
ROWS_AT_ONCE = 512
"""Items held in memory while a table is written, and in each of its row groups: some tens of megabytes."""
_GATHERED = ".gathered"


class GeoparquetSink:
    """Writes whole files; items of earlier builds are replaced, not kept."""

    def __init__(self, folder: Path) -> None:
        try:
            import stac_geoparquet.arrow  # noqa: F401, PLC0415  an extra, and heavy
        except ImportError as error:
            msg = "geoparquet needs the extra of that name: pip install 'flatsim-stac[geoparquet]'"
            raise SinkError(msg) from error
        self.folder = folder
        self._lines = NdjsonSink(folder / _GATHERED)
        self._collections: dict[str, CollectionDict] = {}

    def open_collection(self, collection: CollectionDict) -> None:
        """Start gathering its items."""
        self._lines.open_collection(collection)

    def write_items(self, collection_id: str, items: Sequence[ItemDict]) -> Written:
        """Gather them."""
        return self._lines.write_items(collection_id, items)

    def other_items(self, collection_id: str, written: Iterable[str]) -> Iterator[ItemDict]:
        """None: the tables hold what this build wrote."""
        return self._lines.other_items(collection_id, written)

    def close_collection(self, collection: CollectionDict) -> None:
        """Remember it: it is written when its table stands."""
        self._collections[collection["id"]] = collection

    def close(self) -> None:
        """Make each table, put it in the place of the old one, then the collection that names it."""
        self._lines.close()
        for name, collection in self._collections.items():
            table = f"{name}.parquet"
            self._write_table(collection, table)
            document = json.dumps(_with_table(collection, table), indent=1, ensure_ascii=False, allow_nan=False)
            temporary = self.folder / f".{name}.json.tmp"
            temporary.write_text(f"{document}\n", encoding="utf-8")
            temporary.replace(self.folder / f"{name}.json")
        shutil.rmtree(self.folder / _GATHERED)

    def manifest(self) -> Manifest:
        """Nothing is kept from build to build."""
        return Forgetful()

    def has_collection(self, collection_id: str) -> bool:  # noqa: ARG002 (a protocol's)
        """It is what this build writes."""
        return True

    def stored_ids(self, collection_id: str) -> set[str]:  # noqa: ARG002 (a protocol's)
        """None that would be kept."""
        return set()

    def remove_items(self, collection_id: str, ids: Sequence[str]) -> int:  # noqa: ARG002 (a protocol's)
        """None are there to remove."""
        return 0

    def _write_table(self, collection: CollectionDict, table: str) -> None:
        """Raises SinkError: the items do not fit one table, or the disk is full."""
        from stac_geoparquet.arrow import parse_stac_ndjson_to_parquet  # noqa: PLC0415

        name = collection["id"]
        temporary = self.folder / f".{table}.tmp"
        try:
            parse_stac_ndjson_to_parquet(
                self.folder / _GATHERED / f"{name}.ndjson", temporary, chunk_size=ROWS_AT_ONCE,
                collections={name: collection}, compression="zstd",
            )  # fmt: skip
            temporary.replace(self.folder / table)
        except (OSError, ValueError) as error:  # Arrow's own errors are subclasses of these
            msg = f"{self.folder / table}: cannot be written: {error}"
            raise SinkError(msg) from error


def _with_table(collection: CollectionDict, table: str) -> CollectionDict:
    asset = {
        "href": f"./{table}",
        "type": MEDIA_TYPE,
        "title": "All items as stac-geoparquet",
        "roles": ["collection-mirror", "metadata"],
    }
    return {**collection, "assets": {**collection.get("assets", {}), ASSET: asset}}
