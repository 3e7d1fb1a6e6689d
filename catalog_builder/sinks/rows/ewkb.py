"""GeoJSON geometries as extended well-known binary: little endian, WGS 84.

Layout: PostGIS's `doc/ZMSgeoms.txt`, which adds a flag for the reference system to the OGC's well-known binary.
"""

from __future__ import annotations

from itertools import chain
from struct import error as StructError  # noqa: N812 (a class)
from struct import pack
from typing import Any, Final

WGS84: Final = 4326
_SRID, _Z = 0x2000_0000, 0x8000_0000
_CODES: Final = {
    "Point": 1,
    "LineString": 2,
    "Polygon": 3,
    "MultiPoint": 4,
    "MultiLineString": 5,
    "MultiPolygon": 6,
    "GeometryCollection": 7,
}
_PARTS: Final = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}

Geometry = dict[str, Any]


def ewkb(geometry: Geometry) -> bytes:
    """A geometry in degrees, two or three numbers to a position.

    Raises:
        ValueError: it is no geometry of GeoJSON, or mixes two and three dimensions.

    >>> ewkb({"type": "Point", "coordinates": [1, 2]}).hex()
    '0101000020e6100000000000000000f03f0000000000000040'
    """
    try:
        dimensions = _dimensions(geometry)
        code = _CODES[geometry["type"]] | _SRID | (_Z if dimensions == 3 else 0)  # noqa: PLR2004 (the third is z)
        return pack("<BII", 1, code, WGS84) + _body(geometry, dimensions)
    except (KeyError, TypeError, ValueError, IndexError, StructError) as error:
        msg = f"{geometry!r:.80} is not a GeoJSON geometry"
        raise ValueError(msg) from error


def _body(geometry: Geometry, dimensions: int) -> bytes:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        parts = geometry["geometries"]
    elif kind in _PARTS:
        parts = [{"type": _PARTS[kind], "coordinates": one} for one in geometry["coordinates"]]
    else:
        return _simple(kind, geometry["coordinates"], dimensions)
    flag = _Z if dimensions == 3 else 0  # noqa: PLR2004
    encoded = (pack("<BI", 1, _CODES[part["type"]] | flag) + _body(part, dimensions) for part in parts)
    return pack("<I", len(parts)) + b"".join(encoded)


def _simple(kind: str, coordinates: Any, dimensions: int) -> bytes:
    if kind == "Polygon":
        return pack("<I", len(coordinates)) + b"".join(_positions(ring, dimensions) for ring in coordinates)
    if kind == "LineString":
        return _positions(coordinates, dimensions)
    return _positions([coordinates], dimensions)[4:]


def _positions(positions: list[list[float]], dimensions: int) -> bytes:
    if any(len(position) != dimensions for position in positions):
        raise ValueError(positions)
    return pack(f"<I{dimensions * len(positions)}d", len(positions), *chain.from_iterable(positions))


def _dimensions(geometry: Geometry) -> int:
    """Numbers of its first position."""
    if geometry["type"] == "GeometryCollection":
        return max(map(_dimensions, geometry["geometries"]), default=2)
    found = geometry["coordinates"]
    while found and isinstance(found[0], list):
        found = found[0]
    return 3 if len(found) > 2 else 2  # noqa: PLR2004
