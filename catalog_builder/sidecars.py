"""Texts of the sidecar files → values. Pure; `catalog_builder.read` fetches the bytes.

Formats: the columns that readers of real deliveries rely on. Blank lines and lines that do not start with a digit
where a number is due (headers, comments) are passed over; a date that does not exist is an error, for a wrong date is
worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import PurePath

from catalog_builder.errors import PackageRefused
from catalog_builder.model import DatePair
from catalog_builder.names import compact_date
from catalog_builder.vocab.sidecars import DEM_NAMES, MISSING

_SCENE_TIMES = re.compile(r"S1[A-D]_IW_SLC__\w{4}_(\d{8}T\d{6})_(\d{8}T\d{6})")
_META_LINE = re.compile(r"\s*([A-Za-z][\w./-]*)(?:\s*:\s*|\s+|\s*$)(.*)")


def decode(content: bytes) -> str:
    """Text of a sidecar file: UTF-8, else Latin-1, which never fails."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_meta(text: str) -> dict[str, str]:
    """Keys and values of a `.meta` file; the first value of a repeated key wins, missing values are left out.

    >>> parse_meta("Used_DEM: SRTM\\nSensor S1\\nUser_ID: N/a\\n")
    {'Used_DEM': 'SRTM', 'Sensor': 'S1'}
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        match = _META_LINE.fullmatch(line)
        if match and match[2].strip().lower() not in MISSING:
            values.setdefault(match[1], match[2].strip())
    return values


def parse_parameters(text: str) -> dict[str, str]:
    """`key = value` lines of `nsbas.proc`.

    >>> parse_parameters("SarMasterDir = 20151111\\n# note\\n")
    {'SarMasterDir': '20151111'}
    """
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def parse_baselines(text: str, where: str) -> dict[date, float]:
    """`baseline.rsc` → perpendicular baseline in metres of each date.

    >>> parse_baselines("20151111 -12.5 0.0\\n", "baseline.rsc")
    {datetime.date(2015, 11, 11): -12.5}
    """
    return {compact_date(where, row[0]): _number(row[1], where) for row in _rows(text, columns=2)}


def parse_pairs(text: str, where: str) -> tuple[DatePair, ...]:
    """`interf_pair.rsc` → all computed pairs, in file order."""
    return tuple(_pair(row[0], row[1], where) for row in _rows(text, columns=2))


def parse_unwrapped_fraction(text: str, where: str) -> dict[DatePair, float]:
    """`list_unw_frac.txt` → unwrapped fraction, 0 to 1, of each pair."""
    return {_pair(row[0], row[1], where): _number(row[2], where) for row in _rows(text, columns=3)}


def parse_epochs(text: str, where: str) -> tuple[date, ...]:
    """`RMSdate.txt` → dates of the cube in band order.

    >>> parse_epochs("0 20151111 0.5\\n1 20151123 0.4\\n", "RMSdate.txt")[1]
    datetime.date(2015, 11, 23)
    """
    return tuple(compact_date(where, row[1]) for row in _rows(text, columns=2))


def parse_rms(text: str, where: str) -> dict[DatePair, float]:
    """`RMSinterfero.txt` → misclosure in radians of each pair kept in the inversion."""
    return {_pair(row[1], row[2], where): _number(row[3], where) for row in _rows(text, columns=4)}


def scene_start(text: str) -> datetime | None:
    """Start of the first Sentinel-1 scene named in a value, UTC; None when none is named.

    An acquisition may span midnight: its date is that of the start.

    >>> scene_start("S1A_IW_SLC__1SDV_20170627T181009_20170627T181036_017223_01CBB8_3A0F-x")
    datetime.datetime(2017, 6, 27, 18, 10, 9, tzinfo=datetime.timezone.utc)
    """
    starts = [match[1] for match in _SCENE_TIMES.finditer(text)]
    times = [moment for moment in (_compact_time(start) for start in starts) if moment]
    return min(times, default=None)


def iso_time(text: str) -> datetime | None:
    """UTC time from an ISO date-time, with or without zone, `T` or seconds; None when it is none.

    >>> iso_time("2021-11-18 10:20:30")
    datetime.datetime(2021, 11, 18, 10, 20, 30, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


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
    version = parts[1] if len(parts) > 1 and parts[0].upper() == "NSBAS" else text
    return {"NSBAS": version.strip().removeprefix("v")}


def _rows(text: str, *, columns: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        row = line.split()
        if len(row) >= columns and row[0][0].isdigit():
            yield row


def _pair(first: str, second: str, where: str) -> DatePair:
    return DatePair(compact_date(where, first), compact_date(where, second))


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PackageRefused(where, f"{text!r} in {PurePath(where).name} is not a number") from None


def _compact_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
