"""Building blocks of statements: trusted text, and bound values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

_OUTERMOST: Final = {
    datetime.min.replace(tzinfo=UTC): "'0001-01-01 00:00:00+00'::timestamptz",
    datetime.max.replace(tzinfo=UTC): "'9999-12-31 23:59:59.999999+00'::timestamptz",
}
"""The first and the last time of Python, which asyncpg would bind as `-infinity` and `infinity`."""


@dataclass(slots=True)
class Parameters:
    """The values bound to one statement, in order.

    >>> bound = Parameters()
    >>> f"id = {bound.bind('x', 'text')}", bound.values
    ('id = $1::text', ['x'])
    """

    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any, sql_type: str) -> str:
        """The placeholder of one more value."""
        if sql_type == "timestamptz" and value in _OUTERMOST:
            return _OUTERMOST[value]
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"


def all_of(parts: list[str]) -> str:
    """SQL that holds where each part does."""
    return " AND ".join(f"({part})" for part in parts) or "TRUE"


def any_of(parts: list[str]) -> str:
    """SQL that holds where one of the parts does."""
    return " OR ".join(f"({part})" for part in parts) or "FALSE"


def quote_identifier(name: str) -> str:
    """A name of a column.

    >>> print(quote_identifier('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'
