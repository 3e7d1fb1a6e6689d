"""How workers write items for pgstac."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pystac

from catalog_builder.sinks.encoding import compact, parse, plain
from catalog_builder.sinks.rows.dehydration import base_item
from catalog_builder.sinks.rows.row import create_row, digest_of
from catalog_builder.stac.assets import item_assets
from catalog_builder.stac.collection import summary_of


def encode_row(item: dict[str, Any]) -> bytes:
    """The packed row of an item that the builder has made.

    Raises:
        SinkError: pgstac could not hold it.
    """
    written = compact(item)
    return create_row(parse(written), digest_of(written), _base(item["collection"])).pack()


@lru_cache(maxsize=256)
def _base(collection_id: str) -> dict[str, Any]:
    """What the builder's collection of this id will have in common with its items."""
    assets = item_assets(summary_of(collection_id).kind)
    return base_item(plain({"id": collection_id, "stac_version": pystac.get_stac_version(), "item_assets": assets}))
