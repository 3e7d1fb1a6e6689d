"""A request for a page, and the JSON answer to the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from api.http.content_negotiation import PARAMETER
from api.http.page_negotiation import LANGUAGE, without

if TYPE_CHECKING:
    from api.http.page_renderer import MakeAnswer

_OWN: Final = (PARAMETER, LANGUAGE)
"""Parameters that are about the page alone."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page, and what answers the same in JSON."""

    request: Request
    make: MakeAnswer

    @property
    def query(self) -> str:
        """The query without what is about the page alone."""
        return without(self.request.url.query, *_OWN)

    @property
    def json_href(self) -> str:
        """Address of the same as JSON, below the root of the host."""
        path = self.request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        prefix = self.request.scope.get("root_path", "")
        path = path if path.startswith(prefix) else f"{prefix}{path}"
        return f"{path}?{'&'.join(part for part in (self.query, urlencode({PARAMETER: 'json'})) if part)}"

    async def json(self, **changes: str | None) -> Any:
        """The answer in JSON.

        Args:
            changes: Parameters that are set, or left out where None.

        Raises:
            ServiceError: The request failed.
        """
        unchanged = without(self.query, *changes)
        added = urlencode({name: value for name, value in changes.items() if value is not None})
        scope = {
            **self.request.scope,
            "query_string": "&".join(part for part in (unchanged, added) if part).encode(),
            "headers": [pair for pair in self.request.scope["headers"] if pair[0] != b"accept"],
            "state": dict(self.request.scope.get("state", {})),  # validators of the JSON are none of the page
        }
        return orjson.loads((await self.make(Request(scope, self.request.receive))).body)
