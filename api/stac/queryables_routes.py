"""The addresses of queryables and sortables."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from stac_fastapi.api.models import JSONSchemaResponse
from stac_fastapi.extensions.filter.client import AsyncBaseFiltersClient
from stac_fastapi.extensions.sort import AsyncBaseSortablesClient
from stac_fastapi.types.requests import get_base_url
from starlette.requests import Request

from api.stac.queryables import COLLECTION_PROPERTIES, Schema, document, item_schemas, sortable
from api.stac.route import StacRoute


class FiltersClient(AsyncBaseFiltersClient):
    """Answers of `/queryables` and `/collections/{collection_id}/queryables`."""

    async def get_queryables(  # type: ignore[override]
        self, request: Request, collection_id: str | None = None, **_kwargs: Any
    ) -> Schema:
        """What items are searched by."""
        return await _of_items(request, collection_id, "queryables")


class SortablesClient(AsyncBaseSortablesClient):
    """Answers of `/sortables` and `/collections/{collection_id}/sortables`."""

    async def get_sortables(  # type: ignore[override]
        self, request: Request, **_kwargs: Any
    ) -> Schema:
        """What items are sorted by."""
        return await _of_items(request, None, "sortables")

    async def get_collection_sortables(  # type: ignore[override]
        self, request: Request, collection_id: str, **_kwargs: Any
    ) -> Schema:
        """What items of one collection are sorted by."""
        return await _of_items(request, collection_id, "sortables")


async def _of_items(request: Request, collection_id: str | None, kind: str) -> Schema:
    async with request.app.state.get_connection(request, "r") as connection:
        collections, properties = await item_schemas(connection, collection_id)
    if kind == "sortables":
        properties = {name: schema for name, schema in properties.items() if sortable(schema)}
    path, what = kind, "all items"
    if collection_id is not None:
        path, what = f"collections/{collection_id}/{kind}", collections[0].title or collection_id
    return document(f"{get_base_url(request)}{path}", f"{kind.capitalize()} of {what}", properties)


def collection_schemas_router() -> APIRouter:
    """What collections are searched and sorted by."""
    router = APIRouter(route_class=StacRoute, default_response_class=JSONSchemaResponse, tags=["Collection Search"])

    @router.get("/collections-queryables", name="Queryables of collections")
    async def queryables(request: Request) -> Schema:
        """What collections are searched by."""
        address = f"{get_base_url(request)}collections-queryables"
        return document(address, "Queryables of the collections", COLLECTION_PROPERTIES)

    @router.get("/collections-sortables", name="Sortables of collections")
    async def sortables(request: Request) -> Schema:
        """What collections are sorted by."""
        properties = {name: schema for name, schema in COLLECTION_PROPERTIES.items() if sortable(schema)}
        address = f"{get_base_url(request)}collections-sortables"
        return document(address, "Sortables of the collections", properties)

    return router
