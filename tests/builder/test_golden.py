"""One document of each kind as it was reviewed by eye, against what is built from the sample tree today.

After a change that is meant, write them again and read the difference: `python tests/builder/test_golden.py`.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.sample import SampleSpec, write_sample
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout

GOLDEN = Path(__file__).with_name("golden")
SPEC = SampleSpec(tracks=1, pairs=6, epochs=5, pixels=64, seed=1)
MODIFIED_S = 1_637_193_600
"""2021-11-18T00:00:00Z."""
BASE = "https://data.example.org/flatsim"
COMPRESSED = (".tiff", ".png")
"""Their sizes depend on the version of a compressor, and stand as 0."""


def documents(folder: Path) -> dict[str, str]:
    """Golden documents by name: the first pair of the series, the series, its auxiliary data, the collections."""
    tree, out = folder / "tree", folder / "out"
    manifest = write_sample(tree, SPEC)
    for path in sorted(tree.rglob("*")):
        os.utime(path, (MODIFIED_S, MODIFIED_S))
    layout = StaticLayout(out, BASE)
    report = build([tree], StaticSink(out), layout, options=Options(schema_base="https://stac.example.org/"))
    assert report.catalogued == report.found == len(manifest.package_paths())
    found = {}
    for path in sorted(out.rglob("*.json")):
        document = json.loads(path.read_bytes())
        kind = document["id"].split("-")[-1] if document["type"] == "Collection" else None
        if kind:
            found[f"{kind}_collection"] = document
        elif document["type"] == "Feature" and document["properties"].get("flatsim:used_in_timeseries", True):
            found.setdefault(document["properties"]["product:type"].lower(), document)
    return {name: text(document) for name, document in found.items()}


def text(document: dict[str, Any]) -> str:
    for asset in document.get("assets", {}).values():
        if asset.get("href", "").endswith(COMPRESSED):
            asset["file:size"] = 0
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return documents(tmp_path_factory.mktemp("golden"))


KINDS = ("interferogram", "timeseries", "auxiliarydata")


@pytest.mark.parametrize("name", [*KINDS, *(f"{kind}_collection" for kind in KINDS)])
def test_documents_are_the_golden_ones(made: dict[str, str], name: str) -> None:
    assert made[name] == (GOLDEN / f"{name}.json").read_text(encoding="utf-8"), (
        "if this is meant: python tests/builder/test_golden.py, and review what it changes"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for title, content in documents(Path(scratch)).items():
            (GOLDEN / f"{title}.json").write_text(content, encoding="utf-8")
