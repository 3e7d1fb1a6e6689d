"""Programs that people read STAC APIs with, over the sample: each fetches something real.

What is in the lock runs in every test run; EODAG and stac-check have environments of their own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import rustac
from environments import EODAG, VALIDATORS
from pystac_client import Client

from catalog_builder.settings import BuilderSettings

if TYPE_CHECKING:
    import httpx2 as httpx

    from catalog_builder.sample.manifest import SampleManifest

PAIRS = "flatsim-balkans-interferogram"
SERIES = "flatsim-balkans-timeseries"
SUPPORT = Path(__file__).parent.parent / "support"


@pytest.fixture
def manifest(sample: Any) -> SampleManifest:
    found: SampleManifest = sample.manifest
    return found


def _cli(*arguments: str) -> str:
    """What stac-client prints; a warning is an error."""
    answered = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pystac_client.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.returncode == 0, answered.stderr
    assert "Warning" not in answered.stderr
    return answered.stdout


def test_stac_client_counts_and_searches(service: str, manifest: SampleManifest) -> None:
    track = manifest.tracks[0]
    condition = json.dumps({"op": "=", "args": [{"property": "flatsim:track"}, track.name]})
    search = ("search", service, "-c", PAIRS, "--filter", condition, "--filter-lang", "cql2-json")
    assert _cli(*search, "--matched").split() == [str(len(track.pairs)), "items", "matched"]
    found = json.loads(_cli(*search, "--sortby=-properties.datetime", "--max-items", "3", "--datetime", "2014/2021"))
    times = [item["properties"]["datetime"] for item in found["features"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3


def test_stac_client_lists_collections(service: str) -> None:
    found = json.loads(_cli("collections", service))
    assert {PAIRS, SERIES} <= {collection["id"] for collection in found}
    found = json.loads(_cli("collections", service, "--q", "interferograms"))
    assert PAIRS in {collection["id"] for collection in found}
    assert json.loads(_cli("collections", service, "--q", "nowhereland")) == []


def test_rustac_searches_and_follows_pages(service: str, manifest: SampleManifest) -> None:
    track = manifest.tracks[0]
    condition = {"op": "=", "args": [{"property": "flatsim:track"}, track.name]}

    async def ask() -> tuple[list[Any], list[Any]]:
        some = await rustac.search(service, collections=[PAIRS], filter=condition, sortby="-datetime", max_items=3)
        found, pages = await rustac.iter_search(service, collections=[PAIRS], limit=7), []
        while (item := await anext(found)) is not None:  # rustac 0.9.18 does not end, but gives None from then on
            pages.append(item)
        return list(some), pages

    some, pages = asyncio.run(ask())
    assert len(some) == 3
    ids = [item["id"] for item in pages]
    assert len(set(ids)) == len(ids) == sum(len(each.pairs) for each in manifest.tracks)


def test_odc_stac_loads_pixels(service: str, manifest: SampleManifest) -> None:
    import odc.stac  # noqa: PLC0415 -- a second of xarray that other tests need not wait for

    found = Client.open(service).search(
        collections=[PAIRS], query={"flatsim:track": {"eq": manifest.tracks[0].name}}, sortby="datetime", max_items=2
    )
    items = list(found.items())
    with warnings.catch_warnings():
        # odc-geo 0.5.3 uses what affine 3 and shapely 2.2 would rather not have
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        loaded = odc.stac.load(items, bands=["inu_geo", "coh_geo"])
        phase = loaded.inu_geo.isel(time=0).values
    with rasterio.open(items[0].assets["inu_geo"].href) as raster:
        own = raster.read(1)
    assert dict(loaded.sizes)["time"] == 2
    assert phase.shape == own.shape
    assert np.array_equal(phase, own)
    assert np.count_nonzero(own) > 1000


def test_gdal_opens_a_search_as_a_raster(service: str, http: httpx.Client, manifest: SampleManifest) -> None:
    search = f"{service}search?collections={PAIRS}&flatsim:track={manifest.tracks[0].name}&sortby=datetime&limit=1"
    with rasterio.open(f'STACIT:"{search}":asset=inu_geo') as mosaic:
        assert (mosaic.driver, str(mosaic.crs)) == ("STACIT", "EPSG:4326")
        pixels = mosaic.read(1)
    (item,) = http.get(search).json()["features"][:1]
    with rasterio.open(item["assets"]["inu_geo"]["href"]) as raster:
        assert pixels.shape == raster.shape
    assert np.count_nonzero(pixels) > 1000


@pytest.mark.full
def test_eodag_searches_pages_and_downloads(service: str, manifest: SampleManifest) -> None:
    answered = EODAG.run(SUPPORT / "ask_eodag.py", service, PAIRS)
    assert answered.returncode == 0, answered.stderr
    told = json.loads(answered.stdout.splitlines()[-1])
    pairs = sum(len(track.pairs) for track in manifest.tracks)
    assert (told["matched"], told["first_page"], told["all_pages"], told["different"]) == (pairs, 7, pairs, pairs)
    assert told["filtered"] == len(next(track for track in manifest.tracks if track.direction == "descending").pairs)
    assert "sat_relative_orbit" in told["queryables"] or "sat:relative_orbit" in told["queryables"]
    assert told["raster_bytes"] > 1000


@pytest.mark.full
@pytest.mark.parametrize("kind", ["catalogue", "collection", "item"])
def test_stac_check_finds_nothing(service: str, http: httpx.Client, kind: str, tmp_path: Path) -> None:
    if (folder := BuilderSettings().schema_dir) is None:
        pytest.skip("no folder of schemas: FLATSIM_SCHEMA_DIR is not set")
    for collection in (PAIRS, SERIES):
        address = {
            "catalogue": "",
            "collection": f"collections/{collection}",
            "item": http.get(f"collections/{collection}/items?limit=1").json()["features"][0]["links"],
        }[kind]
        if isinstance(address, list):
            address = next(link["href"] for link in address if link["rel"] == "self")
        file = tmp_path / "document.json"
        file.write_bytes(http.get(address).content)
        answered = VALIDATORS.run(SUPPORT / "without_network.py", folder, SUPPORT / "lint.py", file)
        assert answered.returncode == 0, answered.stderr
        valid, error, advice = json.loads(answered.stdout.splitlines()[-1])
        assert (valid, error) == (True, "")
        # more than 20 properties are too many for it, and searches are by properties
        assert [line for line in advice if "bloated metadata" not in line] == []
