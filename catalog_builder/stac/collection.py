"""Items, one at a time → the collection that holds them: extent, summaries, words. Pure, and flat in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pystac
from pystac.utils import str_to_datetime

from catalog_builder.packages.extent import Extent
from catalog_builder.packages.regions import region_of
from catalog_builder.stac.assets import item_assets
from catalog_builder.stac.layout import Layout
from catalog_builder.stac.links import collection_links
from catalog_builder.vocab.citation import PROCESSING_FACILITY, PUBLICATIONS
from catalog_builder.vocab.collections import (
    COLLECTION_VERSION,
    CONVENTIONS,
    KEYWORDS,
    KIND_KEYWORDS,
    SYNTHETIC_KEYWORD,
    SYNTHETIC_NOTE,
    collection_id,
    collection_title,
)
from catalog_builder.vocab.extensions import declared_by
from catalog_builder.vocab.kinds import KINDS, Kind
from catalog_builder.vocab.pictures import renders
from catalog_builder.vocab.regions import Region
from catalog_builder.vocab.summaries import RANGES, VALUES

ItemDict = Mapping[str, Any]

WHOLE_EARTH = (-180.0, -90.0, 180.0, 90.0)


class CollectionSummary:
    """What a collection says of its items, gathered item by item in any order."""

    def __init__(self, region: Region, kind: Kind) -> None:
        self.region = region
        self.kind = kind
        self.count = 0
        self._extent = Extent()
        self._start: datetime | None = None
        self._end: datetime | None = None
        self._values: dict[str, set[Any]] = {name: set() for name in VALUES}
        self._ranges: dict[str, tuple[float, float]] = {}
        self._synthetic = False

    @property
    def id(self) -> str:
        """Collection id."""
        return collection_id(self.region.slug, self.kind)

    def add(self, item: ItemDict) -> None:
        """Take one item, as a dictionary, into account."""
        self.count += 1
        self._extent.add(item["bbox"])
        properties = item["properties"]
        start, end = (str_to_datetime(properties[name]) for name in ("start_datetime", "end_datetime"))
        self._start = min(self._start or start, start)
        self._end = max(self._end or end, end)
        self._synthetic |= SYNTHETIC_KEYWORD in properties.get("keywords", ())
        for name in VALUES:
            value = properties.get(name)
            if value is not None:
                self._values[name].update(value if isinstance(value, list) else [value])
        for name in RANGES:
            value = properties.get(name)
            if value is not None:
                low, high = self._ranges.get(name, (value, value))
                self._ranges[name] = (min(low, value), max(high, value))

    def merge(self, other: CollectionSummary) -> None:
        """Take all that another one of the same collection has seen into account."""
        self.count += other.count
        self._extent.merge(other._extent)
        self._start = min(filter(None, (self._start, other._start)), default=None)
        self._end = max(filter(None, (self._end, other._end)), default=None)
        self._synthetic |= other._synthetic
        for name, values in other._values.items():
            self._values[name] |= values
        for name, (low, high) in other._ranges.items():
            mine_low, mine_high = self._ranges.get(name, (low, high))
            self._ranges[name] = (min(low, mine_low), max(high, mine_high))

    def create_collection(self, layout: Layout) -> pystac.Collection:
        """The collection of the items seen so far."""
        collection = pystac.Collection(
            id=self.id,
            title=collection_title(self.region, self.kind),
            description=self._description(),
            extent=self._pystac_extent(),
            license=self.region.license,
            keywords=self._keywords(),
            providers=[pystac.Provider.from_dict(_provider(row, self.kind)) for row in self.region.providers],
            summaries=pystac.Summaries(self._summaries()),
            extra_fields={
                "version": COLLECTION_VERSION,
                "sci:doi": self.region.doi,
                "sci:citation": self.region.citation,
                "sci:publications": PUBLICATIONS,
                "item_assets": item_assets(self.kind),
                "renders": renders(self.kind),
            },
        )
        collection.add_links(collection_links(self.region, self.kind, layout))
        collection.stac_extensions = declared_by(_field_names(collection))
        return collection

    def _description(self) -> str:
        note = [SYNTHETIC_NOTE] if self._synthetic else []
        return "\n\n".join(filter(None, [*note, self.kind.description, self.region.description, CONVENTIONS]))

    def _keywords(self) -> list[str]:
        mark = (SYNTHETIC_KEYWORD,) if self._synthetic else ()
        return [*KEYWORDS, *KIND_KEYWORDS[self.kind.code], self.region.title, *mark]

    def _pystac_extent(self) -> pystac.Extent:
        box = self._extent.box() or list(WHOLE_EARTH)
        return pystac.Extent(pystac.SpatialExtent([box]), pystac.TemporalExtent([[self._start, self._end]]))

    def _summaries(self) -> dict[str, Any]:
        values = {name: sorted(found) for name, found in self._values.items() if found}
        ranges = {name: {"minimum": low, "maximum": high} for name, (low, high) in self._ranges.items()}
        return {**values, **{name: ranges[name] for name in RANGES if name in ranges}}


def summary_of(identifier: str) -> CollectionSummary:
    """The empty summary of the collection with this id.

    >>> summary_of("flatsim-tibethim-timeseries").id
    'flatsim-tibethim-timeseries'
    """
    region = region_of(identifier.split("-")[1])
    kind = next(kind for kind in KINDS if collection_id(region.slug, kind) == identifier)
    return CollectionSummary(region, kind)


def _provider(row: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """The processor also says how and to which level."""
    if "processor" not in row["roles"]:
        return row
    level = {"processing:level": kind.level} if kind.level else {}
    return {**row, **level, "processing:facility": PROCESSING_FACILITY, "processing:lineage": kind.lineage}


def _field_names(collection: pystac.Collection) -> set[str]:
    names = set(collection.extra_fields) | set(collection.summaries.to_dict())
    for asset in collection.extra_fields["item_assets"].values():
        names |= asset.keys()
    for provider in collection.providers or ():
        names |= provider.extra_fields.keys()
    return names
