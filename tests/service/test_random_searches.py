"""Random searches, page by page, against the same searches in plain Python: same set, same order, same total."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from oracle import found, in_words
from random_searches import CONDITIONS, ITEMS, SEARCHES, WORDS, Tree, op
from varied_items import load_items, token_of

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings


@pytest.fixture(scope="module")
def client(
    named_database: Callable[[str], AbstractContextManager[str]], make_settings: Callable[..., ServiceSettings]
) -> Iterator[TestClient]:
    with named_database("flatsim_random") as dsn:
        load_items(dsn, ITEMS)
        with TestClient(create_app(make_settings(database=dsn))) as asked:
            yield asked


def check(client: TestClient, search: Tree) -> None:
    expected = found(search, ITEMS)
    if "q" in search:
        search = {**search, "q": in_words(search["q"])}
    answer = client.post("/search", json=search)
    seen: list[str] = []
    while True:
        assert answer.status_code == 200, (answer.text, json.dumps(search))
        page = answer.json()
        seen += [item["id"] for item in page["features"]]
        assert page["numberMatched"] == len(expected), json.dumps(search)
        if (token := token_of(page, "next")) is None or len(seen) > 12:
            break
        answer = client.post("/search", json={**search, "token": token})
    assert seen == expected[: len(seen)], json.dumps(search)
    assert len(seen) == len(expected) or len(seen) > 12


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(search=SEARCHES)
def test_random_searches(client: TestClient, search: Tree) -> None:
    check(client, search)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(condition=CONDITIONS)
@example(condition=op("not", op("in", {"property": "flatsim:n_dates"}, [80.5])))
def test_random_filters(client: TestClient, condition: Tree) -> None:
    check(client, {"limit": 100, "filter": condition})


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=WORDS)
def test_random_words(client: TestClient, words: str | Tree) -> None:
    check(client, {"limit": 100, "q": words})


@pytest.mark.full
@settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))
@given(search=SEARCHES)
def test_many_random_searches(client: TestClient, search: Tree) -> None:
    check(client, search)
