"""Addresses in answers: those of the proxy that is trusted, and never those that somebody else tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.forwarded import TrustedProxies

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
OUTER, INNER = "203.0.113.7", "10.0.0.9"

HEADERS: list[tuple[dict[str, str], str]] = [
    ({}, "http://testserver/"),
    ({"X-Forwarded-Proto": "https"}, "https://testserver/"),
    ({"X-Forwarded-Host": "stac.example.org", "X-Forwarded-Proto": "https"}, "https://stac.example.org/"),
    ({"X-Forwarded-Host": "stac.example.org", "X-Forwarded-Port": "8443", "X-Forwarded-Proto": "https"},
     "https://stac.example.org:8443/"),
    ({"X-Forwarded-Host": "stac.example.org", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"},
     "https://stac.example.org/"),
    ({"X-Forwarded-Host": "stac.example.org:8443", "X-Forwarded-Port": "8443"}, "http://stac.example.org:8443/"),
    ({"X-Forwarded-Prefix": "/stac"}, "http://testserver/stac/"),
    ({"X-Forwarded-Prefix": "/a/b/"}, "http://testserver/a/b/"),
    ({"Forwarded": "for=198.51.100.1;proto=https;host=stac.example.org"}, "https://stac.example.org/"),
    ({"Forwarded": 'for="[2001:db8::1]:4711";host="stac.example.org:8443";proto=HTTPS'},
     "https://stac.example.org:8443/"),
    ({"Forwarded": "host=real.example.org", "X-Forwarded-Host": "other.example.org"}, "http://real.example.org/"),
    # several proxies: the outermost that is trusted; what comes before it anybody may have written
    ({"Forwarded": f"host=evil.example.org;for=1.1.1.1, host=real.example.org;for=198.51.100.1, for={INNER}"},
     "http://real.example.org/"),
    ({"X-Forwarded-For": f"1.1.1.1, 198.51.100.1, {INNER}", "X-Forwarded-Host": "evil.example.org, a.example.org, x"},
     "http://a.example.org/"),
    ({"X-Forwarded-For": "1.1.1.1, 198.51.100.1", "X-Forwarded-Host": "evil.example.org, real.example.org"},
     "http://real.example.org/"),
    # what is not one is left out
    ({"X-Forwarded-Host": 'a"><script>'}, "http://testserver/"),
    ({"X-Forwarded-Host": "a/b"}, "http://testserver/"),
    ({"X-Forwarded-Proto": "javascript"}, "http://testserver/"),
    ({"X-Forwarded-Prefix": "//evil.example.org"}, "http://testserver/"),
    ({"X-Forwarded-Prefix": "/a?b"}, "http://testserver/"),
    ({"Forwarded": ";;=,,"}, "http://testserver/"),
]  # fmt: skip


@pytest.fixture(scope="module")
def behind(make_settings: Callable[..., ServiceSettings]) -> TestClient:
    """The service; its client's address is that of a trusted proxy."""
    app = create_app(make_settings(forwarded_allow_ips=f"{OUTER},10.0.0.0/8"))
    with TestClient(app, client=(OUTER, 1), raise_server_exceptions=False) as asked:
        yield asked


@pytest.mark.parametrize(("headers", "root"), HEADERS)
def test_addresses_are_those_of_the_proxy(behind: TestClient, headers: dict[str, str], root: str) -> None:
    links = {link["rel"]: link["href"] for link in behind.get("/", headers=headers).json()["links"]}
    assert links["root"] == links["self"] == root
    assert links["data"] == f"{root}collections"
    asked = {"collections": PAIRS, "limit": 1}
    page = behind.get("/search", params=asked, headers=headers).json()
    hrefs = [link["href"] for link in page["links"]]
    hrefs += [link["href"] for link in page["features"][0]["links"] if link["rel"] in ("self", "parent", "root")]
    assert all(href.startswith(root) for href in hrefs), hrefs
    assert page["features"][0]["assets"]["inu_geo"]["href"].startswith(f"{root}data/")


@pytest.mark.parametrize("headers", [headers for headers, root in HEADERS if headers])
def test_nobody_else_is_believed(make_settings: Callable[..., ServiceSettings], headers: dict[str, str]) -> None:
    app = create_app(make_settings(forwarded_allow_ips=OUTER))
    with TestClient(app, client=("198.51.100.1", 1)) as client:
        links = {link["rel"]: link["href"] for link in client.get("/", headers=headers).json()["links"]}
    assert links["self"] == "http://testserver/"


def test_a_configured_prefix_counts_before_a_told_one(make_settings: Callable[..., ServiceSettings]) -> None:
    app = create_app(make_settings(forwarded_allow_ips="*", root_path="/stac"))
    with TestClient(app) as client:
        for path in ("/", "/stac/", "/stac", "/collections", "/stac/collections", "/stac/collections/"):
            answer = client.get(path, headers={"X-Forwarded-Prefix": "/other"}, follow_redirects=False)
            assert answer.status_code == 200, path
            links = {link["rel"]: link["href"] for link in answer.json()["links"]}
            assert links["root"] == "http://testserver/stac/"


@pytest.mark.parametrize(
    "path",
    ["/collections", f"/collections/{PAIRS}", f"/collections/{PAIRS}/items", "/search", "/conformance", "/queryables",
     "/api", "/api.html", "/_mgmt/ping"],
)  # fmt: skip
def test_a_slash_at_the_end_makes_no_difference(client: TestClient, path: str) -> None:
    plain, slashed = client.get(path), client.get(f"{path}/", follow_redirects=False)
    assert (plain.status_code, slashed.status_code) == (200, 200)
    if "json" in plain.headers["content-type"] and "queryables" not in path:
        assert slashed.json() == plain.json()


def test_a_posted_search_may_end_with_a_slash(client: TestClient) -> None:
    assert client.post("/search/", json={"limit": 1}, follow_redirects=False).json()["numberReturned"] == 1


@pytest.mark.parametrize("host", ['a"><script>', "a b", "a/b", "", "[::1", "a:b", "a\x80"])
def test_a_host_that_is_none_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host.encode("latin-1")})
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Host: ")


def test_trusted_proxies() -> None:
    trusted = TrustedProxies.parse("127.0.0.1, ::1,10.0.0.0/8, proxy")
    for host, believed in {
        "127.0.0.1": True, "::ffff:127.0.0.1": True, "::1": True, "10.255.0.1": True, "proxy": True,
        "11.0.0.1": False, "nobody": False, "": False, None: False, "127.0.0.1:80": False,
    }.items():  # fmt: skip
        assert (host in trusted) is believed, host
    assert None in TrustedProxies.parse("*")
