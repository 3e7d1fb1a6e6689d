"""STAC Browser over the served sample, in a real Chromium. What it showed is kept in `artifacts/`."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

pytestmark = pytest.mark.browser

CHECKOUT = Path(__file__).parent.parent.parent
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
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
BLACK = (0, 0, 0)
NEAR = 40
"""Sum of the differences of red, green and blue that still is the same colour."""
PATIENCE_S = 30
IMAGE_LOADED = """
() => [...document.querySelectorAll("img[src*='/data/']")].some((one) => one.complete && one.naturalWidth > 50)
"""


@dataclass
class Watched:
    """A page, and all that went wrong on it."""

    page: Page
    base: str
    service: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "GL Driver Message" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and not request.url.startswith(self.service):
            self.wrong.append(f"foreign: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what the page itself gave up when it was left
            self.wrong.append(f"failed: {request.url}: {request.failure}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> None:
        """Go to a page below the Browser's address and wait until it asks for nothing more."""
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def see_on_map(self, colour: tuple[int, int, int], least: int = 500) -> None:
        """Wait until the map shows so many pixels of a colour."""
        deadline = time.monotonic() + PATIENCE_S
        while (seen := _pixels(self.page.locator(".ol-viewport").screenshot(), colour)) < least:
            assert time.monotonic() < deadline, f"{seen} pixels of the colour {colour}"
            time.sleep(0.2)

    def items_heading(self) -> Locator:
        """Heading of a list of items, with their number."""
        return self.page.get_by_role("heading", name="Items", exact=True).locator("..")

    def keep(self, name: str) -> None:
        """Keep a picture of what is to be seen."""
        folder = CHECKOUT / "artifacts"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"browser-{name}.png")


def _pixels(png: bytes, colour: tuple[int, int, int]) -> int:
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    return int((np.abs(pixels - colour).sum(axis=2) < NEAR).sum())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    names = (os.environ.get("FLATSIM_CHROMIUM", ""), "chromium", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    assert program, "no Chromium here; scripts/bootstrap --tests brings one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser, service: str) -> Iterator[Watched]:
    """A new page; at the end nothing may have gone wrong on it."""
    assert (CHECKOUT / "browser" / "build" / "index.html").is_file(), "no bundle here; scripts/bootstrap builds it"
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, locale="en-GB")
    page = Watched(context.new_page(), f"{service}browser/", service)
    yield page
    context.close()
    assert not page.wrong


def test_the_catalogue_shows_its_collections(watched: Watched) -> None:
    watched.open("")
    for title in TITLES:
        expect(watched.page.get_by_role("link", name=title)).to_be_visible()
    expect(watched.page.locator("body")).to_contain_text("FLATSIM: Sentinel-1 InSAR products")
    expect(watched.page.locator("body")).to_contain_text("SYNTHETIC")
    watched.keep("catalogue")


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
    watched.keep("collection")


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
    for text in ("Unwrapped interferogram, ground geometry", "Spatial coherence, radar geometry", "Legend of",
                 "Perpendicular baseline", "Temporal baseline", "12 d", "descending", "SYNTHETIC"):  # fmt: skip
        expect(body).to_contain_text(text)
    watched.keep("item")


def test_an_item_shows_its_footprint_on_the_map(watched: Watched, service: str) -> None:
    watched.open(PAIR)
    expect(watched.page.locator(".ol-viewport canvas").first).to_be_visible()
    watched.see_on_map(OUTLINE)
    watched.page.locator(".ol-viewport").screenshot(path=CHECKOUT / "artifacts" / "browser-map.png")


def test_an_item_shows_its_thumbnail(watched: Watched) -> None:
    watched.open(PAIR)
    watched.page.get_by_text("Thumbnails", exact=True).click()
    image = watched.page.locator("img[src*='/data/']").first
    expect(image).to_be_visible()
    watched.page.wait_for_function(IMAGE_LOADED)
    watched.keep("thumbnail")


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
    watched.keep("asset")


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
    watched.keep("search")


def test_a_filter_on_a_queryable_narrows_a_search(watched: Watched, sample: Any) -> None:
    """The form offers our queryables, by name, and sends what it is told."""
    watched.open("search")
    watched.page.get_by_text("Search for Items", exact=True).click()
    watched.page.get_by_role("button", name="Add filter").click()
    watched.page.get_by_text("Relative orbit (track)", exact=True).click()
    watched.page.get_by_role("spinbutton").first.fill("80")
    watched.keep("filter")
    watched.page.get_by_role("button", name="Submit").click()
    (track,) = (track for track in sample.manifest.tracks if track.relative_orbit == 80)
    expect(watched.items_heading()).to_contain_text(str(len(track.pairs) + 2))
    watched.keep("filtered")


def test_words_narrow_the_items_of_a_collection(watched: Watched, sample: Any) -> None:
    (track,) = (track for track in sample.manifest.tracks if track.relative_orbit == 80)
    watched.open(PAIRS)
    watched.page.get_by_role("button", name="Show Filters").click()
    watched.page.locator(".multiselect", has_text="search terms").locator("visible=true").click()
    watched.page.keyboard.type("interférogrammes D080")
    watched.page.keyboard.press("Enter")
    watched.page.get_by_role("button", name="Submit").click()
    expect(watched.items_heading()).to_contain_text(str(len(track.pairs)))


def test_a_raster_is_shown_on_the_map(watched: Watched) -> None:
    """STAC Browser reads the file itself, by byte ranges."""
    watched.open(PAIR)
    watched.see_on_map(OUTLINE)
    watched.page.get_by_text("Unwrapped interferogram, ground geometry", exact=True).click()
    with watched.page.expect_response(lambda answer: "CNES_InU_geo" in answer.url and answer.status == 206):
        watched.page.get_by_role("button", name="Show on map").click()
    watched.see_on_map(BLACK, 200)
    expect(watched.page.get_by_text("shown", exact=True)).to_be_visible()
    watched.keep("raster")
