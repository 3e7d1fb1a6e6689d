"""Small packages of one's own making: names and files as a test wants them, with real rasters of 40 by 40 pixels."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

SIZE = 40
STEP_DEG = 0.02
WHERE = (20.0, 41.0)
"""Longitude and latitude of the upper left corner."""
FIRST, LAST = "2016-01-01", "2016-01-13"


def tiff(
    path: Path,
    *,
    bands: int = 1,
    corner: tuple[float, float] | None = WHERE,
    values: Any = 0.5,
    crs: str = "EPSG:4326",
    **options: Any,
) -> Path:
    """A float32 TIFF; without a corner, in radar geometry. One value for each band, or one for all."""
    where = {"crs": crs, "transform": Affine(STEP_DEG, 0, corner[0], 0, -STEP_DEG, corner[1])} if corner else {}
    data = np.ones((bands, SIZE, SIZE), "float32") * np.reshape(np.asarray(values, "float32"), (-1, 1, 1))
    data[:, np.add.outer(np.arange(SIZE), np.arange(SIZE)) < SIZE // 2] = 0  # as tracks are, slanted
    profile = {"driver": "GTiff", "height": SIZE, "width": SIZE, "count": bands, "dtype": "float32"} | options
    return _write(path, data.astype(profile["dtype"]), profile | where)


def _write(path: Path, data: np.ndarray, profile: dict[str, Any]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as dataset:
            dataset.write(data)
    return path


def lookup_table(path: Path, *, swapped: bool = False) -> Path:
    """A radar lookup table: longitude and latitude of each pixel."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype("float32")
    longitudes, latitudes = WHERE[0] + STEP_DEG * (columns + rows / 4), WHERE[1] - STEP_DEG * rows
    order = (latitudes, longitudes) if swapped else (longitudes, latitudes)
    profile = {"driver": "GTiff", "height": SIZE, "width": SIZE, "count": 2, "dtype": "float32"}
    return _write(path, np.stack(order), profile)


@dataclass
class Corner:
    """A folder of its own in the tree, and a track of its own for the packages in it."""

    folder: Path
    orbit: int
    outside: Path
    """A folder that no build may read."""
    letter: str = "A"
    made: list[Path] = field(default_factory=list)

    def name(
        self,
        kind: str = "INT",
        *,
        region: str = "SHOWCASE",
        track: str | None = None,
        subset: str = "",
        sat: str = "S1",
        run: str = "",
        years: str = "2014-2021",
        swaths: str = "123",
        first: str = FIRST,
        last: str = LAST,
    ) -> str:
        """A package name."""
        track = track or f"{self.letter}{self.orbit:03d}{subset}"
        return f"NSBAS_{kind}-PKG_{sat}_{region}-{track}-VV-{run}{years}_IW{swaths}_{first}_{last}"

    def pair(self, name: str | None = None, *, at: Path | None = None, **words: str) -> Path:
        """A package of a pair: unwrapped phase and coherence in ground geometry."""
        name = name or self.name(**words)
        package = (at or self.folder) / name
        package.mkdir(parents=True)
        days = "_".join(day.replace("-", "") for day in name.split("_")[-2:])
        tiff(package / f"CNES_InU_geo_{days}_sd_era_8rlks.tiff")
        tiff(package / f"CNES_Coh_geo_{days}_8rlks.tiff")
        return package

    def series(self, epochs: int = 3, *, at: Path | None = None, **words: str) -> Path:
        """A series with its cube and lists; the dates are twelve days apart."""
        package = (at or self.folder) / self.name("TS", last=f"2016-01-{1 + 12 * (epochs - 1):02d}", **words)
        package.mkdir(parents=True)
        tiff(package / "CNES_DTs_geo_8rlks.tiff", bands=epochs)
        tiff(package / "CNES_MV-LOS_geo_8rlks.tiff")
        days = [f"201601{1 + 12 * index:02d}" for index in range(epochs)]
        (package / "RMSdate.txt").write_text("".join(f"{i} {day} 0.1\n" for i, day in enumerate(days)))
        pairs = "".join(f"{i} {a} {b} 0.2\n" for i, (a, b) in enumerate(pairwise(days)))
        (package / "RMSinterfero.txt").write_text(pairs)
        return package

    def auxiliary(self, *, at: Path | None = None, **words: str) -> Path:
        """Auxiliary data: line of sight from the satellite to the ground, and lists."""
        package = (at or self.folder) / self.name("DAUX", **{"last": "2016-01-25"} | words)
        package.mkdir(parents=True)
        east = 0.6 if self.letter == "A" else -0.6
        tiff(package / "CNES_CosENU_geo_8rlks.tiff", bands=3, values=(east, 0.13, -0.79))
        (package / "baseline.rsc").write_text("20160101 0 0 0 0\n20160113 50 0 0 0\n20160125 -30 0 0 0\n")
        (package / "nsbas.proc").write_text("SarMasterDir = 20160101\n")
        return package

    def meta(self, package: Path, text: str | bytes, *, acronym: str = "InU") -> Path:
        """The metadata file of a raster of a package."""
        stem = next(package.glob(f"CNES_{acronym}_*.tiff")).stem
        path = package / f"{stem}.meta"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def zipped(self, package: Path, *, keep: bool = False, folder: str | None = None) -> Path:
        """An archive of a package, which goes unless it is to be kept."""
        target = package.with_name(f"{package.name}.zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(package.iterdir()):
                archive.write(path, f"{package.name if folder is None else folder}/{path.name}".lstrip("/"))
        if not keep:
            shutil.rmtree(package)
        return target

    def archive(self, entries: dict[str, bytes], **words: str) -> Path:
        """An archive with these entries."""
        target = self.folder / f"{self.name(**words)}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return target
