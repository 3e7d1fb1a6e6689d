"""Campaigns of bent files. Whatever one holds, a build ends, and makes the right item, an honest one, or a refusal."""

from __future__ import annotations

import os
import random
import re
import shutil
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fuzzing import Watch, bent_bytes, bent_text, catalogued, differences
from trap_tree import Corner, lookup_table, tiff

from catalog_builder.packages.archive import MAX_ENTRIES
from catalog_builder.pipeline.catalogue import Outcome
from catalog_builder.validation.check import check
from catalog_builder.validation.schemas import Schemas

Items = dict[str, dict[str, Any]]

ANYWHERE = r"/properties/(created|updated)|/assets/\w+/file:size"
TIMES = r"/properties/((start_|end_)?datetime|insar:(reference|secondary)_datetime|flatsim:time_is_nominal)"
META = (
    rf"{TIMES}|/properties/(platform|processing:(software.*|datetime|lineage)|insar:\w+_dem|description|keywords"
    r"|insar:(perpendicular_baseline|height_of_ambiguity)|cube:dimensions/time/(extent|values)"
    r"|cube:variables/\w+/\w+)|/assets/\w+/(bands|unit|description)"
)
TOUCHED = {
    "baseline.rsc": r"/properties/(insar:(perpendicular_baseline|height_of_ambiguity)|flatsim:n_dates)",
    "baseline_top_bot.rsc": r"/properties/insar:(perpendicular_baseline|height_of_ambiguity)",
    "interf_pair.rsc": r"/properties/flatsim:n_interferograms",
    "list_unw_frac.txt": r"/properties/flatsim:unwrapped_fraction",
    "Stk-In_list_InU": r"/properties/flatsim:(used_in_timeseries|n_interferograms|network_connected)",
    "nsbas.proc": rf"{TIMES}|/properties/(processing:lineage|cube:dimensions/time/(extent|values))"
    r"|/assets/\w+/(sar:looks_range|bands)",
    "RMSinterfero.txt": r"/properties/flatsim:(used_in_timeseries|rms|n_interferograms|network_connected)",
    "RMSdate.txt": r"/properties/(flatsim:(n_dates|max_gap_days|network_connected)|cube:.*)|/assets/dts_\w+/bands"
    "|/stac_extensions",
}
"""What in an item may depend on a sidecar."""


@dataclass(frozen=True)
class Sound:
    """A small sound tree of one track, and its items."""

    tree: Path
    outside: Path
    items: Items
    schemas: Schemas


META_TEXT = (
    "Note: a\nUsed_DEM: SRTM\nSoftware_version: NSBAS:v2.3.0:x\nDate_of_production: 2021-11-18T00:00:00Z\n"
    "Orbit_direction: ASCENDING\nRelative_orbit_number: 001\nValue_unit: rad\nApplied_filter: SW\n"
    "Reference_date: 2016-01-01T04:39:40Z\nDate_of_measurement_start: 2016-01-01T04:39:40Z\n"
    "Super_master_SAR_image_ID: S1A_IW_SLC__1SDV_20160101T043926_20160101T043953_008398_01CBB8_3A0F-iw123\n"
)
PAIR_TEXT = (
    f"{META_TEXT}Master_SAR_image_ID: S1A_IW_SLC__1SDV_20160101T043926_20160101T043953_009348_01CBB8_3A0F\n"
    "Slave_SAR_image_ID: S1A_IW_SLC__1SDV_20160113T043926_20160113T043953_009523_01CBB8_3A0F\n"
    "Perpendicular_baseline: 50.0\nDate_of_measurement_end: 2016-01-13T04:39:40Z\n"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, schemas: Schemas) -> Sound:
    folder = tmp_path_factory.mktemp("fuzz")
    here = Corner(folder / "tree", 1, folder / "outside")
    here.outside.mkdir()
    cog = {"driver": "COG", "compress": "deflate"}
    pair, series, auxiliary = here.pair(), here.series(), here.auxiliary()
    tiff(pair / "CNES_InW_geo_20160101_20160113_sd_era_8rlks.tiff", **cog)
    tiff(series / "CNES_Net_radar_8rlks.tiff", corner=None, bands=5, tiled=True, blockxsize=16, blockysize=16)
    lookup_table(auxiliary / "CNES_Lut_radar_8rlks.tiff")
    for package in (pair, series, auxiliary):
        for path in list(package.glob("*.tiff")):
            path.with_suffix(".meta").write_text(PAIR_TEXT if package is pair else META_TEXT)
    (auxiliary / "interf_pair.rsc").write_text("20160101 20160113\n20160113 20160125\n")
    (auxiliary / "list_unw_frac.txt").write_text("20160101 20160113 0.87\n20160113 20160125 0.9\n")
    (auxiliary / "baseline_top_bot.rsc").write_text("20160101 0 0\n20160113 49 51\n20160125 -29 -31\n")
    (series / "Stk-In_list_InU").write_text("CNES_InU_radar_20160101_20160113_sd_era_8rlks.tiff\n")
    items, outcome = catalogued(here.folder)
    assert (len(items), outcome.refused) == (3, [])
    return Sound(here.folder, here.outside, items, schemas)


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()


def campaign(count: int) -> list[Any]:
    """The short form, and the whole one for those who ask for it."""
    return [pytest.param(count // 60, id="short"), pytest.param(count, id="full", marks=pytest.mark.full)]


def unexpected(sound: Sound, items: Items, path: Path, allowed: str) -> Iterator[str]:
    """What a bent file has changed that it does not tell; everything in its own asset it does."""
    for name, item in items.items():
        for where in differences(item, sound.items[name]):
            if not re.fullmatch(f"{ANYWHERE}|{allowed}", where):
                yield f"{path.name}: {name[6:10]} {where}"


def days(item: dict[str, Any]) -> list[str]:
    return [item["properties"][name][:10] for name in ("start_datetime", "end_datetime")]


def invalid(items: Items, schemas: Schemas) -> Iterator[str]:
    for item in items.values():
        link = {"rel": "collection", "href": "x.json"}
        yield from (f"{item['id']} {problem}" for problem in check(item | {"links": [*item["links"], link]}, schemas))


@contextmanager
def told(problems: list[str], what: str) -> Iterator[None]:
    """Keep what ends a build that should not end, and go on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (any is a fault)
        problems.append(f"{what}: {error!r}")


def tell(counts: Counter[str], request: pytest.FixtureRequest) -> None:
    """Figures of a campaign, shown by `-rP` or `-s`."""
    print(request.node.name, dict(counts))  # noqa: T201


@contextmanager
def bent(path: Path, content: bytes) -> Iterator[None]:
    """Another content in a file, which then is as it was."""
    good, status = path.read_bytes(), path.stat()
    _write(path, content, status)
    try:
        yield
    finally:
        _write(path, good, status)


def _write(path: Path, content: bytes, status: os.stat_result) -> None:
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def ending(sound: Sound, items: Items, outcome: Outcome) -> str:
    return "refused" if outcome.refused else "same" if items == sound.items else "honest"


WITHOUT_OTHERS = (
    "|/stac_extensions|/.*(view:|insar:|flatsim:|datetime|links|cube:|looks_range|bands|lineage|processing:).*"
    "|/geometry.*|/bbox"
)
"""What an item does not have when another package of its track is refused."""


def faults_of_text(sound: Sound, path: Path, items: Items, outcome: Outcome) -> Iterator[str]:
    for refusal in outcome.refused:
        if not re.search(f"{path.name}|(of|in) a .meta", refusal.reason):
            yield f"refused without its name: {refusal}"
    allowed = META if path.suffix == ".meta" else TOUCHED[path.name]
    yield from unexpected(sound, items, path, allowed + (WITHOUT_OTHERS if outcome.refused else ""))
    yield from (f"days of {name}" for name, item in items.items() if days(item) != days(sound.items[name]))


def test_the_watch_hears_what_is_opened(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "canary").touch()
    with watch.on() as opened:
        (tmp_path / "canary").read_bytes()
    (tmp_path / "canary").read_bytes()
    assert opened == [str(tmp_path / "canary")]


@pytest.mark.parametrize("count", campaign(10_000))
def test_bent_sidecars(sound: Sound, count: int, request: pytest.FixtureRequest) -> None:
    texts = sorted(path for path in sound.tree.rglob("*") if path.is_file() and path.suffix != ".tiff")
    contents = [path.read_bytes() for path in texts]
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for number in range(count):
        chance = random.Random(number)
        path = chance.choice(texts)
        with bent(path, bent_text(path.read_bytes(), contents, chance)), told(problems, f"{number} {path.name}"):
            items, outcome = catalogued(sound.tree)
            counts[ending(sound, items, outcome)] += 1
            problems += [f"{number} {fault}" for fault in faults_of_text(sound, path, items, outcome)]
            if number % 20 == 0:
                problems += [f"{number} {fault}" for fault in invalid(items, sound.schemas)]
    tell(counts, request)
    assert problems == [], "\n".join(problems)


def faults_of_raster(sound: Sound, path: Path, items: Items, outcome: Outcome) -> Iterator[str]:
    for refusal in outcome.refused:
        if path.parent.name not in refusal.path or not re.search(
            f"{path.name}|footprint|coherence|sight", refusal.reason
        ):
            yield f"refused without its name: {refusal}"
    allowed = r"/assets/\w+/(proj:\w+|bands|data_type|nodata|type|description|unit)|/geometry.*|/bbox"
    allowed += r"|/properties/(view:.*|flatsim:(coherence_mean|footprint_source)|insar:height_of_ambiguity|cube:.*)"
    yield from unexpected(sound, items, path, allowed + (WITHOUT_OTHERS if outcome.refused else ""))


@pytest.mark.parametrize("count", campaign(1_000))
def test_bent_rasters(sound: Sound, count: int, watch: Watch, request: pytest.FixtureRequest) -> None:
    rasters = sorted(sound.tree.rglob("*.tiff"))
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for number in range(count):
        chance = random.Random(number)
        path = chance.choice(rasters)
        content = path.read_bytes()
        header = range(min(len(content), 700)) if number % 4 else range(len(content))
        with bent(path, bent_bytes(content, header, chance)), told(problems, f"{number} {path.name}"):
            with watch.on() as opened:
                items, outcome = catalogued(sound.tree)
            counts[ending(sound, items, outcome)] += 1
            problems += [f"{number} opened {name}" for name in opened if str(sound.outside) in name]
            problems += [f"{number} {fault}" for fault in faults_of_raster(sound, path, items, outcome)]
            problems += [f"{number} {fault}" for fault in invalid(items, sound.schemas)]
    tell(counts, request)
    assert problems == [], "\n".join(problems)


def hostile(path: Path, outside: Path, chance: random.Random) -> None:
    """Add to a sound archive what should not be in any."""
    ways: list[Callable[[zipfile.ZipFile], None]] = [
        lambda archive: archive.writestr(f"{outside}/CNES_InU_geo_20160101_20160113_8rlks.tiff", b"x"),
        lambda archive: archive.writestr("../" * chance.randrange(1, 9) + f"{outside.name}/canary", b"x"),
        lambda archive: archive.writestr("a/./b.txt", b"x"),
        lambda archive: archive.writestr("//server/share", b"x"),
        lambda archive: archive.writestr("inner.zip", path.read_bytes()),
        lambda archive: archive.writestr(f"{path.stem}/CNES_DTs_geo_8rlks.tiff", bytes(65 * 2**20)),
        lambda archive: _link(archive, f"{path.stem}/RMSdate.txt", str(outside / "canary")),
        lambda archive: _link(archive, f"{path.stem}/CNES_APS_geo_20160101_20160113_8rlks.tiff", str(outside / "pipe")),
        lambda archive: archive.writestr("x.txt", b"x" * 999, compress_type=zipfile.ZIP_BZIP2),
        lambda archive: archive.writestr("x.txt", b"x" * 999, compress_type=zipfile.ZIP_LZMA),
        lambda archive: archive.writestr(archive.namelist()[0], b"x"),
        lambda archive: [archive.writestr(f"{n}.txt", b"") for n in range(MAX_ENTRIES + 1)] and None,
    ]
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        chance.choice(ways if chance.random() < 0.1 else ways[:-1])(archive)


def _link(archive: zipfile.ZipFile, name: str, target: str) -> None:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    archive.writestr(info, target)


def lying(data: bytes, chance: random.Random) -> bytes:
    """A directory whose sizes, places, methods or flags are others than those of the entries."""
    bent = bytearray(data)
    records = [match.start() for match in re.finditer(rb"PK\x01\x02", data)]
    offset, size = chance.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)))
    place = chance.choice(records) + offset
    value = chance.choice((0, 1, 99, 0xFFFF, 0xFFFFFFFF, chance.randrange(2**32))) % 2 ** (8 * size)
    bent[place : place + size] = struct.pack("<L", value)[:size]
    return bytes(bent)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("count", campaign(1_000))
def test_bent_and_hostile_archives(
    sound: Sound, count: int, watch: Watch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    here = Corner(tmp_path / "tree", 1, tmp_path / "outside")
    here.outside.mkdir()
    (here.outside / "canary").write_text("0 20200101 1\n")
    os.mkfifo(here.outside / "pipe")  # whoever opens it waits for ever
    path = here.zipped(shutil.copytree(next(sound.tree.glob("NSBAS_INT*")), here.folder / here.name()))
    data = path.read_bytes()
    good, _ = catalogued(here.folder)
    [name] = good
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for number in range(count):
        chance = random.Random(number)
        path.write_bytes(data)
        way = chance.choice(("hostile", "lying", "bent", "directory"))
        if way == "hostile":
            hostile(path, here.outside, chance)
        elif way == "lying":
            path.write_bytes(lying(data, chance))
        else:
            start = data.index(b"PK\1\2") if way == "directory" else 0
            path.write_bytes(bent_bytes(data, range(start, len(data)), chance))
        with told(problems, f"{number} {way}"):
            with watch.on() as opened:
                items, outcome = catalogued(here.folder, checksums=number % 2 == 0)
            counts[f"{way}, {'refused' if outcome.refused else 'catalogued'}"] += 1
            problems += [f"{number} opened {one}" for one in opened if str(here.outside) in one]
            problems += [f"{number} {way}: {fault}" for fault in faults_of_archive(items, good[name], outcome, path)]
    tell(counts, request)
    assert problems == [], "\n".join(problems)
    assert counts["hostile, catalogued"] == 0
    assert sorted(one.name for one in here.outside.iterdir()) == ["canary", "pipe"]


def faults_of_archive(items: Items, good: dict[str, Any], outcome: Outcome, path: Path) -> Iterator[str]:
    yield from (f"refused without its name: {one}" for one in outcome.refused if one.path != str(path))
    own = r"/assets/\w+/(archive|file:.*|proj:.*|bands|nodata|data_type)|/properties/(created|updated)"
    for item in items.values():
        yield from (where for where in differences(item, good) if not re.fullmatch(own, where))
