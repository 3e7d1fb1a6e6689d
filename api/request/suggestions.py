"""Names a request uses: what is not known is refused, and the nearest known one told."""

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
    """What is said of a name that nobody knows.

    >>> describe_unknown("D80", ["a", "b"], "collection")
    "unknown collection 'D80'; available: a, b"
    """
    known = list(known)
    said = f"unknown {what} {name[:_SHOWN]!r}"
    if (near := find_nearest(name, known)) is not None:
        return f"{said}; did you mean {near!r}?"
    if 0 < len(known) <= _LISTED:
        return f"{said}; available: {', '.join(known)}"
    return said


def check_names(parameter: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse the first name that is not known.

    Raises:
        InvalidParameter: There is one.
    """
    known = set(known)
    for name in names:
        if name not in known:
            raise InvalidParameter(parameter=parameter, reason=describe_unknown(name, sorted(known), what))
