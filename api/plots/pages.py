"""Plots as pages: the figure itself, so that its links work, and the same as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from api.plots.svg import inline
from api.web.page_context import PageContext, render_page
from api.web.words import translate_title
from catalog_builder.vocab.french import collection_title, item_title
from catalog_builder.vocab.regions import BY_CODE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.plots.network import Network
    from api.plots.track_labels import TrackView

MOST_ROWS: Final = 1000
"""Of a table in a page."""
COLOURS: Final = ("coherence", "temporal_baseline")


def network_page(request: Request, network: Network, colour_by: str, drawn: bytes) -> Response:
    """The page of a network."""
    context = PageContext(request)
    series = f"collections/{network.collection}/items/{network.series}"
    path = f"{series}/network"
    rows = [
        {
            "href": context.link(f"collections/{network.pairs_collection}/items/{pair.id}"),
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
        context=context,
        title=f"{context.t('network.title')} – {translate_title(item_title, network.title, context.language)}",  # noqa: RUF001
        json_href=context.resource(path, f="json"),
        browser_path=series,
        scripts=("network.js",),
        lead=context.t("network.lead"),
        crumbs=[
            *_crumbs(context, network.collection),
            (context.link(series), context.t("network.series")),
        ],
        figure=_figure(drawn),
        downloads=_downloads(context, path, color=colour_by),
        rows=rows,
        is_cut=len(rows) < len(network.pairs),
        n_pairs=len(network.pairs),
        color=colour_by,
        colors=[(name, context.link(path, color=name)) for name in COLOURS],
    )


def tracks_page(request: Request, view: TrackView, drawn: bytes) -> Response:
    """The page of a map or a time line of tracks."""
    context = PageContext(request)
    title = translate_title(collection_title, view.title, context.language)
    rows = [
        {
            "href": context.page(view.search(track)),
            "name": track.name,
            "region": context.domain(row.title) if (row := BY_CODE.get(track.region.upper())) else track.region,
            "direction": context.domain(track.orbit_state),
            "pairs": track.n_pairs,
            "items": track.n_items,
            "dates": len(track.days),
            "first": track.first.isoformat(),
            "last": track.last.isoformat(),
        }
        for track in view.tracks[:MOST_ROWS]
    ]
    return render_page(
        request,
        "tracks.html",
        context=context,
        title=f"{context.t(f'{view.what}.title')} – {title}",  # noqa: RUF001
        json_href=context.resource(view.path, f="json"),
        browser_path=f"collections/{view.collection}" if view.collection else "",
        lead=context.t(f"{view.what}.lead"),
        crumbs=_crumbs(context, view.collection, title),
        figure=_figure(drawn),
        downloads=_downloads(context, view.path),
        rows=rows,
        is_cut=len(rows) < len(view.tracks),
        with_days=view.what == "acquisitions",
    )


def _figure(drawn: bytes) -> Markup:
    """The figure as a part of the page; what is in it was escaped when it was written."""
    return Markup(inline(drawn))  # noqa: S704


def _crumbs(context: PageContext, collection: str | None, title: str | None = None) -> list[tuple[str, str]]:
    first = (context.link(), context.t("nav.catalogue"))
    return [first, (context.link(f"collections/{collection}"), title or collection)] if collection else [first]


def _downloads(context: PageContext, path: str, **parameters: Any) -> list[tuple[str, str]]:
    """Addresses of the other forms, with words."""
    language = str(context.language)
    return [
        (context.resource(path, f="svg", lang=language, **parameters), context.t("plot.picture")),
        (context.resource(path, f="csv"), context.t("plot.table")),
        (context.resource(path, f="json"), context.t("plot.json")),
    ]
