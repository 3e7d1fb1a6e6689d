"""Free text on items: which words find what, what is refused, and how the words go together with everything else."""

from __future__ import annotations

import asyncio
import copy
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.database.pool import session_arguments
from api.search.compile import page_statements as pages
from api.search.compile.query import compile_query
from api.search.execute import page
from api.search.execute.catalogue import CatalogueCache
from api.search.model import Search, SortKey
from api.search.text_matching import match_items
from api.settings.service import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Documents = Any

KINDS = {
    # slug: suffix of ids, kind in package names, words of the title, of the keywords
    "interferogram": ("int", "INT", "interferogram", ["interferogram", "unwrapped phase"]),
    "timeseries": ("ts", "TS", "line-of-sight displacement time series", ["time series", "mean velocity"]),
    "auxiliarydata": ("aux", "DAUX", "auxiliary data", ["lookup table"]),
}
REGIONS = {"balkans": "Balkans", "tibethim": "Himalaya and western Tibet"}
TRACKS = ("A175SUD", "D080NORD")
NOTE = "Réseau dense; made by hand, over land."


def _collection(pattern: dict[str, Any], region: str, kind: str) -> dict[str, Any]:
    return copy.deepcopy(pattern) | {
        "id": f"flatsim-{region}-{kind}",
        "title": f"{REGIONS[region]}: FLATSIM {KINDS[kind][2]}",
        "description": "What is in here is told in the description: marzipan.",
        "keywords": ["InSAR", "déformation du sol", *KINDS[kind][3]],
        "summaries": {"flatsim:track": list(TRACKS)},
    }


def _item(pattern: dict[str, Any], region: str, kind: str, track: str) -> dict[str, Any]:
    suffix, code, words, _ = KINDS[kind]
    dates = "_20151105_20151117" if suffix == "int" else ""
    item = copy.deepcopy(pattern) | {
        "id": f"flatsim_{region}_{track.lower()}_2014-2021_{suffix}{dates}",
        "collection": f"flatsim-{region}-{kind}",
    }
    item["properties"] |= {
        "title": f"FLATSIM {REGIONS[region]} {track} {words} 2015-11-05 / 2015-11-17",
        "identifier": f"NSBAS_{code}-PKG_S1_{region.upper()}-{track}-VV-2014-2021_IW123_2015-11-05_2015-11-17",
        "flatsim:region": region,
        "flatsim:track": track,
        "sat:orbit_state": "ascending" if track.startswith("A") else "descending",
        "sat:relative_orbit": int(track[1:4]),
        "start_datetime": "2015-11-05T16:31:05Z",
        "end_datetime": "2015-11-17T16:31:05Z",
    }
    if (region, kind, track) == ("balkans", "interferogram", "A175SUD"):
        item["properties"] |= {"description": NOTE, "keywords": ["Pâques", "séisme"]}
    return item


@pytest.fixture(scope="module")
def loaded(documents: Documents) -> Documents:
    """One item of each track in each collection of two regions."""
    pattern, item = documents.collections[0], documents.items[0]
    pairs = [(region, kind) for region in REGIONS for kind in KINDS]
    return type(documents)(
        [_collection(pattern, *pair) for pair in pairs],
        [_item(item, *pair, track) for pair in pairs for track in TRACKS],
    )


@pytest.fixture(scope="module")
def dsn(
    named_database: Callable[[str], AbstractContextManager[str]], loaded: Documents, load_documents: Callable[..., None]
) -> Iterator[str]:
    with named_database("flatsim_free_text") as made:
        load_documents(made, loaded)
        yield made


@pytest.fixture(scope="module")
def client(dsn: str, make_settings: Callable[..., ServiceSettings]) -> Iterator[TestClient]:
    with TestClient(create_app(make_settings(database=dsn, data=()))) as asked:
        yield asked


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["numberMatched"] == len(answer.json()["features"])
    return {item["id"] for item in answer.json()["features"]}


ALL = {(region, kind, track) for region in REGIONS for kind in KINDS for track in TRACKS}


def where(*words: str) -> set[tuple[str, str, str]]:
    """The items that are of all these: regions, kinds, tracks."""
    return {each for each in ALL if set(words) <= set(each)}


PAIRS, SERIES, BALKANS, TIBET = where("interferogram"), where("timeseries"), where("balkans"), where("tibethim")
SOUTH, NORTH = where(TRACKS[0]), where(TRACKS[1])
NOTED = BALKANS & PAIRS & SOUTH

FOUND: list[tuple[str, set[Any]]] = [
    # kinds, in whatever form
    ("interferogram", PAIRS), ("interferograms", PAIRS), ("Interferogram", PAIRS), ("interférogrammes", PAIRS),
    ("INTERFEROGRAMMES", PAIRS), ("interfe\u0301rogramme", PAIRS), ("série", SERIES), ("series", SERIES),
    ("displacements", SERIES), ("déplacement", SERIES - ALL), ("auxiliary", where("auxiliarydata")),
    # places and tracks
    ("balkans", BALKANS), ("Balkan", BALKANS), ("BALKANS", BALKANS), ("tibethim", TIBET), ("himalayas", TIBET),
    ("D080NORD", NORTH), ("d080", NORTH), ("D08", NORTH), ("nord", NORTH), ("80", NORTH), ("track 80", NORTH),
    ("descending", NORTH), ("A175", SOUTH), ("175", SOUTH), ("8", set()), ("17", ALL), ("800", set()),
    # dates
    ("20151105", ALL), ("2015-11-05", ALL), ("2015-11", ALL), ("201511", ALL), ("2015", ALL), ("2016", set()),
    ("20151106", set()), ("2015-12", set()),
    # names, whole and in parts
    ("NSBAS_INT-PKG_S1_BALKANS-A175SUD-VV-2014-2021_IW123_2015-11-05_2015-11-17", NOTED), ("IW123", ALL),
    ("flatsim_balkans_a175sud_2014-2021_int_20151105_20151117", NOTED), ("BALKANS-A175SUD", BALKANS & SOUTH),
    ("flatsim_balkans_a175sud_2014-2021_ts", BALKANS & SERIES & SOUTH), ("nsbas", ALL),
    ("DAUX", where("auxiliarydata")),
    ("FLATSIM Balkans A175SUD interferogram 2015-11-05 / 2015-11-17", NOTED),
    # the item's own keywords and description
    ("paques", NOTED), ("SÉISMES", NOTED), ("réseau", NOTED), ("hand", NOTED), ("réseaux", NOTED),
    # words of the collection: its id, title and keywords; what its description and summaries say is not of each item
    ("flatsim-balkans-timeseries", BALKANS & SERIES), ("deformation", ALL), ("phase", PAIRS), ("velocity", SERIES),
    ("unwrapped phase", PAIRS), ("lookup tables", where("auxiliarydata")), ("marzipan", set()),
    # together
    ("balkans interferogram", BALKANS & PAIRS), ("interferogram balkans", BALKANS & PAIRS),
    ("velocity a175", SERIES & SOUTH), ("interferogram AND balkans and A175SUD", NOTED),
    ("+interferogram +balkans", BALKANS & PAIRS), ("interferogram, series", PAIRS | SERIES),
    ("interferogram OR series", PAIRS | SERIES), ("interferogram or series", PAIRS | SERIES),
    ("balkans,,", BALKANS), (",balkans", BALKANS), ("balkans phase, tibet velocity", BALKANS & PAIRS | TIBET & SERIES),
    ("-balkans", TIBET), ("NOT balkans", TIBET), ("phase -balkans", PAIRS & TIBET), ("NOT NOT balkans", BALKANS),
    ("phase NOT (balkans, nord)", PAIRS & TIBET & SOUTH), ("-phase -velocity", where("auxiliarydata")),
    ("(phase OR velocity) AND tibet", (PAIRS | SERIES) & TIBET), ('("phase" "tibet")', PAIRS & TIBET),
    ("deformation -deformation", set()), ("deformation, marzipan", ALL), ("marzipan, balkans", BALKANS),
    ("-deformation, tibet", TIBET), ("phase marzipan", set()), ("not", ALL), ('-"time series"', ALL - SERIES),
    # phrases: in this order, and names whole
    ('"line of sight"', SERIES), ('"sight of line"', set()), ('"time series"', SERIES), ('"series time"', set()),
    ('"D080"', NORTH), ('"D08"', set()), ('"déformation du sol"', ALL), ('"sol du deformation"', set()),
    ("«time series»", SERIES), ("“time series”", SERIES), ("line-of-sight", SERIES), ("sight-of-line", set()),
    ('"Western Tibet"', TIBET), ("western-tibet", TIBET),
    # beginnings of words
    ("interf*", PAIRS), ("displacem*", SERIES), ("deformati*", ALL), ("balk*", BALKANS), ("him*", TIBET),
    ("nor*", NORTH),
    # words that sentences need
    ("the interferograms of the Balkans", BALKANS & PAIRS), ("les interférogrammes du Tibet", TIBET & PAIRS),
    ("the", ALL), ("-the", ALL), ("", ALL), ("   ", ALL),
]  # fmt: skip


def expected(loaded: Documents, found: set[Any]) -> set[str]:
    keys = [(region, kind, track) for region in REGIONS for kind in KINDS for track in TRACKS]
    return {item["id"] for key, item in zip(keys, loaded.items, strict=True) if key in found}


@pytest.mark.parametrize(("q", "found"), FOUND, ids=[q for q, _ in FOUND])
def test_what_words_find(client: TestClient, loaded: Documents, q: str, found: set[Any]) -> None:
    wanted = expected(loaded, found)
    assert ids(client.get("/search", params={"q": q})) == wanted
    assert ids(client.post("/search", json={"q": q})) == wanted
    assert ids(client.post("/search", json={"q": [q]})) == wanted
    pairs = "flatsim-balkans-interferogram"
    here = ids(client.get(f"/collections/{pairs}/items", params={"q": q}))
    assert here == wanted & expected(loaded, BALKANS & PAIRS)
    assert ids(client.get("/search", params={"q": q, "collections": pairs})) == here


def test_of_a_list_one_member_is_enough(client: TestClient, loaded: Documents) -> None:
    asked = ["time series", "interferogram balkans", ""]
    assert ids(client.post("/search", json={"q": asked})) == expected(loaded, SERIES | BALKANS & PAIRS)
    assert ids(client.post("/search", json={"q": []})) == expected(loaded, ALL)
    assert ids(client.post("/search", json={"q": None})) == expected(loaded, ALL)


def test_words_hold_together_with_everything_else(client: TestClient, loaded: Documents) -> None:
    asked: dict[str, Any] = {
        "q": "balkans", "filter": "\"sat:orbit_state\" = 'descending'", "bbox": "9,39,12,42", "datetime": "2015",
        "sortby": "-title", "fields": "id,properties.title", "sat:relative_orbit": "80",
    }  # fmt: skip
    answer = client.get("/search", params=asked)
    assert ids(answer) == expected(loaded, BALKANS & NORTH)
    assert ids(client.get("/search", params={**asked, "bbox": "50,50,51,51"})) == set()
    titles = [item["properties"]["title"] for item in answer.json()["features"]]
    assert titles == sorted(titles, reverse=True)
    assert all(set(item["properties"]) == {"title"} for item in answer.json()["features"])


def test_pages_keep_their_words_when_collections_change_meanwhile(
    named_database: Callable[[str], AbstractContextManager[str]], loaded: Documents,
    load_documents: Callable[..., None], make_settings: Callable[..., ServiceSettings],
) -> None:  # fmt: skip
    with named_database("flatsim_free_text_pages") as dsn:
        load_documents(dsn, loaded)
        with TestClient(create_app(make_settings(database=dsn, data=()))) as client:
            answer = client.get("/search", params={"q": "balkans", "limit": 2}).json()
            assert answer["numberMatched"] == 6
            changed = copy.deepcopy(loaded.collections[3]) | {"title": "Balkans too"}
            load_documents(dsn, type(loaded)([changed], []))
            seen = [item["id"] for item in answer["features"]]
            while following := [link["href"] for link in answer["links"] if link["rel"] == "next"]:
                assert "q=balkans" in following[0]
                answer = client.get(following[0]).json()
                seen += [item["id"] for item in answer["features"]]
            assert len(seen) == len(set(seen))
            assert answer["numberMatched"] == 8


def test_pages_are_the_same_however_they_are_found(
    dsn: str, client: TestClient, make_settings: Callable[..., ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few matches are found first and then sorted; of more the order is walked along, and if need be all are sorted."""
    for few, rows in ((1, pages.WALK_ROWS), (1, 1)):
        monkeypatch.setattr(pages, "FEW_MATCHES", few)
        monkeypatch.setattr(page, "FEW_MATCHES", few)
        monkeypatch.setattr(pages, "WALK_ROWS", rows)
        with TestClient(create_app(make_settings(database=dsn, data=()))) as walking:
            for q in ("balkans", "nord -series", "2015", '"line of sight", phase'):
                for parameters in ({}, {"sortby": "title"}, {"sortby": "-insar:perpendicular_baseline"}, {"page": "2"}):
                    asked = {"q": q, "limit": "2", **parameters}
                    seen = list(walk(walking, asked))
                    with monkeypatch.context() as patch:
                        patch.setattr(pages, "FEW_MATCHES", 2000)
                        patch.setattr(page, "FEW_MATCHES", 2000)
                        assert seen == list(walk(client, asked)), asked


def walk(client: TestClient, parameters: dict[str, str]) -> Iterator[str]:
    """Ids of all items of a search, page by page."""
    answer = client.get("/search", params=parameters)
    while True:
        assert answer.status_code == 200, answer.text
        yield from (item["id"] for item in answer.json()["features"])
        following = [link["href"] for link in answer.json()["links"] if link["rel"] == "next"]
        if not following:
            return
        answer = client.get(following[0])


def test_whole_results_and_counts_take_words(client: TestClient, loaded: Documents) -> None:
    parameters = {"q": "balkans phase"}
    lines = client.get("/search", params={**parameters, "f": "csv"}).text.splitlines()
    assert len(lines) == 1 + len(expected(loaded, BALKANS & PAIRS))
    for answer in (
        client.get("/aggregate", params={**parameters, "aggregations": "total_count"}),
        client.post("/aggregate", json={**parameters, "aggregations": ["total_count"]}),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.json()["aggregations"][0]["value"] == 2


def test_few_matches_are_found_by_the_index_and_then_put_in_order(dsn: str) -> None:
    async def explain() -> str:
        connection = await asyncpg.connect(**session_arguments(ServiceSettings(database=dsn)))  # type: ignore[arg-type]
        await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET enable_indexscan = off")  # of so few items all are read as cheaply by key
        properties = (await CatalogueCache().get(connection)).properties
        sort = (SortKey(properties.find("datetime", "sortby"), descending=True),)
        text = await match_items("phase nord", (), connection)
        query = compile_query(Search(text=text, sort=sort, limit=10), properties)
        statement = pages.few_matches_statement(query, None, 11, with_documents=True)
        lines = await connection.fetch(f"EXPLAIN {statement.text}", *statement.values)
        await connection.close()
        return "\n".join(line[0] for line in lines)

    plan = asyncio.run(explain())
    assert "Bitmap Index Scan on item_index_words" in plan, plan
    assert not re.search(r"Seq Scan on item_|Index Scan Backward", plan), plan


def test_a_token_is_of_its_words(client: TestClient) -> None:
    first = client.post("/search", json={"q": "balkans", "limit": 2}).json()
    token = next(link for link in first["links"] if link["rel"] == "next")["body"]["token"]
    assert client.post("/search", json={"q": "balkans", "limit": 2, "token": token}).status_code == 200
    answer = client.post("/search", json={"q": "balkan", "limit": 2, "token": token})
    assert answer.status_code == 400
    assert "token" in answer.json()["description"]


REFUSED: list[tuple[Any, str]] = [
    ("(balkans", "q: character 1: the bracket is not closed"),
    ("balkans)", "q: character 8: closing bracket without an opening one"),
    ('a "line of', "q: the quotation mark at character 3"), ("balkans AND", "q: character 12: expected a word"),
    ("OR balkans", "q: character 1: expected a word, not 'OR'"), ("a AND OR b", "q: character 7"),
    ("balkans, AND b", "q: character 10"), ("balkans ()", "q: character 9: the brackets contain no word"),
    ("NOT", "q: character 4"),
    ("( , )", "q: character 1: the brackets contain no word"),
    ("/ & *", "q: contains no word"), (",,", "q: contains no word"),
    ('""', "q: contains no word"), ("x" * 1001, "q: longer than 1000"), ("a " * 33, "q: more than 32 words"),
    ("(" * 9 + "a" + ")" * 9, "q: character 9: nested too deeply"), (["a", "b OR"], "q[1]: character 5"),
    (["a" * 600, "b" * 600], "q: longer"), ("( OR", "q: character 3: expected a word, not 'OR'"),
]  # fmt: skip


@pytest.mark.parametrize(("q", "said"), REFUSED, ids=[str(q)[:30] for q, _ in REFUSED])
def test_bad_grammar_is_refused_with_its_place(client: TestClient, q: Any, said: str) -> None:
    answers = [client.post("/search", json={"q": q})]
    if isinstance(q, str):
        answers += [client.get(path, params={"q": q}) for path in ("/search", "/collections")]
        answers.append(client.get("/collections/flatsim-balkans-timeseries/items", params={"q": q}))
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert said in answer.json()["description"]


@pytest.mark.parametrize("q", [5, {"a": 1}, [5], [["a"]], True])
def test_what_is_no_text_is_refused(client: TestClient, q: Any) -> None:
    answer = client.post("/search", json={"q": q})
    assert answer.status_code == 400
    assert "q" in answer.json()["description"]


SIGNS = st.lists(st.sampled_from(["AND", "OR", "NOT", *'ab()""\',-+*/ \\&|!:<>'])).map(" ".join)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(q=st.text(max_size=40) | SIGNS)
@example(q="a'b\\ & | ! <-> :* '")
@example(q="ﷺ" * 60)
def test_no_text_breaks_the_service(client: TestClient, q: str) -> None:
    for path in ("/search", "/collections"):
        answer = client.get(path, params={"q": q})
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            assert answer.json()["description"].startswith("q: ") or "\0" in q or "surrogate" in answer.text


LETTERS = st.text(st.characters(categories=["Lu", "Ll", "Mn", "Nd", "Pd", "Zs"], max_codepoint=0x17F), max_size=30)


@pytest.fixture(scope="module")
def words_meet(dsn: str) -> Iterator[Callable[[str, str], bool]]:
    """Whether a title has the words of a term, as the database says; a term without words is met."""
    with psycopg.connect(dsn) as connection:

        def meet(title: str, term: str) -> bool:
            row = connection.execute(
                "SELECT coalesce(flatsim.item_words('x', 'y', jsonb_build_object('properties', "
                "jsonb_build_object('title', %s::text))) @@ flatsim.term_query(%s, false, true), true)",
                (title, term),
            ).fetchone()
            return bool(row and row[0])

        yield meet


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(title=LETTERS)
@example(title="Côte d'Émeraude: ÎLES, œuvres & co. 1e5 a/b x@y.fr -3.5 <b>")
def test_every_word_of_a_title_finds_it(words_meet: Callable[[str, str], bool], title: str) -> None:
    for word in [*title.split(), title]:
        for form in (word, word.lower(), unicodedata.normalize("NFD", word), unicodedata.normalize("NFC", word)):
            assert words_meet(title, form), (title, form)


ACCENTS = str.maketrans("aceinouy", "àçéîñöùÿ")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(title=st.text("abceinouyz 09-_", max_size=30))
def test_accents_and_capitals_make_no_difference(words_meet: Callable[[str, str], bool], title: str) -> None:
    for word in title.split():
        assert words_meet(title.translate(ACCENTS), word)
        assert words_meet(title, word.translate(ACCENTS))
        assert words_meet(title.upper(), word.translate(ACCENTS))


def test_collections_are_found_by_the_same_words(client: TestClient) -> None:
    def found(q: str) -> set[str]:
        return {each["id"] for each in client.get("/collections", params={"q": q}).json()["collections"]}

    assert found("interférogrammes -balkans") == {"flatsim-tibethim-interferogram"}
    assert found('"unwrapped phase"') == {"flatsim-balkans-interferogram", "flatsim-tibethim-interferogram"}
    assert len(found("D080")) == len(found("marzipan")) == 6


def test_the_classes_are_declared(client: TestClient) -> None:
    declared = client.get("/conformance").json()["conformsTo"]
    for part in ("item-search", "ogcapi-features", "collection-search"):
        assert f"https://api.stacspec.org/v1.0.0-rc.1/{part}#free-text" in declared
