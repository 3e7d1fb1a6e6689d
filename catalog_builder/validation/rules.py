"""Our own rules for FLATSIM documents, beyond the schemas. Each is a small function; `RULES` is the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from catalog_builder.packages.regions import region_of
from catalog_builder.vocab.collections import collection_id
from catalog_builder.vocab.extensions import declared_by
from catalog_builder.vocab.kinds import BY_PRODUCT_TYPE, INTERFEROGRAM

Item = dict[str, Any]
Rule = Callable[[Item], Iterator[str]]

_PAIR_DATES = re.compile(r"_int_(\d{8})_(\d{8})$")


def dates_of_id(item: Item) -> Iterator[str]:
    """The dates of a pair stand in its id and in its properties alike."""
    match = _PAIR_DATES.search(item["id"])
    for index, role in enumerate(("reference", "secondary"), start=1):
        moment = item["properties"].get(f"insar:{role}_datetime", "")
        if match and moment[:10].replace("-", "") != match[index]:
            yield f"insar:{role}_datetime is {moment or 'missing'}, the id says {match[index]}"


def nominal_time(item: Item) -> Iterator[str]:
    """`datetime` is set and lies in the item's range."""
    properties = item["properties"]
    moments = [properties.get(name) for name in ("start_datetime", "datetime", "end_datetime")]
    if None in moments:
        yield "datetime, start_datetime and end_datetime must all be set"
    elif moments != sorted(moments):
        yield f"datetime {moments[1]} is outside {moments[0]}/{moments[2]}"


def asset_words(item: Item) -> Iterator[str]:
    """Every asset has roles, a title and a type: portals fail without."""
    for key, asset in item.get("assets", {}).items():
        missing = [name for name in ("roles", "title", "type") if not asset.get(name)]
        if missing:
            yield f"asset {key} has no {', '.join(missing)}"


def true_footprint(item: Item) -> Iterator[str]:
    """The geometry is a footprint of valid data, not the box around it."""
    west, south, east, north = item["bbox"]
    if item["geometry"]["type"] != "Polygon":
        return
    ring = item["geometry"]["coordinates"][0]
    corners = {(x, y) for x in (west, east) for y in (south, north)}
    if {tuple(point) for point in ring} == corners:
        yield "geometry is the bounding box"


def own_collection(item: Item) -> Iterator[str]:
    """The collection is that of the item's region and kind."""
    properties = item["properties"]
    kind = BY_PRODUCT_TYPE.get(properties.get("product:type"))
    expected = collection_id(properties.get("flatsim:region", ""), kind) if kind else None
    if item.get("collection") != expected:
        yield f"collection is {item.get('collection')}, expected {expected}"


def signed_baseline(item: Item) -> Iterator[str]:
    """The temporal baseline is that of the two dates."""
    properties = item["properties"]
    if properties.get("product:type") == INTERFEROGRAM.product_type and "insar:temporal_baseline" not in properties:
        yield "insar:temporal_baseline is missing"


def citation_links(item: Item) -> Iterator[str]:
    """Exactly one link to the DOI, the DataCite record and the licence."""
    for row in region_of(str(item["properties"].get("grid:code", ""))).reference_links:
        hrefs = [link["href"] for link in item["links"] if link["rel"] == row.rel]
        if hrefs != [row.href]:
            yield f"link {row.rel} is {hrefs}, expected one to {row.href}"


def declared_extensions(item: Item) -> Iterator[str]:
    """Every extension whose fields are used is declared."""
    names = set(item["properties"])
    for asset in item.get("assets", {}).values():
        names |= asset.keys()
    missing = set(declared_by(names)) - set(item.get("stac_extensions", ()))
    if missing:
        yield f"not declared: {', '.join(sorted(missing))}"


RULES: tuple[Rule, ...] = (
    dates_of_id,
    nominal_time,
    asset_words,
    true_footprint,
    own_collection,
    signed_baseline,
    citation_links,
    declared_extensions,
)


def broken_rules(item: Item) -> Iterator[tuple[str, str]]:
    """Name of each rule that an item breaks, and how."""
    for rule in RULES:
        for problem in rule(item):
            yield rule.__name__, problem
