"""The pages that list items: those of a search, and those of one collection, with the form to search by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from api.http.error_responses import STATUS_CODES, Failure, make_failure
from api.http.item_formats import STREAMS
from api.search.properties import PropertyTable
from api.web.assets import Picture, picture_of
from api.web.client_arguments import search_arguments
from api.web.examples import Examples, search_examples
from api.web.form import SearchChoices, form_of, normalise_query
from api.web.form_fields import DEFAULT_LIMIT, LIMIT, MOST
from api.web.form_options import form_options_of
from api.web.item import collection_name, title_of
from api.web.page_context import PageContext, render_page
from api.web.property_table import key_facts, period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from api.stac.queryables import CollectionSummaries
    from api.web.page_request import PageRequest

_REFUSALS: Final[tuple[type[Exception], ...]] = (*STATUS_CODES, HTTPException)
_SEE_OTHER: Final = 303
_BAD_REQUEST: Final = 400
_PLACES: Final = ("first", "prev", "next")


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list."""

    collection: str
    identifier: str
    title: str
    period: str | None
    key_facts: list[str]
    picture: Picture | None


async def search_page(page_request: PageRequest) -> Response:
    """The page of a search of all items."""
    return await _page(page_request, None)


async def items_page(page_request: PageRequest) -> Response:
    """The page of the items of the collection that the address names."""
    return await _page(page_request, page_request.request.path_params["collection_id"])


async def _page(page_request: PageRequest, collection: str | None) -> Response:
    if (tidy := normalise_query(page_request.request.url.query)) != page_request.request.url.query:
        return _moved(page_request, tidy)
    context = PageContext(page_request.request)
    async with page_request.request.app.state.get_connection(page_request.request, "r") as connection:
        found, schemas = await form_options_of(page_request.request.app).get(connection, collection)
    listed, failure = await _listed(page_request)
    items = listed["features"] if listed else []
    rows = [_row(item, context) for item in items]
    path = "search" if collection is None else f"collections/{quote(collection, safe='')}/items"
    answer = render_page(
        page_request.request,
        "listing.html",
        context=context,
        title=_title(found, collection, context),
        status=failure.status if failure else 200,
        json_href=page_request.json_href,
        browser_path="search" if collection is None else f"collections/{collection}",
        collection=collection,
        collection_title=_name(found[0], context) if collection is not None else "",
        open=not page_request.query,
        failure=failure,
        form=form_of(
            context, f"{context.root}{path}", make_choices(found, schemas, context, collection), page_request.query
        ),
        rows=rows,
        matched=listed["numberMatched"] if listed else None,
        is_estimate=bool(listed and listed.get("flatsim:number_matched_is_estimate")),
        pages=_places(listed, context),
        downloads=_downloads(listed, context),
        examples=None if failure else _examples(context, path, page_request, collection, schemas),
    )
    if failure:
        answer.headers.update(failure.headers)
    return answer


def _moved(page_request: PageRequest, query: str) -> Response:
    """The same search by the address that the API itself knows it by."""
    path = page_request.json_href.partition("?")[0]
    answer = RedirectResponse(f"{path}?{query}" if query else path, _SEE_OTHER)
    answer.headers["Vary"] = "Accept"
    return answer


async def _listed(page_request: PageRequest) -> tuple[dict[str, Any] | None, Failure | None]:
    """The page of items, or the failure, which is shown with the form."""
    given_limit = page_request.request.query_params.get(LIMIT, str(DEFAULT_LIMIT))
    limit = str(MOST) if given_limit.isdecimal() and int(given_limit[:10]) > MOST else given_limit
    try:
        return await page_request.json(limit=limit, fields=None), None
    except _REFUSALS as error:
        failure = make_failure(error, page_request.request)
        if failure.status != _BAD_REQUEST:
            raise
        return None, failure


def _title(found: list[CollectionSummaries], collection: str | None, context: PageContext) -> str:
    if collection is None:
        return context.t("search.title")
    return context.t("search.of", collection=_name(found[0], context))


def _name(found: CollectionSummaries, context: PageContext) -> str:
    return collection_name({"title": found.title}, context) or found.identifier


def make_choices(
    found: list[CollectionSummaries], schemas: Mapping[str, Any], context: PageContext, collection: str | None = None
) -> SearchChoices:
    """What can be asked for, in all collections or in one."""
    named = [] if collection is not None else [(each.identifier, _name(each, context)) for each in found]
    return SearchChoices(schemas, named)


def _row(item: dict[str, Any], context: PageContext) -> Row:
    properties = item.get("properties") or {}
    return Row(
        collection=item["collection"],
        identifier=item["id"],
        title=title_of(item, context),
        period=period(properties, context),
        key_facts=key_facts(properties, context),
        picture=picture_of(item.get("assets"), context),
    )


def _places(listed: dict[str, Any] | None, context: PageContext) -> dict[str, str]:
    """Addresses of the pages before and after."""
    links = listed["links"] if listed else []
    found = {link["rel"]: context.page(link["href"]) for link in links if link["rel"] in _PLACES}
    return {rel: href for rel, href in found.items() if href}


def _downloads(listed: dict[str, Any] | None, context: PageContext) -> list[tuple[str, str, str]]:
    """Addresses of the whole result, each with the key of its word and its media type."""
    types = {each.media_types[0]: each.names[0] for each in STREAMS}
    links = listed["links"] if listed else []
    return [
        (f"search.download.{types[link['type']]}", href, link["type"])
        for link in links
        if link["rel"] == "alternate" and link.get("type") in types and (href := context.local(link["href"]))
    ]


def _examples(
    context: PageContext, path: str, page_request: PageRequest, collection: str | None, schemas: Mapping[str, Any]
) -> Examples | None:
    query = "&".join(part for part in page_request.query.split("&") if part.partition("=")[0] not in ("token", "page"))
    limits = page_request.request.app.state.service_settings.limits
    arguments = dict(search_arguments(dict(parse_qsl(query)), PropertyTable.from_schemas(schemas), limits))
    if collection is not None:
        arguments = {"collections": [collection], **arguments}
    return search_examples(context, path, query, arguments)
