"""What items can be filtered and sorted by: pgstac's queryables, each with the column of `flatsim.item_index` it is in.

A property that was registered since the last `flatsim-stac db migrate` has no column yet: it is read from the items.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from api.database.sql import quote_identifier
from api.errors import InvalidParameter
from api.request.suggestions import describe_unknown
from catalog_builder.derived.item_index import IndexColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Kind(StrEnum):
    """What values of a property can be compared with; the value is the word for it."""

    TEXT = "text"
    NUMBER = "a number"
    INTEGER = "an integer"
    BOOLEAN = "true or false"
    TIME = "a time"
    ARRAY = "a list"
    GEOMETRY = "a geometry"

    @property
    def numeric(self) -> bool:
        """Whether values are numbers."""
        return self in (Kind.NUMBER, Kind.INTEGER)


_KINDS: Final = {
    "number": Kind.NUMBER,
    "time": Kind.TIME,
    "text": Kind.TEXT,
    "truth": Kind.BOOLEAN,
    "list": Kind.ARRAY,
}
"""By the kind of a column."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of items.

    Attributes:
        name: As requests name it.
        kind: Of its values.
        expression: SQL that reads it, of `item`, a row of `flatsim.item_index`, or of `shape`, that of its footprint.
        nullable: Whether items may be without it.
        is_acquisition: Whether it is a time that the item's images were taken at, or its nominal time.
        is_indexed: Whether it is a column.
        order: SQL to sort items by that have the property, where that is another than to read it.
    """

    name: str
    kind: Kind
    expression: str
    nullable: bool = True
    is_acquisition: bool = False
    is_indexed: bool = True
    order: str = ""

    @property
    def sortable(self) -> bool:
        """Whether items have an order by it."""
        return self.kind not in (Kind.ARRAY, Kind.GEOMETRY)


COLUMNS: Final = (
    Property("id", Kind.TEXT, "item.id", nullable=False),
    Property("collection", Kind.TEXT, "item.collection", nullable=False),
    Property("geometry", Kind.GEOMETRY, "shape.geometry", nullable=False),
    # an item with an instant alone has it at both ends of its range
    Property("start_datetime", Kind.TIME, "item.start_datetime", nullable=False, is_acquisition=True),
    Property("end_datetime", Kind.TIME, "item.end_datetime", nullable=False, is_acquisition=True),
    Property("datetime", Kind.TIME, "item.datetime", is_acquisition=True, order="item._nominal"),
)
"""What every catalogue has, whatever is registered."""

NOMINAL: Final = Property("_nominal", Kind.TIME, "item._nominal", nullable=False)
"""`datetime`, or the start of the range where an item has none."""

_PREFIX: Final = "properties."


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """All properties by name."""

    by_name: Mapping[str, Property]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> PropertyTable:
        """From pgstac's queryables.

        Args:
            rows: Each with name, definition, path and wrapper, and kind and source of its column, if it has one.
        """
        found = {row["name"]: _from_row(row) for row in rows}
        return cls(found | {column.name: column for column in COLUMNS})

    @classmethod
    def from_schemas(cls, schemas: Mapping[str, Mapping[str, Any]]) -> PropertyTable:
        """From the JSON Schema of each property; there is no SQL to read these with."""
        return cls({name: Property(name, _kind(schema), "") for name, schema in schemas.items()})

    def find(self, name: Any, parameter: str) -> Property:
        """The property of this name, with or without `properties.` before it.

        Raises:
            InvalidParameter: The property is unknown.
        """
        if not isinstance(name, str):
            raise InvalidParameter(parameter=parameter, reason="the name of a property is text")
        found = self.by_name.get(name) or self.by_name.get(name.removeprefix(_PREFIX))
        if found is None:
            reason = describe_unknown(name.removeprefix(_PREFIX), sorted(self.by_name), "property")
            raise InvalidParameter(parameter=parameter, reason=reason)
        return found

    def find_sortable(self, name: Any, parameter: str) -> Property:
        """The property of this name, if items have an order by it.

        Raises:
            InvalidParameter: The property is unknown, or has no order.
        """
        found = self.find(name, parameter)
        if not found.sortable:
            raise InvalidParameter(parameter=parameter, reason=f"{found.name} is {found.kind}, which has no order")
        return found


def _kind(schema: Mapping[str, Any]) -> Kind:
    """What values of such a schema can be compared with."""
    if schema.get("type") == "array":
        return Kind.ARRAY
    if "type" not in schema:
        return Kind.GEOMETRY
    if schema.get("format") == "date-time":
        return Kind.TIME
    return _JSON_KINDS.get(schema["type"], Kind.TEXT)


_JSON_KINDS: Final = {"integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}


def _from_row(row: Mapping[str, Any]) -> Property:
    name, path, definition = row["name"], row["path"], row["definition"] or {}
    column = IndexColumn.from_queryable(name, path, row["wrapper"], definition)
    if column is None:
        expression = f"pgstac.to_text({path})"
        return Property(name, Kind.TEXT, _of_stored_item(expression), is_indexed=False)
    kind = _KINDS[column.kind]
    if kind is Kind.NUMBER and row["wrapper"] == "to_int":
        kind = Kind.INTEGER
    if (column.kind, column.source) != (row["kind"], row["source"]):
        return Property(name, kind, _of_stored_item(column.source), is_indexed=False)
    return Property(name, kind, f"item.{quote_identifier(name)}", is_acquisition=column.is_acquisition)


def _of_stored_item(expression: str) -> str:
    """SQL of an expression of an item's content, where `flatsim.item_index` does not have it."""
    return (
        f"(SELECT {expression} FROM pgstac.items AS stored "  # noqa: S608 -- text of ours and of pgstac
        "WHERE stored.collection = item.collection AND stored.id = item.id)"
    )
