"""The spatial functions of CQL2, on longitudes and latitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from api.request.geometries import bbox_geometry, read_bbox, read_geometry
from api.search.compile.filters.operands import Scope, arguments
from api.search.properties import Kind

if TYPE_CHECKING:
    from api.database.sql import Parameters

FUNCTIONS: Final = {
    "s_contains": "ST_Contains",
    "s_crosses": "ST_Crosses",
    "s_disjoint": "ST_Disjoint",
    "s_equals": "ST_Equals",
    "s_intersects": "ST_Intersects",
    "s_overlaps": "ST_Overlaps",
    "s_touches": "ST_Touches",
    "s_within": "ST_Within",
}


def spatial(tree: dict[str, Any], scope: Scope) -> str:
    """SQL of a spatial function."""
    first, second = (_geometry(arg, scope) for arg in arguments(tree, scope, 2))
    return f"{FUNCTIONS[tree['op']]}({first}, {second})"


def meets(geometry: str, bound: Parameters) -> str:
    """SQL of the items whose footprint meets a geometry.

    Args:
        geometry: The text of a GeoJSON geometry.
        bound: The statement's values.
    """
    return f"ST_Intersects(shape.geometry, {geojson(geometry, bound)})"


def geojson(text: str, bound: Parameters) -> str:
    """SQL of a GeoJSON geometry, in the reference system that pgstac stores."""
    return f"ST_SetSRID(ST_GeomFromGeoJSON({bound.bind(text, 'text')}), 4326)"


def _geometry(tree: Any, scope: Scope) -> str:
    if isinstance(tree, dict) and "property" in tree:
        found = scope.find(tree["property"])
        if found.kind is not Kind.GEOMETRY:
            raise scope.refusal(reason=f"{found.name} is {found.kind}, not a geometry")
        return found.expression
    if isinstance(tree, dict) and "bbox" in tree:
        box = bbox_geometry(read_bbox(tree["bbox"], f"{scope.parameter}: bbox"))
        return geojson(orjson.dumps(box).decode(), scope.bound)
    if not isinstance(tree, dict):
        raise scope.refusal(reason=f"a spatial function takes geometries, and {str(tree)[:60]!r} is not a geometry")
    return geojson(orjson.dumps(read_geometry(tree, scope.parameter)).decode(), scope.bound)
