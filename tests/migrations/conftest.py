"""A small catalogue to search: pairs of one region with properties that sort differently as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods

from catalog_builder import queries
from catalog_builder.database import conninfo
from catalog_builder.local_postgres import Role

if TYPE_CHECKING:
    from collections.abc import Callable

COLLECTION = "flatsim-balkans-interferogram"
PERPENDICULAR_M = (-20.7, 5.0, -100.25, 16.3, 120.0, None, -3.0, 9.5)


def collection(collection_id: str = COLLECTION) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": collection_id,
        "description": "pairs",
        "license": "CC-BY-NC-4.0",
        "links": [],
        "extent": {
            "spatial": {"bbox": [[19, 37, 24, 42]]},
            "temporal": {"interval": [["2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z"]]},
        },
    }


def items(collection_id: str = COLLECTION) -> list[dict[str, Any]]:
    """One pair for each baseline; temporal baselines are 6, 12, 18 … 48 days."""
    return [_item(collection_id, n, metres) for n, metres in enumerate(PERPENDICULAR_M)]


def _item(collection_id: str, n: int, perpendicular_m: float | None) -> dict[str, Any]:
    first = datetime.combine(date(2015, 1, 5) + timedelta(days=12 * n), datetime.min.time(), UTC)
    last = first + timedelta(days=6 * (n + 1))
    # The second half of the items writes its times with an offset, to be compared as times all the same.
    zone = "Z" if n < 4 else "+00:00"
    stamp = {key: time.strftime(f"%Y-%m-%dT16:32:{n:02}{zone}") for key, time in (("first", first), ("last", last))}
    properties: dict[str, Any] = {
        "datetime": (first + (last - first) / 2).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "start_datetime": stamp["first"],
        "end_datetime": stamp["last"],
        "insar:reference_datetime": stamp["first"],
        "insar:secondary_datetime": stamp["last"],
        "insar:temporal_baseline": 6 * (n + 1),
        "sat:relative_orbit": 80 if n % 2 else 175,
        "sat:orbit_state": "descending" if n % 2 else "ascending",
        "flatsim:track": "D080SUD" if n % 2 else "A175",
        "flatsim:coherence_mean": round(0.1 * n, 1),
        "flatsim:used_in_timeseries": n < 3,
        "sar:polarizations": ["VV"],
        "product:type": "INTERFEROGRAM",
        "updated": f"2026-01-0{n + 1}T00:00:00Z",
        "identifier": f"NSBAS_INT-PKG_{n}",
    }
    if perpendicular_m is not None:
        properties["insar:perpendicular_baseline"] = perpendicular_m
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": f"pair-{n}",
        "collection": collection_id,
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[20, 38], [22, 38], [22, 40], [20, 40], [20, 38]]],
        },
        "bbox": [20, 38, 22, 40],
        "properties": properties,
        "assets": {},
        "links": [],
    }


def load_catalogue(dsn: str, collection_id: str = COLLECTION) -> None:
    """A collection with its items through pypgstac's loader, acting as the write role."""
    with ConnectionPool(conninfo(dsn, Role.WRITE), min_size=1, max_size=1, open=True) as pool:
        database = PgstacDB(pool=pool)
        loader = Loader(database)
        loader.load_collections(iter([collection(collection_id)]), Methods.upsert)
        loader.load_items(iter(items(collection_id)), Methods.upsert)
        database.disconnect()


@pytest.fixture(scope="session")
def load() -> Callable[..., None]:
    """`load_catalogue`, for tests that load by themselves."""
    return load_catalogue


@pytest.fixture(scope="session")
def shared_dsn(maintenance_dsn: str, template_database: str) -> str:
    """Owner's DSN of one migrated database with eight pairs, for tests that change nothing."""
    name = "flatsim_pairs"
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name, template_database)
    dsn = maintenance_dsn.removesuffix("postgres") + name
    load_catalogue(dsn)
    return dsn


@pytest.fixture
def loaded_dsn(make_database: Callable[..., str], shared_dsn: str) -> str:
    """The same, for one test alone."""
    return make_database("flatsim_pairs")
