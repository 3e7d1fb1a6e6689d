"""The searches that users of interferograms make, as CQL2 text and JSON, on the sample: right answers, from indexes."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import pytest
from cql2 import Expr
from oracle import found

from api.database.pool import session_arguments
from api.search.compile.page_statements import count_statement
from api.search.compile.query import compile_query
from api.search.execute.catalogue import CatalogueCache
from api.search.model import Condition, Search, SortKey
from api.settings.service import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2 as httpx

Item = dict[str, Any]
EVENT = "TIMESTAMP('2015-11-17T07:10:00Z')"
RANGE = "INTERVAL(start_datetime, end_datetime)"
REFERENCE, SECONDARY = '"insar:reference_datetime"', '"insar:secondary_datetime"'


def _day(column: str, day: str) -> str:
    return f"{column} BETWEEN TIMESTAMP('{day}T00:00:00Z') AND TIMESTAMP('{day}T23:59:59Z')"


@dataclass(frozen=True)
class Asked:
    """A search, and a pattern of the condition that an index serves."""

    text: str
    index: str


def _searches(items: list[Item]) -> dict[str, Asked]:
    """The searches of a session; dates, place and thresholds are those of the sample."""
    pair = next(item for item in items if item["properties"]["product:type"] == "INTERFEROGRAM")
    first, last = (pair["properties"][f"insar:{which}_datetime"][:10] for which in ("reference", "secondary"))
    west, south, east, north = pair["bbox"]
    point = f"POINT({(west + east) / 2} {(south + north) / 2})"
    window = "INTERVAL('2015-11-01T00:00:00Z','2015-12-31T23:59:59Z')"
    return {
        "track and direction": Asked('"sat:orbit_state" = \'descending\' AND "sat:relative_orbit" = 80', "sat:"),
        "track segment": Asked("\"flatsim:track\" = 'D080SUD'", "flatsim:track"),
        "all segments of a track": Asked("\"flatsim:track\" LIKE 'D080%'", "flatsim:track"),
        "campaign": Asked("\"flatsim:campaign\" = '2014-2021'", "flatsim:campaign"),
        "region": Asked("\"flatsim:region\" = 'balkans'", "flatsim:region"),
        "pair spans an event": Asked(f"{REFERENCE} < {EVENT} AND {SECONDARY} > {EVENT}", "insar:|_nominal"),
        "range meets an instant": Asked(f"T_INTERSECTS({RANGE}, {EVENT})", "_nominal|_datetime"),
        "range meets an interval": Asked(
            f"T_INTERSECTS({RANGE}, INTERVAL('2015-11-12T00:00:00Z','2015-11-20T00:00:00Z'))", "_nominal|_datetime"
        ),
        "open interval": Asked(f"T_INTERSECTS({RANGE}, INTERVAL('2016-01-10T00:00:00Z','..'))", "_nominal|_datetime"),
        "inside a window": Asked(f"T_DURING({RANGE}, {window})", "_nominal|_datetime"),
        "covers a window": Asked(
            f"T_CONTAINS({RANGE}, INTERVAL('2015-11-15T00:00:00Z','2015-11-18T23:59:59Z'))", "_nominal|_datetime"
        ),
        "overlaps": Asked(
            f"T_OVERLAPS({RANGE}, INTERVAL('2015-11-20T00:00:00Z','2015-12-31T23:59:59Z'))", "_nominal|_datetime"
        ),
        "both dates in a window": Asked(
            f"{REFERENCE} >= TIMESTAMP('2015-11-01T00:00:00Z') AND {SECONDARY} <= TIMESTAMP('2015-12-31T23:59:59Z')",
            "insar:|_nominal",
        ),
        "interval of the two dates": Asked(
            f"T_DURING(INTERVAL({REFERENCE}, {SECONDARY}), {window})", "insar:|_nominal"
        ),
        "nominal time": Asked("datetime > TIMESTAMP('2015-11-17T07:10:00Z')", "_nominal|_datetime"),
        "baselines": Asked(
            '"insar:temporal_baseline" BETWEEN 6 AND 24 AND "insar:perpendicular_baseline" BETWEEN -50 AND 50', "insar:"
        ),
        "exact pair": Asked(f"{_day(REFERENCE, first)} AND {_day(SECONDARY, last)}", "insar:|_nominal"),
        "exact pair by days": Asked(
            f"{REFERENCE} = DATE('{first}') AND {SECONDARY} = DATE('{last}')", "insar:|_nominal"
        ),
        "pairs with one date": Asked(f"{_day(REFERENCE, last)} OR {_day(SECONDARY, last)}", "insar:|_nominal"),
        "coherence": Asked(
            '"flatsim:coherence_mean" >= 0.4 AND "flatsim:used_in_timeseries" = TRUE', "flatsim:coherence_mean"
        ),
        "unwrapped fraction": Asked('"flatsim:unwrapped_fraction" >= 0.9', "flatsim:unwrapped_fraction"),
        "series at a point": Asked(f"S_INTERSECTS(geometry, {point}) AND \"product:type\" = 'TIMESERIES'", ""),
        "networks in one piece": Asked(
            '"flatsim:network_connected" = TRUE AND "flatsim:n_dates" >= 3 AND "product:type" = \'TIMESERIES\'',
            "product:type",
        ),
        "what changed since": Asked("updated >= TIMESTAMP('2000-01-01T00:00:00Z')", "updated"),
    }


NAMES = list(_searches([{"bbox": [0, 0, 1, 1], "properties": {
    "product:type": "INTERFEROGRAM", "insar:reference_datetime": "", "insar:secondary_datetime": ""}}]))  # fmt: skip
EVERYTHING = {"region", "campaign", "what changed since"}
"""Searches that find the whole sample, which is of one region and campaign."""


@pytest.fixture(scope="module")
def items(built: dict[str, Item]) -> list[Item]:
    return list(built.values())


@pytest.mark.parametrize("name", NAMES)
def test_text_and_json_find_what_plain_python_finds(http: httpx.Client, items: list[Item], name: str) -> None:
    text = _searches(items)[name].text
    tree = Expr(text).to_json()
    expected = found({"filter": tree}, items)
    assert 0 < len(expected) < len(items) or name in EVERYTHING, "the test says nothing"
    bodies = [{"filter": text, "filter-lang": "cql2-text"}, {"filter": tree, "filter-lang": "cql2-json"}]
    answers = [http.post("search", json={**body, "limit": 1000}) for body in bodies]
    parameters = {"filter": json.dumps(tree), "filter-lang": "cql2-json", "limit": "1000"}
    answers += [http.get("search", params={"filter": text, "limit": "1000"}), http.get("search", params=parameters)]
    for answer in answers:
        page = answer.raise_for_status().json()
        assert [item["id"] for item in page["features"]] == expected
        assert page["numberMatched"] == len(expected)


@pytest.fixture(scope="module")
def plans(sample_dsn: str, items: list[Item]) -> dict[str, str]:
    """Plan of each search, as the planner makes it when it may not read whole tables; these are too small for it."""

    async def explain() -> dict[str, str]:
        connection = await asyncpg.connect(**session_arguments(ServiceSettings(database=sample_dsn)))  # type: ignore[arg-type]
        await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")
        for way in ("seqscan", "hashjoin", "mergejoin"):
            await connection.execute(f"SET enable_{way} = off")
        properties = (await CatalogueCache().get(connection)).properties
        found = {}
        for name, asked in _searches(items).items():
            sort = (SortKey(properties.find("title", "sortby")),)
            search = Search(conditions=(Condition("filter", Expr(asked.text).to_json()),), sort=sort, limit=10)
            statement = count_statement(compile_query(search, properties), 1000)
            lines = await connection.fetch(f"EXPLAIN (VERBOSE) {statement.text}", *statement.values)
            found[name] = "\n".join(line[0] for line in lines)
        await connection.close()
        return found

    return asyncio.run(explain())


@pytest.mark.parametrize("name", NAMES)
def test_an_index_serves_it(plans: dict[str, str], items: list[Item], name: str) -> None:
    conditions = list(_index_conditions(plans[name]))
    assert any(re.search(_searches(items)[name].index, condition) for condition in conditions), plans[name]
    assert "Seq Scan on" not in plans[name]


def _index_conditions(plan: str) -> Iterator[str]:
    return (line for line in plan.splitlines() if "Index Cond: " in line)
