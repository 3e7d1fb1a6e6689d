"""Our searches against pgstac's own `search()`, where both mean the same: equal items in equal order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from varied_items import COLLECTIONS, load_items, moment, pool, varied_items

from api.app import create_app
from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

Tree = dict[str, Any]
ITEMS = varied_items(60, seed=21)


@pytest.fixture(scope="module")
def both(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[tuple[TestClient, psycopg.Connection[Any]]]:
    """The service, and a session to ask pgstac itself."""
    with named_database("flatsim_parity") as dsn:
        load_items(dsn, ITEMS)
        with (
            TestClient(create_app(make_settings(database=dsn))) as asked,
            psycopg.connect(dsn, autocommit=True, options="-c search_path=pgstac,public") as session,
        ):
            yield asked, session


PLAIN = [row for row in QUERYABLES if not row.column and row.type in ("string", "number", "integer") and not row.time]
TIMES = [row for row in QUERYABLES if row.time and not row.column]


def _compared(names: list[Any]) -> st.SearchStrategy[Tree]:
    return st.sampled_from(names).flatmap(
        lambda row: st.builds(
            lambda operator, value: {"op": operator, "args": [{"property": row.name}, value]},
            st.sampled_from(["=", "<>", "<", ">="]),
            st.sampled_from(pool(row)).map(lambda value: {"timestamp": value} if row.time else value),
        )
    )


LEAVES = st.one_of(
    _compared(PLAIN),
    _compared(TIMES),
    st.sampled_from([row.name for row in PLAIN]).map(lambda name: {"op": "isNull", "args": [{"property": name}]}),
    st.builds(
        lambda operator, start, length: {
            "op": operator,
            "args": [
                {"interval": [{"property": "start_datetime"}, {"property": "end_datetime"}]},
                {"interval": [moment(start), moment(start + length)]},
            ],
        },
        st.sampled_from(["t_intersects", "t_during", "t_contains", "t_before", "t_after"]),
        st.integers(-1, 6),
        st.integers(0, 3),
    ),
    st.tuples(st.integers(-10, 10), st.integers(-5, 5)).map(
        lambda point: {
            "op": "s_intersects",
            "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [point[0] + 0.5, point[1] + 0.5]}],
        }
    ),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda args: {"op": "and", "args": args}),
        st.lists(inner, min_size=2, max_size=3).map(lambda args: {"op": "or", "args": args}),
        inner.map(lambda arg: {"op": "not", "args": [arg]}),
    ),
    max_leaves=4,
)
SORTABLE = [row.name for row in QUERYABLES if row.sortable and row.name != "datetime"]


def _sort_keys(field: str, direction: str) -> list[Tree]:
    """With the id as the last, since pgstac decides otherwise between items that are equal in all keys."""
    return [{"field": name, "direction": direction} for name in dict.fromkeys((field, "id"))]


SEARCHES = st.fixed_dictionaries(
    {
        "limit": st.sampled_from([3, 60]),
        "sortby": st.builds(
            _sort_keys,
            st.sampled_from(SORTABLE),
            st.sampled_from(["asc", "desc"]),
        ),
    },
    optional={
        "filter": FILTERS,
        "collections": st.lists(st.sampled_from(COLLECTIONS), min_size=1, max_size=2, unique=True),
        "datetime": st.integers(-1, 6).map(lambda start: f"{moment(start)}/{moment(start + 1)}"),
    },
)


def _own(item: Tree) -> Tree:
    """An item without the links that the service makes, and without nulls, which pgstac leaves out."""
    return {name: _without_nulls(member) for name, member in item.items() if name != "links"}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return value


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(search=SEARCHES)
def test_pgstac_finds_the_same(both: tuple[TestClient, psycopg.Connection[Any]], search: Tree) -> None:
    client, session = both
    (theirs,) = session.execute("SELECT pgstac.search(%s)", (Jsonb(search),)).fetchone() or ({},)
    ours = client.post("/search", json=search).json()
    if _lacks_none(search, theirs["features"]):  # pgstac puts items without the key first when it goes down
        assert [_own(item) for item in ours["features"]] == [_own(item) for item in theirs["features"]]
    else:
        whole = {**search, "limit": 100}
        (theirs,) = session.execute("SELECT pgstac.search(%s)", (Jsonb(whole),)).fetchone() or ({},)
        ours = client.post("/search", json=whole).json()
        assert {item["id"] for item in ours["features"]} == {item["id"] for item in theirs["features"]}


def _lacks_none(search: Tree, items: list[Tree]) -> bool:
    key = search["sortby"][0]
    name = key["field"]
    return key["direction"] == "asc" or all(name in item["properties"] or name in item for item in items)
