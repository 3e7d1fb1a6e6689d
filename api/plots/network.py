"""The network of a series: its dates, the pairs between them, where each date stands, and what is not linked.

Items of pairs tell the baseline of the secondary against the reference acquisition. The position of each date is found
from those by least squares, as the inversion of small baselines finds the phase of each date (Berardino et al. 2002,
IEEE TGRS 40, 2375-2383, doi 10.1109/TGRS.2002.803792): with B of each date unknown, every pair says
B(secondary) - B(reference) = b. Dates that no chain of known baselines links have no position against each other: each
such group has the first of its dates at zero.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

GAP_DAYS: Final = 36
"""A time without acquisitions that is longer than this, and than twice the usual one, is a gap: three cycles of one
Sentinel-1 satellite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One interferogram.

    Attributes:
        id: Of its item.
        reference: Date of the reference acquisition, UTC.
        secondary: Date of the secondary acquisition.
        perpendicular_baseline_m: Of the secondary minus that of the reference; None where it is not known.
        coherence: Mean coherence, 0 to 1, or None.
        rms_rad: Misclosure in the inversion, or None.
        used: Whether the pair is part of the inverted network; None where it is not known.
    """

    id: str
    reference: date
    secondary: date
    perpendicular_baseline_m: float | None = None
    coherence: float | None = None
    rms_rad: float | None = None
    used: bool | None = None

    @property
    def temporal_baseline_days(self) -> int:
        """Days from the reference to the secondary."""
        return (self.secondary - self.reference).days


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without acquisitions, between two dates that follow each other.

    Attributes:
        first: The date before.
        last: The date after.
        bridged: Whether a pair of the inverted network spans it.
    """

    first: date
    last: date
    bridged: bool

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last - self.first).days


@dataclass(frozen=True)
class Network:
    """What the plot of a network shows.

    Attributes:
        series: Id of the series.
        collection: Of the series.
        title: Of the series.
        pairs_collection: Where the pairs are.
        dates: All dates, in order: those of the series and those of its pairs.
        pairs: Of the series.
        is_cut: Whether there are more pairs than these.
    """

    series: str
    collection: str
    title: str
    pairs_collection: str
    dates: tuple[date, ...]
    pairs: tuple[Pair, ...]
    is_cut: bool = False

    @cached_property
    def digest(self) -> str:
        """Tells it from all others."""
        row = (self.series, self.collection, self.title, self.pairs_collection, self.dates, self.pairs, self.is_cut)
        return blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @cached_property
    def linking(self) -> tuple[Pair, ...]:
        """The pairs of the inverted network: all that are not known to be left out of it."""
        return tuple(pair for pair in self.pairs if pair.used is not False)

    @cached_property
    def positions_m(self) -> dict[date, float]:
        """Perpendicular position of each date that has one."""
        return positions((pair.reference, pair.secondary, pair.perpendicular_baseline_m) for pair in self.pairs)

    @cached_property
    def components(self) -> dict[date, int]:
        """Number of the part of the network that each date is in: 1 is the part with the most dates."""
        return components(self.dates, ((pair.reference, pair.secondary) for pair in self.linking))

    @cached_property
    def n_components(self) -> int:
        """Parts of the network that no pair links."""
        return max(self.components.values(), default=0)

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Long times without acquisitions, and all times that no pair of the network spans."""
        return tuple(gaps(self.dates, self.linking))

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each pair, as in the CSV."""
        for pair in self.pairs:
            yield {
                "item": pair.id,
                "collection": self.pairs_collection,
                "reference_date": pair.reference.isoformat(),
                "secondary_date": pair.secondary.isoformat(),
                "temporal_baseline_d": pair.temporal_baseline_days,
                "perpendicular_baseline_m": pair.perpendicular_baseline_m,
                "coherence_mean": pair.coherence,
                "rms_rad": pair.rms_rad,
                "used_in_timeseries": pair.used,
                "reference_position_m": _rounded(self.positions_m.get(pair.reference)),
                "secondary_position_m": _rounded(self.positions_m.get(pair.secondary)),
                "component": self.components[pair.reference] if pair.used is not False else None,
            }

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "series": self.series,
            "collection": self.collection,
            "title": self.title,
            "components": self.n_components,
            "is_cut": self.is_cut,
            "dates": [
                {
                    "date": day.isoformat(),
                    "position_m": _rounded(self.positions_m.get(day)),
                    "component": self.components[day],
                }
                for day in self.dates
            ],
            "gaps": [
                {"first": gap.first.isoformat(), "last": gap.last.isoformat(), "days": gap.days, "bridged": gap.bridged}
                for gap in self.gaps
            ],
            "pairs": list(self.rows()),
        }


def _rounded(metres: float | None) -> float | None:
    return None if metres is None else round(metres, 3) + 0.0


def positions(baselines: Iterable[tuple[date, date, float | None]]) -> dict[date, float]:
    """Positions of dates from the baselines of pairs, by least squares.

    Args:
        baselines: Reference, secondary, and the baseline of the secondary minus that of the reference in metres.

    Returns:
        Metres by date. The first date of each group that known baselines link has zero; dates without have none.
    """
    known = [(one, other, metres) for one, other, metres in baselines if metres is not None and one != other]
    groups: dict[int, list[date]] = defaultdict(list)
    days = sorted({day for one, other, _ in known for day in (one, other)})
    for day, number in components(days, ((one, other) for one, other, _ in known)).items():
        groups[number].append(day)
    of_group = {day: number for number, members in groups.items() for day in members}
    within: dict[int, list[tuple[date, date, float]]] = defaultdict(list)
    for each in known:
        within[of_group[each[0]]].append(each)
    found: dict[date, float] = {}
    for number, members in groups.items():
        found |= _solved(members, within[number])
    return found


def _solved(days: Sequence[date], baselines: Sequence[tuple[date, date, float]]) -> dict[date, float]:
    """Positions of dates that are all linked: the normal equations with the first date at zero."""
    import numpy as np  # noqa: PLC0415 -- only those who ask for a plot need it

    place = {day: number for number, day in enumerate(days)}
    matrix, right = np.zeros((len(days), len(days))), np.zeros(len(days))
    for one, other, metres in baselines:
        first, second = place[one], place[other]
        matrix[first, first] += 1
        matrix[second, second] += 1
        matrix[first, second] -= 1
        matrix[second, first] -= 1
        right[first] -= metres
        right[second] += metres
    solved = np.linalg.solve(matrix[1:, 1:], right[1:])
    return dict(zip(days, [0.0, *solved.tolist()], strict=True))


def components(days: Sequence[date], links: Iterable[tuple[date, date]]) -> dict[date, int]:
    """Which dates hang together.

    Args:
        days: In order.
        links: Between two of them.

    Returns:
        A number for each date, the same for all that are linked: 1 for most dates, and of equally many the earliest.
    """
    parent = {day: day for day in days}

    def root(day: date) -> date:
        while parent[day] != day:
            parent[day] = parent[parent[day]]
            day = parent[day]
        return day

    for one, other in links:
        parent[root(other)] = root(one)
    groups: dict[date, list[date]] = defaultdict(list)
    for day in days:
        groups[root(day)].append(day)
    ordered = sorted(groups.values(), key=lambda group: (-len(group), group[0]))
    return {day: number for number, group in enumerate(ordered, 1) for day in group}


def gaps(days: Sequence[date], pairs: Sequence[Pair]) -> Iterator[Gap]:
    """Times between successive dates that are long, or that no pair spans although there are pairs."""
    steps = [(second - first).days for first, second in pairwise(days)]
    usual = median(steps) if steps else 0
    spans = sorted(sorted((pair.reference, pair.secondary)) for pair in pairs)
    reach, index = date.min, 0
    for (first, last), step in zip(pairwise(days), steps, strict=True):
        while index < len(spans) and spans[index][0] <= first:
            reach = max(reach, spans[index][1])
            index += 1
        bridged = reach >= last
        if step > max(GAP_DAYS, 2 * usual) or (pairs and not bridged):
            yield Gap(first, last, bridged)


def read_network(
    row: Mapping[str, Any], collection: str, series: str, pairs_collection: str | None, at_most: int
) -> Network:
    """A network from the answer of `api.plots.queries.network`.

    Items are of anybody's making: a pair without two dates is left out, and what is not a number is not known.

    Args:
        row: The answer, of one pair more than are shown.
        collection: Of the series.
        series: Its id.
        pairs_collection: Of the pairs.
        at_most: Pairs that are shown.
    """
    names = ("id", "reference", "secondary", "perpendicular_baseline", "coherence", "rms", "used")
    columns = zip(*(row[name] or () for name in names), strict=True)
    found = [_pair(dict(zip(names, values, strict=True))) for values in columns]
    pairs = sorted(
        (pair for pair in found[:at_most] if pair is not None),
        key=lambda pair: (pair.reference, pair.secondary, pair.id),
    )
    times = row["times"] if isinstance(row["times"], list) else []
    days = {day for text in times if (day := _day(text)) is not None}
    days |= {day for pair in pairs for day in (pair.reference, pair.secondary)}
    network = Network(
        series=series,
        collection=collection,
        title=row["title"] or series,
        pairs_collection=pairs_collection or "",
        dates=tuple(sorted(days)),
        pairs=tuple(pairs),
        is_cut=len(found) > at_most,
    )
    _ = network.digest, network.positions_m, network.components, network.gaps  # computed here, outside the event loop
    return network


def _pair(row: Mapping[str, Any]) -> Pair | None:
    reference, secondary = row["reference"], row["secondary"]
    if reference == secondary:
        return None
    return Pair(
        id=row["id"],
        reference=reference,
        secondary=secondary,
        perpendicular_baseline_m=_number(row["perpendicular_baseline"]),
        coherence=_number(row["coherence"]),
        rms_rad=_number(row["rms"]),
        used=row["used"],
    )


def _day(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(text[:10]).date()
    except (TypeError, ValueError):
        return None


_LARGEST: Final = 1e6
"""Of a number that can be drawn."""


def _number(value: float | None) -> float | None:
    return value if value is not None and abs(value) < _LARGEST else None
