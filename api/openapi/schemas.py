"""What answers look like, as JSON Schema.

These say what holds of every answer, whatever `fields` leaves out of it; STAC's own schemas say what a whole item or
collection is.
"""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NAME: Final[Schema] = {"type": "string", "minLength": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_OBJECT: Final[Schema] = {"type": "object"}
_DATE: Final[Schema] = {"type": "string", "format": "date"}
_NUMBER_OR_NULL: Final[Schema] = {"type": ["number", "null"]}


def reference(name: str) -> Schema:
    """A reference to one of `COMPONENTS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _object(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


_LINKS: Final = _list_of(reference("Link"))
_BBOX: Final[Schema] = {
    "type": "array",
    "items": {"type": "number"},
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
}
_PARTS_OF_ITEM: Final[dict[str, Schema]] = {
    "type": {"const": "Feature"},
    "stac_version": {"const": "1.1.0"},
    "stac_extensions": _list_of({"type": "string", "format": "uri"}),
    "id": _NAME,
    "collection": _NAME,
    "geometry": {"oneOf": [reference("Geometry"), {"type": "null"}]},
    "bbox": _BBOX,
    "properties": _OBJECT,
    "links": _LINKS,
    "assets": {"type": "object", "additionalProperties": _OBJECT},
}
_PARTS_OF_COLLECTION: Final[dict[str, Schema]] = {
    "type": {"const": "Collection"},
    "stac_version": _TEXT,
    "id": _NAME,
    "title": _TEXT,
    "description": _TEXT,
    "license": _TEXT,
    "keywords": _list_of(_TEXT),
    "extent": _object(
        (),
        spatial=_object((), bbox={**_list_of(_BBOX), "minItems": 1}),
        temporal=_object((), interval={**_list_of({"type": "array", "minItems": 2, "maxItems": 2}), "minItems": 1}),
    ),
    "summaries": _OBJECT,
    "links": _LINKS,
    "assets": {"type": "object", "additionalProperties": _OBJECT},
    "item_assets": {"type": "object", "additionalProperties": _OBJECT},
}

COMPONENTS: Final[dict[str, Schema]] = {
    "Error": {
        "title": "Error",
        "description": "Why a request was not answered; `description` names the parameter at fault.",
        **_object(("code", "description"), code=_NAME, description=_NAME),
        "additionalProperties": False,
    },
    "Link": {
        "title": "Link",
        **_object(
            ("href", "rel"),
            href=_NAME,
            rel=_NAME,
            type=_TEXT,
            title=_TEXT,
            method={"enum": ["GET", "POST"]},
            body={"type": "object", "description": "What to send, with the members of the first request"},
            merge={"type": "boolean", "description": "Whether `body` is only what differs from the first request"},
        ),
    },
    "Geometry": {
        "title": "GeoJSON geometry",
        **_object(("type",), type=_NAME, coordinates={"type": "array"}, geometries={"type": "array"}),
    },
    "LandingPage": {
        "title": "Landing page",
        **_object(
            ("type", "id", "description", "stac_version", "conformsTo", "links"),
            type={"const": "Catalog"},
            id=_NAME,
            title=_TEXT,
            description=_NAME,
            stac_version={"const": "1.1.0"},
            conformsTo=_list_of({"type": "string", "format": "uri"}),
            links=_LINKS,
        ),
    },
    "Conformance": {
        "title": "Conformance classes",
        **_object(("conformsTo",), conformsTo=_list_of({"type": "string", "format": "uri"})),
    },
    "Item": {
        "title": "STAC item",
        **_object(("type", "stac_version", "id", "geometry", "properties", "links", "assets"), **_PARTS_OF_ITEM),
    },
    "ItemPart": {
        "title": "STAC item, or the parts of it that `fields` names",
        **_object((), **_PARTS_OF_ITEM),
    },
    "ItemCollection": {
        "title": "Page of items",
        **_object(
            ("type", "features", "links", "numberMatched", "numberReturned"),
            type={"const": "FeatureCollection"},
            features=_list_of(reference("ItemPart")),
            links=_LINKS,
            numberMatched=_COUNT,
            numberReturned=_COUNT,
            context=_object(("returned", "matched"), returned=_COUNT, matched=_COUNT, limit=_COUNT),
            **{"flatsim:number_matched_is_estimate": {"type": "boolean"}},
        ),
    },
    "Collection": {
        "title": "STAC collection",
        **_object(("type", "stac_version", "id", "description", "license", "extent", "links"), **_PARTS_OF_COLLECTION),
    },
    "CollectionPart": {
        "title": "STAC collection, or the parts of it that `fields` names",
        **_object((), **_PARTS_OF_COLLECTION),
    },
    "Collections": {
        "title": "Page of collections",
        **_object(
            ("collections", "links", "numberMatched", "numberReturned"),
            collections=_list_of(reference("CollectionPart")),
            links=_LINKS,
            numberMatched=_COUNT,
            numberReturned=_COUNT,
        ),
    },
    "PropertySchema": {
        "title": "JSON Schema of the properties that can be asked for",
        **_object(
            ("$schema", "$id", "type", "title", "properties"),
            **{
                "$schema": {"type": "string", "format": "uri"},
                "$id": {"type": "string", "format": "uri"},
                "type": {"const": "object"},
                "title": _NAME,
                "properties": {"type": "object", "additionalProperties": _OBJECT},
                "additionalProperties": {"type": "boolean"},
            },
        ),
    },
    "Network": {
        "title": "Network of a time series",
        **_object(
            ("series", "collection", "title", "components", "dates", "gaps", "pairs", "links"),
            series=_NAME,
            collection=_NAME,
            title=_TEXT,
            components=_COUNT,
            is_cut={"type": "boolean"},
            dates=_list_of(_object(("date", "position_m", "component"), date=_DATE, position_m=_NUMBER_OR_NULL)),
            gaps=_list_of(_object(("first", "last", "days", "bridged"), first=_DATE, last=_DATE, days=_COUNT)),
            pairs=_list_of(
                _object(
                    ("item", "collection", "reference_date", "secondary_date", "temporal_baseline_d", "href"),
                    item=_NAME,
                    collection=_NAME,
                    reference_date=_DATE,
                    secondary_date=_DATE,
                    temporal_baseline_d={"type": "integer"},
                    perpendicular_baseline_m=_NUMBER_OR_NULL,
                    href=_NAME,
                )
            ),
            links=_LINKS,
        ),
    },
    "Coverage": {
        "title": "Track segments",
        **_object(
            ("type", "title", "features", "links"),
            type={"const": "FeatureCollection"},
            title=_TEXT,
            features=_list_of(_object(("type", "geometry", "properties"), type={"const": "Feature"})),
            links=_LINKS,
        ),
    },
    "Acquisitions": {
        "title": "Acquisitions of track segments",
        **_object(
            ("collection", "title", "tracks", "links"),
            collection=_NAME,
            title=_TEXT,
            tracks=_list_of(_object(("track", "dates"), track=_TEXT, dates=_list_of(_DATE))),
            links=_LINKS,
        ),
    },
    "Ping": {"title": "Liveness", **_object(("message",), message={"const": "PONG"})},
    "Health": {
        "title": "State of the service",
        **_object(
            ("status", "version", "database"),
            status={"enum": ["UP", "DOWN"]},
            version=_NAME,
            database=_object(("status",), status={"enum": ["UP", "DOWN"]}),
        ),
    },
}
"""By name; `reference` points to one."""
