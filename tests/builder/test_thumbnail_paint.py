"""The laws of painted thumbnails: colours, limits, transparency, size; and what becomes of producers' pictures."""

from __future__ import annotations

import random
import zlib
from io import BytesIO
from math import pi
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from catalog_builder.thumbnails.paint import (
    SAMPLES_PER_PIXEL,
    STEPS,
    Painting,
    limits_of,
    paint,
    palette,
    picture_shape,
    sampled_shape,
)
from catalog_builder.thumbnails.preview import DamagedPreview, scaled
from catalog_builder.vocab.colormaps import COLORMAPS, COLOURS, CYCLIC, DIVERGING, GREY, SEQUENTIAL
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.pictures import BY_PRODUCT, PICTURES, SPREAD_PERCENT, THUMBNAIL_SIDE_PX, Scale, renders
from catalog_builder.vocab.products import PRODUCTS

WRAPPED, UNWRAPPED, COHERENCE, MISCLOSURE = (BY_PRODUCT[key] for key in ("inwf", "inu", "coh", "net"))
SIDES = st.integers(1, 20_000)
VALUES = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, np.nan, np.inf, -np.inf]),
)  # fmt: skip


def opened(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    image.load()
    return image


def rgba(painting: Painting | None) -> NDArray[np.uint8]:
    assert painting is not None
    return np.asarray(opened(painting.png).convert("RGBA"))


@given(SIDES, SIDES)
def test_a_picture_is_never_larger_than_its_raster_nor_than_a_thumbnail(height: int, width: int) -> None:
    rows, columns = picture_shape(height, width)
    assert 1 <= rows <= min(height, THUMBNAIL_SIDE_PX)
    assert 1 <= columns <= min(width, THUMBNAIL_SIDE_PX)
    if max(height, width) <= THUMBNAIL_SIDE_PX:
        assert (rows, columns) == (height, width)
    else:
        assert max(rows, columns) == THUMBNAIL_SIDE_PX
    assert abs(rows * width - columns * height) <= max(height, width), "same proportion, to a pixel"
    assert sampled_shape(height, width, has_overviews=True) == (rows, columns)
    sampled = sampled_shape(height, width, has_overviews=False)
    assert sampled[0] == rows
    assert sampled[1] % columns == 0
    assert columns <= sampled[1] <= min(width, SAMPLES_PER_PIXEL * columns)


@given(VALUES, st.sampled_from(PICTURES), st.none() | st.floats(-10, 10, width=32))
def test_no_data_is_transparent_and_nothing_else_is(values: NDArray[Any], row: Any, nodata: float | None) -> None:
    painting = paint(values, row, shape=values.shape, nodata=nodata)
    valid = np.isfinite(values) & (values != 0) & (values != (0 if nodata is None else nodata))
    if not valid.any():
        assert painting is None
        return
    assert painting is not None
    picture = rgba(painting)
    assert picture.shape[:2] == values.shape == (painting.height, painting.width)
    assert ((picture[..., 3] > 0) == valid).all()
    assert set(np.unique(picture[..., 3])) <= {0, 255}
    assert painting.limits[0] <= painting.limits[1]


@given(VALUES.filter(lambda values: bool((np.isfinite(values) & (values != 0)).any())))
def test_limits_follow_the_scale(values: NDArray[Any]) -> None:
    valid = values[np.isfinite(values) & (values != 0)].astype(float)
    for row in PICTURES:
        low, high = limits_of(valid, row)
        if row.scale is Scale.SYMMETRIC:
            assert low == -high
            assert (np.abs(valid) <= high).mean() * 100 >= SPREAD_PERCENT - 100 / len(valid) - 1e-6
        elif row.scale is Scale.FROM_ZERO:
            assert low == 0
        elif row.scale is Scale.SPREAD:
            assert valid.min() <= low <= high <= valid.max()
        else:
            assert (low, high) == row.limits


@given(st.floats(0.01, 1e4), st.integers(0, 2**32 - 1))
def test_a_symmetric_picture_of_opposite_values_has_opposite_colours(scale: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, scale, (6, 7))
    one, other = paint(values, UNWRAPPED, shape=values.shape), paint(-values, UNWRAPPED, shape=values.shape)
    assert one is not None
    assert other is not None
    assert one.limits == other.limits
    steps = [np.asarray(opened(each.png)).astype(int) - 1 for each in (one, other)]
    assert (steps[0] + steps[1] == STEPS - 1).all()


@given(st.floats(-pi, pi), st.integers(-3, 3))
def test_a_turn_more_or_less_has_the_same_colour(phase: float, turns: int) -> None:
    values = np.array([[phase, phase + turns * 2 * pi]])
    if 0 in values:
        return
    first, second = np.asarray(opened(_png(values))).astype(int)[0]
    assert min((first - second) % STEPS, (second - first) % STEPS) <= 1, "rounding at the edge of a colour"


def test_both_ends_of_a_turn_have_one_colour() -> None:
    for ends in ([pi, -pi], [np.float32(pi), -np.float32(pi)]):
        picture = np.asarray(opened(_png(np.array([ends]))).convert("RGB")).astype(int)
        assert np.abs(picture[0, 0] - picture[0, 1]).max() <= 2


def _png(values: NDArray[Any]) -> bytes:
    painting = paint(values, WRAPPED, shape=values.shape)
    assert painting is not None
    return painting.png


def test_the_mean_of_phases_is_one_of_directions() -> None:
    values = np.array([[3.1, -3.1, -3.1, 3.1]])
    painting = paint(values, WRAPPED, shape=(1, 1))
    edge = paint(np.array([[pi]]), WRAPPED, shape=(1, 1))
    near = np.asarray(opened(painting.png).convert("RGB")).astype(int) - opened(edge.png).convert("RGB")  # type: ignore[union-attr]
    assert np.abs(near).max() <= 4, "not the colour of 0, which the mean of the numbers has"


def test_only_valid_samples_have_a_say_in_a_pixel() -> None:
    values = np.array([[0.4, 0, np.nan, 0.6, 0, 0, 0, np.nan]], dtype=np.float32)
    picture = rgba(paint(values, COHERENCE, shape=(1, 2)))
    assert picture[0, 0].tolist() == [128, 128, 128, 255]
    assert picture[0, 1, 3] == 0


def test_complex_values_are_shown_by_their_phase_or_their_magnitude() -> None:
    values = np.array([[2 * np.exp(1j), 0, 2 * np.exp(-1j)]])
    by_phase = paint(values, WRAPPED, shape=(1, 3))
    assert by_phase == paint(np.array([[1.0, 0, -1.0]]), WRAPPED, shape=(1, 3))
    assert paint(values, MISCLOSURE, shape=(1, 3)).limits == pytest.approx((0, 2))  # type: ignore[union-attr]


def test_values_that_are_all_one_have_the_middle_colour() -> None:
    row = BY_PRODUCT["cosenu"]
    picture = rgba(paint(np.full((2, 2), -0.7), row, shape=(2, 2)))
    assert (picture == picture[0, 0]).all()
    assert picture[0, 0, :3].tobytes() == palette(row.colormap)[3 * (1 + STEPS // 2) :][:3]


def lightness(colormap: str) -> NDArray[np.float64]:
    """CIE L* of each colour."""
    rgb = np.frombuffer(COLORMAPS[colormap], np.uint8).reshape(COLOURS, 3) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.asarray(116 * np.cbrt(luminance) - 16)


def test_colour_maps_are_even() -> None:
    for name in (SEQUENTIAL, GREY):
        assert (np.diff(lightness(name)) > -0.3).all(), name
    diverging = lightness(DIVERGING)
    middle = COLOURS // 2
    assert (np.diff(diverging[:middle]) > -0.3).all()
    assert (np.diff(diverging[middle:]) < 0.3).all()
    assert np.abs(diverging - diverging[::-1]).max() < 6, "both sides are as dark"
    turn = np.frombuffer(COLORMAPS[CYCLIC], np.uint8).reshape(COLOURS, 3).astype(int)
    assert np.abs(turn[0] - turn[-1]).max() <= 2
    assert np.abs(np.diff(turn, axis=0)).max() <= 12, "no edge in the turn"


@pytest.mark.parametrize("name", [CYCLIC, SEQUENTIAL, GREY])
def test_colour_maps_are_those_of_their_names(name: str) -> None:
    theirs = colormaps[name](np.linspace(0, 1, COLOURS))[:, :3] * 255
    ours = np.frombuffer(COLORMAPS[name], np.uint8).reshape(COLOURS, 3)
    assert np.abs(theirs - ours).max() <= 1


def test_every_row_shows_a_product() -> None:
    products = {product.key: product for product in PRODUCTS}
    for row in PICTURES:
        assert row.colormap in COLORMAPS
        assert row.limits[0] < row.limits[1]
        bands = products[row.product].bands
        assert row.band <= len(bands) or not bands
    for kind in KINDS:
        shown = {key.rpartition("_")[0] for key in kind.thumbnail_from}
        assert shown <= {row.product for row in PICTURES if products[row.product].package == kind.code}
        for name, render in renders(kind).items():
            assert render["assets"][0].removesuffix("_geo") in {row.product for row in PICTURES if row.render == name}


def png(image: Image.Image, **options: Any) -> bytes:
    content = BytesIO()
    image.save(content, format="PNG", **options)
    return content.getvalue()


def noise(width: int, height: int, mode: str = "RGBA") -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), random.Random(width).randbytes(width * height * bands))


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "P", "L", "LA", "1", "I;16"])
@pytest.mark.parametrize("size", [(40, 30), (1300, 700)])
def test_a_preview_is_scaled_down_and_never_up(mode: str, size: tuple[int, int]) -> None:
    image = noise(*size, "RGBA").convert("L").convert("I;16") if mode == "I;16" else noise(*size).convert(mode)
    result = scaled(png(image))
    assert result is not None
    content, (rows, columns) = result
    assert (columns, rows) == opened(content).size == (size if size[0] < THUMBNAIL_SIDE_PX else (512, 276))
    assert scaled(png(image)) == result, "the same bytes"


def test_a_preview_keeps_its_transparency_and_loses_its_texts() -> None:
    image = noise(1024, 1024)
    image.putalpha(Image.linear_gradient("L").resize((1024, 1024)).point(lambda value: 255 * (value > 127)))
    result = scaled(png(image, dpi=(300, 300)))
    assert result is not None
    small = opened(result[0])
    assert small.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert small.getpixel((5, 500))[3] == 255  # type: ignore[index]
    assert not small.info
    palette_image = Image.new("P", (20, 10))
    palette_image.putpixel((3, 3), 7)
    palette_image.putpalette(random.Random(1).randbytes(768))
    kept = scaled(png(palette_image, transparency=0))
    assert kept is not None
    alpha = opened(kept[0]).convert("RGBA").getchannel("A")
    assert alpha.getextrema() == (0, 255)


def test_what_is_no_image_of_the_raster_is_passed_over() -> None:
    assert scaled(png(noise(400, 300)), proportion=0.75) is not None
    assert scaled(png(noise(400, 300)), proportion=1.0) is None, "with a frame or legend around it"
    assert scaled(png(Image.new("RGB", (400, 300), "white"))) is None, "blank"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", png(noise(60, 60))[:900]])
def test_a_damaged_preview_says_so(content: bytes) -> None:
    with pytest.raises(DamagedPreview, match=r"\w"):
        scaled(content)


def test_a_preview_of_very_many_pixels_is_not_unpacked() -> None:
    assert scaled(_claiming(12_000)) is None, "and not damaged, as unpacking it would show"
    with pytest.raises(DamagedPreview, match="exceeds limit"):
        scaled(_claiming(60_000))


def _claiming(side: int) -> bytes:
    """A PNG of one pixel that says it has many more."""
    small = png(Image.new("1", (1, 1)))
    header = small[12:16] + side.to_bytes(4, "big") * 2 + small[24:29]
    return small[:12] + header + zlib.crc32(header).to_bytes(4, "big") + small[33:]
