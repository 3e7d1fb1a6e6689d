"""What an item says of its files is true of what `/data/` gives."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
import pytest
import rasterio

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2 as httpx


@pytest.fixture(scope="module")
def assets(built: dict[str, Any]) -> list[dict[str, Any]]:
    """All assets of all items, each with its key and its item's id."""
    return [
        {**asset, "key": key, "item": item["id"], "kind": item["properties"]["product:type"]}
        for item in built.values()
        for key, asset in item["assets"].items()
    ]


def _path(asset: dict[str, Any], sample: Any, service: str) -> Path:
    path: Path = sample.tree / unquote(asset["href"].removeprefix(f"{service}data/"))
    return path


def test_every_asset_is_there_with_its_size(
    assets: list[dict[str, Any]], http: httpx.Client, sample: Any, service: str
) -> None:
    wrong = []
    for asset in assets:
        response = http.head(asset["href"])
        said = (
            response.status_code,
            int(response.headers["content-length"]),
            _path(asset, sample, service).stat().st_size,
        )
        if said != (200, asset["file:size"], asset["file:size"]):
            wrong.append((asset["href"], *said))
    assert not wrong


def test_every_file_of_every_package_is_one_asset(assets: list[dict[str, Any]], sample: Any, service: str) -> None:
    ours = sorted(_path(asset, sample, service) for asset in assets)
    packages = [sample.tree / path for path in sample.manifest.package_paths()]
    files = sorted(file for package in packages for file in package.iterdir())
    assert ours == files


def test_media_types_are_those_of_the_answers(assets: list[dict[str, Any]], http: httpx.Client) -> None:
    """One file of each kind and key, downloaded whole."""
    one_of_each = {(asset["kind"], asset["key"]): asset for asset in assets}
    seen = set()
    for asset in one_of_each.values():
        response = http.get(asset["href"])
        assert response.status_code == 200
        assert len(response.content) == asset["file:size"]
        said = asset["type"].partition(";")[0]
        assert response.headers["content-type"].partition(";")[0] == said, asset["href"]
        seen.add(said)
    assert seen >= {"image/tiff", "image/png", "text/plain"}


def test_a_download_is_the_file(assets: list[dict[str, Any]], http: httpx.Client, sample: Any, service: str) -> None:
    endings = {}
    for asset in assets:
        endings.setdefault((asset["href"].rpartition(".")[2], "radar" in asset["href"]), asset)
    assert {("tiff", True), ("tiff", False), ("png", False), ("meta", True), ("txt", False)} <= endings.keys()
    for asset in endings.values():
        content = http.get(asset["href"]).content
        on_disk = _path(asset, sample, service).read_bytes()
        assert hashlib.sha256(content).digest() == hashlib.sha256(on_disk).digest()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # radar geometry
def test_rasters_open_by_their_address(assets: list[dict[str, Any]], sample: Any, service: str) -> None:
    """GDAL reads each kind of raster over HTTP, and finds the pixels, shape and reference that the item says."""
    rasters = {(asset["kind"], asset["key"]): asset for asset in assets if asset["type"].startswith("image/tiff")}
    assert len(rasters) > 15
    settings = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_HTTP_MAX_RETRY": "0", "VSI_CACHE": "FALSE"}
    with rasterio.Env(**settings):
        for asset in rasters.values():
            with (
                rasterio.open(f"/vsicurl/{asset['href']}") as remote,
                rasterio.open(_path(asset, sample, service)) as local,
            ):
                assert np.array_equal(remote.read(), local.read(), equal_nan=True), asset["href"]
                assert list(remote.shape) == asset["proj:shape"]
                assert (remote.crs.to_string() if remote.crs else None) == asset["proj:code"]
                assert remote.count == len(asset["bands"])
                assert remote.dtypes[0] == asset["data_type"]
                if remote.crs:
                    assert np.allclose(list(remote.transform)[:6], asset["proj:transform"])
                    assert np.allclose(remote.bounds, asset["proj:bbox"])


def test_a_window_of_a_cloud_optimised_raster(assets: list[dict[str, Any]], sample: Any, service: str) -> None:
    asset = next(asset for asset in assets if asset["key"] == "inu_geo" and "cloud-optimized" in asset["type"])
    window = rasterio.windows.Window(60, 50, 40, 30)
    with rasterio.open(asset["href"]) as remote, rasterio.open(_path(asset, sample, service)) as local:
        pixels = remote.read(1, window=window)
        assert pixels.any()
        assert np.array_equal(pixels, local.read(1, window=window))
