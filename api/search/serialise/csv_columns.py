"""The columns of a CSV of items: what a person with a spreadsheet looks for, in an order that never changes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.search.serialise.csv_cells import box_centre, box_sides, cell, well_known_text
from catalog_builder.vocab.products import PRODUCTS
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from api.search.model import Fields

Item = dict[str, Any]

LINE_END: Final = "\r\n"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: In the first line.
        path: What it shows of an item, as `fields` names it.
        read: Gives the value for an item.
        usual: Whether it is there without being asked for.
    """

    name: str
    path: str
    read: Callable[[Item], Any]
    usual: bool = True


def columns(fields: Fields) -> tuple[Column, ...]:
    """The columns of a table.

    Args:
        fields: What is asked for; without any, all that are usual. Properties that are no queryables get a column when
            they are named.
    """
    known = {column.path for column in COLUMNS}
    named = sorted(path for path in fields.include if path.startswith(_PROPERTIES) and path not in known)
    further = tuple(_of_property(path.removeprefix(_PROPERTIES)) for path in named)
    return tuple(column for column in (*COLUMNS, *further) if _is_wanted(column, fields))


def header(shown: Iterable[Column]) -> bytes:
    """The first line."""
    return _lines([[column.name for column in shown]])


def lines(items: Iterable[Item], shown: tuple[Column, ...]) -> bytes:
    """A line for each item."""
    return _lines([cell(column.read(item)) for column in shown] for item in items)


def _lines(rows: Iterable[list[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator=LINE_END).writerows(rows)
    return written.getvalue().encode()


def _is_wanted(column: Column, fields: Fields) -> bool:
    if column.path in _ALWAYS:
        return column.path not in fields.exclude
    if any(_covers(path, column.path) for path in fields.exclude):
        return False
    if not fields.include:
        return column.usual
    return any(_covers(path, column.path) or _covers(column.path, path) for path in fields.include)


def _covers(path: str, inner: str) -> bool:
    return path == inner or inner.startswith(f"{path}.")


_PROPERTIES: Final = "properties."
_ALWAYS: Final = ("id", "collection")
_NOWHERE: Final = ""


def _of_property(name: str) -> Column:
    return Column(name, f"{_PROPERTIES}{name}", lambda item: (item.get("properties") or {}).get(name))


def _of_box(name: str, place: int) -> Column:
    return Column(name, "bbox", lambda item: (box_sides(item) or [None] * 4)[place])


def _of_centre(name: str, place: int) -> Column:
    return Column(name, "bbox", lambda item: (box_centre(item) or [None] * 2)[place])


def _of_asset(key: str) -> Column:
    return Column(f"href:{key}", f"assets.{key}", lambda item: ((item.get("assets") or {}).get(key) or {}).get("href"))


def _own_address(item: Item) -> Any:
    return next((link["href"] for link in item["links"] if link["rel"] == "self"), None)


def _footprint(item: Item) -> str:
    return well_known_text(orjson.loads(orjson.dumps(item["geometry"])))  # a piece of ready JSON until now


COLUMNS: Final = (
    Column("id", "id", lambda item: item["id"]),
    Column("collection", "collection", lambda item: item["collection"]),
    *(_of_property(row.name) for row in QUERYABLES if row.name not in (*_ALWAYS, "geometry")),
    *(_of_centre(name, place) for place, name in enumerate(("longitude", "latitude"))),
    *(_of_box(name, place) for place, name in enumerate(("west", "south", "east", "north"))),
    Column("geometry", "geometry", _footprint, usual=False),
    Column("href", "links", _own_address),
    _of_asset("thumbnail"),
    *(_of_asset(f"{product.key}_geo") for product in PRODUCTS),
)
"""Of what is usual, what tells items apart comes first: names, then properties, where it is, and where to get it."""
