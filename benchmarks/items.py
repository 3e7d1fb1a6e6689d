"""Any number of items in little time: those that the builder makes of a small sample tree, under other regions, tracks,
dates, places and values.

What varies between packages of real deliveries varies here; all else (assets, their fields, links) is as it was built.
The same arguments give the same items.
"""

from __future__ import annotations

import itertools
import math
import random
import tempfile
import warnings
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import orjson
from rasterio.errors import NotGeoreferencedWarning

from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleSpec, write_sample
from catalog_builder.sinks import COLLECTIONS
from catalog_builder.sinks.encoding import compact
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.collection import CollectionSummary
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.regions import BY_CODE, REGIONS, Region

LAYOUT = ServiceLayout("https://data.example.org/")
SAMPLE = SampleSpec(tracks=2, epochs=5, pairs=5, pixels=96)
"""One track of each direction; each of its pairs is a model of many."""
SAMPLE_REGION = BY_CODE["BALKANS"]
PLACES = tuple(region for region in REGIONS if region.bbox)
FIRST_DAY = date(2014, 10, 10)
REVISIT_DAYS = 6
SECONDARIES = 30
"""Later dates that a date makes pairs with, at least."""
EPOCHS = 400
"""Dates of a track, at most."""

DATE = "insar:secondary_datetime"
"""A property that pairs have and other items have not."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Track:
    """Where a track's items are put."""

    region: Region
    number: int

    @property
    def is_ascending(self) -> bool:
        return self.number % 2 == 0

    @property
    def orbit(self) -> int:
        return 1 + (7 + 41 * self.number) % 175

    @property
    def name(self) -> str:
        return f"{'A' if self.is_ascending else 'D'}{self.orbit:03}SUD"

    @property
    def corner(self) -> tuple[float, float]:
        """West and south of its items, degrees."""
        assert self.region.bbox is not None
        west, south, _, _ = self.region.bbox
        return west + 1.3 * (self.number % 6), south + 0.5 + 1.7 * (self.number // 6 % 5)


class Catalogue:
    """Pairs of some tracks of some regions, and a series and an auxiliary item of each track.

    Args:
        count: items of all collections together.
        regions: how many; each has three collections.
        tracks: how many in each region.
    """

    def __init__(self, count: int, *, regions: int = 6, tracks: int = 6) -> None:
        if not 1 <= regions <= len(PLACES):
            msg = f"there are {len(PLACES)} regions"
            raise ValueError(msg)
        self.count = count
        self._molds: dict[Track, tuple[str, list[Mold]]] = {}
        self.tracks = [Track(region, number) for region in PLACES[:regions] for number in range(tracks)]
        if count < 3 * len(self.tracks):
            msg = f"{len(self.tracks)} tracks have at least {3 * len(self.tracks)} items"
            raise ValueError(msg)

    def collections(self) -> list[dict[str, Any]]:
        """Their documents, with extents and summaries of the outermost items of each track."""
        regions = dict.fromkeys(track.region for track in self.tracks)
        summaries = [CollectionSummary(region, kind) for region in regions for kind in KINDS]
        by_id = {summary.id: summary for summary in summaries}
        for track, pairs in zip(self.tracks, self._pair_counts(), strict=True):
            latest = pairs - pairs % _secondaries(pairs) - 1
            ends = self._pairs(track, pairs, sorted({0, max(latest, 0), pairs - 1}))
            for collection, line in itertools.chain(self._shared(track), ends):
                by_id[collection].add(orjson.loads(line))
        return [
            summary.create_collection(LAYOUT).to_dict(include_self_link=False, transform_hrefs=False)
            for summary in by_id.values()
        ]

    def lines(self, regions: Container[Region] = REGIONS) -> Iterator[tuple[str, bytes]]:
        """Collection and JSON of each item of some regions, track after track."""
        for track, pairs in zip(self.tracks, self._pair_counts(), strict=True):
            if track.region in regions:
                yield from self._shared(track)
                yield from self._pairs(track, pairs, range(pairs))

    def write(self, folder: Path, regions: Container[Region] = REGIONS) -> None:
        """The catalogue as lines, one file of items for each collection, as `flatsim-stac build` writes it.

        Args:
            folder: made where it is missing.
            regions: whose items are written; the collections are all there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{COLLECTIONS}.ndjson").write_bytes(b"".join(compact(one) + b"\n" for one in self.collections()))
        for collection, lines in itertools.groupby(self.lines(regions), key=lambda pair: pair[0]):
            with (folder / f"{collection}.ndjson").open("ab") as file:
                file.writelines(line + b"\n" for _, line in lines)

    def draw(self, chance: random.Random) -> Item:
        """Some pair: id, dates and place are of one that the catalogue has, its values as likely as they are there."""
        track, pairs = chance.choice(list(zip(self.tracks, self._pair_counts(), strict=True)))
        ((_, line),) = self._pairs(track, pairs, [chance.randrange(pairs)], chance)
        item: Item = orjson.loads(line)
        return item

    def _pair_counts(self) -> list[int]:
        pairs = self.count - 2 * len(self.tracks)
        least, more = divmod(pairs, len(self.tracks))
        return [least + (number < more) for number in range(len(self.tracks))]

    def _shared(self, track: Track) -> Iterator[tuple[str, bytes]]:
        for model in self._models[track.is_ascending]:
            if DATE not in model["properties"]:
                item = _moved(model, track)
                yield item["collection"], orjson.dumps(item)

    def _pairs(
        self, track: Track, count: int, numbers: Iterable[int], chance: random.Random | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """Some of its so many pairs, their values by the track's own chance unless another is given."""
        if track not in self._molds:
            models = [_moved(one, track) for one in self._models[track.is_ascending] if DATE in one["properties"]]
            self._molds[track] = models[0]["collection"], [_mold(model) for model in models]
        collection, molds = self._molds[track]
        chance = chance or random.Random(f"{track.region.code} {track.name}")
        for number in numbers:
            epoch, step = divmod(number, _secondaries(count))
            first = FIRST_DAY + timedelta(days=REVISIT_DAYS * epoch)
            yield collection, molds[number % len(molds)](first, REVISIT_DAYS * (1 + step), chance)

    @cached_property
    def _models(self) -> dict[bool, list[Item]]:
        """Items of the sample tree, by whether they are ascending."""
        with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            tree, out = Path(scratch) / "tree", Path(scratch) / "out"
            write_sample(tree, SAMPLE)
            build([tree], NdjsonSink(out), LAYOUT)
            files = sorted(path for path in out.glob("*.ndjson") if path.stem != COLLECTIONS)
            items = [orjson.loads(line) for path in files for line in path.read_bytes().splitlines()]
        by_direction: dict[bool, list[Item]] = {True: [], False: []}
        for item in items:
            by_direction[item["properties"]["sat:orbit_state"] == "ascending"].append(item)
        return by_direction


def _secondaries(count: int) -> int:
    """Later dates that each date of a track of so many pairs makes pairs with."""
    return max(SECONDARIES, math.ceil(count / EPOCHS))


def _moved(model: Item, track: Track) -> Item:
    """A model's item under another region and track, in another place."""
    old, new = model["properties"]["flatsim:track"], track.name
    text = orjson.dumps(model).decode()
    for word, other in (
        (old, new),
        (old.lower(), new.lower()),
        (SAMPLE_REGION.code, track.region.code),
        (SAMPLE_REGION.slug, track.region.slug),
        (SAMPLE_REGION.title, track.region.title),
    ):
        text = text.replace(word, other)
    item: Item = orjson.loads(text)
    item["properties"]["sat:relative_orbit"] = track.orbit
    _shift(item, track.corner[0] - item["bbox"][0], track.corner[1] - item["bbox"][1])
    return item


def _shift(item: Item, east: float, north: float) -> None:
    """Move the footprint and the rasters that have a place, degrees."""

    def moved(numbers: list[float]) -> list[float]:
        return [round(number + (north if index % 2 else east), 6) for index, number in enumerate(numbers)]

    rings = item["geometry"]["coordinates"]
    polygons = rings if item["geometry"]["type"] == "MultiPolygon" else [rings]
    for ring in itertools.chain.from_iterable(polygons):
        ring[:] = map(moved, ring)
    item["bbox"] = moved(item["bbox"])
    for asset in item["assets"].values():
        if asset.get("proj:code") == "EPSG:4326":
            asset["proj:bbox"] = moved(asset["proj:bbox"])
            transform = asset["proj:transform"]
            transform[2], transform[5] = moved([transform[2], transform[5]])


_VALUES = (
    "datetime",
    "insar:temporal_baseline",
    "insar:perpendicular_baseline",
    "insar:height_of_ambiguity",
    "flatsim:coherence_mean",
    "flatsim:unwrapped_fraction",
    "flatsim:used_in_timeseries",
    "flatsim:rms",
)
"""Properties of a pair that its dates do not say."""

Mold = Callable[[date, int, random.Random], bytes]


def _mold(model: Item) -> Mold:
    """What makes items like a model's for a first date, days between both dates, and chance."""
    properties = model["properties"]
    clock = properties["datetime"][10:]
    days = [properties[f"insar:{which}_datetime"][:10] for which in ("reference", "secondary")]
    marked = {**model, "properties": {**properties, **{name: f"<{name}>" for name in _VALUES}}}
    text = orjson.dumps(marked).decode().replace("%", "%%")
    for day, which in zip(days, ("first", "second"), strict=True):
        text = text.replace(day, f"%({which})s").replace(day.replace("-", ""), f"%({which}_digits)s")
    for name in _VALUES:
        text = text.replace(f'"<{name}>"', f"%({name})s")

    def cast(first: date, span_days: int, chance: random.Random) -> bytes:
        second, middle = first + timedelta(days=span_days), first + timedelta(days=span_days // 2)
        baseline = round(chance.gauss(0, 60) or 1.0, 3)
        values = (
            f'"{middle}{clock}"', span_days, baseline, round(14_820 / (baseline or 1), 1),
            round(max(0.15, 0.75 * math.exp(-span_days / 200) + chance.gauss(0, 0.03)), 4),
            round(chance.uniform(0.5, 1), 4), ("true", "false")[chance.random() < 0.1],
            round(chance.uniform(0.05, 0.4), 4),
        )  # fmt: skip
        words = {
            "first": first,
            "second": second,
            "first_digits": f"{first:%Y%m%d}",
            "second_digits": f"{second:%Y%m%d}",
        }
        return (text % {**words, **dict(zip(_VALUES, values, strict=True))}).encode()

    return cast


@cache
def version() -> str:
    """Another one for each change of this module or of the builder that makes other items of the same arguments."""
    small = Catalogue(40, regions=1, tracks=2)
    return sha256(b"".join(line for _, line in small.lines())).hexdigest()[:8]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--items", default=10_000, show_default=True)
@click.option("--regions", default=6, show_default=True)
@click.option("--tracks", default=6, show_default=True, help="Of each region.")
def main(folder: Path, items: int, regions: int, tracks: int) -> None:
    """Write a catalogue of lines into FOLDER, which must not exist."""
    if folder.exists():
        msg = f"{folder} exists"
        raise click.UsageError(msg)
    Catalogue(items, regions=regions, tracks=tracks).write(folder)


if __name__ == "__main__":
    main()
