"""A page in a real Chromium, and all that goes wrong on it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, Route

CHECKOUT: Final = Path(__file__).parent.parent.parent
SCREENSHOTS: Final = CHECKOUT / "artifacts" / "screenshots"
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_S: Final = 30
NEAR: Final = 40
"""Sum of the differences of red, green and blue that still is the same colour."""


HARMLESS: Final = ("GL Driver Message", "No map visible because the map container's width or height are 0")
"""Warnings of Chromium without a graphics card, and of OpenLayers when STAC Browser hides a map that is being drawn, as
when one goes on to another page at once; the map is drawn when it is shown again."""


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium for as long as a `with` lasts."""
    names = (os.environ.get("FLATSIM_CHROMIUM", ""), "chromium", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    assert program, "no Chromium here; scripts/bootstrap --tests brings one"
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and all that went wrong on it: what it says and what failed. What it asks of other hosts gets nowhere.

    A violation of the page's policy, mixed content and an error of a script are messages of the console.
    """

    page: Page
    base: str
    service: str
    wrong: list[str] = field(default_factory=list)
    expected_status: set[int] = field(default_factory=set)
    """Statuses of 400 and above that the test wants to see."""

    def __post_init__(self) -> None:
        self.page.context.route(lambda address: not self._is_ours(address), self._refuse)
        self.page.on("console", self._console)
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _is_ours(self, address: str) -> bool:
        return urlsplit(address).scheme in ("data", "blob") or address.startswith(self.service)

    def _refuse(self, route: Route) -> None:
        self.wrong.append(f"foreign: {route.request.url}")
        route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        is_wanted = any(f"status of {status}" in message.text for status in self.expected_status)
        is_harmless = any(words in message.text for words in HARMLESS)
        if message.type in ("error", "warning") and not is_harmless and not is_wanted:
            self.wrong.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what the page itself gave up when it was left
            self.wrong.append(f"failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected_status:
            self.wrong.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> None:
        """Go to an address below the base and wait until the page asks for nothing more."""
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def see_on_map(self, colour: tuple[int, int, int], least: int = 500) -> None:
        """Wait until the map shows so many pixels of a colour."""
        deadline = time.monotonic() + PATIENCE_S
        while (seen := _pixels(self.page.locator(".ol-viewport").screenshot(), colour)) < least:
            assert time.monotonic() < deadline, f"{seen} pixels of the colour {colour}"
            time.sleep(0.2)

    def items_heading(self, name: str = "Items") -> Locator:
        """Heading of STAC Browser's list of items, with their number."""
        return self.page.get_by_role("heading", name=name, exact=True).locator("..")

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture of what is to be seen, or of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)


@contextlib.contextmanager
def watching(browser: Browser, service: str, path: str = "", **context: Any) -> Iterator[Watched]:
    """A new page; at the end nothing may have gone wrong on it.

    Args:
        browser: Where it is opened.
        service: Address of the landing page.
        path: Of what `Watched.open` is given addresses below.
        **context: Of the browser's context: `locale`, `viewport`, `color_scheme`.
    """
    opened: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 1000}, **context})
    page = Watched(opened.new_page(), service + path, service)
    yield page
    opened.close()
    assert not page.wrong, "\n".join(page.wrong)


def _pixels(png: bytes, colour: tuple[int, int, int]) -> int:
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    return int((np.abs(pixels - colour).sum(axis=2) < NEAR).sum())
