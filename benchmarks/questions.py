"""What the services are asked: kinds of questions, of each as many different ones as are expected.

Places, dates and values are those of pairs drawn from the catalogue, so that nearly every question matches something.
The same catalogue and seed give the same questions in the same order.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.items import Catalogue, Item
from benchmarks.traffic import Request
from catalog_builder.vocab.aggregations import AGGREGATIONS
from catalog_builder.vocab.queryables import QUERYABLES

DATES = ("insar:reference_datetime", "insar:secondary_datetime")
PAGES = (10, 100, 1000)
WALK = 30
"""Pages of ten that are read one after the other."""
SORTABLES = tuple(row.name for row in QUERYABLES if row.sortable)
FRUITLESS = 300
"""Draws without anything new after which a kind has no more questions."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where questions get their values from."""

    catalogue: Catalogue
    chance: random.Random

    def pair(self) -> Item:
        """Some pair."""
        return self.catalogue.draw(self.chance)

    def near(self, value: float, widest: float) -> tuple[str, str]:
        """A range of numbers that holds a value."""
        return f"{value - self.chance.uniform(0, widest):.2f}", f"{value + self.chance.uniform(0, widest):.2f}"

    def moment(self, item: Item) -> str:
        """Between both dates of a pair."""
        first, last = (datetime.fromisoformat(item["properties"][name]) for name in DATES)
        return _stamp(first + timedelta(seconds=int((last - first).total_seconds() * self.chance.random())))

    def place(self, item: Item) -> tuple[float, float]:
        """Longitude and latitude inside the box of a pair."""
        west, south, east, north = item["bbox"]
        return round(self.chance.uniform(west, east), 4), round(self.chance.uniform(south, north), 4)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question.

    Attributes:
        name: In tables.
        draw: Makes a question, perhaps one that was there before.
        ours_only: Peers have no such thing.
        rustac: Whether rustac's server has it.
        is_single: There is one question only, which is asked again and again.
    """

    name: str
    draw: Callable[[Source], Request]
    ours_only: bool = False
    rustac: bool = False
    is_single: bool = False


def questions(kind: Kind, catalogue: Catalogue, seed: int, count: int) -> list[Request]:
    """Different questions of a kind: so many, or all that were met where it has fewer; one of a single one."""
    source = Source(catalogue, random.Random(f"{seed} {kind.name}"))
    found: dict[str, Request] = {}
    fruitless = 0
    while len(found) < (1 if kind.is_single else count) and fruitless < FRUITLESS:
        request = kind.draw(source)
        key = f"{request.path} {json.dumps(request.body, sort_keys=True)}"
        fruitless = fruitless + 1 if key in found else 0
        found.setdefault(key, request)
    return list(found.values())


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _search(**parameters: Any) -> Request:
    return Request(f"/search?{urlencode({'limit': 10, **parameters})}")


def _filtered(text: str) -> Request:
    return _search(**{"filter": text, "filter-lang": "cql2-text"})


def _between(name: str, limits: tuple[str, str]) -> str:
    return f'"{name}" BETWEEN {limits[0]} AND {limits[1]}'


def _collections(source: Source) -> str:
    return ",".join(sorted({source.pair()["collection"] for _ in range(source.chance.randint(1, 3))}))


def _page(size: int) -> Callable[[Source], Request]:
    return lambda source: _search(collections=_collections(source), limit=size)


def _walk(source: Source) -> Request:
    start = _search(collections=source.pair()["collection"], datetime=f"{source.moment(source.pair())}/..")
    return Request(start.path, pages=WALK)


def _item(source: Source) -> Request:
    item = source.pair()
    return Request(f"/collections/{item['collection']}/items/{item['id']}")


def _box(source: Source) -> Request:
    west, south = source.place(source.pair())
    width, height = (source.chance.uniform(0.05, 0.5) for _ in "xy")
    return _search(bbox=f"{west},{south},{west + width:.4f},{south + height:.4f}")


def _point(source: Source) -> Request:
    point = {"type": "Point", "coordinates": list(source.place(source.pair()))}
    return Request("/search", {"intersects": point, "limit": 10})


def _interval(source: Source) -> Request:
    middle = datetime.fromisoformat(source.pair()["properties"]["datetime"])
    ends = [middle + sign * timedelta(minutes=source.chance.randrange(30 * 24 * 60)) for sign in (-1, 1)]
    return _search(datetime="/".join(map(_stamp, ends)))


def _year(source: Source) -> Request:
    own = source.pair()["properties"]
    first = datetime.fromisoformat(own[DATES[0]]) - timedelta(days=source.chance.randrange(365))
    return _filtered(
        f'"sat:relative_orbit" = {own["sat:relative_orbit"]} AND "sat:orbit_state" = \'{own["sat:orbit_state"]}\''
        f" AND \"{DATES[0]}\" >= TIMESTAMP('{first:%Y-%m-%d}T00:00:00Z')"
        f" AND \"{DATES[0]}\" < TIMESTAMP('{first + timedelta(days=365):%Y-%m-%d}T00:00:00Z')"
    )


def _event(source: Source) -> Request:
    moment = source.moment(source.pair())
    return _filtered(
        " AND ".join(f"\"{name}\" {sign} TIMESTAMP('{moment}')" for name, sign in zip(DATES, "<>", strict=True))
    )


def _exact(source: Source) -> Request:
    own = source.pair()["properties"]
    return _filtered(" AND ".join(f"\"{name}\" = TIMESTAMP('{own[name]}')" for name in DATES))


def _baselines(source: Source) -> Request:
    own = source.pair()["properties"]
    days = source.near(own["insar:temporal_baseline"], 40)
    metres = source.near(own["insar:perpendicular_baseline"], 20)
    return _filtered(
        f"{_between('insar:temporal_baseline', days)} AND {_between('insar:perpendicular_baseline', metres)}"
    )


def _coherence(source: Source) -> Request:
    own = source.pair()["properties"]
    days = source.near(own["insar:temporal_baseline"], 40)
    least = own["flatsim:coherence_mean"] - source.chance.uniform(0, 0.05)
    return _filtered(f'"flatsim:coherence_mean" >= {least:.4f} AND {_between("insar:temporal_baseline", days)}')


def _track(source: Source) -> Request:
    own = source.pair()["properties"]
    metres = source.near(own["insar:perpendicular_baseline"], 20)
    return _filtered(
        f"\"flatsim:track\" = '{own['flatsim:track']}' AND {_between('insar:perpendicular_baseline', metres)}"
    )


def _words(source: Source) -> Request:
    own = source.pair()["properties"]
    where = own[source.chance.choice(("flatsim:track", "flatsim:region"))]
    return _search(q=f"{where} {own[source.chance.choice(DATES)][: source.chance.choice((7, 10))]}")


def _sorted(source: Source) -> Request:
    sign = source.chance.choice("+-")
    return _search(collections=source.pair()["collection"], sortby=sign + source.chance.choice(SORTABLES))


def _aggregated(source: Source, *, everything: bool = False, grid: bool = False) -> Request:
    pair = source.pair()
    rows = [row.name for row in AGGREGATIONS if row.of in pair["properties"]]
    wanted = ["total_count", *sorted(source.chance.sample(rows, 2))]
    if grid:
        wanted[0] = source.chance.choice([row.name for row in AGGREGATIONS if row.of == "geometry"])
    parameters = {"aggregations": ",".join(wanted), **({} if everything else {"collections": pair["collection"]})}
    return Request(f"/aggregate?{urlencode(parameters)}")


def _network(source: Source) -> Request:
    item = source.pair()
    series = item["id"].partition("_int_")[0] + "_ts"
    return Request(f"/collections/{item['collection'].rpartition('-')[0]}-timeseries/items/{series}/network?f=json")


def _queryables(source: Source) -> Request:
    region = source.pair()["collection"].rpartition("-")[0]
    return Request(f"/collections/{region}-{source.chance.choice(('interferogram', 'timeseries'))}/queryables")


KINDS = (
    *(Kind(f"page of {size}, one to three collections", _page(size)) for size in PAGES),
    Kind("page of 10, all collections, until a moment", lambda one: _search(datetime=f"../{one.moment(one.pair())}")),
    Kind("page of 10, all collections", lambda _: _search(), rustac=True, is_single=True),
    Kind("next pages of 10", _walk),
    Kind("item by id", _item, rustac=True),
    Kind("items by ids", lambda one: _search(ids=",".join(one.pair()["id"] for _ in range(one.chance.randint(1, 5))))),
    Kind("two baselines", _baselines),
    Kind("coherence and baseline", _coherence),
    Kind("orbit, direction, year", _year),
    Kind("pair spans an event", _event),
    Kind("track and baseline", _track),
    Kind("exact pair", _exact),
    Kind("box", _box, rustac=True),
    Kind("point", _point),
    Kind("interval", _interval, rustac=True),
    Kind("free text", _words, ours_only=True),
    Kind("sorted by any sortable", _sorted),
    Kind("aggregated, one collection", _aggregated, ours_only=True),
    Kind("aggregated, everything", lambda one: _aggregated(one, everything=True), ours_only=True),
    Kind("aggregated by place, one collection", lambda one: _aggregated(one, grid=True), ours_only=True),
    Kind("network plot's data", _network, ours_only=True),
    Kind("queryables of a collection", _queryables),
    Kind("/collections", lambda _: Request("/collections"), rustac=True, is_single=True),
    Kind("landing page", lambda _: Request("/"), rustac=True, is_single=True),
)
