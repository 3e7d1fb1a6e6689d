"""One page of a search."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from api.search.compile.page_statements import (
    FEW_MATCHES,
    MANY_MATCHES,
    all_matches_statement,
    few_matches_statement,
    item_statement,
    read_sort_values,
    remaining_stretches,
    walk_statement,
    window_statement,
)
from api.search.compile.query import CompiledQuery, Cursor, compile_query
from api.search.compile.tokens import TokenSigner
from api.search.execute.hydration import load_documents
from api.search.execute.offsets import values_before
from api.search.execute.totals import Total
from api.search.properties import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Connection, Record

    from api.search.compile.page_statements import Stretch
    from api.search.compile.query import Statement
    from api.search.execute.catalogue import Catalogue, CatalogueCache
    from api.search.model import Search
    from api.settings.limits import CountLimits


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        items: Put together, or prerendered documents where those were asked for and are there.
        total: How many items there are in all.
        next_token: Token of the page after it.
        prev_token: Token of the page before it.
        versions: Tells the states of its items, in their order, from any others.
    """

    items: list[Any]
    total: Total
    next_token: str | None
    prev_token: str | None
    versions: bytes = b""


async def read_page(
    search: Search,
    catalogue: Catalogue,
    connection: Connection,
    cache: CatalogueCache,
    counting: CountLimits,
    *,
    with_documents: bool = False,
) -> Page:
    """Carry out a search.

    Args:
        search: What is asked for.
        catalogue: What there is.
        connection: One session is enough for all of it.
        cache: Keeps totals, and what items are put together from.
        counting: How far matches are counted before the number is estimated.
        with_documents: Whether prerendered documents are taken.

    Raises:
        InvalidParameter: The search makes no sense for this catalogue, or the token is not of this search.
        ServiceError: The database could not do it.
    """
    query = compile_query(search, catalogue.properties)
    signer = TokenSigner(catalogue.secret, query)
    cursor = signer.read(search.token) if search.token else None
    if search.offset:
        values = await values_before(search.offset, query, connection)
        if values is None:
            return Page([], await cache.totals.get(connection, query, counting), None, None)
        cursor = Cursor(values, backwards=False)
    reader = _PageReader(
        query=query, cursor=cursor, limit=search.limit, connection=connection, with_documents=with_documents
    )
    rows, total = await reader.read(cache, counting)
    more = len(rows) > search.limit
    del rows[search.limit :]
    if cursor is not None and cursor.backwards:
        rows.reverse()
    after, before = _neighbours(rows, cursor, more=more)
    return Page(
        items=await load_documents(rows, connection, cache),
        total=total,
        next_token=signer.write(after) if after else None,
        prev_token=signer.write(before) if before else None,
        versions=_versions(rows, catalogue.origin),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageReader:
    """Reads the rows of one page, and one more where there are more."""

    query: CompiledQuery
    cursor: Cursor | None
    limit: int
    connection: Connection
    with_documents: bool

    async def read(self, cache: CatalogueCache, counting: CountLimits) -> tuple[list[Record], Total]:
        """The rows, and how many items match."""
        former = cache.totals.former(self.query)
        if self.query.is_filtered and (former is None or former.matched <= FEW_MATCHES):
            rows = await self._fetch(
                few_matches_statement(self.query, self.cursor, self.limit + 1, with_documents=self.with_documents)
            )
            if (matched := rows[0]["matched"]) <= FEW_MATCHES:
                total = Total(matched)
                cache.totals.put(self.query, counting, rows[0]["snapshot"], total)
                return [row for row in rows if row["key"] is not None], total
            total = await cache.totals.get(self.connection, self.query, counting, rows[0]["snapshot"])
            return await self._read_rows(total), total
        rows = await self._read_rows(former)
        if self.cursor is None and len(rows) <= self.limit:
            return rows, Total(len(rows))
        snapshot = rows[0]["snapshot"] if rows else None
        return rows, await cache.totals.get(self.connection, self.query, counting, snapshot)

    async def _read_rows(self, total: Total | None) -> list[Record]:
        rows: list[Record] = []
        for stretch in remaining_stretches(self.query, self.cursor):
            rows += await self._read_stretch(stretch, self.limit + 1 - len(rows), total)
            if len(rows) > self.limit:
                break
        return rows

    async def _read_stretch(self, stretch: Stretch, limit: int, total: Total | None) -> list[Record]:
        first = self.query.keys[0].property
        if not first.is_indexed or (total and not total.is_estimate and total.matched <= MANY_MATCHES):
            ways = [all_matches_statement]
        elif self.query.window and self.query.scope == "TRUE" and first.name == "datetime" and stretch.is_null is False:
            ways = [window_statement]
        elif (
            self.query.is_filtered
            or stretch.is_null
            or not (self.query.scope == "TRUE" or self.query.is_ordered_in_collections)
        ):
            ways = [walk_statement, all_matches_statement]
        else:
            ways = [walk_statement]
        rows: list[Record] = []
        for statement_of in ways:
            rows = await self._fetch(statement_of(self.query, stretch, limit, with_documents=self.with_documents))
            if len(rows) >= limit:
                break
        return rows

    async def _fetch(self, statement: Statement) -> list[Record]:
        rows: list[Record] = await self.connection.fetch(statement.text, *statement.values)
        return rows


def _versions(rows: list[Record], origin: int) -> bytes:
    keys = [str(row["key"]) for row in rows]
    return blake2b("\n".join([str(origin), *keys]).encode(), digest_size=16).digest()


def _neighbours(rows: list[Record], cursor: Cursor | None, *, more: bool) -> tuple[Cursor | None, Cursor | None]:
    """The places that the pages after and before begin at.

    Where one came from there was something; a page whose rows were deleted meanwhile leads back there too, to the very
    item it was to begin after.
    """
    if cursor is None:
        return (Cursor(read_sort_values(rows[-1]), backwards=False) if more else None), None
    if not rows:
        back = Cursor(cursor.values, backwards=not cursor.backwards, inclusive=True)
        return (back, None) if cursor.backwards else (None, back)
    has_next, has_prev = (True, more) if cursor.backwards else (more, True)
    after = Cursor(read_sort_values(rows[-1]), backwards=False) if has_next else None
    before = Cursor(read_sort_values(rows[0]), backwards=True) if has_prev else None
    return after, before


async def read_item(
    collection: str,
    item: str,
    catalogue: Catalogue,
    connection: Connection,
    cache: CatalogueCache,
    *,
    with_documents: bool,
) -> tuple[Any, datetime | None] | None:
    """One item, and the moment it says it was changed at.

    Returns:
        None where there is no such item.
    """
    updated = catalogue.properties.by_name.get("updated")
    moment = updated.expression if updated and updated.kind is Kind.TIME else "NULL::timestamptz"
    statement = item_statement(collection, item, moment, with_documents=with_documents)
    rows = await connection.fetch(statement.text, *statement.values)
    return ((await load_documents(rows, connection, cache))[0], rows[0]["updated"]) if rows else None
