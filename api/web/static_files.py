"""Style sheet, pictures and scripts of the pages, under names that change with their content."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import PurePath
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.errors import NotFound

_MEDIA_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_HASH_BYTES: Final = 6


@cache
def _content(name: str) -> bytes:
    return (files("api.web") / "static" / name).read_bytes()


@cache
def _names() -> dict[str, str]:
    """Published names and those of the files."""
    found = {}
    for file in (files("api.web") / "static").iterdir():
        path = PurePath(file.name)
        if path.suffix in _MEDIA_TYPES:
            digest = blake2b(file.read_bytes(), digest_size=_HASH_BYTES).hexdigest()
            found[f"{path.stem}-{digest}{path.suffix}"] = file.name
    return found


@cache
def resource_name(name: str) -> str:
    """Name under which a file is published."""
    return next(published for published, file in _names().items() if file == name)


def static_router() -> APIRouter:
    """The route of these files."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/pages/{name}", methods=["GET", "HEAD"])
    async def resource(name: str) -> Response:
        """A file. A page of another version of the service gets the file as it is now, and does not keep it."""
        path = PurePath(name)
        stem, dash, _ = path.stem.rpartition("-")
        file = _names().get(name) or (f"{stem}{path.suffix}" if dash else "")
        if file not in _names().values():
            msg = f"/pages/{name[:100]}: no such file"
            raise NotFound(msg)
        headers = {"Cache-Control": _FOREVER if name in _names() else _ASK_AGAIN, "X-Content-Type-Options": "nosniff"}
        return Response(_content(file), media_type=_MEDIA_TYPES[PurePath(file).suffix], headers=headers)

    return router
