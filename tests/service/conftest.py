"""A small catalogue in a real database, its files in a real tree, and the service over both."""

from __future__ import annotations

import contextlib
import copy
import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
import rasterio
import uvicorn
from fastapi.testclient import TestClient
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from rasterio import Affine

from api.app import create_app
from api.settings.service import ServiceSettings
from catalog_builder import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAIRS = "flatsim-testland-interferogram"
SERIES = "flatsim-testland-timeseries"
N_PAIRS = 25
PACKAGE = "NSBAS_INT-PKG 100%#1"  # every character that an address must escape
RASTER = "CNES_InU_geo_20150101_20150113.tiff"


@dataclass(frozen=True)
class Documents:
    """What was loaded, as it was loaded."""

    collections: list[dict[str, Any]]
    items: list[dict[str, Any]]

    @property
    def pairs(self) -> list[dict[str, Any]]:
        return [item for item in self.items if item["collection"] == PAIRS]


def write_raster(path: Path) -> None:
    """A tiled GeoTIFF of a few blocks with an overview, whose every pixel is another value."""
    profile = {
        "driver": "COG", "dtype": "float32", "count": 1, "width": 700, "height": 600, "crs": "EPSG:4326",
        "transform": Affine(0.001, 0, 20.0, 0, -0.001, 40.0), "blocksize": 256,
    }  # fmt: skip
    values = np.arange(600 * 700, dtype="float32").reshape(1, 600, 700)
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A product tree with one package, and something beside it that is not an one's business."""
    outer = tmp_path_factory.mktemp("published")
    root = outer / "tree"
    package = root / PACKAGE
    package.mkdir(parents=True)
    write_raster(package / RASTER)
    (package / "baseline.rsc").write_text("20150101 0.0\n20150113 42.5\n")
    (package / "preview.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    (package / "empty.txt").touch()
    (outer / "secret.txt").write_text("not for you")
    (outer / "tree-sibling").mkdir()
    (outer / "tree-sibling" / "secret.txt").write_text("not for you")
    (package / "out.txt").symlink_to(outer / "secret.txt")
    (package / "in.rsc").symlink_to(package / "baseline.rsc")
    (root / "elsewhere").symlink_to(outer / "tree-sibling")
    (package / "loop").symlink_to(package / "loop")
    os.mkfifo(package / "pipe.txt")
    return root


def _box(west: float, south: float) -> dict[str, Any]:
    east, north = west + 1, south + 1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _pair(number: int, tree: Path) -> dict[str, Any]:
    first = datetime(2015, 1, 1, 4, 39, tzinfo=UTC) + timedelta(days=12 * number)
    second = first + timedelta(days=12)
    west = 10 + number
    stamps = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (first, second)]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": ["https://stac-extensions.github.io/insar/v1.0.0/schema.json"],
        "id": f"flatsim_testland_d080_2015-2016_int_{first:%Y%m%d}_{second:%Y%m%d}",
        "collection": PAIRS,
        "geometry": _box(west, 40),
        "bbox": [west, 40, west + 1, 41],
        "properties": {
            "title": f"pair {number}",
            "datetime": f"{first + timedelta(days=6):%Y-%m-%dT%H:%M:%SZ}",
            "start_datetime": stamps[0],
            "end_datetime": stamps[1],
            "insar:reference_datetime": stamps[0],
            "insar:secondary_datetime": stamps[1],
            "insar:temporal_baseline": 12 * (1 + number % 3),
            # some have none, as in real catalogues
            **({} if number % 5 == 0 else {"insar:perpendicular_baseline": float((number * 37) % 101 - 50)}),
            "sat:orbit_state": "descending" if number % 2 else "ascending",
            "sat:relative_orbit": 80 if number % 2 else 175,
            "sar:polarizations": ["VV"] if number % 4 else ["VV", "VH"],
            "flatsim:used_in_timeseries": number % 3 == 0,
            "flatsim:note": None,
        },
        "links": [
            {"rel": "cite-as", "href": "https://doi.org/10.24400/253171/FLATSIM2020", "type": "text/html"},
            {
                "rel": "related",
                "href": f"collections/{SERIES}/items/flatsim_testland_ts",
                "type": "application/geo+json",
            },
        ],
        "assets": {
            "inu_geo": {
                "href": (tree / PACKAGE / RASTER).as_uri(),
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
                "title": "Unwrapped interferogram",
                "proj:code": "EPSG:4326",
            },
            "inu_radar": {
                "href": "https://data.example.org/radar.tiff",
                "type": "image/tiff",
                "roles": ["data"],
                "title": "Radar geometry",
                "proj:code": None,
                "nodata": 0,
            },
        },
    }


def _series(tree: Path) -> dict[str, Any]:
    item = _pair(0, tree)
    for name in [name for name in item["properties"] if name.startswith(("insar:", "title"))]:
        del item["properties"][name]
    item["properties"]["cube:dimensions"] = {"time": {"type": "temporal", "extent": ["2015-01-01", None], "step": None}}
    return item | {"id": "flatsim_testland_ts", "collection": SERIES, "stac_extensions": [], "links": []}


def _collection(identifier: str, title: str, tree: Path) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": identifier,
        "title": title,
        "description": f"{title} of a land that is not.",
        "keywords": ["InSAR", "test"],
        "license": "CC-BY-NC-4.0",
        "extent": {
            "spatial": {"bbox": [[10, 40, 35, 41]]},
            "temporal": {"interval": [["2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z"]]},
        },
        "links": [{"rel": "license", "href": "https://creativecommons.org/licenses/by-nc/4.0/", "type": "text/html"}],
        "assets": {
            "thumbnail": {
                "href": (tree / PACKAGE / "preview.png").as_uri(),
                "type": "image/png",
                "roles": ["thumbnail"],
                "title": "Map",
            }
        },
        # What pgstac takes out of each item and puts back, nulls too. pypgstac 0.10.0 loses a null only where this
        # says something else for the same asset.
        "item_assets": {
            "inu_radar": {"type": "image/tiff", "roles": ["data"], "proj:code": None, "nodata": 0},
            "preview": {"type": "image/png", "roles": ["overview"]},
        },
    }


@pytest.fixture(scope="session")
def documents(tree: Path) -> Documents:
    """The catalogue: some pairs, one series."""
    return Documents(
        [_collection(PAIRS, "Testland: interferograms", tree), _collection(SERIES, "Testland: time series", tree)],
        [*(_pair(number, tree) for number in range(N_PAIRS)), _series(tree)],
    )


def load(dsn: str, documents: Documents) -> None:
    """Load documents the way pypgstac does."""
    with PgstacDB(dsn=dsn) as database:
        loader = Loader(database)
        loader.load_collections(iter(copy.deepcopy(documents.collections)), insert_mode=Methods.upsert)
        for collection in documents.collections:
            of_it = [item for item in documents.items if item["collection"] == collection["id"]]
            loader.load_items(iter(copy.deepcopy(of_it)), insert_mode=Methods.upsert)


@pytest.fixture(scope="session")
def load_documents() -> Callable[[str, Documents], None]:
    """Loads documents into the database of a DSN."""
    return load


@pytest.fixture(scope="session")
def named_database(
    maintenance_dsn: str, template_database: str
) -> Callable[[str], contextlib.AbstractContextManager[str]]:
    """Makes a migrated database for as long as a `with` lasts; gives its owner's DSN."""

    @contextlib.contextmanager
    def make(name: str) -> Iterator[str]:
        with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
            queries.create_database(connection, name, template_database)
            yield maintenance_dsn.rsplit("/", 1)[0] + f"/{name}"
            queries.drop_database(connection, name)

    return make


@pytest.fixture(scope="session")
def catalogue_dsn(
    named_database: Callable[[str], contextlib.AbstractContextManager[str]], documents: Documents
) -> Iterator[str]:
    """Owner's DSN of a database that holds the catalogue; no one changes it."""
    with named_database("flatsim_service") as dsn:
        load(dsn, documents)
        yield dsn


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a built STAC Browser looks like from outside."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "js").mkdir()
    (folder / "index.html").write_text(
        '<!doctype html><base href="/browser/"><script src="runtime-config.js"></script>'
        '<script src="js/app.1a2b3c4d.js"></script>'
    )
    (folder / "js" / "app.1a2b3c4d.js").write_text("console.log('browser');" * 100)
    (folder / "runtime-config.js").write_text("// stand-in")
    (folder / "sw.js").write_text("// worker")
    return folder


@pytest.fixture(scope="session")
def make_settings(catalogue_dsn: str, tree: Path, bundle: Path) -> Callable[..., ServiceSettings]:
    """Settings of a service over the catalogue, with what a test wants otherwise."""

    def make(**changes: Any) -> ServiceSettings:
        return ServiceSettings(**{"database": catalogue_dsn, "data": (tree,), "browser_dir": bundle, **changes})

    return make


@pytest.fixture(scope="session")
def client(make_settings: Callable[..., ServiceSettings]) -> Iterator[TestClient]:
    """The service, asked without a network."""
    with TestClient(create_app(make_settings()), raise_server_exceptions=False) as asked:
        yield asked


@contextlib.contextmanager
def running(settings: ServiceSettings) -> Iterator[str]:
    """The service on a free port of this machine; gives the address of its landing page."""
    config = uvicorn.Config(create_app(settings), port=0, log_config=None, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < deadline, "the service takes too long to start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def run_service() -> Callable[[ServiceSettings], contextlib.AbstractContextManager[str]]:
    """Runs a service for as long as a `with` lasts."""
    return running


@pytest.fixture(scope="session")
def server(make_settings: Callable[..., ServiceSettings]) -> Iterator[str]:
    """The service over real HTTP."""
    with running(make_settings()) as address:
        yield address
