"""Valid areas of open rasters, from samples: some rows, or an overview. Never a whole raster of real size.

Valid is finite, not 0, the fill value of all FLATSIM rasters, not the value that the file declares as no data, and not
masked where the file has a mask or an alpha band. A value that stands all around a raster and is not declared is taken
for no data, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window

from catalog_builder.packages.model import RowSpan
from catalog_builder.read.coherence import Shares

SCANNED_ROWS: Final = 64
"""Rows that are read for an outline, beside those that find its first and last valid row."""
COMPARED_ROWS: Final = 32
"""Rows that are read to tell whether a raster has the outline of another one."""
COMPARED_SHARE: Final = 8
"""Of the blocks of a raster that is tiled and has no overviews, one in so many is read to compare it."""
TOLERANCE_PIXELS: Final = 2
"""By which the ends of a row may differ in two rasters of one outline: burst edges move by a pixel or two."""
SMALL_PIXELS: Final = 512 * 512
"""Rasters up to this size are read whole, which then is cheaper than row by row."""

Row: TypeAlias = NDArray[np.floating]
Mask: TypeAlias = NDArray[np.bool_]
RowReader: TypeAlias = Callable[[int], tuple[Row, Mask]]


@dataclass(frozen=True, slots=True)
class Scan:
    """What sampled rows of band 1 tell."""

    spans: tuple[RowSpan, ...]
    """Valid span of each row that has valid pixels, top to bottom."""
    mean: float
    """Of the valid values that were read: those of some rows, or of all where the raster is small."""
    height: int
    width: int
    """Rows and columns in which the spans are counted: those of the raster, or of the overview that was read."""
    fill: float | None = None
    """Value all around that is not declared as no data."""


class _View:
    """Band 1 as it is sampled: from memory where the raster or one of its overviews is small, else row by row."""

    def __init__(self, dataset: DatasetReader, *, shares: Shares | None = None, fill: float | None = None) -> None:
        self._dataset = dataset
        self._shares = shares
        self.height, self.width = _size(dataset)
        self.nodata = _nodata(dataset)
        self.fill = fill
        self._is_masked = _is_masked(dataset)
        self._band: Row | None = None
        self._valid: Mask | None = None
        self.mean: float | None = None
        """Of all valid values, where they are in memory; 0 without any."""
        self.block_height = 1
        """Rows that come from the disk together; 1 where all rows are in memory."""
        if self.height * self.width <= SMALL_PIXELS:
            band: Row = dataset.read(1, out_shape=(self.height, self.width))
            self._band = band
            self.fill = fill if fill is not None else self._border_value(band[0], band[-1], band)
            valid = self._are_valid(band)
            if self._is_masked:
                valid &= dataset.read_masks(1, out_shape=(self.height, self.width)) != 0
            self._valid = valid
            self.mean = float(band.sum(dtype=np.float64, where=valid) / max(1, np.count_nonzero(valid)))
            self._count(band, valid)
        else:
            self.block_height = dataset.block_shapes[0][0]

    def look_for_fill(self) -> None:
        """Look whether one value stands all around, where the rows are not in memory."""
        if self._band is None and self.fill is None:
            self.fill = self._border_value(
                self._values(0), self._values(self.height - 1), self._values(self.height // 2)
            )

    def read(self, row: int) -> tuple[Row, Mask]:
        """One row, and which of its values are valid."""
        if self._band is not None and self._valid is not None:
            return self._band[row], self._valid[row]
        values = self._values(row)
        valid = self._are_valid(values)
        if self._is_masked:
            valid &= self._dataset.read_masks(1, window=Window(0, row, self.width, 1))[0] != 0
        return values, valid

    def sample(self, row: int) -> tuple[Row, Mask]:
        """One row that counts in the mean."""
        values, valid = self.read(row)
        if self._band is None:
            self._count(values, valid)
        return values, valid

    def _values(self, row: int) -> Row:
        values: Row = self._dataset.read(1, window=Window(0, row, self.width, 1))[0]
        return values

    def _count(self, values: Row, valid: Mask) -> None:
        if self._shares is not None:
            scale, offset = self._dataset.scales[0], self._dataset.offsets[0]
            chosen = values[valid]
            self._shares.add(chosen if (scale, offset) == (1.0, 0.0) else chosen * scale + offset)

    def _are_valid(self, values: Row) -> Mask:
        valid: Mask = np.isfinite(values) & (values != 0)
        for other in (self.nodata, self.fill):
            if other is not None:
                valid &= values != values.dtype.type(other)
        return valid

    def _border_value(self, top: Row, bottom: Row, inner: Row) -> float | None:
        corners = {top[0], top[-1], bottom[0], bottom[-1]}
        if self._is_masked or len(corners) != 1:  # a mask says all
            return None
        value = corners.pop()
        if not np.isfinite(value) or value in (0, self.nodata) or (inner == value).all():
            return None
        border = np.concatenate([top, bottom])
        return float(value) if np.count_nonzero(border == value) * 2 > border.size else None


def _nodata(dataset: DatasetReader) -> float | None:
    """The declared value, unless it is one that never is valid."""
    value = dataset.nodata
    return None if value is None or value == 0 or not math.isfinite(value) else value


def _is_masked(dataset: DatasetReader) -> bool:
    """Whether the file has a mask or an alpha band."""
    flags = dataset.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags or MaskFlags.alpha in flags


def scan(dataset: DatasetReader, shares: Shares | None = None) -> Scan | None:
    """Sample rows of band 1 evenly.

    The first and the last valid row are found exactly when the valid area is in one piece.

    Args:
        dataset: an open raster.
        shares: where the valid values are counted, of a coherence.

    Returns:
        None when no sampled pixel is valid.
    """
    view = _View(dataset, shares=shares)
    view.look_for_fill()
    count = min(view.height, SCANNED_ROWS)
    rows = sorted({int(row) for row in np.linspace(0, view.height - 1, count).round()})
    spans: dict[int, RowSpan] = {}
    total, samples = 0.0, 0
    for row in rows:
        span, row_total, row_samples = _measure(row, *view.sample(row))
        total += row_total
        samples += row_samples
        if span:
            spans[row] = span
    if not spans:
        return None
    for span in (_edge(view.read, rows, spans, first=True), _edge(view.read, rows, spans, first=False)):
        spans[span.row] = span
    ordered = tuple(spans[row] for row in sorted(spans))
    mean = total / samples if view.mean is None else view.mean
    return Scan(spans=ordered, mean=mean, height=view.height, width=view.width, fill=view.fill)


def compare(
    dataset: DatasetReader,
    spans: tuple[RowSpan, ...],
    height: int,
    width: int,
    *,
    shares: Shares | None = None,
    fill: float | None = None,
) -> float | None:
    """Mean of band 1 in some of the rows of an earlier scan, if the valid pixels there are those of the scan.

    Args:
        dataset: an open raster.
        spans: those of the earlier scan, of a raster of the same grid.
        height: rows in which they are counted.
        width: columns in which they are counted.
        shares: where the valid values are counted, of a coherence; of no use where None is returned.
        fill: value all around that the earlier raster did not declare.

    Returns:
        None when an end of a row, or the first or last row, lies elsewhere by more than `TOLERANCE_PIXELS`.
    """
    view = _View(dataset, shares=shares, fill=fill)
    if (view.height, view.width) != (height, width) or _reaches_beyond(spans, view):
        return None
    expected = _compared(spans, view.height, view.block_height)
    read = [view.sample(span.row) for span in expected]
    rows, valid = np.array([values for values, _ in read]), np.array([flags for _, flags in read])
    first, last = valid.argmax(axis=1), width - 1 - valid[:, ::-1].argmax(axis=1)
    ends = np.array([(span.first, span.last) for span in expected])
    if not valid.any(axis=1).all() or np.abs(np.stack([first, last], axis=1) - ends).max() > TOLERANCE_PIXELS:
        return None
    return float(rows.mean(dtype=np.float64, where=valid)) if view.mean is None else view.mean


@lru_cache(maxsize=16)
def _compared(spans: tuple[RowSpan, ...], height: int, block_height: int) -> tuple[RowSpan, ...]:
    """Evenly among the spans, from the first to the last one; few blocks where a block is many rows."""
    wanted = np.linspace(0, len(spans) - 1, min(COMPARED_ROWS, len(spans))).round()
    chosen = tuple(spans[int(index)] for index in wanted)
    blocks = math.ceil(height / block_height)
    allowed = max(1, blocks // COMPARED_SHARE)
    met = list(dict.fromkeys(span.row // block_height for span in chosen))
    if len(met) <= allowed:
        return chosen
    kept = {met[int(index)] for index in np.linspace(0, len(met) - 1, allowed + 2).round()[1:-1]}
    return tuple(span for span in spans if span.row // block_height in kept)


def _reaches_beyond(spans: Sequence[RowSpan], view: _View) -> bool:
    """Whether rows outside the spans are valid; not asked where a row costs many others."""
    if view.block_height > SCANNED_ROWS:
        return False
    outside = (spans[0].row - 1 - TOLERANCE_PIXELS, spans[-1].row + 1 + TOLERANCE_PIXELS)
    return any(_measure(row, *view.read(row))[0] for row in outside if 0 <= row < view.height)


def _size(dataset: DatasetReader) -> tuple[int, int]:
    """Rows and columns of the largest overview that is small but has enough rows; of the raster where it is small, or
    has none."""
    if dataset.height * dataset.width > SMALL_PIXELS:
        for factor in sorted(dataset.overviews(1)):
            height, width = math.ceil(dataset.height / factor), math.ceil(dataset.width / factor)
            if height * width <= SMALL_PIXELS and height >= SCANNED_ROWS:
                return height, width
    return dataset.height, dataset.width


def _measure(row: int, values: Row, valid: Mask) -> tuple[RowSpan | None, float, int]:
    """Valid span of a row, and sum and number of its valid values."""
    columns = np.flatnonzero(valid)
    if not columns.size:
        return None, 0.0, 0
    span = RowSpan(row=row, first=int(columns[0]), last=int(columns[-1]))
    return span, float(values[columns].sum(dtype=np.float64)), int(columns.size)


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
        span, _, _ = _measure(middle, *read(middle))
        if span:
            inside, best = middle, span
        else:
            outside = middle
    return best
