"""Values of foreign items in typed columns: no item is refused for them, and none disturbs the search for others."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from index_states import differences
from psycopg.types.json import Jsonb
from varied_items import COLLECTIONS, load_items, token_of, varied_items

from api.app import create_app
from api.settings.service import ServiceSettings
from catalog_builder.database import connect
from catalog_builder.derived.item_index import IndexColumn
from catalog_builder.queries import item_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

ITEMS = varied_items(30, seed=11)
COLLECTION = COLLECTIONS[1]
OF_KIND = {
    "number": ("insar:perpendicular_baseline", "sat:relative_orbit", "flatsim:coherence_mean"),
    "time": ("insar:reference_datetime", "insar:secondary_datetime", "updated"),
    "text": ("title", "flatsim:track", "sat:orbit_state"),
    "truth": ("flatsim:used_in_timeseries",),
    "list": ("sar:polarizations", "sar:beam_ids"),
}
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Number(str):
    """A JSON number that is written as it stands."""


def written(value: Any) -> str:
    """A value as JSON, numbers of any size included."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)}: {written(member)}' for name, member in value.items())}}}"
    return json.dumps(value)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
LONG = st.integers(0, 9).map(
    lambda seed: "".join(random.Random(seed).choices([chr(code) for code in range(0x4E00, 0x9FA5)], k=10_000))
)
ODD = st.sampled_from(
    [
        Number("1e400"), Number("-1e400"), Number("1e-400"), Number("1.7976931348623157e308"),
        Number("1.7976931348623159e308"), Number("-0.0"), Number("9" * 400), Number("0." + "1" * 400), 0, 12, -48.5,
        "NaN", "-Infinity", "infinity", "Infinity", "inf", "12", " 12 ", "12 m", "1e400", "0x1A", "n/a", "",
        "yes", "true", "True", "t", "false", True, False, None,
        "now", "today", "yesterday", "epoch", "2015", "2015-01", "2015-01-05", "20150105", "20150105T163200Z",
        "2015-01-05T16:32:00.123456789Z", "2015-01-05T16:32:00.9999999Z", "9999-12-31T23:59:59.9999999Z",
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "4713-01-01 BC", "294276-12-31", "10000-01-01",
        "2015-02-30T00:00:00Z", "2015-01-05T25:00:00Z", "2015-01-05T00:00:00+99:00", "2015-01-05 16:32 Europe/Paris",
        "2015-01-05T16:32:00 Nowhere/Land", "2016-12-31T23:59:60Z", "allballs", "99999999999999999999",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(ODD, TEXTS, LONG, st.floats(allow_nan=False, allow_infinity=False), st.integers()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PROPERTIES = st.fixed_dictionaries(
    {}, optional={name: VALUES for names in OF_KIND.values() for name in names} | {"datetime": VALUES}
)


@pytest.fixture(scope="module")
def loaded(maintenance_dsn: str, template_database: str) -> Iterator[str]:
    """Owner's DSN of a database with sound items of all collections."""
    from catalog_builder import queries  # noqa: PLC0415

    with connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, "flatsim_odd_values", template_database)
        dsn = maintenance_dsn.removesuffix("postgres") + "flatsim_odd_values"
        load_items(dsn, ITEMS)
        yield dsn
        queries.drop_database(connection, "flatsim_odd_values")


@pytest.fixture(scope="module")
def client(loaded: str) -> Iterator[TestClient]:
    with TestClient(create_app(ServiceSettings(database=loaded)), raise_server_exceptions=False) as asked:
        yield asked


@pytest.fixture(scope="module")
def sound(client: TestClient) -> dict[str, list[str]]:
    """What searches give of the sound items alone."""
    return {name: pages(client, body) for name, body in SEARCHES.items()}


def pages(client: TestClient, body: dict[str, Any]) -> list[str]:
    """Ids of all items of a search, page by page, each given once."""
    seen: list[str] = []
    answer = client.post("/search", json={**body, "limit": 7})
    while True:
        assert answer.status_code == 200, (answer.text, body)
        page = answer.json()
        seen += [item["id"] for item in page["features"]]
        assert len(seen) <= page["numberMatched"]
        if (token := token_of(page, "next")) is None:
            break
        answer = client.post("/search", json={**body, "limit": 7, "token": token})
    assert len(seen) == len(set(seen)) == page["numberMatched"]
    return seen


def compared(operator: str, name: str, value: Any) -> dict[str, Any]:
    return {"op": operator, "args": [{"property": name}, value]}


SEARCHES: dict[str, dict[str, Any]] = {
    "all": {},
    **{
        f"by {name}": {"sortby": [{"field": name, "direction": direction}]}
        for kind, names in OF_KIND.items()
        if kind != "list"
        for name, direction in zip(names, ("asc", "desc", "asc"), strict=False)
    },
    "by start": {"sortby": [{"field": "start_datetime", "direction": "asc"}]},
    "by end": {"sortby": [{"field": "end_datetime", "direction": "desc"}]},
    "number": {"filter": compared(">=", "insar:perpendicular_baseline", -1000)},
    "text": {"filter": {"op": "like", "args": [{"property": "title"}, "%th"]}},
    "truth": {"filter": compared("=", "flatsim:used_in_timeseries", True)},
    "time": {"filter": compared(">", "insar:reference_datetime", {"timestamp": "2015-01-05T00:00:00Z"})},
    "list": {"filter": {"op": "a_contains", "args": [{"property": "sar:polarizations"}, ["VV"]]}},
}


@contextmanager
def foreign_item(loaded: str, properties: dict[str, Any]) -> Iterator[Connection[Any]]:
    """An item as pgstac itself takes it, for as long as a `with` lasts."""
    item = {**ITEMS[0], "id": "foreign", "collection": COLLECTION}
    item["properties"] = {"datetime": "2015-01-10T00:00:00Z", **properties}
    with connect(loaded, autocommit=True) as connection:
        connection.execute("SET search_path = pgstac, public")
        connection.execute("SELECT pgstac.create_item(%s::text::jsonb)", (written(item),))
        try:
            yield connection
        finally:
            connection.execute("DELETE FROM pgstac.items WHERE id = 'foreign'")


def pgstac_takes(loaded: str, properties: dict[str, Any]) -> bool:
    """Whether pgstac can tell the time range of an item; without it there is no item."""
    with connect(loaded) as connection:
        connection.execute("SET search_path = pgstac, public")
        try:
            connection.execute("SELECT stac_daterange(%s::text::jsonb)", (written(properties),))
        except Exception:  # noqa: BLE001 -- whatever it is, it is pgstac's
            return False
    return True


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(properties=PROPERTIES)
@example(properties={"datetime": "infinity"})
@example(properties={"datetime": None, "start_datetime": "-infinity", "end_datetime": "infinity"})
@example(properties={"datetime": None, "start_datetime": "4000-01-01 BC", "end_datetime": "294000-01-01"})
@example(properties={"datetime": "0001-01-01T00:00:00+14:00"})
@example(properties={"datetime": "9999-12-31T23:59:59-14:00"})
@example(properties={"insar:reference_datetime": "0001-01-01T00:00:00Z", "updated": "9999-12-31T23:59:59.999999Z"})
def test_no_value_disturbs_the_search_for_others(
    loaded: str, client: TestClient, sound: dict[str, list[str]], properties: dict[str, Any]
) -> None:
    properties = {"datetime": "2015-01-10T00:00:00Z", **properties}
    if not pgstac_takes(loaded, properties):
        return
    with foreign_item(loaded, properties) as connection:
        assert differences(connection) == []
        for name, body in SEARCHES.items():
            assert [one for one in pages(client, body) if one != "foreign"] == sound[name], (name, properties)
        assert "foreign" in pages(client, {}), properties
        assert client.get("/aggregate?aggregations=total_count,datetime_min,datetime_frequency").status_code == 200


EXPECTED: list[tuple[str, Any, Any]] = [
    # kind, value of JSON, value of the column
    ("number", 12, 12.0), ("number", "12", 12.0), ("number", "NaN", None), ("number", Number("1e400"), None),
    ("number", Number("1e-400"), None), ("number", "-Infinity", None), ("number", "n/a", None), ("number", True, None),
    ("number", [12], None), ("number", {"a": 1}, None), ("number", None, None), ("number", "", None),
    ("number", Number("1.7976931348623157e308"), 1.7976931348623157e308),
    ("time", "2015-01-05T16:32:00Z", datetime(2015, 1, 5, 16, 32, tzinfo=UTC)),
    ("time", "2015-01-05T16:32:00+02:00", datetime(2015, 1, 5, 14, 32, tzinfo=UTC)),
    ("time", "2015-01-05T16:32:00.1234567Z", datetime(2015, 1, 5, 16, 32, 0, 123457, tzinfo=UTC)),
    ("time", "20150105T163200Z", datetime(2015, 1, 5, 16, 32, tzinfo=UTC)),
    ("time", "20150105", datetime(2015, 1, 5, tzinfo=UTC)), ("time", "2015-01-05", datetime(2015, 1, 5, tzinfo=UTC)),
    ("time", "0001-01-01T00:00:00Z", EARLIEST), ("time", "0001-01-01T00:00:00+00:01", None),
    ("time", "9999-12-31T23:59:59.999999Z", LATEST), ("time", "9999-12-31T23:59:59.9999999Z", None),
    ("time", "yesterday", None), ("time", "now", None), ("time", "infinity", None), ("time", 2015, None),
    ("time", "2015-02-30T00:00:00Z", None), ("time", "2015-01-05T00:00:00+99:00", None), ("time", ["2015-01-05"], None),
    ("text", "North", "North"), ("text", 5, "5"), ("text", None, None), ("text", "é" * 10_000, "é" * 500),
    ("truth", True, True), ("truth", False, False), ("truth", "yes", None), ("truth", 1, None), ("truth", [True], None),
    ("truth", None, None),
    ("list", ["a", "b"], ["a", "b"]), ("list", [], []), ("list", "a", ["a"]), ("list", None, None),
    ("list", [1, None, ["x"], True], ["1", None, '["x"]', "true"]), ("list", ["x" * 10_000], ["x" * 500]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), EXPECTED, ids=lambda value: str(value)[:30])
def test_a_column_has_the_value_or_null(loaded: str, kind: str, value: Any, expected: Any) -> None:
    for name in OF_KIND[kind]:
        with foreign_item(loaded, {name: value}) as connection:
            row = connection.execute(f"SELECT \"{name}\" FROM flatsim.item_index WHERE id = 'foreign'").fetchone()
        assert row == (expected,), name


def test_the_kinds_are_those_of_the_columns(loaded: str) -> None:
    with connect(loaded) as connection:
        columns = {row[0]: IndexColumn(*row).kind for row in item_index.index_columns(connection)}
    assert {name: columns[name] for names in OF_KIND.values() for name in names} == {
        name: kind for kind, names in OF_KIND.items() for name in names
    }


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("field", ["datetime", "start_datetime", "insar:reference_datetime"])
def test_pages_go_on_at_the_first_and_at_the_last_time(
    database_dsn: str, moment: str, direction: str, field: str
) -> None:
    """The driver takes these two for infinity."""
    items = varied_items(9, seed=2)
    for item in items[:4]:
        item["properties"] |= {"datetime": moment, "start_datetime": moment, "end_datetime": moment}
        item["properties"]["insar:reference_datetime"] = moment
    with connect(database_dsn, autocommit=True) as connection:
        load_items(database_dsn, items[4:])
        for item in items[:4]:
            connection.execute("SELECT pgstac.create_item(%s)", (Jsonb(item),))
    with TestClient(create_app(ServiceSettings(database=database_dsn))) as client:
        body: dict[str, Any] = {"sortby": [{"field": field, "direction": direction}], "limit": 1}
        seen, token = [], None
        while len(seen) < 20:
            page = client.post("/search", json={**body, **({"token": token} if token else {})}).json()
            seen += [item["id"] for item in page["features"]]
            if (token := token_of(page, "next")) is None:
                break
        assert sorted(seen) == sorted(item["id"] for item in items)
        equal = {"filter": compared("=", field, {"timestamp": moment})}
        found = {item["id"] for item in client.post("/search", json=equal).json()["features"]}
        assert found == {item["id"] for item in items[:4]}
        at = client.get("/search", params={"datetime": moment}).json()["features"]
        assert {item["id"] for item in at} == {item["id"] for item in items[:4]}
