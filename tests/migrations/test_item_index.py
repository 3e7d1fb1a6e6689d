"""`flatsim.item_index`: its columns follow the queryables, its rows the items, whoever writes and however."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import random
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import psycopg
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from index_states import differences, differences_of
from psycopg.types.json import Jsonb
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from varied_items import COLLECTIONS, collections, load_items, token_of, varied_items

from api.app import create_app
from api.database.pool import check_database
from api.errors import StartError
from api.settings.service import ServiceSettings
from catalog_builder import cli
from catalog_builder.database import check_index, connect, migrate, renew_documents
from catalog_builder.database.item_index import synchronise_index
from catalog_builder.database.queryables import synchronise
from catalog_builder.derived.item_index import OWN_COLUMNS, TYPES
from catalog_builder.pipeline.load import load
from catalog_builder.queries import item_index
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.queryables import QUERYABLES, Queryable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection

ITEMS = varied_items(30, seed=3)
GRADE = Queryable(name="flatsim:grade", title="Grade", description="Of the pair", type="number")


@pytest.fixture
def loaded(database_dsn: str) -> str:
    """Owner's DSN of a database with items of all collections, each with a grade."""
    items = copy.deepcopy(ITEMS)
    for number, item in enumerate(items):
        item["properties"]["flatsim:grade"] = number
    load_items(database_dsn, items)
    return database_dsn


def column_types(connection: Connection[Any]) -> dict[str, str]:
    found = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = 'flatsim.item_index'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return dict(found.fetchall())


def index_definitions(connection: Connection[Any]) -> str:
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'item_index'").fetchall()
    return "\n".join(definition for (definition,) in found)


TYPE_NAMES = {
    "number": "double precision", "time": "timestamp with time zone", "text": "text", "truth": "boolean",
    "list": "text[]",
}  # fmt: skip
KINDS = {"string": "text", "integer": "number", "number": "number", "boolean": "truth", "array": "list"}


class TestColumns:
    def test_every_row_has_a_column_of_its_kind_and_an_index(self, database_dsn: str) -> None:
        with connect(database_dsn) as connection:
            types, indexes = column_types(connection), index_definitions(connection)
            recorded = {name: kind for name, kind, _, _ in item_index.index_columns(connection)}
        assert TYPE_NAMES.keys() == TYPES.keys()
        rows = [row for row in QUERYABLES if not row.column]
        assert recorded.keys() == {row.name for row in rows}
        assert types.keys() - recorded.keys() == set(OWN_COLUMNS)
        for row in rows:
            kind = "time" if row.time else KINDS[str(row.type)]
            assert (recorded[row.name], types[row.name]) == (kind, TYPE_NAMES[kind]), row.name
            first = f'USING gin ("{row.name}")' if kind == "list" else f'USING btree ("{row.name}", _nominal'
            assert first.replace('"', "") in indexes.replace('"', ""), row.name

    def test_a_new_row_gets_a_column_with_values_and_one_that_went_goes(self, loaded: str) -> None:
        body = {"filter": {"op": ">=", "args": [{"property": GRADE.name}, 27]}}
        with connect(loaded, autocommit=True) as connection:
            synchronise(connection, [*QUERYABLES, GRADE])
            assert synchronise_index(connection).written == (GRADE.name,)
            assert synchronise_index(connection).written == ()
            grades = connection.execute(f'SELECT id, "{GRADE.name}" FROM flatsim.item_index').fetchall()
            assert dict(grades) == {item["id"]: float(number) for number, item in enumerate(ITEMS)}
            assert f'("{GRADE.name}", _nominal)' in index_definitions(connection)
            assert differences(connection) == []
            with TestClient(create_app(ServiceSettings(database=loaded))) as client:
                sort = [{"field": GRADE.name, "direction": "desc"}]
                found = client.post("/search", json={**body, "sortby": sort}).json()
                assert [item["id"] for item in found["features"]] == ["item_029", "item_028", "item_027"]
            synchronise(connection, QUERYABLES)
            assert synchronise_index(connection).removed == (GRADE.name,)
            assert GRADE.name not in {row[0] for row in item_index.index_columns(connection)}
            synchronise_index(connection)
            load_items(loaded, varied_items(3, seed=8, first=200))
            assert differences(connection) == []
            with TestClient(create_app(ServiceSettings(database=loaded))) as client:
                assert client.post("/search", json=body).status_code == 400

    def test_a_row_of_another_type_is_read_anew(self, loaded: str) -> None:
        as_text = Queryable(name=GRADE.name, title="Grade", description="Of the pair")
        with connect(loaded, autocommit=True) as connection:
            synchronise(connection, [*QUERYABLES, GRADE])
            synchronise_index(connection)
            synchronise(connection, [*QUERYABLES, as_text])
            assert synchronise_index(connection).written == (GRADE.name,)
            assert column_types(connection)[GRADE.name] == "text"
            grades = connection.execute(f'SELECT id, "{GRADE.name}" FROM flatsim.item_index').fetchall()
            assert dict(grades) == {item["id"]: str(number) for number, item in enumerate(ITEMS)}
            assert differences(connection) == []

    def test_a_queryable_of_others_is_right_before_and_after_db_migrate(self, loaded: str) -> None:
        body = {
            "filter": {"op": "<", "args": [{"property": GRADE.name}, 4]},
            "sortby": [{"field": GRADE.name, "direction": "desc"}],
        }
        answers = []
        with connect(loaded, autocommit=True) as connection:
            connection.execute(
                "SELECT pgstac.upsert_queryable('flatsim:grade', '{\"type\": \"number\"}', 'to_float', NULL)"
            )
            for is_column in (False, True):
                assert (GRADE.name in column_types(connection)) is is_column
                with TestClient(create_app(ServiceSettings(database=loaded))) as client:
                    answers.append([item["id"] for item in client.post("/search", json=body).json()["features"]])
                migrate(loaded, BuilderSettings().migrations_dir)
            assert differences(connection) == []
        assert answers == [["item_003", "item_002", "item_001", "item_000"]] * 2


class Campaign:
    """Random writes by all kinds of writers, one after the other."""

    def __init__(self, dsn: str, folder: Path, seed: int) -> None:
        self.dsn = dsn
        self.folder = folder
        self.chance = random.Random(seed)
        self.number = 1000 * seed

    def step(self) -> str:
        """One write; gives its name."""
        ways = [
            self.pypgstac, self.pypgstac, self.our_loader, self.our_loader, self.update, self.delete, self.move,
            self.partition_alone, self.undone, self.savepoints, self.staging, self.staging, self.repartition,
            self.collection_again, self.drop_collection, self.truncate, self.template, self.twice, self.documents,
        ]  # fmt: skip
        chosen = self.chance.choice(ways)
        with contextlib.suppress(psycopg.errors.UniqueViolation):  # pgstac refuses; then nothing is written
            chosen()
        return str(chosen.__name__)

    def items(self) -> list[dict[str, Any]]:
        """Some that are new and some that may be there in another state."""
        self.number += 1
        return varied_items(self.chance.randrange(1, 6), seed=self.number, first=self.chance.randrange(25))

    def session(self, *, autocommit: bool = True) -> Connection[Any]:
        session = connect(self.dsn, autocommit=autocommit)
        session.execute("SET search_path = pgstac, public")
        return session

    def execute(self, statement: str, *values: Any) -> None:
        with self.session() as session:
            session.execute(statement.encode(), values)

    def some(self) -> str:
        """A pattern of ids."""
        return f"{self.chance.randrange(10)}$"

    def pypgstac(self) -> None:
        self._pypgstac(self.chance.choice([Methods.upsert, Methods.delsert, Methods.insert_ignore]))

    def _pypgstac(self, method: Methods) -> None:
        with PgstacDB(dsn=self.dsn) as database:
            loader = Loader(database)
            loader.load_collections(iter(collections(["data"])), insert_mode=Methods.upsert)
            loader.load_items(iter(self.items()), insert_mode=method)

    def our_loader(self) -> None:
        lines = {"collections": collections(["data"]), **{name: [] for name in COLLECTIONS}}
        for item in self.items():
            lines[item["collection"]].append(item)
        for name, found in lines.items():
            (self.folder / f"{name}.ndjson").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in found))
        load(self.folder, self.dsn)

    def update(self) -> None:
        self.number += 1
        self.execute(
            "UPDATE items SET content = jsonb_set(content, '{properties,title}', %s) WHERE id ~ %s",
            Jsonb(f"title {self.number}"), self.some(),
        )  # fmt: skip

    def move(self) -> None:
        """To another time, perhaps in another partition, or to another name."""
        self.number += 1
        if self.chance.random() < 0.5:
            self.execute("UPDATE items SET id = id || %s WHERE id ~ %s", f"_{self.number}", self.some())
        else:
            with contextlib.suppress(psycopg.errors.CheckViolation):  # no partition, or none that takes it
                self.execute("UPDATE items SET datetime = datetime - interval '20 days' WHERE id ~ %s", self.some())

    def delete(self) -> None:
        self.execute("DELETE FROM items WHERE id ~ %s", self.some())

    def partition_alone(self) -> None:
        """Past the parent."""
        with self.session() as session:
            found = session.execute("SELECT tableoid::regclass::text, id FROM items").fetchall()
            if not found:
                return
            partition, name = self.chance.choice(found)
            with session.transaction():
                session.execute(f"CREATE TEMP TABLE put_aside ON COMMIT DROP AS SELECT * FROM {partition}".encode())
                if self.chance.random() < 0.7:
                    session.execute(f"DELETE FROM {partition} WHERE id = %s".encode(), (name,))
                    if self.chance.random() < 0.5:
                        session.execute(
                            f"INSERT INTO {partition} SELECT * FROM put_aside WHERE id = %s".encode(), (name,)
                        )
                else:
                    session.execute(f"UPDATE {partition} SET private = '{{}}' WHERE id = %s".encode(), (name,))

    def undone(self) -> None:
        with self.session(autocommit=False) as session:
            session.execute("UPDATE items SET content = content || '{\"x\": 1}' WHERE id ~ %s", (self.some(),))
            session.execute("DELETE FROM items WHERE id ~ %s", (self.some(),))
            session.rollback()

    def savepoints(self) -> None:
        with self.session() as session, session.transaction():
            for _ in range(3):
                self.number += 1
                with session.transaction() as inner:
                    session.execute(
                        "UPDATE items SET content = jsonb_set(content, '{properties,title}', %s) WHERE id ~ %s",
                        (Jsonb(f"title {self.number}"), self.some()),
                    )
                    session.execute("DELETE FROM items WHERE id ~ %s", (f"{self.chance.randrange(100):02}$",))
                    if self.chance.random() < 0.5:
                        raise psycopg.Rollback(inner)

    def twice(self) -> None:
        """Deleted, written and changed in one transaction."""
        with self.session() as session, session.transaction():
            session.execute(
                "CREATE TEMP TABLE put_aside ON COMMIT DROP AS SELECT * FROM items WHERE id ~ %s", (self.some(),)
            )
            session.execute("DELETE FROM items WHERE id IN (SELECT id FROM put_aside)")
            session.execute("INSERT INTO items SELECT * FROM put_aside")
            session.execute("UPDATE items SET content = content || '{\"y\": 1}' WHERE id IN (SELECT id FROM put_aside)")

    def staging(self) -> None:
        table = self.chance.choice(["items_staging", "items_staging_ignore", "items_staging_upsert"])
        with self.session() as session, session.transaction():
            there = {name for (name,) in session.execute("SELECT id FROM collections")}
            for item in self.items():
                if item["collection"] in there:
                    session.execute(f"INSERT INTO {table} (content) VALUES (%s)".encode(), (Jsonb(item),))

    def repartition(self) -> None:
        how = self.chance.choice([None, "year", "month"])
        self.execute("UPDATE collections SET partition_trunc = %s WHERE id = %s", how, self.chance.choice(COLLECTIONS))

    def collection_again(self) -> None:
        self.execute("SELECT delete_collection(id) FROM collections WHERE id = %s", self.chance.choice(COLLECTIONS))
        self._pypgstac(Methods.upsert)

    def drop_collection(self) -> None:
        self.execute("DELETE FROM collections WHERE id = %s", self.chance.choice(COLLECTIONS))

    def truncate(self) -> None:
        if self.chance.random() < 0.4:
            self.execute("TRUNCATE items")
            self._pypgstac(Methods.upsert)

    def template(self) -> None:
        with PgstacDB(dsn=self.dsn) as database:
            roles = self.chance.choice([["data"], ["metadata"]])
            Loader(database).load_collections(iter(collections(roles)), insert_mode=Methods.upsert)

    def documents(self) -> None:
        renew_documents(self.dsn)


def check_searches(client: TestClient, dsn: str, said: list[str]) -> None:
    """Pages and totals of the service are those of the items themselves."""
    with connect(dsn) as session:
        rows = session.execute("SELECT collection, id, content->'properties'->>'title' FROM pgstac.items").fetchall()
    everything = Counter((row[0], row[1]) for row in rows)
    seen: Counter[tuple[str, str]] = Counter()
    body: dict[str, Any] = {"limit": 11}
    answer = client.post("/search", json=body)
    while True:
        assert answer.status_code == 200, (answer.text, said)
        page = answer.json()
        assert page["numberMatched"] == len(rows), said
        seen.update((item["collection"], item["id"]) for item in page["features"])
        if (token := token_of(page, "next")) is None:
            break
        answer = client.post("/search", json={**body, "token": token})
    assert seen == everything, said
    titled = {"filter": {"op": "like", "args": [{"property": "title"}, "title %"]}, "limit": 100}
    page = client.post("/search", json=titled).json()
    expected = Counter((row[0], row[1]) for row in rows if (row[2] or "").startswith("title "))
    assert Counter((item["collection"], item["id"]) for item in page["features"]) == expected, said
    counted = client.get("/aggregate?aggregations=total_count").json()
    assert counted["aggregations"][0]["value"] == len(rows), said


def run_campaign(dsn: str, folder: Path, seed: int, steps: int) -> None:
    load_items(dsn, varied_items(25, seed=seed))
    campaign = Campaign(dsn, folder, seed)
    said: list[str] = []
    with TestClient(create_app(ServiceSettings(database=dsn)), raise_server_exceptions=False) as client:
        for _ in range(steps):
            said.append(campaign.step())
            assert differences_of(dsn) == [], said
            check_searches(client, dsn, said)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_index_is_exact_whoever_writes(database_dsn: str, tmp_path: Path, seed: int) -> None:
    run_campaign(database_dsn, tmp_path, seed, 25)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10, 40))
def test_the_index_is_exact_whoever_writes_for_long(database_dsn: str, tmp_path: Path, seed: int) -> None:
    run_campaign(database_dsn, tmp_path, seed, 80)


def one_partition(session: Connection[Any]) -> str:
    (name,) = session.execute(
        "SELECT tableoid::regclass::text FROM pgstac.items GROUP BY 1 ORDER BY 1 LIMIT 1"
    ).fetchone() or ("",)
    return str(name)


def truncate_a_partition(session: Connection[Any]) -> None:
    session.execute(f"TRUNCATE {one_partition(session)}".encode())


def write_without_triggers(session: Connection[Any]) -> None:
    session.execute("SET session_replication_role = replica")
    session.execute("CREATE TEMP TABLE put_aside AS SELECT * FROM pgstac.items LIMIT 3")
    session.execute("UPDATE put_aside SET id = id || '_restored'")
    session.execute("INSERT INTO pgstac.items SELECT * FROM put_aside")
    session.execute("RESET session_replication_role")


def attach_again(session: Connection[Any]) -> None:
    name = one_partition(session)
    (bound,) = session.execute(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = %s::regclass", (name,)
    ).fetchone() or ("",)
    session.execute("SELECT set_config('search_path', 'pgstac, public', false)")
    with session.transaction():
        session.execute(f"ALTER TABLE pgstac.items DETACH PARTITION {name}".encode())
        session.execute(f"UPDATE {name} SET id = id || '_apart' WHERE id ~ '[0-4]$'".encode())
        session.execute(f"CREATE TEMP TABLE put_aside AS SELECT * FROM {name} LIMIT 1".encode())
        session.execute("UPDATE put_aside SET id = 'new_apart'")
        session.execute(f"INSERT INTO {name} SELECT * FROM put_aside".encode())
        session.execute(f"ALTER TABLE pgstac.items ATTACH PARTITION {name} {bound}".encode())


UNSEEN: list[Callable[[Connection[Any]], None]] = [truncate_a_partition, write_without_triggers, attach_again]


@pytest.mark.parametrize("write", UNSEEN, ids=lambda write: write.__name__)
def test_what_no_trigger_sees_is_noticed_at_start_and_mended(
    loaded: str, write: Callable[[Connection[Any]], None]
) -> None:
    with connect(loaded, autocommit=True) as session:
        write(session)
        assert differences(session) != []
    with pytest.raises(StartError, match="db check"):
        asyncio.run(check_database(ServiceSettings(database=loaded)))
    looked = check_index(loaded, mend=False)
    assert not looked.is_sound
    with connect(loaded, autocommit=True) as session:
        assert differences(session) != []
    mended = check_index(loaded)
    assert (mended.differing, mended.stray) == (looked.differing, looked.stray)
    assert check_index(loaded).is_sound
    assert differences_of(loaded) == []
    asyncio.run(check_database(ServiceSettings(database=loaded)))
    with TestClient(create_app(ServiceSettings(database=loaded))) as client:
        check_searches(client, loaded, [])


def test_the_command_says_what_it_finds_and_mends_it(loaded: str, command: Callable[..., int]) -> None:
    assert command("db", "check", "--database", loaded, "--dry-run") == 0
    with connect(loaded, autocommit=True) as session:
        truncate_a_partition(session)
    assert command("db", "check", "--database", loaded, "--dry-run") == 3
    assert command("db", "check", "--database", loaded) == 0
    assert command("db", "check", "--database", loaded, "--dry-run") == 0
    assert differences_of(loaded) == []


@pytest.fixture
def command() -> Callable[..., int]:
    """Runs the command, gives its exit status."""
    return lambda *arguments: CliRunner().invoke(cli.command, list(arguments)).exit_code


def test_a_copied_database_needs_nothing(loaded: str, make_database: Callable[..., str]) -> None:
    renew_documents(loaded)
    copied = make_database(urlsplit(loaded).path.strip("/"))
    assert differences_of(copied) == []
    with TestClient(create_app(ServiceSettings(database=copied))) as client:
        check_searches(client, copied, [])
    load_items(copied, varied_items(5, seed=44, first=10))
    assert differences_of(copied) == []


def test_an_id_that_stands_in_two_partitions_is_found_as_long_as_one_is_there(loaded: str) -> None:
    """pgstac looks for an id in the partition of the new item's time alone."""
    item = next(item for item in ITEMS if item["collection"] == COLLECTIONS[1])
    later = copy.deepcopy(item)
    for name in ("datetime", "start_datetime", "end_datetime"):
        later["properties"][name] = "2017-05-05T00:00:00Z"
    with connect(loaded, autocommit=True) as session:
        session.execute("SET search_path = pgstac, public")
        session.execute("UPDATE collections SET partition_trunc = 'year' WHERE id = %s", (COLLECTIONS[1],))
        session.execute("INSERT INTO items_staging (content) VALUES (%s)", (Jsonb(later),))
        twice = session.execute("SELECT count(*) FROM items WHERE id = %(id)s", item).fetchone()
        assert twice == (2,)
        assert differences(session) == []
        asyncio.run(check_database(ServiceSettings(database=loaded)))
        for bound in ("2017-01-01", "2000-01-01"):
            session.execute("DELETE FROM items WHERE id = %s AND datetime >= %s", (item["id"], bound))
            there = session.execute("SELECT datetime FROM items WHERE id = %(id)s", item).fetchall()
            rows = session.execute("SELECT start_datetime FROM flatsim.item_index WHERE id = %(id)s", item).fetchall()
            assert rows == there
        assert differences(session) == []
