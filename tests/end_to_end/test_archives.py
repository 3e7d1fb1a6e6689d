"""Zipped packages from the database to the user: items come back as they were built, rasters open over HTTP."""

from __future__ import annotations

import json
import signal
import zipfile
from typing import TYPE_CHECKING, Any

import httpx2 as httpx
import rasterio

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


def _zipped(tree: Path, target: Path) -> Path:
    """The tree with its packages as archives, their names in a folder or not in turn."""
    for number, package in enumerate(sorted(tree.rglob("NSBAS_*"))):
        archive = target / package.relative_to(tree).with_name(f"{package.name}.zip")
        archive.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED) as content:
            for file in sorted(package.iterdir()):
                content.write(file, f"{package.name}/{file.name}" if number % 3 else file.name)
    return target


def test_archived_packages_are_served_as_they_were_built(
    small_sample: Any,
    database_dsn: str,
    tmp_path: Path,
    free_port: Callable[[], int],
    flatsim: Callable[..., subprocess.CompletedProcess[str]],
    start_flatsim: Callable[..., subprocess.Popen[str]],
    wait_until_served: Callable[..., None],
) -> None:
    tree = _zipped(small_sample.tree, tmp_path / "tree")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    assert flatsim("build", tree, "--database", database_dsn).returncode == 0
    lines = tmp_path / "lines"
    done = flatsim("build", tree, "--out", lines, "--format", "ndjson", "--href-base", f"{address}data")
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text() for path in lines.glob("flatsim-*.ndjson"))
    built = {item["id"]: item["assets"] for item in map(json.loads, text.splitlines())}

    process = start_flatsim(
        "serve", "--database", database_dsn, "--data", tree, "--port", str(port), log=tmp_path / "log"
    )
    wait_until_served(address, process, tmp_path / "log")
    features = httpx.get(f"{address}search", params={"limit": 100}).json()["features"]
    assert {item["id"]: item["assets"] for item in features} == built
    asset = next(item["assets"]["coh_geo"] for item in features if "coh_geo" in item["assets"])
    [member] = asset["archive"]
    with rasterio.open(f"zip+{asset['href']}!/{member['href']}") as dataset:
        assert list(dataset.shape) == asset["proj:shape"]
        assert dataset.read(1).any()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
