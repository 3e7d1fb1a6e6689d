"""The pages that list items: those of a search, and those of one collection, with the form to search by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from api.http.error_responses import STATUS_CODES, Failure, failure_of
from api.http.item_formats import STREAMS
from api.search.properties import PropertyTable
from api.web.assets import Picture, picture_of
from api.web.client_arguments import search_arguments
from api.web.examples import Examples, search_examples
from api.web.form import Offered, form_of, tidied
from api.web.form_fields import DEFAULT_LIMIT, LIMIT, MOST
from api.web.form_options import offers_of
from api.web.item import collection_name, title_of
from api.web.page_context import Frame, render_page
from api.web.property_table import key_facts, period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from api.stac.queryables import Summarised
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


async def search_page(asked: PageRequest) -> Response:
    """The page of a search of all items."""
    return await _page(asked, None)


async def items_page(asked: PageRequest) -> Response:
    """The page of the items of the collection that the address names."""
    return await _page(asked, asked.request.path_params["collection_id"])


async def _page(asked: PageRequest, collection: str | None) -> Response:
    if (tidy := tidied(asked.request.url.query)) != asked.request.url.query:
        return _moved(asked, tidy)
    frame = Frame(asked.request)
    async with asked.request.app.state.get_connection(asked.request, "r") as connection:
        found, schemas = await offers_of(asked.request.app).get(connection, collection)
    listed, failure = await _listed(asked)
    items = listed["features"] if listed else []
    rows = [_row(item, frame) for item in items]
    path = "search" if collection is None else f"collections/{quote(collection, safe='')}/items"
    answer = render_page(
        asked.request,
        "listing.html",
        frame=frame,
        title=_title(found, collection, frame),
        status=failure.status if failure else 200,
        json_href=asked.json_href,
        browser_path="search" if collection is None else f"collections/{collection}",
        collection=collection,
        collection_title=_name(found[0], frame) if collection is not None else "",
        open=not asked.query,
        failure=failure,
        form=form_of(frame, f"{frame.root}{path}", offered(found, schemas, frame, collection), asked.query),
        rows=rows,
        matched=listed["numberMatched"] if listed else None,
        is_estimate=bool(listed and listed.get("flatsim:number_matched_is_estimate")),
        pages=_places(listed, frame),
        downloads=_downloads(listed, frame),
        examples=None if failure else _examples(frame, path, asked, collection, schemas),
    )
    if failure:
        answer.headers.update(failure.headers)
    return answer


def _moved(asked: PageRequest, query: str) -> Response:
    """The same search by the address that the API itself knows it by."""
    path = asked.json_href.partition("?")[0]
    answer = RedirectResponse(f"{path}?{query}" if query else path, _SEE_OTHER)
    answer.headers["Vary"] = "Accept"
    return answer


async def _listed(asked: PageRequest) -> tuple[dict[str, Any] | None, Failure | None]:
    """The page of items, or why there is none: the form is shown with what is wrong in it."""
    told = asked.request.query_params.get(LIMIT, str(DEFAULT_LIMIT))
    limit = str(MOST) if told.isdecimal() and int(told[:10]) > MOST else told
    try:
        return await asked.json(limit=limit, fields=None), None
    except _REFUSALS as error:
        failure = failure_of(error, asked.request)
        if failure.status != _BAD_REQUEST:
            raise
        return None, failure


def _title(found: list[Summarised], collection: str | None, frame: Frame) -> str:
    if collection is None:
        return frame.t("search.title")
    return frame.t("search.of", collection=_name(found[0], frame))


def _name(found: Summarised, frame: Frame) -> str:
    return collection_name({"title": found.title}, frame) or found.identifier


def offered(
    found: list[Summarised], schemas: Mapping[str, Any], frame: Frame, collection: str | None = None
) -> Offered:
    """What can be asked for, in all collections or in one."""
    named = [] if collection is not None else [(each.identifier, _name(each, frame)) for each in found]
    return Offered(schemas, named)


def _row(item: dict[str, Any], frame: Frame) -> Row:
    properties = item.get("properties") or {}
    return Row(
        collection=item["collection"],
        identifier=item["id"],
        title=title_of(item, frame),
        period=period(properties, frame),
        key_facts=key_facts(properties, frame),
        picture=picture_of(item.get("assets"), frame),
    )


def _places(listed: dict[str, Any] | None, frame: Frame) -> dict[str, str]:
    """Addresses of the pages before and after."""
    links = listed["links"] if listed else []
    found = {link["rel"]: frame.page(link["href"]) for link in links if link["rel"] in _PLACES}
    return {rel: href for rel, href in found.items() if href}


def _downloads(listed: dict[str, Any] | None, frame: Frame) -> list[tuple[str, str, str]]:
    """Addresses of the whole result, each with the key of its word and its media type."""
    types = {each.media_types[0]: each.names[0] for each in STREAMS}
    links = listed["links"] if listed else []
    return [
        (f"search.download.{types[link['type']]}", href, link["type"])
        for link in links
        if link["rel"] == "alternate" and link.get("type") in types and (href := frame.local(link["href"]))
    ]


def _examples(
    frame: Frame, path: str, asked: PageRequest, collection: str | None, schemas: Mapping[str, Any]
) -> Examples | None:
    query = "&".join(part for part in asked.query.split("&") if part.partition("=")[0] not in ("token", "page"))
    limits = asked.request.app.state.service_settings.limits
    arguments = dict(search_arguments(dict(parse_qsl(query)), PropertyTable.from_schemas(schemas), limits))
    if collection is not None:
        arguments = {"collections": [collection], **arguments}
    return search_examples(frame, path, query, arguments)
