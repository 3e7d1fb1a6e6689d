"""The landing page: what there is, where to look, how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.stac import collections
from api.web.collections import cards_of, regions_of
from api.web.examples import catalogue_examples
from api.web.form import form_of
from api.web.form_options import form_options_of
from api.web.item_list import make_choices
from api.web.page_context import PageContext, render_page
from api.web.related_links import reference_links

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.web.page_request import PageRequest


async def landing_page(page_request: PageRequest) -> Response:
    """The page of the catalogue."""
    context = PageContext(page_request.request)
    catalogue = await page_request.json()
    found = await collections.search(page_request.request, collections.CollectionSearch())
    async with page_request.request.app.state.get_connection(page_request.request, "r") as connection:
        summarised, schemas = await form_options_of(page_request.request.app).get(connection, None)
    cards = cards_of(found["collections"], context)
    regions, others = regions_of(cards)
    return render_page(
        page_request.request,
        "landing.html",
        context=context,
        title=context.domain(catalogue["title"]),
        json_href=page_request.json_href,
        browser_path="",
        description=catalogue["description"],
        form=form_of(context, f"{context.root}search", make_choices(summarised, schemas, context), "", short=True),
        regions=regions,
        n_tracks=context.number(len({(row.name, track) for row in regions for track in row.tracks})),
        others=others,
        references=reference_links(catalogue["links"], context),
        examples=catalogue_examples(context),
    )
