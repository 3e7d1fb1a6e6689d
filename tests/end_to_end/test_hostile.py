"""What strangers may write into a catalogue is shown as text: in STAC Browser, on the service's pages, in its plots."""

from __future__ import annotations

import copy
import signal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from playwright.sync_api import expect
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from watched import Watched, watching

from catalog_builder import queries

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

RUN = "<img src=x onerror=alert(1)><script>alert(2)</script>"
QUOTED = "\"' onmouseover=alert(3) x='"
TURNED = "\u202egnp.exe\u2066\u0007"
LONG = "long-" + "x" * 9995
MARKDOWN = f"[one](javascript:alert(4)) <svg onload=alert(5)> ![two](https://evil.example/x.png) {RUN} {TURNED}"
LINK = "javascript:alert(6)"
PAIRS = "flatsim-hostile-interferogram"
SERIES = "flatsim-hostile-timeseries"
OF_TRACK = {"flatsim:region": "hostile", "flatsim:track": "D080X", "flatsim:campaign": "2014-2021"}
HREFS = ("javascript:", "data:", "vbscript:")


def _item(identifier: str, collection: str, **properties: Any) -> dict[str, Any]:
    ring = [[20, 40], [21, 40], [21, 41], [20, 41], [20, 40]]
    return {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": identifier, "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [20, 40, 21, 41],
        "properties": {
            "datetime": "2016-01-07T00:00:00Z", "start_datetime": "2016-01-01T00:00:00Z",
            "end_datetime": "2016-01-13T00:00:00Z", "title": RUN + QUOTED + TURNED, "description": MARKDOWN,
            "keywords": [RUN, QUOTED], "processing:lineage": MARKDOWN, "processing:software": {RUN: RUN},
            "insar:processing_dem": RUN, "sci:doi": f"10.1/{QUOTED}{RUN}", "sci:citation": RUN, RUN: RUN,
            "providers": [{"name": RUN, "url": LINK, "description": MARKDOWN, "roles": [RUN]}],
            "sat:orbit_state": "descending", "sat:relative_orbit": 80, **OF_TRACK, **properties,
        },
        "links": [
            {"rel": rel, "href": href, "title": RUN + TURNED, "type": "text/html"}
            for rel in ("related", "cite-as", "license", "about", "icon", "preview")
            for href in (LINK, "data:text/html,<script>alert(7)</script>", "JaVaScRiPt:alert(8)")
        ],
        "assets": {
            "thumbnail": {"href": LINK, "type": "image/png", "roles": ["thumbnail"], "title": RUN},
            RUN: {"href": "data:text/html,<script>alert(9)</script>", "type": "text/html", "title": RUN,
                  "roles": [RUN]},
        },
    }  # fmt: skip


def _pair(identifier: str, first: str, second: str) -> dict[str, Any]:
    return _item(
        identifier, PAIRS,
        **{"product:type": "INTERFEROGRAM", "insar:reference_datetime": f"{first}T00:00:00Z",
           "insar:secondary_datetime": f"{second}T00:00:00Z", "insar:temporal_baseline": 12,
           "insar:perpendicular_baseline": 10.0, "flatsim:coherence_mean": 0.5, "flatsim:used_in_timeseries": True},
    )  # fmt: skip


ITEMS = [
    _pair("pair", "2016-01-01", "2016-01-13"),
    _pair(LONG, "2016-01-13", "2016-01-25"),
    _pair(f"a{TURNED}<b>&amp;", "2016-01-25", "2016-02-06"),
    _item("series", SERIES, **{"product:type": "TIMESERIES"}),
]


def _collection(identifier: str) -> dict[str, Any]:
    return {
        "type": "Collection", "stac_version": "1.1.0", "stac_extensions": [], "id": identifier,
        "title": RUN + QUOTED + TURNED, "description": MARKDOWN, "keywords": [RUN, QUOTED], "license": RUN,
        "extent": {"spatial": {"bbox": [[20, 40, 21, 41]]},
                   "temporal": {"interval": [["2016-01-01T00:00:00Z", "2016-02-06T00:00:00Z"]]}},
        "providers": [{"name": RUN, "url": LINK, "description": MARKDOWN, "roles": [RUN]}],
        "sci:doi": QUOTED, "sci:citation": RUN, "summaries": {"flatsim:track": [RUN, "D080X"], RUN: [RUN]},
        "links": [{"rel": rel, "href": LINK, "title": RUN} for rel in ("license", "cite-as", "related")],
        "assets": {"thumbnail": {"href": LINK, "type": "image/png", "roles": ["thumbnail"], "title": RUN}},
    }  # fmt: skip


@pytest.fixture(scope="module")
def hostile(
    maintenance_dsn: str,
    template_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    start_flatsim: Callable[..., subprocess.Popen[str]],
    wait_until_served: Callable[[str, subprocess.Popen[str], Path], None],
) -> Iterator[str]:
    """Address of a service over what strangers wrote."""
    name = "flatsim_hostile"
    dsn = maintenance_dsn.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name, template_database)
        with PgstacDB(dsn=dsn) as database:
            loader = Loader(database)
            loader.load_collections(iter([_collection(PAIRS), _collection(SERIES)]), insert_mode=Methods.insert)
            for collection in (PAIRS, SERIES):
                of_it = [copy.deepcopy(item) for item in ITEMS if item["collection"] == collection]
                loader.load_items(iter(of_it), insert_mode=Methods.insert)
        port, log = free_port(), tmp_path_factory.mktemp("hostile") / "log"
        process = start_flatsim("serve", "--database", dsn, "--port", str(port), log=log)
        address = f"http://127.0.0.1:{port}/"
        wait_until_served(address, process, log)
        yield address
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
        queries.drop_database(connection, name)


def _look(watched: Watched, path: str) -> None:
    """Open a page, follow the links that would run something, and move over all it shows."""
    page = watched.page
    watched.open(path)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    for link in page.locator("a[href]").all():
        href = link.get_attribute("href") or ""
        if href.strip().lower().startswith(HREFS) and link.is_visible():
            link.click(no_wait_after=True, modifiers=[])
    assert page.evaluate("document.querySelectorAll('[onerror], [onload], [onmouseover]').length") == 0, path
    assert (
        page.evaluate("document.querySelectorAll('script:not([src]):not([type=\"application/ld+json\"])').length") == 0
    )
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"), path
    assert not [wrong for wrong in watched.wrong if wrong.startswith(("dialog", "error", "foreign"))], path


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=["pair", "long", "turned", "series"])
def test_stac_browser_shows_text(chromium: Browser, hostile: str, number: int) -> None:
    item = ITEMS[number]
    with watching(chromium, hostile, "browser/", locale="en-GB") as watched:
        _look(watched, f"collections/{item['collection']}/items/{quote(item['id'], safe='')}")
        expect(watched.page.get_by_role("heading", level=1)).to_contain_text("<script>alert(2)</script>")
        watched.keep(f"hostile-browser-{number}", whole=True)
        if number == 0:
            for path in ("", f"collections/{PAIRS}"):
                _look(watched, path)
        watched.wrong.clear()  # what the page's policy refused is reported in the console


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_and_plots_show_text(chromium: Browser, hostile: str, language: str) -> None:
    items = [f"collections/{item['collection']}/items/{quote(item['id'], safe='')}" for item in ITEMS]
    plots = [f"{items[-1]}/network", "coverage", f"collections/{PAIRS}/acquisitions"]
    with watching(chromium, hostile, locale=language) as watched:
        for path in ("", "collections", f"collections/{PAIRS}", *items, *plots):
            _look(watched, path)
            assert watched.page.locator("a[href^='javascript' i], a[href^='data:' i]").count() == 0, path
        watched.open(items[0])
        watched.keep(f"hostile-pages-{language}", whole=True)


@pytest.mark.parametrize(
    "path", [f"collections/{SERIES}/items/series/network", "coverage", f"collections/{PAIRS}/acquisitions"]
)
def test_a_plot_opened_alone_runs_nothing(chromium: Browser, hostile: str, path: str) -> None:
    """An SVG is a document of its own, which may hold scripts."""
    with watching(chromium, hostile, locale="en-GB") as watched:
        answer = watched.page.goto(f"{hostile}{path}?f=svg")
        assert answer is not None
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert watched.page.locator("script").count() == 0
        assert watched.page.evaluate("document.querySelectorAll('[onerror], [onload], [onmouseover]').length") == 0
