"""`/schemas/`: the JSON Schema of our own fields, at the address that documents may declare."""

from __future__ import annotations

from fastapi import APIRouter
from stac_fastapi.types.requests import get_base_url
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catalog_builder.derived.schema import MEDIA_TYPE, SCHEMA_PATH, flatsim_schema, schema_uri


def schemas_router() -> APIRouter:
    """One route for each published schema."""
    router = APIRouter(include_in_schema=False)

    @router.api_route(f"/{SCHEMA_PATH}", methods=["GET", "HEAD"])
    async def flatsim(request: Request) -> Response:
        """The schema of the `flatsim:*` fields."""
        schema = flatsim_schema(schema_uri(get_base_url(request)))
        return JSONResponse(schema, media_type=MEDIA_TYPE, headers={"Cache-Control": "max-age=86400"})

    return router
