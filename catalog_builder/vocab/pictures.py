"""How each product is shown: its band, colours and limits, one row each, for thumbnails and for tile servers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import pi
from typing import Any, Final

from catalog_builder.vocab.colormaps import CYCLIC, DIVERGING, GREY, SEQUENTIAL
from catalog_builder.vocab.kinds import Kind
from catalog_builder.vocab.products import FILL_VALUE, PRODUCTS

THUMBNAIL_SIDE_PX: Final = 512
"""Of the longer side of a thumbnail at most; small enough for lists, large enough for a screen of twice the pixels."""
SPREAD_PERCENT: Final = 98
"""Percentile that limits the colours where they follow the values; 2 is the lower one where there is one."""


class Scale(Enum):
    """How values become colours in a thumbnail."""

    CYCLIC = "cyclic"
    """By their place in the turn of the limits: both ends have one colour."""
    SYMMETRIC = "symmetric"
    """From minus to plus the percentile of the magnitudes, so that 0 has the middle colour."""
    FROM_ZERO = "from zero"
    """From 0 to the percentile."""
    SPREAD = "spread"
    """From the lower to the upper percentile."""
    FIXED = "fixed"
    """From one limit to the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How one product is shown."""

    product: str
    """Its key, the first part of asset keys."""
    band: int = 1
    """Counted from 1; 0 is the last one, for cubes that have a band for each date."""
    colormap: str
    scale: Scale
    limits: tuple[float, float]
    """In the unit of the product's row: of a cyclic or fixed scale, and what tile servers take for all items."""
    render: str | None = None
    """Name in the collections' `renders`; None where the band, or the sign of its values, is not the same in all."""
    render_title: str = ""


def _wrapped(product: str, render: str, render_title: str) -> Picture:
    return Picture(
        product=product, colormap=CYCLIC, scale=Scale.CYCLIC, limits=(-pi, pi), render=render, render_title=render_title
    )


PICTURES: Final = (
    Picture(product="inu", colormap=DIVERGING, scale=Scale.SYMMETRIC, limits=(-20, 20),
            render="unwrapped", render_title="Unwrapped phase"),
    _wrapped("inwf", "wrapped", "Filtered wrapped phase"),
    _wrapped("inw", "wrapped_unfiltered", "Wrapped phase"),
    Picture(product="coh", colormap=GREY, scale=Scale.FIXED, limits=(0, 1),
            render="coherence", render_title="Coherence"),
    Picture(product="aps", colormap=DIVERGING, scale=Scale.SYMMETRIC, limits=(-20, 20),
            render="atmosphere", render_title="Atmospheric phase screen"),
    Picture(product="mvlos", colormap=DIVERGING, scale=Scale.SYMMETRIC, limits=(-5, 5),
            render="velocity", render_title="Mean line-of-sight velocity"),
    Picture(product="dts", band=0, colormap=DIVERGING, scale=Scale.SYMMETRIC, limits=(-20, 20)),
    Picture(product="net", colormap=SEQUENTIAL, scale=Scale.FROM_ZERO, limits=(0, 2),
            render="misclosure", render_title="RMS misclosure of the network"),
    Picture(product="tcoh", colormap=GREY, scale=Scale.SPREAD, limits=(0, 1),
            render="temporal_coherence", render_title="Temporal coherence"),
    Picture(product="cosenu", band=3, colormap=SEQUENTIAL, scale=Scale.SPREAD, limits=(-0.9, -0.65),
            render="los_up", render_title="Up component of the line-of-sight vector"),
    Picture(product="cosneu", band=3, colormap=SEQUENTIAL, scale=Scale.SPREAD, limits=(-1, 1)),
    Picture(product="dem", band=2, colormap=SEQUENTIAL, scale=Scale.SPREAD, limits=(0, 3000)),
)  # fmt: skip
BY_PRODUCT: Final = {picture.product: picture for picture in PICTURES}


def renders(kind: Kind) -> dict[str, dict[str, Any]]:
    """`renders` of the collections of a kind: hints for tile servers, in titiler's words."""
    packages = {product.key: product.package for product in PRODUCTS}
    return {row.render: _render(row) for row in PICTURES if row.render and packages[row.product] == kind.code}


def _render(row: Picture) -> dict[str, Any]:
    return {
        "title": row.render_title,
        "assets": [f"{row.product}_geo"],
        "bidx": [row.band],
        "rescale": [[round(limit, 5) for limit in row.limits]],
        "nodata": FILL_VALUE,
        "colormap_name": row.colormap,
        "resampling": "nearest",  # any other one mixes values with those that stand for no data
    }
