"""Places in a request: boxes and GeoJSON geometries, read so that errors name their position.

The database would answer some wrong geometries with an error of its own words, others with wrong items.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.settings.limits import MAX_VERTICES

if TYPE_CHECKING:
    from stac_pydantic.shared import BBox

Number = float | int
Box = tuple[Number, Number, Number, Number]

MAX_COLLECTION_DEPTH: Final = 8
"""Geometry collections in geometry collections."""

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
"""Longitude and latitude in WGS 84, in degrees: what all positions of requests are in."""

TINY_DEG: Final = 1e-9
"""Half the width a box without one is given, a tenth of a millimetre: PostGIS 3.3 answers wrongly for flat polygons."""

_LEVELS: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""Lists around each position."""
_MIN_LINE: Final = 2
_MIN_RING: Final = 4


def read_bbox(values: Any, parameter: str = "bbox") -> BBox:
    """The box of a request without heights, which no footprint has.

    Args:
        values: West, south, east, north; or west, south, lowest, east, north, highest. Degrees and metres.
        parameter: What the refusal names.

    Returns:
        West, south, east, north; west is larger than east when the box lies across the antimeridian.

    Raises:
        InvalidParameter: The value is not a box.

    >>> read_bbox([1, 2, 0, 3, 4, 100])
    (1, 2, 3, 4)
    """
    if not isinstance(values, list | tuple) or len(values) not in (4, 6):
        raise InvalidParameter(parameter=parameter, reason="expected 4 or 6 numbers: west, south, east, north")
    for position, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124
            raise InvalidParameter(parameter=parameter, reason=f"value {position + 1} is not a number")
    west, south, east, north = values if len(values) == 4 else (*values[:2], *values[3:5])  # noqa: PLR2004
    for name, degrees, limit in (("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90)):
        if not -limit <= degrees <= limit:
            raise InvalidParameter(
                parameter=parameter, reason=f"{name} {str(degrees)[:24]} is outside -{limit}…{limit}"
            )
    if south > north:
        raise InvalidParameter(
            parameter=parameter, reason="south is north of north; the order is west, south, east, north"
        )
    return (west, south, east, north)


def bbox_text(text: str, parameter: str = "bbox") -> BBox:
    """The box that a GET parameter holds.

    Raises:
        InvalidParameter: The value is not a box.
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidParameter(parameter=parameter, reason=f"{text[:60]!r} is not a list of numbers") from None
    return read_bbox(values, parameter)


def check_crs(value: str | None, parameter: str) -> None:
    """Refuse positions in any other system than longitude and latitude.

    Raises:
        InvalidParameter: Another one is asked for.
    """
    if value not in (None, CRS84):
        raise InvalidParameter(parameter=parameter, reason=f"only {CRS84} is supported")


def flat_boxes(bbox: BBox) -> list[Box]:
    """The box as one or two that do not cross the antimeridian and that all have a width and a height.

    >>> flat_boxes((170, -20, -170, -10))
    [(170, -20, 180, -10), (-180, -20, -170, -10)]
    """
    west, south, east, north = bbox[:4]  # heights are gone
    south, north = _widened(south, north, 90)
    if west - east > 4 * TINY_DEG:
        parts: tuple[tuple[Number, Number], ...] = ((west, 180), (-180, east))
    else:  # what is left open is less than boxes are widened by
        parts = ((-180, 180),) if west > east else ((west, east),)
    edges = [_widened(low, high, 180) for low, high in parts]
    return [(low, south, high, north) for low, high in edges]


def _widened(low: Number, high: Number, limit: int) -> tuple[Number, Number]:
    """Two edges that differ, without leaving the earth."""
    if high - low >= TINY_DEG:
        return low, high
    return max(low - TINY_DEG, -limit), min(high + TINY_DEG, limit)


def bbox_geometry(bbox: BBox) -> dict[str, Any]:
    """The box as a GeoJSON polygon, or as two where it crosses the antimeridian."""
    polygons = [
        [[[west, south], [east, south], [east, north], [west, north], [west, south]]]
        for west, south, east, north in flat_boxes(bbox)
    ]
    if len(polygons) > 1:
        return {"type": "MultiPolygon", "coordinates": polygons}
    return {"type": "Polygon", "coordinates": polygons[0]}


def read_geometry(value: Any, parameter: str = "intersects", max_vertices: int = MAX_VERTICES) -> dict[str, Any]:
    """A GeoJSON geometry of a request, without heights and foreign members.

    Args:
        value: The JSON value.
        parameter: What the refusal names.
        max_vertices: Positions it may have.

    Raises:
        InvalidParameter: The value is not a geometry, is empty, out of range, self-intersecting, or has too many
            positions; the message says where.

    >>> read_geometry({"type": "Point", "coordinates": [20.6, 38.7, 12]})
    {'type': 'Point', 'coordinates': [20.6, 38.7]}
    """
    geometry = _Reader(parameter, max_vertices).geometry(value, "", 0)
    if geometry["type"] not in ("Point", "MultiPoint"):  # which cannot cross themselves
        _check_validity(geometry, parameter)
    return geometry


def _check_validity(geometry: dict[str, Any], parameter: str) -> None:
    """Refuse lines and areas that cross themselves. The library takes long to load: only here."""
    from shapely.geometry import shape  # noqa: PLC0415
    from shapely.validation import explain_validity  # noqa: PLC0415

    found = shape(geometry)
    if not found.is_valid:
        raise InvalidParameter(parameter=parameter, reason=_explained(explain_validity(found)))


def geometry_schema() -> dict[str, Any]:
    """JSON Schema of the geometries that can be read, for the description of the API."""
    position: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
    kinds = [_kind_schema(kind, "coordinates", _nested_schema(position, levels)) for kind, levels in _LEVELS.items()]
    members = {"type": "array", "items": {"type": "object"}, "minItems": 1}
    return {"oneOf": [*kinds, _kind_schema("GeometryCollection", "geometries", members)]}


def _kind_schema(kind: str, member: str, content: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": {"type": "string", "enum": [kind]}, member: content}
    return {"type": "object", "title": kind, "required": ["type", member], "properties": properties}


def _nested_schema(schema: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(levels):
        schema = {"type": "array", "items": schema, "minItems": 1}
    return schema


def _explained(reason: str) -> str:
    """GEOS's `Self-intersection[1.5 2]` with the numbers named."""
    found = re.fullmatch(r"(.*)\[(\S+) (\S+)\]", reason)
    return f"{found[1]} at longitude {found[2]}, latitude {found[3]}" if found else reason


@dataclass(slots=True)
class _Reader:
    """Reads one geometry and counts its positions."""

    parameter: str
    max_vertices: int
    vertices: int = 0

    def geometry(self, value: Any, path: str, depth: int) -> dict[str, Any]:
        """A geometry at a path inside the parameter."""
        kind = value.get("type") if isinstance(value, dict) else None
        where = f"{path}: " if path else ""
        if kind in ("Feature", "FeatureCollection"):
            raise self._refused(reason=f"{where}a {kind} is not a geometry; give the `geometry` of a feature")
        if kind == "GeometryCollection":
            return {"type": kind, "geometries": self._members(value.get("geometries"), path, depth)}
        if not isinstance(kind, str) or kind not in _LEVELS:
            known = ", ".join([*_LEVELS, "GeometryCollection"])
            raise self._refused(reason=f"{where}type {kind!r} is not one of {known}")
        coordinates = self._nested(value.get("coordinates"), _LEVELS[kind], f"{path}.coordinates".lstrip("."), kind)
        return {"type": kind, "coordinates": coordinates}

    def _members(self, members: Any, path: str, depth: int) -> list[dict[str, Any]]:
        path = f"{path}.geometries".lstrip(".")
        if not isinstance(members, list) or not members:
            raise self._refused(reason=f"{path}: empty or not a list")
        if depth >= MAX_COLLECTION_DEPTH:
            raise self._refused(reason=f"{path}: nested too deeply; at most {MAX_COLLECTION_DEPTH} collections")
        return [self.geometry(member, f"{path}[{number}]", depth + 1) for number, member in enumerate(members)]

    def _nested(self, value: Any, level: int, path: str, kind: str) -> list[Any]:
        """Coordinates with so many lists around each position."""
        if level == 0:
            return self._position(value, path)
        if not isinstance(value, list) or not value:
            raise self._refused(reason=f"{path}: empty or not a list")
        if level == 1:
            self.vertices += len(value)
            if self.vertices > self.max_vertices:
                raise self._refused(reason=f"more than {self.max_vertices} positions; simplify it")
        parts = [self._nested(part, level - 1, f"{path}[{number}]", kind) for number, part in enumerate(value)]
        if level == 1 and kind.endswith("LineString") and len(parts) < _MIN_LINE:
            raise self._refused(reason=f"{path}: a line has at least {_MIN_LINE} positions")
        if level == 1 and kind.endswith("Polygon"):
            self._check_ring(parts, path)
        return parts

    def _check_ring(self, ring: list[list[Number]], path: str) -> None:
        if len(ring) < _MIN_RING:
            raise self._refused(
                reason=f"{path}: a ring has at least {_MIN_RING} positions, the last equal to the first"
            )
        if ring[0] != ring[-1]:
            raise self._refused(reason=f"{path}: not closed; the last position {ring[-1]} is not the first {ring[0]}")

    def _position(self, value: Any, path: str) -> list[Number]:
        if not isinstance(value, list) or len(value) not in (2, 3):
            raise self._refused(reason=f"{path}: empty or not a position; expected longitude and latitude")
        for number in value:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise self._refused(reason=f"{path}: {str(number)[:40]!r} is not a number")
        longitude, latitude = value[:2]
        if not -180 <= longitude <= 180:  # noqa: PLR2004
            hint = "; cut the geometry at the antimeridian" if -360 <= longitude <= 360 else ""  # noqa: PLR2004
            raise self._refused(reason=f"{path}: longitude {str(longitude)[:24]} is outside -180…180{hint}")
        if not -90 <= latitude <= 90:  # noqa: PLR2004
            raise self._refused(reason=f"{path}: latitude {str(latitude)[:24]} is outside -90…90; longitude is first")
        return [longitude, latitude]

    def _refused(self, *, reason: str) -> InvalidParameter:
        return InvalidParameter(parameter=self.parameter, reason=reason)
