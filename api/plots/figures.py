"""What all figures have in common: their sizes, letters and axes. Matplotlib is imported here and nowhere else.

Only the thread that draws calls what is in here: some of Matplotlib's settings hold for the whole process.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from api.plots.palette import COAST, GRID, INK, PAPER, QUIET
from api.plots.svg import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTS_PER_INCH: Final = 72
SMALL: Final = 10.5
NORMAL: Final = 12.0
LONGEST_TITLE: Final = 100

_SETTINGS: Final[dict[str, Any]] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "flatsim",  # the same figure has the same ids
    "text.parse_math": False,  # a title with dollars is not a formula
    "text.usetex": False,
    "axes.unicode_minus": True,
    "path.simplify": True,
    "font.family": ["DejaVu Sans"],
    "font.size": NORMAL,
    "text.color": INK.light,
    "axes.edgecolor": COAST.light,
    "axes.labelcolor": INK.light,
    "axes.facecolor": PAPER.light,
    "figure.facecolor": PAPER.light,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID.light,
    "grid.linewidth": 0.7,
    "xtick.color": QUIET.light,
    "ytick.color": QUIET.light,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3.5,
    "ytick.major.size": 0,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.titlesize": NORMAL + 1,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
_NO_METADATA: Final = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@contextmanager
def settings() -> Iterator[None]:
    """Matplotlib as our figures need it, whatever a file of the user's says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type] # it wants literal names
        yield


def new_figure(width_px: float, height_px: float) -> Figure:
    """An empty figure of a size in pixels of the screen."""
    return Figure(figsize=(width_px / POINTS_PER_INCH, height_px / POINTS_PER_INCH), dpi=POINTS_PER_INCH)


def render_svg(figure: Figure) -> bytes:
    """A figure as Matplotlib's SVG."""
    file = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(file, metadata=_NO_METADATA)
    return file.getvalue()


def shortened(title: str) -> str:
    """A title that fits above a figure."""
    plain = clean(" ".join(title.split()))
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 1]}…"


def time_axis(axis: Any) -> None:
    """Ticks of an axis of time in numbers, which both languages read."""
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axis.set_major_locator(locator)
    formats = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"]
    zeros = ["", "%Y", "%Y-%m-%d", "%m-%d", "%H:%M", "%H:%M"]
    formatter = ConciseDateFormatter(locator, formats=formats, zero_formats=zeros, show_offset=False)
    axis.set_major_formatter(formatter)


def bare(axes: Any, *sides: str) -> None:
    """Take away the frame at some sides."""
    for side in sides:
        axes.spines[side].set_visible(False)
