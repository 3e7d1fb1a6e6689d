"""What the members of a posted search may be, as JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.geometries import CRS84, geometry_schema
from api.openapi.parameters import NUMBER, SORTABLES, one_of
from api.openapi.schemas import reference
from api.queryables import COLLECTION_PROPERTIES
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

_NULL: Final[Schema] = {"type": "null"}
_TEXT: Final[Schema] = {"type": "string", "pattern": r"^[^\u0000]*$"}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}
_LONGITUDE: Final[Schema] = {"type": "number", "minimum": -180, "maximum": 180}
_LATITUDE: Final[Schema] = {"type": "number", "minimum": -90, "maximum": 90}
_HEIGHT: Final[Schema] = {"type": "number"}


def _tuple(*parts: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(parts), "minItems": len(parts), "maxItems": len(parts)}


BBOX: Final[Schema] = {
    "anyOf": [
        _tuple(_LONGITUDE, _LATITUDE, _LONGITUDE, _LATITUDE),
        _tuple(_LONGITUDE, _LATITUDE, _HEIGHT, _LONGITUDE, _LATITUDE, _HEIGHT),
    ],
}


def _conditions(value: Schema, *, ordered: bool = True, text: bool = False) -> Schema:
    """The conditions of a property that has such values."""
    operators = dict.fromkeys(("eq", "neq", "ne"), {"anyOf": [value, _NULL]})
    operators["in"] = {"type": "array", "items": value}
    if ordered:
        operators |= dict.fromkeys(("lt", "lte", "gt", "gte"), value)
    if text:
        operators |= dict.fromkeys(("startsWith", "endsWith", "contains"), _TEXT)
    return {"type": "object", "properties": operators, "additionalProperties": False}


_TEXT_OR_TEXTS: Final = {"anyOf": [_TEXT, _TEXTS]}
_NUMBER: Final = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{NUMBER}$"}]}
_ON_LISTS: Final[Schema] = {
    "type": "object",
    "properties": {**dict.fromkeys(("eq", "neq", "ne", "contains"), _TEXT_OR_TEXTS), "in": _TEXTS},
    "additionalProperties": False,
}


def _kind(schema: Schema) -> str:
    """Name of the schema of the conditions of a property."""
    if schema.get("format") == "date-time":
        return "TimeConditions"
    kind = {"boolean": "Boolean", "integer": "Number", "number": "Number", "array": "List"}.get(schema["type"], "Text")
    return f"{kind}Conditions"


def _query(properties: Mapping[str, Schema]) -> Schema:
    """Conditions of the Query extension on properties.

    Args:
        properties: JSON Schema of each; those without a type have no conditions.
    """
    names: dict[str, list[str]] = {}
    for name, schema in properties.items():
        if "type" in schema:
            names.setdefault(_kind(schema), []).append(name)
    return {
        "type": "object",
        "patternProperties": {f"^{one_of(found)}$": reference(kind) for kind, found in names.items()},
        "additionalProperties": False,
    }


COMPONENTS: Final[dict[str, Schema]] = {
    "TextConditions": _conditions(_TEXT, text=True),
    "NumberConditions": _conditions(_NUMBER),
    "TimeConditions": _conditions({"type": "string", "format": "date-time"}),
    "BooleanConditions": _conditions({"type": "boolean"}, ordered=False),
    "ListConditions": _ON_LISTS,
    "Query": {
        "title": "Conditions on items",
        **_query({row.name: row.definition() for row in QUERYABLES}),
    },
    "QueryOfCollections": {"title": "Conditions on collections", **_query(COLLECTION_PROPERTIES)},
    "SearchedGeometry": {"title": "GeoJSON geometry", **geometry_schema()},
}
"""By name."""
FILTER: Final[Schema] = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"op": {"type": "string"}, "args": {"type": "array"}},
            "required": ["op", "args"],
        },
        {"type": "string", "format": "cql2"},
        {"type": "boolean"},
        _NULL,
    ],
    "examples": [{"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}],
}
SORTBY: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"field": {"enum": list(SORTABLES)}, "direction": {"enum": ["asc", "desc"]}},
        "required": ["field", "direction"],
    },
    "examples": [[{"field": "datetime", "direction": "desc"}]],
}



def documents(path: str) -> dict[str, Schema]:
    """Schemas of the parameters that hold JSON, by name."""
    query = "QueryOfCollections" if path == "/collections" else "Query"
    return {"query": reference(query), "intersects": reference("SearchedGeometry")}


MEMBERS: Final[dict[str, Schema]] = {
    "bbox": {"anyOf": [BBOX, _NULL]},
    "intersects": {"anyOf": [reference("SearchedGeometry"), _NULL]},
    "filter": FILTER,
    "filter-crs": {"enum": [CRS84, None]},
    "query": {"anyOf": [reference("Query"), _NULL]},
    "sortby": {"anyOf": [SORTBY, _NULL]},
}
"""Members of a posted search that FastAPI describes less exactly."""
