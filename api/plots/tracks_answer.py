"""Track segments as answers: maps and time lines, linked, in the form that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from stac_fastapi.types.requests import get_base_url
from starlette.concurrency import run_in_threadpool

from api.database import queries
from api.http.item_formats import TABLE
from api.plots import formats as forms
from api.plots import svg
from api.plots.track_labels import TrackView, track_words
from api.plots.tracks import TrackCache, count_by_kind, merge_tracks
from api.plots.words import figure_text
from api.stac.items import check_collection
from api.stac.links import JSON
from api.web.words import translate_title
from catalog_builder.vocab.french import collection_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from api.capacity import CapacityLimiter
    from api.http.page_negotiation import Language
    from api.plots.drawing import FigureCache
    from api.plots.formats import PlotFormat
    from api.plots.tracks import Track
    from api.search.execute.catalogue import CatalogueCache

_TRACK_COLUMNS: Final = (
    "region", "track", "orbit_state", "relative_orbit", "items", "interferograms", "timeseries", "first_date",
    "last_date",
)  # fmt: skip


@dataclass(slots=True)
class TrackAnswers:
    """Answers about tracks.

    Attributes:
        readers: Limits how many requests read at once.
        drawings: Draws.
        cache: What is known of the database.
    """

    readers: CapacityLimiter
    drawings: FigureCache
    cache: CatalogueCache
    _tracks: TrackCache = field(default_factory=TrackCache)

    async def coverage(self, request: Request, plot_format: PlotFormat, collection: str | None) -> Response:
        """A map."""
        view = await self._read_view(request, "coverage", collection)
        if plot_format.form is TABLE:
            return forms.table(_TRACK_COLUMNS, map(_row, view.tracks), _file_name(view))
        if plot_format.form is forms.DATA:
            return forms.data(_feature_collection(view))
        return await self._figure(request, plot_format, view)

    async def acquisitions(self, request: Request, plot_format: PlotFormat, collection: str) -> Response:
        """A time line."""
        view = await self._read_view(request, "acquisitions", collection)
        if plot_format.form is TABLE:
            return forms.table(("region", "track", "orbit_state", "date"), _days(view.tracks), _file_name(view))
        if plot_format.form is forms.DATA:
            tracks = [{**_row(track), "dates": [day.isoformat() for day in track.days]} for track in view.tracks]
            document = {"collection": collection, "title": view.title, "tracks": tracks, "links": _links(view)}
            return forms.data(document)
        return await self._figure(request, plot_format, view)

    async def _read_view(self, request: Request, what: str, collection: str | None) -> TrackView:
        """What an answer shows.

        Raises:
            NotFound: The collection does not exist.
        """
        with_days = what == "acquisitions"
        with await self.readers.reserve():
            async with request.app.state.get_connection(request, "r") as connection:
                if collection is not None:
                    check_collection(collection, await self.cache.get(connection, [collection]))
                titles = dict(await queries.collection_titles(connection))
                names = [collection] if collection is not None else list(titles)
                tracks = [
                    track for name in names for track in await self._tracks.get(connection, name, with_days=with_days)
                ]
        title = request.app.title if collection is None else titles.get(collection) or collection
        return TrackView(what, collection, title, merge_tracks(tracks), get_base_url(request))

    async def _figure(self, request: Request, plot_format: PlotFormat, view: TrackView) -> Response:
        drawn = await self.drawings.get((view, plot_format.language), partial(_drawn, view, plot_format.language))
        if plot_format.form is forms.PAGE:
            from api.plots.pages import tracks_page  # noqa: PLC0415 -- templates are imported with the first page

            return await run_in_threadpool(tracks_page, request, view, drawn)
        return forms.picture(drawn)


def _drawn(view: TrackView, language: Language) -> bytes:
    links = {f"track-{number}": _link(view, track, language) for number, track in enumerate(view.tracks)}
    title = figure_text(view.what, language, title=translate_title(collection_title, view.title, language))
    return svg.finish_svg(
        _drawer(view.what)(view.tracks, title, language),
        title=title,
        description=figure_text(f"{view.what}.described", language, n=len(view.tracks)),
        links=links,
        name=view.what,
    )


def _drawer(what: str) -> Callable[[Sequence[Track], str, Language], bytes]:
    """The function that draws; the first plot brings Matplotlib."""
    if what == "coverage":
        from api.plots.coverage_figure import draw_coverage  # noqa: PLC0415

        return draw_coverage
    from api.plots.acquisitions_figure import draw_acquisitions  # noqa: PLC0415

    return draw_acquisitions


def _link(view: TrackView, track: Track, language: Language) -> svg.Link:
    return svg.Link(href=view.search(track), title=track_words(track, language), data={"direction": track.orbit_state})


def _row(track: Track) -> dict[str, Any]:
    return {
        "region": track.region,
        "track": track.name,
        "orbit_state": track.orbit_state or None,
        "relative_orbit": track.relative_orbit,
        "items": track.n_items,
        "interferograms": track.n_pairs,
        "timeseries": track.n_series,
        "first_date": track.first.isoformat(),
        "last_date": track.last.isoformat(),
    }


def _days(tracks: Sequence[Track]) -> Iterator[dict[str, Any]]:
    for track in tracks:
        for day in track.days:
            yield {
                "region": track.region, "track": track.name, "orbit_state": track.orbit_state or None,
                "date": day.isoformat(),
            }  # fmt: skip


def _feature_collection(view: TrackView) -> dict[str, Any]:
    """The tracks as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "geometry": track.outline,
            "properties": {**_row(track), "by_kind": dict(count_by_kind(track)), "search": view.search(track)},
        }
        for track in view.tracks
    ]
    return {"type": "FeatureCollection", "title": view.title, "features": features, "links": _links(view)}


def _links(view: TrackView) -> list[dict[str, str]]:
    address = f"{view.base_url}{view.path}"
    links = [
        {"rel": "self", "type": JSON, "href": address},
        {"rel": "root", "type": JSON, "href": view.base_url},
        *(
            {"rel": "alternate", "type": form.media_types[0], "href": f"{address}?f={form.names[0]}"}
            for form in forms.OTHERS
        ),
    ]
    if view.collection:
        links.append({"rel": "collection", "type": JSON, "href": f"{view.base_url}collections/{view.collection}"})
    return links


def _file_name(view: TrackView) -> str:
    return f"{view.collection or 'catalogue'}_{view.what}"
