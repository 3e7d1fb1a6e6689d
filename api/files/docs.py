"""`/api.html`: Swagger UI from an installed package, so that the page asks no foreign host."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Final

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from stac_fastapi.types.requests import get_base_url
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.errors import NotFound

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


def docs_router(title: str, openapi_url: str) -> APIRouter:
    """The documentation page and its files.

    Args:
        title: Title of the page.
        openapi_url: Path of the OpenAPI description, without the prefix of a proxy.
    """
    router = APIRouter(include_in_schema=False)

    # stac-fastapi links the landing page to the route of this name
    @router.api_route("/api.html", methods=["GET", "HEAD"], name="swagger_ui_html")
    async def page(request: Request) -> Response:
        """The page."""
        base_url = get_base_url(request)
        return get_swagger_ui_html(
            openapi_url=f"{base_url}{openapi_url.lstrip('/')}",
            title=f"{title}: API",
            swagger_js_url=f"{base_url}api.html/swagger-ui-bundle.js",
            swagger_css_url=f"{base_url}api.html/swagger-ui.css",
            swagger_favicon_url=f"{base_url}api.html/favicon-32x32.png",
            swagger_ui_parameters={"validatorUrl": None},  # else it shows the description to a foreign host
        )

    @router.api_route("/api.html/{name}", methods=["GET", "HEAD"])
    def resource(name: str) -> Response:
        """One of Swagger UI's files."""
        if name not in _FILES:
            msg = f"/api.html/{name}: no such file"
            raise NotFound(msg)
        with as_file(files("fastapi_swagger.resources") / name) as path:
            return FileResponse(path, media_type=_FILES[name], headers={"Cache-Control": "max-age=86400"})

    return router
