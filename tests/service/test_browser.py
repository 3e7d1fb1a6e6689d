"""STAC Browser's bundle, as its page needs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.settings import ServiceSettings

NO_CACHE = "no-cache"


def test_the_page_is_told_which_catalogue_it_shows(client: TestClient) -> None:
    answer = client.get("/browser/runtime-config.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == NO_CACHE
    name, _, value = answer.text.rstrip(";\n").partition(" = ")
    assert name == "window.STAC_BROWSER_CONFIG"
    landing = client.get("/").json()
    (own,) = [link["href"] for link in landing["links"] if link["rel"] == "self"]
    assert json.loads(value) == {"catalogUrl": own, "catalogTitle": landing["title"]}


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
