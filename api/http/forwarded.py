"""Where a request came in: host, scheme and prefix that a proxy hands on, trusted only from configured proxies.

Every address in an answer is made from them, so whoever may set them decides where clients go next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from api.http.error_responses import error_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

ANYBODY: Final = "*"

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_SCHEMES: Final = ("http", "https")
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_PAIR: Final = re.compile(r"\s*([A-Za-z-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*))\s*")
_KEEP_SLASH: Final = ("/browser/", "/data/", "/thumbnails/")
"""Folders whose addresses end with a slash on purpose, or that name files."""


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The proxies that are believed.

    >>> trusted = TrustedProxies.parse("127.0.0.1, 10.0.0.0/8")
    >>> "10.1.2.3" in trusted, "8.8.8.8" in trusted, None in trusted
    (True, False, False)
    """

    anybody: bool
    networks: tuple[IPv4Network | IPv6Network, ...]
    names: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> TrustedProxies:
        """Read addresses and networks with commas between them; `*` trusts every peer. Anything else is a host name."""
        parts = [part for part in (piece.strip() for piece in text.split(",")) if part]
        networks, names = [], set()
        for part in parts:
            try:
                networks.append(ip_network(part, strict=False))
            except ValueError:
                names.add(part)
        return cls(ANYBODY in names, tuple(networks), frozenset(names))

    def __contains__(self, host: str | None) -> bool:
        if self.anybody or host in self.names:
            return True
        address = _address(host)
        return address is not None and any(address in network for network in self.networks)


def _address(host: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy tells of the request that reached it."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None


class ForwardedHeaders:
    """Put host, scheme, prefix and client of the original request into the scope, and the path into one form.

    `Forwarded` (RFC 7239) counts before `X-Forwarded-*`. The path gets the prefix whether the proxy sends it on or not:
    ASGI wants it both in the path and as `root_path`. A slash at the end of an address makes no difference.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: TrustedProxies) -> None:
        self.app = app
        self._root_path = root_path
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = dict(scope)
        peer = scope["client"][0] if scope.get("client") else None
        prefix = self._root_path
        if peer in self._trusted:
            headers = Headers(scope=scope)
            _apply(scope, _original(headers, self._trusted))
            value = headers.get("x-forwarded-prefix", "").rstrip("/")
            prefix = prefix or (value if _PREFIX.fullmatch(value) else "")
        host = Headers(scope=scope).get("host")
        if host is not None and not _HOST.fullmatch(host):
            answer = error_response(
                scope, HTTPStatus.BAD_REQUEST, "InvalidParameter", "Host: the header is not a host name"
            )
            await answer(scope, receive, send)
            return
        scope["root_path"], scope["path"] = prefix, _plain_path(scope["path"], prefix)
        await self.app(scope, receive, send)


def _plain_path(path: str, prefix: str) -> str:
    """The path with its prefix, and without a slash at its end that means nothing."""
    inner = path.removeprefix(prefix) if path == prefix or path.startswith(f"{prefix}/") else path
    if not inner.startswith(_KEEP_SLASH):
        inner = inner.rstrip("/") or "/"
    return f"{prefix}{inner}"


def _apply(scope: Scope, hop: _Hop) -> None:
    if hop.scheme in _SCHEMES:
        scope["scheme"] = hop.scheme
    if hop.client:
        scope["client"] = (hop.client, 0)
    if hop.host and _HOST.fullmatch(hop.host):
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["host"] = hop.host
        scope["headers"] = headers.raw


def _original(headers: Headers, trusted: TrustedProxies) -> _Hop:
    """What the outermost proxy that is trusted tells."""
    hops = _forwarded_hops(headers.getlist("forwarded")) or _x_forwarded_hops(headers)
    found = _Hop()
    for hop in reversed(hops):  # the last one was added by the proxy next to us
        found = _Hop(hop.client or found.client, hop.scheme or found.scheme, hop.host or found.host)
        if hop.client not in trusted:
            break
    return found


def _forwarded_hops(values: Sequence[str]) -> list[_Hop]:
    """The elements of `Forwarded`, the outermost first."""
    hops = []
    for element in _split(",".join(values)):
        pairs = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(element)}
        if pairs:
            hops.append(
                _Hop(_without_port(pairs.get("for")), pairs.get("proto", "").lower() or None, pairs.get("host"))
            )
    return hops


def _x_forwarded_hops(headers: Headers) -> list[_Hop]:
    """The same from `X-Forwarded-*`, whose lists may have different lengths: their ends belong together."""
    clients, schemes, hosts, ports = (
        _split(",".join(headers.getlist(f"x-forwarded-{name}"))) for name in ("for", "proto", "host", "port")
    )
    hops = []
    for back in range(1, max(len(clients), len(schemes), len(hosts), 1) + 1):
        scheme, host, port = _at(schemes, back), _at(hosts, back), _at(ports, back)
        if host and port and ":" not in host and port.isdecimal() and _DEFAULT_PORTS.get(scheme or "") != port:
            host = f"{host}:{port}"
        hops.append(_Hop(_without_port(_at(clients, back)), scheme.lower() if scheme else None, host))
    return hops[::-1]


_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


def _split(text: str) -> list[str]:
    """Parts between commas; RFC 7239 allows commas in quotes, where no host or address has one."""
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def _at(values: Sequence[str], back: int) -> str | None:
    return values[-back] if back <= len(values) else None


def _without_port(address: str | None) -> str | None:
    """The address in `192.0.2.43:47011` or `[2001:db8::17]:4711`; names like `_hidden` stay."""
    if address is None:
        return None
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
