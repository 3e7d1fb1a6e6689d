"""STAC Browser's bundle, as its page needs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create_app
from api.settings.service import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NO_CACHE = "no-cache"


def test_the_page_is_told_which_catalogue_it_shows(client: TestClient) -> None:
    answer = client.get("/browser/runtime-config.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == NO_CACHE
    name, _, value = answer.text.rstrip(";\n").partition(" = ")
    assert name == "window.STAC_BROWSER_CONFIG"
    landing = client.get("/").json()
    (own,) = [link["href"] for link in landing["links"] if link["rel"] == "self"]
    told = json.loads(value)
    assert (told["catalogUrl"], told["catalogTitle"], told["basemaps"]) == (own, landing["title"], [])
    assert told["titles"]["words"]["Spatial coherence"] == "Cohérence spatiale"


def test_one_bundle_serves_any_host(client: TestClient) -> None:
    answer = client.get("/browser/runtime-config.js", headers={"Host": "stac.example.org:8443"})
    assert '"catalogUrl":"http://stac.example.org:8443/"' in answer.text


def test_hashed_files_are_kept_for_ever(client: TestClient, bundle: Path) -> None:
    answer = client.get("/browser/js/app.1a2b3c4d.js")
    assert answer.content == (bundle / "js" / "app.1a2b3c4d.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert (
        client.get("/browser/js/app.1a2b3c4d.js", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )


def test_other_files_are_asked_for_again(client: TestClient) -> None:
    answer = client.get("/browser/sw.js")
    assert (answer.text, answer.headers["cache-control"]) == ("// worker", NO_CACHE)


def test_addresses_of_the_page_itself_give_the_page(client: TestClient) -> None:
    page = client.get("/browser/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == NO_CACHE
    for path in (
        "collections/x/items/y",
        "search",
        "index.html",
        "%2e%2e/secret",
        "collections/%2e%2e/%2e%2e/x",
        "img",
    ):
        answer = client.get(f"/browser/{path}")
        assert (answer.status_code, answer.text) == (200, page.text), path


def test_a_missing_script_is_no_page(client: TestClient) -> None:
    for path in ("js/app.old.js", "css/nope.css", "img/nope.png", "js/%2e%2e/%2e%2e/secret"):
        answer = client.get(f"/browser/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound"), path


def _policy(client: TestClient, path: str = "browser/") -> dict[str, list[str]]:
    rows = (part.split() for part in client.get(f"/{path}").headers["content-security-policy"].split(";"))
    return {name: values for name, *values in rows}


def test_the_page_may_load_nothing_but_our_files(client: TestClient) -> None:
    policy = _policy(client, "browser/collections/x")
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert not [word for values in policy.values() for word in values if "unsafe" in word or "//" in word]
    assert client.get("/browser/js/app.1a2b3c4d.js").headers["x-content-type-options"] == "nosniff"


def test_tile_servers_of_the_operator_are_offered_and_admitted(make_settings: Callable[..., ServiceSettings]) -> None:
    tiles = {"title": "Relief", "url": "https://{a-c}.tiles.example.org:8443/{z}/{x}/{-y}.png?k=1", "first": True}
    settings = make_settings(basemaps=json.dumps([tiles]), asset_hosts="https://data.example.org/x  http://b.example")
    with TestClient(create_app(settings)) as client:
        policy = _policy(client)
        script = client.get("/browser/runtime-config.js").text
    servers = [f"https://{server}.tiles.example.org:8443" for server in "abc"]
    hosts = ["https://data.example.org", "http://b.example"]
    assert policy["img-src"] == ["'self'", "data:", *hosts, *servers]
    assert policy["connect-src"] == ["'self'", *hosts]
    (layer,) = json.loads(script.partition(" = ")[2].rstrip(";\n"))["basemaps"]
    assert (layer["url"], layer["title"], layer["visible"]) == (tiles["url"], "Relief", True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://tiles.example.org/{z}/{x}.png", "must have"),
        ("javascript:alert({x}{y}{z})", "not a web address"),
        ("https://tiles.example.org; script-src */{z}/{x}/{y}", "not a web address"),
        ("https://{c-a}.example.org/{z}/{x}/{y}", "first of a range"),
        ("https://example.org:port/{z}/{x}/{y}", "not an address"),
    ],
)
def test_a_wrong_tile_server_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ServiceSettings(basemaps=json.dumps([{"title": "x", "url": url}]))


@pytest.mark.parametrize(
    "hosts", ["data.example.org", "https://a;script-src", "ftp://data.example.org", "'unsafe-eval'"]
)
def test_a_wrong_host_is_refused(hosts: str) -> None:
    with pytest.raises(ValidationError, match="not a web address"):
        ServiceSettings(asset_hosts=hosts)


def test_what_is_no_list_of_tile_servers_is_refused() -> None:
    with pytest.raises(ValidationError, match="not JSON"):
        ServiceSettings(basemaps="https://tiles.example.org")
    assert ServiceSettings(basemaps="").basemaps == ()


def test_without_the_slash_the_reader_is_sent_on(client: TestClient) -> None:
    answer = client.get("/browser", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "http://testserver/browser/"


def test_without_the_bundle_it_says_how_to_make_it(
    make_settings: Callable[..., ServiceSettings], tmp_path: Path
) -> None:
    with TestClient(create_app(make_settings(browser_dir=tmp_path))) as client:
        answer = client.get("/browser/")
        assert answer.status_code == 404
        assert "scripts/bootstrap" in answer.json()["description"]
        (tmp_path / "index.html").write_text("built meanwhile")
        assert client.get("/browser/").text == "built meanwhile"
