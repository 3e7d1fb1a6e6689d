"""The page of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.database import queries
from api.web.assets import file_groups, picture_of
from api.web.examples import item_examples
from api.web.footprint_map import outline_of
from api.web.page_context import Frame, render_page
from api.web.property_table import fact_groups, key_facts, period
from api.web.related_links import doi_address, doi_of, reference_links, related_links
from api.web.words import titled
from catalog_builder.vocab.french import collection_title, item_title
from catalog_builder.vocab.kinds import TIMESERIES

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.web.page_request import PageRequest


async def item_page(asked: PageRequest) -> Response:
    """The page of the item that the address names."""
    frame = Frame(asked.request)
    item = await asked.json()
    async with asked.request.app.state.get_connection(asked.request, "r") as connection:
        collection = await queries.collection(connection, item["collection"]) or {}
    properties = item.get("properties") or {}
    references = reference_links(item.get("links"), frame)
    picture = picture_of(item.get("assets"), frame)
    doi = doi_of({**collection, **item}, references)
    identifier, parent = item["id"], item["collection"]
    return render_page(
        asked.request,
        "item.html",
        frame=frame,
        title=title_of(item, frame),
        json_href=asked.json_href,
        browser_path=f"collections/{parent}/items/{identifier}",
        item=item,
        is_series=properties.get("product:type") == TIMESERIES.product_type,
        collection_name=collection_name(collection, frame) or parent,
        collection=collection,
        key_facts=key_facts(properties, frame),
        period=period(properties, frame),
        groups=fact_groups(properties, frame),
        description=properties.get("description"),
        files=file_groups(item.get("assets"), frame),
        picture=picture,
        outline=outline_of(item.get("geometry")),
        related=related_links(item.get("links"), frame),
        references=references,
        doi=doi,
        doi_href=doi_address(doi),
        citation=collection.get("sci:citation"),
        examples=item_examples(frame, parent, identifier),
    )


def title_of(item: dict[str, Any], frame: Frame) -> str:
    """Title of an item in the page's language, as far as its words are known; else its id."""
    title = (item.get("properties") or {}).get("title")
    if not isinstance(title, str) or not title.strip():
        return str(item["id"])
    return titled(item_title, title, frame.language)


def collection_name(collection: dict[str, Any], frame: Frame) -> str | None:
    """Title of a collection, the same way."""
    title = collection.get("title")
    if not isinstance(title, str) or not title.strip():
        return None
    return titled(collection_title, title, frame.language)
