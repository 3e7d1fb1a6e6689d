"""Previews, legends and figures. Nothing in a picture depends on when or where it was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.colorbar import ColorbarBase
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from catalog_builder.sample.products import Style
from catalog_builder.sample.rasters import Raster

if TYPE_CHECKING:
    from datetime import date

    from matplotlib.axes import Axes

PREVIEW_WIDTH_PX: Final = 400
_TRANSPARENT: Final = 0


def write_preview(path: Path, bands: Raster, style: Style) -> None:
    """Draw one band as a picture with a palette; pixels without a value (0) are transparent.

    Args:
        path: where to write the PNG.
        bands: shape (count, rows, columns).
        style: band, colours and limits.
    """
    values = bands[style.band]
    share = (values.astype(np.float64) - style.low) / (style.high - style.low)
    index = np.where(values == 0, _TRANSPARENT, 1 + np.clip(np.round(share * 254), 0, 254)).astype(np.uint8)
    zoom = max(1, round(PREVIEW_WIDTH_PX / values.shape[1]))
    picture = Image.fromarray(index.repeat(zoom, axis=0).repeat(zoom, axis=1), mode="P")
    picture.putpalette(_palette(style.colours))
    picture.save(path, format="PNG", transparency=_TRANSPARENT, compress_level=6)


@cache
def _palette(colours: str) -> bytes:
    """Return 256 RGB colours: white for pixels without a value, then the map in 255 steps."""
    rgb = np.round(colormaps[colours](np.linspace(0, 1, 255))[:, :3] * 255).astype(np.uint8)
    return bytes((255, 255, 255)) + rgb.tobytes()


@cache
def legend(style: Style) -> bytes:
    """Draw the colour bar of a style with its limits and unit, and return the PNG."""
    figure = Figure(figsize=(1.5, 4.0), dpi=100)
    axes = figure.add_axes((0.12, 0.05, 0.2, 0.9))
    bar = ColorbarBase(axes, cmap=colormaps[style.colours], norm=Normalize(style.low, style.high))
    if style.in_pi:
        bar.set_ticks(
            [-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], labels=[r"$-\pi$", r"$-\pi/2$", "0", r"$\pi/2$", r"$\pi$"]
        )
    bar.set_label(style.label, fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return _png(figure)


def network_figure(days: Sequence[date], baselines_m: Sequence[float], pairs: Sequence[tuple[int, int, bool]]) -> bytes:
    """Draw perpendicular baseline against date with a line for each pair, dashed where it is not used."""
    figure, axes = _figure("network; dashed: not in the series")
    for first, second, used in pairs:
        axes.plot(
            [days[first], days[second]],  # type: ignore[arg-type]
            [baselines_m[first], baselines_m[second]],
            color="0.5" if used else "tab:red",
            linestyle="-" if used else "--",
            linewidth=0.8,
        )
    axes.plot(days, baselines_m, "o", color="tab:blue", markersize=5)  # type: ignore[arg-type]
    axes.set_ylabel("perpendicular baseline [m]", fontsize=9)
    return _png(figure)


def fraction_figure(fractions: Sequence[float], temporal_baselines_days: Sequence[int]) -> bytes:
    """Draw the unwrapped fraction of the pairs against their temporal baseline."""
    figure, axes = _figure("unwrapped fraction")
    axes.plot(temporal_baselines_days, fractions, "o", color="tab:blue", markersize=4)
    axes.set_xlabel("temporal baseline [days]", fontsize=9)
    axes.set_ylim(0, 1.02)
    return _png(figure)


def listing_figure(listings: Mapping[str, str]) -> bytes:
    """Draw listings of images, whose first columns are decimal year and value, one curve each by name."""
    figure, axes = _figure("estimates of each date")
    for name, text in listings.items():
        rows = [line.split() for line in text.splitlines()]
        axes.plot([float(row[0]) for row in rows], [float(row[1]) for row in rows], "o-", markersize=3, label=name)
    axes.set_xlabel("year", fontsize=9)
    axes.legend(fontsize=7)
    return _png(figure)


def _figure(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.6), dpi=100)
    axes = figure.add_axes((0.12, 0.15, 0.84, 0.75))
    axes.set_title(f"SYNTHETIC: {title}", fontsize=9)
    axes.tick_params(labelsize=8)
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
