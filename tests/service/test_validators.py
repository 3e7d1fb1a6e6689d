"""Other people's validators, each in an environment of its own, against the service over real HTTP and offline."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from environments import VALIDATORS

from catalog_builder.settings import BuilderSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"
WITHOUT_NETWORK = Path(__file__).parent.parent / "support" / "without_network.py"
AREA = {"type": "Polygon", "coordinates": [[[0, 30], [60, 30], [60, 50], [0, 50], [0, 30]]]}
CLASSES = (
    "core", "collections", "features", "item-search", "filter", "item-search#sort", "item-search#fields",
    "item-search#query", "features#sort", "features#fields", "features#query",
)  # fmt: skip
QUERY = {
    "comparison-field": "insar:temporal_baseline", "eq-value": "12", "neq-value": "12", "lt-value": "36",
    "lte-value": "24", "gt-value": "12", "gte-value": "24", "substring-field": "title", "starts-with-value": "pair",
    "ends-with-value": "7", "contains-value": "air 1",
    # a list: of a text the validator takes the letters for the values (validations.py 2090, `set(properties[field])`)
    "in-field": "sar:polarizations", "in-values": "VV,VH",
}  # fmt: skip
MISTAKEN = re.compile(
    # it wants a property away that nothing excludes (validations.py 2374: only `geometry` is in `exclude`)
    r"POST \{'fields': \{'exclude': \['geometry'\], 'include': (\[\]|None)\}\} response contained "
    r"'properties\.sar:polarizations', but should have been excluded"
)
"""Errors of stac-api-validator 0.6.8 that are its own."""

pytestmark = pytest.mark.full  # making the environment takes a minute


@pytest.fixture(scope="module")
def schema_dir() -> Path:
    found = BuilderSettings().schema_dir
    if found is None:
        pytest.skip("no folder of schemas: FLATSIM_SCHEMA_DIR is not set")
    return found


@pytest.fixture(scope="module")
def strict(
    named_database: Callable[[str], AbstractContextManager[str]],
    documents: Any,
    load_documents: Callable[..., None],
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
) -> Iterator[str]:
    """The service with RFC 3339's times alone, over a catalogue with the two properties the validator filters by."""
    with named_database("flatsim_validators") as dsn:
        load_documents(dsn, documents)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SET search_path TO pgstac, public")
            for name, kind, wrapper in (("eo:cloud_cover", "number", "to_float"), ("mission", "string", "to_text")):
                connection.execute(
                    "INSERT INTO pgstac.queryables (name, definition, property_wrapper) VALUES (%s, %s, %s)",
                    (name, json.dumps({"type": kind}), wrapper),
                )
        with run_service(make_settings(database=dsn, strict_times=True)) as address:
            yield address


def test_stac_api_validator_finds_no_error(strict: str, schema_dir: Path) -> None:
    answered = VALIDATORS.run(
        WITHOUT_NETWORK, schema_dir, "stac-api-validator", "--root-url", strict, "--collection", PAIRS,
        "--geometry", json.dumps(AREA), "--fields-nested-property", "properties.sar:polarizations",
        *(argument for name in CLASSES for argument in ("--conformance", name)),
        *(argument for name, value in QUERY.items() for argument in (f"--query-{name}", value)),
    )  # fmt: skip
    printed = answered.stdout + answered.stderr
    assert "Traceback" not in printed
    errors = printed.partition("Errors:")[2].splitlines()
    told = [line for line in errors if line.startswith("- ")]
    assert [line for line in told if not MISTAKEN.search(line)] == []
    assert len(told) == 2, printed
    assert "Validating STAC API - Item Search - Filter Extension - Basic CQL2" in printed
