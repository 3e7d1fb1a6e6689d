"""stac-geoparquet: other readers find in it what the items say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import rustac
import stac_geoparquet.arrow
from pyarrow import parquet

from catalog_builder.errors import SinkError
from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.geoparquet import GeoparquetSink
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

Tree = tuple[Path, SampleManifest]
KINDS = ("interferogram", "timeseries", "auxiliarydata")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, small_tree: Tree) -> tuple[Path, Path]:
    """Folders of the same build as tables and as lines."""
    tables, lines = tmp_path_factory.mktemp("tables"), tmp_path_factory.mktemp("lines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("catalog_builder.sinks.geoparquet.ROWS_AT_ONCE", 5)
        build([small_tree[0]], GeoparquetSink(tables), ServiceLayout())
    build([small_tree[0]], NdjsonSink(lines), ServiceLayout())
    return tables, lines


def items(lines: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (lines / f"flatsim-balkans-{kind}.ndjson").read_text().splitlines()]


def told(value: Any) -> Any:
    """What a table can tell apart: no absent from null, `Z` from `+00:00`, nor a fraction of no seconds from none."""
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    if isinstance(value, str):
        return re.sub(r"(?<=T\d\d:\d\d:\d\d)(\.0+)?(Z|\+00:00)$", "Z", value)
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_stac_geoparquet_reads_back_equal_items(both: tuple[Path, Path], kind: str) -> None:
    table = parquet.read_table(both[0] / f"flatsim-balkans-{kind}.parquet")
    back = [told(item) for item in stac_geoparquet.arrow.stac_table_to_items(table)]
    assert back == [told(item) for item in items(both[1], kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_rustac_reads_back_equal_items(both: tuple[Path, Path], kind: str) -> None:
    back = rustac.read_sync(str(both[0] / f"flatsim-balkans-{kind}.parquet"))["features"]
    assert [told(item) for item in back] == [told(item) for item in items(both[1], kind)]


def test_duckdb_answers_questions(both: tuple[Path, Path]) -> None:
    path = both[0] / "flatsim-balkans-interferogram.parquet"
    question = "SELECT id FROM read_parquet(?) WHERE \"insar:temporal_baseline\" <= 12 AND datetime > '2015-11-12'"
    with duckdb.connect() as database:
        found = {name for (name,) in database.execute(question, [str(path)]).fetchall()}
    expected = {
        item["id"]
        for item in items(both[1], "interferogram")
        if item["properties"]["insar:temporal_baseline"] <= 12 and item["properties"]["datetime"] > "2015-11-12"
    }
    assert found == expected
    assert 0 < len(found) < 14


def test_the_collection_names_its_table(both: tuple[Path, Path]) -> None:
    for kind in KINDS:
        path = both[0] / f"flatsim-balkans-{kind}.json"
        asset = json.loads(path.read_text())["assets"]["items_geoparquet"]
        assert (path.parent / asset["href"]).is_file()
    names = {path.name for path in both[0].iterdir()}
    assert names == {f"flatsim-balkans-{kind}.{form}" for kind in KINDS for form in ("json", "parquet")}
    assert "items_geoparquet" not in (both[1] / "collections.ndjson").read_text()


def test_a_table_that_cannot_take_its_place_is_named(small_tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "flatsim-balkans-timeseries.parquet").mkdir()
    with pytest.raises(SinkError, match=r"flatsim-balkans-timeseries\.parquet"):
        build([small_tree[0]], GeoparquetSink(tmp_path), ServiceLayout())
