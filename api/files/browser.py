"""STAC Browser under `/browser/`: one built bundle, configured at run time with the catalogue it shows."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

import orjson
from fastapi import APIRouter
from stac_fastapi.types.requests import get_base_url
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from api.errors import NotFound
from api.files.mounts import DataMounts
from api.http.security_policy import browser_policy
from catalog_builder.vocab.french import title_words

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings.service import ServiceSettings

HASHED_FOLDERS: Final = ("js/", "css/", "img/")
"""Folders of the bundle whose file names change with their content."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
_BASE: Final = b'<base href="/browser/">'

_conditions: Final = StaticFiles(check_dir=False)


def has_bundle(folder: Path) -> bool:
    """Whether the bundle has been built."""
    return (folder / "index.html").is_file()


def browser_router(settings: ServiceSettings) -> APIRouter:
    """The routes of STAC Browser.

    Args:
        settings: Where the bundle is (it may come to be while the service runs), the title of the catalogue, the
            tile servers of the maps, and the hosts that pages may ask.
    """
    router = APIRouter(include_in_schema=False)
    folder = settings.browser_dir
    headers = {**_SAFE, "Content-Security-Policy": browser_policy(settings.basemaps, settings.asset_hosts)}
    fixed = {
        "catalogTitle": settings.title,
        "titles": title_words(),
        "basemaps": [basemap.option() for basemap in settings.basemaps],
    }

    @router.api_route("/browser", methods=["GET", "HEAD"])
    async def without_slash(request: Request) -> Response:
        """The bundle's addresses are relative to the folder."""
        return RedirectResponse(f"{get_base_url(request)}browser/")

    @router.api_route("/browser/runtime-config.js", methods=["GET", "HEAD"])
    async def configuration(request: Request) -> Response:
        """Which catalogue to show: the one of the host and prefix the request came by."""
        config = orjson.dumps({"catalogUrl": get_base_url(request), **fixed})
        script = b"window.STAC_BROWSER_CONFIG = " + config + b";\n"
        return Response(script, media_type="text/javascript", headers={"Cache-Control": _ASK_AGAIN, **_SAFE})

    @router.api_route("/browser/{path:path}", methods=["GET", "HEAD"])
    async def bundle(request: Request, path: str) -> Response:
        """A file of the bundle, or its page for any address the page itself understands."""
        return await run_in_threadpool(_bundle_response, request, folder, path, headers)

    return router


def _bundle_response(request: Request, folder: Path, path: str, page_headers: dict[str, str]) -> Response:
    if not has_bundle(folder):
        msg = f"STAC Browser is not built: {folder} has no index.html; run scripts/bootstrap"
        raise NotFound(msg)
    if path in ("", "index.html"):
        return _page(request, folder, page_headers)
    hashed = path.startswith(HASHED_FOLDERS)
    try:
        found, state = DataMounts.from_paths([folder]).find(path)
    except NotFound:
        if hashed:  # a page of an older bundle must not get a page for a script
            msg = f"/browser/{path}: not in this build of STAC Browser; reload the page"
            raise NotFound(msg) from None
        return _page(request, folder, page_headers)
    headers = {"Cache-Control": _FOREVER if hashed else _ASK_AGAIN, **_SAFE}
    response = FileResponse(found, stat_result=state, headers=headers)
    if _conditions.is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    return response


def _page(request: Request, folder: Path, headers: dict[str, str]) -> Response:
    """The page, with its base where the request found it."""
    base = html.escape(f"{request.scope.get('root_path', '')}/browser/")
    page = (folder / "index.html").read_bytes().replace(_BASE, f'<base href="{base}">'.encode(), 1)
    return Response(page, media_type="text/html", headers={"Cache-Control": _ASK_AGAIN, **headers})
