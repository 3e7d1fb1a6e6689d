"""The HTML report: complete, self-contained, and nothing of a tree acts in it."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from catalog_builder.cli import command
from catalog_builder.report.data import Edge, ReportData, TrackData
from catalog_builder.report.html import render_report
from catalog_builder.report.report import Place, Remark, Report
from catalog_builder.sample import SampleManifest


class Reader(HTMLParser):
    """Elements by name, with their attributes; text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str | None]]] = {}
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.setdefault(tag, []).append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("times", [1, 2])
def test_every_track_has_its_map_and_its_network(
    small_tree: tuple[Path, SampleManifest], tmp_path: Path, times: int
) -> None:
    """Also when nothing had to be read."""
    file = tmp_path / "report.html"
    for _ in range(times):
        arguments = ["build", small_tree[0], "--out", tmp_path / "out", "--report", file, "--workers", "1"]
        result = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)
        assert result.exit_code == 0
    read = Reader(file.read_text())
    assert [one["class"] for one in read.found["svg"]] == ["map", "network"] * 2
    assert len(read.found["line"]) == 14
    assert len(read.found["polygon"]) == 6
    assert len(read.found["circle"]) == sum(len(track.epochs) for track in small_tree[1].tracks)
    dropped = [line for line in read.found["line"] if "stroke-dasharray" in line]
    assert len(dropped) == sum(not pair.used_in_series for track in small_tree[1].tracks for pair in track.pairs) > 0
    assert "18 found" in read.text


def test_it_asks_for_nothing_and_runs_nothing() -> None:
    evil = '<script>alert(1)</script>"><img src=x>'
    report = Report(refused=[Remark(f"/tree/{evil}", evil)], warnings=[Remark(evil, evil)])
    report.counts_of(Place(evil, evil, evil)).found = 1
    track_data = TrackData(rings={evil: ((0, 0), (1, 0), (1, 1), (0, 0))})
    text = render_report(report, ReportData({(evil, evil): track_data}))
    read = Reader(text)
    assert not {"script", "img", "link", "iframe"} & read.found.keys()
    assert "http" not in text
    assert read.text.count("alert(1)") >= 7


def test_baselines_of_dates_follow_from_those_of_pairs() -> None:
    days = [date(2020, 1, number) for number in (1, 13, 25)]
    pairs = [Edge(days[1], days[0], -10.0, None), Edge(days[1], days[2], 5.0, None), Edge(days[0], days[2], None, None)]
    assert TrackData(edges=pairs).baselines_m() == {days[0]: 0.0, days[1]: 10.0, days[2]: 15.0}
