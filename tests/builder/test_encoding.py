"""Items as bytes: what readers get back, and what JSON cannot say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import SinkError
from catalog_builder.pipeline import catalogue
from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.encoding import Encode, compact, indented, parse
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.stac.layout import ServiceLayout

LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(LEAVES | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@given(st.dictionaries(TEXT, VALUES))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    for encode in (compact, indented):
        assert json.loads(encode(document)) == parse(encode(document)) == document


def test_readers_see_words_and_lines() -> None:
    document = {"title": "Génération à 30°", "bbox": (1.5, 2.0)}
    assert compact(document) == '{"title":"Génération à 30°","bbox":[1.5,2.0]}'.encode()
    assert indented(document).decode().splitlines()[1] == '  "title": "Génération à 30°",'
    assert indented(document).endswith(b"\n}\n")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_named(value: float) -> None:
    document = {"id": "one", "nodata": None, "assets": {"a": {"bands": [{"nodata": 0.0}, {"nodata": value}]}}}
    with pytest.raises(SinkError, match=r"^one: assets\.a\.bands\[1\]\.nodata is not a finite number$"):
        compact(document)


@pytest.mark.parametrize("encode", [compact, indented])
def test_a_number_that_is_none_is_found_beside_nulls_that_are_meant(encode: Encode) -> None:
    assets = {"a": {"proj:code": None, "nodata": 0.0}, "b": {"proj:code": None, "nodata": float("nan")}}
    with pytest.raises(SinkError, match=r"assets\.b\.nodata is not a finite number$"):
        encode({"id": "one", "assets": assets})
    assert json.loads(encode({"id": "one", "assets": {"a": assets["a"]}}))["assets"]["a"]["proj:code"] is None


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(SinkError, match=r"one: .*UTF-8"):
        compact({"id": "one", "title": b"\xff".decode(errors="surrogateescape")})


def test_a_package_whose_item_cannot_be_written_is_refused_and_the_rest_goes_on(
    small_tree: tuple[Path, SampleManifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Path(shutil.copytree(small_tree[0], tmp_path / "tree"))
    bad = min(tree.rglob("NSBAS_INT*"))
    real = catalogue.make_item

    def spoilt(package: Any, *arguments: Any, **options: Any) -> Any:
        item = real(package, *arguments, **options)
        if package.package.found.path == bad:
            item.properties["flatsim:rms"] = float("nan")
        return item

    monkeypatch.setattr(catalogue, "make_item", spoilt)
    report = build([tree], NdjsonSink(tmp_path / "out"), ServiceLayout())
    assert (report.found, report.catalogued) == (18, 17)
    [refusal] = report.refused
    assert Path(refusal.path) == bad
    assert "properties.flatsim:rms is not a finite number" in refusal.reason
    lines = (tmp_path / "out/flatsim-balkans-interferogram.ndjson").read_text().splitlines()
    assert len(lines) == 13
