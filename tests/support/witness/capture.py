"""A pytest plugin that writes down the requests which tests send, for `record --captured FILE`.

    WITNESS_CAPTURE=FILE pytest -p witness.capture -p no:randomly --hypothesis-seed=0 tests/service/test_portals.py …

Requests of httpx2 (and so of Starlette's test client), requests and urllib are captured, in this process only.
"""

from __future__ import annotations

import os
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
import requests as requests_library

from witness.requests import WitnessRequest, drop_duplicates, write_requests

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PER_TEST: Final = 40
"""Property-based tests send thousands, most of them alike."""
MAX_CHARACTERS: Final = 20_000
_HOSTS: Final = ("127.0.0.1", "localhost", "testserver")
_OF_CONNECTION: Final = {"host", "user-agent", "connection", "content-length", "accept-encoding", "transfer-encoding",
                         "if-none-match", "if-modified-since", "if-match", "if-range", "x-request-id"}  # fmt: skip
_counts: Counter[str] = Counter()
_captured: list[WitnessRequest] = []


def _capture(method: str, address: str, headers: Iterable[tuple[str, str]], body: bytes | str | None) -> None:
    parts = urlsplit(address)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    content = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    is_signed = "token" in f"{parts.query}{content}" and len(f"{parts.query}{content}") > 100
    too_long = len(f"{address}{content}") > MAX_CHARACTERS or "\ufffd" in (content or "")
    if parts.hostname not in _HOSTS or is_signed or too_long or _counts[test] >= MAX_PER_TEST:
        return
    _counts[test] += 1
    target = parts.path or "/"
    kept = {name.title(): value for name, value in headers if name.lower() not in _OF_CONNECTION}
    kind = f"captured: {Path(test.partition('::')[0]).stem}"
    _captured.append(
        WitnessRequest(kind, method, f"{target}?{parts.query}" if parts.query else target, content or None, kept)
    )


def pytest_configure(config: pytest.Config) -> None:
    """Wrap the functions through which the clients send."""
    send, adapt, handle = (
        httpx.Client.send, requests_library.adapters.HTTPAdapter.send, urllib.request.AbstractHTTPHandler.do_open,
    )  # fmt: skip

    def httpx_send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        body = request.content if hasattr(request, "_content") else None
        _capture(request.method, str(request.url), request.headers.items(), body)
        return send(self, request, **options)

    def requests_send(self: Any, request: Any, *others: Any, **options: Any) -> Any:
        _capture(request.method, request.url, request.headers.items(), request.body)
        return adapt(self, request, *others, **options)

    def urllib_open(self: Any, http_class: Any, request: urllib.request.Request, **options: Any) -> Any:
        _capture(request.get_method(), request.full_url, request.header_items(), request.data)  # type: ignore[arg-type]
        return handle(self, http_class, request, **options)

    httpx.Client.send = httpx_send  # type: ignore[method-assign]
    requests_library.adapters.HTTPAdapter.send = requests_send  # type: ignore[method-assign]
    urllib.request.AbstractHTTPHandler.do_open = urllib_open  # type: ignore[assignment, method-assign]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the requests."""
    if file := os.environ.get("WITNESS_CAPTURE"):
        write_requests(Path(file), drop_duplicates(_captured))
