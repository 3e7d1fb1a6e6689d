"""The pages that list items: their form works without a script, and what is shown to copy runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.web.form import normalise_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
FIREFOX = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FIELD = re.compile(r'<(?:input|select)[^>]* name="([^"]+)"')
SEARCHES = (
    "sat:orbit_state=descending&insar:temporal_baseline=../24&sortby=-insar:perpendicular_baseline",
    "bbox=11,39,20,42&datetime=2015-03/2015-06&collections=" + PAIRS,
    "filter=%22sat%3Arelative_orbit%22%20%3D%2080%20AND%20title%20LIKE%20%27pair%25%27&sar:polarizations=VV",
    "q=%22testland%22%20interferogram",
    "ids=flatsim_testland_d080_2015-2016_int_20150101_20150113",
    "insar:reference_datetime=2015-02/..&flatsim:used_in_timeseries=true",
)


def matched(text: str) -> int:
    found = re.search(r'<h2 id="results">(?:(\d+) items? found|Nothing found)', text)
    assert found, text
    return int(found[1] or 0)


def test_a_form_that_is_sent_as_it_is_asks_for_everything(client: TestClient) -> None:
    for path in ("/search", f"/collections/{PAIRS}/items"):
        page = client.get(path, headers=FIREFOX)
        names = FIELD.findall(page.text)
        assert {"q", "sat:orbit_state", "datetime.min", "bbox", "insar:temporal_baseline.max"} <= set(names)
        sent = client.get(path, params=dict.fromkeys(names, ""), headers=FIREFOX, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, path)
        total = client.get(path).json()["numberMatched"]
        assert matched(client.get(path, params=dict.fromkeys(names, ""), headers=FIREFOX).text) == total


def test_nothing_empty_reaches_a_program(client: TestClient) -> None:
    """What a browser sends is put right for pages alone: in JSON the same is a fault that is told."""
    params = {"insar:temporal_baseline.min": "", "sat:orbit_state": ""}
    assert client.get("/search", params=params).status_code == 400


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"insar:temporal_baseline.max": "24"}, "insar:temporal_baseline=../24"),
        ({"insar:temporal_baseline.min": "12", "insar:temporal_baseline.max": "24"}, "insar:temporal_baseline=12/24"),
        ({"flatsim:coherence_mean.min": " 0,5 "}, "flatsim:coherence_mean=0.5/.."),
        ({"insar:perpendicular_baseline.min": "\N{MINUS SIGN}50"}, "insar:perpendicular_baseline=-50/.."),
        ({"datetime.min": "2015-03", "datetime.max": "2015-06"}, "datetime=2015-03/2015-06"),
    ],
)
def test_both_ends_of_a_range_become_one_parameter(client: TestClient, sent: dict[str, str], meant: str) -> None:
    moved = client.get("/search", params={**sent, "q": ""}, headers=FIREFOX, follow_redirects=False)
    assert urlsplit(moved.headers["location"]).query == meant
    name, value = meant.split("=")
    page = client.get(moved.headers["location"], headers=FIREFOX).text
    low, high = value.split("/")
    for end, typed in (("min", low), ("max", high)):
        shown = re.search(rf'name="{name}.{end}" value="([^"]*)"', page)
        if shown:
            assert shown[1] == typed.strip(".")


@pytest.mark.parametrize("query", SEARCHES)
def test_an_address_that_no_form_has_made_stays_as_it_is(query: str) -> None:
    assert normalise_query(query) == query


def test_what_was_typed_stays_when_it_is_refused(client: TestClient) -> None:
    page = client.get(
        "/search", params={"insar:temporal_baseline": "a/24", "bbox": "1,2", "q": 'x" "'}, headers=FIREFOX
    )
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert 'name="insar:temporal_baseline.min" value="a"' in page.text
    assert 'name="bbox" value="1,2"' in page.text
    assert 'name="q" value="x&#34; &#34;"' in page.text
    assert "bbox" in page.text.partition('role="alert"')[2][:300]


def test_conditions_that_have_no_field_go_on_with_the_form(client: TestClient) -> None:
    query = "filter=%22insar%3Atemporal_baseline%22%20%3C%2024&sar:polarizations=VV"
    page = client.get(f"/search?{query}", headers=FIREFOX).text
    assert 'name="filter" value="&#34;insar:temporal_baseline&#34; &lt; 24" checked' in page
    assert 'name="sar:polarizations" value="VV" checked' in page


def test_menus_hold_what_the_data_hold(client: TestClient) -> None:
    page = client.get(f"/collections/{PAIRS}/items", params={"f": "html", "lang": "fr"}).text
    assert '<option value="descending">descendante</option>' in page
    assert "Base temporelle [j]" in page
    chosen = client.get("/search", params={"f": "html", "sat:orbit_state": "descending", "sortby": "-updated"}).text
    assert '<option value="descending" selected>' in chosen


def test_pages_lead_through_the_whole_result(client: TestClient) -> None:
    found, address = [], f"/collections/{PAIRS}/items?limit=10&lang=fr"
    while address:
        page = client.get(address, headers=FIREFOX).text
        found += re.findall(r'<h3><a href="/collections/[^"]+/items/([^"?]+)\?lang=fr"', page)
        link = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = unescape(link[1]) if link else ""
    assert len(found) == len(set(found)) == client.get(f"/collections/{PAIRS}/items").json()["numberMatched"]


def test_no_page_is_longer_than_a_reader_wants(client: TestClient) -> None:
    page = client.get("/search", params={"limit": "10000"}, headers=FIREFOX).text
    assert page.count("<h3><a ") == 26
    assert client.get("/search", params={"limit": "5"}, headers=FIREFOX).text.count("<h3><a ") == 5


def test_downloads_are_of_this_search(client: TestClient) -> None:
    page = client.get("/search?sat:orbit_state=descending&limit=3", headers=FIREFOX).text
    links = [unescape(each) for each in re.findall(r'<a href="([^"]+)"[^>]*>(?:all as|this page as)', page)]
    assert len(links) == 4
    for link in links:
        answer = client.get(link, headers=FIREFOX)
        assert answer.status_code == 200
        assert "html" not in answer.headers["content-type"]
        assert "ascending_" not in answer.text
    table = client.get(next(link for link in links if "csv" in link)).text
    assert len(table.splitlines()) == matched(page) + 1


def test_the_page_behind_a_proxy_stays_behind_it(make_settings: Callable[..., ServiceSettings]) -> None:
    told = {"prefix": "/stac", "host": "data.example.org", "proto": "https"}
    headers = {**FIREFOX, **{f"x-forwarded-{name}": value for name, value in told.items()}}
    with TestClient(create_app(make_settings(forwarded_allow_ips="*"))) as proxied:
        page = proxied.get(f"/collections/{PAIRS}/items", headers=headers).text
        moved = proxied.get("/search?q=", headers=headers, follow_redirects=False)
    own = [unescape(each) for each in re.findall(r'(?:href|src|action)="(/[^"]*)"', page)]
    assert own
    assert all(each.startswith("/stac/") for each in own)
    assert "curl https://data.example.org/stac/collections/" in page
    assert moved.headers["location"] == "/stac/search"


@pytest.mark.parametrize("query", SEARCHES)
def test_what_is_shown_to_copy_finds_the_same(client: TestClient, server: str, query: str) -> None:

    page = httpx.get(f"{server}search?{query}", headers=FIREFOX, timeout=30).text
    command, program = (unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL))
    expected = {item["id"] for item in client.get(f"/search?{query}").json()["features"]}
    assert expected
    assert len(expected) == matched(page)
    name, address = shlex.split(command)
    assert name == "curl"
    assert dict(parse_qsl(urlsplit(address).query)) == dict(parse_qsl(query))
    assert {item["id"] for item in httpx.get(address, timeout=30).json()["features"]} == expected
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) == expected


@pytest.mark.parametrize("path", ["", "collections", f"collections/{PAIRS}"])
def test_the_programs_of_other_pages_run(server: str, path: str) -> None:

    page = httpx.get(f"{server}{path}", headers=FIREFOX, timeout=30).text
    program = unescape(re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)[1])
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "flatsim" in ran.stdout
