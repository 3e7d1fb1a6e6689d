"""A report and its data → one self-contained HTML page: counts, a map and a network for each track, remarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from catalog_builder.report.data import ReportData, TrackData
from catalog_builder.report.report import Remark, Report

WIDTH, HEIGHT, MARGIN = 520, 300, 44
COLOURS = {"INTERFEROGRAM": "#1f6feb", "TIMESERIES": "#d9480f", "AUXILIARYDATA": "#2b8a3e"}
MAX_REMARKS = 1000
"""Of each sort on the page; the JSON report has all."""

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #ddd}
td.n,th.n{text-align:right}tr.bad td{color:#b00020}
figure{display:inline-block;vertical-align:top;max-width:520px;margin:0 1rem 1rem 0}
figcaption{color:#555;font-size:.85rem}svg{border:1px solid #ddd;max-width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:#444}li{overflow-wrap:anywhere}h2{margin-top:2rem}
"""


def render_report(report: Report, report_data: ReportData) -> str:
    """The page. Everything that comes from a tree is escaped."""
    counts = {"found": report.found, "catalogued": report.catalogued, "unchanged": report.unchanged}
    counts |= {"refused": len(report.refused), "removed": report.removed, "vanished": len(report.vanished)}
    said = ", ".join(f"{count} {word}" for word, count in counts.items())
    tracks = "".join(_track(*key, track_data) for key, track_data in sorted(report_data.tracks.items()))
    remarks = "".join(
        _remarks(title, rows)
        for title, rows in (
            ("Refused", report.refused),
            ("Vanished", report.vanished),
            ("Warnings", report.warnings),
            ("Ignored", report.ignored),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>FLATSIM catalogue: build report</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><h1>Build report</h1><p>Packages: {said}.</p>\n"
        f"{_counts_table(report)}{tracks}{remarks}</body></html>\n"
    )


def _counts_table(report: Report) -> str:
    head = "".join(f"<th>{word}</th>" for word in ("Region", "Track", "Kind"))
    head += "".join(f'<th class="n">{word}</th>' for word in ("Found", "Catalogued", "Unchanged", "Refused"))
    rows = []
    for place, place_counts in sorted(report.counts_by_place.items()):
        cells = "".join(f"<td>{escape(text)}</td>" for text in place)
        numbers = (place_counts.found, place_counts.catalogued, place_counts.unchanged, place_counts.refused)
        cells += "".join(f'<td class="n">{number}</td>' for number in numbers)
        rows.append(f'<tr class="{"bad" if place_counts.refused else "good"}">{cells}</tr>\n')
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{''.join(rows)}</tbody></table>\n"


def _track(region: str, track: str, track_data: TrackData) -> str:
    title = escape(f"{region} {track}")
    return f"<section><h2>{title}</h2>{_map(track_data)}{_network(track_data)}</section>\n"


def _remarks(title: str, remarks: Sequence[Remark]) -> str:
    if not remarks:
        return ""
    rows = "".join(f"<li><code>{escape(one.path)}</code>: {escape(one.reason)}</li>\n" for one in remarks[:MAX_REMARKS])
    more = len(remarks) - MAX_REMARKS
    rows += f"<li>and {more} more</li>" if more > 0 else ""
    return f"<h2>{title} ({len(remarks)})</h2><ul>\n{rows}</ul>\n"


def _scale(values: Iterable[float], low: float, high: float) -> tuple[float, float]:
    """Factor and offset that take the range of some values to low…high."""
    numbers = list(values)
    start, end = min(numbers), max(numbers)
    factor = (high - low) / (end - start or 1.0)
    return factor, low - start * factor


def _map(track_data: TrackData) -> str:
    """Footprints in longitude and latitude, north up, each degree of both as long as the other."""
    points = [point for ring in track_data.rings.values() for point in ring]
    x, x0 = _scale((lon for lon, _ in points), MARGIN, WIDTH - MARGIN)
    y, y0 = _scale((lat for _, lat in points), HEIGHT - MARGIN, MARGIN)
    if abs(y) < x:
        x, x0 = _same(x, x0, abs(y), WIDTH / 2)
    else:
        y, y0 = _same(y, y0, -x, HEIGHT / 2)
    shapes = []
    for kind, ring in sorted(track_data.rings.items()):
        path = " ".join(f"{lon * x + x0:.1f},{lat * y + y0:.1f}" for lon, lat in ring)
        colour = COLOURS.get(kind, "#555")
        shapes.append(f'<polygon points="{path}" fill="{colour}" fill-opacity=".12" stroke="{colour}"/>')
    lons, lats = zip(*points, strict=True)
    corners = f"{min(lons):.2f}° to {max(lons):.2f}° E, {min(lats):.2f}° to {max(lats):.2f}° N"
    words = ", ".join(
        f'<span style="color:{COLOURS.get(kind, "#555")}">{escape(kind)}</span>' for kind in track_data.rings
    )
    return _figure("".join(shapes), f"Footprints: {words}; {corners}", "map")


def _same(scale: float, offset: float, wanted: float, middle: float) -> tuple[float, float]:
    """Another factor about the middle of the picture."""
    return wanted, middle - (middle - offset) / scale * wanted


def _network(track_data: TrackData) -> str:
    """Dates against perpendicular baselines, used pairs as lines, dropped ones dashed."""
    places = track_data.baselines_m()
    if not places:
        return ""
    x, x0 = _scale((day.toordinal() for day in places), MARGIN, WIDTH - MARGIN)
    y, y0 = _scale(places.values(), HEIGHT - MARGIN, MARGIN)

    def at(day: date) -> tuple[float, float]:
        return day.toordinal() * x + x0, places[day] * y + y0

    lines = []
    drawn = [edge for edge in track_data.edges if edge.reference in places and edge.secondary in places]
    for edge in sorted(drawn, key=lambda edge: (edge.is_used is not False, edge.reference, edge.secondary)):
        (x1, y1), (x2, y2) = at(edge.reference), at(edge.secondary)
        style = 'stroke="#c92a2a" stroke-dasharray="4 3"' if edge.is_used is False else 'stroke="#1f6feb"'
        lines.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>')
    dots = [
        f'<circle cx="{at(day)[0]:.1f}" cy="{at(day)[1]:.1f}" r="3"><title>{day}</title></circle>' for day in places
    ]
    low, high = min(places.values()), max(places.values())
    axes = (
        f'<text x="{MARGIN}" y="{HEIGHT - 12}">{min(places)}</text>'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 12}" text-anchor="end">{max(places)}</text>'
        f'<text x="4" y="{HEIGHT - MARGIN}">{low:.0f} m</text><text x="4" y="{MARGIN}">{high:.0f} m</text>'
    )
    dropped = sum(edge.is_used is False for edge in track_data.edges)
    used = sum(edge.is_used is True for edge in track_data.edges)
    words = f"{len(places)} dates, {len(track_data.edges)} pairs: {used} used (lines), {dropped} dropped (dashed)"
    return _figure("".join(lines + dots) + axes, f"Network by perpendicular baseline: {words}", "network")


def _figure(content: str, caption: str, name: str) -> str:
    """`caption` is HTML."""
    picture = f'<svg class="{name}" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    return f"<figure>{picture}{content}</svg><figcaption>{caption}</figcaption></figure>"
