"""Values in the cells of a CSV."""

from __future__ import annotations

from typing import Any, Final

import orjson

LIST_SEPARATOR: Final = ";"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 -- those are meant
"""First letters by which spreadsheets take a text for a formula, which could do harm."""


def cell(value: Any) -> str:
    """A value as text.

    Numbers, times, true and false stand as in JSON; the parts of a list have a semicolon between them. A text that a
    spreadsheet would carry out as a formula gets an apostrophe before it.

    >>> cell(-3.5), cell(True), cell(None), cell(["VV", "VH"]), cell("=1+1")
    ('-3.5', 'true', '', 'VV;VH', "'=1+1")
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, list) and not any(isinstance(part, list | dict) for part in value):
        return cell(LIST_SEPARATOR.join(part if isinstance(part, str) else cell(part) for part in value))
    return orjson.dumps(value).decode()


def box_sides(item: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of an item's box, whether it has heights or not."""
    match item.get("bbox"):
        case [west, south, east, north] | [west, south, _, east, north, _]:
            return west, south, east, north
    return None


def box_centre(item: dict[str, Any]) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of an item's box, which may lie across the antimeridian.

    >>> box_centre({"bbox": [170, -10, -170, 10]})
    (180.0, 0.0)
    """
    if (sides := box_sides(item)) is None:
        return None
    west, south, east, north = sides
    longitude = (west + east + (360 if east < west else 0)) / 2
    return round(longitude - 360 if longitude > 180 else longitude, 7), round((south + north) / 2, 7)  # noqa: PLR2004


def well_known_text(geometry: Any) -> str:
    """A GeoJSON geometry as WKT.

    >>> well_known_text({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})
    'POLYGON ((0 0, 1 0, 1 1, 0 0))'
    """
    if geometry is None:
        return ""
    name = geometry["type"].upper()
    if name == "GEOMETRYCOLLECTION":
        return f"{name} ({', '.join(well_known_text(part) for part in geometry['geometries'])})"
    inner = _coordinates(geometry["coordinates"])
    return f"{name} ({inner})" if name == "POINT" else f"{name} {inner}"


def _coordinates(value: Any) -> str:
    if isinstance(value[0], list):
        return f"({', '.join(_coordinates(part) for part in value)})"
    return " ".join(orjson.dumps(number).decode() for number in value[:2])
