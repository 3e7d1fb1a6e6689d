"""docs/ as a site, built as scripts/docs does: its links, its navigation, its search, and nothing asked elsewhere."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
BUILDER = Path(sys.executable).with_name("zensical")
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser fetches by itself, and the attribute that says from where."""


def _copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def _build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BUILDER, "build"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@dataclass
class Links(HTMLParser):
    """What one page leads to, what it loads, and the places in it that others may lead to."""

    targets: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.targets.append(given["href"])
        if LOADED.get(tag, "") in given:
            self.loaded.append(given[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = _copy(tmp_path_factory.mktemp("site"))
    built = _build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "artifacts" / "site"


@pytest.fixture(scope="module")
def links(site: Path) -> dict[Path, Links]:
    found = {page: Links() for page in site.rglob("*.html") if page.name != "404.html"}
    for page, read in found.items():
        read.feed(page.read_text())
    return found


def test_a_broken_link_or_anchor_stops_the_build(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    with (folder / "docs" / "search.md").open("a") as page:
        page.write("\n[one](nowhere.md) and [two](settings.md#no-such-heading)\n")
    built = _build(folder)
    assert built.returncode != 0
    assert built.stdout.count("does not exist") + built.stderr.count("does not exist") >= 2


def test_every_document_is_a_page_that_the_navigation_leads_to(site: Path) -> None:
    front = (site / "index.html").read_text()
    navigation = front[front.index("md-nav--primary") : front.index("md-sidebar--secondary")]
    for document in (ROOT / "docs").rglob("*.md"):
        page = document.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / page).is_file()
        assert re.search(rf'href="(\./)?{re.escape(str(page))}"', navigation), page


def test_every_link_has_its_target(site: Path, links: dict[Path, Links]) -> None:
    for page, read in links.items():
        for target in [*read.targets, *read.loaded]:
            address = urlsplit(target)
            if address.scheme or target in ("", "."):
                continue
            file = (page.parent / unquote(address.path)).resolve() if address.path else page
            assert file.is_file(), f"{page.relative_to(site)}: {target}"
            if address.fragment and file in links:
                assert unquote(address.fragment) in links[file].places, f"{page.relative_to(site)}: {target}"


def test_every_link_of_the_front_page_has_its_target() -> None:
    targets = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text())
    local = [target for target in targets if not urlsplit(target).scheme]
    assert len(local) > 20
    assert [target for target in local if not (ROOT / target).exists()] == []


@pytest.mark.full
@pytest.mark.browser
def test_the_pictures_can_be_made_again(service: str, tmp_path: Path) -> None:
    program = ROOT / "scripts" / "lib" / "screenshots.py"
    chromium = _chromium()
    done = subprocess.run(
        [sys.executable, program, service, tmp_path],
        env={**os.environ, "FLATSIM_CHROMIUM": chromium, "MPLBACKEND": "agg"},
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made, kept = ({file.name for file in folder.glob("*.png")} for folder in (tmp_path, ROOT / "docs" / "images"))
    assert made == kept


def test_nothing_is_loaded_from_elsewhere(links: dict[Path, Links]) -> None:
    assert len(links) > 20
    loaded = {address for read in links.values() for address in read.loaded}
    assert [address for address in loaded if urlsplit(address).netloc] == []


def _chromium() -> str:
    names = (os.environ.get("FLATSIM_CHROMIUM", ""), "chromium", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    return program or pytest.skip("no Chromium here; scripts/bootstrap --tests brings one")


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_a_reader_searches_and_turns_the_light_off(address: str) -> None:
    program = _chromium()
    wrong: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        page = chromium.new_page(color_scheme="light")
        page.on(
            "request", lambda request: request.url.startswith((address, "data:", "blob:")) or wrong.append(request.url)
        )
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.goto(address)
        background = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(background)
        page.keyboard.press("/")
        page.keyboard.type("perpendicular baseline", delay=20)
        expect(page.get_by_role("link", name="Searches, question by question").first).to_be_visible()
        page.keyboard.press("Escape")
        page.emulate_media(color_scheme="dark")
        page.reload()
        assert page.evaluate(background) != light
        page.screenshot(path=_artifacts() / "site-dark.png")
        chromium.close()
    assert wrong == []


def _artifacts() -> Path:
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder
