"""The addresses of the plots."""

# No postponed annotations here: FastAPI reads them.
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.http.item_formats import TABLE
from api.plots import formats as forms
from api.plots.capacity import plot_readers
from api.plots.drawing import FigureCache
from api.plots.network_answer import NetworkAnswers
from api.plots.network_cache import NetworkCache
from api.plots.tracks_answer import TrackAnswers
from api.search.execute.catalogue import CatalogueCache
from api.stac.route import StacRoute

_CollectionId = Annotated[str, Path(description="Collection ID")]
_ItemId = Annotated[str, Path(description="Item ID")]
_Form = Annotated[
    Literal["json", "svg", "html", "csv"] | None,
    Query(description="The form of the answer, before what `Accept` says: a picture, its data, or a page with both."),
]
_Language = Annotated[
    Literal["en", "fr"] | None, Query(description="Language of the words, before what `Accept-Language` says.")
]
_Colour = Annotated[
    Literal["coherence", "temporal_baseline"],
    Query(description="What pairs are coloured by: mean coherence, or days between the dates."),
]
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            **{
                media_type: {"schema": {"type": "string"}}
                for media_type in (forms.SVG_TYPE, "text/html", *TABLE.media_types)
            },
        }
    }
}


def _read_plot_format(request: Request, f: _Form = None, lang: _Language = None) -> forms.PlotFormat:
    return forms.negotiate_plot_format(request, f, lang)


_PlotFormat = Annotated[forms.PlotFormat, Depends(_read_plot_format)]


def plots_router(patience_s: float, cache: CatalogueCache) -> APIRouter:
    """Plots as SVG, as their data and as pages.

    Args:
        patience_s: Seconds that a request waits for its turn to read, and again for its figure.
        cache: What is known of the database.
    """
    router = APIRouter(route_class=StacRoute, tags=["Plots"])
    readers, drawings = plot_readers(patience_s), FigureCache(patience_s)
    networks, tracks = NetworkAnswers(NetworkCache(readers, cache), drawings), TrackAnswers(readers, drawings, cache)
    answers: Any = {"responses": _ANSWERS}

    @router.get("/collections/{collection_id}/items/{item_id}/network", name="Network", **answers)
    async def network(
        request: Request,
        collection_id: _CollectionId,
        item_id: _ItemId,
        plot_format: _PlotFormat,
        color: _Colour = "coherence",
    ) -> Response:
        """The network of a time series: its dates by perpendicular baseline, and its pairs."""
        return await networks.answer(request, plot_format, collection_id, item_id, color)

    @router.get("/coverage", name="Coverage", **answers)
    async def coverage(request: Request, plot_format: _PlotFormat) -> Response:
        """A map of all track segments."""
        return await tracks.coverage(request, plot_format, None)

    @router.get("/collections/{collection_id}/coverage", name="Collection Coverage", **answers)
    async def collection_coverage(request: Request, collection_id: _CollectionId, plot_format: _PlotFormat) -> Response:
        """A map of the track segments of a collection."""
        return await tracks.coverage(request, plot_format, collection_id)

    @router.get("/collections/{collection_id}/acquisitions", name="Collection Acquisitions", **answers)
    async def collection_acquisitions(
        request: Request, collection_id: _CollectionId, plot_format: _PlotFormat
    ) -> Response:
        """The dates on which each track segment of a collection was looked at."""
        return await tracks.acquisitions(request, plot_format, collection_id)

    return router
