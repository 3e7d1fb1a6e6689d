"""Conditional requests: validators, 304 and `Cache-Control`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders

from catalog_builder.vocab.release import __version__

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATE_KEY: Final = "last_modified"
_ETAG_KEY: Final = "etag"
_ETAG_BYTES: Final = 16
_BODY_HEADERS: Final = (b"content-length", b"content-type", b"content-encoding")
"""Headers of a body, which a 304 has not."""
_MANAGEMENT: Final = "/_mgmt/"


def set_last_modified(request: Request, moment: str | None) -> None:
    """Set `Last-Modified` of the answer from the document's `updated`."""
    setattr(request.state, _STATE_KEY, moment or "")


def set_etag(request: Request, *parts: bytes) -> None:
    """Set the ETag of the answer from what identifies it, instead of from its bytes."""
    digest = blake2b(digest_size=_ETAG_BYTES)
    for part in (__version__.encode(), *parts):
        digest.update(len(part).to_bytes(8) + part)
    setattr(request.state, _ETAG_KEY, f'W/"{digest.hexdigest()}"')


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and time of change of an answer, to be sent again with the same answer."""

    etag: str
    changed: str | None

    def apply(self, request: Request) -> None:
        """Set them for the answer to a request."""
        setattr(request.state, _ETAG_KEY, self.etag)
        if self.changed is not None:
            setattr(request.state, _STATE_KEY, self.changed)


def make_validators(request: Request, body: bytes) -> Validators:
    """The validators of the answer that was made for a request."""
    return Validators(_body_tag(body), getattr(request.state, _STATE_KEY, None))


def _body_tag(body: bytes) -> str:
    return f'W/"{blake2b(body, digest_size=_ETAG_BYTES).hexdigest()}"'


class ConditionalResponses:
    """Give answers to GET a weak ETag and `Cache-Control`, and answer 304 to clients that have them already.

    The ETag is made from the bytes before they are compressed, so that it holds for every coding, or from what
    `set_etag` was given. Answers that come in parts without that are passed on as they come, and answers with their own
    validators, such as files, are left alone.
    An answer is made of a document and of the service, so its `Last-Modified` is never before the service's start.
    """

    def __init__(self, app: ASGIApp, max_age_s: int) -> None:
        self.app = app
        self._cache_control = f"public, max-age={max_age_s}" if max_age_s else "no-cache"
        self._started = datetime.now(UTC)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        await self.app(scope, receive, _Answer(scope, send, self._cache_control, self._started).send)


class _Answer:
    """One answer on its way: its head waits until the first part of its body shows whether it is the only one."""

    def __init__(self, scope: Scope, send: Send, cache_control: str, started: datetime) -> None:
        self._scope = scope
        self._started = started
        self._send = send
        self._cache_control = cache_control
        self._start: Message | None = None
        self._is_done = False

    async def send(self, message: Message) -> None:
        """Pass on one message."""
        if self._is_done:
            return  # the rest of an answer that the client has
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None and message["type"] == "http.response.body":
            headers = MutableHeaders(scope=start)
            self._mark(start["status"], headers)
            value = self._scope["state"].get(_ETAG_KEY)
            is_whole = value or not message.get("more_body")
            if start["status"] == HTTPStatus.OK and "etag" not in headers and is_whole:
                start, message = self._validated(start, headers, message, value)
        if start is not None:
            await self._send(start)
        await self._send(message)

    def _mark(self, status: int, headers: MutableHeaders) -> None:
        """How long the answer may be cached: a while if it is a success, not at all if it is an error."""
        path = self._scope["path"].removeprefix(self._scope.get("root_path", ""))
        if status >= HTTPStatus.BAD_REQUEST or path.startswith(_MANAGEMENT):
            headers["cache-control"] = "no-store"
        else:
            headers.setdefault("cache-control", self._cache_control)

    def _validated(
        self, start: Message, headers: MutableHeaders, message: Message, etag: str | None
    ) -> tuple[Message, Message]:
        """The answer with its validators, or the one that says it is still the same."""
        headers["etag"] = etag or _body_tag(message.get("body", b""))
        if (value := self._scope["state"].get(_STATE_KEY)) is not None:
            headers["last-modified"] = format_datetime(max(_moment(value, self._started), self._started), usegmt=True)
        if not is_not_modified(Headers(scope=self._scope), headers):
            return start, message
        headers.add_vary_header("Accept-Encoding")  # as the compressed answer has it
        headers_left: list[Any] = [(name, value) for name, value in headers.raw if name not in _BODY_HEADERS]
        self._is_done = True
        return {**start, "status": HTTPStatus.NOT_MODIFIED, "headers": headers_left}, {
            "type": message["type"],
            "body": b"",
        }


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # none, or no time
        return otherwise


def is_not_modified(request: Headers, answer: MutableHeaders) -> bool:
    """Whether the client's copy is the answer (RFC 9110, 13.2.2): its ETag decides, and only without one its date."""
    if "if-none-match" in request:
        value = ",".join(request.getlist("if-none-match"))
        tags = [set_etag.strip().removeprefix("W/") for set_etag in value.split(",")]
        return value.strip() == "*" or answer["etag"].removeprefix("W/") in tags
    since, changed = request.get("if-modified-since"), answer.get("last-modified")
    if since is None or changed is None:
        return False
    try:
        return parsedate_to_datetime(since) >= parsedate_to_datetime(changed)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False
