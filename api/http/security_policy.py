"""What a page of the service may load: its Content-Security-Policy, made from the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FILES_POLICY: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""For the products' files: whatever lies in a tree, opened in a browser it is shown and runs nothing as ours."""

PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""For a figure opened by itself: it brings its own colours for light and dark, and needs nothing else."""

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
        msg = f"{address!r} is no address: {error}"
        raise ValueError(msg) from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        msg = f"{address!r} is no address of the web: https://host, with a port where it has one"
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
        msg = f"{url!r} lacks {{x}}, {{y}} or {{z}}"
        raise ValueError(msg)
    if len(_servers(url)) == 0:
        msg = f"{url!r} names no server: the first of a range must not come after the last"
        raise ValueError(msg)
    for server in _servers(url):
        _origin(server)
    return url


class Basemap(BaseModel):
    """A tile server behind the maps, beside the coastlines that need none."""

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


def browser_policy(basemaps: tuple[Basemap, ...], asset_hosts: tuple[str, ...]) -> str:
    """The policy of STAC Browser's page.

    Scripts and styles are files of the bundle only. geotiff.js decodes rasters in workers, and Bootstrap draws small
    marks, that are `data:` addresses in those files.

    Args:
        basemaps: Tile servers of the operator.
        asset_hosts: Other hosts that items name files of.
    """
    tiles = tuple(origin for basemap in basemaps for origin in basemap.origins)
    sources = {
        "default-src": ("'none'",),
        "script-src": ("'self'",),
        "style-src": ("'self'",),
        "font-src": ("'self'",),
        "img-src": ("'self'", "data:", *asset_hosts, *tiles),
        "connect-src": ("'self'", *asset_hosts),
        "worker-src": ("data:",),
        "base-uri": ("'self'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'self'",),
    }
    return _written(sources)


def page_policy(asset_hosts: tuple[str, ...], *, has_scripts: bool) -> str:
    """The policy of the service's own pages.

    Args:
        asset_hosts: Other hosts that items name files of.
        has_scripts: Whether the page has scripts, which are files of ours.
    """
    sources = {
        "default-src": ("'none'",),
        "style-src": ("'self'",),
        "img-src": ("'self'", *asset_hosts),
        "form-action": ("'self'",),
        "base-uri": ("'none'",),
        "frame-ancestors": ("'none'",),
    }
    return _written(sources | {"script-src": ("'self'",), "connect-src": ("'self'",)} if has_scripts else sources)


def _written(sources: Mapping[str, Iterable[str]]) -> str:
    return "; ".join(f"{name} {' '.join(dict.fromkeys(values))}" for name, values in sources.items())
