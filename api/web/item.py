"""The page of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.database import queries
from api.web.assets import file_groups, picture_of
from api.web.examples import item_examples
from api.web.footprint_map import map_footprint
from api.web.page_context import PageContext, render_page
from api.web.property_table import fact_groups, key_facts, period
from api.web.related_links import doi_address, doi_of, reference_links, related_links
from api.web.words import translate_title
from catalog_builder.vocab.french import collection_title, item_title
from catalog_builder.vocab.kinds import TIMESERIES

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.web.page_request import PageRequest


async def item_page(page_request: PageRequest) -> Response:
    """The page of the item that the address names."""
    context = PageContext(page_request.request)
    item = await page_request.json()
    async with page_request.request.app.state.get_connection(page_request.request, "r") as connection:
        collection = await queries.collection(connection, item["collection"]) or {}
    properties = item.get("properties") or {}
    references = reference_links(item.get("links"), context)
    picture = picture_of(item.get("assets"), context)
    doi = doi_of({**collection, **item}, references)
    identifier, parent = item["id"], item["collection"]
    return render_page(
        page_request.request,
        "item.html",
        context=context,
        title=title_of(item, context),
        json_href=page_request.json_href,
        browser_path=f"collections/{parent}/items/{identifier}",
        item=item,
        is_series=properties.get("product:type") == TIMESERIES.product_type,
        collection_name=collection_name(collection, context) or parent,
        collection=collection,
        key_facts=key_facts(properties, context),
        period=period(properties, context),
        groups=fact_groups(properties, context),
        description=properties.get("description"),
        files=file_groups(item.get("assets"), context),
        picture=picture,
        outline=map_footprint(item.get("geometry")),
        related=related_links(item.get("links"), context),
        references=references,
        doi=doi,
        doi_href=doi_address(doi),
        citation=collection.get("sci:citation"),
        examples=item_examples(context, parent, identifier),
    )


def title_of(item: dict[str, Any], context: PageContext) -> str:
    """Title of an item in the page's language, as far as its words are known; else its id."""
    title = (item.get("properties") or {}).get("title")
    if not isinstance(title, str) or not title.strip():
        return str(item["id"])
    return translate_title(item_title, title, context.language)


def collection_name(collection: dict[str, Any], context: PageContext) -> str | None:
    """Title of a collection, the same way."""
    title = collection.get("title")
    if not isinstance(title, str) or not title.strip():
        return None
    return translate_title(collection_title, title, context.language)
