"""Values that the search form offers, cached until a collection or a queryable changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from api.database import queries
from api.stac.queryables import CollectionSummaries, item_schemas

if TYPE_CHECKING:
    from asyncpg import Connection

_MOST: Final = 200
"""Collections whose schemas are cached."""

FormOptions = tuple[list[CollectionSummaries], dict[str, Any]]
"""Collections, and schemas of the properties of their items."""


@dataclass(slots=True)
class FormOptionsCache:
    """The schemas of all items and of those of single collections."""

    _version: str = ""
    _found: dict[str | None, FormOptions] = field(default_factory=dict)

    async def get(self, connection: Connection, collection: str | None) -> FormOptions:
        """Collections and schemas, of one collection or of all.

        Raises:
            NotFound: The collection does not exist.
        """
        version = await queries.catalogue_version(connection)
        if version != self._version or len(self._found) >= _MOST:
            self._found.clear()
            self._version = version
        if (found := self._found.get(collection)) is None:
            found = await item_schemas(connection, collection)
            if version == self._version:
                self._found[collection] = found
        return found


def form_options_of(app: Any) -> FormOptionsCache:
    """The cache of an application."""
    cache: FormOptionsCache | None = getattr(app.state, "page_offers", None)
    if cache is None:
        cache = app.state.page_offers = FormOptionsCache()
    return cache
