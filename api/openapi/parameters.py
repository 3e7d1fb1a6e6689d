"""What a parameter of a GET request or a member of a posted search may be, as JSON Schema.

What JSON Schema cannot express has a `format` of its own (that an interval ends after it begins, that a filter
compares numbers with numbers) and in the description.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from api.request.free_text import MAX_CHARACTERS
from api.request.geometries import CRS84
from api.search.fields import MEMBERS
from api.stac.queryables import COLLECTION_PROPERTIES, sortable
from api.stac.route import WITH_PROPERTIES
from catalog_builder.vocab.aggregations import AGGREGATIONS
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from catalog_builder.vocab.queryables import Queryable

Schema = dict[str, Any]

NUMBER: Final = r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2})?"
_NO_NUL: Final = r"[^\u0000]*"
_NO_NUL_OR_COMMA: Final = r"[^\u0000,]+"

_YEAR: Final = "([1-9][0-9]{3}|0[0-9]{2}[1-9]|0[0-9][1-9]0|0[1-9]00)"
_MONTH: Final = "(0[1-9]|1[0-2])"
_DAY: Final = "(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[-+ ]([01][0-9]|2[0-3]):[0-5][0-9])"
_MOMENT: Final = f"{_YEAR}(-{_MONTH}(-{_DAY}({_TIME})?)?)?"
_INTERVAL: Final = f"({_MOMENT}|{_MOMENT}/({_MOMENT}|[.][.])?|([.][.])?/{_MOMENT})"


def _text(pattern: str, **others: Any) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$", **others}


def _list(part: str) -> str:
    """Pattern of parts with commas between, or nothing."""
    return f"({part}(,{part})*)?"


def one_of(names: Iterable[str]) -> str:
    """Pattern of one of these names."""
    return f"({'|'.join(re.escape(name) for name in names)})"


SORTABLE: Final = rf"(properties\.)?{one_of(row.name for row in QUERYABLES if row.sortable)}"
"""A property that items are sorted by."""
FIELD: Final = rf"({one_of(sorted(MEMBERS))}(\.[^\u0000,]+)?|{one_of(row.name for row in QUERYABLES)})"
"""A member of an item, or a property."""

ID: Final = _text(r"[^\u0000/]+")
"""Of a collection or an item, in a path."""

INTERVAL: Final = _text(_INTERVAL, format="datetime-interval")
"""`datetime`."""

WORDS: Final = _text(f"[^\\u0000]{{0,{MAX_CHARACTERS}}}", format="free-text")
"""`q`, in the grammar that its description tells."""

_SEARCH: Final[dict[str, Schema]] = {
    "ids": _text(_NO_NUL),
    "bbox": _text(f"({NUMBER}(,{NUMBER}){{3}}((,{NUMBER}){{2}})?)?", format="bbox"),
    "datetime": INTERVAL,
    "filter": _text(_NO_NUL, format="cql2", examples=['"insar:temporal_baseline" <= 24']),
    "filter-crs": {"type": "string", "enum": [CRS84]},
    "q": {**WORDS, "examples": ["interferograms"]},
    "token": _text(_NO_NUL, format="page-token"),
}
OF_ITEMS: Final[dict[str, Schema]] = {
    **_SEARCH,
    "collections": _text(_NO_NUL, format="collection-ids", examples=[]),
    "ids": _text(_NO_NUL, examples=[]),
    **dict.fromkeys(("sortby", "sortBy"), _text(_list(f"[-+]?{SORTABLE}"))),
    "fields": _text(_list(rf"[-+]?{FIELD}")),
    "aggregations": _text(_list(one_of(row.name for row in AGGREGATIONS)), format="aggregation-names"),
}
"""Parameters of searches of items, by name."""
_SORTABLES_OF_COLLECTIONS: Final = [name for name, schema in COLLECTION_PROPERTIES.items() if sortable(schema)]
OF_COLLECTIONS: Final[dict[str, Schema]] = {
    **_SEARCH,
    "sortby": _text(_list(f"[-+]?{one_of(_SORTABLES_OF_COLLECTIONS)}")),
    "fields": _text(_NO_NUL),
    "filter": _text(_NO_NUL, format="cql2-of-collections", examples=["title LIKE '%Balkans%'"]),
}
"""Parameters of searches of collections, by name."""


def of_property(row: Queryable) -> Schema:
    """Schema of a property as a plain parameter: a value, several with commas between, or a range `low/high`."""
    if row.time:
        return _text(f"{_INTERVAL}(,{_INTERVAL})*", format="datetime-intervals")
    if row.type == "boolean":
        return _text("(true|false)(,(true|false))*")
    if row.type in ("integer", "number"):
        one = f"({NUMBER}|{NUMBER}/({NUMBER}|[.][.])?|([.][.])?/{NUMBER})"
        return _text(f"{one}(,{one})*", format="number-ranges")
    return _text(f"{_NO_NUL_OR_COMMA}(,{_NO_NUL_OR_COMMA})*")


def _ways(row: Queryable) -> str:
    """How values of a parameter are written."""
    if row.time or row.type in ("integer", "number"):
        return "A value, a range `low/high` with `..` for an open end, or several of them with commas between."
    return "A value, or several with commas between for any of them."


_ROWS: Final = {row.name.replace(":", "_"): row for row in QUERYABLES if row.type is not None}
COMPONENTS: Final = {
    key: {
        "name": row.name,
        "in": "query",
        "required": False,
        "description": f"{row.title}{f' [{row.unit}]' if row.unit else ''}: {row.description}. {_ways(row)}",
        "schema": of_property(row),
    }
    for key, row in _ROWS.items()
}
"""The properties of items as parameters of a search of them, by name without colons."""


def plain_parameters(path: str, taken: Iterable[str]) -> list[dict[str, str]]:
    """References to the properties that are parameters at an address.

    Args:
        path: Address of the operation.
        taken: Names of its other parameters.
    """
    if not path.endswith(WITH_PROPERTIES):
        return []
    return [{"$ref": f"#/components/parameters/{key}"} for key, row in _ROWS.items() if row.name not in taken]


def refine(path: str, parameter: dict[str, Any], documents: Mapping[str, Schema]) -> dict[str, Any]:
    """A parameter as FastAPI describes it, with all that it may be.

    Args:
        path: Address of the operation.
        parameter: Its description.
        documents: Schemas of the parameters that hold JSON.
    """
    schema = without_null(parameter["schema"])
    if parameter["in"] == "path":
        return {**parameter, "schema": {**schema, **ID}}
    name = parameter["name"]
    if name in documents:
        examples = enumerate(schema.get("examples", ()), 1)
        content = {
            "schema": documents[name],
            "examples": {f"example {number}": {"value": json.loads(text)} for number, text in examples},
        }
        rest = {key: value for key, value in parameter.items() if key not in ("schema", "example", "examples")}
        return {**rest, "content": {"application/json": content}}
    known = OF_COLLECTIONS if path == "/collections" else OF_ITEMS
    refined = {**schema, **known.get(name, {})}
    others = {key: value for key, value in parameter.items() if key not in ("example", "examples")}
    return {**others, "schema": {key: value for key, value in refined.items() if value != []}}


def without_null(schema: Schema) -> Schema:
    """A schema without `null`, which a parameter of an address cannot be."""
    if "anyOf" not in schema:
        return schema
    others = [part for part in schema["anyOf"] if part != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **others[0]} if len(others) == 1 else {**rest, "anyOf": others}
