"""Texts of the sidecar files → values. Pure; `catalog_builder.read.package` fetches the bytes.

Lists and tables are read by `catalog_builder.packages.tables`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain

from catalog_builder.packages.model import Scene
from catalog_builder.packages.tables import is_number
from catalog_builder.vocab.satellites import BY_CODE
from catalog_builder.vocab.sidecars import DEM_NAMES, KNOWN_KEYS, MISSING, NOT_A_NUMBER, TYPED_KEYS, VOCABULARY

_SCENE = re.compile(r"(S1[A-D])_IW_SLC__\w{4}_(\d{8}T\d{6})_(\d{8}T\d{6})_(\d{6})", re.ASCII)
_ZONE_LETTER = re.compile(r"(?<=\d)[A-Za-z]$")
_LONGEST_ACQUISITION = timedelta(hours=1)
_YEARS = range(1970, 2101)
"""Years that a time of this data can lie in."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_META_LINE = re.compile(r"\s*([A-Za-z][\w./-]*)(?:\s*:\s*|\s+|\s*$)(.*)")


def decode(content: bytes) -> str:
    """Text of a sidecar file: UTF-8 with or without a byte order mark, UTF-16 with one, else Latin-1.

    NUL characters are left out: no database takes them.
    """
    if content.startswith(_UTF16_MARKS):
        return content.decode("utf-16", errors="replace").replace("\0", "")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\0", "")


def parse_meta(text: str) -> Iterator[tuple[str, str]]:
    """Keys and values of a `.meta` file in file order; those without a value are left out.

    >>> list(parse_meta("Used_DEM: SRTM\\nSensor S1\\nUser_ID: N/a\\n"))
    [('Used_DEM', 'SRTM'), ('Sensor', 'S1')]
    """
    for line in text.splitlines():
        yield from _meta_line(line)


@lru_cache(maxsize=4096)
def _meta_line(line: str) -> tuple[tuple[str, str], ...]:
    """Key and value of one line, if it has both. The files of a track say the same in most of theirs."""
    match = _META_LINE.fullmatch(line)
    if match is None:
        return ()
    key, value = match[1], match[2].strip()
    is_missing = value.lower() in MISSING or (value.lower() == NOT_A_NUMBER and TYPED_KEYS.get(key) != "number")
    return () if is_missing else ((key, value),)


@dataclass(frozen=True, slots=True)
class Meta:
    """What the `.meta` files of a package say together."""

    first: dict[str, str]
    """First value of each key that the builder uses."""
    variants: dict[str, tuple[str, ...]]
    """Further values of such a key, each once."""
    unknown: frozenset[str]
    """Keys that are not in the vocabulary."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """Keys whose value must be a number or a time, and values that are none."""


def collect_meta(texts: Iterable[str]) -> Meta:
    """Merge the `.meta` files of a package, which repeat each other.

    >>> collect_meta(["Used_DEM: SRTM", "Used_DEM: NASADEM\\nColour: red"])
    Meta(first={'Used_DEM': 'SRTM'}, variants={'Used_DEM': ('NASADEM',)}, unknown=frozenset({'Colour'}), unreadable=())
    """
    values: dict[str, dict[str, None]] = {}
    unknown = set()
    unreadable: dict[tuple[str, str], None] = {}
    for line in dict.fromkeys(chain.from_iterable(map(str.splitlines, texts))):
        for key, value in _meta_line(line):
            if key in KNOWN_KEYS:
                values.setdefault(key, {})[value] = None
                if key in TYPED_KEYS and not _is_readable(key, value):
                    unreadable[key, value] = None
            elif key not in VOCABULARY:
                unknown.add(key)
    first = {key: next(iter(found)) for key, found in values.items()}
    variants = {key: tuple(found)[1:] for key, found in values.items() if len(found) > 1}
    return Meta(first, variants, frozenset(unknown), tuple(unreadable))


def _is_readable(key: str, value: str) -> bool:
    return (number(value) if TYPED_KEYS[key] == "number" else iso_time(value)) is not None


def parse_parameters(text: str) -> dict[str, str]:
    """`key = value` lines of `nsbas.proc`.

    >>> parse_parameters("SarMasterDir = 20151111\\n# note\\n")
    {'SarMasterDir': '20151111'}
    """
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


@lru_cache(maxsize=4096)
def scenes(text: str) -> tuple[Scene, ...]:
    """Sentinel-1 scenes that a value names, wherever in it; those with impossible times are left out.

    >>> [scene] = scenes("x-S1A_IW_SLC__1SDV_20170627T181009_20170627T181036_017223_01CBB8_3A0F.SAFE-y")
    >>> scene.satellite.code, scene.absolute_orbit
    ('S1A', 17223)
    """
    found = []
    for match in _SCENE.finditer(text):
        start, stop = _compact_time(match[2]), _compact_time(match[3])
        if start and stop:
            found.append(Scene(satellite=BY_CODE[match[1]], start=start, stop=stop, absolute_orbit=int(match[4])))
    return tuple(found)


def scene_start(text: str, day: date | None = None) -> datetime | None:
    """Start of the acquisition whose scenes a value names, UTC; None when none is named.

    Args:
        text: the value, as the word `burst` one without scenes.
        day: what the product calls the day of the acquisition. One that spans midnight may carry either date; with
            the later one its start on that day is midnight. None when the acquisition does not touch that day.

    >>> scene_start("S1A_IW_SLC__1SDV_20170627T181009_20170627T181036_017223_01CBB8_3A0F-x")
    datetime.datetime(2017, 6, 27, 18, 10, 9, tzinfo=datetime.timezone.utc)
    """
    found = scenes(text)
    if not found:
        return None
    start, stop = min(scene.start for scene in found), max(scene.stop for scene in found)
    if day is None or start.date() == day:
        return start
    over_midnight = start.date() < day == stop.date() and stop - start < _LONGEST_ACQUISITION
    return datetime.combine(day, time(), tzinfo=UTC) if over_midnight else None


def iso_time(text: str) -> datetime | None:
    """UTC time from an ISO date-time, with or without zone, `T` or seconds; None if it is not one.

    Whatever letter stands for the zone, UTC is meant.

    >>> iso_time("2021-11-18 10:20:30")
    datetime.datetime(2021, 11, 18, 10, 20, 30, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(_ZONE_LETTER.sub("", text.strip()))
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def number(text: str) -> float | None:
    """A finite number from the first word of a value, whose unit may follow; None if it is not a number.

    >>> number("25.08 m"), number("many"), number("nan"), number("-2,5708")
    (25.08, None, None, None)
    """
    word = next(iter(text.split(maxsplit=1)), "")
    return float(word) if is_number(word) else None


def orbit_state(text: str) -> str | None:
    """`ascending` or `descending` from the value of an orbit direction; None when it says neither.

    >>> orbit_state("DESCENDING"), orbit_state("Asc."), orbit_state("north")
    ('descending', 'ascending', None)
    """
    letters = text.strip().lower()
    return next((state for state in ("ascending", "descending") if letters.startswith(state[:3])), None)


def dem_name(text: str) -> str:
    """DEM name in the vocabulary of the insar extension where it has one.

    >>> dem_name("DEM correction using SRTM."), dem_name("NASADEM")
    ('SRTM1', 'NASADEM')
    """
    return next((name for pattern, name in DEM_NAMES if pattern.search(text)), text.strip())


def software(text: str) -> dict[str, str]:
    """`processing:software` from a version text such as `NSBAS:v2.3.0:02fa325c`.

    >>> software("NSBAS:v2.3.0:02fa325c")
    {'NSBAS': '2.3.0'}
    """
    parts = text.split(":")
    version = parts[1] if len(parts) > 1 and parts[1] and parts[0].upper() == "NSBAS" else text
    return {"NSBAS": version.strip().removeprefix("v")}


def _compact_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
