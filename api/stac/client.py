"""The STAC answers: stac-fastapi-pgstac's, with the landing page, addresses and links of this service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attr
from stac_fastapi.types.requests import get_base_url
from starlette.responses import JSONResponse

from api.database import queries
from api.errors import NotFound
from api.http.validators import set_last_modified
from api.stac import collections
from api.stac.items import ItemsClient
from api.stac.links import SORTABLES, aggregation_links, child_links, collection_links, root_links, schema_links

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request


@attr.s
class FlatsimClient(ItemsClient):
    """Answers of the STAC API.

    Attributes:
        has_browser: Tells whether STAC Browser is served.
    """

    has_browser: Callable[[], bool] = attr.ib(default=lambda: False, kw_only=True)

    async def landing_page(self, **kwargs: Any) -> dict[str, Any]:
        """`GET /`: the root catalogue with a link to each collection."""
        request: Request = kwargs["request"]
        page: dict[str, Any] = dict(await super().landing_page(**kwargs))
        base_url = get_base_url(request)
        async with request.app.state.get_connection(request, "r") as connection:
            titles = await queries.collection_titles(connection)
        page["links"] = [
            *page["links"],
            *(link for link in schema_links(base_url, "all items") if link["rel"] == SORTABLES),
            *aggregation_links(base_url, "all items"),
            *child_links(titles, base_url),
            *root_links(base_url, has_browser=self.has_browser()),
        ]
        return page

    async def all_collections(self, request: Request, **parameters: Any) -> Any:
        """`GET /collections`: the collections asked for, all on one page unless asked otherwise."""
        page = await collections.search(request, collections.read_search(self.limits, **parameters))
        for collection in page["collections"]:
            self._mend_assets(collection, request)
        return JSONResponse(page)  # parts of collections would not pass the model of an answer

    async def get_collection(self, collection_id: str, request: Request, **_kwargs: Any) -> Any:
        """`GET /collections/{collection_id}`."""
        async with request.app.state.get_connection(request, "r") as connection:
            collection = await queries.collection(connection, collection_id)
        if collection is None or collection.get("type") != "Collection":
            msg = f"Collection {collection_id} does not exist."
            raise NotFound(msg)
        collection["links"] = collection_links(collection, get_base_url(request))
        self._mend_assets(collection, request)
        set_last_modified(request, collection.get("updated"))
        return collection

    def _mend_assets(self, document: dict[str, Any], request: Request) -> None:
        """Give every asset of a collection an address a client can open."""
        assets = document.get("assets")
        if not self.mounts.mounts or not isinstance(assets, dict):
            return
        base_url = get_base_url(request)
        for asset in assets.values():
            if isinstance(asset, dict) and isinstance(href := asset.get("href"), str):
                asset["href"] = self.mounts.address(href, base_url)
