"""The table that items are searched by, `flatsim.item_index`: how a queryable of pgstac becomes one of its columns.

The builder makes the columns; the service reads a property from its column, or from the item where it has none. Both
follow from what is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_COLUMNS: Final = (
    "key", "collection", "id", "start_datetime", "end_datetime", "datetime", "_nominal", "_spread",
)  # fmt: skip
"""Columns that are there from the start; properties of these names have none of their own."""

MAX_SPREAD: Final = 16
"""Value of `_spread` that tells nothing of how far an item's times lie from its nominal one."""

MAX_TEXT: Final = 500
"""Characters of a text that are compared; more might not fit into an index."""

_MAX_IDENTIFIER_BYTES: Final = 63
_PROPERTIES: Final = "content->'properties'"
_KINDS: Final = {
    "to_int": "number",
    "to_float": "number",
    "to_tstz": "time",
    "to_text": "text",
    "to_text_array": "list",
}
"""Kind of the values that pgstac reads through each of its functions; a property read through another has no column."""

TYPES: Final = {
    "number": "float8",
    "time": "timestamptz",
    "text": 'text COLLATE "C"',
    "truth": "boolean",
    "list": "text[]",
}
"""PostgreSQL's type of each kind."""
_READERS: Final = {
    # 300 digits are less than the largest number
    "number": "CASE WHEN jsonb_typeof({0}) = 'number' AND length({0}::text) < 300 THEN ({0} #>> '{{}}')::float8 "
    "ELSE flatsim.to_number({0}) END",
    "time": "flatsim.to_time({0})",
    "text": f"left({{0}} #>> '{{{{}}}}', {MAX_TEXT})",
    "truth": "CASE {0} #>> '{{}}' WHEN 'true' THEN true WHEN 'false' THEN false END",
    "list": "CASE WHEN jsonb_typeof({0}) = 'array' THEN ARRAY("  # noqa: S608
    f"SELECT left(member, {MAX_TEXT}) FROM jsonb_array_elements_text({{0}}) AS member) "
    f"WHEN jsonb_typeof({{0}}) <> 'null' THEN ARRAY[left({{0}} #>> '{{{{}}}}', {MAX_TEXT})] END",
}
"""SQL that reads a value of each kind from its JSON; null where it is not of that kind."""
_QUICK_TIME: Final = (
    "CASE WHEN {0} #>> '{{}}' LIKE '____-__-__T%Z' AND {0} #>> '{{}}' < '9999' THEN ({0} #>> '{{}}')::timestamptz "
    "ELSE flatsim.to_time({0}) END"
)
"""The same of a time, eight times as fast; an error where it looks like a time and is not one."""


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """A column of `flatsim.item_index`.

    Attributes:
        name: Of the column and of the property.
        kind: `number`, `time`, `text`, `truth` or `list`.
        source: SQL that reads a value from an item's `content`; null where it is not of that kind.
        is_acquisition: Whether it is a time at which images were taken, which `_spread` covers.
    """

    name: str
    kind: str
    source: str
    is_acquisition: bool = False

    @classmethod
    def from_queryable(
        cls, name: str, path: str, wrapper: str, definition: Mapping[str, Any] | None
    ) -> IndexColumn | None:
        """The column of a property.

        Args:
            name: Of the property.
            path: SQL of its JSON, as `pgstac.queryable` gives it.
            wrapper: Name of the function that pgstac reads it through.
            definition: Its JSON Schema.

        Returns:
            None where it can have none.
        """
        kind = _KINDS.get(wrapper)
        if kind is None or name in OWN_COLUMNS or len(name.encode()) > _MAX_IDENTIFIER_BYTES:
            return None
        if kind == "text" and "boolean" in ((definition or {}).get("type") or ""):
            kind = "truth"
        is_acquisition = name in BY_NAME and BY_NAME[name].acquisition
        return cls(name, kind, _READERS[kind].format(f"({path})"), is_acquisition)

    @property
    def type(self) -> str:
        """Its type in PostgreSQL."""
        return TYPES[self.kind]

    @property
    def source_of_own(self) -> str:
        """The same where the item's properties are in a variable `own`, unpacked once for all columns."""
        return self.source.replace(_PROPERTIES, "own")

    @property
    def quick_source_of_own(self) -> str:
        """The same, but an error for some values that are not of the kind."""
        if self.kind != "time":
            return self.source_of_own
        path = self.source_of_own.removeprefix("flatsim.to_time(").removesuffix(")")
        return _QUICK_TIME.format(path)

    @property
    def index_includes(self) -> tuple[str, ...]:
        """Properties that its index holds beside its own."""
        return BY_NAME[self.name].searched_with if self.name in BY_NAME else ()
