"""The page of an item: its facts in words, and nothing that a stranger wrote does harm."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.web.footprint_map import map_footprint
from api.web.typography import MINUS
from api.web.untrusted_text import markdown, safe_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Documents

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
LONG = "l" * 10_000
MARK = "hostile"
SCRIPT = f"<script>alert('{MARK}')</script>\"'><img src=x onerror={MARK}>"
BIDI = "abc\u202eevil\u202c\u2066\u2069"
ALLOWED = {
    "a", "b", "blockquote", "body", "br", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "em",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr",
    "html", "img", "input", "label", "legend", "li", "link", "main", "meta", "nav", "ol", "option", "p", "path", "pre",
    "rect", "section", "select", "span", "strong", "summary", "svg", "table", "tbody", "td", "text", "th", "thead",
    "time", "title", "tr", "ul",
}  # fmt: skip


class Read(HTMLParser):
    """Elements, addresses and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.sources: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources = [*self.sources, *(value or "" for name, value in attrs if name == "src")]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def hostile_item(pair: dict[str, Any], identifier: str) -> dict[str, Any]:
    item = copy.deepcopy(pair)
    item["id"] = identifier
    item["properties"] |= {
        "title": SCRIPT + BIDI,
        "description": f"{SCRIPT}\n\n# big\n\n[x](javascript:alert(1)) ![y](http://evil.example/y) <b onclick=x>z</b>",
        "insar:perpendicular_baseline": -34.4,
        "flatsim:track": SCRIPT,
        f"x:{SCRIPT}": SCRIPT,
        "x:deep": {"a": [SCRIPT] * 3},
        "x:list": [SCRIPT, BIDI],
        "flatsim:coherence_mean": 0.571,
    }
    hrefs = [
        "javascript:alert(1)",
        "data:text/html,<script>x</script>",
        "//evil.example/",
        " https://x\n",
        "vbscript:x",
    ]
    item["links"] = [{"rel": "related", "href": href, "title": SCRIPT, "type": "text/html"} for href in hrefs] + [
        {"rel": "license", "href": "javascript:alert(2)"}
    ]
    item["assets"] = {
        f"a{number}{SCRIPT}": {"href": href, "title": SCRIPT, "roles": [SCRIPT, "thumbnail"], "type": "image/png"}
        for number, href in enumerate([*hrefs, "file:///etc/passwd", "s3://bucket/x", LONG])
    }
    return item


@pytest.fixture(scope="module")
def hostile(
    named_database: Callable[[str], AbstractContextManager[str]],
    make_settings: Callable[..., ServiceSettings],
    documents: Documents,
    load_documents: Callable[[str, Documents], None],
) -> Iterator[TestClient]:
    """A catalogue in which a collection and its items mean harm."""
    collection = copy.deepcopy(documents.collections[0])
    collection |= {
        "title": SCRIPT, "description": SCRIPT, "keywords": [SCRIPT, BIDI],
        "providers": [{"name": SCRIPT, "url": "javascript:alert(3)", "roles": [SCRIPT]}],
        "summaries": {"flatsim:track": [SCRIPT], "grid:code": [SCRIPT], "product:type": [SCRIPT]},
    }  # fmt: skip
    items = [hostile_item(documents.pairs[1], name) for name in ("plain", f"{SCRIPT.replace('/', '_')}{BIDI}", LONG)]
    elsewhere = copy.deepcopy(documents.pairs[0]) | {"id": "elsewhere"}
    elsewhere["assets"] = {
        "p": {"href": "https://data.example.org/p.png", "type": "image/png", "roles": ["thumbnail"], "title": "P"}
    }
    items.append(elsewhere)
    with named_database("flatsim_hostile") as dsn:
        load_documents(dsn, replace(documents, collections=[collection], items=items))
        app = create_app(make_settings(database=dsn))
        with TestClient(app, raise_server_exceptions=False) as asked:
            yield asked


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_strangers_wrote_is_text_on_every_page(hostile: TestClient, lang: str) -> None:
    listed = hostile.get(f"/collections/{PAIRS}/items").json()["features"]
    assert len(listed) == 4
    addresses = [next(link["href"] for link in item["links"] if link["rel"] == "self") for item in listed]
    paths = ["/", "/collections", f"/collections/{PAIRS}", f"/collections/{PAIRS}/items", "/search", *addresses]
    for path in [*paths, f"/search?q={SCRIPT[:60]}", f"/search?sortby={SCRIPT}", f"/collections/{SCRIPT}"]:
        page = hostile.get(path, params={**dict(_query(path)), "f": "html", "lang": lang})
        assert page.status_code in (200, 400, 404), (path[:100], page.text[-500:])
        read = Read(page.text)
        assert read.elements <= ALLOWED, (path[:100], read.elements - ALLOWED)
        assert not {name for name in read.attributes if name.startswith("on") or name == "style"}
        assert not [each for each in read.addresses if not each.startswith(("/", "http://", "https://", "#"))]
        assert not [each for each in read.sources if not each.startswith("/") or each.startswith("//")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text)
        assert len(page.text) < 400_000


def test_pictures_of_other_hosts_are_shown_where_the_operator_says_so(
    make_settings: Callable[..., ServiceSettings], documents: Documents, hostile: TestClient
) -> None:
    """Else whoever writes an item would learn who looks at it."""
    address = f"/collections/{PAIRS}/items/elsewhere"
    settings = make_settings(database=hostile.app.state.service_settings.database)  # type: ignore[attr-defined]
    allowed = settings.model_copy(update={"asset_hosts": ("https://data.example.org",)})
    picture = "https://data.example.org/p.png"
    for each, is_shown in ((settings, False), (allowed, True)):
        with TestClient(create_app(each)) as asked:
            page = asked.get(address, params={"f": "html"})
        assert (f'src="{picture}"' in page.text) is is_shown
        assert f'href="{picture}"' in page.text
        assert ("https://data.example.org" in page.headers["content-security-policy"]) is is_shown


def _query(path: str) -> list[tuple[str, str]]:
    _, _, query = path.partition("?")
    return [tuple(query.split("=", 1))] if query else []  # type: ignore[list-item]


def test_an_item_says_in_words_what_it_is(hostile: TestClient) -> None:
    english, french = (
        hostile.get(f"/collections/{PAIRS}/items/plain", params={"f": "html", "lang": lang}).text
        for lang in ("en", "fr")
    )
    thin = "\N{NARROW NO-BREAK SPACE}"
    assert (
        f"24-day pair, perpendicular baseline {MINUS}34{thin}m, mean coherence 0.57, not used in the time series"
        in english
    )
    assert "descending track 80" in english
    assert f"Paire de 24 jours, base perpendiculaire {MINUS}34" in french
    assert "cohérence moyenne 0,57" in french
    assert "trace descendante 80" in french


def test_the_facts_are_those_of_the_item(client: TestClient, documents: Documents) -> None:
    item = documents.pairs[3]
    page = client.get(f"/collections/{PAIRS}/items/{item['id']}", params={"f": "html"}).text
    for wanted in (
        "Relative orbit (track)",
        "Perpendicular baseline",
        "image/tiff",
        "Unwrapped interferogram",
        item["id"],
    ):
        assert wanted in page, wanted
    assert "/data/NSBAS_INT-PKG%20100%25%231/CNES_InU_geo_20150101_20150113.tiff" in page
    assert "https://data.example.org/radar.tiff" in page
    assert "Footprint on a map, from 13° E to 14° E and from 40° N to 41° N" in page.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    "geometry",
    [
        None, {}, {"type": "Point"}, {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Polygon", "coordinates": [[[1e999, 0], [0, -1e999]]]},
        {"type": "GeometryCollection", "geometries": [None, 3]},
    ],
)  # fmt: skip
def test_no_footprint_is_drawn_where_there_is_none(geometry: Any) -> None:
    assert map_footprint(geometry) is None


def test_a_footprint_across_the_antimeridian_is_one() -> None:
    east = [[179, 10], [180, 10], [180, 11], [179, 11], [179, 10]]
    west = [[-180, 10], [-179, 10], [-179, 11], [-180, 11], [-180, 10]]
    drawn = map_footprint({"type": "MultiPolygon", "coordinates": [[east], [west]]})
    assert drawn is not None
    assert drawn.box == (179, 10, -179, 11)
    assert drawn.view[2] - drawn.view[0] < 10


def test_points_are_drawn_and_poles_are_no_fault() -> None:
    for position in ([0, 0], [0, 90], [180, -90]):
        drawn = map_footprint({"type": "Point", "coordinates": position})
        assert drawn is not None
        assert drawn.path


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//x.example", "https:x", "http://", "ftp://x", "\thttps://x",
     "https://x\u202e", "https://x y", "https://[::1", "https:\\\\x", None, 3],
)  # fmt: skip
def test_only_plain_addresses_of_the_web_are_followed(address: Any) -> None:
    assert safe_address(address) is None


def test_descriptions_are_commonmark_without_html() -> None:
    made = markdown("**b** <i>x</i> [a](https://x.example/) [b](data:x) `c`\n\n# h")
    assert "<strong>b</strong>" in made
    assert "&lt;i&gt;" in made
    assert '<a href="https://x.example/">a</a>' in made
    assert "data:x" in made
    assert 'href="data' not in made
    assert "<h3>h</h3>" in made
