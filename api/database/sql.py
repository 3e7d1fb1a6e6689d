"""Building blocks of statements: trusted text, and bound values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
