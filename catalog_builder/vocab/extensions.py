"""STAC core version and the pinned schema of every extension this catalogue may declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

STAC_VERSION: Final = "1.1.0"


def _uri(name: str, version: str) -> str:
    return f"https://stac-extensions.github.io/{name}/v{version}/schema.json"


BY_PREFIX: Final = {
    "insar": _uri("insar", "1.0.0"),
    "sar": _uri("sar", "1.3.0"),
    "sat": _uri("sat", "1.2.0"),
    "view": _uri("view", "1.1.0"),
    "processing": _uri("processing", "1.2.0"),
    "product": _uri("product", "1.0.0"),
    "proj": _uri("projection", "2.0.0"),
    "cube": _uri("datacube", "2.3.0"),
    "file": _uri("file", "2.1.0"),
    "raster": _uri("raster", "2.0.0"),
    "sci": _uri("scientific", "1.0.0"),
}
"""Field prefix → schema. A document declares an extension when it holds a field of its prefix."""

BY_FIELD: Final = {
    "version": _uri("version", "1.2.0"),
    "renders": _uri("render", "2.0.0"),
    "published": _uri("timestamps", "1.1.0"),
    "archive": _uri("archive", "1.0.0"),
}
"""Extensions whose fields carry no prefix."""

_ORDER: Final = (*BY_PREFIX.values(), *BY_FIELD.values())


def declared_by(fields: Iterable[str]) -> list[str]:
    """Schemas to declare for a document that holds these field names, in a fixed order.

    >>> declared_by(["sat:orbit_state", "title", "flatsim:track"])
    ['https://stac-extensions.github.io/sat/v1.2.0/schema.json']
    """
    names = list(fields)
    prefixes = {name.partition(":")[0] for name in names if ":" in name}
    found = {BY_PREFIX[prefix] for prefix in prefixes & BY_PREFIX.keys()}
    found |= {BY_FIELD[name] for name in set(names) & BY_FIELD.keys()}
    return [uri for uri in _ORDER if uri in found]
