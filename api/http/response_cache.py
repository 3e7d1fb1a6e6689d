"""Answers about the catalogue itself, cached until the catalogue changes: landing page, collections, schemas.

Every request asks the database for the version of the catalogue, which takes a fraction of a millisecond: no document
is read for it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stac_fastapi.types.requests import get_base_url
from starlette.responses import Response

from api.database import queries
from api.database.pool import sharing
from api.http.validators import Validators, make_validators
from api.single_flight import SingleFlight

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    from starlette.requests import Request

CACHED_PATHS: Final = frozenset(
    {
        "/",
        "/collections",
        "/collections/{collection_id}",
        "/queryables",
        "/collections/{collection_id}/queryables",
        "/sortables",
        "/collections/{collection_id}/sortables",
    }
)
"""Addresses whose answers follow from collections and queryables, from the settings, and from the request."""

_NEGOTIATION_HEADERS: Final = (b"accept", b"accept-language")
"""Headers of a request that an answer may depend on, besides those by which proxies give its address."""
_LONGEST_KEY: Final = 2000


@dataclass(frozen=True, slots=True)
class _CachedResponse:
    """An answer and what it was made of."""

    version: Hashable
    body: bytes
    headers: list[tuple[bytes, bytes]]
    validators: Validators


@dataclass(slots=True)
class ResponseCache:
    """Answers by request; the least recently used are evicted first.

    Attributes:
        settings: What else answers depend on that may change while the service runs.
        max_bytes: Of all bodies together.
    """

    settings: Callable[[], Hashable]
    max_bytes: int = 32 * 2**20
    _entries: OrderedDict[Hashable, _CachedResponse] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _flights: SingleFlight = field(default_factory=SingleFlight)

    async def answer(self, request: Request, make: Callable[[Request], Awaitable[Response]]) -> Response:
        """The answer to a request.

        Args:
            request: For one of `CACHED_PATHS`.
            make: Makes the answer if none is cached.
        """
        key = _key(request)
        async with request.app.state.get_connection(request, "r") as connection:
            version = (await queries.catalogue_version(connection), self.settings())
            if (cached := self._entries.get(key)) is not None and cached.version == version:
                self._entries.move_to_end(key)
                return _respond_again(cached, request)
            made: list[Response] = []

            async def make_cached() -> _CachedResponse | None:
                with sharing(request, connection):
                    made.append(await make(request))
                return _cacheable(request, version, made[0])

            shared = await self._flights.share((key, version), make_cached)
        if made and shared is not None and len(repr(key)) <= _LONGEST_KEY:
            self._store(key, shared)
        if made:
            return made[0]
        return _respond_again(shared, request) if shared is not None else await make(request)

    def _store(self, key: Hashable, cached: _CachedResponse) -> None:
        self._evict(key)
        self._entries[key] = cached
        self._bytes += len(cached.body)
        while self._bytes > self.max_bytes:
            self._evict(next(iter(self._entries)))

    def _evict(self, key: Hashable) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._bytes -= len(entry.body)


def _key(request: Request) -> Hashable:
    negotiation = tuple(pair for pair in request.scope["headers"] if pair[0] in _NEGOTIATION_HEADERS)
    return request.scope["path"], request.scope["query_string"], get_base_url(request), negotiation


def _cacheable(request: Request, version: Hashable, response: Response) -> _CachedResponse | None:
    """What is cached of an answer; None where it may not be."""
    body = getattr(response, "body", None)
    if response.status_code != 200 or not isinstance(body, bytes):  # noqa: PLR2004
        return None
    return _CachedResponse(version, body, list(response.raw_headers), make_validators(request, body))


def _respond_again(cached: _CachedResponse, request: Request) -> Response:
    cached.validators.apply(request)
    response: Any = Response(cached.body)
    response.raw_headers = list(cached.headers)
    entry: Response = response
    return entry
