"""The ways to read a page give the same rows in the same order, and no window of time loses a match."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from varied_items import COLLECTIONS, load_items, varied_items

from api.database.pool import prepare_session, session_arguments
from api.request.times import Interval
from api.search.compile import page_statements as pages
from api.search.compile.query import Cursor, compile_query
from api.search.execute.catalogue import CatalogueCache
from api.search.model import Condition, Search, SortKey
from catalog_builder.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.search.compile.query import CompiledQuery
    from api.search.properties import PropertyTable
    from api.settings.service import ServiceSettings

Tree = dict[str, Any]
MIDDLE = datetime(2015, 6, 1, tzinfo=UTC)
DISTANCES_DAYS = (0, 0.5, 1, 2, 3, 7, 16, 31, 100, 365, 1024, 4000, 20_000)
LIMITS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")


def text_of(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def odd_items() -> list[Tree]:
    """Items whose times lie near or far from their nominal one, some of which have none, and some from end to end."""
    chance = random.Random(4)
    items = varied_items(90, seed=21)
    for number, item in enumerate(items):
        own = item["properties"]
        nominal = MIDDLE + timedelta(days=chance.choice(DISTANCES_DAYS) * chance.choice((-1, 1)))
        first, last = (chance.choice(DISTANCES_DAYS) for _ in range(2))
        own |= {
            "datetime": text_of(nominal),
            "start_datetime": text_of(nominal - timedelta(days=first)),
            "end_datetime": text_of(nominal + timedelta(days=last)),
        }
        for name in ("insar:reference_datetime", "insar:secondary_datetime"):
            days = chance.choice(DISTANCES_DAYS) * chance.choice((-1, 1))
            own[name] = None if chance.random() < 0.2 else text_of(nominal + timedelta(days=days))
        if number % 6 == 0:
            own["datetime"] = None
        if number % 15 == 0:
            own["start_datetime"] = LIMITS[0]
        if number % 15 == 1:
            own["end_datetime"] = LIMITS[1]
        if number % 30 == 2:
            own |= {"datetime": LIMITS[0], "start_datetime": LIMITS[0], "end_datetime": LIMITS[0]}
        if number % 30 == 3:
            own |= {"datetime": LIMITS[1], "start_datetime": LIMITS[1], "end_datetime": LIMITS[1]}
    return items


class Reader:
    """A session with the catalogue that statements are made for."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.loop = asyncio.new_event_loop()
        self.connection = self.loop.run_until_complete(asyncpg.connect(**arguments))
        self.loop.run_until_complete(prepare_session(self.connection))
        catalogue = self.loop.run_until_complete(CatalogueCache().get(self.connection))
        self.properties: PropertyTable = catalogue.properties

    def fetch(self, statement: Any) -> list[Any]:
        """Rows of a statement."""
        rows: list[Any] = self.loop.run_until_complete(self.connection.fetch(statement.text, *statement.values))
        return rows

    def close(self) -> None:
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()


@pytest.fixture(scope="module")
def reader(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[Reader]:
    with named_database("flatsim_windows") as dsn:
        load_items(dsn, [])
        with connect(dsn, autocommit=True) as connection:
            connection.execute("SET search_path = pgstac, public")
            for item in odd_items():
                connection.execute("SELECT pgstac.create_item(%s)", (Jsonb(item),))
        opened = Reader(session_arguments(make_settings(database=dsn)))
        yield opened
        opened.close()


MOMENTS = st.one_of(
    st.builds(
        lambda days, sign, shift: MIDDLE + timedelta(days=days * sign, seconds=shift),
        st.sampled_from(DISTANCES_DAYS), st.sampled_from((-1, 1)), st.sampled_from((-1, 0, 1)),
    ),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)  # fmt: skip
INSTANTS = MOMENTS.map(lambda moment: {"timestamp": text_of(moment)})
DATES = MOMENTS.map(lambda moment: {"date": text_of(moment)[:10]})
NAMES = st.sampled_from(
    ["datetime", "start_datetime", "end_datetime", "insar:reference_datetime", "insar:secondary_datetime", "updated"]
)
OF_ITEM = NAMES.map(lambda name: {"property": name})
RANGES = st.tuples(MOMENTS, MOMENTS).map(lambda pair: [text_of(moment) for moment in sorted(pair)])
ASKED = st.one_of(
    INSTANTS,
    RANGES.map(lambda ends: {"interval": ends}),
    RANGES.map(lambda ends: {"interval": ["..", ends[1]]}),
    RANGES.map(lambda ends: {"interval": [ends[0], ".."]}),
)
SPANS = st.one_of(
    OF_ITEM,
    st.just({"interval": [{"property": "start_datetime"}, {"property": "end_datetime"}]}),
    st.just({"interval": [{"property": "insar:reference_datetime"}, ".."]}),
    st.just({"interval": ["..", {"property": "insar:secondary_datetime"}]}),
)
FUNCTIONS = (
    "after", "before", "contains", "during", "equals", "finishedBy", "finishes", "intersects", "meets", "metBy",
    "overlappedBy", "overlaps", "startedBy", "starts", "disjoint",
)  # fmt: skip


def op(operator: str, *args: Any) -> Tree:
    return {"op": operator, "args": list(args)}


LEAVES = st.one_of(
    st.builds(op, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), OF_ITEM, st.one_of(INSTANTS, DATES)),
    st.builds(op, st.sampled_from(("=", "<", "<=", ">", ">=")), st.one_of(INSTANTS, DATES), OF_ITEM),
    st.builds(lambda name, ends: op("between", name, *({"timestamp": end} for end in ends)), OF_ITEM, RANGES),
    st.builds(
        lambda name, spans: op(f"t_{name}", *spans),
        st.sampled_from(FUNCTIONS), st.tuples(SPANS, ASKED).flatmap(st.permutations),
    ),
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda args: op("and", *args)),
        st.lists(inner, min_size=1, max_size=2).map(lambda args: op("or", *args)),
        inner.map(lambda arg: op("not", arg)),
    ),
    max_leaves=4,
)
ORDERS = st.sampled_from(["datetime", "start_datetime", "insar:reference_datetime", "title", "id", "flatsim:n_dates"])


@st.composite
def searches(draw: st.DrawFn) -> tuple[list[Tree], Interval | None, tuple[str, ...], str, bool]:
    conditions = draw(st.lists(CONDITIONS, max_size=2))
    interval = draw(st.none() | RANGES.map(lambda ends: Interval(*map(datetime.fromisoformat, ends))))
    collections = draw(st.sampled_from([(), (COLLECTIONS[1],), COLLECTIONS[:2]]))
    name = draw(st.just("datetime") | ORDERS)
    return conditions, interval, collections, name, draw(st.booleans())


def keys_in_stretches(reader: Reader, query: CompiledQuery, way: Any, cursor: Cursor | None, limit: int) -> list[int]:
    """Keys of a page that is read in one way."""
    found: list[int] = []
    for stretch in pages.remaining_stretches(query, cursor):
        rows = reader.fetch(way(query, stretch, limit - len(found), with_documents=True))
        found += [row["key"] for row in rows]
        if len(found) >= limit:
            break
    return found


def keys_of_few(reader: Reader, query: CompiledQuery, cursor: Cursor | None, limit: int) -> tuple[list[int], int]:
    rows = reader.fetch(pages.few_matches_statement(query, cursor, limit, with_documents=True))
    return [row["key"] for row in rows if row["key"] is not None], rows[0]["matched"]


def check_ways(reader: Reader, asked: tuple[list[Tree], Interval | None, tuple[str, ...], str, bool]) -> None:
    conditions, interval, collections, name, descending = asked
    sort = (SortKey(reader.properties.find(name, "sortby"), descending),)
    search = Search(
        collections=collections, interval=interval, sort=sort, limit=500,
        conditions=tuple(Condition("filter", tree) for tree in conditions),
    )  # fmt: skip
    query = compile_query(search, reader.properties)
    columns = ", ".join(f"{key.property.expression} AS sort{number}" for number, key in enumerate(query.keys))
    plain = asyncpg_rows(
        reader, f"SELECT item.key, {columns} FROM {pages.from_tables(query.where)} WHERE {query.where}", query
    )
    whole, matched = keys_of_few(reader, query, None, 500)
    assert sorted(whole) == sorted(row["key"] for row in plain), "a window has lost a match"
    assert matched == len(plain)
    ways = [pages.walk_statement, pages.all_matches_statement]
    if query.window and name == "datetime":
        ways.append(_window_or_all)
    values = {row["key"]: pages.read_sort_values(row) for row in plain}
    places = [None, *range(0, len(whole), max(1, len(whole) // 3))]
    for place in places:
        for backwards in (False, True) if place is not None else (False,):
            cursor = None if place is None else Cursor(values[whole[place]], backwards)
            after = 0 if place is None else place + 1
            expected = whole[:place][::-1] if backwards else whole[after:]
            for limit in (3, 500):
                assert keys_of_few(reader, query, cursor, limit)[0] == expected[:limit]
                for way in ways:
                    assert keys_in_stretches(reader, query, way, cursor, limit) == expected[:limit], way.__name__


def asyncpg_rows(reader: Reader, text: str, query: CompiledQuery) -> list[Any]:
    """Rows of a statement that is about a query's condition alone."""
    rows: list[Any] = reader.loop.run_until_complete(reader.connection.fetch(text, *query.values))
    return rows


def _window_or_all(query: CompiledQuery, stretch: pages.Stretch, limit: int, *, with_documents: bool) -> Any:
    """As the service does: items without the first key are not in the order of nominal times."""
    way = pages.window_statement if stretch.is_null is False else pages.all_matches_statement
    return way(query, stretch, limit, with_documents=with_documents)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=searches())
def test_all_ways_give_the_same(reader: Reader, asked: Any) -> None:
    check_ways(reader, asked)


@pytest.mark.full
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=searches())
def test_all_ways_give_the_same_for_many_searches(reader: Reader, asked: Any) -> None:
    check_ways(reader, asked)
