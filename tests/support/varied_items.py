"""Items that have every property that can be searched by, with the same values again and again, and with gaps."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods

from catalog_builder.vocab.queryables import QUERYABLES, Queryable

COLLECTIONS = ("flatsim-testland-auxiliarydata", "flatsim-testland-interferogram", "flatsim-testland-timeseries")
GAP = 0.3
"""Share of the items that lack a property."""

_FIRST = datetime(2015, 1, 1, 4, 39, 21, 250_000, tzinfo=UTC)
WORDS = ("Etna", "étna", "ETNA", "100%", "under_score", "a\\b", "it's", "North", "north")


def moment(number: int) -> str:
    """One of a series of times."""
    return (_FIRST + timedelta(days=6 * number, seconds=number)).isoformat().replace("+00:00", "Z")


def pool(row: Queryable) -> list[Any]:
    """The values a property has."""
    if row.time:
        return [moment(number) for number in range(6)]
    if row.enum and row.type == "array":
        return [[], list(row.enum[:1]), list(row.enum[:2]), list(reversed(row.enum[:2]))]
    if row.enum:
        return list(row.enum)
    return {
        "string": list(WORDS),
        "integer": [-3, 0, 7, 80, 175],
        "number": [-48.5, -1e-7, 0, 0.1, 0.30000000000000004, 12, 24, 1e6],
        "boolean": [True, False],
        "array": [[], ["a"], ["a", "b"], ["b", "a"]],
    }[row.type or "string"]


def varied_items(count: int, seed: int = 0, first: int = 0) -> list[dict[str, Any]]:
    """Items that differ by chance; the same for the same seed.

    Args:
        count: How many.
        seed: Of the chance.
        first: Number of the first one, from which the ids are made.
    """
    chance = random.Random(seed)
    return [_item(chance, number) for number in range(first, first + count)]


def _item(chance: random.Random, number: int) -> dict[str, Any]:
    start, length = chance.randrange(6), chance.randrange(4)
    properties: dict[str, Any] = {
        "datetime": moment(start + length // 2),
        "start_datetime": moment(start),
        "end_datetime": moment(start + length),
    }
    for row in QUERYABLES:
        if row.column:
            continue
        drawn = chance.random()
        if drawn > GAP:
            properties[row.name] = chance.choice(pool(row))
        elif drawn < GAP / 3:
            properties[row.name] = None
    west, south, size = chance.randrange(-10, 10), chance.randrange(-5, 5), chance.choice((1, 3))
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": f"item_{number:03}",
        "collection": chance.choice(COLLECTIONS),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, west + size, south + size],
        "properties": properties,
        "links": [],
        "assets": {
            "data": {"href": f"https://data.example.org/{number}.tiff", "type": "image/tiff", "roles": ["data"]}
        },
    }


def collections(roles: list[str]) -> list[dict[str, Any]]:
    """Their collections."""
    return [
        {
            "type": "Collection",
            "stac_version": "1.1.0",
            "stac_extensions": [],
            "id": name,
            "description": name,
            "license": "other",
            "extent": {"spatial": {"bbox": [[-10, -5, 13, 8]]}, "temporal": {"interval": [[moment(0), None]]}},
            "links": [],
            "item_assets": {"data": {"type": "image/tiff", "roles": roles}},
        }
        for name in COLLECTIONS
    ]


def load_items(dsn: str, items: list[dict[str, Any]], roles: list[str] | None = None) -> None:
    """Load items, and their collections, the way pypgstac does."""
    with PgstacDB(dsn=dsn) as database:
        loader = Loader(database)
        loader.load_collections(iter(collections(roles or ["data"])), insert_mode=Methods.upsert)
        loader.load_items(iter(copy.deepcopy(items)), insert_mode=Methods.upsert)


def token_of(page: dict[str, Any], rel: str) -> str | None:
    """The token of a link of a posted page."""
    link = next((link for link in page["links"] if link["rel"] == rel), None)
    return link["body"]["token"] if link else None
