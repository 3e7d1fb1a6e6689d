"""The properties of an item: the key facts in words, and the table of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.web.typography import is_number, moment_of
from api.web.untrusted_text import shortened
from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.web.page_context import PageContext

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "pair": (
        "insar:reference_datetime", "insar:secondary_datetime", "insar:temporal_baseline",
        "insar:perpendicular_baseline", "insar:height_of_ambiguity",
    ),
    "quality": (
        "flatsim:coherence_mean", "flatsim:unwrapped_fraction", "flatsim:used_in_timeseries", "flatsim:rms",
        "flatsim:n_dates", "flatsim:n_interferograms", "flatsim:max_gap_days", "flatsim:network_connected",
        "flatsim:corrections", "flatsim:warnings",
    ),
    "time": ("datetime", "start_datetime", "end_datetime", "flatsim:time_is_nominal"),
    "what": (
        "product:type", "identifier", "flatsim:region", "grid:code", "flatsim:track", "flatsim:campaign",
        "flatsim:run", "flatsim:footprint_source",
    ),
    "sensor": (
        "sat:orbit_state", "sat:relative_orbit", "constellation", "platform", "instrument", "instruments",
        "sar:instrument_mode", "sar:frequency_band", "sar:polarizations", "sar:beam_ids", "view:incidence_angle",
        "view:azimuth",
    ),
    "processing": (
        "processing:level", "processing:facility", "processing:datetime", "insar:processing_dem",
        "insar:geocoding_dem",
    ),
    "record": ("version", "created", "updated", "published"),
}  # fmt: skip
"""Properties as they stand together on the page; those of no group stand at the end."""
_ELSEWHERE: Final = ("title", "description", "keywords")
"""Properties that have a place of their own on the page."""
_MOST_MEMBERS: Final = 30
_LONGEST_OBJECT: Final = 200
_MOST_ROWS: Final = 200
_TRANSLATED: Final = frozenset({"sat:orbit_state", "flatsim:corrections"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table: name and label of a property, its value as text, the moment it names if it is a time."""

    name: str
    label: str
    text: str
    moment: str | None = None


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Rows under a heading, the key of a word."""

    key: str
    facts: list[Fact]


def fact_groups(properties: Mapping[str, Any], context: PageContext) -> list[FactGroup]:
    """All properties of an item, in groups."""
    grouped = {name for names in GROUPS.values() for name in names}
    groups = {f"item.group.{key}": names for key, names in GROUPS.items()}
    rest = [name for name in properties if name not in grouped and name not in _ELSEWHERE]
    groups["item.group.other"] = tuple(sorted(rest)[:_MOST_ROWS])
    found = [
        FactGroup(key, [fact(name, properties[name], context) for name in names if properties.get(name) is not None])
        for key, names in groups.items()
    ]
    return [group for group in found if group.facts]


def fact(name: str, value: Any, context: PageContext) -> Fact:
    """One property."""
    row = BY_NAME.get(name)
    if row is not None and row.time and (moment := moment_of(value)) is not None:
        return Fact(name, context.label(name), context.moment(value), moment.isoformat())
    return Fact(name, context.label(name), value_text(name, value, context))


def value_text(name: str, value: Any, context: PageContext) -> str:
    """The value of a property as text."""
    row = BY_NAME.get(name)
    if isinstance(value, bool):
        return context.t("search.yes" if value else "search.no")
    if isinstance(value, int | float):
        return context.number(value, row.unit if row else None)
    if isinstance(value, list) and not any(isinstance(member, dict | list) for member in value):
        shown = [value_text(name, member, context) for member in value[:_MOST_MEMBERS]]
        return ", ".join([*shown, "…"] if len(value) > _MOST_MEMBERS else shown)
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _LONGEST_OBJECT else context.t("item.members", n=len(value))
    return str(context.domain(value)) if name in _TRANSLATED else str(value)


def key_facts(properties: Mapping[str, Any], context: PageContext) -> list[str]:
    """What an item is, in words; what is missing or of another kind than it should be is left out."""
    return [*_of_pair(properties, context), *_of_network(properties, context), *_of_track(properties, context)]


def _of_pair(properties: Mapping[str, Any], context: PageContext) -> Iterator[str]:
    days = properties.get("insar:temporal_baseline")
    if is_number(days):
        yield context.t("item.pair", days=context.number(days))
    if is_number(value := properties.get("insar:perpendicular_baseline")):
        yield context.t("item.pair.baseline", value=context.number(value, "m", 0))
    if is_number(value := properties.get("flatsim:coherence_mean")):
        yield context.t("item.coherence", value=context.number(value, None, 2))
    if isinstance(used := properties.get("flatsim:used_in_timeseries"), bool):
        yield context.t("item.used" if used else "item.unused")


def _of_network(properties: Mapping[str, Any], context: PageContext) -> Iterator[str]:
    for name, key in (("flatsim:n_dates", "item.dates"), ("flatsim:n_interferograms", "item.interferograms")):
        if is_number(n := properties.get(name)):
            yield context.t(key, n=n)
    if is_number(days := properties.get("flatsim:max_gap_days")):
        yield context.t("item.gap", value=context.number(days, "d"))
    if isinstance(connected := properties.get("flatsim:network_connected"), bool):
        yield context.t("item.connected" if connected else "item.disconnected")


def _of_track(properties: Mapping[str, Any], context: PageContext) -> Iterator[str]:
    state, orbit = properties.get("sat:orbit_state"), properties.get("sat:relative_orbit")
    if isinstance(state, str) and is_number(orbit):
        yield context.t("item.track", state=context.domain(shortened(state, 40)), orbit=orbit)


def period(properties: Mapping[str, Any], context: PageContext) -> str | None:
    """The days of the first and the last acquisition."""
    ends = [properties.get(name) for name in ("start_datetime", "end_datetime")]
    start, end = (moment_of(each) for each in ends)
    if start is None or end is None:
        moment = moment_of(properties.get("datetime"))
        return context.day(properties["datetime"]) if moment else None
    return context.t("item.period", start=context.day(ends[0]), end=context.day(ends[1]))
