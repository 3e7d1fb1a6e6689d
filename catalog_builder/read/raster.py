"""Raster files → headers and single values. The only module that opens rasters (rasterio, GDAL).

Pixels are sampled, never a whole raster of real size; `catalog_builder.read.mask` samples valid areas.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.session import DummySession
from rasterio.warp import transform
from rasterio.windows import Window
from rio_cogeo.cogeo import cog_validate

from catalog_builder.errors import PackageRefused, SettingError
from catalog_builder.location.access import gdal_options
from catalog_builder.location.address import Location
from catalog_builder.packages.model import Grid, LineOfSight
from catalog_builder.read.footprint import Transform
from catalog_builder.read.mask import Scan
from catalog_builder.vocab.products import Product

WGS84 = "EPSG:4326"
EPSG_WGS84 = 4326
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""Coefficients of a raster that is nowhere."""
DATABASE_VARIABLES = ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA")
TABLE_ROWS = 64
"""Rows of a lookup table that are read for its outline."""
MAX_LON_DEG, MAX_LAT_DEG = 720.0, 90.0

_OPTIONS: ContextVar[dict[str, str] | None] = ContextVar("gdal_options_of_session", default=None)

Dataset: TypeAlias = DatasetReader


@contextmanager
def session(location: Location) -> Iterator[None]:
    """GDAL as rasters of a package are read: no look for files beside them, no warning about radar geometry.

    Within one for the same store, another one costs nothing: a batch of packages has one for all.

    Args:
        location: the package, or any place in the same store.
    """
    options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"} | gdal_options(location)
    if _OPTIONS.get() == options:
        yield
        return
    token = _OPTIONS.set(options)
    try:
        # No session: rasterio would ask boto3 for what the options and the environment tell.
        with rasterio.Env(session=DummySession(), **options), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield
    finally:
        _OPTIONS.reset(token)


@contextmanager
def opened(path: Path, *, has_mask_file: bool = False) -> Iterator[Dataset]:
    """Open a TIFF in a session, with GDAL's errors turned into ours.

    No other format is tried: some of them name further files that would be read.

    Args:
        path: a file, or one of GDAL's virtual paths.
        has_mask_file: whether a mask lies beside it, `<name>.msk`, which GDAL is then let look for.

    Raises:
        PackageRefused: the file is not a raster, is truncated or cannot be read.
    """
    try:
        # The class itself: rasterio.open enters an environment of its own for each file, which costs more than opening.
        with _look_beside(is_wanted=has_mask_file), DatasetReader(path, driver="GTiff", sharing=False) as dataset:
            yield dataset
    except (RasterioError, OSError, UnicodeError, MemoryError) as error:
        raise PackageRefused(str(path.parent), f"{path.name} cannot be read: {_reason(error)}") from error


def _look_beside(*, is_wanted: bool) -> AbstractContextManager[object]:
    if not is_wanted:
        return nullcontext()
    env: AbstractContextManager[object] = rasterio.Env(session=DummySession(), GDAL_DISABLE_READDIR_ON_OPEN="TRUE")
    return env


def _reason(error: BaseException) -> str:
    """Innermost cause in one line: rasterio wraps what GDAL said."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__


def read_grid(path: Path, dataset: Dataset, *, size_bytes: int) -> Grid:
    """Header of an open raster.

    Raises:
        PackageRefused: the file ends before its last block.
    """
    _refuse_truncated(path, dataset, size_bytes)
    crs = dataset.crs
    code = _code(crs) if crs else None
    affine = _affine(dataset.get_transform())
    is_placed = crs is not None or affine != IDENTITY
    return Grid(
        height=dataset.height,
        width=dataset.width,
        count=dataset.count,
        dtype=dataset.dtypes[0],
        nodata=dataset.nodata,
        crs=code,
        wkt=_wkt(crs) if crs and not code else None,
        transform=affine if is_placed else None,
        is_cog=crs is not None and _is_cog(path, dataset),
        scale=dataset.scales[0],
        offset=dataset.offsets[0],
    )


def _affine(geotransform: list[float]) -> tuple[float, float, float, float, float, float]:
    """GDAL's numbers in the order of affine coefficients, without an `Affine` made for each file."""
    c, a, b, f, d, e = geotransform
    return a, b, c, d, e, f


@lru_cache(maxsize=64)
def _code(crs: CRS) -> str | None:
    """`EPSG:n`, for which PROJ's database is searched; a tree has few systems and many rasters.

    WGS 84 in longitude and latitude is EPSG:4326 by any name: without one, with heights, or as an old program wrote it.
    """
    if _is_wgs84(crs):
        return WGS84
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else None


def _is_wgs84(crs: CRS) -> bool:
    if not crs.is_geographic:
        return False
    try:
        terms = crs.to_dict(projjson=False)
    except RasterioError:
        return False
    if terms.get("init", "").lower() in {"epsg:4326", "epsg:4979"}:
        return True
    is_ellipsoid = terms.get("datum") == "WGS84" or terms.get("ellps") == "WGS84"
    return terms.get("proj") == "longlat" and is_ellipsoid and not {"pm", "towgs84", "nadgrids"} & terms.keys()


@lru_cache(maxsize=64)
def _wkt(crs: CRS) -> str:
    text: str = crs.to_wkt(version="WKT2_2019")
    return text


def degrees_of(grid: Grid) -> Transform | None:
    """From the reference system of a grid to longitude and latitude; None where it counts in these."""
    if not grid.is_referenced or grid.crs == WGS84:
        return None
    system = CRS.from_user_input(grid.crs or grid.wkt)

    def to_degrees(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        xs, ys = transform(system, WGS84, [x for x, _ in points], [y for _, y in points])
        return list(zip(xs, ys, strict=True))

    return to_degrees


def check_databases() -> None:
    """See to it that GDAL and PROJ find the files that they came with.

    Raises:
        SettingError: a variable leads them to those of another installation.
    """
    named = [f"{name}={os.environ[name]}" for name in DATABASE_VARIABLES if os.environ.get(name)]
    try:
        with rasterio.Env(session=DummySession()):
            is_usable = CRS.from_epsg(4326).to_epsg() == EPSG_WGS84 and bool(transform("EPSG:32634", WGS84, [5e5], [0]))
    except (RasterioError, ValueError):
        is_usable = False
    if not is_usable:
        which = " and ".join(named) or "the files of this installation"
        msg = f"PROJ's database cannot be used: {which}; unset it, so that the one that came with rasterio is found"
        raise SettingError(msg)


def _is_cog(path: Path, dataset: Dataset) -> bool:
    """Only a tiled file can be cloud-optimised. GDAL marks those it made so; others are validated."""
    height, width = dataset.block_shapes[0]
    if width == dataset.width and height < dataset.height:
        return False
    if dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG":
        return True
    valid, _, _ = cog_validate(path, quiet=True)
    return bool(valid)


def _refuse_truncated(path: Path, dataset: Dataset, size_bytes: int) -> None:
    """A file that was cut off opens well; its last block lies beyond its end.

    GDAL tells each block's place through the TIFF tag domain; blocks that hold only fill have none.
    """
    block_height, block_width = dataset.block_shapes[-1]
    rows, columns = math.ceil(dataset.height / block_height), math.ceil(dataset.width / block_width)
    band = dataset.count
    for block in range(rows * columns - 1, -1, -1):
        where = f"{block % columns}_{block // columns}"
        offset = dataset.get_tag_item(f"BLOCK_OFFSET_{where}", "TIFF", bidx=band)
        if offset is None:
            continue
        end = int(offset) + int(dataset.get_tag_item(f"BLOCK_SIZE_{where}", "TIFF", bidx=band))
        if end > size_bytes:
            reason = f"{path.name} is truncated: {size_bytes} bytes, its data ends at byte {end}"
            raise PackageRefused(str(path.parent), reason)
        return


def read_samples(dataset: Dataset, band: int, shape: tuple[int, int]) -> NDArray[Any]:
    """Values of one band, evenly taken: of the overview that is nearest, else of some of its rows and columns.

    Args:
        dataset: an open raster.
        band: counted from 1.
        shape: rows and columns wanted, not more than there are.
    """
    values: NDArray[Any] = dataset.read(band, out_shape=shape)
    return values


def read_line_of_sight(dataset: Dataset, product: Product, seen: Scan) -> LineOfSight | None:
    """Line of sight at the scene centre, from a raster of unit vectors.

    Args:
        dataset: three bands, in the order that the product's row gives.
        product: row of the LOS product.
        seen: scan of the same raster.

    Returns:
        Angles of the mean vector around the centre, whichever way the file's vectors point; None where there are no
        three bands or no vector there.
    """
    if dataset.count < len(product.bands):
        return None
    span = seen.spans[len(seen.spans) // 2]
    row = int((span.row + 0.5) * dataset.height / seen.height)
    column = int((span.first + span.last + 1) / 2 * dataset.width / seen.width)
    window = Window(max(0, column - 1), row, min(3, dataset.width), 1)
    means = {band.name: _mean_of(dataset, index, window) for index, band in enumerate(product.bands, start=1)}
    return line_of_sight(east=means["east"], north=means["north"], up=means["up"])


def _mean_of(dataset: Dataset, band: int, window: Window) -> float:
    """Mean of a few pixels that are no no data, as the file's scale and offset mean them."""
    values = dataset.read(band, window=window).astype(np.float64)
    valid = np.isfinite(values) if dataset.nodata is None else np.isfinite(values) & (values != dataset.nodata)
    mean = float(values[valid].mean()) if valid.any() else math.nan
    return float(mean * dataset.scales[band - 1] + dataset.offsets[band - 1])


def line_of_sight(*, east: float, north: float, up: float) -> LineOfSight | None:
    """Angles of a line-of-sight vector: incidence from the vertical, azimuth clockwise from north.

    >>> line_of_sight(east=0.6, north=0.0, up=-0.8).azimuth_deg
    90.0
    """
    length = math.sqrt(east * east + north * north + up * up)
    if not math.isfinite(length) or length == 0:
        return None
    towards_ground = up < 0
    sign = 1 if towards_ground else -1
    return LineOfSight(
        incidence_deg=round(math.degrees(math.acos(min(1.0, abs(up) / length))), 2),
        azimuth_deg=round(math.degrees(math.atan2(sign * east, sign * north)) % 360, 2),
        towards_ground=towards_ground,
        length=length,
    )


def read_ground_ring(dataset: Dataset) -> list[tuple[float, float]]:
    """Outline of a radar lookup table: (longitude, latitude) down its left edge and up its right one.

    Longitudes go on beyond 180 or -180 across the antimeridian.
    """
    left, right = [], []
    count = min(dataset.height, TABLE_ROWS)
    for row in sorted({int(row) for row in np.linspace(0, dataset.height - 1, count).round()}):
        longitudes, latitudes = dataset.read([1, 2], window=Window(0, row, dataset.width, 1))[:, 0]
        valid = np.isfinite(longitudes) & np.isfinite(latitudes) & (longitudes != 0) & (latitudes != 0)
        valid &= (np.abs(longitudes) <= MAX_LON_DEG) & (np.abs(latitudes) <= MAX_LAT_DEG)  # others are no data
        columns = np.flatnonzero(valid)
        if columns.size:
            left.append((float(longitudes[columns[0]]), float(latitudes[columns[0]])))
            right.append((float(longitudes[columns[-1]]), float(latitudes[columns[-1]])))
    ring = left + right[::-1]
    lons = np.unwrap([lon for lon, _ in ring], period=360).tolist()
    return [(lon, lat) for lon, (_, lat) in zip(lons, ring, strict=True)]
