"""What a page costs its reader: requests, bytes on the wire, and time until something is to be seen.

`python -m benchmarks.pages http://127.0.0.1:8080/` asks a running service over the sample tree, with an empty cache
each time, in a Chromium (`FLATSIM_CHROMIUM`, else the one on the path).
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUNS: Final = 5
_ITEM: Final = "collections/flatsim-balkans-interferogram/items/flatsim_balkans_d080sud_2014-2021_int_20151111_20151123"
PAGES: Final = {
    "landing page": "", "item": _ITEM,
    "STAC Browser, landing page": "browser/", "STAC Browser, item": f"browser/{_ITEM}",
}  # fmt: skip
_TIMES: Final = """
() => {
  const [page] = performance.getEntriesByType("navigation");
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  const all = [page, ...performance.getEntriesByType("resource")];
  const bytes = all.reduce((sum, one) => sum + one.transferSize, 0);
  return [all.length, bytes / 1000, page.responseStart, painted.startTime, page.loadEventEnd];
}
"""


@dataclass(frozen=True)
class Cost:
    """Of one page: medians of several visits."""

    requests: float
    kilobytes: float
    first_byte_ms: float
    first_content_ms: float
    loaded_ms: float


def cost_of(browser: Browser, address: str) -> Cost:
    """Visit an address several times, each time as a new reader."""
    visits = []
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="en-GB")
        page = context.new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        visits.append(page.evaluate(_TIMES))
        context.close()
    return Cost(*(statistics.median(column) for column in zip(*visits, strict=True)))


def main(address: str) -> None:
    """Print the table of docs/performance.md."""
    program = os.environ.get("FLATSIM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    lines = ["| page | requests | kB | first byte, ms | first content, ms | loaded, ms |", "|---|--:|--:|--:|--:|--:|"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, path in PAGES.items():
            cost = cost_of(browser, address + path)
            times = (cost.first_byte_ms, cost.first_content_ms, cost.loaded_ms)
            lines.append(
                f"| {name} | {cost.requests:.0f} | {cost.kilobytes:.0f} | "
                + " | ".join(f"{t:.0f}" for t in times)
                + " |"
            )
        browser.close()
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
