"""Every error that the service raises on purpose; `api.http.error_responses` has their statuses and answers.

ServiceError
├── StartError             the service cannot start as it is set; has no status
├── InvalidParameter       a parameter of the request cannot be understood
├── InvalidSearch          the request is well formed, but the database cannot carry it out as asked
├── NotAcceptable          the client takes none of the forms that an answer can have
├── WrongContentType       the body is of a kind that is not read
├── NotFound               nothing of that name here
├── NotReadable            a file is there, but the service may not read it
├── RangeNotSatisfiable    none of the byte ranges lies in the file
└── Unavailable            try again later
    ├── SlowSearch         the database gave up after the statement timeout
    ├── Overloaded         more is asked for than can be answered at once
    └── DatabaseUnavailable
"""

from __future__ import annotations

from typing import Final

RETRY_AFTER_S: Final = 5
"""Seconds a client is asked to wait after a 503."""


class ServiceError(Exception):
    """Base of all errors raised on purpose; its message is meant for the user."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers the answer carries."""
        return {}


class StartError(ServiceError):
    """The service cannot start as it is set."""


class InvalidParameter(ServiceError):
    """A parameter of the request cannot be understood."""

    def __init__(self, *, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")


class InvalidSearch(ServiceError):
    """The database cannot carry out the search as asked."""


class WrongContentType(ServiceError):
    """The body is of a kind that is not read."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"Content-Type: {kind} is not supported; send JSON with `Content-Type: application/json`")

    @property
    def headers(self) -> dict[str, str]:
        """What is read."""
        return {"Accept-Post": "application/json"}


class NotAcceptable(ServiceError):
    """The client takes none of the forms that an answer can have."""


class NotFound(ServiceError):
    """Nothing of that name here."""


class NotReadable(ServiceError):
    """A file is there, but the service may not read it."""


class RangeNotSatisfiable(ServiceError):
    """None of the byte ranges asked for lies in the file."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"Range: the file has {size_bytes} bytes, none of the ranges lies in it")
        self.size_bytes = size_bytes

    @property
    def headers(self) -> dict[str, str]:
        """The size, so that the client can ask again."""
        return {"Content-Range": f"bytes */{self.size_bytes}"}


class Unavailable(ServiceError):
    """Try again later."""

    @property
    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"Retry-After": str(RETRY_AFTER_S)}


class SlowSearch(Unavailable):
    """The database gave up after the statement timeout."""


class Overloaded(Unavailable):
    """More is asked for than can be answered at once."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or does not answer as it should."""
