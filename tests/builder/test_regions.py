"""Regions: all that CNES lists, and what an operator's file makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_builder.errors import SettingError
from catalog_builder.packages import regions
from catalog_builder.packages.names import parse_package
from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.validation.check import check
from catalog_builder.validation.documents import documents
from catalog_builder.validation.schemas import Schemas
from catalog_builder.vocab.citation import DOI
from catalog_builder.vocab.regions import REGIONS

FILE = """
[[region]]
code = "BALKANS"
title = "Balkan peninsula"
doi = "10.5072/Example"
license = "CC-BY-4.0"
license_url = "https://creativecommons.org/licenses/by/4.0/"
[[region.providers]]
name = "Institute"
roles = ["processor"]

[[region]]
code = "NEW-LAND"
bbox = [0, 0, 10, 10]
"""


@pytest.fixture
def operators_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "regions.toml"
    path.write_text(FILE)
    monkeypatch.setenv("FLATSIM_REGIONS", str(path))
    regions._operator_regions.cache_clear()
    yield path
    regions._operator_regions.cache_clear()


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.code)
def test_every_listed_region_is_known_by_its_package_code(region: Any) -> None:
    for code in {region.code, region.code.replace("TIBETHIM", "TIBET-HIM")}:
        name = parse_package(f"NSBAS_TS-PKG_S1_{code}-A012SUD-VV-2014-2022_IW123_2015-06-03_2022-05-21")
        assert name.region is region
    if region.bbox:
        west, south, east, north = region.bbox
        assert -180 <= west < east <= 180
        assert -90 <= south < north <= 90


def test_there_are_twenty() -> None:
    assert len({region.slug for region in REGIONS}) == len(REGIONS) == 20


def test_rows_of_the_file_complete_those_of_the_vocabulary(operators_file: Path) -> None:
    found = regions.read_regions(operators_file)
    assert found["BALKANS"].title == "Balkan peninsula"
    assert found["BALKANS"].description.startswith("The Balkans are")
    assert found["NEWLAND"].bbox == (0, 0, 10, 10)
    assert found["NEWLAND"].doi == DOI
    assert regions.region_of("New-Land") == found["NEWLAND"]
    assert regions.region_of("AFAR") in REGIONS


@pytest.mark.usefixtures("operators_file")
def test_a_catalogue_says_what_the_file_says(
    small_tree: tuple[Path, SampleManifest], tmp_path: Path, schemas: Schemas
) -> None:
    out = tmp_path / "out"
    report = build([small_tree[0]], StaticSink(out), StaticLayout(out), workers=2)
    assert not report.refused
    found = [document for _, document in documents(str(out)) if document["type"] != "Catalog"]
    for document in found:
        hrefs = {link["rel"]: link["href"] for link in document["links"]}
        assert hrefs["cite-as"] == "https://doi.org/10.5072/Example"
        assert hrefs["license"] == "https://creativecommons.org/licenses/by/4.0/"
        assert list(check(document, schemas)) == []
    for collection in (document for document in found if document["type"] == "Collection"):
        assert collection["title"].startswith("Balkan peninsula")
        assert (collection["license"], collection["sci:doi"]) == ("CC-BY-4.0", "10.5072/Example")
        assert [provider["name"] for provider in collection["providers"]] == ["Institute"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[region", "array declaration"),
        ("[[region]]\ntitle = 'x'", "region.0.code"),
        ("[[region]]\ncode = 'A'\nbbox = [10, 0, 0, 10]", "west, south, east, north"),
        ("[[region]]\ncode = 'A'\nbbox = [0, 0, 10, 100]", "region.0.bbox.3"),
        ("[[region]]\ncode = 'A'\nlicense = 'MIT'", "license_url"),
        ("[[region]]\ncode = 'A'\ndoi = 'https://doi.org/10.1/x'", "region.0.doi"),
        ("[[region]]\ncode = 'A'\ncolour = 'red'", "region.0.colour"),
        ("[[region]]\ncode = 'A-B'\n[[region]]\ncode = 'ab'", "two rows are of AB"),
        ("", "region"),
    ],
)
def test_a_wrong_file_is_told_by_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "regions.toml"
    path.write_text(text)
    with pytest.raises(SettingError, match=words):
        regions.read_regions(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"none\.toml"):
        regions.read_regions(tmp_path / "none.toml")
