"""Filters before the parser: what is nested too deeply is refused, what people write is not."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.errors import InvalidParameter
from api.request.cql2 import parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

CRASHERS = [
    "NOT " * 20_000 + "a = 1",
    "a = " + "1 + " * 20_000 + "1",
    "a = " + "- " * 30_000 + "1",
    "a = " + "2 ^ " * 20_000 + "1",
    "a = " * 20_000 + "1",
    "(" * 60_000 + "a = 1" + ")" * 60_000,
    "a = " + "f(" * 20_000 + "1" + ")" * 20_000,
    "a = 1 AND NOT (" * 5_000 + "b = 2" + ")" * 5_000,
]


@pytest.mark.parametrize("expression", CRASHERS)
def test_texts_that_end_the_process_of_the_parser_are_refused(expression: str) -> None:
    with pytest.raises(InvalidParameter, match="filter: nested too deeply"):
        parse_filter(expression, "cql2-text")


def test_the_bounds_are_still_needed() -> None:
    """When this fails the parser has learnt to bound itself, and `api.request.cql2` can do without."""
    code = "import cql2; cql2.Expr('NOT ' * 20_000 + 'a = 1')"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode < 0


@pytest.mark.parametrize(
    "expression",
    [
        '"sat:orbit_state" = \'descending\' AND "sat:relative_orbit" = 80',
        "T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2015-11-12T00:00:00Z','2015-11-20T00:00:00Z'))",
        "S_INTERSECTS(geometry, POLYGON((" + "-1.5 -2.5, " * 2000 + "-1.5 -2.5)))",
        " OR ".join(["\"flatsim:track\" = 'D080SUD'"] * 500),
        "id IN (" + ", ".join(["'flatsim_balkans_d080sud_2014-2021_int_20151111_20151123'"] * 1000) + ")",
        "NOT (NOT (a = 1 AND (b = 2 OR NOT c LIKE 'x%')))",
        "title = 'NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT ((((((((((('",
        "a = 'it''s' AND b = 'x'",
    ],
)
def test_filters_that_people_write_are_parsed(expression: str) -> None:
    assert "op" in parse_filter(expression, "cql2-text")


@pytest.mark.parametrize("expression", ["id", "5", "'x'", "1 + 1", "id + 2", "f(id)"])
def test_what_is_no_condition_is_refused(expression: str) -> None:
    with pytest.raises(InvalidParameter, match="filter: not a condition"):
        parse_filter(expression, "cql2-text")


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="filter: longer than"):
        parse_filter("id = '" + "x" * 300_000 + "'", "cql2-text")


@given(st.text(alphabet="abNOT()='\"+-*/^<> ,1.%ANDORLIKEIN", max_size=200))
def test_no_text_fails_otherwise(expression: str) -> None:
    with contextlib.suppress(InvalidParameter):
        parse_filter(expression, "cql2-text")


@given(st.integers(1, 40), st.integers(0, 20))
def test_the_depth_allowed_is_parsed_and_written(depth: int, chain: int) -> None:
    """Whatever passes the bounds, the parser takes: the worst shape is brackets around chains of operators."""
    expression = "a = 1"
    for _ in range(depth):
        expression = "NOT " * chain + f"({expression})"
    try:
        parse_filter(expression, "cql2-text")
    except InvalidParameter:
        assert depth > 32 or chain > 15


def test_depth_and_length_are_the_operators_to_set(make_settings: Callable[..., ServiceSettings]) -> None:
    settings = make_settings(max_filter_depth=2, max_filter_characters=40)
    nested = {"op": "not", "args": [{"op": "not", "args": [{"op": "isNull", "args": [{"property": "id"}]}]}]}
    with TestClient(create_app(settings)) as strict:
        deep = strict.post("/search", json={"filter": nested, "filter-lang": "cql2-json"})
        in_text = strict.get("/search", params={"filter": "(((id = 'x')))"})
        long = strict.get("/search", params={"filter": f"id = '{'x' * 40}'"})
        good = strict.get("/search", params={"filter": "(id = 'x')"})
    assert good.status_code == 200
    assert [answer.status_code for answer in (deep, in_text, long)] == [400, 400, 400]
    assert deep.json()["description"] == "filter: nested too deeply; at most 4 levels"
    assert in_text.json()["description"] == "filter: nested too deeply; at most 2 levels"
    assert long.json()["description"] == "filter: longer than 40 characters"
