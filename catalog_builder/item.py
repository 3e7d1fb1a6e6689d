"""A package and its track → a STAC item. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pystac
from pystac.utils import datetime_to_str

from catalog_builder.assets import create_assets
from catalog_builder.datacube import cube_fields
from catalog_builder.errors import PackageRefused
from catalog_builder.footprint import bbox, geometry
from catalog_builder.layout import Layout
from catalog_builder.links import item_links
from catalog_builder.model import DatePair, Footprint, Package, PackageName, Track
from catalog_builder.names import item_id
from catalog_builder.sidecars import dem_name, iso_time, scene_start, software
from catalog_builder.track import at_time_of, largest_gap_days, network_components, own_footprint, primary_time
from catalog_builder.vocab.citation import PROCESSING_FACILITY
from catalog_builder.vocab.collections import COLLECTION_VERSION, SYNTHETIC_KEYWORD, SYNTHETIC_NOTE, collection_id
from catalog_builder.vocab.extensions import declared_by
from catalog_builder.vocab.kinds import TIMESERIES
from catalog_builder.vocab.sidecars import CORRECTION_WORDS, CORRECTIONS, FIELDS, PAIR_SCENES, SYNTHETIC

Properties = dict[str, Any]


def create_item(package: Package, track: Track, layout: Layout) -> pystac.Item:
    """Make the item of one package.

    Args:
        package: the package, read.
        track: what its track knows.
        layout: where documents and files are.

    Raises:
        PackageRefused: no footprint can be found, or the texts contradict the rasters.
    """
    _check_cube(package)
    footprint = _footprint(package, track)
    name = package.name
    collection = collection_id(name.region.slug, name.kind)
    times = _times(package, track)
    item = pystac.Item(
        id=item_id(name),
        geometry=geometry(footprint.ring),
        bbox=bbox(footprint.ring),
        datetime=times.nominal,
        start_datetime=times.start,
        end_datetime=times.end,
        properties=_properties(package, track, footprint, times),
        collection=collection,
        assets=create_assets(package, lambda path: layout.asset(path, package.found.root, collection)),
    )
    item.add_links(item_links(name, track, layout))
    item.stac_extensions = declared_by(_field_names(item))
    return item


class _Times:
    """Acquisition times of an item, UTC, and whether any time of day is only that of the track's primary."""

    def __init__(self, first: datetime, last: datetime, *, nominal: datetime, assumed: bool) -> None:
        self.first, self.last = first, last
        self.start, self.end = min(first, last), max(first, last)
        self.nominal = nominal
        self.assumed = assumed


def _times(package: Package, track: Track) -> _Times:
    name = package.name
    moment = primary_time(package.texts) or track.time_of_day
    own = [scene_start(package.texts.meta.get(key, "")) for key in PAIR_SCENES]
    days = (name.first, name.last)
    known = [scene if scene and scene.date() == day else None for scene, day in zip(own, days, strict=True)]
    known = [
        time or (moment if moment and moment.date() == day else None) for time, day in zip(known, days, strict=True)
    ]
    first, last = (time or at_time_of(day, moment) for time, day in zip(known, days, strict=True))
    nominal = min(first, last) + abs(last - first) / 2 if name.kind.per_pair else max(first, last)
    return _Times(first, last, nominal=nominal.replace(microsecond=0), assumed=None in known)


def _properties(package: Package, track: Track, footprint: Footprint, times: _Times) -> Properties:
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
        properties |= _pair_properties(package, track, times)
    else:
        properties |= _network_properties(package)
    if name.kind is TIMESERIES:
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
    "text": str,
    "number": float,
    "dem": dem_name,
    "software": software,
    "datetime": lambda text: datetime_to_str(moment) if (moment := iso_time(text)) else None,
}


def _processing(package: Package, track: Track) -> Properties:
    kind = package.name.kind
    properties: Properties = {"processing:facility": PROCESSING_FACILITY, "processing:lineage": _lineage(package)}
    if kind.level:
        properties["processing:level"] = kind.level
    meta = {**track.texts.meta, **package.texts.meta}
    for row in FIELDS:
        value = _READERS[row.value](meta[row.key]) if row.key in meta else None
        if value is not None:
            properties |= dict.fromkeys(row.properties, value)
    return properties


def _lineage(package: Package) -> str:
    words = [CORRECTION_WORDS[correction] for correction in _corrections(package)]
    corrected = f"; corrections applied: {', '.join(words)}" if words else ""
    return f"{package.name.kind.lineage}{corrected}."


def _corrections(package: Package) -> list[str]:
    tokens = {token for raster in package.rasters for token in raster.name.modifiers}
    return [correction for token, correction in CORRECTIONS.items() if token in tokens]


def _pair_properties(package: Package, track: Track, times: _Times) -> Properties:
    pair = package.name.pair
    properties: Properties = {
        "insar:reference_datetime": datetime_to_str(times.first),
        "insar:secondary_datetime": datetime_to_str(times.last),
        "insar:temporal_baseline": pair.temporal_baseline_days,
        "flatsim:corrections": _corrections(package),
    }
    perpendicular_m = _perpendicular_baseline_m(package, track)
    if perpendicular_m is not None:
        properties["insar:perpendicular_baseline"] = perpendicular_m
    if package.coherence_mean is not None:
        properties["flatsim:coherence_mean"] = round(package.coherence_mean, 4)
    fraction = _of_pair(track.texts.unwrapped_fraction, pair)
    if fraction is not None:
        properties["flatsim:unwrapped_fraction"] = fraction
    if track.has_series and track.texts.rms_rad:
        rms_rad = _of_pair(track.texts.rms_rad, pair)
        properties["flatsim:used_in_timeseries"] = rms_rad is not None
        if rms_rad is not None:
            properties["flatsim:rms"] = rms_rad
    return properties


def _of_pair(table: dict[DatePair, float], pair: DatePair) -> float | None:
    """Value of a pair in a list of the track, which may name its dates in the other order."""
    return table.get(pair, table.get(DatePair(pair.secondary, pair.reference)))


def _perpendicular_baseline_m(package: Package, track: Track) -> float | None:
    """B(secondary) - B(reference), metres, from the track's `baseline.rsc`, else from the pair's own `.meta`."""
    pair, table = package.name.pair, track.texts.baselines_m
    if pair.reference in table and pair.secondary in table:
        return round(table[pair.secondary] - table[pair.reference], 3)
    text = package.texts.meta.get("Perpendicular_baseline")
    try:
        return round(float(text), 3) if text else None
    except ValueError:
        return None


def _network_properties(package: Package) -> Properties:
    """Size of the network; for a series also its gaps and whether it is in one piece."""
    texts = package.texts
    if package.name.kind is not TIMESERIES:
        counts = {
            "flatsim:n_dates": len(texts.baselines_m) or None,
            "flatsim:n_interferograms": len(texts.computed_pairs) or None,
        }
        return {key: value for key, value in counts.items() if value is not None}
    properties: Properties = {
        "flatsim:n_dates": len(texts.epochs) or None,
        "flatsim:n_interferograms": len(texts.rms_rad) or None,
        "flatsim:max_gap_days": largest_gap_days(texts.epochs),
    }
    if texts.rms_rad:
        dates = {day for pair in texts.rms_rad for day in (pair.reference, pair.secondary)}
        lonely = len(set(texts.epochs) - dates)
        properties["flatsim:network_connected"] = network_components(list(texts.rms_rad)) + lonely == 1
    return {key: value for key, value in properties.items() if value is not None}


def _check_cube(package: Package) -> None:
    epochs = len(package.texts.epochs)
    for raster in package.rasters:
        is_cube = raster.name.product is not None and raster.name.product.key == "dts"
        if is_cube and epochs and raster.grid.count != epochs:
            reason = f"{raster.name.text} has {raster.grid.count} bands, RMSdate.txt {epochs} dates"
            raise PackageRefused(package.name.text, reason)


def _footprint(package: Package, track: Track) -> Footprint:
    """A pair's own valid area; for a series the track's, since the mask of the inversion leaves holes in its own."""
    own = own_footprint(package)
    of_track = track.footprint
    if of_track and own != of_track and (package.name.kind is TIMESERIES or own is None or own.source != "geo"):
        return Footprint(ring=of_track.ring, source="sibling")
    if own is None:
        reason = "no footprint: it has no raster in ground geometry with valid pixels, nor has its track"
        raise PackageRefused(package.name.text, reason)
    return own


def _field_names(item: pystac.Item) -> set[str]:
    names = set(item.properties)
    for asset in item.assets.values():
        names |= asset.extra_fields.keys()
    return names
