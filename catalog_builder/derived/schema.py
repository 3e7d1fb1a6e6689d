"""JSON Schema of the `flatsim:*` fields, made from their rows."""

from __future__ import annotations

from typing import Any, Final

from catalog_builder.vocab.kinds import KINDS, Kind
from catalog_builder.vocab.properties import PREFIX, PROPERTIES

SCHEMA_VERSION: Final = "1.0.0"
SCHEMA_PATH: Final = f"schemas/flatsim/v{SCHEMA_VERSION}/schema.json"
"""Where the schema stands, below the root of the API and of a static catalogue."""
MEDIA_TYPE: Final = "application/schema+json"

_OTHER_FIELDS: Final = f"^(?!{PREFIX})"


def schema_uri(base: str) -> str:
    """Address of the schema below the address of a catalogue.

    >>> schema_uri("https://stac.example.org/")
    'https://stac.example.org/schemas/flatsim/v1.0.0/schema.json'
    """
    return f"{base.rstrip('/')}/{SCHEMA_PATH}"


def flatsim_schema(uri: str | None = None) -> dict[str, Any]:
    """The schema (draft 7) of items and collections that hold `flatsim:*` fields.

    Args:
        uri: its own address, where it is known.
    """
    head = {"$schema": "http://json-schema.org/draft-07/schema#", **({"$id": uri} if uri else {})}
    return {
        **head,
        "title": "FLATSIM fields",
        "description": "Fields of FLATSIM items and collections that no other STAC extension has.",
        "type": "object",
        "required": ["type"],
        "allOf": [_when("type", "Feature", _item()), _when("type", "Collection", _collection())],
    }


def _item() -> dict[str, Any]:
    always = [row.name for row in PROPERTIES if row.always and row.kinds == KINDS]
    return {
        "required": ["properties", "assets"],
        "properties": {
            "properties": {
                "type": "object",
                "required": ["product:type", *always],
                "properties": {row.name: _definition(row.words.definition()) for row in PROPERTIES},
                "patternProperties": {_OTHER_FIELDS: {}},
                "additionalProperties": False,
                "allOf": [_when("product:type", kind.product_type, _kind(kind)) for kind in KINDS],
            },
            "assets": {"type": "object", "additionalProperties": {"propertyNames": {"pattern": _OTHER_FIELDS}}},
        },
    }


def _kind(kind: Kind) -> dict[str, Any]:
    """What only items of one kind must have, and what they cannot have."""
    return {
        "required": [row.name for row in PROPERTIES if row.always and kind in row.kinds],
        "properties": {row.name: {"not": {}} for row in PROPERTIES if kind not in row.kinds},
    }


def _collection() -> dict[str, Any]:
    names = {"enum": [row.name for row in PROPERTIES]}
    return {
        "properties": {
            "summaries": {"type": "object", "propertyNames": {"anyOf": [{"pattern": _OTHER_FIELDS}, names]}},
        },
    }


def _when(field: str, value: str, then: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": {field: {"const": value}}}, "then": then}


def _definition(queryable: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in queryable.items() if not key.startswith("x-")}
