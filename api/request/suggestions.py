"""Names in a request: unknown ones are refused, with the nearest known one as a suggestion."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from api.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN: Final = 80
"""Characters of an unknown name that are repeated in the answer."""
_LISTED: Final = 12
"""Known names are listed when nothing is near and there are no more of them than this."""


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, if any is.

    A part after the colon counts as a name too, since prefixes are what people forget.

    >>> find_nearest("sat:orbit_sate", ["sat:orbit_state", "sat:relative_orbit"])
    'sat:orbit_state'
    >>> find_nearest("relative_orbit", ["sat:orbit_state", "sat:relative_orbit"])
    'sat:relative_orbit'
    """
    spelled: dict[str, str] = {}
    for full in sorted(known):  # of two that differ in capitals alone, the one in small letters
        spelled.setdefault(full.partition(":")[2].lower() or full.lower(), full)
        spelled[full.lower()] = full
    found = get_close_matches(name[:_SHOWN].lower(), spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else None


def describe_unknown(name: str, known: Iterable[str], what: str) -> str:
    """The message about an unknown name.

    >>> describe_unknown("D80", ["a", "b"], "collection")
    "unknown collection 'D80'; available: a, b"
    """
    known = list(known)
    message = f"unknown {what} {name[:_SHOWN]!r}"
    if (suggestion := find_nearest(name, known)) is not None:
        return f"{message}; did you mean {suggestion!r}?"
    if 0 < len(known) <= _LISTED:
        return f"{message}; available: {', '.join(known)}"
    return message


def check_names(parameter: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse unknown names.

    Raises:
        InvalidParameter: A name is unknown; the first is in the message.
    """
    known = set(known)
    for name in names:
        if name not in known:
            raise InvalidParameter(parameter=parameter, reason=describe_unknown(name, sorted(known), what))
