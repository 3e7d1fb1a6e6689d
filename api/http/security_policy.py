"""What a page of the service may load: its Content-Security-Policy, made from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.settings.web_hosts import Basemap

FILES_POLICY: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""For the products' files: opened in a browser they are shown, and run nothing with the origin of the service."""

PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""For a figure opened by itself: it brings its own colours for light and dark, and needs nothing else."""


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
        has_scripts: Whether the page has scripts, which are files of the service.
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
