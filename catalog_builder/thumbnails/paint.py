"""Values of one band → a picture with a colour map. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog_builder.vocab.colormaps import COLORMAPS, COLOURS
from catalog_builder.vocab.pictures import SPREAD_PERCENT, THUMBNAIL_SIDE_PX, Picture, Scale
from catalog_builder.vocab.products import FILL_VALUE

Values = NDArray[Any]
Mask = NDArray[np.bool_]

SAMPLES_PER_PIXEL: Final = 4
"""Values of a row that are taken for a pixel of the picture: their mean has less noise, and rows come whole anyway."""
STEPS: Final = COLOURS - 1
"""Colours of a picture beside the one of no data, number 0."""
COMPRESSION: Final = 6
"""9 takes five times as long for one part in a hundred."""


@dataclass(frozen=True, slots=True)
class Painting:
    """A picture and the values at the ends of its colours."""

    png: bytes
    height: int
    width: int
    limits: tuple[float, float]


def picture_shape(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the thumbnail of a raster: its own, or fewer in the same proportion.

    >>> picture_shape(3500, 1750), picture_shape(100, 80), picture_shape(6000, 2)
    ((512, 256), (100, 80), (512, 1))
    """
    longer = max(height, width)
    if longer <= THUMBNAIL_SIDE_PX:
        return height, width
    rows, columns = (max(1, round(side * THUMBNAIL_SIDE_PX / longer)) for side in (height, width))
    return rows, columns


def sampled_shape(height: int, width: int, *, has_overviews: bool) -> tuple[int, int]:
    """Rows and columns in which a raster is read for its thumbnail.

    >>> sampled_shape(3500, 5000, has_overviews=False), sampled_shape(3500, 5000, has_overviews=True)
    ((358, 2048), (358, 512))
    """
    rows, columns = picture_shape(height, width)
    return rows, columns if has_overviews else columns * min(SAMPLES_PER_PIXEL, width // columns)


def paint(values: Values, row: Picture, *, shape: tuple[int, int], nodata: float | None = None) -> Painting | None:
    """Paint one band; where there is no data the picture is transparent.

    Args:
        values: samples of the band, one for a pixel, or several of its row; complex ones are shown by
            their argument where the scale is cyclic, else by their magnitude.
        row: how the product is shown.
        shape: rows and columns of the picture.
        nodata: what stands for no data beside 0 and what is not finite.

    Returns:
        None when no value is valid.
    """
    valid = np.isfinite(values) & (values != FILL_VALUE)
    if nodata is not None:
        valid &= values != nodata
    if not valid.any():
        return None
    cyclic = row.scale is Scale.CYCLIC
    real = _real(values, valid, cyclic=cyclic)
    real, valid = _mean(real, valid, shape, turn=row.limits if cyclic else None)
    low, high = limits_of(real[valid], row)
    index = np.where(valid, 1 + _steps(real, low, high, cyclic=cyclic), 0).astype(np.uint8)
    return Painting(_png(index, row.colormap), *shape, (low, high))


def _real(values: Values, valid: Mask, *, cyclic: bool) -> NDArray[np.float64]:
    if np.iscomplexobj(values):
        values = np.angle(values) if cyclic else np.abs(values)
    return np.where(valid, values, 0).astype(np.float64)


def _mean(
    values: NDArray[np.float64], valid: Mask, shape: tuple[int, int], *, turn: tuple[float, float] | None
) -> tuple[NDArray[np.float64], Mask]:
    """Mean of the valid samples of each pixel; of a cyclic quantity that of the directions."""
    if values.shape == shape:
        return values, valid
    counts = _blocks(valid.astype(np.uint8), shape)
    if turn is None:
        return _blocks(values, shape) / np.maximum(counts, 1), counts > 0
    angles = ((values - turn[0]) * (2 * np.pi / (turn[1] - turn[0]))).astype(np.float32)
    angles[~valid] = np.nan
    east, north = (_blocks(np.nan_to_num(of(angles)), shape) for of in (np.cos, np.sin))
    turns = np.arctan2(north, east, dtype=np.float64) / (2 * np.pi) % 1
    return turn[0] + turns * (turn[1] - turn[0]), counts > 0


def _blocks(values: Values, shape: tuple[int, int]) -> Values:
    """Sums of the samples of each pixel."""
    factor = values.shape[1] // shape[1]
    return reduce(np.add, [values[:, start::factor] for start in range(factor)])


def limits_of(values: NDArray[np.float64], row: Picture) -> tuple[float, float]:
    """Values at the ends of the colours of a picture.

    Args:
        values: the valid ones, at least one.
        row: how the product is shown.

    Returns:
        The lower and the higher one; equal where all values are one.
    """
    if row.scale in (Scale.CYCLIC, Scale.FIXED):
        return row.limits
    if row.scale is Scale.SYMMETRIC:
        limit = float(np.percentile(np.abs(values), SPREAD_PERCENT))
        return -limit, limit
    low, high = np.percentile(values, (100 - SPREAD_PERCENT, SPREAD_PERCENT))
    return (0.0, max(0.0, float(high))) if row.scale is Scale.FROM_ZERO else (float(low), float(high))


def _steps(values: NDArray[np.float64], low: float, high: float, *, cyclic: bool) -> NDArray[np.int64]:
    """Number of each value's colour, 0 to `STEPS` - 1; the middle one where all values are one."""
    if high <= low:
        return np.full(values.shape, STEPS // 2)
    share = (values - low) / (high - low)
    if cyclic:
        return np.floor(share % 1 * STEPS).astype(np.int64) % STEPS
    return np.round(np.clip(share, 0, 1) * (STEPS - 1)).astype(np.int64)


def _png(index: NDArray[np.uint8], colormap: str) -> bytes:
    image = Image.fromarray(index)
    image.putpalette(palette(colormap))
    content = BytesIO()
    image.save(content, format="PNG", transparency=0, compress_level=COMPRESSION)
    return content.getvalue()


def palette(colormap: str) -> bytes:
    """Colours of a picture: white for no data, should transparency be ignored, then the map in `STEPS` steps."""
    table = np.frombuffer(COLORMAPS[colormap], dtype=np.uint8).reshape(COLOURS, 3)
    chosen = table[np.linspace(0, COLOURS - 1, STEPS).round().astype(int)]
    colours: bytes = chosen.tobytes()
    return bytes((255, 255, 255)) + colours
