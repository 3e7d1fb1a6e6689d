"""Answers about the catalogue itself, kept as bytes for as long as they are right: landing page, collections, schemas.

Whether they still are is asked of the database for every request. That takes it a fraction of a millisecond, since no
document is read for it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stac_fastapi.types.requests import get_base_url
from starlette.responses import Response

from api.database import queries
from api.database.pool import sharing
from api.http.validators import Validators, validators_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    from starlette.requests import Request

KEPT_PATHS: Final = frozenset(
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

_TOLD: Final = (b"accept", b"accept-language")
"""Headers of a request that an answer may depend on, beside those by which proxies tell its address."""
_LONGEST_KEY: Final = 2000


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer and what it was made of."""

    version: Hashable
    body: bytes
    headers: list[tuple[bytes, bytes]]
    validators: Validators


@dataclass(slots=True)
class KeptAnswers:
    """Answers by request, those not asked for longest given up first.

    Attributes:
        settings: What else answers depend on that may change while the service runs.
        most_bytes: Of all bodies together.
    """

    settings: Callable[[], Hashable]
    most_bytes: int = 32 * 2**20
    _found: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)
    _bytes: int = 0

    async def answer(self, request: Request, make: Callable[[Request], Awaitable[Response]]) -> Response:
        """The answer to a request.

        Args:
            request: For one of `KEPT_PATHS`.
            make: Makes the answer where none is kept.
        """
        key = _key(request)
        async with request.app.state.get_connection(request, "r") as connection:
            version = (await queries.catalogue_version(connection), self.settings())
            if (kept := self._found.get(key)) is not None and kept.version == version:
                self._found.move_to_end(key)
                return _again(kept, request)
            with sharing(request, connection):
                response = await make(request)
        body = getattr(response, "body", None)
        if response.status_code == 200 and isinstance(body, bytes) and len(repr(key)) <= _LONGEST_KEY:  # noqa: PLR2004
            self._keep(key, _Kept(version, body, list(response.raw_headers), validators_of(request, body)))
        return response

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        self._give_up(key)
        self._found[key] = kept
        self._bytes += len(kept.body)
        while self._bytes > self.most_bytes:
            self._give_up(next(iter(self._found)))

    def _give_up(self, key: Hashable) -> None:
        if (found := self._found.pop(key, None)) is not None:
            self._bytes -= len(found.body)


def _key(request: Request) -> Hashable:
    told = tuple(pair for pair in request.scope["headers"] if pair[0] in _TOLD)
    return request.scope["path"], request.scope["query_string"], get_base_url(request), told


def _again(kept: _Kept, request: Request) -> Response:
    kept.validators.tell(request)
    response: Any = Response(kept.body)
    response.raw_headers = list(kept.headers)
    found: Response = response
    return found
