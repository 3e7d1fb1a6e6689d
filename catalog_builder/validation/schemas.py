"""JSON Schemas by URI: the core ones come with pystac, the others from a folder, else from a cache that is filled
from the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7

from catalog_builder.derived.schema import SCHEMA_PATH, flatsim_schema
from catalog_builder.errors import SchemaNotFound

DOWNLOAD_TIMEOUT_S = 30
DRAFT7_URI = "http://json-schema.org/draft-07/schema#"

STAND_INS: dict[str, dict[str, Any]] = {
    "https://proj.org/schemas/v0.7/projjson.schema.json": {"$schema": DRAFT7_URI, "type": "object"},
}
"""For schemas that a folder of STAC extensions is without and that others refer to: what their documents are."""


class Schemas:
    """Compiled validators, each made once."""

    def __init__(self, *, folder: Path | None, cache: Path) -> None:
        """Look into `folder` first, where `https://host/path` is the file `host/path`, then into `cache`.

        Without a folder, what the cache does not have is fetched from its address and kept there.
        """
        self._folder = folder
        self._cache = cache
        self._contents: dict[str, dict[str, Any]] = dict(get_local_schema_cache())
        self._validators: dict[str, Validator] = {}

    def first_error(self, document: dict[str, Any], uri: str) -> ValidationError | None:
        """The most telling violation of one schema, or None.

        Raises:
            SchemaNotFound: the schema is nowhere.
        """
        try:
            error: ValidationError | None = best_match(self._validator(uri).iter_errors(document))
        except Unresolvable as unresolvable:
            msg = f"schema {uri} refers to {unresolvable.ref}, which cannot be found"
            raise SchemaNotFound(msg) from unresolvable
        return error

    def _validator(self, uri: str) -> Validator:
        if uri not in self._validators:
            registry: Registry[Any] = Registry(retrieve=self._resource)  # type: ignore[call-arg]
            self._validators[uri] = Draft7Validator(
                self._schema(uri), registry=registry, format_checker=FormatChecker()
            )
        return self._validators[uri]

    def _resource(self, uri: str) -> Resource[Any]:
        return Resource.from_contents(self._schema(uri), default_specification=DRAFT7)

    def _schema(self, uri: str) -> dict[str, Any]:
        uri = uri.removesuffix("#")
        if uri not in self._contents:
            own = flatsim_schema() if uri.endswith(f"/{SCHEMA_PATH}") else None
            offline = own or (STAND_INS.get(uri) if self._folder else None)
            self._contents[uri] = self._from_folder(uri) or offline or self._from_network(uri)
        return self._contents[uri]

    def _from_folder(self, uri: str) -> dict[str, Any] | None:
        _, _, path = uri.partition("://")
        for folder in filter(None, (self._folder, self._cache)):
            file = (folder / path).resolve()
            if file.is_file() and file.is_relative_to(folder.resolve()):
                content: dict[str, Any] = json.loads(file.read_bytes())
                return content
        return None

    def _from_network(self, uri: str) -> dict[str, Any]:
        scheme, _, path = uri.partition("://")
        if self._folder is not None or scheme not in {"http", "https"}:
            where = f"the schema folder {self._folder}" if self._folder else "any known place"
            msg = f"schema {uri} is not in {where}"
            raise SchemaNotFound(msg)
        try:
            with urlopen(uri, timeout=DOWNLOAD_TIMEOUT_S) as response:  # noqa: S310 (http or https, as checked)
                text = response.read()
        except (URLError, TimeoutError) as error:
            msg = f"schema {uri} cannot be fetched: {error}; set FLATSIM_SCHEMA_DIR to a folder that holds it"
            raise SchemaNotFound(msg) from error
        file = self._cache / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
        content: dict[str, Any] = json.loads(text)
        return content
