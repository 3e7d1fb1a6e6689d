"""The landing page: what there is, where to look, how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.stac import collections
from api.web.collections import cards_of, regions_of
from api.web.examples import catalogue_examples
from api.web.form import form_of
from api.web.form_options import offers_of
from api.web.item_list import offered
from api.web.page_context import Frame, render_page
from api.web.related_links import reference_links

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.web.page_request import PageRequest


async def landing_page(asked: PageRequest) -> Response:
    """The page of the catalogue."""
    frame = Frame(asked.request)
    catalogue = await asked.json()
    found = await collections.search(asked.request, collections.CollectionSearch())
    async with asked.request.app.state.get_connection(asked.request, "r") as connection:
        summarised, schemas = await offers_of(asked.request.app).get(connection, None)
    cards = cards_of(found["collections"], frame)
    regions, others = regions_of(cards)
    return render_page(
        asked.request,
        "landing.html",
        frame=frame,
        title=frame.domain(catalogue["title"]),
        json_href=asked.json_href,
        browser_path="",
        description=catalogue["description"],
        form=form_of(frame, f"{frame.root}search", offered(summarised, schemas, frame), "", short=True),
        regions=regions,
        n_tracks=frame.number(len({(row.name, track) for row in regions for track in row.tracks})),
        others=others,
        references=reference_links(catalogue["links"], frame),
        examples=catalogue_examples(frame),
    )
