"""The clients people use, over real HTTP: pystac-client, rustac and rasterio. A warning of theirs fails the test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import rustac
from pystac_client import Client

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = "flatsim-testland-interferogram"
PACKAGE = "NSBAS_INT-PKG 100%#1"
RASTER = "CNES_InU_geo_20150101_20150113.tiff"


@pytest.fixture
def stac(server: str) -> Client:
    return Client.open(server)


def test_search_by_track_date_and_place(stac: Client, documents: Any) -> None:
    search = stac.search(
        collections=[PAIRS],
        bbox=[10.1, 40.1, 20.9, 40.9],
        datetime="2015-02-01/2015-06-30",
        filter='"sat:relative_orbit" = 80 AND "sat:orbit_state" = \'descending\'',
        filter_lang="cql2-text",
    )
    wanted = {
        item["id"]
        for item in documents.pairs
        if item["bbox"][0] <= 20
        and item["properties"]["start_datetime"] <= "2015-06-30T23:59:59Z"
        and item["properties"]["end_datetime"] >= "2015-02-01"
        and item["properties"]["sat:relative_orbit"] == 80
    }
    assert len(wanted) > 3
    assert {item.id for item in search.items()} == wanted
    assert search.matched() == len(wanted)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_search_with_every_extension_and_in_pages(stac: Client, documents: Any, method: str) -> None:
    search = stac.search(
        method=method,
        collections=[PAIRS],
        query={"sat:relative_orbit": {"eq": 175}},
        sortby=["-properties.datetime"],
        fields=[
            "id",
            "collection",
            "properties.datetime",
            "geometry",
            "links",
            "assets",
            "type",
            "stac_version",
            "bbox",
        ],
        limit=3,
    )
    wanted = [item["id"] for item in documents.pairs if item["properties"]["sat:relative_orbit"] == 175]
    assert [item["id"] for item in search.items_as_dicts()] == wanted[::-1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_search_by_geometry(stac: Client, method: str) -> None:
    ring = [[12.5, 40.5], [13.5, 40.5], [13.5, 40.6], [12.5, 40.5]]
    search = stac.search(method=method, intersects={"type": "Polygon", "coordinates": [ring]}, collections=[PAIRS])
    assert sorted(item.bbox[0] for item in search.items()) == [12, 13]


def test_walking_the_catalogue(stac: Client, documents: Any) -> None:
    assert {collection.id for collection in stac.get_collections()} == {c["id"] for c in documents.collections}
    collection = stac.get_collection(PAIRS)
    assert {item.id for item in collection.get_items()} == {item["id"] for item in documents.pairs}
    item = collection.get_item(documents.pairs[3]["id"])
    assert item is not None
    assert item.get_root() is not None
    assert {child.id for child in stac.get_children()} == {c["id"] for c in documents.collections}


def test_search_for_collections(stac: Client) -> None:
    found = stac.collection_search(q="interferograms", bbox=[10, 40, 11, 41], datetime="2015")
    assert [collection.id for collection in found.collections()] == [PAIRS]
    assert found.matched() == 1


def test_queryables(stac: Client) -> None:
    names = stac.get_collection(PAIRS).get_queryables()["properties"]
    assert {"sat:relative_orbit", "insar:temporal_baseline", "datetime"} <= set(names)


def test_a_raster_is_read_through_its_address_in_the_catalogue(stac: Client, tree: Path) -> None:
    item = next(iter(stac.search(collections=[PAIRS], max_items=1).items()))
    address = item.assets["inu_geo"].href
    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_HTTP_MAX_RETRY=0),
        rasterio.open(f"/vsicurl/{address}") as remote,
        rasterio.open(tree / PACKAGE / RASTER) as local,
    ):
        assert remote.profile == local.profile
        window = rasterio.windows.Window(300, 300, 200, 150)
        assert np.array_equal(remote.read(1, window=window), local.read(1, window=window))
        assert np.array_equal(remote.read(1, out_shape=(75, 87)), local.read(1, out_shape=(75, 87)))  # an overview
        assert remote.read(1)[599, 699] == 600 * 700 - 1


@pytest.mark.parametrize("query", [{}, {"filter": {"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 24]}}])
def test_rustac_follows_the_pages_of_a_posted_search(server: str, documents: Any, query: dict[str, Any]) -> None:
    async def pages() -> list[dict[str, Any]]:
        found, items = await rustac.iter_search(server, collections=[PAIRS], limit=7, **query), []
        while (item := await anext(found)) is not None:  # rustac 0.9.18 does not end, but gives None from then on
            items.append(item)
        return items

    wanted = [
        item["id"] for item in documents.pairs if not query or item["properties"]["insar:temporal_baseline"] <= 24
    ]
    assert sorted(item["id"] for item in asyncio.run(pages())) == sorted(wanted)
