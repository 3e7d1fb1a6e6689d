"""The rows of `vocab.queryables` in a real database: how values compare, and that the indexes serve."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from catalog_builder import queries
from catalog_builder.database import connect, migrate
from catalog_builder.database.queryables import synchronise
from catalog_builder.local_postgres import Role
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.queryables import QUERYABLES, Queryable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

INDEXED = [row for row in QUERYABLES if row.pgstac_index]


def search(dsn: str, **body: Any) -> list[str]:
    """Ids of what a reader finds, in order."""
    with connect(dsn, Role.READ) as connection:
        row = connection.execute("SELECT pgstac.search(%s)", (Jsonb({"limit": 100, **body}),)).fetchone()
    assert row is not None
    return [feature["id"] for feature in row[0]["features"]]


def compared(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"op": operator, "args": [{"property": name}, value]}


def pairs(*numbers: int) -> list[str]:
    return [f"pair-{n}" for n in numbers]


def by(name: str, direction: str = "asc") -> list[dict[str, str]]:
    return [{"field": name, "direction": direction}]


def test_numbers_compare_as_numbers(shared_dsn: str) -> None:
    found = search(shared_dsn, filter=compared("insar:perpendicular_baseline", "<", 9.0), sortby=by("id"))
    assert found == pairs(0, 1, 2, 6)
    found = search(shared_dsn, filter=compared("insar:temporal_baseline", ">=", 12), sortby=by("id"))
    assert found == pairs(1, 2, 3, 4, 5, 6, 7)
    assert search(shared_dsn, filter=compared("insar:temporal_baseline", "=", 6.0)) == pairs(0)


def test_numbers_sort_as_numbers(shared_dsn: str) -> None:
    found = search(shared_dsn, sortby=by("insar:perpendicular_baseline"))
    assert found[:7] == pairs(2, 0, 6, 1, 7, 3, 4)
    assert search(shared_dsn, sortby=by("insar:temporal_baseline", "desc")) == pairs(7, 6, 5, 4, 3, 2, 1, 0)


def test_whole_numbers_compare_as_numbers(shared_dsn: str) -> None:
    orbit = "sat:relative_orbit"
    assert search(shared_dsn, filter=compared(orbit, "=", 80), sortby=by("id")) == pairs(1, 3, 5, 7)
    assert search(shared_dsn, filter=compared(orbit, ">", 9), sortby=by("id")) == pairs(*range(8))


def test_a_fraction_may_be_compared_with_a_whole_number(shared_dsn: str) -> None:
    found = search(shared_dsn, filter=compared("sat:relative_orbit", ">", 79.5), sortby=by("id"))
    assert found == pairs(*range(8))
    assert search(shared_dsn, filter=compared("sat:relative_orbit", "=", 80.0), sortby=by("id")) == pairs(1, 3, 5, 7)


def test_times_compare_as_times_whatever_their_spelling(shared_dsn: str) -> None:
    event = {"timestamp": "2015-02-22T18:00:00+02:00"}
    spans = {
        "op": "and",
        "args": [
            compared("insar:reference_datetime", "<", event),
            compared("insar:secondary_datetime", ">", event),
        ],
    }
    assert search(shared_dsn, filter=spans, sortby=by("id")) == pairs(3)
    assert search(shared_dsn, sortby=by("insar:secondary_datetime", "desc")) == pairs(7, 6, 5, 4, 3, 2, 1, 0)


def test_harvest_by_updated(shared_dsn: str) -> None:
    newer = compared("updated", ">", {"timestamp": "2026-01-05T12:00:00Z"})
    assert search(shared_dsn, filter=newer, sortby=by("updated", "desc")) == pairs(7, 6, 5)


def test_truth_values_and_lists(shared_dsn: str) -> None:
    used = compared("flatsim:used_in_timeseries", "=", True)
    assert search(shared_dsn, filter=used, sortby=by("id")) == pairs(0, 1, 2)
    has_vv = {"op": "a_contains", "args": [{"property": "sar:polarizations"}, ["VV"]]}
    assert len(search(shared_dsn, filter=has_vv)) == 8
    has_vh = {"op": "a_contains", "args": [{"property": "sar:polarizations"}, ["VH"]]}
    assert search(shared_dsn, filter=has_vh) == []


def test_every_sortable_row_sorts(shared_dsn: str) -> None:
    for row in (row for row in QUERYABLES if row.sortable):
        found = search(shared_dsn, sortby=[*by(row.name), *by("id")])
        assert sorted(found) == pairs(*range(8)), row.name


def partition_indexes(connection: Connection[Any], field: str) -> list[str]:
    found = connection.execute(
        "SELECT indexname FROM pgstac.queryable_indexes('items') WHERE field = %s AND indexname IS NOT NULL "
        "AND queryable_id IS NOT NULL",
        (field,),
    )
    return [name for (name,) in found]


@pytest.fixture(scope="module")
def with_indexes(shared_dsn: str, maintenance_dsn: str) -> Iterator[str]:
    """Owner's DSN of a copy of the catalogue whose partitions have indexes for pgstac's own searches."""
    name = "flatsim_pgstac_indexes"
    dsn = maintenance_dsn.removesuffix("postgres") + name
    with connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name, shared_dsn.rpartition("/")[2])
        migrate(dsn, BuilderSettings().migrations_dir, pgstac_indexes=True)
        yield dsn
        queries.drop_database(connection, name)


def test_partitions_have_no_indexes_of_properties(loaded_dsn: str, load: Callable[..., None]) -> None:
    """Our searches need none. Those that were there go again."""
    load(loaded_dsn, "flatsim-tarim-interferogram")
    for wanted, expected in ((False, {0}), (True, {2}), (False, {0})):
        migrate(loaded_dsn, BuilderSettings().migrations_dir, pgstac_indexes=wanted)
        with connect(loaded_dsn) as connection:
            counts = {row.name: len(partition_indexes(connection, row.name)) for row in INDEXED}
            assert _unpaired(connection) == []
        assert set(counts.values()) == expected, counts


def test_a_partition_made_later_has_the_indexes(
    with_indexes: str, make_database: Callable[..., str], load: Callable[..., None]
) -> None:
    loaded_dsn = make_database(with_indexes.rpartition("/")[2])
    load(loaded_dsn, "flatsim-tarim-interferogram")
    with connect(loaded_dsn) as connection:
        counts = {row.name: len(partition_indexes(connection, row.name)) for row in INDEXED}
    assert set(counts.values()) == {2}, counts


@pytest.mark.parametrize("row", INDEXED, ids=lambda row: row.name)
def test_index_serves_pgstacs_comparison_and_sort(with_indexes: str, row: Queryable) -> None:
    """The planner takes the index as soon as reading the whole table is made dear."""
    value = "2015-03-01T00:00:00Z" if row.time else {"integer": 80, "number": 10}.get(str(row.type), "D080SUD")
    literal = {"timestamp": value} if row.time else value
    body = Jsonb({"filter": compared(row.name, "=", literal), "collections": ["flatsim-balkans-interferogram"]})
    with connect(with_indexes) as connection:
        names = set(partition_indexes(connection, row.name))
        # Only this index is left to choose from, and no scan of the table.
        connection.execute("SET enable_seqscan = off")
        where = _one(connection, "SELECT pgstac.stac_search_to_where(%s)", (body,))
        plan = _plan(connection, f"SELECT id FROM pgstac.items WHERE {where}")
        assert names & plan, plan
        order = _one(connection, "SELECT pgstac.sort_sqlorderby(%s)", (Jsonb({"sortby": by(row.name)}),))
        plan = _plan(connection, f"SELECT id FROM pgstac.items ORDER BY {order.split(',')[0]} LIMIT 1")
        assert names & plan, plan


def _one(connection: Connection[Any], statement: str, values: tuple[Any, ...]) -> str:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return str(row[0])


def _plan(connection: Connection[Any], statement: str) -> set[str]:
    """Names of the indexes a plan uses."""
    row = connection.execute(f"EXPLAIN (FORMAT json) {statement}".encode()).fetchone()
    assert row is not None
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "Index Name" in node:
                found.add(node["Index Name"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(row[0])
    return found


def test_document_for_clients(shared_dsn: str) -> None:
    with connect(shared_dsn, Role.READ) as connection:
        row = connection.execute("SELECT pgstac.get_queryables('flatsim-balkans-interferogram')").fetchone()
    assert row is not None
    properties = row[0]["properties"]
    assert set(properties) == {row.name for row in QUERYABLES}
    for queryable in QUERYABLES:
        wanted = json.loads(json.dumps(queryable.definition()))
        if "enum" in wanted:
            wanted["enum"] = sorted(wanted["enum"])  # pgstac merges the values of all collections
        assert properties[queryable.name] == wanted, queryable.name


@pytest.fixture
def indexed_dsn(with_indexes: str, make_database: Callable[..., str]) -> str:
    """The catalogue with indexes for pgstac's own searches, for one test alone."""
    return make_database(with_indexes.rpartition("/")[2])


TRACK_QUALITY = Queryable(name="flatsim:quality", title="Quality", description="Grade", type="number", indexed=True)


def test_a_changed_row_changes_the_database(indexed_dsn: str) -> None:
    with connect(indexed_dsn, autocommit=True) as connection:
        change = synchronise(connection, [*QUERYABLES, TRACK_QUALITY], pgstac_indexes=True)
        assert change.written == ("flatsim:quality",)
        first = partition_indexes(connection, "flatsim:quality")
        as_text = Queryable(name="flatsim:quality", title="Grade", description="A to E", indexed=True)
        change = synchronise(connection, [*QUERYABLES, as_text], pgstac_indexes=True)
        assert (change.written, change.removed) == (("flatsim:quality",), ())
        stored = queries.global_queryables(connection)["flatsim:quality"]
        assert stored == (as_text.definition(), "to_text", "BTREE")
        second = partition_indexes(connection, "flatsim:quality")
        assert len(first) == len(second) == 1
        assert first != second
        assert _unpaired(connection) == []


def test_a_row_that_went_is_removed_with_its_index(indexed_dsn: str) -> None:
    with connect(indexed_dsn, autocommit=True) as connection:
        synchronise(connection, [*QUERYABLES, TRACK_QUALITY], pgstac_indexes=True)
        assert synchronise(connection, QUERYABLES, pgstac_indexes=True).removed == ("flatsim:quality",)
        assert "flatsim:quality" not in queries.global_queryables(connection)
        assert _unpaired(connection) == []
        assert synchronise(connection, QUERYABLES, pgstac_indexes=True).removed == ()


def test_queryables_of_others_stay(loaded_dsn: str) -> None:
    with connect(loaded_dsn, autocommit=True) as connection:
        queries.write_queryable(connection, "eo:cloud_cover", {"type": "number"}, "to_float", "BTREE")
        connection.execute(
            "SELECT pgstac.upsert_queryable('theirs', '{}', NULL, NULL, ARRAY['flatsim-balkans-interferogram'])"
        )
        connection.execute("CREATE INDEX by_hand ON pgstac._items_1 (collection)")
        synchronise(connection, [*QUERYABLES, TRACK_QUALITY])
        synchronise(connection, QUERYABLES)
        names = {name for (name,) in connection.execute("SELECT name FROM pgstac.queryables")}
        assert {"eo:cloud_cover", "theirs"} < names
        assert partition_indexes(connection, "eo:cloud_cover")
        assert connection.execute("SELECT to_regclass('pgstac.by_hand')").fetchone() != (None,)


def test_our_row_wins_over_one_of_the_same_name(loaded_dsn: str) -> None:
    """A property read as text by one client and as a number by us would sort in two ways."""
    with connect(loaded_dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pgstac.upsert_queryable('insar:temporal_baseline', '{}', 'to_text', NULL, "
            "ARRAY['flatsim-balkans-interferogram'])"
        )
    migrate(loaded_dsn, BuilderSettings().migrations_dir)
    assert search(loaded_dsn, sortby=by("insar:temporal_baseline"))[0] == "pair-0"


def _unpaired(connection: Connection[Any]) -> list[Any]:
    return connection.execute(
        "SELECT indexname FROM pgstac.queryable_indexes('items', true) WHERE queryable_id IS NULL"
    ).fetchall()


def test_rows_are_well_formed() -> None:
    names = [row.name for row in QUERYABLES]
    assert len(names) == len(set(names))
    for row in QUERYABLES:
        assert row.title, row.name
        assert row.description, row.name
        assert row.format or row.type, row.name
        assert not (row.column and row.indexed), row.name
        if row.type == "string" and row.time:
            assert row.wrapper in ("to_tstz", None), row.name
