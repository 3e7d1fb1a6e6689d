"""Which aggregations there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.database import queries
from api.errors import InvalidParameter
from api.request.suggestions import find_nearest
from api.search.properties import COLUMNS
from api.stac.queryables import CollectionSummaries, property_schemas
from catalog_builder.vocab.aggregations import AGGREGATIONS, BY_NAME, INTERVALS, Count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from asyncpg import Connection

    from api.search.execute.catalogue import Catalogue
    from catalog_builder.vocab.aggregations import Aggregation


async def offered(connection: Connection, catalogue: Catalogue, collection: str | None) -> list[Aggregation]:
    """What the items can be counted by: of one collection by what its items have, of all by whatever any may have."""
    known = set(catalogue.properties.by_name)
    if collection is not None:
        collections = [CollectionSummaries(*row) for row in await queries.summaries(connection, collection)]
        definitions = await queries.queryable_definitions(connection, collection)
        known = {*property_schemas(definitions, collections), *(column.name for column in COLUMNS)}
    return [row for row in AGGREGATIONS if row.of is None or row.of in known]


def find(names: Iterable[str], rows: Collection[Aggregation], collection: str | None) -> list[Aggregation]:
    """The aggregations of these names, each once.

    Args:
        names: What was asked for.
        rows: What is offered.
        collection: Whose items are counted, if only those of one.

    Raises:
        InvalidParameter: A name is unknown.
    """
    known = {row.name: row for row in rows}
    found = list(dict.fromkeys(names))
    for name in found:
        if name in BY_NAME and name not in known:
            reason = f"no item of {collection or 'this catalogue'} has {BY_NAME[name].of}, so no {name}"
            raise InvalidParameter(parameter="aggregations", reason=reason)
        if name not in known:
            raise InvalidParameter(parameter="aggregations", reason=_unknown(name, rows))
    return [known[name] for name in found]


def _unknown(name: str, rows: Iterable[Aggregation]) -> str:
    """The message about an unknown name; people also try that of the property, or a part of the name."""
    spellings: dict[str, str] = {}
    for row in rows:
        for spelling in (row.of or row.name, row.name.removesuffix("_frequency"), row.name):
            spellings[spelling] = row.name
    near = find_nearest(name, spellings)
    hint = f"did you mean {spellings[near]!r}?" if near else "`/aggregations` lists those available"
    return f"unknown aggregation {name[:80]!r}; {hint}"


def described(row: Aggregation) -> dict[str, Any]:
    """An aggregation as `/aggregations` tells it: how it is called, what it gives, which parameter sets its buckets."""
    description = {"name": row.name, "title": row.title, **types(row)}
    if row.of is not None:
        description["property"] = row.of
    if row.parameter is not None:
        description["parameter"] = {"name": row.parameter, "default": row.default, **bounds(row)}
    return description


def types(row: Aggregation) -> dict[str, Any]:
    """What an aggregation gives, and what the keys of its buckets are."""
    if row.bucket_type is None:
        return {"data_type": row.data_type}
    return {"data_type": row.data_type, "frequency_distribution_data_type": row.bucket_type}


def bounds(row: Aggregation) -> dict[str, Any]:
    """The values that the parameter of an aggregation takes, in the words of JSON Schema."""
    return {"enum": list(INTERVALS)} if row.count is Count.CALENDAR else {"minimum": row.least, "maximum": row.most}
