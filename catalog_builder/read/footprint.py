"""Valid spans of rows → footprint polygon in longitude and latitude. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import antimeridian
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.polygon import orient
from shapely.validation import make_valid

from catalog_builder.packages.model import Grid, Ring, RowSpan

MAX_VERTICES = 100
TABLE_TOLERANCE_DEG = 0.001
"""Of an outline read from a lookup table: about 100 m, the ground size of a radar pixel with 8 looks."""
DECIMALS = 6
"""Of a degree: about 0.1 m, far below any pixel."""
Transform: TypeAlias = Callable[[list[tuple[float, float]]], list[tuple[float, float]]]
Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""

_POLYGON = re.compile(r"POLYGON\s*\(\s*\(([^()]{5,10000})\)\s*\)", re.IGNORECASE)
MAX_COORDINATE = 1e9
"""Beyond any in metres; NaN is not below it either."""
LON_LIMIT, LAT_LIMIT = 180.0, 90.0


def ring_of_spans(
    spans: Sequence[RowSpan], grid: Grid, *, height: int, width: int, to_degrees: Transform | None = None
) -> Ring | None:
    """Outline of the valid area: down the left ends of the rows, up the right ones.

    Holes and what lies between two parts of a row belong to the outline. Pixel edges are used, not centres, so the
    ring holds every valid pixel of the sampled rows.

    Args:
        spans: valid spans of rows, top to bottom.
        grid: of the raster.
        height: rows in which the spans are counted: those of the grid, or of an overview.
        width: columns in which they are counted.
        to_degrees: from the grid's reference system to longitude and latitude, where it is another one.

    Returns:
        Counter-clockwise ring of at most 100 vertices; None when there is no area.
    """
    if grid.transform is None or not spans:
        return None
    a, b, c, d, e, f = grid.transform
    x_step, y_step = grid.width / width, grid.height / height
    a, b, d, e = a * x_step, b * y_step, d * x_step, e * y_step

    def at(row: float, column: float) -> tuple[float, float]:
        return c + a * column + b * row, f + d * column + e * row

    left = [at(span.row + 0.5, span.first) for span in spans]
    right = [at(span.row + 0.5, span.last + 1) for span in spans]
    top, bottom = spans[0], spans[-1]
    points = [
        at(top.row, top.first),
        *left,
        at(bottom.row + 1, bottom.first),
        at(bottom.row + 1, bottom.last + 1),
        *reversed(right),
        at(top.row, top.last + 1),
    ]
    pixel = [at(top.row, top.first), at(top.row + 1, top.first + 1)]
    if to_degrees:
        points, pixel = to_degrees(points), to_degrees(pixel)
    size_deg = max(abs(one - other) for one, other in zip(*pixel, strict=True))
    if not size_deg > 0:
        return None
    return within_a_turn(clean_ring(points, tolerance_deg=size_deg / 2))


def within_a_turn(ring: Ring | None) -> Ring | None:
    """A ring whose longitudes go on beyond 360, or are counted from 0 to 360, shifted to start within -180 to 180."""
    if ring is None or _is_within_bounds(ring):
        return ring
    west = min(lon for lon, _ in ring)
    turn = 2 * LON_LIMIT * math.floor((west + LON_LIMIT) / (2 * LON_LIMIT))
    return ring if turn == 0 else tuple((round(lon - turn, DECIMALS), lat) for lon, lat in ring)


def ring_of_text(text: str, near: Box | None) -> Ring | None:
    """Outline that the metadata state, as a WKT polygon; None if it is not one, is a box, or may be anywhere.

    Latitude and longitude have been seen swapped in it: the order is the one that puts it where it must be.

    Args:
        text: `POLYGON((lon lat, …))`.
        near: box around where it must be: west, south, east, north.

    >>> ring_of_text("POLYGON((40.9 20.6, 38.0 19.9, 37.5 22.7, 40.4 23.6))", (10, 33, 32, 50))[0]
    (20.6, 40.9)
    """
    match = _POLYGON.search(text)
    if match is None or near is None:
        return None
    try:
        points = [(float(x), float(y)) for x, y in (point.split() for point in match[1].split(","))]
    except ValueError:
        return None
    for order in (points, [(y, x) for x, y in points]):
        ring = clean_ring(order, tolerance_deg=TABLE_TOLERANCE_DEG)
        if ring and _is_within(ring, near) and len({x for x, _ in ring}) > 2:  # noqa: PLR2004 (two make a box)
            return ring
    return None


def _is_within(ring: Ring, box: Box) -> bool:
    return all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in ring)


def clean_ring(points: list[tuple[float, float]], *, tolerance_deg: float) -> Ring | None:
    """Simple, counter-clockwise, closed ring of at most 100 vertices through about these points.

    The largest part is kept when the points cross themselves. Simplification starts at the
    tolerance, which must be above 0, and grows until the ring is short enough. None without an area, or of points
    that are nowhere.
    """
    if len(points) < 3 or not all(abs(value) < MAX_COORDINATE for point in points for value in point):  # noqa: PLR2004
        return None
    polygon = _largest(Polygon(points))
    simple = polygon.simplify(tolerance_deg)
    while len(simple.exterior.coords) > MAX_VERTICES:
        tolerance_deg *= 1.5
        simple = _largest(polygon.simplify(tolerance_deg))
    if simple.area == 0:
        return None
    ring = orient(simple).exterior.coords
    return tuple((round(x, DECIMALS), round(y, DECIMALS)) for x, y in ring)


def _largest(polygon: Any) -> Polygon:
    shape = polygon if polygon.is_valid else make_valid(polygon)
    parts = [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]
    largest = max(parts, key=lambda part: part.area, default=Polygon())
    return Polygon(largest.exterior)


@lru_cache(maxsize=64)
def is_on_earth(ring: Ring) -> bool:
    """Whether all vertices are longitudes and latitudes. Across the antimeridian longitudes go on beyond 180."""
    lons = [lon for lon, _ in ring]
    is_lon = max(map(abs, lons)) <= 2 * LON_LIMIT and max(lons) - min(lons) <= LON_LIMIT
    return is_lon and all(abs(lat) <= LAT_LIMIT for _, lat in ring)


def geometry(ring: Ring) -> dict[str, Any]:
    """GeoJSON of a ring: a Polygon; a MultiPolygon where the antimeridian cuts it (RFC 7946, 3.1.9)."""
    if _is_within_bounds(ring):
        return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
    shape: dict[str, Any] = mapping(_cut(ring))
    return {"type": shape["type"], "coordinates": _as_lists(shape["coordinates"])}


def bbox(ring: Ring) -> list[float]:
    """West, south, east, north of a ring; west is greater than east where it crosses the antimeridian."""
    if not _is_within_bounds(ring):
        return [round(value, DECIMALS) for value in antimeridian.bbox(_cut(ring))]
    lons, lats = zip(*ring, strict=True)
    return [min(lons), min(lats), max(lons), max(lats)]


@lru_cache(maxsize=64)
def _is_within_bounds(ring: Ring) -> bool:
    return all(abs(lon) <= LON_LIMIT for lon, _ in ring)


def _cut(ring: Ring) -> Polygon | MultiPolygon:
    """Without the parts that have no area, as of a ring that only touches the antimeridian."""
    shape = antimeridian.fix_polygon(Polygon(ring), great_circle=False)  # edges of GeoJSON are straight in degrees
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.area > 0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _as_lists(coordinates: Any) -> Any:
    """Tuples to lists, as JSON has them; coordinates to the precision of rings."""
    if isinstance(coordinates, float):
        return round(coordinates, DECIMALS)
    return [_as_lists(part) for part in coordinates]
