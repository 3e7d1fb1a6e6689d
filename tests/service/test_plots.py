"""Plots over HTTP: networks, maps and time lines as pictures and as data."""

from __future__ import annotations

import asyncio
import copy
import csv
import io
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.errors import Overloaded
from api.http.page_negotiation import Language
from api.plots import queries
from api.plots.capacity import MAX_READERS, plot_readers
from api.plots.drawing import MAX_WAITING, FigureCache
from api.plots.svg import style_sheet
from api.plots.words import count
from catalog_builder.derived.item_documents import item_links

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Iterator

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
SERIES = "flatsim-testland-timeseries"
ITEM = "flatsim_testland_ts"
SVG = "{http://www.w3.org/2000/svg}"
NETWORK = f"/collections/{SERIES}/items/{ITEM}/network"
HOSTILE = "<script>alert(1)</script>\"' & $\\frac{1}{0}$ \x01"


@pytest.fixture(scope="module")
def plotted_dsn(
    named_database: Callable[[str], contextlib.AbstractContextManager[str]],
    documents: Any,
    load_documents: Callable[[str, Any], None],
) -> Iterator[str]:
    """A catalogue of a track whose series has all pairs but one, which is of another campaign."""
    found = copy.deepcopy(documents)
    for number, item in enumerate(found.items):
        own = item["properties"]
        own |= {"flatsim:region": "testland", "flatsim:track": "D080SUD", "flatsim:campaign": "2015-2016"}
        if item["collection"] == PAIRS:
            own |= {"product:type": "INTERFEROGRAM", "flatsim:coherence_mean": 0.3 + 0.02 * number}
            if number == 3:
                own["flatsim:campaign"] = "2017-2020"
            if number == 5:
                own |= {"flatsim:rms": "much", "insar:perpendicular_baseline": None}
        else:
            own |= {"product:type": "TIMESERIES", "title": HOSTILE.replace("\x01", "")}
            own["cube:dimensions"]["time"]["values"] = ["2015-01-01T04:39:00Z", "2018-05-05T04:39:00Z", 3]
    with named_database("flatsim_plots") as dsn:
        load_documents(dsn, found)
        yield dsn


@pytest.fixture(scope="module")
def plotted(plotted_dsn: str, make_settings: Callable[..., ServiceSettings]) -> Iterator[TestClient]:
    """The service over it."""
    settings = make_settings(database=plotted_dsn)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def drawn(client: TestClient, address: str) -> ET.Element:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return ET.fromstring(answer.content)


def test_the_network_has_the_pairs_of_its_series_and_no_others(plotted: TestClient) -> None:
    told = plotted.get(NETWORK).json()
    items = plotted.get(f"/collections/{PAIRS}/items?flatsim:campaign=2015-2016").json()["features"]
    assert {pair["item"] for pair in told["pairs"]} == {item["id"] for item in items}
    assert len(told["pairs"]) == 24
    by_id = {item["id"]: item["properties"] for item in items}
    for pair in told["pairs"]:
        own = by_id[pair["item"]]
        assert pair["reference_date"] == own["insar:reference_datetime"][:10]
        assert pair["perpendicular_baseline_m"] == own.get("insar:perpendicular_baseline")
        assert pair["used_in_timeseries"] is own["flatsim:used_in_timeseries"]
    assert told["dates"][-1] == {"date": "2018-05-05", "position_m": None, "component": told["dates"][-1]["component"]}
    assert any(gap["last"] == "2018-05-05" and not gap["bridged"] for gap in told["gaps"])


def test_rows_of_the_table_are_the_pairs(plotted: TestClient) -> None:
    told = plotted.get(f"{NETWORK}?f=csv")
    rows = list(csv.DictReader(io.StringIO(told.text)))
    pairs = plotted.get(f"{NETWORK}?f=json").json()["pairs"]
    assert [row["item"] for row in rows] == [pair["item"] for pair in pairs]
    assert [row["href"] for row in rows] == [pair["href"] for pair in pairs]
    assert told.headers["content-disposition"] == f'attachment; filename="{ITEM}_network.csv"'


@pytest.mark.parametrize("color", ["coherence", "temporal_baseline"])
def test_each_pair_is_a_link_to_its_item_with_words(plotted: TestClient, color: str) -> None:
    anchors = list(drawn(plotted, f"{NETWORK}?f=svg&color={color}").iter(f"{SVG}a"))
    assert len(anchors) == 24
    for anchor in anchors[:5]:
        address = urlsplit(anchor.get("href") or "").path
        assert plotted.get(address).status_code == 200
        first, second = address[-17:].split("_")
        words = anchor.findtext(f"{SVG}title") or ""
        assert words.replace("-", "").startswith(f"{first} – {second}, ")  # noqa: RUF001


def test_links_are_those_of_the_public_address(plotted: TestClient) -> None:
    headers = {"X-Forwarded-Host": "stac.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/stac"}
    answer = plotted.get(f"{NETWORK}?f=csv", headers=headers).text
    trusted = plotted.get("/", headers=headers).json()["links"][0]["href"]
    assert trusted in answer


def test_a_hostile_title_is_text(plotted: TestClient) -> None:
    found = drawn(plotted, f"{NETWORK}?f=svg")
    assert "<script>alert(1)</script>" in (found.findtext(f"{SVG}title") or "")
    assert not list(found.iter(f"{SVG}script"))


@pytest.mark.parametrize("address", [NETWORK, "/coverage", f"/collections/{PAIRS}/coverage",
                                     f"/collections/{SERIES}/acquisitions"])  # fmt: skip
def test_forms_follow_the_parameter_and_then_the_header(plotted: TestClient, address: str) -> None:
    kinds = {"json": "application/json", "svg": "image/svg+xml", "csv": "text/csv", "html": "text/html"}
    for name, media_type in kinds.items():
        for answer in (
            plotted.get(f"{address}?f={name}", headers={"Accept": "image/png"}),
            plotted.get(address, headers={"Accept": media_type}),
        ):
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith(media_type)
            assert "Accept" in answer.headers["vary"]
    assert plotted.get(address).headers["content-type"] == "application/json"
    assert plotted.get(address, headers={"Accept": "image/png"}).status_code == 406
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    assert plotted.get(address, headers={"Accept": browser}).headers["content-type"].startswith("text/html")
    images = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
    assert plotted.get(address, headers={"Accept": images}).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        (f"{NETWORK}?f=svf", 400, "f: "),
        (f"{NETWORK}?colour=coherence", 400, "did you mean color?"),
        (f"{NETWORK}?color=red", 400, "color: "),
        (f"{NETWORK}?lang=de", 400, "lang: "),
        (f"{NETWORK}?f=svg&f=csv", 400, "given twice"),
        (f"/collections/{SERIES}/items/none/network", 404, "does not exist"),
        ("/collections/flatsim-testland-timeserie/items/x/network", 404, "did you mean"),
        (f"/collections/{PAIRS}/items/{{pair}}/network", 404, "is not a time series"),
        ("/collections/nothing/coverage", 404, "nothing"),
        ("/collections/nothing/acquisitions", 404, "nothing"),
        ("/coverage?bbox=1,2,3,4", 400, "bbox"),
    ],
)
def test_what_cannot_be_answered_is_said(plotted: TestClient, address: str, status: int, words: str) -> None:
    pair = plotted.get(f"/collections/{PAIRS}/items?limit=1").json()["features"][0]["id"]
    answer = plotted.get(address.format(pair=pair))
    assert answer.status_code == status, answer.text
    assert words in answer.json()["description"]


def test_a_catalogue_without_tracks_has_empty_plots(client: TestClient) -> None:
    """The items of the other tests name no track."""
    assert client.get("/coverage").json()["features"] == []
    assert client.get(f"/collections/{PAIRS}/acquisitions").json()["tracks"] == []
    for address in ("/coverage?f=svg", f"/collections/{PAIRS}/acquisitions?f=svg", f"{NETWORK}?f=svg"):
        assert not list(drawn(client, address).iter(f"{SVG}a"))


def test_coverage_tells_what_there_is_of_each_track(plotted: TestClient) -> None:
    (feature,) = plotted.get("/coverage").json()["features"]
    own = feature["properties"]
    assert (own["items"], own["interferograms"], own["timeseries"]) == (26, 25, 1)
    assert own["by_kind"] == {"interferogram": 25, "timeseries": 1}
    assert (own["first_date"], own["track"], own["region"]) == ("2015-01-01", "D080SUD", "testland")
    assert feature["geometry"]["type"] == "Polygon"
    (of_pairs,) = plotted.get(f"/collections/{PAIRS}/coverage").json()["features"]
    for link, matched in ((own["search"], 26), (of_pairs["properties"]["search"], 25)):
        parts = urlsplit(link)
        assert plotted.get(f"{parts.path}?{parts.query}").json()["numberMatched"] == matched


def test_pages_tell_the_tracks_in_a_table_too(plotted: TestClient) -> None:
    def cells(what: str) -> list[str]:
        return re.findall(r"<td[^>]*>([^<]*)</td>", plotted.get(f"{what}?f=html").text)

    (track,) = plotted.get(f"/collections/{PAIRS}/acquisitions").json()["tracks"]
    (feature,) = plotted.get("/coverage").json()["features"]
    days = str(len(track["dates"]))
    assert cells("/coverage") == ["testland", feature["properties"]["orbit_state"], "25", "26"]
    assert cells(f"/collections/{PAIRS}/acquisitions") == ["testland", track["orbit_state"], "25", "25", days]


def test_acquisitions_are_the_dates_of_pairs_and_of_series(plotted: TestClient) -> None:
    (track,) = plotted.get(f"/collections/{PAIRS}/acquisitions").json()["tracks"]
    items = plotted.get(f"/collections/{PAIRS}/items").json()["features"]
    both = ("insar:reference_datetime", "insar:secondary_datetime")
    assert track["dates"] == sorted({item["properties"][name][:10] for item in items for name in both})
    (series,) = plotted.get(f"/collections/{SERIES}/acquisitions").json()["tracks"]
    assert "2018-05-05" in series["dates"]
    rows = list(csv.DictReader(io.StringIO(plotted.get(f"/collections/{PAIRS}/acquisitions?f=csv").text)))
    assert [row["date"] for row in rows] == track["dates"]


@pytest.mark.parametrize("what", ["/coverage", f"/collections/{PAIRS}/coverage", f"/collections/{PAIRS}/acquisitions"])
def test_each_track_is_a_link_to_its_search(plotted: TestClient, what: str) -> None:
    (anchor,) = drawn(plotted, f"{what}?f=svg&lang=fr").iter(f"{SVG}a")
    assert "flatsim:track=D080SUD" in (anchor.get("href") or "")
    assert (anchor.findtext(f"{SVG}title") or "").startswith("Segment de trace D080SUD")


def test_an_answer_that_the_client_has_is_not_sent_again(plotted: TestClient) -> None:
    first = plotted.get(f"{NETWORK}?f=svg")
    again = plotted.get(f"{NETWORK}?f=svg", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_things_are_counted_in_both_languages() -> None:
    assert count("days", Language.ENGLISH, 3) == "3 days"
    assert count("pairs", Language.FRENCH, 20_000) == "20\u202f000 paires"


def test_a_figure_is_drawn_once_for_all_who_ask_meanwhile() -> None:
    drawings, go, calls = FigureCache(5.0), threading.Event(), []

    def draw() -> bytes:
        calls.append(1)
        go.wait(5)
        return b"drawn"

    async def ask() -> list[bytes]:
        asked = [asyncio.create_task(drawings.get("it", draw)) for _ in range(64)]
        await asyncio.sleep(0.05)
        go.set()
        return [*await asyncio.gather(*asked), await drawings.get("it", draw)]

    assert asyncio.run(ask()) == [b"drawn"] * 65
    assert len(calls) == 1


def test_too_many_figures_are_turned_away_and_a_failed_one_is_drawn_anew() -> None:
    drawings, go = FigureCache(0.2), threading.Event()

    def wait() -> bytes:
        go.wait(5)
        return b""

    def fail() -> bytes:
        msg = "no such figure"
        raise ValueError(msg)

    async def ask() -> list[Any]:
        asked = [asyncio.create_task(drawings.get(number, wait)) for number in range(MAX_WAITING)]
        await asyncio.sleep(0.05)
        with pytest.raises(Overloaded):
            await drawings.get("one more", wait)
        found = await asyncio.gather(*asked, return_exceptions=True)
        go.set()
        await asyncio.sleep(0.1)
        with pytest.raises(ValueError, match="no such figure"):
            await drawings.get("failing", fail)
        assert await drawings.get("failing", lambda: b"well") == b"well"
        return found

    assert all(isinstance(each, Overloaded) for each in asyncio.run(ask()))


def test_what_was_not_asked_for_longest_is_given_up_first() -> None:
    drawings = FigureCache(5.0, max_bytes=10)

    async def ask() -> list[bytes]:
        for name in "abc":
            await drawings.get(name, lambda: b"1234")
        return [await drawings.get(name, lambda: b"new") for name in "bca"]

    assert asyncio.run(ask()) == [b"1234", b"1234", b"new"]


@pytest.fixture(scope="module")
def session(plotted_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A session that walks along indexes wherever it can, small as the tables are."""
    options = "-c search_path=pgstac,public -c enable_seqscan=off -c plan_cache_mode=force_custom_plan"
    with psycopg.connect(plotted_dsn, options=options, autocommit=True) as connection:
        yield connection


def _plan(session: psycopg.Connection[Any], statement: str, *values: Any) -> str:
    for number in range(len(values), 0, -1):
        statement = statement.replace(f"${number}", f"%(v{number})s")
    named = {f"v{number}": value for number, value in enumerate(values, 1)}
    rows = session.execute(f"EXPLAIN {statement}", named).fetchall()
    return "\n".join(row[0] for row in rows)


def test_a_network_is_read_along_the_index_of_tracks_of_one_collection(session: psycopg.Connection[Any]) -> None:
    plan = _plan(session, queries._NETWORK, SERIES, ITEM, PAIRS, 10)
    assert "Seq Scan" not in plan
    assert 'Index Cond: ("flatsim:track" = series.track)' in plan
    assert "_items_" not in plan


def test_tracks_are_read_from_the_index_table_alone(session: psycopg.Connection[Any]) -> None:
    for statement in (queries._TRACKS, queries._ACQUISITIONS):
        plan = _plan(session, statement, PAIRS)
        assert "Seq Scan" not in plan
        assert "_items_" not in plan
    assert 'Index Cond: ("flatsim:track" = ' in plan


def test_series_and_collections_link_their_plots(plotted: TestClient) -> None:
    series = plotted.get(f"/collections/{SERIES}/items/{ITEM}").json()
    pair = plotted.get(f"/collections/{PAIRS}/items?limit=1").json()["features"][0]
    of_series = [link for link in series["links"] if "/network" in link["href"]]
    assert [(link["rel"], link["type"]) for link in of_series] == [
        ("related", "text/html"), ("related", "image/svg+xml"),
    ]  # fmt: skip
    assert not [link for link in pair["links"] if "/network" in link["href"]]
    collection = plotted.get(f"/collections/{PAIRS}").json()
    root = plotted.get("/").json()
    others = [link for link in (*collection["links"], *root["links"]) if link.get("rel") == "related"]
    assert len(others) == 3
    for link in (*of_series, *others):
        parts = urlsplit(link["href"])
        answer = plotted.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(link["type"])


def test_pages_have_the_figure_with_its_links_and_no_styles_of_its_own(plotted: TestClient) -> None:
    for address in (NETWORK, "/coverage", f"/collections/{PAIRS}/acquisitions"):
        page = plotted.get(f"{address}?f=html&lang=fr").text
        figure = page[page.index("<svg") : page.index("</svg>")]
        assert "<a href=" in figure.replace('target="_top" ', "")
        assert "style=" not in page
        assert "<style" not in page
        assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in plotted.get(f"{NETWORK}?f=html").text


def test_the_style_sheet_of_the_pages_has_the_colours_of_the_figures(plotted: TestClient) -> None:
    page = plotted.get("/coverage?f=html").text
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert address is not None
    assert style_sheet() in plotted.get(address[1]).text


def test_few_read_at_once_and_too_many_are_turned_away() -> None:
    readers, running = plot_readers(0.1), []

    async def read() -> None:
        with await readers.reserve():
            running.append(1)
            assert len(running) <= MAX_READERS
            await asyncio.sleep(0.15)
            running.pop()

    async def ask() -> list[Any]:
        return await asyncio.gather(*(read() for _ in range(MAX_READERS + 3)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(ask())] == [type(None)] * MAX_READERS + [Overloaded] * 3


def test_what_was_written_since_is_shown(plotted: TestClient, plotted_dsn: str) -> None:
    def items() -> list[str]:
        return [pair["item"] for pair in plotted.get(f"{NETWORK}?f=json").json()["pairs"]]

    before = items()
    statement = (
        "UPDATE pgstac.items SET content = jsonb_set(content, '{properties,flatsim:campaign}', to_jsonb(%s::text)) "
        "WHERE collection = %s AND id = %s"
    )
    with psycopg.connect(plotted_dsn, autocommit=True) as connection:
        connection.execute(statement, ("2021-2022", PAIRS, before[0]))
        during = items()
        connection.execute(statement, ("2015-2016", PAIRS, before[0]))
    assert during == before[1:]
    assert items() == before


def test_a_copied_series_has_its_links_once(plotted: TestClient) -> None:
    told = plotted.get(f"/collections/{SERIES}/items/{ITEM}").json()
    elsewhere = "https://elsewhere.example.org/"
    links = [link["href"] for link in item_links(told, elsewhere) if "/network" in link["href"]]
    assert links == [f"{elsewhere}collections/{SERIES}/items/{ITEM}/network?f={form}" for form in ("html", "svg")]
