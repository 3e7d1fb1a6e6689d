"""docs/recipes.md: MintPy in an environment of its own, and what QGIS asks for; the rest is run as every document."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from blocks import MINTPY as WITH_MINTPY
from blocks import ROOT, Block, read
from environments import MINTPY
from pystac_client import Client

if TYPE_CHECKING:
    import httpx2 as httpx

ADDRESS = "http://127.0.0.1:8080/"
SERIES = "flatsim-balkans-timeseries"
COMPARE = """
import sys
import h5py, numpy
with h5py.File("velocity.h5") as file:
    numpy.save("velocity.npy", file["velocity"][:])
"""


def _with_mintpy(block: Block, service: str, folder: Path) -> str:
    code = block.code.replace(ADDRESS, service)
    python = MINTPY.python()
    hidden = {"PYTHONPATH", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [str(python), "-c", code] if block.language == "python" else ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env=kept | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.full
def test_mintpy_finds_the_velocity_that_flatsim_found(service: str, tmp_path: Path) -> None:
    blocks = [block for block in read(ROOT / "docs" / "recipes.md") if block.mark == WITH_MINTPY]
    assert [block.language for block in blocks] == ["python", "bash"]
    for block in blocks:
        printed = _with_mintpy(block, service, tmp_path)
        assert block.printed in (None, printed)
    _with_mintpy(Block("python", COMPARE, 0, None, None, None), service, tmp_path)
    theirs = np.load(tmp_path / "velocity.npy") * 1000
    (series,) = Client.open(service).search(collections=[SERIES], query=["flatsim:track=D080SUD"]).items()
    wavelength_mm = 299.792458 / series.properties["sar:center_frequency"]
    with rasterio.open(series.assets["mvlos_geo"].href) as raster:
        ours = raster.read(1) * -wavelength_mm / (4 * np.pi)
    both = np.isfinite(theirs) & (theirs != 0) & (ours != 0)
    difference = (theirs - ours)[both]
    assert np.count_nonzero(both) > 15_000
    assert np.corrcoef(theirs[both], ours[both])[0, 1] > 0.99
    assert np.median(np.abs(difference - np.median(difference))) < 0.1
    assert (tmp_path / "velocity.png").stat().st_size > 10_000


def test_what_qgis_asks_for_is_answered(http: httpx.Client) -> None:
    """As QGIS 3.44 does: the landing page, its links `data` and `search`, a GET with collections and bbox, `next`."""
    landing = http.get("", headers={"Accept": "*/*"}).json()
    assert any(uri.endswith(("/oas30", "item-search")) for uri in landing["conformsTo"])
    links = {link["rel"]: link["href"] for link in landing["links"] if link["rel"] in ("data", "search")}
    collections = http.get(links["data"]).json()["collections"]
    assert all(one["title"] and one["description"] for one in collections)
    wanted = {"collections": ",".join(one["id"] for one in collections), "bbox": "20.2,38.2,21.5,39.2"}
    page: dict[str, Any] = http.get(links["search"], params=wanted).json()
    seen = list(page["features"])
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        page = http.get(following[0]).json()
        seen += page["features"]
    assert len({item["id"] for item in seen}) == len(seen) == page["numberMatched"] > 40
    kinds = {asset["type"] for item in seen for key, asset in item["assets"].items() if key.endswith("_geo")}
    assert "image/tiff; application=geotiff; profile=cloud-optimized" in kinds
