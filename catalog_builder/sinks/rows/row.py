"""An item as a row of `pgstac.items`, its ready text beside: made once, carried as bytes, written by COPY in binary.

Only one thing of a row is known to the database alone: the number of the base item that it was dehydrated against,
which pgstac gives after the first change of a collection's `item_assets`. It is put in when the row is written.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from catalog_builder.derived.item_documents import FORMAT, marked_document
from catalog_builder.errors import SinkError
from catalog_builder.sinks.rows.dehydration import Json, dehydrate
from catalog_builder.sinks.rows.ewkb import ewkb

TAG: Final = "pgstac:base_item"
COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END: Final = b"\xff\xff"
DIGEST_BYTES: Final = 16

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FRAME: Final = struct.Struct(">qq6I")
_JSONB_VERSION: Final = b"\x01"
_NULL: Final = struct.pack(">i", -1)
_ITEM_COLUMNS: Final = struct.pack(">h", 7)
_DOCUMENT_COLUMNS: Final = struct.pack(">h", 4)


@dataclass(frozen=True, slots=True)
class Row:
    """Columns of `pgstac.items`, but for the collection, and of `flatsim.item_documents`."""

    id: str
    start_us: int
    """Microseconds since the year 2000, UTC, as PostgreSQL counts."""
    end_us: int
    geometry: bytes
    """EWKB."""
    content: bytes
    """What pgstac keeps of the item, JSON, without the number of its base."""
    private: bytes
    """JSON, or nothing."""
    digest: bytes
    """Of the whole item."""
    document: bytes
    """The item as ready text, or nothing where that cannot be."""

    def pack(self) -> bytes:
        """As it travels."""
        name = self.id.encode()
        parts = (name, self.geometry, self.content, self.private, self.digest, self.document)
        return b"".join((_FRAME.pack(self.start_us, self.end_us, *map(len, parts)), *parts))

    @classmethod
    def unpack(cls, packed: bytes) -> Row:
        """From `pack`."""
        start_us, end_us, *lengths = _FRAME.unpack_from(packed)
        parts, at = [], _FRAME.size
        for length in lengths:
            parts.append(packed[at : at + length])
            at += length
        name, *others = parts
        return cls(name.decode(), start_us, end_us, *others)

    def item_line(self, collection_id: bytes, base_number: int | None) -> bytes:
        """A line of COPY: id, collection, datetime, end_datetime, geometry, private, content."""
        tag = b"" if base_number is None else b',"%s":%d' % (TAG.encode(), base_number)
        times = struct.pack(">iqiq", 8, self.start_us, 8, self.end_us)
        return b"".join((
            _ITEM_COLUMNS, _field(self.id.encode()), _field(collection_id), times, _field(self.geometry),
            _field(_JSONB_VERSION + self.private) if self.private else _NULL,
            _field(_JSONB_VERSION + self.content[:-1] + tag + b"}"),
        ))  # fmt: skip

    def document_line(self, key: int) -> bytes:
        """A line of COPY: key, format, digest, document."""
        return b"".join((
            _DOCUMENT_COLUMNS, struct.pack(">iqih", 8, key, 2, FORMAT),
            _field(self.digest), _field(self.document) if self.document else _NULL,
        ))  # fmt: skip


def create_row(item: Json, digest: bytes, base: Json) -> Row:
    """The row of an item.

    Args:
        item: as JSON gives it: lists, no tuples.
        digest: `digest_of` the item as it was written.
        base: `base_item` of its collection.

    Raises:
        SinkError: pgstac could not hold it: no geometry, or no time.
    """
    name = str(item.get("id"))
    content = dehydrate(base, item)
    for column in ("id", "collection", "geometry", TAG):
        content.pop(column, None)
    private = content.pop("private", None)
    start_us, end_us = _interval(name, item.get("properties") or {})
    return Row(
        name, start_us, end_us, _geometry(name, item.get("geometry")), orjson.dumps(content),
        b"" if private is None else orjson.dumps(private), digest,
        marked_document(item) or b"",
    )  # fmt: skip


def digest_of(written: bytes) -> bytes:
    """By which an item is known again."""
    return hashlib.sha256(written).digest()[:DIGEST_BYTES]


def _field(content: bytes) -> bytes:
    return struct.pack(">i", len(content)) + content


def _geometry(name: str, geometry: Json | None) -> bytes:
    if geometry is None:
        msg = f"{name}: pgstac holds no item without a geometry"
        raise SinkError(msg)
    try:
        return ewkb(geometry)
    except ValueError as error:
        msg = f"{name}: {error}"
        raise SinkError(msg) from error


def _interval(name: str, properties: dict[str, Any]) -> tuple[int, int]:
    """Both ends of what pgstac searches by time."""
    start, end = properties.get("start_datetime"), properties.get("end_datetime")
    if start is None or end is None:
        start = end = properties.get("datetime")
    times = (_microseconds(name, start), _microseconds(name, end))
    if times[0] > times[1]:
        msg = f"{name}: start_datetime {start} is after end_datetime {end}"
        raise SinkError(msg)
    return times


def _microseconds(name: str, text: Any) -> int:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MICROSECOND
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{name}: {text!r} is not a time as STAC writes it"
        raise SinkError(msg) from error
