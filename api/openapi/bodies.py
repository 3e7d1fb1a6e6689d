"""What the members of a posted search may be, as JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.openapi.parameters import FIELD, INTERVAL, NUMBER, SORTABLE, WORDS, one_of
from api.openapi.schemas import reference
from api.request.geometries import CRS84, geometry_schema
from api.settings.limits import DEFAULT_LIMIT
from api.stac.queryables import COLLECTION_PROPERTIES
from catalog_builder.vocab.aggregations import AGGREGATIONS
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
    operators: Schema = {key: {"anyOf": [value, _NULL]} for key in ("eq", "neq", "ne")}
    operators["in"] = {"type": "array", "items": value}
    if ordered:
        operators |= dict.fromkeys(("lt", "lte", "gt", "gte"), value)
    if text:
        operators |= dict.fromkeys(("startsWith", "endsWith", "contains"), _TEXT)
    return {"type": "object", "properties": operators, "additionalProperties": False}


_TEXT_OR_TEXTS: Final = {"anyOf": [_TEXT, _TEXTS]}
_TEXTS_OR_NONE: Final = {"anyOf": [_TEXT, _TEXTS, _NULL]}
_NUMBER: Final = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{NUMBER}$"}]}
_ON_LISTS: Final[Schema] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("eq", "neq", "ne"), _TEXTS_OR_NONE),
        "contains": _TEXT_OR_TEXTS,
        "in": _TEXTS,
    },
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
        {"type": "object", "maxProperties": 0},
        {"type": "string", "format": "cql2"},
        {"type": "boolean"},
        _NULL,
    ],
    "examples": [{"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}],
}
_FIELDS: Final[Schema] = {"type": "array", "items": {"type": "string", "pattern": f"^{FIELD}$"}}
_ORDER: Final[Schema] = {
    "anyOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "pattern": f"^{SORTABLE}$"},
                    "direction": {"enum": ["asc", "desc", "dsc"]},
                },
                "required": ["field", "direction"],
                "additionalProperties": False,
            },
        },
        _NULL,
    ],
    "examples": [[{"field": "datetime", "direction": "desc"}]],
}


def _count() -> Schema:
    """A number from 1 on, which forms send as text."""
    return {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]*$"}, _NULL]}


MEMBERS: Final[dict[str, Schema]] = {
    "collections": {"anyOf": [_TEXTS, _TEXT, _NULL]},
    "ids": {"anyOf": [{"type": "array", "items": {**_TEXT, "minLength": 1}}, _NULL]},
    "bbox": {"anyOf": [BBOX, _NULL]},
    "intersects": {"anyOf": [reference("SearchedGeometry"), _NULL]},
    "datetime": {"anyOf": [INTERVAL, _NULL]},
    "q": {"anyOf": [WORDS, {"type": "array", "items": WORDS}, _NULL]},
    "aggregations": {"anyOf": [{"type": "array", "items": {"enum": [row.name for row in AGGREGATIONS]}}, _NULL]},
    "limit": {**_count(), "default": DEFAULT_LIMIT},
    "page": _count(),
    "filter": FILTER,
    "filter-crs": {"enum": [CRS84, None]},
    "query": {"anyOf": [reference("Query"), _NULL]},
    "sortby": _ORDER,
    "sortBy": _ORDER,
    "fields": {
        "anyOf": [
            {
                "type": "object",
                "properties": {key: {"anyOf": [_FIELDS, _NULL]} for key in ("include", "exclude")},
                "additionalProperties": False,
            },
            {**_NULL, "description": "Only together with `page` or `sortBy`, as portals send it"},
        ]
    },
}
"""Members of a posted search that FastAPI describes less exactly."""


def documents(path: str) -> dict[str, Schema]:
    """Schemas of the parameters that hold JSON, by name."""
    query = "QueryOfCollections" if path == "/collections" else "Query"
    return {"query": reference(query), "intersects": reference("SearchedGeometry")}
