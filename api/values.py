"""Values of the requests' parameters, read and refused with the parameter's name.

stac-fastapi's own readers answer some bad values with errors that name no parameter, and let others through to fail
in the database.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

import orjson
from fastapi import HTTPException
from geojson_pydantic.geometries import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from pydantic import BaseModel, ValidationError

from api.errors import InvalidParameter, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stac_pydantic.shared import BBox

MAX_NESTING: Final = 64
"""Levels of lists and objects in a JSON value; each operator of a filter takes two."""


def flat_bbox(values: tuple[float, ...] | list[float]) -> BBox:
    """A box without heights: footprints have none, and pgstac fails on boxes with them.

    >>> flat_bbox((1, 2, 0, 3, 4, 100))
    (1, 2, 3, 4)
    """
    if not all(math.isfinite(value) for value in values):
        raise InvalidParameter(parameter="bbox", reason="not numbers")
    west, south, *_, east, north = values if len(values) == 4 else (*values[:2], *values[3:5])  # noqa: PLR2004
    if south > north:
        raise InvalidParameter(
            parameter="bbox", reason="south is north of north; the order is west, south, east, north"
        )
    if not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        raise InvalidParameter(parameter="bbox", reason="outside longitudes -180…180 or latitudes -90…90")
    return (west, south, east, north)


def numbers_of_bbox(value: Any) -> list[float]:
    """The numbers of a box in a JSON body."""
    if not isinstance(value, list) or len(value) not in (4, 6):
        raise InvalidParameter(parameter="bbox", reason="a list of 4 or 6 numbers is wanted")
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        raise InvalidParameter(parameter="bbox", reason="not numbers")
    return value


def named(parameter: str, read: Callable[[Any], Any], value: Any) -> Any:
    """Read a value with stac-fastapi's function; its refusal gets the parameter's name."""
    try:
        return read(value)
    except HTTPException as error:
        raise InvalidParameter(parameter=parameter, reason=str(error.detail)) from error


def check_depth(parameter: str, value: Any) -> None:
    """Refuse a value nested so deeply that one of the libraries behind, or the database, would fail on it."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise InvalidParameter(parameter=parameter, reason=f"nested too deeply; at most {MAX_NESTING} levels")


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def json_object(parameter: str, text: str) -> dict[str, Any]:
    """The JSON object a text holds."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(parameter=parameter, reason=f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidParameter(parameter=parameter, reason="a JSON object is wanted")
    check_depth(parameter, value)
    return value


def twice_encoded(value: dict[str, Any]) -> str:
    """stac-fastapi-pgstac percent-decodes these values a second time; encoded once more they come out whole."""
    return quote_plus(orjson.dumps(value))


def geometry(value: dict[str, Any]) -> Any:
    """A GeoJSON geometry as its model; stac-pydantic would report what is wrong against all seven kinds at once.

    >>> geometry({"type": "Point", "coordinates": [20.6, 38.7]}).type
    'Point'
    """
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in _GEOMETRIES:
        reason = f"type {kind!r} is not one of {', '.join(_GEOMETRIES)}"
        raise InvalidParameter(parameter="intersects", reason=reason)
    try:
        return _GEOMETRIES[kind].model_validate(value)
    except ValidationError as error:
        raise InvalidParameter(parameter="intersects", reason=describe(error)) from error


_GEOMETRIES: Final[dict[Any, type[BaseModel]]] = {
    kind.__name__: kind
    for kind in (Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon, GeometryCollection)
}


def conditions(query: dict[str, Any]) -> dict[str, Any] | None:
    """A `query` without empty parts, which pgstac cannot turn into SQL; None when nothing is left.

    >>> conditions({"a": {}, "b": {"eq": 1}})
    {'b': {'eq': 1}}
    >>> conditions({}) is None
    True
    """
    return {name: value for name, value in query.items() if value != {}} or None
