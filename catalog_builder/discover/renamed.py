"""Folders that users renamed → the package they are, where content and neighbours prove it. Nothing is guessed.

Readers of the products rename packages to `int_YYYYMMDD_YYYYMMDD`, `TS`, `AUX` or, for auxiliary data, to the date of
the primary. The name that the producer gave differs from those of the track's other packages by kind and dates alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from catalog_builder.errors import PackageRefused
from catalog_builder.location import Location
from catalog_builder.packages import sidecars, storage, tables
from catalog_builder.packages.model import DatePair, NamedPackage, PackageFile, PackageName, PackagePath, ProductName
from catalog_builder.packages.names import (
    compact_date,
    is_raster_name,
    parse_name_of,
    parse_product,
    with_kind_and_dates,
)
from catalog_builder.vocab.files import is_user_made
from catalog_builder.vocab.kinds import AUXILIARYDATA, INTERFEROGRAM, TIMESERIES, Kind

KIND_FOLDERS = frozenset({"int", "interfero", "ts", "aux", "daux"})
"""Folders of one kind of package, lower case: the other kinds of the track lie beside them."""

_PAIR = re.compile(r"int_(\d{8})_(\d{8})", re.IGNORECASE | re.ASCII)
_PRIMARY = re.compile(r"\d{8}", re.ASCII)
_KINDS = {"ts": TIMESERIES, "aux": AUXILIARYDATA, "daux": AUXILIARYDATA}
_DATES_IN = {TIMESERIES: "RMSdate.txt", AUXILIARYDATA: "baseline.rsc"}
"""Text that tells the dates of a package that is not of one pair."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A renamed folder, listed."""

    members: dict[str, PackageFile]
    products: tuple[ProductName, ...]

    def text(self, name: str) -> str:
        """Text of a sidecar file, empty where there is not one."""
        member = self.members.get(name.lower())
        return sidecars.decode(storage.read_bytes(member)) if member else ""


class Neighbours:
    """Well-named packages by the folder around them."""

    def __init__(self, packages: Iterable[NamedPackage]) -> None:
        self._by_folder: dict[Location, list[PackageName]] = defaultdict(list)
        for found in packages:
            self._by_folder[_folder_of_track(found.path)].append(found.parsed_name)

    def of(self, path: Location) -> list[PackageName]:
        """Packages beside a folder, or beside the folder of one kind that holds it; all of one track.

        Raises:
            PackageRefused: there are none, or of several tracks.
        """
        names = self._by_folder.get(_folder_of_track(path), [])
        tracks = {(name.key, name.polarization, name.swaths) for name in names}
        if not names:
            raise PackageRefused(str(path), "no package with its full name lies beside it")
        if len(tracks) > 1:
            raise PackageRefused(str(path), "packages of several tracks lie beside it")
        return names


def _folder_of_track(path: Location) -> Location:
    folder = path.parent
    return folder.parent if folder.name.lower() in KIND_FOLDERS else folder


def recognise(path: Location, root: Location, neighbours: Neighbours) -> NamedPackage:
    """The package that a renamed folder is, with the name that the producer gave it.

    Args:
        path: a folder that holds products.
        root: the tree it was found in.
        neighbours: all packages with their full names.

    Raises:
        PackageRefused: it is not proven; the reason says what is missing.
    """
    kind = _kind_of(path)
    content = _list(path, root)
    _check_products(path, content, kind)
    beside = neighbours.of(path)
    first, last = _pair_dates(path, content) if kind is INTERFEROGRAM else _network_dates(path, content, kind, beside)
    _check_range(path, (first, last), beside)
    name = with_kind_and_dates(beside[0].text, kind, first, last)
    return parse_name_of(PackagePath(path=path, root=root, name=name))


def _kind_of(path: Location) -> Kind:
    name = path.name.lower()
    if _PAIR.fullmatch(name):
        return INTERFEROGRAM
    kind = AUXILIARYDATA if _PRIMARY.fullmatch(name) else _KINDS.get(name)
    if kind is None:
        raise PackageRefused(str(path), "it holds products but is not named as a package")
    return kind


def _list(path: Location, root: Location) -> _Content:
    members = storage.list_package_files(PackagePath(path=path, root=root, name=path.name))
    rasters = (one.name for one in members if is_raster_name(one.name) and not is_user_made(one.name))
    products = tuple(product for product in map(parse_product, rasters) if product)
    return _Content({one.name.lower(): one for one in members}, products)


def _check_products(path: Location, content: _Content, kind: Kind) -> None:
    codes = {product.product.package for product in content.products if product.product}
    if codes != {kind.code}:
        held = f"products of {' and '.join(sorted(codes))}" if codes else "no product that is known"
        raise PackageRefused(str(path), f"it is named as a package of {kind.code} but holds {held}")


def _pair_dates(path: Location, content: _Content) -> tuple[date, date]:
    match = _PAIR.fullmatch(path.name)
    assert match is not None  # noqa: S101 (its kind says so)
    pair = DatePair(compact_date(str(path), match[1]), compact_date(str(path), match[2]))
    pairs = {product.pair for product in content.products if product.pair}
    if pairs != {pair}:
        raise PackageRefused(str(path), f"its products are not all of the dates {match[1]} and {match[2]}")
    return pair.days


def _network_dates(path: Location, content: _Content, kind: Kind, beside: Sequence[PackageName]) -> tuple[date, date]:
    """First and last date of a series or auxiliary package: as its neighbour's name says, else as its own list does."""
    text = content.text(_DATES_IN[kind])
    table = tables.parse_epochs(text) if kind is TIMESERIES else tables.parse_baselines(text)
    days = set(table.content)
    if days and not table.is_whole:  # its first or last date may be missing, and the name would be another one
        raise PackageRefused(str(path), f"its {_DATES_IN[kind]}, which tells its dates: {table.faults[0].text}")
    if not days:
        raise PackageRefused(str(path), f"it has no {_DATES_IN[kind]} to tell its dates")
    if _PRIMARY.fullmatch(path.name):
        _check_primary(path, content)
    pairs = [name.pair for name in beside if name.kind.per_pair]
    if pairs and not any(days.issuperset(pair.days) for pair in pairs):
        raise PackageRefused(str(path), f"its {_DATES_IN[kind]} holds the dates of no pair beside it")
    known = next((name for name in beside if not name.kind.per_pair), None)
    if known is None:
        return min(days), max(days)
    _check_range(path, (min(days), max(days)), beside)
    return known.first, known.last


def _check_primary(path: Location, content: _Content) -> None:
    primary = sidecars.parse_parameters(content.text("nsbas.proc")).get("SarMasterDir")
    if primary != path.name:
        raise PackageRefused(str(path), f"its nsbas.proc names {primary or 'nothing'} as the primary, not {path.name}")


def _check_range(path: Location, days: tuple[date, date], beside: Sequence[PackageName]) -> None:
    """Dates lie within those of the series or auxiliary package beside it, else within the campaign."""
    known = next((name for name in beside if not name.kind.per_pair), None)
    campaign = beside[0].campaign
    first, last = (known.first, known.last) if known else (date(campaign[0], 1, 1), date(campaign[1], 12, 31))
    if not (first <= min(days) and max(days) <= last):
        reason = f"its dates {min(days)} / {max(days)} are not within {first} / {last} of the packages beside it"
        raise PackageRefused(str(path), reason)
