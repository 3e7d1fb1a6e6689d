"""Package directories: each product as rasters in both geometries with `.meta`, preview and legend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog_builder.sample.geometry import Array, Swath
from catalog_builder.sample.network import Network, Pair
from catalog_builder.sample.pictures import legend, write_preview
from catalog_builder.sample.products import BY_CODE, LOOKS, Geometry, Product, product_stem
from catalog_builder.sample.rasters import Raster, to_raster, write_ground, write_radar
from catalog_builder.sample.sidecars import Subject, describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Geocoder:
    """Nearest radar pixel of each ground pixel, as the look-up table gives it."""

    range_px: Array
    azimuth_px: Array
    """Coordinates counted from 1; NaN outside the track."""

    @classmethod
    def of(cls, swath: Swath) -> Geocoder:
        """Fill the look-up table of a track's ground grid."""
        range_px, azimuth_px = swath.to_radar(*swath.ground.centres())
        inside = swath.covers(range_px, azimuth_px)
        return cls(range_px=np.where(inside, range_px, np.nan), azimuth_px=np.where(inside, azimuth_px, np.nan))

    def inside(self) -> NDArray[np.bool_]:
        """Return which ground pixels lie in the track."""
        return np.asarray(np.isfinite(self.range_px))

    def apply(self, bands: Raster) -> Raster:
        """Bring radar rasters (count, rows, columns) to the ground grid; 0 outside the track."""
        inside = self.inside()
        column = np.floor(self.range_px[inside] + 0.5).astype(int) - 1
        row = np.floor(self.azimuth_px[inside] + 0.5).astype(int) - 1
        ground = np.zeros((len(bands), *inside.shape), dtype=np.float32)
        ground[:, inside] = bands[:, row, column]
        return ground


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageWriter:
    """Writes the products of one package into its directory."""

    directory: Path
    swath: Swath
    network: Network
    geocoder: Geocoder
    pair: Pair | None = None

    def write(self, code: str, bands: Array) -> Raster:
        """Write a product at 8 looks in both geometries and return its ground raster.

        Args:
            code: acronym of the product.
            bands: on the radar grid, shape (count, rows, columns) or (rows, columns), NaN without a value.
        """
        return self.write_ground(code, self.geocoder.apply(self.write_radar(code, bands)))

    def write_radar(self, code: str, bands: Array, looks: int = LOOKS) -> Raster:
        """Write a product in radar geometry and return the raster."""
        product = BY_CODE[code]
        raster = to_raster(bands.reshape(-1, *bands.shape[-2:]), product.quantum)
        stem = product_stem(product, "radar", looks, self._dates())
        write_radar(self.directory / f"{stem}.tiff", raster)
        self._describe(product, "radar", looks, stem, legend_name=None)
        return raster

    def write_ground(self, code: str, raster: Raster, picture: Raster | None = None) -> Raster:
        """Write a product in ground geometry with preview and legend, and return the raster.

        Args:
            code: acronym of the product.
            raster: on the ground grid, shape (count, rows, columns).
            picture: what to draw instead of the raster itself.
        """
        product = BY_CODE[code]
        stem = product_stem(product, "geo", dates=self._dates())
        write_ground(self.directory / f"{stem}.tiff", raster, self.swath.ground)
        legend_name = None
        if product.style:
            legend_name = f"legend_{product.code}_geo.png"
            write_preview(self.directory / f"{stem}.png", raster if picture is None else picture, product.style)
            (self.directory / legend_name).write_bytes(legend(product.style))
        self._describe(product, "geo", LOOKS, stem, legend_name)
        return raster

    def _dates(self) -> tuple[date, date] | None:
        if self.pair is None:
            return None
        epochs = self.network.epochs
        return epochs[self.pair.reference].acquisition.day, epochs[self.pair.secondary].acquisition.day

    def _describe(self, product: Product, geometry: Geometry, looks: int, stem: str, legend_name: str | None) -> None:
        subject = Subject(
            product=product,
            geometry=geometry,
            looks=looks,
            stem=stem,
            size_bytes=(self.directory / f"{stem}.tiff").stat().st_size,
            legend=legend_name,
            pair=self.pair,
        )
        (self.directory / f"{stem}.meta").write_text(describe(subject, self.swath, self.network), encoding="utf-8")
