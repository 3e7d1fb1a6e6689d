"""The landing page: what there is, where to look, how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import collections
from api.pages.collections import cards_of, regions_of
from api.pages.examples import catalogue_examples
from api.pages.frame import Frame, render_page
from api.pages.related import reference_links

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.pages.answers import Asked


async def landing_page(asked: Asked) -> Response:
    """The page of the catalogue."""
    frame = Frame(asked.request)
    catalogue = await asked.json()
    found = await collections.search(asked.request, collections.CollectionSearch())
    cards = cards_of(found["collections"], frame)
    regions, others = regions_of(cards)
    return render_page(
        asked.request,
        "landing.html",
        frame=frame,
        title=catalogue["title"],
        json_href=asked.json_href,
        browser_path="",
        description=catalogue["description"],
        regions=regions,
        others=others,
        references=reference_links(catalogue["links"], frame),
        examples=catalogue_examples(frame),
    )
