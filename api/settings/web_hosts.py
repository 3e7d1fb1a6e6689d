"""Hosts of the web that the operator names: of files, and of the tiles behind the maps."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_CHOICE: Final = re.compile(r"\{([a-z0-9])-([a-z0-9])\}")
"""Servers in turn, as OpenLayers writes them: `{a-c}.tile.example.org`."""
_PLACES: Final = ("{x}", "{z}")


def _origin(address: str) -> str:
    """`https://host:port` of an address.

    Raises:
        ValueError: It has no scheme of the web, or a host that a policy cannot name.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        msg = f"{address!r} is not an address: {error}"
        raise ValueError(msg) from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        msg = f"{address!r} is not a web address; expected https://host or https://host:port"
        raise ValueError(msg)
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


Origin = Annotated[str, AfterValidator(_origin)]
"""A host of the web; path and query of what is given fall away."""


def _servers(template: str) -> tuple[str, ...]:
    """The addresses that a template of tiles stands for."""
    found = _CHOICE.search(template)
    if not found:
        return (template,)
    first, last = map(ord, found.groups())
    return tuple(template[: found.start()] + chr(code) + template[found.end() :] for code in range(first, last + 1))


def _tile_template(url: str) -> str:
    missing = [place for place in _PLACES if place not in url]
    if missing or not ("{y}" in url or "{-y}" in url):
        msg = f"{url!r} must have {{x}}, {{y}} and {{z}}"
        raise ValueError(msg)
    if len(_servers(url)) == 0:
        msg = f"{url!r} names no server: the first of a range must not come after the last"
        raise ValueError(msg)
    for server in _servers(url):
        _origin(server)
    return url


class Basemap(BaseModel):
    """A tile server behind the maps, in addition to the coastlines, which need none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1)
    url: Annotated[str, AfterValidator(_tile_template)]
    """With `{x}`, `{y}` (or `{-y}`) and `{z}`; `{a-c}` stands for several servers."""
    attribution: str = ""
    """Shown on the map; may hold links, as HTML."""
    first: bool = False
    """Whether maps show it before anybody chooses."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Hosts that its pictures come from."""
        return tuple(_origin(server) for server in _servers(self.url))

    def option(self) -> dict[str, Any]:
        """The layer as STAC Browser's configuration describes it."""
        return {
            "is": "XYZ",
            "title": self.title,
            "url": self.url,
            "attributions": self.attribution,
            "projection": "EPSG:3857",
            **({"visible": True} if self.first else {}),
        }
