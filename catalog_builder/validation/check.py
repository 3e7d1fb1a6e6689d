"""A STAC document → its problems. Raises nothing for a wrong document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalog_builder.derived.schema import SCHEMA_PATH
from catalog_builder.validation.rules import broken_rules
from catalog_builder.validation.schemas import Schemas
from catalog_builder.vocab.properties import PREFIX

_CORE = {
    "Feature": "item-spec/json-schema/item.json",
    "Collection": "collection-spec/json-schema/collection.json",
    "Catalog": "catalog-spec/json-schema/catalog.json",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document."""

    field: str
    """Path of the field, dots between, or empty for the whole document."""
    rule: str
    """Schema address or name of our rule."""
    message: str


def check(document: dict[str, Any], schemas: Schemas) -> Iterator[Problem]:
    """Problems of one catalogue, collection or item.

    Raises:
        SchemaNotFound: a schema it declares is nowhere.
    """
    core = _CORE.get(document.get("type", ""))
    if core is None:
        yield Problem("type", "STAC", f"{document.get('type')!r} is not Feature, Collection or Catalog")
        return
    core_uri = f"https://schemas.stacspec.org/v{document.get('stac_version')}/{core}"
    valid = True
    for uri in (core_uri, *document.get("stac_extensions", ()), *_undeclared(document)):
        error = schemas.first_error(document, uri)
        if error is not None:
            valid = False
            yield Problem(".".join(str(part) for part in error.absolute_path), uri, error.message[:500])
    if valid and document["type"] == "Feature" and document["id"].startswith("flatsim_"):
        for rule, message in broken_rules(document):
            yield Problem("", rule, message)


def _undeclared(document: dict[str, Any]) -> Iterator[str]:
    """Our own schema, for a document of this project that does not declare it since its address was not known."""
    fields = [name for part in ("properties", "summaries") for name in document.get(part) or ()]
    ours = any(name.startswith(PREFIX) for name in fields) or str(document.get("id")).startswith("flatsim_")
    if ours and not any(str(uri).endswith(f"/{SCHEMA_PATH}") for uri in document.get("stac_extensions", ())):
        yield f"/{SCHEMA_PATH}"
