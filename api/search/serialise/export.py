"""The answer that is a whole result: what is checked before its first byte, and its headers."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import StreamingResponse

from api.errors import InvalidParameter, ServiceError
from api.http.head import is_head
from api.search.compile.page_statements import count_statement
from api.search.compile.query import Cursor, compile_query
from api.search.compile.tokens import TokenSigner
from api.search.execute.offsets import values_before
from api.search.execute.scan import ItemScan
from api.search.execute.totals import Total, count_matches
from api.search.serialise.writers import WRITERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncpg import Connection
    from starlette.requests import Request
    from starlette.types import Send

    from api.http.content_negotiation import Chosen
    from api.search.compile.query import CompiledQuery
    from api.search.execute.catalogue import Catalogue, CatalogueCache
    from api.search.model import Search
    from api.search.serialise.writers import Writer
    from api.settings.limits import Limits

_logger = logging.getLogger("api.search.serialise")

NUMBER_MATCHED: Final = "OGC-NumberMatched"
"""Header with the number of items that match; the forms themselves have no place for it."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """The whole result of one search, ready to be written.

    Attributes:
        walk: The items.
        total: How many match; None where it takes too long to count them.
    """

    walk: ItemScan | None
    total: int | None


async def open_export(
    search: Search,
    at_most: int | None,
    catalogue: Catalogue,
    connection: Connection,
    *,
    cache: CatalogueCache,
    limits: Limits,
) -> Export:
    """Make sure that a result can be written.

    Args:
        search: What is asked for; a token or an offset says where to begin.
        at_most: Items that are asked for, if a number of them is.
        catalogue: What there is.
        connection: To look.
        cache: Cache of what items are hydrated with.
        limits: How large a result may be.

    Raises:
        InvalidParameter: The search makes no sense for this catalogue, or finds more than one answer may hold.
        ServiceError: The database could not do it.
    """
    query = compile_query(search, catalogue.properties)
    cursor = _read_cursor(search, TokenSigner(catalogue.secret, query))
    total = await _total(query, at_most, connection, limits)
    if search.offset:
        values = await values_before(search.offset, query, connection)
        if values is None:
            return Export(None, total)
        cursor = Cursor(values, backwards=False)
    return Export(ItemScan(query, cursor, at_most, cache), total)


def _read_cursor(search: Search, signer: TokenSigner) -> Cursor | None:
    cursor = signer.read(search.token) if search.token else None
    if cursor is not None and cursor.backwards:
        reason = "the token of a `prev` link cannot be used for a whole result; use that of a `next` link, or none"
        raise InvalidParameter(parameter="token", reason=reason)
    return cursor


async def _total(query: CompiledQuery, at_most: int | None, connection: Connection, limits: Limits) -> int | None:
    """How many items match, where that can be counted.

    Raises:
        InvalidParameter: They are more than one answer may hold.
    """
    cap = limits.max_stream
    total = await count_matches(connection, query, limits.counting)
    if total.is_estimate and (at_most is None or at_most > cap):
        statement = count_statement(query, cap + 1)
        total = Total(await connection.fetchval(statement.text, *statement.values))
    if not total.is_estimate and total.matched > cap and (at_most is None or at_most > cap):
        reason = f"more than {cap} items match, the maximum of one answer; narrow the search or set a limit"
        raise InvalidParameter(parameter="limit", reason=reason)
    return None if total.is_estimate else total.matched


async def stream_response(
    request: Request,
    stream: Export,
    chosen: Chosen,
    search: Search,
    served: Callable[[Item], Item],
) -> StreamingResponse:
    """The answer.

    Its first part is made before it begins: whatever fails until then is answered as an error.

    Args:
        request: The request.
        stream: What to write.
        chosen: In which form.
        search: What was asked for.
        served: Gives an item its links and addresses.

    Raises:
        ServiceError: The database could not do it.
    """
    headers = {
        "Content-Type": f"{chosen.media_type}{chosen.format.parameters}",
        "Content-Disposition": f'attachment; filename="{_file_name(search)}.{chosen.format.extension}"',
    }
    if stream.total is not None:
        headers[NUMBER_MATCHED] = str(stream.total)
    if is_head(request.scope):
        return StreamingResponse(iter([b""]), headers=headers)
    parts = _parts(request, stream, WRITERS[chosen.format](search.fields), served)
    first = await anext(parts)
    return _ExportResponse(_chained(first, parts), headers=headers)


class _ExportResponse(StreamingResponse):
    """An answer that is aborted when it fails on the way, so that a part is not taken for the whole."""

    async def stream_response(self, send: Send) -> None:
        """Send all of it."""
        try:
            await super().stream_response(send)
        except ServiceError as error:  # the server sees that there is no end, and closes the connection
            _logger.warning("export aborted: %s", error)


async def _parts(
    request: Request, stream: Export, writer: Writer, served: Callable[[Item], Item]
) -> AsyncIterator[bytes]:
    begin = writer.begin()
    if stream.walk is not None:
        connect = partial(request.app.state.get_connection, request, "r")
        async for items in stream.walk.batches(connect):
            yield begin + writer.write([served(item) for item in items])
            begin = b""
    yield begin


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        if part:
            yield part


def _file_name(search: Search) -> str:
    """The collection's id where there is one alone."""
    (name,) = search.collections if len(search.collections) == 1 else ("flatsim",)
    return _UNSAFE.sub("-", name).strip("-.")[:100] or "flatsim"
