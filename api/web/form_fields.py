"""The fields of the search form, one row each; their labels, units and values are those of the queryables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a field is filled in with."""

    TEXT = "text"
    CHOICE = "choice"
    RANGE = "range"
    TIMES = "times"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One field.

    Attributes:
        name: The parameter that it makes.
        kind: What it is filled in with.
        group: Key of the heading that it stands under.
        label: Key of its word, if it is not a property.
        hint: Key of the word that tells what to write.
        of_all: Whether it is there where items of all collections are looked for alone.
        in_short: Whether the short form has it.
    """

    name: str
    kind: Kind
    group: str
    label: str | None = None
    hint: str | None = None
    of_all: bool = False
    in_short: bool = False


COLLECTIONS: Final = "collections"
DATETIME: Final = "datetime"
BBOX: Final = "bbox"
WORDS: Final = "q"
SORT: Final = "sortby"
LIMIT: Final = "limit"
LOW: Final = ".min"
HIGH: Final = ".max"
"""What a form calls the ends of a range, after the name of the parameter that both make."""

_WHAT, _WHEN, _HOW = "search.what", "search.when", "search.how"

FIELDS: Final = (
    FieldRow(name=WORDS, kind=Kind.TEXT, group=_WHAT, label="search.words", hint="search.words.hint", in_short=True),
    FieldRow(name=COLLECTIONS, kind=Kind.CHOICE, group=_WHAT, label="collection", of_all=True, in_short=True),
    FieldRow(name="product:type", kind=Kind.CHOICE, group=_WHAT, of_all=True, in_short=True),
    FieldRow(name="sat:orbit_state", kind=Kind.CHOICE, group=_WHAT, in_short=True),
    FieldRow(name="sat:relative_orbit", kind=Kind.CHOICE, group=_WHAT, in_short=True),
    FieldRow(name="flatsim:track", kind=Kind.CHOICE, group=_WHAT),
    FieldRow(
        name=DATETIME, kind=Kind.TIMES, group=_WHEN, label="search.acquired", hint="search.times.hint", in_short=True
    ),
    FieldRow(name=BBOX, kind=Kind.TEXT, group=_WHEN, label="search.box", hint="search.box.hint", in_short=True),
    FieldRow(name="insar:reference_datetime", kind=Kind.TIMES, group=_WHEN, hint="search.times.hint"),
    FieldRow(name="insar:secondary_datetime", kind=Kind.TIMES, group=_WHEN, hint="search.times.hint"),
    FieldRow(name="insar:temporal_baseline", kind=Kind.RANGE, group=_HOW),
    FieldRow(name="insar:perpendicular_baseline", kind=Kind.RANGE, group=_HOW),
    FieldRow(name="flatsim:coherence_mean", kind=Kind.RANGE, group=_HOW),
    FieldRow(name="flatsim:unwrapped_fraction", kind=Kind.RANGE, group=_HOW),
    FieldRow(name="flatsim:used_in_timeseries", kind=Kind.CHOICE, group=_HOW),
)
BY_NAME: Final = {row.name: row for row in FIELDS}
RANGED: Final = tuple(row.name for row in FIELDS if row.kind in (Kind.RANGE, Kind.TIMES))

SORTS: Final = (
    "-datetime",
    "datetime",
    "insar:temporal_baseline",
    "-insar:temporal_baseline",
    "insar:perpendicular_baseline",
    "-insar:perpendicular_baseline",
    "-flatsim:coherence_mean",
    "flatsim:track",
    "-updated",
)
"""Orders that the form offers, the usual one first."""
LIMITS: Final = (10, 20, 50, 100)
"""Items on a page."""
DEFAULT_LIMIT: Final = 20
MOST: Final = 100
