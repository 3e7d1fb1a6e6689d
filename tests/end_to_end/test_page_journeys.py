"""The service's own pages over the served sample, as a reader walks through them in a real Chromium.

Nothing but the service is asked for anything (`watched`). What was to be seen is kept in `artifacts/screenshots/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from watched import CHECKOUT, Watched, watching

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAIRS = "collections/flatsim-balkans-interferogram"
PAIR = f"{PAIRS}/items/flatsim_balkans_d080sud_2014-2021_int_20151111_20151123"
SERIES = "collections/flatsim-balkans-timeseries/items/flatsim_balkans_d080sud_2014-2021_ts"
NETWORK = f"{SERIES}/network"
DOI = "https://doi.org/10.24400/253171/FLATSIM2020"
PAGES = {
    "landing": "", "collections": "collections", "collection": PAIRS, "items": f"{PAIRS}/items",
    "search": "search?sat:orbit_state=descending&insar:temporal_baseline.max=23", "item": PAIR, "series": SERIES,
    "network": NETWORK, "coverage": "coverage", "acquisitions": f"{PAIRS}/acquisitions",
    "missing": f"{PAIRS}/items/none",
}  # fmt: skip
DESKTOP = {"width": 1280, "height": 1000}
PHONE = {"width": 375, "height": 700}
AXE = CHECKOUT / "tests" / "accessibility" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = "[...document.images].filter((one) => !one.complete || one.naturalWidth === 0).map((one) => one.src)"
FAULTS = """
async () => (await axe.run()).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`))
"""


@dataclass(frozen=True)
class Words:
    """What the pages say."""

    language: str
    pairs: str
    browse: str
    criteria: str
    direction: str
    descending: str
    baseline: str
    at_most: str
    submit: str
    found: str
    facts: str
    series: str
    network: str


ENGLISH = Words(
    "en", "interferograms", "All items", "Search", "Orbit direction", "descending", "Temporal baseline", "at most",
    "Search", "{n} items", "12-day pair", "time series", "etwork",
)  # fmt: skip
FRENCH = Words(
    "fr", "interférogrammes", "Tous les éléments", "Recherche", "Sens de l\u2019orbite", "descendante",
    "Base temporelle", "au plus", "Rechercher", "{n} éléments", "Paire de 12 jours", "érie temporelle", "éseau",
)  # fmt: skip


def _see_pictures(page: Page) -> None:
    """Every picture of the page comes."""
    page.evaluate("[...document.images].forEach((one) => one.loading = 'eager')")
    page.wait_for_function(f"() => ({PICTURES}).length === 0")


def _walk(watched: Watched, words: Words, name: str, wanted: int) -> None:
    """From the landing page to a pair, to the network of its series, and to another pair."""
    page = watched.page

    def arrived(step: str) -> None:
        page.wait_for_load_state("networkidle")
        _see_pictures(page)
        expect(page.locator("html")).to_have_attribute("lang", words.language)
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step
        watched.keep(f"pages-{name}-{step}", whole=True)

    watched.open("")
    arrived("1-landing")
    page.get_by_role("main").get_by_role("link", name=words.pairs, exact=True).first.click()
    arrived("2-collection")
    page.get_by_role("link", name=words.browse, exact=True).first.click()
    page.wait_for_url("**/items**")
    form = page.get_by_role("search")
    if not form.is_visible():
        page.locator("details.criteria summary").click()
    form.get_by_label(words.direction).select_option(label=words.descending)
    form.get_by_role("group", name=re.compile(f"^{words.baseline}")).get_by_label(words.at_most).fill("23")
    form.get_by_role("button", name=words.submit).click()
    expect(page.locator("#results")).to_contain_text(str(wanted))
    arrived("3-search")
    page.get_by_role("link", name=re.compile("2015-11-11 .{1,3}2015-11-23")).click()
    expect(page.locator(".key-facts")).to_contain_text(words.facts)
    expect(page.locator(f"a[href='{DOI}']").first).to_be_visible()
    expect(page.locator(".pictures img").first).to_be_visible()
    expect(page.locator(".pictures svg").first).to_be_visible()
    arrived("4-item")
    page.get_by_role("link", name=re.compile(words.series)).first.click()
    arrived("5-series")
    page.get_by_role("link", name=re.compile(words.network)).first.click()
    page.wait_for_url("**/network**")
    arrived("6-network")
    pair = page.locator("table a").first
    dates = pair.inner_text()
    pair.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/items/" in page.url
    assert re.findall(r"\d{8}", page.url)[-2:] == [date.replace("-", "") for date in re.findall(r"[\d-]{10}", dates)]
    arrived("7-pair")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(("words", "locale"), [(ENGLISH, "en-GB"), (FRENCH, "fr-FR")], ids=["en", "fr"])
def test_from_the_landing_page_to_a_pair_of_a_network(
    chromium: Browser, service: str, http: Any, words: Words, locale: str, viewport: dict[str, int]
) -> None:
    asked = {
        "collections": PAIRS.split("/")[1],
        "filter": "sat:orbit_state='descending' AND insar:temporal_baseline < 24",
    }
    wanted = http.get("search", params={**asked, "limit": 1}).json()["numberMatched"]
    name = f"{words.language}-{'phone' if viewport == PHONE else 'desktop'}"
    with watching(chromium, service, locale=locale, viewport=viewport) as watched:
        _walk(watched, words, name, wanted)


def test_the_pages_can_be_read_without_scripts(chromium: Browser, service: str) -> None:
    with watching(chromium, service, locale="en-GB", viewport=DESKTOP, java_script_enabled=False) as watched:
        watched.expected_status = {404}
        for path in PAGES.values():
            watched.open(path)
            expect(watched.page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_accessibility(
    chromium: Browser, service: str, scheme: str, viewport: dict[str, int]
) -> None:
    """As axe-core finds them, of the impacts serious and critical."""
    assert AXE.is_file(), "no axe-core here; scripts/bootstrap --tests brings it"
    faults: dict[str, list[str]] = {}
    with watching(chromium, service, locale="en-GB", viewport=viewport, color_scheme=scheme) as watched:
        watched.expected_status = {404}
        for name, path in PAGES.items():
            watched.open(path)
            watched.page.evaluate(AXE.read_text())
            faults[name] = watched.page.evaluate(FAULTS)
            if scheme == "dark" and viewport == DESKTOP:
                watched.keep(f"pages-dark-{name}", whole=True)
    assert {name: found for name, found in faults.items() if found} == {}


def test_pages_can_be_printed(chromium: Browser, service: str) -> None:
    """On paper there is no navigation and no dark ground."""
    with watching(chromium, service, locale="en-GB", viewport=DESKTOP, color_scheme="dark") as watched:
        watched.open(PAIR)
        watched.page.emulate_media(media="print")
        assert watched.page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 255, 255)"
        watched.keep("pages-print", whole=True)
