"""What can be asked for, as JSON Schema: queryables and sortables of all items, of a collection's, of collections.

The properties are those in pgstac's table, which the rows of the vocabulary fill. Which values there are is read off
the collections' summaries, which every load rewrites: nothing is counted for a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.database import queries
from api.errors import NotFound
from catalog_builder.vocab.queryables import BY_NAME
from catalog_builder.vocab.summaries import RANGES, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asyncpg import Connection

Schema = dict[str, Any]

DIALECT: Final = "http://json-schema.org/draft-07/schema#"

MAX_ENUM: Final = 500
"""Longer lists of values are left out: a menu of them is of no use."""
_ALWAYS: Final = "product:type"
"""Summarised in every collection that the builder wrote, and in few others."""
_NOT_SORTED: Final = ("array", "object")


@dataclass(frozen=True, slots=True)
class CollectionSummaries:
    """One collection: its title and what it says of the values of its items."""

    identifier: str
    title: str | None
    summaries: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether a property that is not in the summaries is in no item."""
        return _ALWAYS in self.summaries


def property_schemas(
    definitions: Mapping[str, Schema], collections: Sequence[CollectionSummaries]
) -> dict[str, Schema]:
    """The properties of items with the values that these collections have of them.

    Args:
        definitions: JSON Schema of each property.
        collections: All collections the schema is for.

    Returns:
        The schemas, in the order of the vocabulary, without properties that no item of these collections has.
    """
    is_complete = bool(collections) and all(collection.complete for collection in collections)
    order = {name: number for number, name in enumerate(BY_NAME)}
    schemas = {}
    for name in sorted(definitions, key=lambda name: (order.get(name, len(order)), name)):
        schema = _stand_alone(name, definitions[name])
        if is_complete and name in (*VALUES, *RANGES):
            summaries = [collection.summaries[name] for collection in collections if name in collection.summaries]
            if not summaries:
                continue
            schema = _with_values(schema, summaries)
        schemas[name] = schema
    return schemas


def _stand_alone(name: str, definition: Schema) -> Schema:
    """The definition without references to other documents, which pgstac's own rows consist of."""
    if "$ref" not in definition:
        return {"title": name, **definition}
    return BY_NAME[name].definition() if name in BY_NAME else {"title": definition.get("title", name)}


def _with_values(schema: Schema, summaries: Sequence[Any]) -> Schema:
    """The schema with the values that the summaries tell: a list of them, or the least and the largest."""
    lists = [values for values in summaries if isinstance(values, list)]
    if len(lists) == len(summaries):
        values = sorted({value for values in lists for value in values}, key=lambda value: (str(type(value)), value))
        if len(values) > MAX_ENUM:
            return schema
        if schema.get("type") == "array":
            return {**schema, "items": {**schema.get("items", {"type": "string"}), "enum": values}}
        ends = {"minimum": values[0], "maximum": values[-1]} if schema.get("type") in ("integer", "number") else {}
        return {**schema, **ends, "enum": values}
    ranges = [value for value in summaries if isinstance(value, dict)]
    if schema.get("type") not in ("integer", "number") or len(ranges) < len(summaries):
        return schema
    told_ends = [value for each in ranges for value in (each["minimum"], each["maximum"])]
    return {**schema, "minimum": min(told_ends), "maximum": max(told_ends)}


def sortable(schema: Schema) -> bool:
    """Whether items have an order by a property: not by a footprint, nor by a list."""
    return schema.get("type") is not None and schema["type"] not in _NOT_SORTED


def document(address: str, title: str, properties: Mapping[str, Schema]) -> Schema:
    """A JSON Schema that stands alone."""
    return {
        "$schema": DIALECT,
        "$id": address,
        "type": "object",
        "title": title,
        "properties": dict(properties),
        "additionalProperties": False,
    }


_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
COLLECTION_PROPERTIES: Final[Mapping[str, Schema]] = {
    "id": {"title": "Collection id", **_TEXT},
    "title": {"title": "Title", **_TEXT},
    "description": {"title": "Description", **_TEXT},
    "license": {"title": "Licence", **_TEXT},
    "keywords": {"title": "Keywords", "type": "array", "items": _TEXT},
    "sci:doi": {"title": "DOI", **_TEXT},
    "version": {"title": "Version", **_TEXT},
    "datetime": {"title": "Start of the first item", **_TIME},
    "end_datetime": {"title": "End of the last item", **_TIME},
    "created": {"title": "Created", **_TIME},
    "updated": {"title": "Updated", **_TIME},
    "geometry": {"title": "Box around all items", "format": "geometry-any"},
}
"""What collections are searched and sorted by."""


async def item_schemas(
    connection: Connection, collection_id: str | None
) -> tuple[list[CollectionSummaries], dict[str, Schema]]:
    """What items of one collection, or of all, are searched by.

    Returns:
        The collections, and the schemas of the properties with the values that the collections have of them.

    Raises:
        NotFound: The collection does not exist.
    """
    collections = [CollectionSummaries(*row) for row in await queries.summaries(connection, collection_id)]
    definitions = await queries.queryable_definitions(connection, collection_id)
    if collection_id is not None and not collections:
        msg = f"Collection {collection_id} does not exist."
        raise NotFound(msg)
    return collections, property_schemas(definitions, collections)
