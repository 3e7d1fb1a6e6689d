"""Plots as pages: the figure itself, so that its links work, and the same as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from api.plots.svg import inline
from api.web.page_context import Frame, render_page
from api.web.words import titled
from catalog_builder.vocab.french import collection_title, item_title
from catalog_builder.vocab.regions import BY_CODE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.plots.network import Network
    from api.plots.track_labels import Shown

MOST_ROWS: Final = 1000
"""Of a table in a page."""
COLOURS: Final = ("coherence", "temporal_baseline")


def network_page(request: Request, network: Network, colour_by: str, drawn: bytes) -> Response:
    """The page of a network."""
    frame = Frame(request)
    series = f"collections/{network.collection}/items/{network.series}"
    path = f"{series}/network"
    rows = [
        {
            "href": frame.link(f"collections/{network.pairs_collection}/items/{pair.id}"),
            "dates": f"{pair.reference} – {pair.secondary}",  # noqa: RUF001 -- a dash of ranges is meant
            "days": abs(pair.temporal_baseline_days),
            "baseline": pair.perpendicular_baseline_m,
            "coherence": pair.coherence,
            "used": pair.used,
        }
        for pair in network.pairs[:MOST_ROWS]
    ]
    return render_page(
        request,
        "network.html",
        frame=frame,
        title=f"{frame.t('network.title')} – {titled(item_title, network.title, frame.language)}",  # noqa: RUF001
        json_href=frame.resource(path, f="json"),
        browser_path=series,
        scripts=("network.js",),
        lead=frame.t("network.lead"),
        crumbs=[
            *_crumbs(frame, network.collection),
            (frame.link(series), frame.t("network.series")),
        ],
        figure=_figure(drawn),
        downloads=_downloads(frame, path, color=colour_by),
        rows=rows,
        is_cut=len(rows) < len(network.pairs),
        n_pairs=len(network.pairs),
        color=colour_by,
        colors=[(name, frame.link(path, color=name)) for name in COLOURS],
    )


def tracks_page(request: Request, shown: Shown, drawn: bytes) -> Response:
    """The page of a map or a time line of tracks."""
    frame = Frame(request)
    title = titled(collection_title, shown.title, frame.language)
    rows = [
        {
            "href": frame.page(shown.search(track)),
            "name": track.name,
            "region": frame.domain(row.title) if (row := BY_CODE.get(track.region.upper())) else track.region,
            "direction": frame.domain(track.orbit_state),
            "pairs": track.n_pairs,
            "items": track.n_items,
            "dates": len(track.days),
            "first": track.first.isoformat(),
            "last": track.last.isoformat(),
        }
        for track in shown.tracks[:MOST_ROWS]
    ]
    return render_page(
        request,
        "tracks.html",
        frame=frame,
        title=f"{frame.t(f'{shown.what}.title')} – {title}",  # noqa: RUF001
        json_href=frame.resource(shown.path, f="json"),
        browser_path=f"collections/{shown.collection}" if shown.collection else "",
        lead=frame.t(f"{shown.what}.lead"),
        crumbs=_crumbs(frame, shown.collection, title),
        figure=_figure(drawn),
        downloads=_downloads(frame, shown.path),
        rows=rows,
        is_cut=len(rows) < len(shown.tracks),
        with_days=shown.what == "acquisitions",
    )


def _figure(drawn: bytes) -> Markup:
    """The figure as a part of the page; what is in it was escaped when it was written."""
    return Markup(inline(drawn))  # noqa: S704


def _crumbs(frame: Frame, collection: str | None, title: str | None = None) -> list[tuple[str, str]]:
    first = (frame.link(), frame.t("nav.catalogue"))
    return [first, (frame.link(f"collections/{collection}"), title or collection)] if collection else [first]


def _downloads(frame: Frame, path: str, **parameters: Any) -> list[tuple[str, str]]:
    """Addresses of the other forms, with words."""
    language = str(frame.language)
    return [
        (frame.resource(path, f="svg", lang=language, **parameters), frame.t("plot.picture")),
        (frame.resource(path, f="csv"), frame.t("plot.table")),
        (frame.resource(path, f="json"), frame.t("plot.json")),
    ]
