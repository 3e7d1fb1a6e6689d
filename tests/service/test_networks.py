"""What the plot of a network shows: laws of positions, components and gaps, and the figure as it is drawn."""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.page_negotiation import Language
from api.plots import svg
from api.plots.network import GAP_DAYS, Network, Pair, components, gaps, positions, read_network
from api.plots.network_answer import COLUMNS, pair_words
from api.plots.network_figure import draw_network
from api.web.typography import THIN

START = date(2015, 1, 5)
SVG = "{http://www.w3.org/2000/svg}"

days_ = st.integers(0, 400).map(lambda number: START + timedelta(days=6 * number))
many_days = st.lists(days_, min_size=1, max_size=30, unique=True).map(sorted)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[date], list[tuple[date, date]]]:
    """Some days, and links between some of them."""
    days = draw(many_days)
    ends = st.tuples(st.sampled_from(days), st.sampled_from(days)).filter(lambda pair: pair[0] != pair[1])
    return days, draw(st.lists(ends, max_size=60)) if len(days) > 1 else []


def pair(first: int, second: int, baseline: float | None = None, **others: Any) -> Pair:
    days = [START + timedelta(days=number) for number in (first, second)]
    return Pair(
        id=f"{first}_{second}", reference=days[0], secondary=days[1], perpendicular_baseline_m=baseline, **others
    )


def network(pairs: list[Pair], further: tuple[date, ...] = (), title: str = "A series") -> Network:
    days = {day for each in pairs for day in (each.reference, each.secondary)} | set(further)
    return Network("s", "series", title, "pairs", tuple(sorted(days)), tuple(pairs))


@given(graphs(), st.data())
def test_positions_give_back_the_baselines_that_they_were_made_into(
    graph: tuple[list[date], list[tuple[date, date]]], data: st.DataObject
) -> None:
    days, links = graph
    true = {day: data.draw(st.floats(-500, 500)) for day in days}
    found = positions((one, other, true[other] - true[one]) for one, other in links)
    assert set(found) == {day for link in links for day in link}
    for one, other in links:
        assert found[other] - found[one] == pytest.approx(true[other] - true[one], abs=1e-6)


@given(graphs())
def test_the_first_date_of_each_group_is_at_zero(graph: tuple[list[date], list[tuple[date, date]]]) -> None:
    _, links = graph
    found = positions((one, other, 10.0) for one, other in links)
    numbers = components(sorted(found), links)
    for number in set(numbers.values()):
        assert found[min(day for day in numbers if numbers[day] == number)] == 0


def test_baselines_that_disagree_are_met_in_the_middle() -> None:
    days = [START + timedelta(days=12 * number) for number in range(3)]
    found = positions([(days[0], days[1], 10.0), (days[1], days[2], 10.0), (days[0], days[2], 26.0)])
    assert [found[day] for day in days] == pytest.approx([0, 12, 24])


def test_a_pair_without_a_baseline_places_nothing() -> None:
    days = [START + timedelta(days=12 * number) for number in range(3)]
    assert set(positions([(days[0], days[1], 5.0), (days[1], days[2], None)])) == set(days[:2])
    assert positions([]) == {}


@given(graphs())
def test_dates_are_of_one_component_exactly_if_links_lead_from_one_to_the_other(
    graph: tuple[list[date], list[tuple[date, date]]],
) -> None:
    days, links = graph
    found = components(days, links)
    near = {day: {day} for day in days}
    for one, other in links:
        joined = near[one] | near[other]
        for day in joined:
            near[day] = joined
    assert all((found[one] == found[other]) is (other in near[one]) for one in days for other in days)
    sizes = [sum(number == each for each in found.values()) for number in range(1, max(found.values()) + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes


@given(graphs())
def test_what_is_between_gaps_is_spanned_and_near(graph: tuple[list[date], list[tuple[date, date]]]) -> None:
    days, links = graph
    pairs = [Pair(id="p", reference=one, secondary=other) for one, other in links]
    found = {(gap.first, gap.last): gap for gap in gaps(days, pairs)}
    for first, last in itertools.pairwise(days):
        bridged = any(min(link) <= first and max(link) >= last for link in links)
        gap = found.get((first, last))
        assert gap is None or gap.bridged is bridged
        if gap is None:
            assert bridged or not pairs


def test_a_long_time_without_acquisitions_is_a_gap() -> None:
    days = [START + timedelta(days=number) for number in (0, 12, 24, 24 + GAP_DAYS + 1, 24 + GAP_DAYS + 13)]
    assert [(gap.first, gap.days) for gap in gaps(days, [])] == [(days[2], GAP_DAYS + 1)]


def test_pairs_left_out_of_the_inversion_link_nothing() -> None:
    found = network([pair(0, 12, used=True), pair(12, 24, used=False), pair(24, 36)])
    assert found.n_components == 2
    assert [(gap.first, gap.bridged) for gap in found.gaps] == [(START + timedelta(days=12), False)]


def test_strange_values_are_not_known_and_pairs_without_two_dates_are_left_out() -> None:
    names = ("id", "reference", "secondary", "perpendicular_baseline", "coherence", "rms", "used")
    rows = [
        ("a", date(2015, 1, 5), date(2015, 1, 17), None, 0.5, None, True),
        ("b", date(2015, 1, 5), date(2015, 1, 29), -1.7e308, None, 1e300, None),
        ("d", date(2015, 1, 5), date(2015, 1, 5), 1.0, 1.0, 1.0, True),
    ]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    row = {**columns, "title": None, "times": ["2015-03-01T00:00:00Z", 7, "soon"]}
    found = read_network(row, "series", "s", "pairs", 10)
    assert [(each.id, each.perpendicular_baseline_m, each.coherence, each.used) for each in found.pairs] == [
        ("a", None, 0.5, True), ("b", None, None, None),
    ]  # fmt: skip
    assert found.dates[-1] == date(2015, 3, 1)
    assert found.title == "s"
    cut = read_network(row, "series", "s", "pairs", 1)
    assert cut.is_cut
    assert len(cut.pairs) == 1


def test_a_pair_in_words() -> None:
    whole = pair(0, 12, -34.4, coherence=0.714, used=False)
    assert pair_words(whole, Language.ENGLISH).replace(THIN, " ") == (
        "2015-01-05 – 2015-01-17, 12 days, −34 m, coherence 0.71, not used in the time series"  # noqa: RUF001
    )
    assert (
        pair_words(whole, Language.FRENCH)
        .replace(THIN, " ")
        .endswith("12 jours, −34 m, cohérence 0,71, non utilisée dans la série temporelle")  # noqa: RUF001
    )
    assert pair_words(pair(0, 1), Language.ENGLISH) == "2015-01-05 – 2015-01-06, 1 day"  # noqa: RUF001


HOSTILE = "<script>alert(1)</script> & $x^{2}$ ]]> \x00\x1b \ud800 " + "long " * 2000


def finished(shown: Network, **others: Any) -> ET.Element:
    links = {
        f"pair-{number}": svg.Link(f"http://host/{number}", pair_words(each, Language.ENGLISH), {"days": "1"})
        for number, each in enumerate(shown.pairs)
    }
    drawn, strokes = draw_network(shown, others.get("color", "coherence"), others.get("lang", Language.ENGLISH))
    return ET.fromstring(
        svg.finish_svg(drawn, title=shown.title, description="d", links=links, name="network", strokes=strokes)
    )


SHAPES = {
    "plain": network([pair(0, 12, 5.0, coherence=0.5), pair(12, 24, -5.0, coherence=0.7, used=False)]),
    "no pairs": network([], (START, START + timedelta(days=12))),
    "nothing": network([]),
    "one date": network([], (START,)),
    "no baselines": network([pair(0, 12), pair(12, 24, coherence=0.1)]),
    "some baselines": network([pair(0, 12, 3.0), pair(12, 24), pair(24, 36)]),
    "apart": network([pair(0, 12, 1.0), pair(100, 112, 2.0)]),
    "backwards": network([pair(12, 0, 1.0)]),
    "a century": network([pair(0, 36_000, 1.0)]),
    "hostile": network([pair(0, 12, 1.0)], title=HOSTILE),
}


@pytest.mark.parametrize("color", ["coherence", "temporal_baseline"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_network_is_drawn_with_a_link_for_each_pair(shape: str, color: str) -> None:
    shown = SHAPES[shape]
    drawn = finished(shown, color=color, lang=Language.FRENCH)
    anchors = list(drawn.iter(f"{SVG}a"))
    assert {anchor.get("href") for anchor in anchors} == {f"http://host/{number}" for number in range(len(shown.pairs))}
    assert len(anchors) == len(shown.pairs)
    assert all((anchor.findtext(f"{SVG}title") or "").startswith("2015-01-05") or shape for anchor in anchors)
    assert not any(element.get("style") for element in drawn.iter())
    assert not list(drawn.iter(f"{SVG}script"))
    assert drawn.findtext(f"{SVG}title")


def test_pairs_left_out_are_dashed_and_the_others_are_not() -> None:
    anchors = list(finished(SHAPES["plain"]).iter(f"{SVG}a"))
    dashed = {anchor.get("href"): anchor.find(f"{SVG}path").get("stroke-dasharray") is not None for anchor in anchors}  # type: ignore[union-attr]
    assert dashed == {"http://host/0": False, "http://host/1": True}


def test_a_hostile_title_is_text_and_shortened_in_the_figure() -> None:
    drawn = finished(SHAPES["hostile"])
    shown = [element.text or "" for element in drawn.iter(f"{SVG}text")]
    title = next(text for text in shown if "script" in text)
    assert title.startswith("<script>alert(1)</script> & $x^{2}$ ]]>")
    assert len(title) <= 100


def test_the_same_network_is_drawn_in_the_same_bytes() -> None:
    assert draw_network(SHAPES["plain"], "coherence", Language.ENGLISH) == draw_network(
        SHAPES["plain"], "coherence", Language.ENGLISH
    )


def test_rows_are_those_of_the_table() -> None:
    rows = list(SHAPES["plain"].rows())
    assert [*rows[0], "href"] == list(COLUMNS)
    assert [row["component"] for row in rows] == [1, None]
    assert math.isclose(rows[1]["secondary_position_m"], 0.0)
