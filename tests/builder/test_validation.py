"""Validation: our documents pass, wrong ones are reported by field and rule, and schemas come from the folder."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from catalog_builder.cli import command
from catalog_builder.derived.schema import SCHEMA_PATH, flatsim_schema
from catalog_builder.errors import SchemaNotFound
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import ServiceLayout, StaticLayout
from catalog_builder.validation.check import check
from catalog_builder.validation.documents import documents
from catalog_builder.validation.schemas import Schemas
from catalog_builder.vocab.properties import PROPERTIES


@pytest.fixture(scope="module")
def catalogue(small_tree: tuple[Path, SampleManifest], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("catalogue")
    build([small_tree[0]], StaticSink(out), StaticLayout(out))
    return out


@pytest.fixture
def item(catalogue: Path) -> dict[str, Any]:
    path = min(catalogue.rglob("*_int_*.json"))
    return copy.deepcopy(next(documents(str(path)))[1])


def test_all_documents_of_a_catalogue_are_valid(catalogue: Path, schemas: Schemas) -> None:
    found = list(documents(str(catalogue)))
    assert len(found) == 18 + 3 + 2
    assert {document["type"] for _, document in found} == {"Feature", "Collection", "Catalog"}
    assert [
        (address, list(check(document, schemas))) for address, document in found if list(check(document, schemas))
    ] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sat:orbit_state": "Descending"}, "properties.sat:orbit_state"),
        ({"insar:temporal_baseline": "12"}, "properties.insar:temporal_baseline"),
        ({"insar:coherence": 0.4}, "properties"),
        ({"sar:looks_range": 1.5}, "properties.sar:looks_range"),
        ({"insar:reference_datetime": "2015-11-11"}, "properties.insar:reference_datetime"),
        ({"end_datetime": None}, "properties.end_datetime"),
        ({"flatsim:track": "X080"}, "properties.flatsim:track"),
        ({"flatsim:coherence_mean": 1.2}, "properties.flatsim:coherence_mean"),
        ({"flatsim:max_gap_days": 12}, "properties.flatsim:max_gap_days"),
        ({"flatsim:corrections": ["magic"]}, "properties.flatsim:corrections.0"),
        ({"flatsim:colour": "red"}, "properties"),
    ],
)
def test_wrong_values_are_told_by_field(
    item: dict[str, Any], schemas: Schemas, change: dict[str, Any], field: str
) -> None:
    item["properties"].update(change)
    problems = list(check(item, schemas))
    assert field in {problem.field for problem in problems}


@pytest.mark.parametrize("name", [row.name for row in PROPERTIES if row.always])
def test_what_every_item_has_is_missed(item: dict[str, Any], schemas: Schemas, name: str) -> None:
    del item["properties"][name]
    assert any(name in problem.message for problem in check(item, schemas))


def test_fields_of_an_asset_or_a_summary_that_are_not_ours(
    catalogue: Path, item: dict[str, Any], schemas: Schemas
) -> None:
    item["assets"]["coh_geo"]["flatsim:track"] = "D080"
    assert [problem.field for problem in check(item, schemas)] == ["assets.coh_geo"]
    collection = next(documents(str(min(catalogue.rglob("collection.json")))))[1]
    collection["summaries"]["flatsim:colour"] = ["red"]
    assert [problem.field for problem in check(collection, schemas)] == ["summaries"]


def test_our_schema_is_declared_where_its_address_is_known(
    small_tree: tuple[Path, SampleManifest], tmp_path: Path, schemas: Schemas
) -> None:
    options = Options(schema_base="https://stac.example.org/flatsim/")
    build([small_tree[0]], StaticSink(tmp_path), StaticLayout(tmp_path), options=options)
    uri = f"https://stac.example.org/flatsim/{SCHEMA_PATH}"
    found = [document for _, document in documents(str(tmp_path)) if document["type"] != "Catalog"]
    assert all(document["stac_extensions"][-1] == uri for document in found)
    assert not [problem for document in found for problem in check(document, schemas)]
    found[0]["summaries" if found[0]["type"] == "Collection" else "properties"]["flatsim:colour"] = ["red"]
    assert {problem.rule for problem in check(found[0], schemas)} == {uri}


def test_a_static_catalogue_carries_the_schema(catalogue: Path) -> None:
    schema = json.loads((catalogue / SCHEMA_PATH).read_text())
    assert schema == flatsim_schema()
    Draft7Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda item: item["properties"].update({"insar:reference_datetime": "2014-01-01T00:00:00Z"}), "dates_of_id"),
        (lambda item: item["properties"].update(datetime="2031-01-01T00:00:00Z"), "nominal_time"),
        (lambda item: item["assets"]["coh_geo"].pop("roles"), "asset_words"),
        (lambda item: item.update(collection="flatsim-afar-interferogram"), "own_collection"),
        (lambda item: item["properties"].pop("insar:temporal_baseline"), "signed_baseline"),
        (lambda item: item["links"].pop(), "citation_links"),
        (lambda item: item["stac_extensions"].pop(), "declared_extensions"),
        (
            lambda item: item.update(
                geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
                bbox=[0, 0, 1, 1],
            ),
            "true_footprint",
        ),
    ],
)
def test_our_own_rules(item: dict[str, Any], schemas: Schemas, spoil: Any, rule: str) -> None:
    assert list(check(item, schemas)) == []
    spoil(item)
    assert rule in {problem.rule for problem in check(item, schemas)}


def test_a_document_of_no_known_type() -> None:
    [problem] = check({"type": "Nonsense"}, Schemas(folder=Path("/nowhere"), cache=Path("/nowhere")))
    assert problem.field == "type"


def test_a_schema_that_the_folder_lacks_is_named(tmp_path: Path) -> None:
    item = {"type": "Catalog", "stac_version": "1.1.0", "id": "x", "description": "x", "links": []}
    schemas = Schemas(folder=tmp_path, cache=tmp_path)
    with pytest.raises(SchemaNotFound, match=r"none\.example\.org"):
        list(check({**item, "stac_extensions": ["https://none.example.org/v1/schema.json"]}, schemas))


def test_a_schema_address_cannot_leave_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "schemas"
    inside.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    schemas = Schemas(folder=inside, cache=inside)
    with pytest.raises(SchemaNotFound):
        schemas.first_error({}, "https://../secret.json")


@pytest.mark.usefixtures("schemas")
def test_command_line_reads_line_files_and_says_what_is_wrong(
    small_tree: tuple[Path, SampleManifest], tmp_path: Path
) -> None:
    build([small_tree[0]], NdjsonSink(tmp_path), ServiceLayout("https://data.example.org/"))
    # Items for a service get their collection link from it; alone they are not valid.
    result = CliRunner().invoke(command, ["validate", str(tmp_path / "collections.ndjson")])
    assert (result.exit_code, result.output) == (0, "3 documents, 0 with problems\n")
    (tmp_path / "bad.json").write_text('{"type": "Feature", "stac_version": "1.1.0", "id": "x"}')
    result = CliRunner().invoke(command, ["validate", str(tmp_path / "bad.json")])
    assert result.exit_code == 1
    assert "bad.json" in result.output


def test_command_line_names_what_cannot_be_read(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["validate", str(tmp_path / "none.json")])
    assert "none.json" in str(result.exception)
