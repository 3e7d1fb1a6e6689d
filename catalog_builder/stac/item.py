"""A package and its track → a STAC item. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pystac
from pystac.utils import datetime_to_str

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.model import Fault, Footprint, Package, PackageName, Track
from catalog_builder.packages.names import item_id
from catalog_builder.packages.sidecars import dem_name, iso_time, scene_start, software
from catalog_builder.read.footprint import bbox, geometry, ring_of_text
from catalog_builder.read.track import at_time_of, own_footprint, primary_time
from catalog_builder.stac.assets import create_assets, thumbnail_asset
from catalog_builder.stac.consistency import disagreements
from catalog_builder.stac.datacube import cube_fields
from catalog_builder.stac.layout import Layout
from catalog_builder.stac.links import item_links
from catalog_builder.stac.properties import corrections, network_properties, pair_properties
from catalog_builder.thumbnails.make import Thumbnail
from catalog_builder.vocab.checks import BY_KIND, Answer
from catalog_builder.vocab.citation import PROCESSING_FACILITY
from catalog_builder.vocab.collections import COLLECTION_VERSION, SYNTHETIC_KEYWORD, SYNTHETIC_NOTE, collection_id
from catalog_builder.vocab.extensions import declared_by
from catalog_builder.vocab.kinds import TIMESERIES
from catalog_builder.vocab.sidecars import (
    CORRECTION_WORDS,
    FIELDS,
    FILTER_PARAMETERS,
    LINEAGE_PHRASES,
    OUTLINE,
    PAIR_SCENES,
    SYNTHETIC,
    UNWRAPPING_ALGORITHM,
    UNWRAPPING_METHOD,
)

Properties = dict[str, Any]

WARNINGS = "flatsim:warnings"
CUBE = "cube:dimensions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A package that is to be published, and what is wrong with it."""

    package: Package
    track: Track
    footprint: Footprint
    faults: tuple[Fault, ...]
    """All of them."""

    @property
    def withheld(self) -> frozenset[str]:
        """Properties that are left out."""
        return frozenset(name for fault in self.faults for name in BY_KIND[fault.kind].withheld)

    @property
    def contradictions(self) -> list[str]:
        """In words: those for which the package would be refused, were the build not lenient."""
        return [fault.reason for fault in self.faults if BY_KIND[fault.kind].answer is Answer.REFUSE]


def judge(package: Package, track: Track, *, strict: bool = False, lenient: bool = False) -> Judgement:
    """Hold a package against itself and its track.

    Args:
        package: the package, read.
        track: what its track knows.
        strict: refuse what would be left out or named with a warning.
        lenient: publish a package that contradicts itself, with `flatsim:warnings`.

    Raises:
        PackageRefused: no footprint can be found, or there is a fault that refuses it.
    """
    footprint = _footprint(package, track)
    faults = (*package.faults, *package.texts.faults, *disagreements(package, track, footprint))
    answers = {Answer.WITHHOLD, Answer.NAME} if strict else set()
    refusing = answers | (set() if lenient else {Answer.REFUSE})
    reasons = [fault.reason for fault in faults if BY_KIND[fault.kind].answer in refusing]
    if reasons:
        raise PackageRefused(package.name.text, "; ".join(dict.fromkeys(reasons)))
    return Judgement(package=package, track=track, footprint=footprint, faults=tuple(dict.fromkeys(faults)))


def create_item(
    package: Package, track: Track, layout: Layout, *, lenient: bool = False, thumbnail: Thumbnail | None = None
) -> pystac.Item:
    """Judge a package and make its item: see `judge` and `make_item`."""
    return make_item(judge(package, track, lenient=lenient), layout, thumbnail=thumbnail)


def make_item(judgement: Judgement, layout: Layout, *, thumbnail: Thumbnail | None = None) -> pystac.Item:
    """Make the item of one package.

    Args:
        judgement: the package, and what is wrong with it.
        layout: where documents and files are.
        thumbnail: of the package, where the layout has a place for them.
    """
    package, track, footprint = judgement.package, judgement.track, judgement.footprint
    name = package.name
    collection = collection_id(name.region.slug, name.kind)
    times = _times(package, track)
    shown = thumbnail_asset(thumbnail, layout.thumbnail(collection, item_id(name))) if thumbnail else None
    withheld = judgement.withheld
    warnings = judgement.contradictions
    properties = _properties(package, track, footprint, times, withheld)
    item = pystac.Item(
        id=item_id(name),
        geometry=geometry(footprint.ring),
        bbox=bbox(footprint.ring),
        datetime=times.nominal,
        start_datetime=times.start,
        end_datetime=times.end,
        properties={key: value for key, value in properties.items() if key not in withheld}
        | ({WARNINGS: warnings} if warnings else {}),
        collection=collection,
        assets=create_assets(
            package if CUBE not in withheld else _without_epochs(package),
            lambda path: layout.asset(path, package.found.root, collection),
            _chain(package, track),
            thumbnail=shown,
            shows_preview=layout.thumbnails is None,
        ),
    )
    item.add_links(item_links(name, track, layout))
    item.stac_extensions = declared_by(_field_names(item))
    return item


def _without_epochs(package: Package) -> Package:
    """Whose dates of bands are not certain."""
    return replace(package, texts=replace(package.texts, epochs=()))


class _Times:
    """Acquisition times of an item, UTC, and whether any time of day is only that of the track's primary."""

    def __init__(self, first: datetime, last: datetime, *, nominal: datetime, assumed: bool) -> None:
        self.first, self.last = first, last
        self.start, self.end = min(first, last), max(first, last)
        self.nominal = nominal
        self.assumed = assumed


def _times(package: Package, track: Track) -> _Times:
    name = package.name
    moment = primary_time(package.texts, track.texts.parameters) or track.time_of_day
    days = (name.first, name.last)
    own = [scene_start(package.texts.meta.get(key, ""), day) for key, day in zip(PAIR_SCENES, days, strict=True)]
    known = [time or (moment if moment and moment.date() == day else None) for time, day in zip(own, days, strict=True)]
    first, last = (time or at_time_of(day, moment) for time, day in zip(known, days, strict=True))
    nominal = min(first, last) + abs(last - first) / 2 if name.kind.per_pair else max(first, last)
    return _Times(first, last, nominal=nominal.replace(microsecond=0), assumed=None in known)


def _properties(
    package: Package, track: Track, footprint: Footprint, times: _Times, withheld: Collection[str]
) -> Properties:
    name = package.name
    properties: Properties = {
        "title": _title(name),
        **_synthetic(package),
        "identifier": name.text,
        "version": COLLECTION_VERSION,
        **_written(package),
        "product:type": name.kind.product_type,
        "grid:code": name.region.code,
        "flatsim:region": name.region.slug,
        "flatsim:track": name.track,
        "flatsim:campaign": f"{name.campaign[0]}-{name.campaign[1]}",
        "flatsim:footprint_source": footprint.source,
        "flatsim:time_is_nominal": times.assumed,
        **_sensor(name),
        **_view(package, track),
        **_processing(package, track),
    }
    if name.run is not None:
        properties["flatsim:run"] = name.run
    if name.kind.per_pair:
        properties |= {
            "insar:reference_datetime": datetime_to_str(times.first),
            "insar:secondary_datetime": datetime_to_str(times.last),
            **pair_properties(package, track),
        }
    else:
        properties |= network_properties(package)
    if name.kind is TIMESERIES and CUBE not in withheld:
        properties |= cube_fields(package, lambda day: datetime_to_str(at_time_of(day, times.last)))
    return properties


def _title(name: PackageName) -> str:
    return f"FLATSIM {name.region.title} {name.track} {name.kind.item_title} {name.first} / {name.last}"


def _synthetic(package: Package) -> Properties:
    if not package.texts.meta.get(SYNTHETIC, "").upper().startswith(SYNTHETIC_KEYWORD):
        return {}
    return {"description": SYNTHETIC_NOTE, "keywords": [SYNTHETIC_KEYWORD]}


def _written(package: Package) -> Properties:
    """Metadata times from the files themselves, so that the same tree gives the same items."""
    members = [raster.member for raster in package.rasters]
    newest = max(member.modified_ns for member in members) // 1_000_000_000
    stamp = datetime_to_str(datetime.fromtimestamp(newest, tz=UTC))
    return {"created": stamp, "updated": stamp}


def _sensor(name: PackageName) -> Properties:
    return {
        "constellation": "sentinel-1",
        **({"platform": name.satellite.platform} if name.satellite else {}),
        "instruments": ["c-sar"],
        "instrument": "SAR-C",
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sar:center_frequency": 5.405,
        "sar:polarizations": [name.polarization],
        "sar:observation_direction": "right",
        "sar:beam_ids": list(name.swaths),
        "sat:orbit_state": name.orbit_state,
        "sat:relative_orbit": name.relative_orbit,
    }


def _view(package: Package, track: Track) -> Properties:
    view = package.line_of_sight or track.line_of_sight
    return {"view:incidence_angle": view.incidence_deg, "view:azimuth": view.azimuth_deg} if view else {}


_READERS: dict[str, Callable[[str], Any]] = {
    "dem": dem_name,
    "software": software,
    "datetime": lambda text: datetime_to_str(moment) if (moment := iso_time(text)) else None,
}


def _processing(package: Package, track: Track) -> Properties:
    kind = package.name.kind
    meta = {**track.texts.meta, **package.texts.meta}
    properties: Properties = {
        "processing:facility": PROCESSING_FACILITY,
        "processing:lineage": _lineage(package, track),
    }
    if kind.level:
        properties["processing:level"] = kind.level
    for row in FIELDS:
        value = _READERS[row.value](meta[row.key]) if row.key in meta else None
        if value is not None:
            properties |= dict.fromkeys(row.properties, value)
    return properties


def _chain(package: Package, track: Track) -> dict[str, str]:
    """Parameters of the processing: of the track's `nsbas.proc`, those of the filter of the package's own `.meta`."""
    own = {key: package.texts.meta[key] for key in FILTER_PARAMETERS if key in package.texts.meta}
    return track.texts.parameters | package.texts.parameters | own


def _lineage(package: Package, track: Track) -> str:
    """How the package was made, in words: its kind, the corrections, the filter, and what its own `.meta` says."""
    words = [CORRECTION_WORDS[correction] for correction in corrections(package)]
    told = [f"corrections applied: {', '.join(words)}"] if words else []
    meta = package.texts.meta
    if package.name.kind.per_pair:
        chain = _chain(package, track)
        filters = [f"{key} {chain[key]}" for key in FILTER_PARAMETERS if chain.get(key)]
        told += [f"filter parameters: {', '.join(filters)}"] if filters else []
        if chain.get(UNWRAPPING_METHOD):
            meta = {UNWRAPPING_ALGORITHM: chain[UNWRAPPING_METHOD]} | meta
    told += [phrase.format(meta[key].rstrip(". ")) for key, phrase in LINEAGE_PHRASES.items() if key in meta]
    return "; ".join([package.name.kind.lineage, *told]) + "."


def _footprint(package: Package, track: Track) -> Footprint:
    """A pair's own valid area; for a series the track's, since the mask of the inversion leaves holes in its own."""
    own = own_footprint(package)
    of_track = track.footprint
    if of_track and own != of_track and (package.name.kind is TIMESERIES or own is None or own.source != "geo"):
        return Footprint(ring=of_track.ring, source="sibling")
    if own is None:
        stated = ring_of_text(package.texts.meta.get(OUTLINE, ""), package.name.region.bbox)
        if stated:
            return Footprint(ring=stated, source="meta")
        reason = "no footprint: it has no raster in ground geometry with valid pixels, nor has its track"
        raise PackageRefused(package.name.text, reason)
    return own


def _field_names(item: pystac.Item) -> set[str]:
    names = set(item.properties)
    for asset in item.assets.values():
        names |= asset.extra_fields.keys()
    return names
