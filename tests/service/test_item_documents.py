"""Answers made from ready documents are those made from pgstac's rows, whoever writes what in between."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from varied_items import COLLECTIONS, collections, load_items, varied_items

from api.app import create_app
from api.search.serialise.items import ItemWriter
from catalog_builder.database import connect, renew_documents
from catalog_builder.derived.item_documents import marked_document
from catalog_builder.queries import documents, loading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from conftest import Documents

    from api.settings.service import ServiceSettings

Item = dict[str, Any]
PAIRS = "flatsim-testland-interferogram"
ALL = "/search?limit=1000&sortby=id"


@pytest.fixture
def service(
    named_database: Callable[[str], AbstractContextManager[str]],
    make_settings: Callable[..., ServiceSettings],
    documents: Documents,
    load_documents: Callable[[str, Documents], None],
) -> Iterator[tuple[TestClient, str]]:
    """The service, and the DSN of the owner of its database, which no one else writes to."""
    with named_database("flatsim_documents") as dsn:
        load_documents(dsn, documents)
        with TestClient(create_app(make_settings(database=dsn)), raise_server_exceptions=False) as asked:
            yield asked, dsn


def put_together(client: TestClient, path: str, **more: Any) -> Any:
    """The answer that no ready document has a part in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ItemWriter, "accepts_prerendered", False)
        return client.get(path, **more)


def count_ready(dsn: str) -> int:
    with connect(dsn) as session:
        (found,) = session.execute(
            "SELECT count(*) FROM pgstac.items i JOIN flatsim.item_index x ON x.collection = i.collection "
            "AND x.id = i.id JOIN flatsim.item_documents d ON d.key = x.key WHERE d.document IS NOT NULL"
        ).fetchone() or (0,)
    return int(found)


@pytest.mark.parametrize(
    "path",
    [
        "/search?limit=7",
        "/search?limit=7&sortby=-insar:perpendicular_baseline",
        "/search?limit=3&fields=id,assets.inu_geo.href",
        f"/collections/{PAIRS}/items?limit=26",
        f"/collections/{PAIRS}/items/flatsim_testland_d080_2015-2016_int_20150101_20150113",
        "/collections/flatsim-testland-timeseries/items/flatsim_testland_ts",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"host": "stac.example.org", "x-forwarded-prefix": '/q"u\\o'}])
def test_answers_are_the_same(service: tuple[TestClient, str], path: str, headers: dict[str, str]) -> None:
    """Links, addresses under /data/ and all; and so are the validators of pages."""
    client, dsn = service
    without = client.get(path, headers=headers)
    renew_documents(dsn)
    assert count_ready(dsn) == 26
    ready = client.get(path, headers=headers)
    assert without.status_code == ready.status_code == 200
    assert ready.json() == without.json() == put_together(client, path, headers=headers).json()
    assert "/data/" in ready.text
    assert not {"\x01", "\x02"} & set(ready.text)
    if "FeatureCollection" in ready.text:
        assert ready.headers["etag"] == without.headers["etag"]
    again = client.get(path, headers={**headers, "if-none-match": ready.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_several_trees(
    service: tuple[TestClient, str], make_settings: Callable[..., ServiceSettings], tree: Path
) -> None:
    """Also where one lies in the other."""
    _, dsn = service
    renew_documents(dsn)
    for trees in ((), (tree, tree.parent / "tree-sibling"), (tree, tree.parent)):
        with TestClient(create_app(make_settings(database=dsn, data=trees))) as client:
            ready = client.get(ALL).json()
            assert ready == put_together(client, ALL).json()
            hrefs = [item["assets"]["inu_geo"]["href"] for item in ready["features"]]
            assert all(("/data/tree/" in href) is bool(trees) for href in hrefs), hrefs[0]


def test_a_long_page_is_sent_in_parts(service: tuple[TestClient, str]) -> None:
    client, dsn = service
    load_items(dsn, varied_items(250, seed=2))
    half = put_together(client, ALL).json()
    renew_documents(dsn)
    answer = client.get(ALL)
    assert answer.json() == half
    assert len(half["features"]) == 276
    again = client.get(ALL, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(ALL).content == b""
    with connect(dsn, autocommit=True) as session:
        session.execute("UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = 'item_200'")
    changed = client.get(ALL, headers={"if-none-match": answer.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json() == put_together(client, ALL).json() != half


@pytest.mark.parametrize(
    "odd",
    [
        {"links": [{"rel": "related", "href": "../elsewhere"}]},
        {"links": [{"rel": "related", "href": "/at/the/root"}, {"rel": "x", "href": "a/../b//c"}]},
        {"links": [{"rel": "related", "href": "//other.example/x"}, {"rel": "x", "href": "?q=1"}]},
        {"links": [{"rel": "related", "href": "mailto:a@example.org"}, {"rel": "x", "href": "s3://b/c"}]},
        {"assets": {"a": {"href": "file://localhost{tree}/a"}, "b": {"href": "file:{tree}/b"}}},
        {"assets": {"a": {"href": "file://{tree}/a%2fb"}, "b": {"href": "file://{tree}/b c"}}},
        {"assets": {"a": {"href": "file://{tree}/"}, "b": {"href": "file://elsewhere{tree}/b"}}},
        {"assets": {"a": {"href": "file://{tree}-sibling/a"}, "b": {"href": "relative/b"}}},
        {"properties": {"title": "\x01 \x02 \\u0001", "datetime": "2020-01-01T00:00:00Z"}},
        {"properties": {"title": '\u2028 é "', "datetime": "2020-01-01T00:00:00Z", "n": 1e300, "m": 2**60}},
    ],
)
def test_odd_items(service: tuple[TestClient, str], tree: Path, odd: Item) -> None:
    """Addresses and texts that no mark can stand for are answered as ever."""
    client, dsn = service
    text = str(tree)
    assets = {name: {"href": asset["href"].replace("{tree}", text)} for name, asset in odd.get("assets", {}).items()}
    item = {**varied_items(1)[0], **odd, **({"assets": assets} if assets else {})}
    load_items(dsn, [item])
    renew_documents(dsn)
    path = f"/collections/{item['collection']}/items/{item['id']}"
    ready = client.get(path)
    assert ready.status_code == 200
    assert ready.json() == put_together(client, path).json()


class Campaign:
    """Random writes to a database, one after the other, by all that may write to it."""

    def __init__(self, dsn: str, seed: int) -> None:
        self.dsn = dsn
        self.chance = random.Random(seed)
        self.number = 1000 * seed

    def step(self) -> str:
        """One write; gives its name."""
        ways = [
            self.load, self.load, self.update, self.delete, self.write_with_documents, self.renew, self.renew,
            self.change_template, self.make_collection_again, self.repartition, self.empty,
        ]  # fmt: skip
        chosen = self.chance.choice(ways)
        chosen()
        return str(chosen.__name__)

    def load(self) -> None:
        """pypgstac: some items again, some changed."""
        self.number += 1
        first = self.chance.randrange(20)
        load_items(self.dsn, varied_items(self.chance.randrange(1, 6), seed=self.number, first=first), self._roles())

    def _roles(self) -> list[str]:
        return self.chance.choice([["data"], ["data"], ["metadata"]])

    def update(self) -> None:
        self._execute("UPDATE pgstac.items SET content = jsonb_set(content, '{properties,title}', %s) WHERE id ~ %s")

    def delete(self) -> None:
        self._execute("DELETE FROM pgstac.items WHERE content <> %s AND id ~ %s")

    def _execute(self, statement: str) -> None:
        self.number += 1
        with connect(self.dsn, autocommit=True) as session:
            session.execute(statement, (Jsonb(f"title {self.number}"), f"_0.{self.chance.randrange(10)}"))

    def write_with_documents(self) -> None:
        """What our loader does; half of the time the transaction goes on, or comes to nothing."""
        self.number += 1
        item = varied_items(1, seed=self.number, first=self.chance.randrange(20))[0]
        with connect(self.dsn) as session:
            if not session.execute("SELECT FROM pgstac.collections WHERE id = %s", (item["collection"],)).rowcount:
                return
            item["assets"] = {}
            item = _without_nulls(item)
            session.execute("SELECT pgstac.upsert_item(%s)", (Jsonb(item),))
            keys = loading.item_keys(session, item["collection"], [item["id"]])
            documents.put_documents(session, [(keys[item["id"]], marked_document(item))])
            after = self.chance.choice(["", "", "UPDATE", "DELETE", "ROLLBACK"])
            if after == "UPDATE":
                session.execute(
                    "UPDATE pgstac.items SET content = content || '{\"x\": 1}' WHERE id = %s", (item["id"],)
                )
            elif after == "DELETE":
                session.execute("DELETE FROM pgstac.items WHERE id = %(id)s", item)
            elif after == "ROLLBACK":
                session.rollback()

    def renew(self) -> None:
        renew_documents(self.dsn)

    def change_template(self) -> None:
        with PgstacDB(dsn=self.dsn) as database:
            Loader(database).load_collections(iter(collections(self._roles())), insert_mode=Methods.upsert)

    def make_collection_again(self) -> None:
        with connect(self.dsn, autocommit=True) as session:
            session.execute("DELETE FROM pgstac.collections WHERE id = %s", (self.chance.choice(COLLECTIONS),))
        self.load()

    def repartition(self) -> None:
        with connect(self.dsn, autocommit=True) as session:
            how = self.chance.choice([None, "year", "month"])
            name = self.chance.choice(COLLECTIONS)
            session.execute("UPDATE pgstac.collections SET partition_trunc = %s WHERE id = %s", (how, name))

    def empty(self) -> None:
        with connect(self.dsn, autocommit=True) as session:
            session.execute("DELETE FROM flatsim.item_documents WHERE key %% 10 = %s", (self.chance.randrange(10),))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return value


def _own(item: Item) -> Item:
    """An item without links, and without nulls, which pgstac's own hydration leaves out."""
    found: Item = _without_nulls({name: member for name, member in item.items() if name != "links"})
    return found


def _check(client: TestClient, dsn: str, said: list[str]) -> None:
    ready, without = client.get(ALL).json(), put_together(client, ALL).json()
    assert ready == without, said
    with psycopg.connect(dsn, options="-c search_path=pgstac,public") as session:
        search = {"limit": 1000, "sortby": [{"field": "id", "direction": "asc"}]}
        (theirs,) = session.execute("SELECT pgstac.search(%s)", (Jsonb(search),)).fetchone() or ({},)
    # of the others some assets are local files, which have an address of the service
    varied = [[_own(item) for item in page["features"] if item["id"].startswith("item_")] for page in (ready, theirs)]
    for items in varied:  # pgstac decides otherwise between items of one id
        items.sort(key=lambda item: (item["id"], item["collection"]))
    assert varied[0] == varied[1], said
    assert ready["numberMatched"] == len(theirs["features"]), said
    for _ in range(2):  # counted, and then kept
        assert client.get("/search?limit=1").json()["numberMatched"] == len(theirs["features"]), said


def _campaign(service: tuple[TestClient, str], seed: int, steps: int) -> None:
    client, dsn = service
    load_items(dsn, copy.deepcopy(varied_items(20, seed=seed)))
    campaign = Campaign(dsn, seed)
    said: list[str] = []
    for _ in range(steps):
        said.append(campaign.step())
        _check(client, dsn, said)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_writes(service: tuple[TestClient, str], seed: int) -> None:
    _campaign(service, seed, 20)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3, 40))
def test_many_writes(service: tuple[TestClient, str], seed: int) -> None:
    _campaign(service, seed, 60)
