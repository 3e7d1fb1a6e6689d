"""The files of an item, in groups, and the picture among them that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.web.typography import unit_text
from api.web.words import translate_title
from catalog_builder.vocab.french import file_title
from catalog_builder.vocab.products import RADAR_ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.web.page_context import PageContext

_PICTURE_ROLES: Final = frozenset({"thumbnail", "overview", "legend"})
_LEGEND_ROLE: Final = "legend"
_SHOWN_ROLES: Final = ("thumbnail", "overview")
_PICTURE_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
_GROUPS: Final = ("ground", "radar", "texts", "pictures", "other")
_SHOWN_GROUPS: Final = ("ground", "radar", "other")
_MOST_FILES: Final = 500
_FORMATS: Final = {
    "image/tiff; application=geotiff; profile=cloud-optimized": "COG",
    "image/tiff; application=geotiff": "GeoTIFF",
    "image/tiff": "TIFF",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "text/plain": "text",
    "application/zip": "ZIP",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "application/pdf": "PDF",
    "application/xml": "XML",
    "text/csv": "CSV",
}
"""Media types in short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file: its key, what it is, and its address if that is safe to follow."""

    key: str
    title: str
    href: str | None
    stored_href: str
    description: str | None
    roles: tuple[str, ...]
    format: str
    media_type: str
    size: str
    unit: str


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Files under a heading, the key of a word."""

    key: str
    files: list[File]

    @property
    def is_open(self) -> bool:
        """Whether its files are shown from the start."""
        return self.key.endswith(_SHOWN_GROUPS)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an item."""

    href: str
    title: str


def file_groups(assets: Any, context: PageContext) -> list[FileGroup]:
    """All files, rasters first."""
    found: dict[str, list[File]] = {group: [] for group in _GROUPS}
    for key, asset in list(assets.items())[:_MOST_FILES] if isinstance(assets, dict) else ():
        if isinstance(asset, dict):
            found[_group(asset)].append(_file(str(key), asset, context))
    return [FileGroup(f"item.files.{group}", files) for group, files in found.items() if files]


def _group(asset: Mapping[str, Any]) -> str:
    roles, media_type = set(roles_of(asset)), str(asset.get("type") or "")
    if media_type.startswith("image/tiff"):
        return "radar" if RADAR_ROLE in roles else "ground"
    if roles & _PICTURE_ROLES or media_type.startswith("image/"):
        return "pictures"
    return "texts" if media_type.startswith("text/") or "metadata" in roles else "other"


def _file(key: str, asset: Mapping[str, Any], context: PageContext) -> File:
    media_type = asset["type"] if isinstance(asset.get("type"), str) else ""
    description = asset.get("description")
    return File(
        key=key,
        title=asset_title(key, asset, context),
        href=context.local(asset.get("href")),
        stored_href=str(asset.get("href") or ""),
        description=description if isinstance(description, str) else None,
        roles=roles_of(asset),
        format=_FORMATS.get(media_type, media_type),
        media_type=media_type,
        size=context.size(asset.get("file:size")),
        unit=_unit(asset, context),
    )


def asset_title(key: str, asset: Mapping[str, Any], context: PageContext) -> str:
    """Title of a file in the page's language, as far as its words are known."""
    title = asset.get("title") if isinstance(asset.get("title"), str) else None
    if title is None:
        return key
    return translate_title(file_title, str(title), context.language)


def roles_of(asset: Mapping[str, Any]) -> tuple[str, ...]:
    """Roles of a file."""
    roles = asset.get("roles")
    return tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()


def _unit(asset: Mapping[str, Any], context: PageContext) -> str:
    """The unit of all its bands, where they have one in common."""
    bands = asset.get("bands")
    units = [band.get("unit") for band in bands if isinstance(band, dict)] if isinstance(bands, list) else []
    units = units or [asset.get("unit")]
    unit = units[0] if len({str(each) for each in units}) == 1 else None
    return unit_text(unit, context.language) if isinstance(unit, str) else ""


def picture_of(assets: Any, context: PageContext) -> Picture | None:
    """The picture that shows an item: its thumbnail, else its first overview."""
    if not isinstance(assets, dict):
        return None
    for role in _SHOWN_ROLES:
        for key, asset in assets.items():
            is_picture = isinstance(asset, dict) and asset.get("type") in _PICTURE_TYPES
            roles = roles_of(asset) if is_picture else ()
            if role in roles and _LEGEND_ROLE not in roles and (href := context.picture(asset.get("href"))):
                return Picture(href, asset_title(str(key), asset, context))
    return None
