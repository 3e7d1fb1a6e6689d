"""Pictures of a served sample for README.md and docs/: `screenshots.py ADDRESS FOLDER`. By scripts/screenshots."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import blocks
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ADDRESS: Final = "http://127.0.0.1:8080/"
"""What the documents call the service."""
COLOURS: Final = 250
"""Of a picture: the pages are flat, and a palette makes them a third of their size."""
PATIENCE_S: Final = 120
SETTLE_MS: Final = 3000
"""A map is drawn after the last answer came."""
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PAIR: Final = "collections/flatsim-balkans-interferogram/items/flatsim_balkans_d080sud_2014-2021_int_20151111_20151123"
SERIES: Final = "collections/flatsim-balkans-timeseries/items/flatsim_balkans_d080sud_2014-2021_ts"


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


def show(path: str) -> Callable[[Page, str], None]:
    """A page of the service as it is."""

    def go(page: Page, address: str) -> None:
        page.goto(address + path)

    return go


def show_item_in_browser(page: Page, address: str) -> None:
    """An interferogram with its unwrapped phase on the map."""
    page.goto(f"{address}browser/{PAIR}")
    asset = page.get_by_text("Unwrapped interferogram, ground geometry", exact=True)
    asset.click()
    page.get_by_role("button", name="Show on map").click()
    page.get_by_text("shown", exact=True).wait_for()
    asset.click()
    page.evaluate("window.scrollTo(0, 0)")


def show_search_in_browser(page: Page, address: str) -> None:
    """The form with conditions on orbit and baseline, and what it finds."""
    page.goto(f"{address}browser/search")
    page.wait_for_load_state("networkidle")
    page.get_by_text("Search for Items", exact=True).click()
    add = page.get_by_role("button", name="Add filter")
    form = page.locator("form", has=add).locator("visible=true")
    for title in ("Orbit direction", "Temporal baseline [d]"):
        form.get_by_role("button", name="Add filter").click()
        form.get_by_role("menuitem", name=title).click()
    form.locator(".queryable-group", has_text="Orbit direction").locator("select").select_option(label="descending")
    form.locator(".queryable-group", has_text="Temporal baseline").get_by_role("spinbutton").fill("12")
    form.get_by_role("button", name="Submit").click()
    page.locator(".item-card .card-title").first.wait_for()
    page.wait_for_load_state("networkidle")
    form.locator(".queryable-group").first.scroll_into_view_if_needed()


@dataclass(frozen=True)
class Picture:
    """A file of the folder, how to come to what it shows, and the size of the window in pixels."""

    name: str
    show: Callable[[Page, str], None]
    width: int = 1280
    height: int = 800


PICTURES: Final = (
    Picture("landing", show(""), height=1000),
    Picture("results", show("search?collections=flatsim-balkans-interferogram&sat:relative_orbit=80"), height=1000),
    Picture("pair", show(PAIR), height=1000),
    Picture("network", show(f"{SERIES}/network"), height=900),
    Picture("coverage", show("coverage"), height=900),
    Picture("acquisitions", show("collections/flatsim-balkans-interferogram/acquisitions"), height=500),
    Picture("browser-item", show_item_in_browser),
    Picture("browser-search", show_search_in_browser),
)


def take(chromium: Browser, picture: Picture, address: str, file: Path) -> None:
    """Take one picture."""
    page = chromium.new_page(
        viewport={"width": picture.width, "height": picture.height}, locale="en-GB", color_scheme="light"
    )
    page.set_default_timeout(PATIENCE_S * 1000)
    picture.show(page, address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=file)
    page.close()


def draw_tutorial(address: str, folder: Path) -> list[Path]:
    """The figures that the tutorial saves, by running it."""
    names: dict[str, object] = {"__name__": "__main__"}
    with contextlib.chdir(folder), contextlib.redirect_stdout(None):
        for block in blocks.read(blocks.ROOT / "docs" / "tutorial.md"):
            if block.language == "python":
                exec(compile(block.code.replace(ADDRESS, address), "tutorial.md", "exec"), names)  # noqa: S102
    return sorted(folder.glob("*.png"))


def keep(file: Path, folder: Path) -> None:
    """Put a picture into the folder, with fewer colours, and say how large it is."""
    kept = folder / file.name
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(kept, optimize=True)
    sys.stdout.write(f"{kept} {kept.stat().st_size // 1000} kB\n")


def main(address: str, folder: Path) -> None:
    """Take every picture."""
    wait_for(address)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        for figure in draw_tutorial(address, Path(scratch)):
            keep(figure, folder)
        chromium = playwright.chromium.launch(executable_path=os.environ["FLATSIM_CHROMIUM"], args=list(FLAGS))
        for picture in PICTURES:
            file = Path(scratch) / f"{picture.name}.png"
            take(chromium, picture, address, file)
            keep(file, folder)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve())
