"""What items can be filtered and sorted by.

pgstac's table of queryables says which properties there are and how it reads each; the same expressions are what its
indexes are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.search.names import unknown

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
    "to_int": Kind.INTEGER,
    "to_float": Kind.NUMBER,
    "to_tstz": Kind.TIME,
    "to_text_array": Kind.ARRAY,
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of items.

    Attributes:
        name: As requests name it.
        kind: Of its values.
        expression: SQL that reads it from a row of pgstac's items.
        nullable: Whether items may lack it.
    """

    name: str
    kind: Kind
    expression: str
    nullable: bool = True

    @property
    def sortable(self) -> bool:
        """Whether items have an order by it."""
        return self.kind not in (Kind.ARRAY, Kind.GEOMETRY)


COLUMNS: Final = (
    Property("id", Kind.TEXT, "id", nullable=False),
    Property("collection", Kind.TEXT, "collection", nullable=False),
    Property("geometry", Kind.GEOMETRY, "geometry", nullable=False),
    # pgstac's column `datetime` is the start of an item's range; an item with an instant alone has it in both
    Property("start_datetime", Kind.TIME, "datetime", nullable=False),
    Property("end_datetime", Kind.TIME, "end_datetime", nullable=False),
    Property("datetime", Kind.TIME, "to_tstz(content->'properties'->'datetime')"),
)
"""What pgstac keeps beside an item's content, and `datetime`, which it does not tell from the start."""

_PREFIX: Final = "properties."


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """All properties by name."""

    by_name: Mapping[str, Property]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> PropertyTable:
        """From pgstac's queryables.

        Args:
            rows: Each with name, expression, wrapper and definition.
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
            InvalidParameter: There is none.
        """
        if not isinstance(name, str):
            raise InvalidParameter(parameter=parameter, reason="the name of a property is text")
        found = self.by_name.get(name) or self.by_name.get(name.removeprefix(_PREFIX))
        if found is None:
            reason = unknown(name.removeprefix(_PREFIX), sorted(self.by_name), "property")
            raise InvalidParameter(parameter=parameter, reason=reason)
        return found

    def find_sortable(self, name: Any, parameter: str) -> Property:
        """The property of this name, if items have an order by it.

        Raises:
            InvalidParameter: There is none, or it has no order.
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
    definition = row["definition"] or {}
    kind = _KINDS.get(row["wrapper"], Kind.TEXT)
    if kind is Kind.TEXT and "boolean" in (definition.get("type") or ""):
        kind = Kind.BOOLEAN
    # a null instead of a list is read as a list of one null
    expression = f"nullif({row['expression']}, '{{NULL}}')" if kind is Kind.ARRAY else row["expression"]
    return Property(row["name"], kind, expression)
