"""The `datetime` parameter: an instant, a day, a month, a year, or an interval of any of them, read as UTC.

RFC 3339 and the STAC API know instants only. People also write `2020-03` and mean all of March: that is what they get,
with both ends belonging to it. Only what can be read in one way is read.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from api.errors import InvalidParameter

OPEN: Final = ("", "..")
"""How an end of an interval that is not bounded is written."""

_MAX_OFFSET_H: Final = 23
_EXPECTED: Final = (
    "expected 2020-03-01T04:39:00Z, 2020-03-01, 2020-03 or 2020, or two of them as start/end, with .. for an open end"
)

# A blank before the offset is a "+" that was not percent-encoded; before the time RFC 3339 allows it.
_MOMENT: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.](?P<fraction>\d+))?"
    r"(?P<offset>[Zz]|[-+ ]\d\d:\d\d))?)?)?",
    re.ASCII,
)

_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of time; an end that is None is open.

    >>> str(Interval.parse("2020-02"))
    '2020-02-01T00:00:00Z/2020-02-29T23:59:59.999999Z'
    >>> str(Interval.parse("2020-01-01t02:00:00+02:00"))
    '2020-01-01T00:00:00Z'
    >>> str(Interval.parse("2016-12-31T23:59:60Z/.."))
    '2017-01-01T00:00:00Z/..'
    """

    start: datetime | None
    end: datetime | None

    @classmethod
    def parse(cls, text: str, parameter: str = "datetime", *, strict: bool = False) -> Interval:
        """Read what a request says.

        Args:
            text: An instant with its offset, a date, a month, a year, or two of them with `/` between.
            parameter: What the refusal names.
            strict: Instants only, as the letter of the STAC API has it.

        Raises:
            InvalidParameter: It cannot be read, or ends before it starts.
        """
        parts = text.split("/")
        if len(parts) == 1:
            return cls(*_span(parts[0], parameter, strict=strict))
        if len(parts) != 2:  # noqa: PLR2004
            raise InvalidParameter(parameter=parameter, reason="more than one / in the interval")
        first, last = parts
        if first in OPEN and last in OPEN:
            raise InvalidParameter(
                parameter=parameter, reason="both ends are open; give a start, an end, or leave it out"
            )
        start = None if first in OPEN else _span(first, f"{parameter} (start)", strict=strict)[0]
        end = None if last in OPEN else _span(last, f"{parameter} (end)", strict=strict)[1]
        if start and end and end < start:
            raise InvalidParameter(parameter=parameter, reason=f"the end {last} lies before the start {first}")
        return cls(start, end)

    def __str__(self) -> str:
        """As the STAC API writes it: one instant, or `start/end` with `..` for an open end."""
        if self.start == self.end and self.start is not None:
            return _written(self.start)
        return "/".join(".." if moment is None else _written(moment) for moment in (self.start, self.end))


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _span(text: str, parameter: str, *, strict: bool) -> tuple[datetime, datetime]:
    """First and last moment of an instant, a day, a month or a year."""
    found = _MOMENT.fullmatch(text)
    if found is None or (strict and found["hour"] is None):
        raise InvalidParameter(parameter=parameter, reason=_unreadable(text))
    try:
        if found["hour"] is not None:
            moment = _instant(found)
            return moment, moment
        return _whole(found)
    except (ValueError, OverflowError) as error:
        raise InvalidParameter(parameter=parameter, reason=f"{text}: {error}") from error


def _unreadable(text: str) -> str:
    shown = repr(text[:60])
    if re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.]\d+)?)?", text):
        return f"{shown} has no offset from UTC or no seconds; write it as 2020-03-01T04:39:00Z"
    if re.match(r"[-+]?\d{5,}|-", text):
        return f"{shown}: the year must be from 0001 to 9999"
    return f"{shown} is not a time; {_EXPECTED}"


def _whole(found: re.Match[str]) -> tuple[datetime, datetime]:
    """First and last moment of the day, month or year that was matched."""
    year, month, day = int(found["year"]), found["month"], found["day"]
    start = datetime(year, int(month or 1), int(day or 1), tzinfo=UTC)
    last_month = int(month or 12)
    last_day = int(day or monthrange(year, last_month)[1])
    end = datetime(year, last_month, last_day, 23, 59, 59, 999_999, tzinfo=UTC)
    return start, end


def _instant(found: re.Match[str]) -> datetime:
    """The matched instant in UTC; digits below the microsecond are cut off."""
    year, month, day, hour, minute, second = (int(part) for part in found.group(*_PARTS))
    leap = second == 60  # noqa: PLR2004
    microsecond = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    zone = _zone(found["offset"])
    moment = datetime(year, month, day, hour, minute, 59 if leap else second, microsecond, zone).astimezone(UTC)
    if not leap:
        return moment
    if (moment.month, moment.day, moment.hour, moment.minute) not in ((6, 30, 23, 59), (12, 31, 23, 59)):
        msg = "a second 60 is only at the end of June or December, 23:59:60 UTC"
        raise ValueError(msg)
    # POSIX time, which the database keeps, has no such second: it is the first of the next day
    return moment.replace(microsecond=0) + timedelta(seconds=1)


def _zone(offset: str) -> timezone:
    if offset in "Zz":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > _MAX_OFFSET_H or minutes > 59:  # noqa: PLR2004
        msg = f"{offset.strip()} is not an offset from UTC"
        raise ValueError(msg)
    return timezone((-1 if offset[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
