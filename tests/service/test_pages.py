"""Pages for people: who gets one, and what all of them have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from conftest import Documents
    from fastapi.testclient import TestClient

PAIRS = "flatsim-testland-interferogram"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PATHS = ("/", "/collections", f"/collections/{PAIRS}")


def is_page(answer: object) -> bool:
    return answer.headers["content-type"] == "text/html; charset=utf-8"  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def paths(documents: Documents) -> list[str]:
    return [*PATHS, f"/collections/{PAIRS}/items/{quote(documents.pairs[0]['id'])}"]


def test_a_browser_gets_pages_and_everybody_else_json(client: TestClient, paths: list[str]) -> None:
    for path in paths:
        page = client.get(path, headers={"accept": FIREFOX})
        assert page.status_code == 200, page.text
        assert is_page(page)
        for accept in ("*/*", "application/json", "application/geo+json", "application/json, text/html", "text/*", ""):
            answer = client.get(path, headers={"accept": accept})
            assert answer.headers["content-type"] in ("application/json", "application/geo+json"), (path, accept)
            assert "Accept" in answer.headers["vary"]
            assert answer.headers["etag"] != page.headers["etag"]


def test_the_form_that_is_asked_for_by_name_counts_before_the_header(client: TestClient, paths: list[str]) -> None:
    for path in paths:
        assert is_page(client.get(path, params={"f": "html"}, headers={"accept": "application/json"}))
        plain = client.get(path)
        asked = client.get(path, params={"f": "json"}, headers={"accept": FIREFOX})
        assert asked.json().keys() == plain.json().keys()


def test_no_page_escapes_twice(client: TestClient, paths: list[str]) -> None:
    for path in paths:
        for language in ("en", "fr"):
            page = client.get(path, params={"f": "html", "lang": language}).text
            assert not re.search(r"&amp;(?:[a-z]+|#\d+);|built-in method|object at 0x", page), path


def test_other_forms_and_languages_are_refused(client: TestClient) -> None:
    refused = client.get("/", params={"f": "htm"})
    assert (refused.status_code, refused.json()["description"]) == (
        400, "f: unknown format 'htm'; did you mean html? Available: json, html",
    )  # fmt: skip
    assert client.get("/", params={"f": "html", "lang": "de"}).status_code == 400


def test_every_page_is_safe_to_open(client: TestClient, paths: list[str]) -> None:
    for path in [*paths, "/nothing"]:
        headers = client.get(path, params={"f": "html"}).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        assert {headers["x-content-type-options"], headers["referrer-policy"]} == {"nosniff", "no-referrer"}


def test_a_page_that_is_there_already_is_not_sent_again(client: TestClient, paths: list[str]) -> None:
    for path in paths:
        first = client.get(path, headers={"accept": FIREFOX})
        assert {"Accept", "Accept-Language"} <= set(first.headers["vary"].split(", "))
        again = client.get(path, headers={"accept": FIREFOX, "if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        head = client.head(path, headers={"accept": FIREFOX})
        assert (head.headers["etag"], head.content) == (first.headers["etag"], b"")


@pytest.mark.parametrize(
    ("params", "header", "language"),
    [({}, "", "en"), ({}, "fr-CH, fr;q=0.9, en;q=0.8", "fr"), ({}, "de, *;q=0.5", "en"), ({"lang": "fr"}, "en", "fr")],
)
def test_the_language_is_the_readers(client: TestClient, params: dict[str, str], header: str, language: str) -> None:
    page = client.get("/", params=params, headers={"accept": FIREFOX, "accept-language": header})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language


def test_every_address_on_a_page_of_ours_answers(client: TestClient, paths: list[str]) -> None:
    found = set()
    for path in paths:
        text = client.get(path, headers={"accept": FIREFOX}).text
        found |= {each.replace("&amp;", "&") for each in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', text)}
    ours = {each for each in found if each.startswith("/") and not each.startswith(("/search", "/browser"))}
    assert len(ours) > 10
    for address in ours:
        if "/items?" not in address and not address.endswith("/items"):
            answer = client.get(address, headers={"accept": FIREFOX})
            assert answer.status_code == 200, address
    assert all(each.startswith(("/", "https://", "http://")) for each in found), found


def test_failures_are_pages_for_those_who_read_pages(client: TestClient) -> None:
    page = client.get("/collections/<script>alert(1)</script>", headers={"accept": FIREFOX})
    assert (page.status_code, is_page(page)) == (404, True)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert client.get("/collections/nothing").json()["code"] == "NotFound"


def test_files_of_the_pages_are_kept_for_ever_by_their_name(client: TestClient) -> None:
    found = re.search(r'href="(/pages/style-[0-9a-f]+\.css)"', client.get("/", params={"f": "html"}).text)
    assert found
    style = client.get(found[1])
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    older = client.get("/pages/style-000000000000.css")
    assert (older.text, older.headers["cache-control"]) == (style.text, "no-cache")
    assert client.get("/pages/nothing-000.css").status_code == 404
