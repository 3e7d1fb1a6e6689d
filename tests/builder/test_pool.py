"""Pools: order, what is under way, and how workers end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from catalog_builder.errors import WorkersError
from catalog_builder.pipeline import pool
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.pool import SerialPool, in_order, processes
from catalog_builder.report.data import ReportData
from catalog_builder.report.html import render_report
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

Tree = tuple[Path, SampleManifest]


def slow_first(number: int) -> int:
    time.sleep(0.2 if number == 0 else 0)
    return number * number


def test_results_keep_the_order_and_calls_are_taken_only_so_far_ahead() -> None:
    taken: list[int] = []

    def calls() -> Iterator[tuple[str, tuple[int] | None]]:
        for number in range(20):
            taken.append(number)
            yield f"tag {number}", None if number % 5 == 4 else (number,)

    expected = [(f"tag {number}", None if number % 5 == 4 else number**2) for number in range(20)]
    with ThreadPoolExecutor(4) as executor:
        results = in_order(partial(executor.submit, slow_first), calls(), ahead=3, wait=Future.result)
        assert next(results) == expected[0]
        assert len(taken) == 4
        assert [expected[0], *results] == expected
    assert list(SerialPool().run(slow_first, calls())) == expected


def environment(name: str) -> str | None:
    return os.environ.get(name)


def test_workers_have_the_environment_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("one", "two"):
        monkeypatch.setenv("FLATSIM_TEST", value)
        with processes(2) as workers:
            workers.expect(pool.WORTH_A_POOL)
            calls = [(number, ("FLATSIM_TEST",)) for number in range(4)]
            assert list(workers.run(environment, calls)) == [(number, value) for number in range(4)]
            assert [own for _, own in workers.run(os.getpid, [(0, ())])] != [os.getpid()]


def test_few_packages_are_read_here() -> None:
    with processes(2) as workers:
        workers.expect(pool.WORTH_A_POOL - 1)
        assert [own for _, own in workers.run(os.getpid, [(0, ())])] == [os.getpid()]


def test_the_page_is_the_same_whoever_read(small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    monkeypatch.setattr("catalog_builder.pipeline.stream.READ_TOGETHER", 2)
    pages = []
    for workers in (1, 2):
        report_data = ReportData()
        report = build(
            [small_tree[0]],
            NdjsonSink(tmp_path / str(workers)),
            ServiceLayout(),
            workers=workers,
            report_data=report_data,
        )
        pages.append(render_report(report, report_data))
    assert pages[0] == pages[1]


def test_a_worker_that_is_killed_is_an_error_of_ours() -> None:
    with processes(2) as workers:
        workers.expect(pool.WORTH_A_POOL)
        results = workers.run(os.abort, [(0, ())])
        with pytest.raises(WorkersError, match="killed"):
            next(results)
