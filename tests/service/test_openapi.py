"""The OpenAPI document: the service keeps what it says, and what it says is of this service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog_builder.vocab.queryables import QUERYABLES

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

SUPPORT = Path(__file__).parent.parent / "support"


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api").json()
    return found


def schemathesis(server: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Schemathesis with all of its checks against a service; gives the number of requests and what it printed."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server}api", "--checks", "all", "--no-color"]
    answered = subprocess.run(
        [*command, "--continue-on-failure", "--suppress-health-check", "all", *arguments],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "openapi_rules", "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = answered.stdout + answered.stderr
    generated = re.search(r"(\d+) generated", printed)
    assert answered.returncode == 0, printed[-20_000:]
    assert generated is not None, printed
    return int(generated[1]), printed


def test_requests_made_from_the_document_are_answered_as_it_says(server: str, tmp_path: Path) -> None:
    """The short form: some requests to each operation, right and wrong ones."""
    count, printed = schemathesis(server, tmp_path, "--phases", "examples,fuzzing", "-n", "20", "--seed", "1")
    assert count >= 150, printed


@pytest.mark.full
def test_thousands_of_requests_made_from_the_document(server: str, tmp_path: Path) -> None:
    """All phases: the values at the ends of each schema, chance, and chains of requests along the links."""
    count, printed = schemathesis(server, tmp_path, "-n", "150")
    assert count >= 5000, printed


def test_every_operation_says_how_it_fails(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            statuses = set(operation["responses"])
            assert {"200", "400", "500"} <= statuses, path
            assert "422" not in statuses
            assert ("304" in statuses) is (method == "get")
            assert {"413", "415"} <= statuses or method == "get"
            assert ("404" in statuses) is ("{" in path)
            assert operation["summary"], path


def test_names_of_operations_are_those_of_the_specifications(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert {"getLandingPage", "getItemSearch", "postItemSearch", "getFeature", "describeCollection"} <= set(names)


def test_every_property_is_told_as_a_parameter(document: dict[str, Any]) -> None:
    told = document["components"]["parameters"].values()
    ours = {row.name for row in QUERYABLES if row.type is not None}
    assert {parameter["name"] for parameter in told} == ours
    for path in ("/search", "/collections/{collection_id}/items"):
        given = document["paths"][path]["get"]["parameters"]
        names = [
            parameter.get("name") or document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]["name"]
            for parameter in given
        ]
        assert len(names) == len(set(names))
        assert ours <= set(names)


def test_the_document_stands_alone_and_names_only_what_is_there(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for place in set(re.findall(r'"\$ref": "([^"]+)"', text)):
        found: Any = document
        for part in place.removeprefix("#/").split("/"):
            found = found[part]
        assert found, place
    assert len(text) < 250_000
    assert "landsat" not in text  # the libraries' own examples find nothing here


def test_examples_of_the_document_can_be_sent(client: TestClient, document: dict[str, Any]) -> None:
    sent = 0
    for path in ("/search", "/collections"):
        for parameter in document["paths"][path]["get"]["parameters"]:
            for example in parameter.get("schema", {}).get("examples", ()):
                answer = client.get(path, params={parameter["name"]: example})
                assert answer.status_code == 200, answer.text
                sent += 1
    assert sent > 8
