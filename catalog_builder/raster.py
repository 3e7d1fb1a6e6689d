"""Raster files → headers, outlines and single values. The only module that opens rasters (rasterio, GDAL).

Pixels are sampled: some rows of one band, never a whole raster of real size.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from rio_cogeo.cogeo import cog_validate

from catalog_builder.errors import PackageRefused
from catalog_builder.footprint import RowSpan
from catalog_builder.model import Grid, LineOfSight
from catalog_builder.vocab.products import Product

SAMPLED_ROWS = 64
"""Rows of a raster that are read for its outline, beside those that find its first and last valid row."""

SMALL_PIXELS = 512 * 512
"""Rasters up to this size are read whole, which then is cheaper than row by row."""

Dataset: TypeAlias = DatasetReader
Row: TypeAlias = NDArray[np.floating]
RowReader: TypeAlias = Callable[[int], Row]


@contextmanager
def session() -> Iterator[None]:
    """GDAL as rasters of a package are read: no look for files beside them, no word on what radar geometry lacks."""
    options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
    with rasterio.Env(**options), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def opened(path: Path) -> Iterator[Dataset]:
    """Open a TIFF in a session, with GDAL's errors turned into ours.

    No other format is tried: some of them name further files that would be read.

    Args:
        path: a file, or one of GDAL's virtual paths.

    Raises:
        PackageRefused: the file is no raster, is truncated or cannot be read.
    """
    try:
        with rasterio.open(path, driver="GTiff") as dataset:
            yield dataset
    except (RasterioError, OSError) as error:
        raise PackageRefused(str(path.parent), f"{path.name} cannot be read: {_reason(error)}") from error


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
    code = None
    if crs is not None:
        epsg = crs.to_epsg()
        code = f"EPSG:{epsg}" if epsg else None
    transform = tuple(dataset.transform)[:6] if code else None
    return Grid(
        height=dataset.height,
        width=dataset.width,
        count=dataset.count,
        dtype=dataset.dtypes[0],
        nodata=dataset.nodata,
        crs=code,
        transform=transform,
        is_cog=bool(code) and _is_cog(path, dataset),
    )


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


def scan_rows(dataset: Dataset) -> tuple[list[RowSpan], float | None]:
    """Valid span of sampled rows of band 1, top to bottom, and the mean of their valid values.

    Valid is finite and not 0, the fill value of all FLATSIM rasters. Rows without valid pixels are left out; the
    first and the last valid row are found exactly when the valid area is in one piece.
    """
    count = min(dataset.height, SAMPLED_ROWS)
    rows = sorted({int(row) for row in np.linspace(0, dataset.height - 1, count).round()})
    read = _row_reader(dataset)
    spans: dict[int, RowSpan] = {}
    total, samples = 0.0, 0
    for row in rows:
        values = read(row)
        valid = _valid(values)
        total += float(values[valid].sum(dtype=np.float64))
        samples += int(valid.sum())
        span = _span(row, valid)
        if span:
            spans[row] = span
    if not spans:
        return [], None
    for span in (_edge(read, rows, spans, first=True), _edge(read, rows, spans, first=False)):
        spans[span.row] = span
    return [spans[row] for row in sorted(spans)], total / samples


def _edge(read: RowReader, rows: list[int], spans: dict[int, RowSpan], *, first: bool) -> RowSpan:
    """First or last valid row, by bisection between the outermost valid sample and the empty one beyond it."""
    inside = min(spans) if first else max(spans)
    beyond = [row for row in rows if (row < inside if first else row > inside)]
    if not beyond:
        return spans[inside]
    outside = max(beyond) if first else min(beyond)
    best = spans[inside]
    while abs(outside - inside) > 1:
        middle = (outside + inside) // 2
        span = _span(middle, _valid(read(middle)))
        if span:
            inside, best = middle, span
        else:
            outside = middle
    return best


def _row_reader(dataset: Dataset) -> RowReader:
    """Rows of band 1: from memory where the raster is small, else each from the file."""
    if dataset.height * dataset.width <= SMALL_PIXELS:
        band: Row = dataset.read(1)
        return lambda row: band[row]

    def read(row: int) -> Row:
        values: Row = dataset.read(1, window=Window(0, row, dataset.width, 1))[0]
        return values

    return read


def _valid(values: Row) -> NDArray[np.bool_]:
    valid: NDArray[np.bool_] = np.isfinite(values) & (values != 0)
    return valid


def _span(row: int, valid: NDArray[np.bool_]) -> RowSpan | None:
    columns = np.flatnonzero(valid)
    return RowSpan(row=row, first=int(columns[0]), last=int(columns[-1])) if columns.size else None


def read_line_of_sight(dataset: Dataset, product: Product, spans: list[RowSpan]) -> LineOfSight | None:
    """Line of sight at the scene centre, from a raster of unit vectors.

    Args:
        dataset: three bands, in the order that the product's row gives.
        product: row of the LOS product.
        spans: valid spans of the same raster.

    Returns:
        Angles of the mean vector around the centre, whichever way the file's vectors point; None without valid pixels
        there.
    """
    if not spans or dataset.count < len(product.bands):
        return None
    span = spans[len(spans) // 2]
    column = (span.first + span.last) // 2
    window = Window(max(0, column - 1), span.row, min(3, dataset.width), 1)
    means = {
        band.name: float(np.mean(dataset.read(index, window=window)))
        for index, band in enumerate(product.bands, start=1)
    }
    return line_of_sight(east=means["east"], north=means["north"], up=means["up"])


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
    )


def read_ground_ring(dataset: Dataset) -> list[tuple[float, float]]:
    """Outline of a radar lookup table: (longitude, latitude) down its left edge and up its right one."""
    left, right = [], []
    count = min(dataset.height, SAMPLED_ROWS)
    for row in sorted({int(row) for row in np.linspace(0, dataset.height - 1, count).round()}):
        longitudes, latitudes = dataset.read([1, 2], window=Window(0, row, dataset.width, 1))[:, 0]
        columns = np.flatnonzero(_valid(longitudes) & _valid(latitudes))
        if columns.size:
            left.append((float(longitudes[columns[0]]), float(latitudes[columns[0]])))
            right.append((float(longitudes[columns[-1]]), float(latitudes[columns[-1]])))
    return left + right[::-1]
