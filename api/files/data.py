"""`/data/` and `/thumbnails/`: files of the product trees and thumbnails, with byte ranges, and nothing outside."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from api.files.mounts import DATA, THUMBNAILS
from api.http.ranges import satisfiable_ranges
from api.http.security_policy import FILES_POLICY
from catalog_builder.vocab.files import TEXT, side_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.files.mounts import DataMounts

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".tiff": "image/tiff; application=geotiff",
    ".tif": "image/tiff; application=geotiff",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".txt": TEXT,
    ".meta": TEXT,
    ".rsc": TEXT,
    ".proc": TEXT,
    ".md": TEXT,
    ".xml": "application/xml",
    ".json": "application/json",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".tgz": "application/gzip",
}
"""By extension in lower case. Other files of the producer are in the vocabulary; the rest is plain bytes."""

_conditions: Final = StaticFiles(check_dir=False)
"""Only lends its reading of `If-None-Match` and `If-Modified-Since`."""


def data_router(mounts: DataMounts) -> APIRouter:
    """The routes of the product trees and of the thumbnails."""
    router = APIRouter()

    async def answer(request: Request, path: str, place: str) -> Response:
        found, state = await run_in_threadpool(mounts.find, path, place)
        response = FileResponse(
            found,
            media_type=media_type(found),
            stat_result=state,
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": FILES_POLICY},
        )
        return _conditional(request, response, state.st_size)

    @router.api_route(
        "/data/{path:path}",
        methods=["GET", "HEAD"],
        include_in_schema=False,
        response_class=Response,
        name="data",
    )
    async def data(request: Request, path: str) -> Response:
        """One file, or a part of it."""
        return await answer(request, path, DATA)

    @router.api_route(
        "/thumbnails/{path:path}",
        methods=["GET", "HEAD"],
        include_in_schema=False,
        response_class=Response,
        name="thumbnails",
    )
    async def thumbnails(request: Request, path: str) -> Response:
        """One thumbnail."""
        return await answer(request, path, THUMBNAILS)

    return router


def media_type(path: PurePath) -> str:
    """Media type of a product file.

    >>> media_type(PurePath("CNES_InU_geo_20150101_20150113_sd_era_8rlks.tiff"))
    'image/tiff; application=geotiff'
    >>> media_type(PurePath("baseline.rsc"))
    'text/plain'
    >>> media_type(PurePath("Stk-In_list_InU")), media_type(PurePath("RMSpixel"))
    ('text/plain', 'application/octet-stream')
    """
    if (known := MEDIA_TYPES.get(path.suffix.lower())) is not None:
        return known
    row = side_file(path.name)
    return (row.type or TEXT) if row else "application/octet-stream"


def _conditional(request: Request, response: FileResponse, size_bytes: int) -> Response:
    """The response the request's conditions ask for: not modified, some ranges, or the whole file."""
    if _conditions.is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    headers = MutableHeaders(scope=request.scope)
    if (header := headers.get("range")) is None:
        return response
    condition = headers.get("if-range")
    unchanged = condition is None or condition in (response.headers["etag"], response.headers["last-modified"])
    ranges = satisfiable_ranges(header, size_bytes) if unchanged else None
    if ranges is None:
        del headers["range"]
    else:
        headers["range"] = ranges
    return response
