"""Networks, cached until the database has seen another transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from api.errors import NotFound
from api.plots import queries
from api.plots.network import read_network
from api.single_flight import SingleFlight
from api.stac.items import check_collection
from api.versioned_cache import VersionedCache
from catalog_builder.vocab.collections import sibling
from catalog_builder.vocab.kinds import INTERFEROGRAM, TIMESERIES

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.capacity import CapacityLimiter
    from api.plots.network import Network
    from api.search.execute.catalogue import CatalogueCache

MAX_PAIRS: Final = 10_000
"""Of one plot; a series of daily images for a year with thirty pairs each has as many."""
_MAX_CACHED_PAIRS: Final = 20_000
"""Pairs of all cached networks together."""


@dataclass(slots=True)
class NetworkCache:
    """Networks by series.

    Attributes:
        readers: Limits how many requests read at once.
        catalogue: What is known of the database.
    """

    readers: CapacityLimiter
    catalogue: CatalogueCache
    _networks: VersionedCache[Network] = field(default_factory=lambda: VersionedCache(_MAX_CACHED_PAIRS))
    _flights: SingleFlight = field(default_factory=SingleFlight)

    async def get(self, request: Request, collection: str, series: str) -> Network:
        """The network of a series.

        Raises:
            NotFound: The item does not exist, or is not a time series.
            Overloaded: Too many plots are being made.
        """
        pairs_collection = sibling(collection, INTERFEROGRAM)
        with await self.readers.reserve():
            async with request.app.state.get_connection(request, "r") as connection:
                snapshot = await queries.snapshot(connection)
                cached = self._networks.get((collection, series), snapshot)
                if cached is not None and snapshot is not None:
                    return cached
                row = await self._flights.share(
                    (collection, series, snapshot or object()),
                    partial(queries.network, connection, collection, series, pairs_collection, MAX_PAIRS + 1),
                )
                if row is None:
                    check_collection(collection, await self.catalogue.get(connection, [collection]))
                    msg = f"Item {series} in collection {collection} does not exist."
                    raise NotFound(msg)
            kind = row["product_type"]
            if kind not in (TIMESERIES.product_type, *TIMESERIES.aliases) and not (kind is None and row["is_cube"]):
                what = f"its product:type is {kind[:60]}" if kind else "it has no product:type"
                msg = f"Item {series} in collection {collection} is not a time series, so it has no network: {what}."
                raise NotFound(msg)
            network = await run_in_threadpool(read_network, row, collection, series, pairs_collection, MAX_PAIRS)
            if snapshot is not None:
                self._networks.put((collection, series), network, size=1 + len(network.pairs), version=snapshot)
            return network
