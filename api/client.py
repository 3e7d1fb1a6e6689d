"""The STAC answers: stac-fastapi-pgstac's, with our landing page, addresses and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attr
import orjson
from stac_fastapi.types.requests import get_base_url
from starlette.responses import JSONResponse, Response

from api import queries
from api.conditional import changed_at
from api.filters import parse_filter
from api.geometries import bbox_geometry
from api.items import ItemsClient
from api.links import child_links, mend_rels, root_links
from api.times import Interval
from api.values import twice_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request
    from stac_pydantic.shared import BBox


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
            *child_links(titles, base_url),
            *root_links(base_url, has_browser=self.has_browser()),
        ]
        return page

    async def all_collections(
        self, request: Request, bbox: BBox | None = None, datetime: str | None = None, **kwargs: Any
    ) -> Any:
        """`GET /collections`: a page of collections."""
        answer = await super().all_collections(request, **kwargs, **self._where_and_when(bbox, datetime))
        if isinstance(answer, Response):  # with `fields` it comes rendered
            return JSONResponse(self._mend_collections(orjson.loads(answer.body), request))
        return self._mend_collections(answer, request)

    async def get_collection(self, collection_id: str, request: Request, **kwargs: Any) -> Any:
        """`GET /collections/{collection_id}`."""
        collection = await super().get_collection(collection_id, request, **kwargs)
        self._mend_assets(collection, request)
        changed_at(request, collection.get("updated"))
        return collection

    def _where_and_when(self, bbox: BBox | None, datetime: str | None) -> dict[str, Any]:
        """A place and a time of a GET request as pgstac reads them rightly."""
        interval = Interval.parse(datetime, strict=self.limits.strict_times) if datetime is not None else None
        return {
            "intersects": twice_encoded(bbox_geometry(bbox)) if bbox else None,
            "datetime": str(interval) if interval else None,
        }

    def _mend_collections(self, page: dict[str, Any], request: Request) -> dict[str, Any]:
        for collection in page["collections"]:
            self._mend_assets(collection, request)
        page["links"] = mend_rels(page["links"])
        return page

    def _mend_assets(self, document: dict[str, Any], request: Request) -> None:
        """Give every asset of a collection an address a client can open."""
        assets = document.get("assets")
        if not self.roots.roots or not isinstance(assets, dict):
            return
        base_url = get_base_url(request)
        for asset in assets.values():
            if isinstance(asset, dict) and isinstance(href := asset.get("href"), str):
                asset["href"] = self.roots.address(href, base_url)

    def _clean_search_args(
        self,
        base_args: dict[str, Any],
        *args: Any,
        filter_query: str | None = None,
        filter_lang: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Turn GET parameters into a search; filters go through our own checks instead of upstream's."""
        clean: dict[str, Any] = super()._clean_search_args(base_args, *args, **kwargs)
        if filter_query:
            clean["filter"] = parse_filter(filter_query, filter_lang)
            clean["filter_lang"] = "cql2-json"
        return clean
