"""The network of a series in a real Chromium: read, filtered, followed with a mouse, with keys, and without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

ARTIFACTS = Path(__file__).parent.parent.parent / "artifacts"
NETWORK = "collections/flatsim-balkans-timeseries/items/flatsim_balkans_d080sud_2014-2021_ts/network"
LINES = ".figure.network a[data-days]"


def opened(chromium: Browser, address: str, **options: Any) -> tuple[Page, list[str]]:
    """A page, and what went wrong on it or was asked of others."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000}, locale="en-GB", **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
    return page, wrong


def test_a_network_is_read_filtered_and_followed(chromium: Browser, service: str) -> None:
    page, wrong = opened(chromium, service)
    page.goto(service + NETWORK)
    lines = page.locator(LINES)
    total = lines.count()
    assert total > 10
    days = [int(line.get_attribute("data-days") or 0) for line in lines.all()]
    n_short = sum(each <= 12 for each in days)
    assert 0 < n_short < total
    page.get_by_label("temporal baseline of at most").fill("12")
    expect(page.locator(f"{LINES}:visible")).to_have_count(n_short)
    expect(page.get_by_role("status")).to_have_text(f"{n_short} of {total} pairs")
    expect(page.locator("tr[data-days]:visible")).to_have_count(n_short)
    page.get_by_role("button", name="All pairs").click()
    expect(page.locator(f"{LINES}:visible")).to_have_count(total)
    short = page.locator(f"{LINES}[data-days='12']")
    short.first.focus()
    expect(page.locator(".plot-told")).to_contain_text(", 12 days, ")
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "plots-network.png", full_page=True)
    target = short.first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{target}*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("interferogram")
    assert not wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_scripts_the_figure_and_its_links_are_the_same(chromium: Browser, service: str, scheme: Any) -> None:
    page, wrong = opened(chromium, service, java_script_enabled=False, color_scheme=scheme)
    page.goto(f"{service}{NETWORK}?lang=fr")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Réseau")
    expect(page.locator("form.plot-filter")).to_be_hidden()
    page.screenshot(path=ARTIFACTS / f"plots-network-{scheme}.png")
    hit = page.locator(f"{LINES} path").nth(1)
    background = page.locator(".figure path").first.evaluate("one => getComputedStyle(one).fill")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 24, 29)"}[scheme]
    hit.dispatch_event("click")
    page.wait_for_url("**/flatsim-balkans-interferogram/items/**")
    assert not wrong


@pytest.mark.parametrize("path", ["coverage", "collections/flatsim-balkans-interferogram/acquisitions"])
def test_tracks_lead_to_their_items(chromium: Browser, service: str, path: str) -> None:
    page, wrong = opened(chromium, service)
    page.goto(service + path)
    page.screenshot(path=ARTIFACTS / f"plots-{path.rpartition('/')[2]}.png")
    tracks = page.locator(".figure a")
    expect(tracks).to_have_count(2)
    assert not wrong
    tracks.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
