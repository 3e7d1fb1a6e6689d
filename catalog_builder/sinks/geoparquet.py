"""A catalogue as tables: one stac-geoparquet file of items for each collection, and the collection beside it.

Items are gathered as lines on disk; each table is then made in two passes over them, one for the columns and one for
the rows, so that memory does not grow with their number. A table holds null where a field of other items is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from catalog_builder.errors import SinkError
from catalog_builder.location.claim import claim
from catalog_builder.location.files import replace
from catalog_builder.sinks import CollectionDict, ItemDict, Written
from catalog_builder.sinks.document import Document
from catalog_builder.sinks.encoding import Encode, compact, indented
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.whole import WholeSink

VARIABLES = "cube:variables"
ASSET = "items_geoparquet"
"""Key of the collection's asset that is its table."""
MEDIA_TYPE = "application/vnd.apache.parquet"
ROWS_AT_ONCE = 512
"""Items held in memory while a table is written, and in each of its row groups: some tens of megabytes."""
_GATHERED = ".gathered"


class GeoparquetSink(WholeSink):
    """Writes whole files."""

    def __init__(self, folder: Path) -> None:
        try:
            import stac_geoparquet.arrow  # noqa: F401, PLC0415  an extra, and heavy
        except ImportError as error:
            msg = "geoparquet needs the extra of that name: pip install 'flatsim-stac[geoparquet]'"
            raise SinkError(msg) from error
        self.folder = folder
        self._lines = NdjsonSink(folder / _GATHERED)
        self._collections: dict[str, CollectionDict] = {}

    def claim(self) -> AbstractContextManager[None]:
        """The folder, and nothing in it of builds that were ended."""
        return claim(self.folder)

    def open_collection(self, collection: CollectionDict) -> None:
        """Start gathering its items."""
        self._lines.open_collection(collection)

    def write_items(self, collection_id: str, items: Sequence[Document]) -> Written:
        """Gather them."""
        return self._lines.write_items(collection_id, items)

    def encoding(self) -> Encode:
        """Lines, for tables."""
        return table_line

    def close_collection(self, collection: CollectionDict) -> None:
        """Remember it: it is written when its table stands."""
        self._collections[collection["id"]] = collection

    def close(self) -> None:
        """Make each table, put it in the place of the old one, then the collection that names it."""
        self._lines.close()
        for name, collection in self._collections.items():
            table = f"{name}.parquet"
            self._write_table(collection, table)
            replace(self.folder / f"{name}.json", indented(_with_table(collection, table)))
        shutil.rmtree(self.folder / _GATHERED)

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


def table_line(item: ItemDict) -> bytes:
    """An item as a line, for a table: a column holds numbers or words, so that words for no data are left out.

    Raises:
        SinkError: it holds what JSON cannot say.
    """
    assets = {key: _without_words(asset) for key, asset in item["assets"].items()}
    properties = dict(item["properties"])
    if VARIABLES in properties:
        properties[VARIABLES] = {name: _without_words(one) for name, one in properties[VARIABLES].items()}
    return compact({**item, "properties": properties, "assets": assets})


def _without_words(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != "nodata" or not isinstance(value, str)}


def _with_table(collection: CollectionDict, table: str) -> CollectionDict:
    asset = {
        "href": f"./{table}",
        "type": MEDIA_TYPE,
        "title": "All items as stac-geoparquet",
        "roles": ["collection-mirror", "metadata"],
    }
    return {**collection, "assets": {**collection.get("assets", {}), ASSET: asset}}
