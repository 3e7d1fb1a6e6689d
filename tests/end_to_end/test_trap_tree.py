"""A tree with every trap, by the command line: told in every form of the report, and read back equal and valid."""

from __future__ import annotations

import html
import json
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx2 as httpx
import pytest
from traps import put_all

from catalog_builder.validation.check import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog_builder.validation.schemas import Schemas

SOME_REFUSED = 3
SERVICE_LINKS = {"self", "root", "parent", "collection"}
BASE = "https://data.example.org/flatsim"

Item = dict[str, Any]
Run = "Callable[..., subprocess.CompletedProcess[str]]"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traps")
    (folder / "outside").mkdir()
    put_all(folder / "tree", folder / "outside")
    return folder / "tree"


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory, flatsim: Run) -> dict[str, Item]:
    """Items as files, of a lenient build: those that contradict themselves too."""
    out = tmp_path_factory.mktemp("lines") / "out"
    done = flatsim("build", tree, "--out", out, "--format", "ndjson", "--href-base", BASE, "--lenient")
    assert done.returncode == SOME_REFUSED, done.stderr
    lines = [line for path in out.glob("flatsim-*.ndjson") for line in path.read_bytes().splitlines()]
    return {item["id"]: item for item in map(json.loads, lines)}


@pytest.fixture
def address(
    tree: Path,
    database_dsn: str,
    tmp_path: Path,
    flatsim: Run,
    free_port: Callable[[], int],
    start_flatsim: Callable[..., subprocess.Popen[str]],
    wait_until_served: Callable[..., None],
) -> Iterator[str]:
    """Landing page of a service over the tree."""
    done = flatsim("build", tree, "--database", database_dsn, "--href-base", BASE, "--lenient")
    assert done.returncode == SOME_REFUSED, done.stderr
    port, log = free_port(), tmp_path / "log"
    process = start_flatsim("serve", "--database", database_dsn, "--port", str(port), log=log)
    landing = f"http://127.0.0.1:{port}/"
    wait_until_served(landing, process, log)
    yield landing
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "Traceback" not in log.read_text()


def own(item: Item, base: str) -> Item:
    """An item without what the service says of itself, its links made absolute."""
    links = [
        link | {"href": urljoin(base, link["href"])}
        for link in item["links"]
        if link["rel"] not in SERVICE_LINKS and "/network?f=" not in link["href"]
    ]
    return item | {"links": links}


def pages(address: str) -> Iterator[Item]:
    link: str | None = f"{address}search?limit=50"
    with httpx.Client(timeout=30) as http:
        while link:
            page = http.get(link).raise_for_status().json()
            yield from page["features"]
            link = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)


def test_items_come_back_equal_and_valid(built: dict[str, Item], address: str, schemas: Schemas) -> None:
    found = {item["id"]: item for item in pages(address)}
    assert found.keys() == built.keys()
    for identifier, item in found.items():
        assert own(item, address) == own(built[identifier], address)
        assert list(check(item, schemas)) == []


@pytest.mark.parametrize("form", ["static", "geoparquet"])
def test_every_store_takes_the_tree_and_tells_the_same(tree: Path, form: str, tmp_path: Path, flatsim: Run) -> None:
    for name in ("report.json", "report.html"):
        done = flatsim("build", tree, "--out", tmp_path / "out", "--format", form, "--report", tmp_path / name)
        assert done.returncode == SOME_REFUSED, done.stderr
        assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    packages = [row for row in report["ignored"] if Path(row["path"]).name.startswith("NSBAS_")]
    assert report["found"] == report["catalogued"] + len(report["refused"]) + len(packages)
    page = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert [row for row in report["refused"] if row["reason"] not in page] == []
