"""The answers that are items: searches, lists of a collection, single items."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attr
import orjson
from stac_fastapi.pgstac.core import CoreCrudClient
from stac_fastapi.types.requests import get_base_url
from starlette.responses import Response

from api.errors import NotFound
from api.files.mounts import DataMounts
from api.http.item_formats import choose
from api.http.validators import set_etag, set_last_modified
from api.request.portal_compatibility import SORTBY
from api.request.suggestions import describe_unknown
from api.search.execute.catalogue import CatalogueCache
from api.search.execute.page import read_item, read_page
from api.search.fields import select
from api.search.read import read_search
from api.search.serialise.export import open_export, stream_response
from api.search.serialise.items import ItemWriter, PageResponse
from api.settings.limits import Limits
from api.stac.page_links import PageLinks
from api.stac.route import check_parameters
from catalog_builder.derived.item_documents import GEOJSON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asyncpg import Connection
    from fastapi import Request

    from api.capacity import Reservation
    from api.search.execute.catalogue import Catalogue
    from api.search.execute.page import Page
    from api.search.model import Search
    from api.search.read import SearchBody


@attr.s
class ItemsClient(CoreCrudClient):  # type: ignore[misc] # stac-fastapi-pgstac carries no types
    """Answers that are items.

    Attributes:
        mounts: Trees whose files have an address here.
        limits: How much one request may ask for.
        cache: What is known of the database.
    """

    mounts: DataMounts = attr.ib(factory=DataMounts, kw_only=True)
    limits: Limits = attr.ib(factory=Limits, kw_only=True)
    cache: CatalogueCache = attr.ib(factory=CatalogueCache, kw_only=True)

    async def get_search(self, request: Request, **parameters: Any) -> Response:
        """`GET /search`."""
        return await self._answer(request, parameters)

    async def post_search(self, search_request: SearchBody, request: Request, **_others: Any) -> Response:
        """`POST /search`."""
        return await self._answer(request, search_request)

    async def item_collection(self, collection_id: str, request: Request, **parameters: Any) -> Response:
        """`GET /collections/{collection_id}/items`."""
        return await self._answer(request, parameters, collection_id)

    async def get_item(self, item_id: str, collection_id: str, request: Request, **_others: Any) -> Response:
        """`GET /collections/{collection_id}/items/{item_id}`."""
        writer = ItemWriter(self.mounts, get_base_url(request))
        async with request.app.state.get_connection(request, "r") as connection:
            catalogue = await self.cache.get(connection)
            takes = writer.accepts_prerendered
            found = await read_item(collection_id, item_id, catalogue, connection, self.cache, with_documents=takes)
            if found is None:
                check_collection(collection_id, await self.cache.get(connection, [collection_id]))
                msg = f"Item {item_id} in collection {collection_id} does not exist."
                raise NotFound(msg)
        item, updated = found
        set_last_modified(request, updated.isoformat() if updated else None)
        return Response(writer.written([item]), media_type=GEOJSON)

    async def _answer(
        self, request: Request, asked: SearchBody | Mapping[str, Any], collection: str | None = None
    ) -> Response:
        """One page of items.

        Args:
            request: The request.
            asked: Its body, or its parameters.
            collection: The one collection whose items it lists.
        """
        chosen = choose(request)
        body = self._body(asked, collection) if not isinstance(asked, self.pgstac_search_model) else asked
        writer = ItemWriter(self.mounts, get_base_url(request))
        if not chosen.format.is_page:
            async with request.app.state.get_connection(request, "r") as connection:
                search, catalogue = await self._search(request, body, collection, connection)
                at_most = await _asked_limit(request, search.limit)
                stream = await open_export(search, at_most, catalogue, connection, cache=self.cache, limits=self.limits)
            answer: Response = await stream_response(request, stream, chosen, search, writer.served)
        else:
            reservation = await request.app.state.page_capacity.reserve(body.limit)
            try:
                answer = await self._page(request, body, collection, writer, reservation)
            except BaseException:
                reservation.release()
                raise
        answer.headers.add_vary_header("Accept")
        return answer

    async def _search(
        self, request: Request, body: SearchBody, collection: str | None, connection: Connection
    ) -> tuple[Search, Catalogue]:
        catalogue = await self.cache.get(connection, body.collections or ())
        if collection is not None:
            check_collection(collection, catalogue)
        return await read_search(body, plain_parameters(request, catalogue), catalogue, connection), catalogue

    async def _page(
        self, request: Request, body: SearchBody, collection: str | None, writer: ItemWriter, reservation: Reservation
    ) -> Response:
        async with request.app.state.get_connection(request, "r") as connection:
            search, catalogue = await self._search(request, body, collection, connection)
            takes, counting = writer.accepts_prerendered, self.limits.counting
            page = await read_page(search, catalogue, connection, self.cache, counting, with_documents=takes)
        reservation.reduce(len(page.items))
        links = PageLinks(request, writer.base_url, collection, numbered=body.page is not None)
        answer = self._rendered(page, search, links, writer)
        reservation.release_with(answer)
        return answer

    def _body(self, parameters: Any, collection: str | None) -> SearchBody:
        """GET parameters as the body of a POST request."""
        given = {name: value for name, value in parameters.items() if value is not None}
        filters = {"filter_expr": "filter", "filter_lang": "filter-lang", "filter_crs": "filter-crs"}
        body = {filters.get(name, name): value for name, value in given.items()}
        if collection is not None:
            body["collections"] = [collection]
        for spelling, name in (("sortby", "sortby"), (SORTBY, "sort_by")):
            if name in given:
                body[spelling] = [_sort_key(key) for key in given[name]]
        body.pop("sort_by", None)
        body["fields"] = _signed(given.get("fields", ()))
        found: SearchBody = self.pgstac_search_model.model_validate(body)
        return found

    def _rendered(self, page: Page, search: Search, links: PageLinks, writer: ItemWriter) -> Response:
        items = page.items
        if search.fields:
            items = [orjson.dumps(select(writer.whole(item), search.fields)) for item in items]
        returned, matched = len(items), page.total.matched
        value: dict[str, Any] = {
            "links": links.all(page.next_token, page.prev_token),
            "numberMatched": matched,
            "numberReturned": returned,
            # the Context extension, which portals still read
            "context": {"returned": returned, "limit": search.limit, "matched": matched},
        }
        if page.total.is_estimate:
            value["flatsim:number_matched_is_estimate"] = True
        end = orjson.dumps(value)
        set_etag(links.request, page.versions, end, repr(self.mounts).encode())
        return PageResponse(items, writer, end)


async def _asked_limit(request: Request, otherwise: int) -> int | None:
    """The `limit` of a request as it stands there, larger than a page may be.

    Args:
        request: It was found to be right.
        otherwise: The limit as it was read then, for forms of a number that are not looked for here.
    """
    value = (await request.json() if request.method == "POST" else request.query_params).get("limit")
    if value is None:
        return None
    try:
        return int(Decimal(str(value)))
    except ArithmeticError:
        return otherwise


def check_collection(collection: str, catalogue: Catalogue) -> None:
    """Refuse a collection in the path that is not there.

    Raises:
        NotFound: The collection does not exist.
    """
    if collection not in catalogue.collections:
        raise NotFound(describe_unknown(collection, sorted(catalogue.collections), "collection"))


def plain_parameters(request: Request, catalogue: Catalogue) -> dict[str, str]:
    """The parameters named after properties; in a GET request `datetime` is not one, it asks for more.

    Raises:
        InvalidParameter: A parameter is neither one of the route nor named after a property.
    """
    check_parameters(request, catalogue.properties.by_name.keys())
    own = {"datetime"} if request.method == "GET" else set()
    known = catalogue.properties.by_name.keys() - own
    return {name: value for name, value in request.query_params.items() if name in known}


def _sort_key(name: str) -> dict[str, str]:
    return {"field": name.lstrip("+-").strip(), "direction": "desc" if name.startswith("-") else "asc"}


def _signed(names: Sequence[str]) -> dict[str, list[str]]:
    """Names with `-` before them are left out, others are included."""
    exclude = [name[1:] for name in names if name.startswith("-")]
    return {"include": [name.lstrip("+") for name in names if not name.startswith("-")], "exclude": exclude}
