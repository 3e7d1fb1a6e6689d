"""What is kept of the items of a collection, so that searches pass over collections that cannot hold what they ask for.

Builder and service write and read it; the service believes it only as `docs/decisions/0022-collections-passed-over.md`
says. In JSON:

    {"box": [west, south, east, north] or null,
     "values": {EXPRESSION: {"range": [least, greatest]} or {"set": [value, …]} or null}}

An expression is the SQL that pgstac reads a property by, so that a property that is read otherwise has other bounds.
One that is missing has none. Null is said of a property that no item has. Times are whole microseconds since
1970-01-01, ranges of text are in the order of code points.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

ID: Final = "id"
START: Final = "datetime"
"""pgstac's column of that name holds the start of an item's range."""
END: Final = "end_datetime"
DATETIME: Final = "to_tstz(content->'properties'->'datetime')"
"""The property of that name."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)
