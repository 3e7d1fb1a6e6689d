"""One page of a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from api.queries.pages import Selection, Turn, item_statement, page_statements
from api.search.hydration import documents_of
from api.search.narrowing import narrowed
from api.search.places import place_before, place_of
from api.search.tokens import TokenSigner
from api.search.totals import Total

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from api.search.catalogue import Catalogue, CatalogueCache
    from api.search.model import Search
    from api.search.totals import TotalsCache


FEW: Final = 2000
"""Up to so many items with the words of a search are found first and then put in order."""
FEW_PLACED: Final = 300
"""The same of items at the place of a search, whose footprints are quicker looked at than words."""
WALK_S: Final = 0.3
"""Seconds that the order may be walked along in search of them where there are more; then all are found first too."""
SORT_S: Final = 50e-6
"""Seconds that it takes to unpack an item for what it is sorted by. Walking may take as long as that would for all."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        items: Put together, or ready documents where those were asked for and are there.
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
    exact_up_to: int,
    *,
    ready: bool = False,
) -> Page:
    """Carry out a search.

    Args:
        search: What is asked for.
        catalogue: What there is.
        connection: One session is enough for all of it.
        cache: Keeps what items are put together from.
        exact_up_to: How many matches are counted before the number is estimated.
        ready: Whether ready documents are taken.

    Raises:
        InvalidParameter: The search makes no sense for this catalogue, or the token is not of this search.
        ServiceError: The database could not do it.
    """
    selection = Selection.of(search, catalogue.properties)
    signer = TokenSigner(catalogue.secret, selection)
    turn = signer.read(search.token) if search.token else None
    origin = catalogue.origin if ready else None

    async def read(within: Selection) -> _Read:
        return await _read(
            search, within, turn, connection, totals=cache.totals, exact_up_to=exact_up_to, origin=origin
        )

    found = await narrowed(search, selection, catalogue.properties, connection, cache=cache.bounds, run=read)
    return Page(
        items=await documents_of(found.rows, connection, cache),
        total=found.total,
        next_token=signer.write(found.after) if found.after else None,
        prev_token=signer.write(found.before) if found.before else None,
        versions=_versions(found.rows, catalogue.origin),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database has of a page: its rows, how many match, and where the pages after and before it begin."""

    rows: list[Record]
    total: Total
    after: Turn | None = None
    before: Turn | None = None


async def _read(
    search: Search,
    selection: Selection,
    turn: Turn | None,
    connection: Connection,
    *,
    totals: TotalsCache,
    exact_up_to: int,
    origin: int | None,
) -> _Read:
    total = None
    if selection.by_words or selection.place:
        total = await totals.get(connection, selection, exact_up_to)
        few = not total.is_estimate and total.matched <= (FEW if selection.by_words else FEW_PLACED)
        selection = replace(selection, found_first=selection.by_words and few, walks=not few)
    if search.offset:
        place = await place_before(search.offset, selection, connection)
        if place is None:
            return _Read([], total or await totals.get(connection, selection, exact_up_to))
        turn = Turn(place, backwards=False)
    rows, more, snapshot = await _rows(selection, turn, search.limit, connection, origin, total=total)
    if turn is None and not more:
        total = Total(len(rows))
    total = total or await totals.get(connection, selection, exact_up_to, snapshot)
    return _Read(rows, total, *_neighbours(rows, turn, more=more))


def _versions(rows: list[Record], origin: int) -> bytes:
    told = [f"{row['collection']}/{row['id']} {row['row_version']}" for row in rows]
    return blake2b("\n".join([str(origin), *told]).encode(), digest_size=16).digest()


async def _rows(
    selection: Selection,
    turn: Turn | None,
    limit: int,
    connection: Connection,
    origin: int | None,
    *,
    total: Total | None,
) -> tuple[list[Record], bool, str | None]:
    """The rows of a page in the order of the search.

    Returns:
        The rows, whether there are more in the direction of reading, and what the database had seen.
    """
    backwards = turn is not None and turn.backwards
    is_walk = (selection.by_words or selection.walks) and not selection.found_first
    patience_s = max(WALK_S, SORT_S * (total.matched if total else 0)) if is_walk else None
    rows: list[Record] = []
    try:
        for statement in page_statements(selection, turn, limit + 1, origin):
            rows += await connection.fetch(statement.text, *statement.values, timeout=patience_s)
            if len(rows) > limit:
                break
    except TimeoutError:
        return await _rows(replace(selection, found_first=True), turn, limit, connection, origin, total=total)
    more = len(rows) > limit
    rows = rows[:limit]
    snapshot = rows[0]["snapshot"] if rows else None
    return (rows[::-1] if backwards else rows), more, snapshot


def _neighbours(rows: list[Record], turn: Turn | None, *, more: bool) -> tuple[Turn | None, Turn | None]:
    """The places that the pages after and before begin at.

    Where one came from there was something; a page whose rows were deleted meanwhile leads back there too, to the very
    item it was to begin after.
    """
    if turn is None:
        return (Turn(place_of(rows[-1]), backwards=False) if more else None), None
    if not rows:
        back = Turn(turn.place, backwards=not turn.backwards, inclusive=True)
        return (back, None) if turn.backwards else (None, back)
    has_next, has_prev = (True, more) if turn.backwards else (more, True)
    after = Turn(place_of(rows[-1]), backwards=False) if has_next else None
    before = Turn(place_of(rows[0]), backwards=True) if has_prev else None
    return after, before


async def read_item(
    collection: str, item: str, catalogue: Catalogue, connection: Connection, cache: CatalogueCache, *, ready: bool
) -> tuple[Any, str | None] | None:
    """One item, and the moment it says it was changed at.

    Returns:
        None where there is no such item.
    """
    statement = item_statement(collection, item, catalogue.origin if ready else None)
    await connection.plan_with(values=True)
    rows = await connection.fetch(statement.text, *statement.values)
    return ((await documents_of(rows, connection, cache))[0], rows[0]["updated"]) if rows else None
