"""The land behind the maps: `land.json`, which `land_source` makes of Natural Earth's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

import orjson
import shapely

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


def land_within(box: Box, step_degrees: float) -> list[Any]:
    """Polygons of the land in a box, with no more corners than can be seen.

    Args:
        box: What the map shows.
        step_degrees: The smallest distance that it shows.
    """
    window = shapely.box(*box)
    found: list[Any] = []
    for polygon in _all_land():
        if not polygon.intersects(window):
            continue
        clipped = polygon.intersection(window).simplify(step_degrees)
        parts = clipped.geoms if hasattr(clipped, "geoms") else [clipped]
        found += [part for part in parts if part.geom_type == "Polygon" and part.area > step_degrees**2]
    return found


@cache
def _all_land() -> tuple[Any, ...]:
    document = orjson.loads(files("api.web").joinpath("land.json").read_bytes())
    size = document["per_degree"]
    polygons = []
    for rings in document["polygons"]:
        whole = [
            [(x / size, y / size) for x, y in zip(accumulate(ring[::2]), accumulate(ring[1::2]), strict=True)]
            for ring in rings
        ]
        polygons.append(shapely.make_valid(shapely.Polygon(whole[0], whole[1:])))
    return tuple(polygons)
