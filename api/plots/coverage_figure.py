"""Track segments on a map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from api.plots import figures
from api.plots.palette import ASCENDING, COAST, DESCENDING, INK, LAND, PAPER, QUIET, SEA
from api.plots.svg import key
from api.plots.words import count, figure_text
from api.web.land import land_within
from catalog_builder.vocab.regions import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from api.http.page_negotiation import Language
    from api.plots.tracks import Track
    from api.web.land import Box

WIDTH_PX: Final = 980
_MAP_PX: Final = (900, 560)
"""Room for the map."""
_MARGINS_PX: Final = (56, 62)
"""Above the map and below it."""
_LEAST_DEGREES: Final = 5.0
_LEAST_SHAPE: Final = 1.3
"""Of the map, width to height: narrow regions are shown with their neighbours."""
_DASHES: Final = (0, (4, 2))
_MOST_NAMES: Final = 60
_WORLD: Final = (-180.0, -60.0, 180.0, 80.0)


def draw_coverage(tracks: Sequence[Track], title: str, language: Language) -> bytes:
    """The map as Matplotlib's SVG; each track has the key `track-N` with its place."""
    rings = [list(_rings(track)) for track in tracks]
    box = _box([point for each in rings for ring in each for point in ring])
    width, height = _size(box)
    with figures.settings():
        above, below = _MARGINS_PX
        whole = height + above + below
        figure = figures.new_figure(WIDTH_PX, whole)
        left = (WIDTH_PX - width) / 2 + 10
        axes = figure.add_axes((left / WIDTH_PX, below / whole, width / WIDTH_PX, height / whole))
        _land(axes, box, (box[2] - box[0]) / width)
        # ascending last: their dashes would hide nothing
        for number in sorted(range(len(tracks)), key=lambda number: tracks[number].is_ascending):
            _outline(axes, tracks[number], rings[number], number)
        _names(axes, tracks, rings, box, width)
        _frame(axes, box)
        figure.text(left / WIDTH_PX, 1 - 24 / whole, figures.shortened(title), fontweight="bold",
                    fontsize=figures.NORMAL + 1)  # fmt: skip
        totals = ", ".join(_totals(tracks, language)) or figure_text("no_tracks", language)
        figure.text(left / WIDTH_PX, 1 - 44 / whole, totals, color=QUIET.light, fontsize=figures.SMALL)
        figure.text((left + width) / WIDTH_PX, 1 - 44 / whole, figure_text("natural_earth", language), ha="right",
                    color=QUIET.light, fontsize=figures.SMALL - 1.5)  # fmt: skip
        _legend(figure, tracks, left / WIDTH_PX, whole, language)
        return figures.render_svg(figure)


def _rings(track: Track) -> Iterator[list[tuple[float, float]]]:
    """Outer rings of a track's outline."""
    outline = track.outline or {}
    polygons = outline.get("coordinates", ())
    if outline.get("type") == "Polygon":
        polygons = [polygons]
    elif outline.get("type") != "MultiPolygon":
        return
    for polygon in polygons:
        yield [(point[0], point[1]) for point in polygon[0]]


def _box(points: Sequence[tuple[float, float]]) -> Box:
    """What the map shows: all points with something around them."""
    if not points:
        return _WORLD
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    grown = max(0.12 * max(east - west, north - south), 0.6)
    missing = [max(_LEAST_DEGREES - (high - low + 2 * grown), 0) / 2 for low, high in ((west, east), (south, north))]
    shrunk = math.cos(math.radians((south + north) / 2))
    width, height = east - west + 2 * (grown + missing[0]), north - south + 2 * (grown + missing[1])
    margin = max(_LEAST_SHAPE * height / max(shrunk, 0.1) - width, 0) / 2
    return (
        max(west - grown - missing[0] - margin, -180.0),
        max(south - grown - missing[1], -89.0),
        min(east + grown + missing[0] + margin, 180.0),
        min(north + grown + missing[1], 89.0),
    )


def _size(box: Box) -> tuple[float, float]:
    """Width and height of the map in pixels, true to shape in its middle."""
    shape = (box[3] - box[1]) / ((box[2] - box[0]) * math.cos(math.radians((box[1] + box[3]) / 2)))
    width = min(_MAP_PX[0], _MAP_PX[1] / shape)
    return width, width * shape


def _land(axes: Axes, box: Box, step_degrees: float) -> None:
    polygons = land_within(box, step_degrees / 2)
    axes.set_facecolor(SEA.light)
    if not polygons:
        return
    paths = [Path(ring.coords, closed=True) for each in polygons for ring in (each.exterior, *each.interiors)]
    land = PathPatch(
        Path.make_compound_path(*paths), facecolor=LAND.light, edgecolor=COAST.light, linewidth=0.6, zorder=0.5
    )
    axes.add_patch(land)


def _outline(axes: Axes, track: Track, rings: Sequence[Sequence[tuple[float, float]]], number: int) -> None:
    if not rings:
        return
    colour = ASCENDING if track.is_ascending else DESCENDING
    path = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
    style: dict[str, Any] = {"linewidth": 1.5, "linestyle": "solid" if track.is_ascending else _DASHES}
    shape = PathPatch(path, edgecolor=colour.light, facecolor=(colour.light, 0.16), zorder=3, **style)
    shape.set_url(key(f"track-{number}"))
    axes.add_patch(shape)


def _names(
    axes: Axes,
    tracks: Sequence[Track],
    rings: Sequence[Sequence[Sequence[tuple[float, float]]]],
    box: Box,
    width: float,
) -> None:
    """Names of tracks in the middle of their outlines; of regions where there are too many for that to be read."""
    places: dict[str, list[tuple[float, float]]] = {}
    by_region = len({track.region for track in tracks}) > 1 or len(tracks) > _MOST_NAMES
    for track, outlines in zip(tracks, rings, strict=True):
        if not outlines:
            continue
        points = [point for ring in outlines for point in ring]
        middle = tuple((min(each) + max(each)) / 2 for each in zip(*points, strict=True))
        places.setdefault(_region_title(track.region) if by_region else track.name, []).append((middle[0], middle[1]))
    per_pixel = (box[2] - box[0]) / width
    taken: list[tuple[float, float]] = []
    for name, spots in sorted(places.items()):
        x = sum(spot[0] for spot in spots) / len(spots)
        y = sum(spot[1] for spot in spots) / len(spots)
        while any(abs(x - a) < 70 * per_pixel and abs(y - b) < 13 * per_pixel for a, b in taken):
            y -= 13 * per_pixel
        taken.append((x, y))
        text = axes.text(x, y, figures.shortened(name)[:24], ha="center", va="center", fontsize=figures.SMALL,
                         fontweight="bold", color=INK.light, zorder=5, clip_on=True)  # fmt: skip
        text.set_gid("name")


def _region_title(region: str) -> str:
    row = BY_CODE.get(region.upper())
    return row.title if row else region


def _frame(axes: Axes, box: Box) -> None:
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    axes.set_axisbelow(False)
    axes.grid(visible=True, linewidth=0.4, color=COAST.light, linestyle=(0, (1, 3)))
    for axis, letters in ((axes.xaxis, "EW"), (axes.yaxis, "NS")):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _, letters=letters: _degrees(value, letters)))
        axis.set_tick_params(length=0)


def _degrees(value: float, letters: str) -> str:
    """A coordinate with its hemisphere.

    >>> _degrees(-3.5, "EW"), _degrees(0, "NS"), _degrees(20, "EW")
    ('3.5°W', '0°', '20°E')
    """
    return f"{abs(value):g}°{letters[int(value < 0)] if value else ''}"


def _totals(tracks: Sequence[Track], language: Language) -> Iterator[str]:
    if not tracks:
        return
    yield count("tracks", language, len(tracks))
    pairs = sum(track.n_pairs for track in tracks)
    if pairs:
        yield count("pairs", language, pairs)
    yield f"{min(track.first for track in tracks)} – {max(track.last for track in tracks)}"  # noqa: RUF001


def _legend(figure: Any, tracks: Sequence[Track], left: float, whole: float, language: Language) -> None:
    handles: list[Any] = []
    for state, colour in (("ascending", ASCENDING), ("descending", DESCENDING)):
        number = sum(track.orbit_state == state for track in tracks)
        if number:
            style: Any = "solid" if state == "ascending" else _DASHES
            label = f"{figure_text(state, language)} ({number})"
            handles.append(
                Patch(facecolor=PAPER.light, edgecolor=colour.light, linewidth=1.5, linestyle=style, label=label)
            )
    if handles:
        figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(left - 0.008, 6 / whole), ncols=2, borderpad=0,
                      columnspacing=1.6)  # fmt: skip
