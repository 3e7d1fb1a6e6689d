"""Networks as they were read, kept for as long as the database has seen no other transaction."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from api.errors import NotFound
from api.plots import queries
from api.plots.network import read_network
from api.stac.items import check_collection
from catalog_builder.vocab.collections import sibling
from catalog_builder.vocab.kinds import INTERFEROGRAM, TIMESERIES

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.capacity import CapacityLimiter
    from api.plots.network import Network
    from api.search.execute.catalogue import CatalogueCache

MOST_PAIRS: Final = 10_000
"""Of one plot; a series of daily images for a year with thirty pairs each has as many."""
_MOST_KEPT: Final = 20_000
"""Pairs of all networks that are kept."""


@dataclass(slots=True)
class NetworkCache:
    """Networks by series.

    Attributes:
        readers: Limits how many requests read at once.
        catalogue: What is known of the database.
    """

    readers: CapacityLimiter
    catalogue: CatalogueCache
    _found: OrderedDict[tuple[str, str], tuple[str, Network]] = field(default_factory=OrderedDict)

    async def get(self, request: Request, collection: str, series: str) -> Network:
        """The network of a series.

        Raises:
            NotFound: There is no such item, or it is no time series.
            Overloaded: Too many plots are being made.
        """
        pairs_collection = sibling(collection, INTERFEROGRAM)
        with await self.readers.reserve():
            async with request.app.state.get_connection(request, "r") as connection:
                seen = await queries.snapshot(connection)
                if (kept := self._found.get((collection, series))) is not None and kept[0] == seen:
                    return kept[1]
                row = await queries.network(connection, collection, series, pairs_collection, MOST_PAIRS + 1)
                if row is None:
                    check_collection(collection, await self.catalogue.get(connection, [collection]))
                    msg = f"Item {series} in collection {collection} does not exist."
                    raise NotFound(msg)
            kind = row["product_type"]
            if kind not in (TIMESERIES.product_type, *TIMESERIES.aliases) and not (kind is None and row["is_cube"]):
                what = f"its product:type is {kind[:60]}" if kind else "it has no product:type"
                msg = f"Item {series} in collection {collection} is not a time series, so it has no network: {what}."
                raise NotFound(msg)
            network = await run_in_threadpool(read_network, row, collection, series, pairs_collection, MOST_PAIRS)
            if seen is not None:
                self._keep(seen, network)
            return network

    def _keep(self, seen: str, network: Network) -> None:
        key = network.collection, network.series
        self._found.pop(key, None)
        self._found[key] = seen, network
        while sum(len(kept.pairs) for _, kept in self._found.values()) > _MOST_KEPT:
            self._found.popitem(last=False)
