"""Names → model. The two grammars: package directories and product files. No I/O.

Sources: the producer's naming as attested in readers of real deliveries. Both grammars ignore case, and a package
keeps its own spelling in `PackageName.text`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import PurePath

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import DatePair, NamedPackage, PackageName, PackagePath, ProductName, TrackKey
from catalog_builder.packages.regions import region_of
from catalog_builder.vocab.kinds import BY_SPELLING, Kind
from catalog_builder.vocab.products import BY_ACRONYM, fold
from catalog_builder.vocab.satellites import BY_CODE as SATELLITES
from catalog_builder.vocab.satellites import FIRST_LAUNCH

PACKAGE_PREFIX = "NSBAS_"
PRODUCT_PREFIX = "CNES_"

# NSBAS_TS-PKG_S1_TURQUIE-A131-VV-2-2020-2025_IW123_2020-05-03_2025-08-29
_PACKAGE = re.compile(
    rf"NSBAS_(?P<kind>{'|'.join(BY_SPELLING)})-PKG"
    r"_(?P<satellite>S1[A-D]?)"
    r"_(?P<region>[A-Za-z][A-Za-z0-9_-]*?)"
    r"-(?P<track>[AD]\d{3}[A-Za-z0-9_]*)"
    r"-(?P<polarization>VV|VH|HH|HV)"
    r"-(?:(?P<run>\d{1,3})-)?(?P<year1>\d{4})-(?P<year2>\d{4})"
    r"_IW(?P<swaths>[123]{1,3})"
    r"_(?P<first>\d{4}-\d{2}-\d{2})_(?P<last>\d{4}-\d{2}-\d{2})",
    re.IGNORECASE | re.ASCII,
)

# CNES_InU_geo_20151111_20151123_sd_era_8rlks.tiff, legend_InU_geo.png
_PRODUCT = re.compile(
    r"(?:legend_(?:CNES_)?|CNES_(?:legend_)?)(?P<acronym>[A-Za-z][A-Za-z0-9_-]*?)"
    r"_(?P<geometry>radar|geo)"
    r"(?:_(?P<date1>\d{8})[_-](?P<date2>\d{8}))?"
    r"(?P<modifiers>(?:_[A-Za-z]+)*)"
    r"(?:_(?P<looks>[1-9]\d{0,2})rlks)?"
    r"(?:[_-]legend)?(?:[_-]cog)?"
    r"\.(?P<extension>tiff?|meta|metadata|xml|png|jpe?g)",
    re.IGNORECASE | re.ASCII,
)

MAX_RELATIVE_ORBIT = 175
"""Orbits in one Sentinel-1 repeat cycle."""


def is_package_name(name: str) -> bool:
    """Whether a directory or archive claims to be a package."""
    return name[: len(PACKAGE_PREFIX)].upper() == PACKAGE_PREFIX


def is_raster_name(name: str) -> bool:
    """Whether a file claims to be a raster of a product."""
    return name.upper().startswith(PRODUCT_PREFIX) and name.lower().endswith((".tif", ".tiff"))


def parse_package(name: str) -> PackageName:
    """Take a package name apart.

    Raises:
        PackageRefused: the name does not follow the grammar, or says something impossible.

    >>> parsed = parse_package("NSBAS_TS-PKG_S1_TIBET-HIM-A012SUD-VV-2014-2022_IW123_2015-06-03_2022-05-21")
    >>> parsed.region.code, parsed.track, parsed.relative_orbit, parsed.orbit_state
    ('TIBETHIM', 'A012SUD', 12, 'ascending')
    """
    match = _PACKAGE.fullmatch(name)
    if match is None:
        reason = "its name does not follow NSBAS_<kind>-PKG_S1_<region>-<track>-<pol>-<years>_IW<n>_<date>_<date>"
        raise PackageRefused(name, reason)
    kind = BY_SPELLING[match["kind"].upper()]
    parsed = PackageName(
        text=name,
        kind=kind,
        region=region_of(match["region"]),
        satellite=SATELLITES.get(match["satellite"].upper()),
        track=match["track"].upper(),
        polarization=match["polarization"].upper(),
        run=int(match["run"]) if match["run"] else None,
        campaign=(int(match["year1"]), int(match["year2"])),
        swaths=tuple(f"IW{digit}" for digit in match["swaths"]),
        first=_iso_date(name, match["first"]),
        last=_iso_date(name, match["last"]),
    )
    _check_package(parsed)
    return parsed


def parse_name_of(found: PackagePath) -> NamedPackage:
    """What was found, with its name taken apart.

    Raises:
        PackageRefused: the name does not follow the grammar, or says something impossible.
    """
    return NamedPackage(
        path=found.path,
        root=found.root,
        name=found.name,
        is_archive=found.is_archive,
        facts=found.facts,
        mark=found.mark,
        parsed_name=parse_package(found.name),
    )


def _iso_date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PackageRefused(name, f"its name holds the impossible date {text}") from None


def _check_package(name: PackageName) -> None:
    if not 1 <= name.relative_orbit <= MAX_RELATIVE_ORBIT:
        raise PackageRefused(name.text, f"relative orbit {name.relative_orbit} is not between 1 and 175")
    if len(set(name.swaths)) < len(name.swaths):
        raise PackageRefused(name.text, f"its name holds a sub-swath twice: {', '.join(name.swaths)}")
    if min(name.first, name.last) < FIRST_LAUNCH:
        reason = f"{min(name.first, name.last)} is before the launch of the first Sentinel-1, {FIRST_LAUNCH}"
        raise PackageRefused(name.text, reason)
    if name.campaign[0] > name.campaign[1]:
        raise PackageRefused(name.text, f"campaign {name.campaign[0]}-{name.campaign[1]} ends before it starts")
    if name.kind.per_pair and name.first == name.last:
        raise PackageRefused(name.text, f"both dates of the pair are {name.first}")
    if not name.kind.per_pair and name.first > name.last:
        raise PackageRefused(name.text, f"last date {name.last} is before first date {name.first}")


def with_kind_and_dates(name: str, kind: Kind, first: date, last: date) -> str:
    """The package name that differs from another one of its track by kind and dates alone.

    Raises:
        PackageRefused: the given name does not follow the grammar.

    >>> series = "NSBAS_TS-PKG_S1_TURQUIE-A131-VV-2-2020-2025_IW123_2020-05-03_2025-08-29"
    >>> with_kind_and_dates(series, BY_SPELLING["INT"], date(2020, 5, 3), date(2020, 5, 15))
    'NSBAS_INT-PKG_S1_TURQUIE-A131-VV-2-2020-2025_IW123_2020-05-03_2020-05-15'
    """
    match = _PACKAGE.fullmatch(name)
    if match is None:
        raise PackageRefused(name, "its name does not follow the grammar of packages")
    return f"{name[: match.start('kind')]}{kind.code}{name[match.end('kind') : match.start('first')]}{first}_{last}"


def parse_product(name: str) -> ProductName | None:
    """Take a product file name apart; None when it is not one.

    Raises:
        PackageRefused: a date in the name is impossible.

    >>> parsed = parse_product("CNES_InU_geo_20151111_20151123_sd_era_8rlks.tiff")
    >>> parsed.key, parsed.modifiers, parsed.looks
    ('inu_geo', ('sd', 'era'), 8)
    """
    match = _PRODUCT.fullmatch(name)
    if match is None or not (match["looks"] or is_legend(name)):
        return None
    pair = None
    if match["date1"]:
        pair = DatePair(compact_date(name, match["date1"]), compact_date(name, match["date2"]))
    return ProductName(
        text=name,
        acronym=match["acronym"],
        product=BY_ACRONYM.get(fold(match["acronym"])),
        geometry=match["geometry"].lower(),
        pair=pair,
        modifiers=tuple(token for token in match["modifiers"].lower().split("_") if token),
        looks=int(match["looks"] or 0),
        extension=match["extension"].lower(),
    )


def is_legend(name: str) -> bool:
    """Whether a picture is the legend of another one.

    >>> is_legend("legend_CNES_InU_geo_8rlks.png")
    True
    """
    return "legend" in name.lower()


def compact_date(where: str, text: str) -> date:
    """Date from YYYYMMDD.

    Raises:
        PackageRefused: no such day; `where` is named.
    """
    day = _day(text)
    if day is not None:
        return day
    raise PackageRefused(where, f"{text!r} in {PurePath(where).name} is not a date (YYYYMMDD)")


@lru_cache(maxsize=1024)
def _day(text: str) -> date | None:
    """The files of a package are all of two days, and a track's of few."""
    if len(text) == len("YYYYMMDD") and text.isascii() and text.isdigit():
        with suppress(ValueError):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return None


def item_id(name: PackageName) -> str:
    """Id of the item of a package, from its name alone.

    >>> item_id(parse_package("NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-11-11_2015-11-23"))
    'flatsim_balkans_d080sud_2014-2021_int_20151111_20151123'
    """
    dates = f"_{name.first:%Y%m%d}_{name.last:%Y%m%d}" if name.kind.per_pair else ""
    return f"{track_id(name.key)}_{name.kind.id_suffix}{dates}"


def sibling_id(key: TrackKey, kind: Kind) -> str:
    """Id of the series or auxiliary item of a track."""
    return f"{track_id(key)}_{kind.id_suffix}"


def track_id(key: TrackKey) -> str:
    """First part of the ids of all items of a track segment and campaign."""
    run = f"-r{key.run}" if key.run is not None else ""
    return f"flatsim_{key.region_code.lower()}_{key.track.lower()}_{key.campaign[0]}-{key.campaign[1]}{run}"
