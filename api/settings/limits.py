"""How much one request may ask for, and how strictly it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_LIMIT: Final = 100
"""Items or collections on a page when the request does not say."""
MAX_LIMIT: Final = 10_000
"""A larger limit is served as this one; stac-fastapi holds the same number."""
MAX_VERTICES: Final = 20_000
"""Positions of one geometry."""

MAX_OFFSET: Final = 100_000
"""Items before a page that is asked for by its number."""
MAX_STREAM: Final = 1_000_000
"""Items of a whole result that is asked for in one answer."""
EXACT_COUNT: Final = 50_000
"""Matching items that are counted one by one; a larger number is estimated."""
COUNT_TIME_MS: Final = 200
"""Milliseconds for which they are counted before their number is estimated."""
MAX_FILTER_DEPTH: Final = 32
"""Operators or brackets in each other; filters that people write have fewer than ten, the parser bears no more."""
MAX_FILTER_CHARACTERS: Final = 262_144
"""Of a filter that is text."""
MAX_BUCKETS: Final = 10_000
"""Buckets of one aggregation; the limit of the services that clients of the extension know."""


@dataclass(frozen=True, slots=True)
class CountLimits:
    """How far matches are counted.

    Attributes:
        exact_up_to: A larger number is estimated.
        seconds: So is one that takes longer to count.
    """

    exact_up_to: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator sets for all requests.

    Attributes:
        max_limit: Entries on a page at most.
        max_vertices: Positions of one geometry at most.
        max_offset: Items before a page that is asked for by its number at most.
        max_stream: Items of one answer that is a whole result at most.
        strict_times: Whether `datetime` takes instants only.
        exact_count: Matching items that are counted; a larger number is estimated.
        count_time_ms: Milliseconds for which they are counted before their number is estimated.
        max_buckets: Buckets of one aggregation at most.
        max_filter_depth: Operators or brackets in each other in a filter at most.
        max_filter_characters: Characters of a filter that is text at most.
    """

    max_limit: int = MAX_LIMIT
    max_vertices: int = MAX_VERTICES
    max_offset: int = MAX_OFFSET
    max_stream: int = MAX_STREAM
    strict_times: bool = False
    exact_count: int = EXACT_COUNT
    count_time_ms: int = COUNT_TIME_MS
    max_buckets: int = MAX_BUCKETS
    max_filter_depth: int = MAX_FILTER_DEPTH
    max_filter_characters: int = MAX_FILTER_CHARACTERS

    @property
    def counting(self) -> CountLimits:
        """How far matches are counted."""
        return CountLimits(self.exact_count, self.count_time_ms / 1000)


DEFAULT_LIMITS: Final = Limits()
