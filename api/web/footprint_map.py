"""A footprint as a small map: what the template draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.web.land import land_within

if TYPE_CHECKING:
    from collections.abc import Iterator

Position = tuple[float, float]

_WIDTH: Final = 360.0
_HEIGHT: Final = 300.0
_MARGIN_SHARE: Final = 0.3
"""Of the larger side of the footprint, around it."""
_LEAST_DEG: Final = 0.5
_STEPS_DEG: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 90.0)
_MOST_LINES: Final = 6
_MOST_VERTICES: Final = 4000
_HALF_TURN: Final = 180.0
_STEEPEST: Final = 85.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid, in units of the picture, and its degrees."""

    at: float
    degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FootprintMap:
    """A footprint in units of a picture.

    Attributes:
        width: Of the picture.
        height: Of the picture.
        path: The rings, as the path of an SVG.
        land: The land, the same way.
        meridians: Lines of longitude.
        parallels: Lines of latitude.
        box: West, south, east and north of the footprint, in degrees.
        view: The same of the picture; east is larger than 180 where it crosses the antimeridian.
    """

    width: float
    height: float
    path: str
    land: str
    meridians: list[Line]
    parallels: list[Line]
    box: tuple[float, float, float, float]
    view: tuple[float, float, float, float]


def map_footprint(geometry: Any) -> FootprintMap | None:
    """The picture of a footprint.

    Args:
        geometry: GeoJSON; longitudes may reach beyond 180 degrees.

    Returns:
        None where there is nothing to draw.
    """
    rings = [ring for ring in _rings(geometry) if ring]
    if not rings or sum(map(len, rings)) > _MOST_VERTICES * 10:
        return None
    rings = _in_one_piece(rings)
    xs, ys = ([position[axis] for ring in rings for position in ring] for axis in (0, 1))
    box = (min(xs), min(ys), max(xs), max(ys))
    scale = _Scale.around(box)
    return FootprintMap(
        width=_WIDTH,
        height=_HEIGHT,
        path=" ".join(_path(ring, scale) for ring in rings),
        land=_land(scale),
        meridians=[Line(scale.x(value), _wrapped(value)) for value in _ticks(scale.west, scale.east)],
        parallels=[Line(scale.y(value), value) for value in _ticks(scale.south, scale.north) if abs(value) <= 90],  # noqa: PLR2004 -- the poles
        box=(_wrapped(box[0]), box[1], _wrapped(box[2]), box[3]),
        view=(scale.west, scale.south, scale.east, scale.north),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Degrees to units of the picture: plate carrée with the middle latitude true to scale."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, box: tuple[float, float, float, float]) -> _Scale:
        west, south, east, north = box
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        squeeze = math.cos(math.radians(min(abs(middle_y), _STEEPEST)))
        side = max((east - west) * squeeze / _WIDTH, (north - south) / _HEIGHT, _LEAST_DEG / _WIDTH)
        per_unit = side * (1 + 2 * _MARGIN_SHARE)
        half_x, half_y = per_unit * _WIDTH / 2 / squeeze, per_unit * _HEIGHT / 2
        return cls(middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y)

    def x(self, longitude: float) -> float:
        return (longitude - self.west) / (self.east - self.west) * _WIDTH

    def y(self, latitude: float) -> float:
        return (self.north - latitude) / (self.north - self.south) * _HEIGHT


def _rings(geometry: Any) -> Iterator[list[Position]]:
    """Outlines of a geometry, outer and inner; of lines and points, those themselves."""
    if not isinstance(geometry, dict):
        return
    if isinstance(parts := geometry.get("geometries"), list):
        for part in parts[:100]:
            yield from _rings(part)
        return
    waiting = [geometry.get("coordinates")]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, list) or not node:
            continue
        if (position := _position(node)) is not None:
            yield [position]
        elif isinstance(node[0], list) and _position(node[0]) is not None:
            yield [found for each in node if (found := _position(each)) is not None]
        else:
            waiting.extend(node[:1000])


def _position(node: Any) -> Position | None:
    if not isinstance(node, list) or len(node) < 2:  # noqa: PLR2004 -- longitude and latitude
        return None
    x, y = node[:2]
    for value in (x, y):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 2 * _HALF_TURN:
            return None
    return float(x), float(y)


def _land(scale: _Scale) -> str:
    """The land as the path of an SVG; in a map that crosses the antimeridian, from both of its sides."""
    step = (scale.east - scale.west) / _WIDTH
    found = []
    for turn in (-2 * _HALF_TURN, 0.0, 2 * _HALF_TURN):
        west, east = max(scale.west - turn, -_HALF_TURN), min(scale.east - turn, _HALF_TURN)
        if west < east:
            for polygon in land_within((west, scale.south, east, scale.north), step):
                rings = (polygon.exterior, *polygon.interiors)
                found += [_path([(x + turn, y) for x, y in ring.coords], scale) for ring in rings]
    return "".join(f"{path}z" for path in found)


def _in_one_piece(rings: list[list[Position]]) -> list[list[Position]]:
    """Parts on either side of the antimeridian side by side."""
    xs = [x for ring in rings for x, _ in ring]
    if max(xs) - min(xs) <= _HALF_TURN or min(xs) >= 0 or max(xs) < 0:
        return rings
    shifted = [[(x + 2 * _HALF_TURN if x < 0 else x, y) for x, y in ring] for ring in rings]
    moved = [x for ring in shifted for x, _ in ring]
    return shifted if max(moved) - min(moved) < max(xs) - min(xs) else rings


def _path(ring: list[Position], scale: _Scale) -> str:
    """A ring as the path of an SVG, without the vertices that cannot be seen."""
    points: list[Position] = []
    for x, y in ring:
        point = round(scale.x(x), 1), round(scale.y(y), 1)
        if not points or point != points[-1]:
            points.append(point)
    if len(points) == 1:
        return f"M{points[0][0] - 3:g} {points[0][1]:g}h6m-3 -3v6"
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points[:_MOST_VERTICES])


def _ticks(low: float, high: float) -> list[float]:
    """Round degrees within two ends, a few of them."""
    step = next((each for each in _STEPS_DEG if (high - low) / each <= _MOST_LINES), _STEPS_DEG[-1])
    first = math.ceil(low / step)
    return [round(number * step, 6) for number in range(first, math.floor(high / step) + 1)]


def _wrapped(longitude: float) -> float:
    return (longitude + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN if abs(longitude) > _HALF_TURN else longitude
