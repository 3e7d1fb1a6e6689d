"""Pictures of STAC Browser over a served sample: `screenshots.py ADDRESS FOLDER`. Called by scripts/screenshots."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

WIDTH, HEIGHT = 1280, 800
COLOURS = 200
"""Of a picture: the pages are flat, and a palette makes them a third of their size."""
PATIENCE_S = 120
SETTLE_MS = 3000
"""The map is drawn after the last answer came."""
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PAIR = "collections/flatsim-balkans-interferogram/items/flatsim_balkans_d080sud_2014-2021_int_20151111_20151123"


def wait_for(address: str) -> None:
    """Wait until the service answers.

    Raises:
        TimeoutError: it does not.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}_mgmt/ping", timeout=5):  # noqa: S310 (our own address)
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    msg = f"{address} does not answer"
    raise TimeoutError(msg)


def show_catalogue(page: Page, browser: str) -> None:
    """The collections of the region."""
    page.goto(browser)
    page.get_by_role("link", name="Balkans: FLATSIM Sentinel-1 interferograms").wait_for()


def show_item(page: Page, browser: str) -> None:
    """An interferogram with its unwrapped phase on the map."""
    page.goto(browser + PAIR)
    asset = page.get_by_text("Unwrapped interferogram, ground geometry", exact=True)
    asset.click()
    page.get_by_role("button", name="Show on map").click()
    page.get_by_text("shown", exact=True).wait_for()
    asset.click()
    page.evaluate("window.scrollTo(0, 0)")


def show_search(page: Page, browser: str) -> None:
    """The form with a filter on the track, and what it finds."""
    page.goto(f"{browser}search")
    page.wait_for_load_state("networkidle")
    page.get_by_text("Search for Items", exact=True).click()
    page.get_by_role("button", name="Add filter").click()
    page.get_by_text("Relative orbit (track)", exact=True).click()
    page.get_by_role("spinbutton").first.fill("80")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="FLATSIM Balkans").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")


PICTURES = {"catalogue": show_catalogue, "item": show_item, "search": show_search}


def main(address: str, folder: Path) -> None:
    """Take every picture."""
    wait_for(address)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["FLATSIM_CHROMIUM"], args=list(FLAGS))
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
        page.set_default_timeout(PATIENCE_S * 1000)
        for name, show in PICTURES.items():
            show(page, f"{address}browser/")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(SETTLE_MS)
            file = folder / f"{name}.png"
            page.screenshot(path=file)
            with Image.open(file) as picture:
                picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)
            sys.stdout.write(f"{file} {file.stat().st_size // 1000} kB\n")
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
