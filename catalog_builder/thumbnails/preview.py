"""The producer's picture → a thumbnail. Pure."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from typing import Final

from PIL import Image

from catalog_builder.thumbnails.paint import COMPRESSION, picture_shape

MAX_PIXELS: Final = 100_000_000
"""Of a preview; a raster of real size has some ten million."""
FORMATS: Final = ("PNG", "JPEG")
SHAPE_TOLERANCE: Final = 0.05
"""By which the proportions of a picture and of its raster may differ: more has a frame or a legend around it."""

_FAULTS: Final = (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError, struct.error, zlib.error,
                  Image.DecompressionBombError)  # fmt: skip
"""What Pillow raises on damaged pictures."""


class DamagedPreview(Exception):
    """The producer's picture cannot be read; says why."""


def scaled(content: bytes, *, proportion: float | None = None) -> tuple[bytes, tuple[int, int]] | None:
    """A picture as a PNG of at most the size of thumbnails.

    Args:
        content: PNG or JPEG.
        proportion: height over width of the raster that it shows, where that is known.

    Returns:
        The PNG, and its rows and columns; None where the picture is too large, blank or of another shape than its
        raster, so that it is not an image of it.

    Raises:
        DamagedPreview: it cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes and of what is odd in a file: either it opens or not
            return _scaled(content, proportion)
    except _FAULTS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DamagedPreview(reason) from error


def _scaled(content: bytes, proportion: float | None) -> tuple[bytes, tuple[int, int]] | None:
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        width, height = image.size
        is_framed = proportion is not None and abs(height / width / proportion - 1) > SHAPE_TOLERANCE
        if is_framed or width * height > MAX_PIXELS:
            return None
        image.load()
        rows, columns = picture_shape(height, width)
        small = image.copy() if (rows, columns) == (height, width) else _resized(image, columns, rows)
    if _is_blank(small):
        return None
    small.info = {name: small.info[name] for name in ("transparency",) if name in small.info}  # no texts, no times
    result = BytesIO()
    small.save(result, format="PNG", compress_level=COMPRESSION)
    return result.getvalue(), (rows, columns)


def _resized(image: Image.Image, columns: int, rows: int) -> Image.Image:
    """With every pixel of the original in it; colours of transparent ones do not bleed into their neighbours."""
    whole = image.convert("RGBA").convert("RGBa") if image.has_transparency_data else image.convert("RGB")
    small = whole.resize((columns, rows), Image.Resampling.BOX, reducing_gap=None)
    return small.convert("RGBA") if small.mode == "RGBa" else small


def _is_blank(image: Image.Image) -> bool:
    return all(low == high for low, high in _extrema(image.convert("RGBA")))


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    return [image.getchannel(band).getextrema() for band in image.getbands()]  # type: ignore[misc]
