"""One tree with every trap of a real one, one build of it, and each package in exactly one count with its reason."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from trap_rows import Trap
from traps import put_all

from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.report.report import Remark, Report
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout
from catalog_builder.validation.check import check
from catalog_builder.validation.schemas import Schemas

Items = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Built:
    traps: list[Trap]
    report: Report
    items: Items
    """By the path that their files have in common."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Trap]]:
    folder = tmp_path_factory.mktemp("traps")
    (folder / "outside").mkdir()
    return folder, put_all(folder / "tree", folder / "outside")


def built(tree: tuple[Path, list[Trap]], out: Path, *, lenient: bool) -> Built:
    folder, traps = tree
    report = build([folder / "tree"], NdjsonSink(out), ServiceLayout(), options=Options(lenient=lenient))
    lines = [line for path in sorted(out.glob("flatsim-*.ndjson")) for line in path.read_bytes().splitlines()]
    return Built(traps, report, {item["id"]: item for item in map(json.loads, lines)})


@pytest.fixture(scope="module")
def strict(tree: tuple[Path, list[Trap]], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tree, tmp_path_factory.mktemp("strict") / "out", lenient=False)


@pytest.fixture(scope="module")
def lenient(tree: tuple[Path, list[Trap]], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tree, tmp_path_factory.mktemp("lenient") / "out", lenient=True)


def reasons(remarks: list[Remark], path: Path) -> list[str]:
    written = Remark(str(path), "").path
    return [remark.reason for remark in remarks if remark.path == written]


def faults(done: Built, *, is_lenient: bool) -> list[str]:
    """What ended elsewhere than its row says."""
    found = []
    for one in done.traps:
        for path, end, word in one.fates:
            lists = {"refused": done.report.refused, "ignored": done.report.ignored, "file": done.report.ignored,
                     "warned": done.report.warnings}  # fmt: skip
            changed = {"contradicts": "warned" if is_lenient else "refused", "withheld": "warned"}
            expected = changed.get(end, end)
            told = reasons(lists.get(expected, []), path)
            elsewhere = (
                reasons([*done.report.refused, *done.report.ignored], path) if end in {"catalogued", "withheld"} else []
            )
            if elsewhere or (expected != "catalogued" and not any(word in reason for reason in told)):
                rest = [
                    one for one in (*lists["refused"], *lists["ignored"], *lists["warned"]) if one.path == str(path)
                ]
                found.append(f"{one.words}: {path.name}: expected {expected} {word!r}, got {rest or 'nothing'}")
    return found


@pytest.mark.parametrize("is_lenient", [False, True])
def test_each_package_ends_in_the_count_of_its_row(strict: Built, lenient: Built, *, is_lenient: bool) -> None:
    done = lenient if is_lenient else strict
    report = done.report
    assert faults(done, is_lenient=is_lenient) == []
    ends = Counter(end for one in done.traps for _, end, _ in one.fates)
    contradicting = ends["contradicts"]
    catalogued = ends["catalogued"] + ends["withheld"] + (contradicting if is_lenient else 0)
    assert report.catalogued == len(done.items) == catalogued
    assert len(report.refused) == ends["refused"] + (0 if is_lenient else contradicting)
    assert len(report.ignored) == ends["ignored"] + ends["file"]
    assert report.found == report.catalogued + len(report.refused) + ends["ignored"]
    assert report.found == sum(ends[end] for end in ("catalogued", "withheld", "refused", "contradicts", "ignored"))
    counts_by_place = report.counts_by_place.values()
    assert sum(place_counts.found for place_counts in counts_by_place) == report.found
    assert sum(place_counts.catalogued for place_counts in counts_by_place) == report.catalogued
    json.dumps(report.to_dict())


def test_nothing_else_is_said(strict: Built) -> None:
    """Each remark belongs to a row: no path is told of that no row expects, and none twice."""
    expected = {Remark(str(path), "").path for one in strict.traps for path, _, _ in one.fates}
    told = [remark.path for remark in (*strict.report.refused, *strict.report.ignored)]
    assert set(told) <= expected
    assert [path for path, count in Counter(told).items() if count > 1] == []
    assert {remark.path for remark in strict.report.warnings} <= expected


def test_items_are_valid_and_lenient_ones_say_what_is_wrong(strict: Built, lenient: Built, schemas: Schemas) -> None:
    wrong = [
        (item["id"], problem)
        for done in (strict, lenient)
        for item in done.items.values()
        for problem in check(item | {"links": [*item["links"], {"rel": "collection", "href": "x.json"}]}, schemas)
    ]
    assert wrong == []
    assert not any("flatsim:warnings" in item["properties"] for item in strict.items.values())
    more = lenient.items.keys() - strict.items.keys()
    assert {key for key, item in lenient.items.items() if "flatsim:warnings" in item["properties"]} == more


def test_sound_packages_make_the_same_items_beside_any_others(strict: Built, lenient: Built) -> None:
    assert {key: lenient.items[key] for key in strict.items} == strict.items


def test_a_second_build_finds_them_all_again(tree: tuple[Path, list[Trap]], strict: Built, tmp_path: Path) -> None:
    again = built(tree, tmp_path / "again", lenient=False)
    assert again.report.to_dict() == strict.report.to_dict()
    assert again.items == strict.items
