"""STAC Browser over the served sample, in a real Chromium. What it showed is kept in `artifacts/screenshots/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from watched import CHECKOUT, Watched, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAIRS = "collections/flatsim-balkans-interferogram"
PAIR = f"{PAIRS}/items/flatsim_balkans_d080sud_2014-2021_int_20151111_20151123"
SERIES = "collections/flatsim-balkans-timeseries/items/flatsim_balkans_d080sud_2014-2021_ts"
TITLES = ("Balkans: FLATSIM Sentinel-1 interferograms", "Balkans: FLATSIM Sentinel-1 displacement time series",
          "Balkans: FLATSIM auxiliary data")  # fmt: skip
DOI = "https://doi.org/10.24400/253171/FLATSIM2020"
OUTLINE = (51, 153, 204)
"""Colour of the outline of what a page is about; nothing else on the map has it."""
OUTLINE_IN_LIST = (255, 153, 51)
"""Of the outlines of the items that a page lists."""
DARK_RED = (0x72, 0x0E, 0x27)
"""Of unwrapped phases far above zero."""
IMAGE_LOADED = """
() => [...document.querySelectorAll("img[src*='/data/']")].some((one) => one.complete && one.naturalWidth > 50)
"""


@pytest.fixture
def watched(chromium: Browser, service: str) -> Iterator[Watched]:
    """A new page of STAC Browser in English; at the end nothing may have gone wrong on it."""
    assert (CHECKOUT / "browser" / "build" / "index.html").is_file(), "no bundle here; scripts/bootstrap builds it"
    with watching(chromium, service, "browser/", locale="en-GB") as page:
        yield page


@pytest.fixture
def watched_fr(chromium: Browser, service: str) -> Iterator[Watched]:
    """The same in a French browser."""
    with watching(chromium, service, "browser/", locale="fr-FR") as page:
        yield page


def test_the_catalogue_shows_its_collections(watched: Watched) -> None:
    watched.open("")
    for title in TITLES:
        expect(watched.page.get_by_role("link", name=title)).to_be_visible()
    expect(watched.page.locator("body")).to_contain_text("FLATSIM: Sentinel-1 InSAR products")
    expect(watched.page.locator("body")).to_contain_text("SYNTHETIC")
    watched.keep("browser-catalogue")


def test_a_collection_shows_extent_licence_and_items(watched: Watched, sample: Any) -> None:
    watched.open(PAIRS)
    body = watched.page.locator("body")
    for text in ("SYNTHETIC sample data", "CC-BY-NC-4.0", "10.24400/253171/FLATSIM2020", "CNES", "ascending"):
        expect(body).to_contain_text(text)
    expect(watched.page.get_by_role("link", name="FLATSIM Balkans").first).to_be_visible()
    pairs = sum(len(track.pairs) for track in sample.manifest.tracks)
    expect(watched.items_heading()).to_contain_text(str(pairs))
    watched.see_on_map(OUTLINE)
    watched.see_on_map(OUTLINE_IN_LIST)
    watched.keep("browser-collection")


def test_from_the_catalogue_to_an_item_by_clicks(watched: Watched) -> None:
    watched.open("")
    watched.page.get_by_role("link", name=TITLES[0]).click()
    link = watched.page.get_by_role("link", name="FLATSIM Balkans").first
    title = link.inner_text().strip()
    link.click()
    expect(watched.page.get_by_role("heading", level=1)).to_have_text(title)
    assert "/items/flatsim_balkans_" in watched.page.url


def test_an_item_shows_assets_citation_and_properties(watched: Watched) -> None:
    watched.open(PAIR)
    page, body = watched.page, watched.page.locator("body")
    expect(page.get_by_role("heading", level=1)).to_contain_text("D080SUD interferogram 2015-11-11 / 2015-11-23")
    expect(page.locator(f"a[href='{DOI}']").first).to_be_visible()
    for text in (
        "Unwrapped interferogram, ground geometry", "Spatial coherence, radar geometry", "Producer's metadata of",
        "Perpendicular baseline", "Temporal baseline", "12\u00a0d", "descending", "SYNTHETIC",
    ):  # fmt: skip
        expect(body).to_contain_text(text)
    watched.keep("browser-item")


def test_an_item_shows_its_footprint_on_the_map(watched: Watched, service: str) -> None:
    watched.open(PAIR)
    expect(watched.page.locator(".ol-viewport canvas").first).to_be_visible()
    watched.see_on_map(OUTLINE)
    watched.keep("browser-map")


def test_an_item_shows_its_thumbnail(watched: Watched) -> None:
    watched.open(PAIR)
    watched.page.get_by_text("Thumbnails", exact=True).click()
    image = watched.page.locator("img[src*='/data/']").first
    expect(image).to_be_visible()
    watched.page.wait_for_function(IMAGE_LOADED)
    watched.keep("browser-thumbnail")


def test_an_asset_can_be_downloaded(watched: Watched, service: str) -> None:
    watched.open(PAIR)
    watched.page.get_by_text("Unwrapped interferogram, ground geometry", exact=True).click()
    link = watched.page.locator("a[href*='CNES_InU_geo'][href$='.tiff']")
    expect(link).to_be_visible()
    href = link.get_attribute("href")
    assert href is not None
    answer = watched.page.request.get(href)
    assert answer.status == 200
    assert answer.body()[:4] in (b"II*\x00", b"II+\x00")
    watched.keep("browser-asset")


@pytest.mark.parametrize("path", [PAIR, SERIES, PAIRS, "search"])
def test_an_address_can_be_opened_again(watched: Watched, path: str) -> None:
    watched.open(path)
    heading = watched.page.get_by_role("heading", level=1).inner_text()
    watched.page.reload()
    watched.page.wait_for_load_state("networkidle")
    expect(watched.page.get_by_role("heading", level=1)).to_have_text(heading)
    assert path in watched.page.url


def test_a_search_shows_what_it_found(watched: Watched, sample: Any) -> None:
    watched.open("search")
    watched.page.get_by_text("Search for Items", exact=True).click()
    watched.page.get_by_role("button", name="Submit").click()
    expect(watched.page.get_by_role("link", name="FLATSIM Balkans").first).to_be_visible()
    packages = len(sample.manifest.package_paths())
    expect(watched.items_heading()).to_contain_text(str(packages))
    watched.see_on_map(OUTLINE_IN_LIST)
    watched.keep("browser-search")


@dataclass(frozen=True)
class Words:
    """What the search form says."""

    items: str
    add: str
    submit: str
    direction: str
    descending: str
    baseline: str
    count: str
    following: str
    sort: str
    kind: str


ENGLISH = Words("Search for Items", "Add filter", "Submit", "Orbit direction", "descending", "Temporal baseline [d]",
                "Items", "Next", "Perpendicular baseline [m]", "interferogram")  # fmt: skip
FRENCH = Words("Rechercher des éléments", "Ajouter un filtre", "Soumettre", "Sens de l'orbite", "descendante",
               "Base temporelle [j]", "Éléments", "Suivant", "Base perpendiculaire [m]", "interférogramme")  # fmt: skip


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_filters_narrow_a_search(chromium: Browser, service: str, http: Any, words: Words) -> None:
    """The form offers our queryables by name, with units and drop-downs, in both languages."""
    locale = {ENGLISH: "en-GB", FRENCH: "fr-FR"}[words]
    with watching(chromium, service, "browser/", locale=locale) as watched:
        page = watched.page
        watched.open("search")
        page.get_by_text(words.items, exact=True).click()
        form = page.locator("form", has=page.get_by_role("button", name=words.add)).locator("visible=true")
        for title in (words.direction, words.baseline):
            form.get_by_role("button", name=words.add).click()
            form.get_by_role("menuitem", name=title).click()
        direction, baseline = (
            form.locator(".queryable-group", has_text=title) for title in (words.direction, words.baseline)
        )
        direction.locator("select").select_option(label=words.descending)
        baseline.locator(".dropdown-toggle-split").click()
        baseline.get_by_role("menuitem").filter(has_text=re.compile(r"<$")).click()
        baseline.get_by_role("spinbutton").fill("24")
        form.locator(".sort .multiselect").click()
        form.locator(".sort").get_by_text(words.sort, exact=True).click()
        form.locator(".limit input").fill("5")
        form.locator(".limit input").press("Tab")
        watched.keep(f"browser-filter-{locale[:2]}", whole=True)
        form.get_by_role("button", name=words.submit).click()
        asked = {"filter": "sat:orbit_state='descending' AND insar:temporal_baseline < 24",
                 "sortby": "insar:perpendicular_baseline", "limit": 50}  # fmt: skip
        found = http.get("search", params=asked).json()["features"]
        wanted = [item["properties"]["title"].replace(" interferogram ", f" {words.kind} ") for item in found]
        expect(watched.items_heading(words.count)).to_contain_text(str(len(wanted)))
        cards = page.locator(".item-card .card-title")
        expect(cards).to_have_text(wanted[:5])
        page.get_by_role("button", name=words.following).first.click()
        expect(cards).to_have_text(wanted[5:10])
        watched.keep(f"browser-filtered-{locale[:2]}")


def test_words_narrow_the_items_of_a_collection(watched: Watched, sample: Any) -> None:
    (track,) = (track for track in sample.manifest.tracks if track.relative_orbit == 80)
    watched.open(PAIRS)
    watched.page.get_by_role("button", name="Show Filters").click()
    watched.page.get_by_label("Words", exact=True).fill("interférogrammes D080")
    watched.page.get_by_role("button", name="Submit").click()
    expect(watched.items_heading()).to_contain_text(str(len(track.pairs)))


def test_words_narrow_a_search_for_items(watched: Watched, sample: Any) -> None:
    (track,) = (track for track in sample.manifest.tracks if track.relative_orbit == 80)
    watched.open("search")
    watched.page.get_by_text("Search for Items", exact=True).click()
    watched.page.get_by_label("Words", exact=True).locator("visible=true").fill("D080")
    watched.page.get_by_role("button", name="Submit").locator("visible=true").click()
    expect(watched.items_heading()).to_contain_text(str(len(track.pairs) + 2))


def test_a_french_browser_is_spoken_to_in_french(watched_fr: Watched) -> None:
    """The page's own words, names, units and values of properties, and titles; descriptions are in English."""
    watched_fr.open(PAIR)
    body = watched_fr.page.locator("body")
    for text in (
        "Base perpendiculaire", "Base temporelle", "12\u00a0j", "Sens de l'orbite", "descendante", "Interférogramme",
        "Géométrie de visée", "Segment de trace", "Utilisé dans la série temporelle", "Ressources liées",
        "Balkans\u00a0: interférogrammes Sentinel-1 FLATSIM", "FLATSIM Balkans D080SUD interférogramme 2015-11-11",
        "Métadonnées du producteur\u00a0: Cohérence spatiale, géométrie sol",
    ):  # fmt: skip
        expect(body).to_contain_text(text)
    expect(watched_fr.page.locator("html")).to_have_attribute("lang", "fr")
    watched_fr.keep("browser-item-fr", whole=True)
    watched_fr.page.get_by_role("button", name="Langue").click()
    watched_fr.page.get_by_role("menuitem", name="English").click()
    expect(body).to_contain_text("Perpendicular baseline")


def test_only_what_has_a_place_is_offered_for_the_map(watched: Watched) -> None:
    """Rasters in radar geometry have none."""
    watched.open(PAIR)
    button = watched.page.get_by_role("button", name="Show on map").locator("visible=true")
    for title, count in (("Spatial coherence, radar geometry", 0), ("Spatial coherence, ground geometry", 1)):
        asset = watched.page.get_by_text(title, exact=True)
        asset.click()
        expect(watched.page.get_by_role("button", name="Copy URL").locator("visible=true")).to_be_visible()
        expect(button).to_have_count(count)
        asset.click()
        expect(watched.page.get_by_role("button", name="Copy URL").locator("visible=true")).to_have_count(0)


def test_series_and_pairs_lead_to_each_other(watched: Watched) -> None:
    watched.open(PAIR)
    watched.page.get_by_role("link", name="Line-of-sight displacement time series of D080SUD").click()
    expect(watched.page.get_by_role("heading", level=1)).to_contain_text("time series 2015-10-18 / 2016-10-24")
    search = watched.page.get_by_role("link", name="Interferograms of D080SUD kept in the inversion")
    assert "/search?" in str(search.get_attribute("href"))
    assert "/browser/" not in str(search.get_attribute("href"))
    watched.page.get_by_role("link", name="Auxiliary data of D080SUD").click()
    expect(watched.page.get_by_role("heading", level=1)).to_contain_text("auxiliary data")
    watched.page.get_by_role("link", name="Line-of-sight displacement time series of D080SUD").click()
    assert watched.page.url.endswith(SERIES)


def test_on_a_telephone(chromium: Browser, service: str) -> None:
    with watching(chromium, service, "browser/", viewport={"width": 375, "height": 700}, has_touch=True) as watched:
        for name, path in (("catalogue", ""), ("collection", PAIRS), ("item", PAIR), ("search", "search")):
            watched.open(path)
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= 375, path
            watched.keep(f"browser-telephone-{name}")


def test_a_raster_is_shown_on_the_map(watched: Watched) -> None:
    """STAC Browser reads the file itself, by byte ranges."""
    watched.open(PAIR)
    watched.see_on_map(OUTLINE)
    watched.page.get_by_text("Unwrapped interferogram, ground geometry", exact=True).click()
    with watched.page.expect_response(lambda answer: "CNES_InU_geo" in answer.url and answer.status == 206):
        watched.page.get_by_role("button", name="Show on map").click()
    watched.see_on_map(DARK_RED, 200)
    expect(watched.page.get_by_text("shown", exact=True)).to_be_visible()
    watched.keep("browser-raster")
