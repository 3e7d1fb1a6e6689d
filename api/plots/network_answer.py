"""The network of a series as an answer: read, linked, and in the form that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from stac_fastapi.types.requests import get_base_url
from starlette.concurrency import run_in_threadpool

from api.http.item_formats import TABLE
from api.plots import formats as forms
from api.plots import svg
from api.plots.words import count, figure_text
from api.stac.links import JSON
from api.web.typography import number_text
from api.web.words import translate_title
from catalog_builder.derived.item_documents import GEOJSON
from catalog_builder.vocab.french import item_title

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.http.page_negotiation import Language
    from api.plots.drawing import FigureCache
    from api.plots.formats import PlotFormat
    from api.plots.network import Network, Pair
    from api.plots.network_cache import NetworkCache
    from api.plots.network_figure import ColourBy

COLUMNS: Final = (
    "item", "collection", "reference_date", "secondary_date", "temporal_baseline_d", "perpendicular_baseline_m",
    "coherence_mean", "rms_rad", "used_in_timeseries", "reference_position_m", "secondary_position_m", "component",
    "href",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkAnswers:
    """Answers about networks.

    Attributes:
        networks: Reads them.
        drawings: Draws them.
    """

    networks: NetworkCache
    drawings: FigureCache

    async def answer(
        self, request: Request, plot_format: PlotFormat, collection: str, series: str, colour_by: ColourBy
    ) -> Response:
        """The network of a series."""
        found, base_url = await self.networks.get(request, collection, series), get_base_url(request)
        if plot_format.form is TABLE:
            return await run_in_threadpool(table, found, base_url)
        if plot_format.form is forms.DATA:
            return await run_in_threadpool(_data, found, base_url)
        made_of = (found.digest, base_url, colour_by, plot_format.language)
        drawn = await self.drawings.get(made_of, partial(_drawn, found, base_url, colour_by, plot_format.language))
        if plot_format.form is forms.PAGE:
            from api.plots.pages import network_page  # noqa: PLC0415 -- templates are imported with the first page

            return await run_in_threadpool(network_page, request, found, colour_by, drawn)
        return forms.picture(drawn)


def _data(network: Network, base_url: str) -> Response:
    return forms.data(document(network, base_url))


def item_address(base_url: str, collection: str, item: str) -> str:
    """Address of an item."""
    return f"{base_url}collections/{quote(collection, safe='')}/items/{quote(item, safe='')}"


def pair_words(pair: Pair, language: Language) -> str:
    """A pair in words.

    >>> from datetime import date
    >>> from api.web.typography import THIN
    >>> from api.http.page_negotiation import Language
    >>> from api.plots.network import Pair
    >>> pair_words(Pair(id="a", reference=date(2015, 1, 5), secondary=date(2015, 1, 17),
    ...                 perpendicular_baseline_m=-34.2, coherence=0.714), Language.ENGLISH).replace(THIN, " ")
    '2015-01-05 – 2015-01-17, 12 days, −34 m, coherence 0.71'
    """  # noqa: RUF002 -- typography
    parts = [
        f"{pair.reference} – {pair.secondary}",  # noqa: RUF001 -- a dash of ranges is meant
        count("days", language, pair.temporal_baseline_days),
    ]
    if pair.perpendicular_baseline_m is not None:
        parts.append(number_text(pair.perpendicular_baseline_m, language, "m", 0))
    if pair.coherence is not None:
        parts.append(figure_text("coherence_of", language, value=number_text(pair.coherence, language, digits=2)))
    if pair.used is False:
        parts.append(figure_text("left_out", language))
    return ", ".join(parts)


def document(network: Network, base_url: str) -> dict[str, Any]:
    """The network as JSON, with addresses."""
    answer = network.document()
    own = item_address(base_url, network.collection, network.series)
    place = f"{own}/network"
    answer["pairs"] = [_with_address(row, base_url) for row in answer["pairs"]]
    answer["links"] = [
        {"rel": "self", "type": JSON, "href": place},
        *(
            {"rel": "alternate", "type": form.media_types[0], "href": f"{place}?f={form.names[0]}"}
            for form in forms.OTHERS
        ),
        {"rel": "root", "type": JSON, "href": base_url},
        {"rel": "item", "type": GEOJSON, "title": network.title, "href": own},
    ]
    return answer


def table(network: Network, base_url: str) -> Response:
    """The network as CSV, a line for each pair."""
    rows = (_with_address(row, base_url) for row in network.rows())
    return forms.table(COLUMNS, rows, f"{network.series}_network")


def _with_address(row: dict[str, Any], base_url: str) -> dict[str, Any]:
    return {**row, "href": item_address(base_url, row["collection"], row["item"])}


def _drawn(network: Network, base_url: str, colour_by: ColourBy, language: Language) -> bytes:
    from api.plots.network_figure import draw_network  # noqa: PLC0415 -- the first plot brings Matplotlib

    links = {
        f"pair-{index}": svg.Link(
            href=item_address(base_url, network.pairs_collection, pair.id),
            title=pair_words(pair, language),
            data=_facts(pair),
        )
        for index, pair in enumerate(network.pairs)
    }
    drawn, strokes = draw_network(network, colour_by, language)
    return svg.finish_svg(
        drawn,
        title=figure_text("network", language, title=translate_title(item_title, network.title, language)),
        description=figure_text("network.described", language, dates=len(network.dates), pairs=len(network.pairs)),
        links=links,
        name="network",
        strokes=strokes,
    )


def _facts(pair: Pair) -> dict[str, str]:
    """What a page can filter pairs by."""
    found = {"days": str(abs(pair.temporal_baseline_days))}
    if pair.coherence is not None:
        found["coherence"] = f"{pair.coherence:g}"
    return found
