"""One row for each operation of the STAC API: what it is called and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
SCHEMA_JSON: Final = "application/schema+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        path: Its address, as FastAPI writes it.
        method: In lower case.
        name: Its `operationId`; those of the OGC and STAC specifications where they have one.
        summary: What it gives.
        answer: Name of the schema of the answer, one of `schemas.COMPONENTS`.
        media_type: Of the answer.
    """

    path: str
    method: str = "get"
    name: str
    summary: str
    answer: str
    media_type: str = JSON


_ONE: Final = "/collections/{collection_id}"

OPERATIONS: Final = (
    Operation(path="/", name="getLandingPage", summary="The root catalogue", answer="LandingPage"),
    Operation(
        path="/conformance",
        name="getConformanceDeclaration",
        summary="What of the specifications is implemented",
        answer="Conformance",
    ),
    Operation(path="/collections", name="getCollections", summary="Search of collections", answer="Collections"),
    Operation(path=_ONE, name="describeCollection", summary="One collection", answer="Collection"),
    Operation(
        path=f"{_ONE}/items",
        name="getFeatures",
        summary="Search of the items of one collection",
        answer="ItemCollection",
        media_type=GEOJSON,
    ),
    Operation(
        path=f"{_ONE}/items/{{item_id}}", name="getFeature", summary="One item", answer="Item", media_type=GEOJSON
    ),
    Operation(
        path="/search", name="getItemSearch", summary="Search of items", answer="ItemCollection", media_type=GEOJSON
    ),
    Operation(
        path="/search",
        method="post",
        name="postItemSearch",
        summary="Search of items, asked for in JSON",
        answer="ItemCollection",
        media_type=GEOJSON,
    ),
    *(
        Operation(path=path, name=name, summary=summary, answer="PropertySchema", media_type=SCHEMA_JSON)
        for path, name, summary in (
            ("/queryables", "getQueryables", "What all items can be searched by"),
            ("/sortables", "getSortables", "What all items can be sorted by"),
            (f"{_ONE}/queryables", "getCollectionQueryables", "What the items of one collection can be searched by"),
            (f"{_ONE}/sortables", "getCollectionSortables", "What the items of one collection can be sorted by"),
            ("/collections-queryables", "getQueryablesOfCollections", "What collections can be searched by"),
            ("/collections-sortables", "getSortablesOfCollections", "What collections can be sorted by"),
        )
    ),
    *(
        Operation(path=path, name=name, summary=summary, answer=answer)
        for path, name, summary, answer in (
            (f"{_ONE}/items/{{item_id}}/network", "getNetwork", "The network of a time series", "Network"),
            ("/coverage", "getCoverage", "All track segments on a map", "Coverage"),
            (f"{_ONE}/coverage", "getCollectionCoverage", "Track segments of one collection on a map", "Coverage"),
            (f"{_ONE}/acquisitions", "getAcquisitions", "Acquisitions of the tracks of one collection", "Acquisitions"),
        )
    ),
    Operation(path="/_mgmt/ping", name="ping", summary="Whether the service runs", answer="Ping"),
    Operation(path="/_mgmt/health", name="getHealth", summary="Whether the service can search", answer="Health"),
)
"""Those not listed here are described as FastAPI does."""

BY_PLACE: Final = {(operation.path, operation.method): operation for operation in OPERATIONS}
"""By path and method."""
