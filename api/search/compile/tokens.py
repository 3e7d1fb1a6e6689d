"""Tokens: a place in the order of a search, as opaque text.

A token holds the sort values of the item at the edge of a page, so that the next page begins right after it, whether
that item is still there or not. It is signed together with the search, and taken for that search alone. The number of
items on a page and the fields may change from page to page.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.errors import InvalidParameter
from api.search.compile.query import Cursor
from api.search.properties import Kind

if TYPE_CHECKING:
    from api.search.compile.query import CompiledQuery
    from api.search.model import SortKey

_SIGNATURE_BYTES: Final = 12
_MAX_LENGTH: Final = 4096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DIRECTIONS: Final = {b"n": (False, False), b"N": (False, True), b"p": (True, False), b"P": (True, True)}
"""First byte of a token: whether it leads backwards, and whether the item at the place belongs to the page."""
_LETTERS: Final = {direction: letter for letter, direction in _DIRECTIONS.items()}


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Makes and reads the tokens of one search.

    Attributes:
        secret: What the signatures are made with.
        query: The search.
    """

    secret: bytes
    query: CompiledQuery

    def write(self, cursor: Cursor) -> str:
        """The token of a place."""
        values = [_packed(key, value) for key, value in zip(self.query.keys, cursor.values, strict=True)]
        payload = _LETTERS[cursor.backwards, cursor.inclusive] + orjson.dumps(values)
        return _encoded(self._signature(payload) + payload)

    def read(self, token: str) -> Cursor:
        """The place a token holds.

        Raises:
            InvalidParameter: The token is not one of this search.
        """
        signed = _decoded(token)
        signature, payload = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            reason = "not a token of this search: the token or the search was changed; start again without it"
            raise InvalidParameter(parameter="token", reason=reason)
        values = orjson.loads(payload[1:])
        place = tuple(_unpacked(key, value) for key, value in zip(self.query.keys, values, strict=True))
        return Cursor(place, *_DIRECTIONS[payload[:1]])

    def _signature(self, payload: bytes) -> bytes:
        keys = [(key.property.name, key.descending) for key in self.query.keys]
        content = repr((self.query.fingerprint, keys)).encode()
        return hmac.digest(self.secret, sha256(content).digest() + payload, "sha256")[:_SIGNATURE_BYTES]


def _encoded(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _decoded(token: str) -> bytes:
    try:
        if len(token) > _MAX_LENGTH:
            return b""
        raw = token.encode("ascii")
        signed = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except ValueError:
        return b""
    return signed if _encoded(signed) == token else b""  # the decoder overlooks a lot


def _packed(key: SortKey, value: Any) -> Any:
    return (value - _EPOCH) // _MICROSECOND if value is not None and key.property.kind is Kind.TIME else value


def _unpacked(key: SortKey, value: Any) -> Any:
    return _EPOCH + value * _MICROSECOND if value is not None and key.property.kind is Kind.TIME else value
