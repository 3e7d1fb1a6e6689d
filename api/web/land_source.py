"""Makes `land.json`, the land of the maps, of Natural Earth's, which is in the public domain, as `world-atlas` has it.

python -m api.web.land_source browser/node_modules/world-atlas/land-50m.json api/web/land.json
"""

from __future__ import annotations

import sys
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final

import orjson
from shapely import MultiPolygon, Polygon
from shapely.geometry.polygon import orient

PER_DEGREE: Final = 100
"""Steps of a coordinate in a degree."""
_TOLERANCE_DEGREES: Final = 0.02
_SMALLEST_DEGREES2: Final = 0.002
"""Of an island."""


def main(source: Path, target: Path) -> None:
    """Write the rings of all land, outer ones before their lakes, each point as steps from the one before."""
    polygons = [
        orient(part)
        for polygon in _polygons(orjson.loads(source.read_bytes()))
        for part in _parts(polygon.simplify(_TOLERANCE_DEGREES))
        if part.area > _SMALLEST_DEGREES2 and not _is_torn(part)
    ]
    rings = [[_steps(ring.coords) for ring in (each.exterior, *each.interiors)] for each in polygons]
    document = {"source": "Natural Earth 1:50m land, public domain", "per_degree": PER_DEGREE, "polygons": rings}
    target.write_bytes(orjson.dumps(document) + b"\n")


def _is_torn(polygon: Polygon) -> bool:
    """Whether an island on the antimeridian has its halves at both ends of the map, with a line between them."""
    west, south, east, north = polygon.bounds
    return bool(east - west > 180 and north - south < 10)  # noqa: PLR2004


def _parts(geometry: Any) -> list[Polygon]:
    return list(geometry.geoms) if isinstance(geometry, MultiPolygon) else [geometry]


def _polygons(topology: dict[str, Any]) -> list[Polygon]:
    """Polygons of a TopoJSON of one geometry collection of polygons."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        whole = zip(*map(accumulate, zip(*arc, strict=True)), strict=True)
        arcs.append([(x * scale[0] + shift[0], y * scale[1] + shift[1]) for x, y in whole])

    def ring(numbers: list[int]) -> list[tuple[float, float]]:
        return [point for number in numbers for point in (arcs[number] if number >= 0 else arcs[~number][::-1])]

    found = []
    for geometry in topology["objects"]["land"]["geometries"]:
        shapes = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        found += [Polygon(ring(shape[0]), [ring(hole) for hole in shape[1:]]) for shape in shapes]
    return found


def _steps(points: Any) -> list[int]:
    whole = [(round(x * PER_DEGREE), round(y * PER_DEGREE)) for x, y in points]
    steps = [whole[0], *((x - a, y - b) for (a, b), (x, y) in pairwise(whole) if (x, y) != (a, b))]
    return [number for step in steps for number in step]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
