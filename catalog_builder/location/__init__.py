"""Where folders and files are, and what can be asked of them there: on a disk or in an object store.

`address` is pure: a location is a `pathlib.Path` or an `ObjectPath`, and both have names, parents and `/`. `at` gives
the handle by which one is listed, opened or asked for its size; here alone it is decided which kind that is. A store's
handle is imported when the first of its addresses is met, since it needs a library that local trees do without.
"""

from __future__ import annotations

from pathlib import Path

from catalog_builder.errors import StoreError
from catalog_builder.location.address import Location, ObjectPath, locate, relative
from catalog_builder.location.ahead import Listings
from catalog_builder.location.handle import Contents, Entry, Facts, Handle, OpenFile, StoreEntry
from catalog_builder.location.local import INTO_NOTHING, LocalHandle

__all__ = [
    "INTO_NOTHING",
    "Contents",
    "Entry",
    "Facts",
    "Handle",
    "Listings",
    "Location",
    "ObjectPath",
    "OpenFile",
    "StoreEntry",
    "at",
    "locate",
    "relative",
]


def at(location: Location) -> Handle:
    """The handle of a folder or file.

    Raises:
        StoreError: it is in an object store, and the library for those is not installed.
    """
    if isinstance(location, Path):
        return LocalHandle(location)
    try:
        from catalog_builder.location.store import StoreHandle  # noqa: PLC0415 (a local tree does without its library)
    except ModuleNotFoundError as missing:
        msg = f"{location}: object stores need {missing.name}; install flatsim-stac with its extra object-store"
        raise StoreError(msg) from missing
    return StoreHandle(location)
