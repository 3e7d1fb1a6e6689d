"""Items as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from api.http.item_formats import LINES, SEQUENCE, TABLE
from api.search.fields import select
from api.search.serialise import csv_columns as table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from api.http.content_negotiation import Format
    from api.search.model import Fields

RECORD_SEPARATOR: Final = b"\x1e"
"""Stands before each text of a sequence (RFC 8142)."""

Item = dict[str, Any]


class Writer(Protocol):
    """Writes items one after the other."""

    def begin(self) -> bytes:
        """What stands before the first item."""

    def write(self, items: Iterable[Item]) -> bytes:
        """Some items, with their links and addresses."""


@dataclass(frozen=True, slots=True)
class JsonWriter:
    """A line of JSON for each item.

    Attributes:
        fields: Which parts of them.
        prefix: Stands before each.
    """

    fields: Fields
    prefix: bytes = b""

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def write(self, items: Iterable[Item]) -> bytes:
        """The lines."""
        texts = (orjson.dumps(select(item, self.fields) if self.fields else item) for item in items)
        return b"".join(b"%b%b\n" % (self.prefix, text) for text in texts)


class CsvWriter:
    """A line of values for each item, after a line of names."""

    def __init__(self, fields: Fields) -> None:
        self._columns = table.columns(fields)

    def begin(self) -> bytes:
        """The names of the columns."""
        return table.header(self._columns)

    def write(self, items: Iterable[Item]) -> bytes:
        """The lines."""
        return table.lines(items, self._columns)


WRITERS: Final[Mapping[Format, Callable[[Fields], Writer]]] = {
    SEQUENCE: lambda fields: JsonWriter(fields, RECORD_SEPARATOR),
    LINES: JsonWriter,
    TABLE: CsvWriter,
}
