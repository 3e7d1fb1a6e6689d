"""Texts of the tables of a track → values, and each line that is no data. Pure.

A table is read as one: the number of columns that most of its lines have is its shape, and a line of another shape is
no data, since no one knows which of its values is missing. What a line says twice (a date, days since the primary, the
decimal year) must agree. Nothing is repaired and nothing is guessed: a value is right or left out.

Columns: those that readers of real deliveries rely on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import isfinite, nan
from typing import Final, Generic, TypeAlias, TypeVar

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import DatePair
from catalog_builder.packages.names import compact_date

MAX_BASELINE_M: Final = 10_000.0
"""Far beyond the orbital tube of Sentinel-1, and beyond the critical baseline."""
MAX_RMS_RAD: Final = 1_000.0
"""Far beyond what is left of any phase after an inversion."""
YEAR_TOLERANCE: Final = 0.02
"""Of a decimal year, whose zero and length differ between programs by some days."""
MAX_FAULTS: Final = 10
"""Lines of one table that are reported one by one."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COMMENT = ("#", "!", "%", "//")
_WORD = re.compile(r"[A-Za-z_][\w.()\[\]/-]*", re.ASCII)
_LINE_END = re.compile(r"\r\n|\r|\n")
_DATES = re.compile(r"(?<!\d)(\d{8})[-_\s]+(\d{8})(?!\d)", re.ASCII)

Content = TypeVar("Content")
Range: TypeAlias = tuple[date, date]


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line that is no data, or a table that is not whole."""

    line: int | None
    """Counted from 1; None for the table."""
    reason: str
    value: str = ""

    @property
    def text(self) -> str:
        """In words, with the line."""
        return self.reason if self.line is None else f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Table(Generic[Content]):
    """What a table tells."""

    content: Content
    faults: tuple[LineFault, ...] = ()
    is_whole: bool = True
    """Whether nothing that it should tell is missing, as far as it can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Columns of a table, counted from 0."""

    dates: tuple[int, ...]
    columns: Callable[[int], bool]
    """Whether a table may have so many."""
    expected: str
    """Those numbers, in words."""
    index: int | None = None
    value: int | None = None
    limits: tuple[float, float] = (-float("inf"), float("inf"))
    unit: str = ""
    days: int | None = None
    """Days since the primary."""
    year: int | None = None
    """Decimal year."""


@dataclass(slots=True)
class _Row:
    line: int
    words: list[str]
    days: tuple[date, ...] = ()
    value: float = nan
    """NaN where it is left out."""


@dataclass(slots=True)
class _Reading:
    """A table while it is read."""

    shape: _Shape
    rows: list[_Row] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    is_whole: bool = True

    def tell(self, row: _Row, reason: str, value: str = "") -> None:
        """Of a line that still tells its dates."""
        self.faults.append(LineFault(row.line, reason, value))

    def drop(self, row: _Row, reason: str, value: str = "") -> None:
        """Of a line that is no data."""
        self.tell(row, reason, value)
        self.is_whole = False
        self.rows.remove(row)

    def table(self, content: Content) -> Table[Content]:
        ordered = sorted(self.faults, key=lambda fault: fault.line or 0)
        told = tuple(ordered[:MAX_FAULTS])
        if len(ordered) > MAX_FAULTS:
            more = len(ordered) - MAX_FAULTS
            told += (LineFault(None, f"{more} further lines cannot be read, the last of them line {ordered[-1].line}"),)
        return Table(content, told, self.is_whole)


_BASELINES: Final = _Shape(
    dates=(0,), value=1, days=2, year=4, limits=(-MAX_BASELINE_M, MAX_BASELINE_M), unit=" m",
    columns=lambda count: count in {2, 3} or count >= 5, expected="2, 3, 5 or more",  # noqa: PLR2004
)  # fmt: skip
_PAIRS: Final = _Shape(dates=(0, 1), columns=lambda count: count >= 2, expected="2")  # noqa: PLR2004
_FRACTIONS: Final = _Shape(
    dates=(0, 1), value=2, limits=(0.0, 1.0), columns=lambda count: count >= 3, expected="3"  # noqa: PLR2004
)  # fmt: skip
_EPOCHS: Final = _Shape(
    index=0, dates=(1,), value=2, limits=(0.0, MAX_RMS_RAD), unit=" rad",
    columns=lambda count: count >= 2, expected="3",  # noqa: PLR2004
)  # fmt: skip
_RMS: Final = _Shape(
    index=0, dates=(1, 2), value=3, limits=(0.0, MAX_RMS_RAD), unit=" rad",
    columns=lambda count: count >= 4, expected="4",  # noqa: PLR2004
)  # fmt: skip


def parse_baselines(text: str, within: Range | None = None) -> Table[dict[date, float]]:
    """`baseline.rsc` → perpendicular baseline in metres of each date.

    Args:
        text: the table.
        within: first and last date that it may hold.

    >>> parse_baselines("20151111 -12.5 0.0\\n").content
    {datetime.date(2015, 11, 11): -12.5}
    """
    reading = _read(text, _BASELINES, within)
    reading.is_whole = reading.is_whole and all(isfinite(row.value) for row in reading.rows)
    return reading.table({row.days[0]: row.value for row in reading.rows if isfinite(row.value)})


def parse_pairs(text: str, within: Range | None = None) -> Table[tuple[DatePair, ...]]:
    """`interf_pair.rsc` → all computed pairs, in file order."""
    reading = _read(text, _PAIRS, within)
    return reading.table(tuple(DatePair(*row.days) for row in reading.rows))


def parse_unwrapped_fraction(text: str, within: Range | None = None) -> Table[dict[DatePair, float]]:
    """`list_unw_frac.txt` → unwrapped fraction, 0 to 1, of each pair."""
    reading = _read(text, _FRACTIONS, within)
    return reading.table({DatePair(*row.days): row.value for row in reading.rows if isfinite(row.value)})


def parse_epochs(text: str, within: Range | None = None) -> Table[tuple[date, ...]]:
    """`RMSdate.txt` → dates of the cube in band order; where a line is no data, the bands after it are other ones.

    >>> parse_epochs("0 20151111 0.5\\n1 20151123 0.4\\n").content[1]
    datetime.date(2015, 11, 23)
    """
    reading = _read(text, _EPOCHS, within)
    return reading.table(tuple(row.days[0] for row in reading.rows))


def parse_rms(text: str, within: Range | None = None) -> Table[dict[DatePair, float]]:
    """`RMSinterfero.txt` → misclosure in radians of each pair kept in the inversion; NaN where it is left out."""
    reading = _read(text, _RMS, within)
    return reading.table({DatePair(*row.days): row.value for row in reading.rows})


def parse_stack(text: str, within: Range | None = None) -> Table[frozenset[DatePair]]:
    """`Stk-In_list_InU` → pairs of the stack: the two dates that each line names, in whatever file name or column.

    >>> [pair] = parse_stack("CNES_InU_radar_20151111_20151123_sd_era_8rlks.tiff\\n").content
    >>> pair.secondary
    datetime.date(2015, 11, 23)
    """
    reading = _Reading(_PAIRS)
    for line, content in _lines(text):
        match = _DATES.search(content)
        row = _Row(line, [match[1], match[2]] if match else [])
        reading.rows.append(row)
        if match is None:
            reading.drop(row, f"{_short(content)!r} names no two dates")
    _check_end(reading, text)
    _read_dates(reading, within)
    return reading.table(frozenset(DatePair(*row.days) for row in reading.rows))


def is_number(text: str) -> bool:
    """Whether a word is a decimal number as all programs read it, and finite.

    >>> [is_number(word) for word in ("-1.5e3", "1D3", "1,5", "****", "nan", "1_0")]
    [True, False, False, False, False, False]
    """
    return _NUMBER.fullmatch(text) is not None and isfinite(float(text))


def _read(text: str, shape: _Shape, within: Range | None) -> _Reading:
    reading = _Reading(shape)
    lines = [(line, content.split()) for line, content in _lines(text)]
    if lines and all(_WORD.fullmatch(word) for word in lines[0][1]):
        del lines[0]  # names of columns
    reading.rows = [_Row(line, words) for line, words in lines]
    if not reading.rows:
        reading.faults.append(LineFault(None, "holds no line of data"))
        reading.is_whole = False
    _check_columns(reading)
    _read_dates(reading, within)
    _read_numbers(reading)
    _check_end(reading, text)
    _check_agreement(reading)
    _check_index(reading)
    _check_repeats(reading)
    return reading


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that should be data, counted as editors do."""
    for line, content in enumerate(_LINE_END.split(text), start=1):
        content = content.strip()  # noqa: PLW2901
        if content and not content.startswith(_COMMENT):
            yield line, content


def _check_columns(reading: _Reading) -> None:
    counts = Counter(len(row.words) for row in reading.rows)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    is_allowed = reading.shape.columns(usual)
    for row in list(reading.rows):
        count = len(row.words)
        if not is_allowed:
            reading.drop(row, f"{count} columns, expected {reading.shape.expected}")
        elif count != usual:
            reading.drop(row, f"{count} columns, the table has {usual}")


def _read_dates(reading: _Reading, within: Range | None) -> None:
    for row in list(reading.rows):
        words = [row.words[column] for column in reading.shape.dates]
        try:
            row.days = tuple(compact_date("", word) for word in words)
        except PackageRefused:
            wrong = next(word for word in words if not _is_date(word))
            reading.drop(row, f"{_short(wrong)!r} is not a date (YYYYMMDD)", wrong)
            continue
        outside = [day for day in row.days if within and not within[0] <= day <= within[1]]
        if outside and within:
            reading.drop(row, f"{outside[0]} is not between {within[0]} and {within[1]}", str(outside[0]))
        elif len(row.days) > 1 and row.days[0] == row.days[1]:
            reading.drop(row, f"both dates are {row.days[0]}", str(row.days[0]))


def _is_date(word: str) -> bool:
    try:
        compact_date("", word)
    except PackageRefused:
        return False
    return True


def _read_numbers(reading: _Reading) -> None:
    """All columns but dates are numbers; the one that is published must be within its limits too."""
    shape = reading.shape
    low, high = shape.limits
    for row in reading.rows:
        for column, word in enumerate(row.words):
            if column not in shape.dates and not is_number(word):
                reading.tell(row, f"{_short(word)!r} is not a number", word)
        if shape.value is None or shape.value >= len(row.words) or not is_number(row.words[shape.value]):
            continue
        word = row.words[shape.value]
        if low <= float(word) <= high:
            row.value = float(word)
        else:
            limits = f"between {low:g} and {high:g}{shape.unit}"
            days = "/".join(map(str, row.days))
            reading.tell(row, f"{_short(word)} of {days} is not {limits}", word)


def _check_end(reading: _Reading, text: str) -> None:
    """A table that was cut off ends in the middle of a line: its last number may lack digits, and lines be missing."""
    if not reading.rows or text.endswith(("\n", "\r")):
        return
    last = reading.rows[-1]
    reading.is_whole = False
    reading.tell(last, "the table ends without a line break, as one that was cut off", last.words[-1])
    if reading.shape.value is not None and len(last.words) == reading.shape.value + 1:
        last.value = nan


def _check_agreement(reading: _Reading) -> None:
    """Days since the primary and decimal year, where the table has such columns, are those of the date."""
    shape = reading.shape
    _check_told_twice(reading, shape.year, "the decimal year", lambda row, told: abs(told - _year_of(row.days[0])))
    if shape.days is None or shape.year is None:
        return
    rows = [row for row in reading.rows if len(row.words) > shape.year and is_number(row.words[shape.days])]
    origins = Counter(round(row.days[0].toordinal() - float(row.words[shape.days])) for row in rows)
    origin, count = next(iter(origins.most_common(1)), (0, 0))
    if count >= 2:  # noqa: PLR2004 (two lines that agree tell what the column is)
        _check_told_twice(
            reading, shape.days, "the number of days since the primary",
            lambda row, told: abs(row.days[0].toordinal() - told - origin) / 100,
        )  # fmt: skip


def _check_told_twice(
    reading: _Reading, column: int | None, words: str, distance: Callable[[_Row, float], float]
) -> None:
    """Drop rows in which a column disagrees, if it agrees in any: else it holds something else."""
    if column is None:
        return
    rows = [row for row in reading.rows if len(row.words) > max(column, 4) and is_number(row.words[column])]
    wrong = [row for row in rows if distance(row, float(row.words[column])) >= YEAR_TOLERANCE / 2]
    if len(wrong) == len(rows):
        return
    for row in wrong:
        told = row.words[column]
        reading.drop(row, f"{words} {_short(told)} is not that of {row.days[0]}", told)


def _year_of(day: date) -> float:
    start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day - start).days / (end - start).days


def _check_index(reading: _Reading) -> None:
    """A first column that counts tells of lines that are missing, and of a line that is another one's."""
    column = reading.shape.index
    if column is None:
        return
    rows = [row for row in reading.rows if re.fullmatch(r"\d{1,9}", row.words[column], re.ASCII)]
    numbers = [int(row.words[column]) for row in rows]
    steps = Counter(later - earlier for earlier, later in pairwise(numbers))
    if not numbers or steps[1] * 2 < steps.total():  # it does not count
        return
    is_odd = len(numbers) > 1 and numbers[0] not in {0, 1} and numbers[1] != numbers[0] + 1
    expected = numbers[1] - 1 if is_odd else numbers[0]
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if number != expected:
            follows = numbers[place + 1] if place + 1 < len(numbers) else None
            is_odd = follows == expected + 1
            reading.tell(row, f"number {number} where {expected} is due", str(number))
            reading.is_whole = False
            expected = expected if is_odd else number
        expected += 1


def _check_repeats(reading: _Reading) -> None:
    """A date or pair stands once; of one that stands twice with two values neither is published."""
    first: dict[frozenset[date], _Row] = {}
    for row in list(reading.rows):
        key = frozenset(row.days)
        if key not in first:
            first[key] = row
            continue
        days = "/".join(map(str, row.days))
        if reading.shape.index is not None and len(row.days) == 1:  # bands, whose number counts
            continue
        if first[key].value != row.value:
            first[key].value = nan
        reading.tell(row, f"{days} is already in line {first[key].line}", days)
        reading.rows.remove(row)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}\N{HORIZONTAL ELLIPSIS}"  # noqa: PLR2004
