"""Numbers, dates and sizes as they are printed in each language."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from api.http.page_negotiation import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUS: Final = "\N{MINUS SIGN}"
THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_DECIMAL: Final = {Language.ENGLISH: ".", Language.FRENCH: ","}
_MONTHS: Final = {
    Language.ENGLISH: ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                       "November", "December"),
    Language.FRENCH: ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                      "novembre", "décembre"),
}  # fmt: skip

UNITS: Final[Mapping[str, Mapping[Language, str]]] = {
    "d": {Language.ENGLISH: "d", Language.FRENCH: "j"},
    "deg": {Language.ENGLISH: "°", Language.FRENCH: "°"},
    "1": {Language.ENGLISH: "", Language.FRENCH: ""},
    "rad/a": {Language.ENGLISH: "rad/yr", Language.FRENCH: "rad/an"},
    "mm/a": {Language.ENGLISH: "mm/yr", Language.FRENCH: "mm/an"},
    "cm/a": {Language.ENGLISH: "cm/yr", Language.FRENCH: "cm/an"},
    "m/a": {Language.ENGLISH: "m/yr", Language.FRENCH: "m/an"},
}
"""UCUM codes that are printed otherwise."""
_CLOSE: Final = "°"
"""Units that follow their number without a space."""
_STEP: Final = 1000
_BYTES: Final = {
    Language.ENGLISH: ("B", "kB", "MB", "GB", "TB", "PB"),
    Language.FRENCH: ("o", "ko", "Mo", "Go", "To", "Po"),
}
_MOST_DIGITS: Final = 15
_LARGEST: Final = 1e300
_GROUP: Final = 3
_UNGROUPED: Final = 4


def typeset(french: str) -> str:
    """French as it is printed: typographic apostrophes, and no line that begins with a colon.

    >>> typeset("L'emprise : ici").encode("ascii", "namereplace").decode()
    'L\\\\N{RIGHT SINGLE QUOTATION MARK}emprise\\\\N{NO-BREAK SPACE}: ici'
    """
    return french.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}").replace(" :", "\N{NO-BREAK SPACE}:")


def unit_text(unit: str | None, language: Language) -> str:
    """A UCUM code as it is printed; nothing for a ratio."""
    return UNITS[unit][language] if unit is not None and unit in UNITS else (unit or "")


def is_number(value: Any) -> bool:
    """Whether a value is a number that can be printed and counted with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def number_text(value: Any, language: Language, unit: str | None = None, digits: int | None = None) -> str:
    """A number with its unit; what is not a number as it is.

    Args:
        value: The number.
        language: It is printed for.
        unit: UCUM code.
        digits: After the point; without it those the number has.

    >>> number_text(-1234567.5, Language.FRENCH, "m").replace(THIN, "_").replace(MINUS, "-")
    '-1_234_567,5_m'
    >>> number_text(38.47, Language.ENGLISH, "deg")
    '38.47°'
    """
    if not is_number(value):
        return str(value)
    text = f"{abs(value):.{digits}f}" if digits is not None else _plain(abs(value))
    if "e" in text:
        text = text.replace("e-", f"e{MINUS}")
    else:
        whole, _, rest = text.partition(".")
        text = _grouped(whole) + (_DECIMAL[language] + rest if rest else "")
    shown = unit_text(unit, language)
    is_negative = value < 0 and any(letter in "123456789" for letter in text)
    return (MINUS if is_negative else "") + text + (("" if shown in _CLOSE else THIN) + shown if shown else "")


def _plain(value: float) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_MOST_DIGITS else f"{float(value):.{_MOST_DIGITS}g}".replace("e+", "e")
    return f"{value:.{_MOST_DIGITS}g}".replace("e+", "e")


def _grouped(whole: str) -> str:
    if len(whole) <= _UNGROUPED:
        return whole
    first = len(whole) % _GROUP
    parts = [whole[:first]] if first else []
    return THIN.join(parts + [whole[place : place + _GROUP] for place in range(first, len(whole), _GROUP)])


def degrees_text(value: float, language: Language, directions: str) -> str:
    r"""Degrees on a map, to a tenth.

    Args:
        value: Positive to the first direction.
        language: It is printed for.
        directions: The letters of both.

    >>> degrees_text(-20.04, Language.ENGLISH, "EW").replace("\N{NO-BREAK SPACE}", " ")
    '20° W'
    """
    rounded = round(value, 1)
    text = f"{number_text(abs(rounded) if rounded % 1 else int(abs(rounded)), language)}°"
    return f"{text}\N{NO-BREAK SPACE}{directions[rounded < 0]}" if rounded else text


def moment_of(value: Any) -> datetime | None:
    """A time of RFC 3339 in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def day_text(value: Any, language: Language) -> str:
    r"""The day of a time, in UTC; what is not a time as it is.

    >>> day_text("2016-08-01T04:39:14Z", Language.FRENCH).replace("\N{NO-BREAK SPACE}", " ")
    '1er août 2016'
    """
    moment = moment_of(value)
    if moment is None:
        return str(value)
    day = "1er" if moment.day == 1 and language is Language.FRENCH else str(moment.day)
    return f"{day}\N{NO-BREAK SPACE}{_MONTHS[language][moment.month - 1]}\N{NO-BREAK SPACE}{moment.year}"


def moment_text(value: Any, language: Language) -> str:
    """Day and time of day, in UTC; what is not a time as it is."""
    moment = moment_of(value)
    if moment is None:
        return str(value)
    return f"{day_text(value, language)}, {moment:%H:%M:%S}\N{NO-BREAK SPACE}UTC"


def size_text(value: Any, language: Language) -> str:
    """A number of bytes in decimal units, with three digits.

    >>> size_text(77656, Language.ENGLISH).replace(THIN, " "), size_text(999_999, Language.FRENCH).replace(THIN, " ")
    ('77.7 kB', '1 Mo')
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return ""
    amount, power = float(value), 0
    while float(f"{amount:.3g}") >= _STEP and power < len(_BYTES[language]) - 1:
        amount, power = amount / _STEP, power + 1
    return f"{number_text(float(f'{amount:.3g}'), language)}{THIN}{_BYTES[language][power]}"
