"""When each track segment was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.collections import LineCollection
from matplotlib.dates import date2num
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from api.plots import figures
from api.plots.palette import ASCENDING, DESCENDING, QUIET
from api.plots.svg import key
from api.plots.tracks import runs
from api.plots.words import count, figure_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.http.page_negotiation import Language
    from api.plots.tracks import Track

WIDTH_PX: Final = 980
_ROW_PX: Final = 26
_MARGINS_PX: Final = (60, 44)
"""Above the rows and below them."""


def draw_acquisitions(tracks: Sequence[Track], title: str, language: Language) -> bytes:
    """The figure as Matplotlib's SVG; the ticks of each track have the key `track-N` with its place."""
    above, below = _MARGINS_PX
    height = max(len(tracks), 1) * _ROW_PX
    whole = height + above + below
    with figures.settings():
        figure = figures.new_figure(WIDTH_PX, whole)
        axes = figure.add_axes((0.125, below / whole, 0.775, height / whole))
        for number, track in enumerate(tracks):
            colour = (ASCENDING if track.is_ascending else DESCENDING).light
            times = [date2num(day) for day in track.days]
            spans = [[(date2num(first), number), (date2num(last), number)] for first, last in runs(track.days)]
            axes.add_collection(LineCollection(spans, colors=[colour], linewidths=0.8))
            ticks = [Path([(when, number - 0.28), (when, number + 0.28)]) for when in times]
            if ticks:
                path = Path.make_compound_path(*ticks)
                axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=1.2, url=key(f"track-{number}")))
            axes.text(1.012, number, count("dates", language, len(track.days)), va="center", color=QUIET.light,
                      fontsize=figures.SMALL, transform=axes.get_yaxis_transform())  # fmt: skip
        axes.autoscale_view()
        axes.margins(x=0.015)
        axes.set_ylim(len(tracks) - 0.5 if tracks else 0.5, -0.5)
        axes.set_yticks(range(len(tracks)), [figures.shortened(track.name)[:24] for track in tracks])
        axes.grid(visible=False, axis="y")
        figures.bare(axes, "top", "right", "left")
        if tracks:
            figures.time_axis(axes.xaxis)
        else:
            axes.set_xticks([])
        figure.text(0.125, 1 - 24 / whole, figures.shortened(title), fontweight="bold", fontsize=figures.NORMAL + 1)
        states = [state for state in ("ascending", "descending") if any(t.orbit_state == state for t in tracks)]
        x = 0.125
        for state in states:
            colour = (ASCENDING if state == "ascending" else DESCENDING).light
            figure.text(x, 1 - 44 / whole, f"| {figure_text(state, language)}", color=colour, fontsize=figures.SMALL)
            x += 0.12
        if not tracks:
            figure.text(
                0.125, 1 - 44 / whole, figure_text("no_tracks", language), color=QUIET.light, fontsize=figures.SMALL
            )
        return figures.render_svg(figure)
