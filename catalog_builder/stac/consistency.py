"""What a package says of itself in several places, compared before it is published. Pure.

Each check yields one fault for each disagreement, with both values in it, and has the kind of its row in
`catalog_builder.vocab.checks`, which says what follows. A check is silent about what is not stated: every sidecar may
be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from math import degrees, radians, sin
from typing import Final

from catalog_builder.packages.extent import meet
from catalog_builder.packages.model import (
    Fault,
    Footprint,
    LineOfSight,
    Package,
    PackageFile,
    PackageName,
    Ring,
    Track,
)
from catalog_builder.packages.sidecars import iso_time, number, orbit_state, scenes
from catalog_builder.packages.tables import MAX_BASELINE_M
from catalog_builder.read.footprint import bbox, is_on_earth
from catalog_builder.read.package import COHERENCE, LOS_ROLE
from catalog_builder.stac.lists import lists, network, products
from catalog_builder.vocab.sidecars import (
    MEASUREMENT_END,
    MEASUREMENT_START,
    ORBIT_DIRECTION,
    PAIR_SCENES,
    PERPENDICULAR_BASELINE,
    RELATIVE_ORBIT,
)

DAY_TOLERANCE: Final = timedelta(minutes=10)
"""How far outside its day a time may lie: an acquisition of several scenes may begin before midnight or end after."""
BASELINE_TOLERANCE_M: Final = 5.0
BASELINE_TOLERANCE_SHARE: Final = 0.1
"""The two baselines of a pair may be taken at different places of the image, over which it changes by some metres."""
AREA_LIMITS_KM2: Final = (100.0, 1_000_000.0)
"""A fraction of a burst (80 km by 20 km), and a swath of 250 km over 4 000 km."""
KM_PER_DEGREE: Final = 111.2
HALF_TURN_DEG: Final = 180.0
VECTOR_LIMITS: Final = (0.9, 1.1)
INCIDENCE_LIMITS_DEG: Final = (20.0, 55.0)
"""Wide around the 29 to 46 degrees of the interferometric wide swath (ESA, Sentinel-1 mission guide)."""
LOOK_AZIMUTHS_DEG: Final = {"ascending": 78.0, "descending": 282.0}
"""At the equator, from the inclination of 98.2 degrees; they turn north by some 25 degrees up to 65 of latitude."""
LOOK_TOLERANCE_DEG: Final = 45.0
"""Less than what east and north taken for each other make."""

Disagreement = str | tuple[PackageFile, str, str]
"""In words; or with the file and the value at fault."""
Comparison = Callable[[Package, Track, Footprint], Iterator[Disagreement]]


def disagreements(package: Package, track: Track, footprint: Footprint) -> list[Fault]:
    """All that a package says in two places and differently, or that cannot be; empty for a sound one.

    Args:
        package: the package, read.
        track: what its track knows.
        footprint: the one it is to be published with.
    """
    faults = (
        _fault(kind, package, words) for kind, compare in COMPARISONS for words in compare(package, track, footprint)
    )
    return list(dict.fromkeys(faults))


def _fault(kind: str, package: Package, words: Disagreement) -> Fault:
    if isinstance(words, str):
        return Fault(kind=kind, path=str(package.found.path), reason=words)
    member, reason, value = words
    return Fault(kind=kind, path=str(member.where), reason=reason, value=value)


def without_wrong_views(package: Package) -> Package:
    """The package without the lines of sight that cannot be, which are then told among its faults.

    So that neither its own item nor those of its track, which take theirs from it, are published with one.
    """
    faults = tuple(dict.fromkeys(_fault("line of sight", package, words) for words in _wrong_views(package)))
    if not faults:
        return package
    wrong = {fault.path for fault in faults}
    rasters = tuple(
        replace(raster, line_of_sight=None) if str(raster.member.where) in wrong else raster
        for raster in package.rasters
    )
    view = next((raster.line_of_sight for raster in rasters if raster.line_of_sight), None)
    return replace(package, rasters=rasters, line_of_sight=view, faults=(*package.faults, *faults))


def dates_of_files(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The dates in the names of a pair's files are those of its package."""
    if not package.name.kind.per_pair:
        return
    ours = package.name.pair
    names = [raster.name for raster in package.rasters]
    names += [product for _, product in (*package.pictures, *package.metadata)]
    for name in names:
        if name.pair is not None and name.pair != ours:
            theirs = f"{name.pair.reference}/{name.pair.secondary}"
            yield f"{name.text} is of {theirs}, the package of {ours.reference}/{ours.secondary}"


def dates_of_metadata(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The measurement of a pair starts and ends on its dates, that of a series or auxiliary package between them."""
    name = package.name
    first, last = sorted((name.first, name.last))
    for key, day in ((MEASUREMENT_START, first), (MEASUREMENT_END, last)):
        earliest, latest = (day, day) if name.kind.per_pair else (first, last)
        for value in package.texts.stated(key):
            moment = iso_time(value)
            if moment and not _in_days(moment, earliest, latest):
                yield f"{key} of a .meta is {value}, the package is of {name.first}/{name.last}"


def dates_of_scenes(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The scenes that a pair was made from were taken on its dates, each in its role."""
    if not package.name.kind.per_pair:
        return
    for key, role, day in zip(PAIR_SCENES, ("reference", "secondary"), package.name.pair.days, strict=True):
        for value in package.texts.stated(key):
            found = scenes(value)
            days = sorted({moment.date() for scene in found for moment in (scene.start, scene.stop)})
            if found and day not in days:
                yield f"{key} of a .meta is of {days[0]}, the package's {role} date is {day}"


def dates_of_cube(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The cube has one band for each date of `RMSdate.txt`; these come once, in order, and in the package's range."""
    epochs = package.texts.epochs
    if epochs and "epochs" in package.texts.partial:
        yield "RMSdate.txt is not whole, so that it is unknown which band is of which date"
    for raster in package.rasters:
        is_cube = raster.name.product is not None and raster.name.product.key == "dts"
        if is_cube and epochs and raster.grid.count != len(epochs):
            yield f"{raster.name.text} has {raster.grid.count} bands, RMSdate.txt {len(epochs)} dates"
    yield from _faults_of_epochs(epochs, package.name)


def _faults_of_epochs(epochs: Sequence[date], name: PackageName) -> Iterator[str]:
    if len(set(epochs)) < len(epochs):
        yield f"RMSdate.txt has {len(epochs)} dates, of which {len(set(epochs))} differ"
    for earlier, later in pairwise(epochs):
        if later < earlier:
            yield f"RMSdate.txt holds {later} after {earlier}, bands are in order of time"
    for day in epochs:
        if not name.first <= day <= name.last:
            yield f"RMSdate.txt holds {day}, the package is of {name.first}/{name.last}"


def orbit_of_metadata(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """Direction and number of the orbit in the `.meta` are those of the track's name."""
    name = package.name
    for value in package.texts.stated(ORBIT_DIRECTION):
        state = orbit_state(value)
        if state and state != name.orbit_state:
            yield f"{ORBIT_DIRECTION} of a .meta is {value}, the track {name.track} is {name.orbit_state}"
    for value in package.texts.stated(RELATIVE_ORBIT):
        orbit = number(value)
        if orbit is not None and orbit != name.relative_orbit:
            yield f"{RELATIVE_ORBIT} of a .meta is {value}, that of the track {name.track} is {name.relative_orbit}"


def orbit_of_scenes(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """One of a pair's scenes, at least, is of the track's relative orbit; the number changes where it starts again."""
    found = [scene for key in PAIR_SCENES for value in package.texts.stated(key) for scene in scenes(value)]
    orbits = {scene.relative_orbit for scene in found} - {None}
    name = package.name
    if orbits and name.relative_orbit not in orbits:
        seen = ", ".join(str(orbit) for orbit in sorted(filter(None, orbits)))
        yield f"the scenes in a .meta are of relative orbit {seen}, the track {name.track} of {name.relative_orbit}"


def satellite_of_scenes(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The scenes of a pair are of the satellite that the package's name tells, where it tells one and not `S1`."""
    ours = package.name.satellite
    found = [scene for key in PAIR_SCENES for value in package.texts.stated(key) for scene in scenes(value)]
    others = sorted({scene.satellite.code for scene in found if scene.satellite != ours})
    if ours and others:
        yield f"the package's name says {ours.code}, scenes in a .meta are of {', '.join(others)}"


def vectors(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """See `_wrong_views`."""
    yield from _wrong_views(package)


def _wrong_views(package: Package) -> Iterator[Disagreement]:
    """Vectors are of unit length, of an incidence of the wide swath, and look where the orbit's radar does.

    It looks to the right: about east when it flies north, about west when it flies south.
    """
    name = package.name
    views = [(raster.member, raster.line_of_sight) for raster in package.rasters if raster.line_of_sight]
    for member, view in views:
        yield from ((member, f"{member.name} {words}", value) for words, value in _faults_of_view(name, view))
    if not views and package.line_of_sight:
        yield from (f"the line of sight {words}" for words, _ in _faults_of_view(name, package.line_of_sight))


def _faults_of_view(name: PackageName, view: LineOfSight) -> Iterator[tuple[str, str]]:
    """In words, and the value."""
    if not VECTOR_LIMITS[0] <= view.length <= VECTOR_LIMITS[1]:
        yield f"has vectors of length {view.length:g}, not 1", f"{view.length:g}"
    if not INCIDENCE_LIMITS_DEG[0] <= view.incidence_deg <= INCIDENCE_LIMITS_DEG[1]:
        yield f"has an incidence of {view.incidence_deg:g} degrees, which no wide swath has", f"{view.incidence_deg:g}"
    away = {state: _turn(view.azimuth_deg, azimuth) for state, azimuth in LOOK_AZIMUTHS_DEG.items()}
    seen = min(away, key=lambda state: away[state])
    azimuth = f"{view.azimuth_deg:g}"
    if away[seen] > LOOK_TOLERANCE_DEG:
        yield f"looks towards {view.azimuth_deg:g} degrees, as the radar of no Sentinel-1 orbit does", azimuth
    elif seen != name.orbit_state:
        looks = f"looks towards {view.azimuth_deg:.0f} degrees, as on a"
        yield f"{looks}{'n' * (seen[0] == 'a')} {seen} orbit; the track {name.track} is {name.orbit_state}", azimuth


def _turn(one_deg: float, other_deg: float) -> float:
    return abs((one_deg - other_deg + HALF_TURN_DEG) % (2 * HALF_TURN_DEG) - HALF_TURN_DEG)


def coherence(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """Coherence is between 0 and 1."""
    mean = package.coherence_mean
    if mean is None or 0 <= mean <= 1:
        return
    words = f"the mean coherence is {mean:g}, not between 0 and 1"
    member = next((raster.member for raster in package.rasters if raster.name.key == COHERENCE), None)
    yield (member, words, f"{mean:g}") if member else words


def bands(package: Package, _track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """A raster has as many bands as the row of its product; further ones are published without meaning."""
    for raster in package.rasters:
        product = raster.name.product
        expected = len(product.bands_in(raster.name.geometry)) if product else 0
        count = raster.grid.count
        if product and expected and (count > expected or (count < expected and LOS_ROLE in product.roles)):
            yield raster.member, f"{raster.name.text} has {count} bands, expected {expected}", str(count)


def perpendicular_baseline(package: Package, track: Track, _footprint: Footprint) -> Iterator[Disagreement]:
    """The baseline of a pair's `.meta` is that of `baseline.rsc`, within 5 m or a tenth.

    Their signs are not compared: no source says which date the one in the `.meta` is counted from.
    """
    if not package.name.kind.per_pair:
        return
    ours = track.texts.perpendicular_baseline_m(package.name.pair)
    stated = package.texts.stated(PERPENDICULAR_BASELINE)
    numbers = {value for value in map(number, stated) if value is not None}
    if ours is None and len(numbers) > 1:
        words = " and ".join(f"{value:g}" for value in sorted(numbers))
        yield f"{PERPENDICULAR_BASELINE} of the .meta files is {words}"
    for value in stated:
        theirs = number(value)
        if theirs is not None and abs(theirs) > MAX_BASELINE_M:
            yield f"{PERPENDICULAR_BASELINE} of a .meta is {value}, which is not a baseline in metres"
            continue
        if ours is None or theirs is None:
            continue
        if abs(abs(theirs) - abs(ours)) > max(BASELINE_TOLERANCE_M, BASELINE_TOLERANCE_SHARE * abs(ours)):
            yield f"{PERPENDICULAR_BASELINE} of a .meta is {value} m, by baseline.rsc it is {ours:.3f} m"


def plausible_footprint(package: Package, _track: Track, footprint: Footprint) -> Iterator[Disagreement]:
    """The footprint is on earth, of a size that a swath can have, and where the region is."""
    ring, region = footprint.ring, package.name.region
    west, south, east, north = bbox(ring)
    here = f"{west:g}, {south:g}, {east:g}, {north:g}"
    if not is_on_earth(ring):
        yield f"the footprint {here} is not on earth"
        return
    area_km2 = area_of(ring)
    low, high = AREA_LIMITS_KM2
    if not low <= area_km2 <= high:
        yield f"the footprint {here} has {area_km2:.0f} km2, not between {low:.0f} and {high:.0f}"
    if region.bbox is None or meet((west, south, east, north), region.bbox):
        return
    swapped = meet((south, west, north, east), region.bbox)
    there = ", ".join(f"{value:g}" for value in region.bbox)
    hint = ": latitude and longitude look swapped" if swapped else ""
    yield f"the footprint {here} is not in {region.title} ({there}){hint}"


@lru_cache(maxsize=64)
def area_of(ring: Ring) -> float:
    """Area of a ring in square kilometres on a sphere, edges straight in longitude and latitude; exact for boxes.

    >>> round(area_of(((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))) / 1e3, 1)
    12.4
    """
    total = sum((x2 - x1) * (sin(radians(y1)) + sin(radians(y2))) / 2 for (x1, y1), (x2, y2) in pairwise(ring))
    return abs(degrees(total)) * KM_PER_DEGREE**2


def _in_days(moment: datetime, first: date, last: date) -> bool:
    start = datetime.combine(first, time(), tzinfo=moment.tzinfo)
    end = datetime.combine(last, time(), tzinfo=moment.tzinfo) + timedelta(days=1)
    return start - DAY_TOLERANCE <= moment <= end + DAY_TOLERANCE


COMPARISONS: Final[tuple[tuple[str, Comparison], ...]] = (
    ("dates", dates_of_files),
    ("dates", dates_of_metadata),
    ("dates", dates_of_scenes),
    ("cube dates", dates_of_cube),
    ("orbit", orbit_of_metadata),
    ("orbit", orbit_of_scenes),
    ("satellite", satellite_of_scenes),
    ("line of sight", vectors),
    ("coherence", coherence),
    ("bands", bands),
    ("missing product", products),
    ("network", network),
    ("table", lists),
    ("baseline", perpendicular_baseline),
    ("position", plausible_footprint),
)
"""Kind of the check, and what is compared for it."""
