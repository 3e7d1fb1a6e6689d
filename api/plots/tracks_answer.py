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
from api.plots.track_labels import Shown, track_words
from api.plots.tracks import TrackCache, merged, of_kinds
from api.plots.words import say
from api.stac.items import check_collection
from api.stac.links import JSON
from api.web.words import titled
from catalog_builder.vocab.french import collection_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from api.capacity import CapacityLimiter
    from api.http.page_negotiation import Language
    from api.plots.drawing import Drawings
    from api.plots.formats import Wanted
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
    drawings: Drawings
    cache: CatalogueCache
    _tracks: TrackCache = field(default_factory=TrackCache)

    async def coverage(self, request: Request, wanted: Wanted, collection: str | None) -> Response:
        """A map."""
        shown = await self._shown(request, "coverage", collection)
        if wanted.form is TABLE:
            return forms.table(_TRACK_COLUMNS, map(_row, shown.tracks), _file_name(shown))
        if wanted.form is forms.DATA:
            return forms.data(_feature_collection(shown))
        return await self._figure(request, wanted, shown)

    async def acquisitions(self, request: Request, wanted: Wanted, collection: str) -> Response:
        """A time line."""
        shown = await self._shown(request, "acquisitions", collection)
        if wanted.form is TABLE:
            return forms.table(("region", "track", "orbit_state", "date"), _days(shown.tracks), _file_name(shown))
        if wanted.form is forms.DATA:
            tracks = [{**_row(track), "dates": [day.isoformat() for day in track.days]} for track in shown.tracks]
            told = {"collection": collection, "title": shown.title, "tracks": tracks, "links": _links(shown)}
            return forms.data(told)
        return await self._figure(request, wanted, shown)

    async def _shown(self, request: Request, what: str, collection: str | None) -> Shown:
        """What an answer shows.

        Raises:
            NotFound: There is no such collection.
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
        return Shown(what, collection, title, merged(tracks), get_base_url(request))

    async def _figure(self, request: Request, wanted: Wanted, shown: Shown) -> Response:
        drawn = await self.drawings.get((shown, wanted.language), partial(_drawn, shown, wanted.language))
        if wanted.form is forms.PAGE:
            from api.plots.pages import tracks_page  # noqa: PLC0415 -- only who reads pages waits for the templates

            return await run_in_threadpool(tracks_page, request, shown, drawn)
        return forms.picture(drawn)


def _drawn(shown: Shown, language: Language) -> bytes:
    links = {f"track-{number}": _link(shown, track, language) for number, track in enumerate(shown.tracks)}
    title = say(shown.what, language, title=titled(collection_title, shown.title, language))
    return svg.finished(
        _drawer(shown.what)(shown.tracks, title, language),
        title=title,
        description=say(f"{shown.what}.described", language, n=len(shown.tracks)),
        links=links,
        name=shown.what,
    )


def _drawer(what: str) -> Callable[[Sequence[Track], str, Language], bytes]:
    """The function that draws; the first plot brings Matplotlib."""
    if what == "coverage":
        from api.plots.coverage_figure import draw_coverage  # noqa: PLC0415

        return draw_coverage
    from api.plots.acquisitions_figure import draw_acquisitions  # noqa: PLC0415

    return draw_acquisitions


def _link(shown: Shown, track: Track, language: Language) -> svg.Link:
    return svg.Link(href=shown.search(track), title=track_words(track, language), data={"direction": track.orbit_state})


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


def _feature_collection(shown: Shown) -> dict[str, Any]:
    """The tracks as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "geometry": track.outline,
            "properties": {**_row(track), "by_kind": dict(of_kinds(track)), "search": shown.search(track)},
        }
        for track in shown.tracks
    ]
    return {"type": "FeatureCollection", "title": shown.title, "features": features, "links": _links(shown)}


def _links(shown: Shown) -> list[dict[str, str]]:
    address = f"{shown.base_url}{shown.path}"
    links = [
        {"rel": "self", "type": JSON, "href": address},
        {"rel": "root", "type": JSON, "href": shown.base_url},
        *(
            {"rel": "alternate", "type": form.media_types[0], "href": f"{address}?f={form.names[0]}"}
            for form in forms.OTHERS
        ),
    ]
    if shown.collection:
        links.append({"rel": "collection", "type": JSON, "href": f"{shown.base_url}collections/{shown.collection}"})
    return links


def _file_name(shown: Shown) -> str:
    return f"{shown.collection or 'catalogue'}_{shown.what}"
