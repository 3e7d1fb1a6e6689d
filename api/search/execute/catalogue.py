"""What every search needs to know of the database, cached for some seconds.

Collections come and go and properties are registered while the service runs. What is cached may be some seconds old,
so a name that it does not have is looked up again before it is refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from api.database import queries
from api.search.execute.totals import TotalsCache
from api.search.properties import PropertyTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncpg import Connection

FRESH_S: Final = 5.0
"""Seconds for which what was read is believed."""
_MAX_TEMPLATES: Final = 2000

Template = dict[str, Any]
"""What pgstac took out of the items of a collection, to be put back: its `base_item`."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Ids of the collections, the properties to search by, the secret of the page tokens, and which database it is."""

    collections: frozenset[str]
    properties: PropertyTable
    secret: bytes
    origin: int


@dataclass(slots=True)
class CatalogueCache:
    """The catalogue as it was a moment ago, and the templates of its items."""

    secret: bytes | None = None
    totals: TotalsCache = field(default_factory=TotalsCache)
    _found: Catalogue | None = None
    _read_at: float = 0.0
    _version: str = ""
    _templates: dict[tuple[int, int | None], Template] = field(default_factory=dict)

    async def get(self, connection: Connection, names: Iterable[str] = ()) -> Catalogue:
        """The catalogue; read again when it is old or one of these collections is not in it."""
        now = time.monotonic()
        if self._found is None or now - self._read_at > FRESH_S or not self._found.collections.issuperset(names):
            version = await queries.catalogue_version(connection)
            if self._found is None or version != self._version:
                self._found = await self._read(connection)
                self._templates.clear()
            self._version, self._read_at = version, now
        return self._found

    async def _read(self, connection: Connection) -> Catalogue:
        ids = await queries.collection_ids(connection)
        properties = PropertyTable.from_rows(await queries.properties(connection))
        secret = self.secret or await queries.token_secret(connection)
        return Catalogue(frozenset(ids), properties, secret, await queries.database_origin(connection))

    async def template(self, connection: Connection, partition: int, collection: str, number: int | None) -> Template:
        """The template of an item.

        Args:
            connection: To read it with, the first time.
            partition: The table that holds the item; a collection that is deleted and made again has another one.
            collection: Its collection.
            number: Which of the collection's templates, if the item says.
        """
        key = (partition, number)
        if (found := self._templates.get(key)) is None:
            found = await queries.item_template(connection, collection, number)
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            self._templates[key] = found
        return found
