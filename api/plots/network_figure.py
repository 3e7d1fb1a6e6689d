"""The network of a series as a figure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal

from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from api.plots import figures
from api.plots.palette import APART, BREAK, BREAK_INK, GAP, NODE, PAPER, QUIET, UNKNOWN, scale
from api.plots.svg import Stroke
from api.plots.words import count, figure_text
from api.web.typography import number_text
from api.web.words import translate_title
from catalog_builder.vocab.french import item_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from api.http.page_negotiation import Language
    from api.plots.network import Network, Pair

ColourBy = Literal["coherence", "temporal_baseline"]

WIDTH_PX: Final = 980
HEIGHT_PX: Final = 560
_DAY_CLASSES: Final = (0, 6, 12, 24, 48, 96, 183, 366, 732, 100_000)
"""Ends of the classes of temporal baselines: cycles of two satellites and of one, and parts of a year."""
_MOST_CLASSES: Final = 10
_EPSILON: Final = 1e-6
_DASHES: Final = (0, (4.0, 3.0))
_USED, _LEFT_OUT = "pairs", "pairs-left-out"
_WIDTHS: Final = ((200, 1.3), (1500, 0.8), (10**9, 0.45))
"""Of lines, in pixels, for so many pairs at most."""


@dataclass(frozen=True, slots=True)
class _Classes:
    """Classes of what pairs are coloured by: the ends of each, and colours for them."""

    ends: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]

    def colour(self, value: float | None) -> str:
        if value is None:
            return UNKNOWN.light
        number = sum(value > end for end in self.ends[1:-1])
        return self.colours[number]


def draw_network(network: Network, colour_by: ColourBy, language: Language) -> tuple[bytes, dict[str, list[Stroke]]]:
    """The figure as Matplotlib's SVG, and the lines that go into it by the ids of their places.

    Each pair has the key `pair-N` with its place in the network.
    """
    with figures.settings():
        figure = figures.new_figure(WIDTH_PX, HEIGHT_PX)
        # left, bottom, width, height in parts of the figure
        axes = figure.add_axes((0.075, 0.135, 0.80, 0.755))
        values = [_value(pair, colour_by) for pair in network.pairs]
        classes = _classes([value for value in values if value is not None], colour_by, language)
        spots = _spots(network)
        _gaps(axes, network)
        lines = _pairs(axes, network, spots)
        _dates(axes, network, spots)
        _axes(axes, network, language)
        if network.pairs:
            _scale(figure, classes, colour_by, language)
        _legend(figure, network, values, language)
        strokes = _strokes(axes, network, lines, [classes.colour(value) for value in values])
        return figures.render_svg(figure), strokes


def _value(pair: Pair, colour_by: ColourBy) -> float | None:
    return pair.coherence if colour_by == "coherence" else abs(pair.temporal_baseline_days)


def _classes(values: Sequence[float], colour_by: ColourBy, language: Language) -> _Classes:
    if not values:
        return _Classes((0, 1), (UNKNOWN.light,), ("", ""))
    if colour_by == "coherence":
        low, high = max(min(values), 0.0), min(max(values), 1.0)
        ends = tuple(map(float, MaxNLocator(_MOST_CLASSES, steps=[1, 2, 5, 10], min_n_ticks=2).tick_values(low, high)))
        digits = 1 if all(abs(end * 10 - round(end * 10)) < _EPSILON for end in ends) else 2
        labels = tuple(number_text(end, language, digits=digits) for end in ends)
    else:
        first = max(index for index, end in enumerate(_DAY_CLASSES) if end < max(min(values), 1))
        last = min(index for index, end in enumerate(_DAY_CLASSES) if end >= max(values))
        ends = _DAY_CLASSES[first : last + 1]
        labels = tuple(f"> {ends[-2]}" if end == _DAY_CLASSES[-1] else str(end) for end in ends)
    colours = scale(len(ends) - 1)
    if colour_by != "coherence":
        colours = colours[::-1]  # short pairs and coherent ones are alike
    return _Classes(ends, tuple(colour.light for colour in colours), labels)


def _spots(network: Network) -> dict[date, tuple[float, float]]:
    """Where each date stands; those without a position on a line below all others."""
    known = network.positions_m
    span = max(known.values()) - min(known.values()) if known else 0.0
    below = min(known.values()) - max(0.14 * span, 12.0) if known else 0.0
    return {day: (date2num(day), known.get(day, below)) for day in network.dates}


def _pairs(axes: Axes, network: Network, spots: dict[date, tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Makes room for the lines, and places in the figure where they go: those left out below the others."""
    lines = [_line(network, pair, spots) for pair in network.pairs]
    if lines:
        axes.update_datalim([corner for line in lines for corner in line])
    for number, group in enumerate((_LEFT_OUT, _USED)):
        axes.add_line(Line2D([], [], gid=group, zorder=2 + number / 10))
    return lines


def _strokes(
    axes: Axes, network: Network, lines: list[list[tuple[float, float]]], colours: list[str]
) -> dict[str, list[Stroke]]:
    """The lines as they go into the figure, by place: Matplotlib would take ten times as long for thousands."""
    order = sorted(range(len(lines)), key=lambda index: (network.pairs[index].coherence or 0.0, index))
    found: dict[str, list[Stroke]] = {_LEFT_OUT: [], _USED: []}
    width = next(width for most, width in _WIDTHS if len(lines) <= most)
    placed = axes.transData.transform([corner for line in lines for corner in line]).tolist() if lines else []
    ends = [0, *accumulate(map(len, lines))]
    for index in order:  # the most coherent last, on top
        is_out = network.pairs[index].used is False
        stroke = Stroke(
            key=f"pair-{index}",
            corners=[(x, HEIGHT_PX - y) for x, y in placed[ends[index] : ends[index + 1]]],
            colour=colours[index],
            width=width * 0.8 if is_out else width,
            dashes="4 3" if is_out else None,
        )
        found[_LEFT_OUT if is_out else _USED].append(stroke)
    return found


def _line(network: Network, pair: Pair, spots: dict[date, tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of a pair's line; an arch where neither date has a position, which would all lie on each other."""
    ends = [spots[pair.reference], spots[pair.secondary]]
    if pair.reference in network.positions_m or pair.secondary in network.positions_m:
        return ends
    (left, low), (right, _) = sorted(ends)
    height = (right - left) * (0.02 if network.positions_m else 1.0)
    steps = [step / 40 for step in range(41)]
    return [(left + (right - left) * step, low + 4 * height * step * (1 - step)) for step in steps]


def _dates(axes: Axes, network: Network, spots: dict[date, tuple[float, float]]) -> None:
    of_rest: dict[str, Any] = {"linestyle": "none", "clip_on": False, "zorder": 4}
    size = 4.2 if len(network.dates) > 120 else 5.5  # noqa: PLR2004
    linked = [spots[day] for day in network.dates if not network.pairs or network.components[day] == 1]
    apart = [spots[day] for day in network.dates if network.pairs and network.components[day] > 1]
    for places, marker, colour in ((linked, "o", NODE), (apart, "D", APART)):
        if places:
            x, y = zip(*places, strict=True)
            axes.plot(
                x, y, marker=marker, markersize=size, markerfacecolor=colour.light, markeredgecolor=PAPER.light,
                markeredgewidth=0.8, **of_rest,
            )  # fmt: skip


def _gaps(axes: Axes, network: Network) -> None:
    for gap in network.gaps:
        colour = GAP if gap.bridged else BREAK
        axes.axvspan(date2num(gap.first), date2num(gap.last), facecolor=colour.light, edgecolor="none", zorder=0.5)
        if not gap.bridged:
            for day in (gap.first, gap.last):
                axes.axvline(date2num(day), color=BREAK_INK.light, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.6)


def _axes(axes: Axes, network: Network, language: Language) -> None:
    figures.time_axis(axes.xaxis)
    figures.bare(axes, "top", "right", "left")
    axes.margins(x=0.025, y=0.07)
    axes.autoscale_view()
    if network.positions_m:
        axes.set_ylabel(figure_text("perpendicular", language))
    else:
        axes.set_yticks([])
        axes.set_ylabel(figure_text("no_baselines", language) if network.pairs else "")
    if len(network.dates) < 2:  # noqa: PLR2004
        for day in network.dates:
            axes.set_xlim(date2num(day) - 30, date2num(day) + 30)
    if not network.pairs:
        axes.set_ylim(-1, 1)
        axes.text(
            0.5, 0.62, figure_text("no_pairs", language), ha="center", color=QUIET.light, transform=axes.transAxes
        )


def _scale(figure: Figure, classes: _Classes, colour_by: ColourBy, language: Language) -> None:
    """The colours with their numbers, to the right."""
    if len(classes.ends) < 2 or not classes.labels[0]:  # noqa: PLR2004
        return
    axes = figure.add_axes((0.905, 0.30, 0.016, 0.48))
    number = len(classes.colours)
    norm = BoundaryNorm(range(number + 1), number)
    bar = figure.colorbar(ScalarMappable(norm, ListedColormap(list(classes.colours))), cax=axes, spacing="uniform")
    bar.outline.set_visible(False)
    bar.set_ticks(list(range(number + 1)), labels=list(classes.labels))
    bar.ax.tick_params(length=0, pad=4)
    label = figure_text(colour_by, language)
    axes.set_title(label, fontsize=figures.SMALL, fontweight="normal", loc="center", pad=10, x=0.5)


def _legend(figure: Figure, network: Network, values: Sequence[float | None], language: Language) -> None:
    summary = f"{count('dates', language, len(network.dates))}, {count('pairs', language, len(network.pairs))}"
    if network.is_cut:
        summary += f". {figure_text('cut', language, n=number_text(len(network.pairs), language))}"
    figure.text(0.075, 0.912, summary, color=QUIET.light, fontsize=figures.SMALL)
    title = figures.shortened(translate_title(item_title, network.title, language))
    figure.text(0.075, 0.957, title, fontweight="bold", fontsize=figures.NORMAL + 1)
    entries = [*_entries(network, None in values)]
    if entries:
        handles = [handle for handle, _ in entries]
        words = [figure_text(word, language) for _, word in entries]
        figure.legend(
            handles, words, loc="lower left", bbox_to_anchor=(0.066, 0.02), ncols=len(entries), columnspacing=1.6,
            handlelength=2.2, borderpad=0,
        )  # fmt: skip


def _entries(network: Network, has_unknown: bool) -> Iterator[tuple[Any, str]]:  # noqa: FBT001
    """What the figure shows that a reader may have to be told, each with its word."""
    if any(pair.used for pair in network.pairs):
        yield _sample(QUIET.light), "used"
    if len(network.linking) < len(network.pairs):
        yield _sample(QUIET.light, _DASHES), "not_used"
    if has_unknown:
        yield _sample(UNKNOWN.light), "unknown"
    if network.pairs and network.n_components > 1:
        yield Line2D([], [], marker="D", linestyle="none", markersize=5, color=APART.light), "apart"
    for bridged, colour, word in ((True, GAP, "gap"), (False, BREAK, "break")):
        if any(gap.bridged is bridged for gap in network.gaps):
            yield Patch(facecolor=colour.light, edgecolor=QUIET.light, linewidth=0.4), word


def _sample(colour: str, style: Any = "-") -> Line2D:
    return Line2D([], [], color=colour, linewidth=1.4, linestyle=style)
