"""Rasters on disk: cloud-optimised GeoTIFF in ground geometry, plain TIFF in radar geometry.

Values are rounded to multiples of 2^-10 (they compress well, and two runs agree bit for bit). A value that
would round to 0 becomes 2^-10, because 0 stands for pixels without a value; only an exact 0, the phase of the
first date, stays.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from catalog_builder.sample.geometry import GroundGrid

Raster = NDArray[np.float32]
QUANTUM: Final = 2.0**-10
FINE_QUANTUM: Final = 2.0**-20
"""For products that are not phases: directions and coordinates."""
BLOCK_PIXELS: Final = 128
"""Rows and columns of a tile: rasters as small as these would be mostly padding with the usual 512."""
DESCRIPTION: Final = "SYNTHETIC sample, not a measurement"


def to_raster(values: NDArray[np.float64], quantum: float = QUANTUM) -> Raster:
    """Round values to a quantum; NaN becomes 0, and what would round to 0 the quantum itself."""
    rounded = np.round(values / quantum) * quantum
    rounded[(rounded == 0) & (values != 0)] = quantum
    return np.nan_to_num(rounded, nan=0.0).astype(np.float32)


def write_ground(path: Path, bands: Raster, grid: GroundGrid) -> None:
    """Write bands (count, rows, columns) as a COG in EPSG:4326 that declares 0 as nodata."""
    profile = {
        "driver": "COG",
        "crs": "EPSG:4326",
        "transform": Affine(grid.step_deg, 0, grid.west, 0, -grid.step_deg, grid.north),
        "nodata": 0,
        "compress": "DEFLATE",
        "predictor": "FLOATING_POINT",
        "blocksize": BLOCK_PIXELS,
    }
    path.write_bytes(_encode(bands, profile))


def write_radar(path: Path, bands: Raster) -> None:
    """Write bands (count, rows, columns) as a striped TIFF without any georeference or nodata tag."""
    profile = {"driver": "GTiff", "compress": "DEFLATE", "predictor": 3, "interleave": "band"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        path.write_bytes(_encode(bands, profile))


def _encode(bands: Raster, profile: dict[str, Any]) -> bytes:
    """Make the file in memory: GDAL does not always report a disk that fills up while it closes a file."""
    count, height, width = bands.shape
    with MemoryFile() as memory:
        with memory.open(count=count, height=height, width=width, dtype="float32", **profile) as target:
            target.update_tags(TIFFTAG_IMAGEDESCRIPTION=DESCRIPTION)
            target.write(bands)
        return bytes(memory.read())
