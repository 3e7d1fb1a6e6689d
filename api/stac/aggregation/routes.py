"""The addresses of the Aggregation extension."""

# No postponed annotations here: FastAPI reads them.
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, cast

import orjson
from asyncpg import Connection
from fastapi import APIRouter, Depends, Path, Request, Response
from stac_fastapi.types.requests import get_base_url
from stac_fastapi.types.search import APIRequest

from api.errors import InvalidParameter
from api.request.post_models import AggregatePost
from api.search.compile.aggregate_statement import aggregate_statement
from api.search.compile.aggregation import AggregationRequest
from api.search.compile.page_statements import snapshot_now
from api.search.compile.query import Statement, compile_query
from api.search.execute.catalogue import CatalogueCache
from api.search.read import SearchBody, read_search
from api.settings.limits import Limits
from api.single_flight import SingleFlight
from api.stac.aggregation.answer import aggregations
from api.stac.aggregation.available import described, find, offered
from api.stac.aggregation.links import page_links
from api.stac.aggregation.schema import AggregationCollection
from api.stac.items import check_collection, plain_parameters
from api.stac.links import JSON
from api.stac.route import StacRoute

CONFORMANCE: Final = tuple(f"https://api.stacspec.org/v0.3.0/aggregation{part}" for part in ("", "#query", "#filter"))
"""The extension, and the others it goes together with."""

_CollectionId = Annotated[str, Path(description="Collection ID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateModels:
    """Models of the requests: parameters for all items and for those of one collection, and the body for both."""

    get: type[APIRequest]
    collection_get: type[APIRequest]
    post: type[AggregatePost]


def aggregation_router(models: AggregateModels, limits: Limits, cache: CatalogueCache) -> APIRouter:
    """What can be counted, and the counts, of all items and of one collection's."""
    router = APIRouter(route_class=StacRoute, tags=["Aggregation Extension"])
    counts = _Counts(models, limits, cache)
    answers: Any = {"responses": {200: {"model": AggregationCollection}}}
    Parameters, OfCollection, Body = models.get, models.collection_get, models.post  # noqa: N806 -- they are classes

    @router.get("/aggregations", name="Aggregations", **answers)
    async def all_offered(request: Request) -> Response:
        """What items can be counted by."""
        return await counts.offers(request, None)

    @router.get("/collections/{collection_id}/aggregations", name="Collection Aggregations", **answers)
    async def collection_offered(request: Request, collection_id: _CollectionId) -> Response:
        """What the items of a collection can be counted by."""
        return await counts.offers(request, collection_id)

    @router.get("/aggregate", name="Aggregate", **answers)
    async def get_counts(request: Request, parameters: Annotated[Any, Depends(Parameters)]) -> Response:
        """Counts of the items that a search finds."""
        return await counts.answer(request, counts.body(parameters))

    @router.post("/aggregate", name="Aggregate", **answers)
    async def post_counts(request: Request, body: Body) -> Response:  # type: ignore[valid-type]
        """Counts of the items that a search finds."""
        return await counts.answer(request, body)

    @router.get("/collections/{collection_id}/aggregate", name="Collection Aggregate", **answers)
    async def get_collection_counts(request: Request, parameters: Annotated[Any, Depends(OfCollection)]) -> Response:
        """Counts of the items of a collection that a search finds."""
        return await counts.answer(request, counts.body(parameters), parameters.collection_id)

    @router.post("/collections/{collection_id}/aggregate", name="Collection Aggregate", **answers)
    async def post_collection_counts(request: Request, collection_id: _CollectionId, body: Body) -> Response:  # type: ignore[valid-type]
        """Counts of the items of a collection that a search finds."""
        return await counts.answer(request, body, collection_id)

    return router


@dataclass(frozen=True, slots=True)
class _Counts:
    """The answers.

    Attributes:
        models: Of the requests.
        limits: How much one request may ask for.
        cache: What is known of the database.
        flights: Counts in progress.
    """

    models: AggregateModels
    limits: Limits
    cache: CatalogueCache
    flights: SingleFlight = field(default_factory=SingleFlight)

    def body(self, parameters: APIRequest) -> AggregatePost:
        """GET parameters as the body of a POST request."""
        names = {name: field.alias or name for name, field in self.models.post.model_fields.items()}
        given = {names[name]: value for name, value in parameters.kwargs().items() if name in names}
        return self.models.post.model_validate({name: value for name, value in given.items() if value is not None})

    async def offers(self, request: Request, collection: str | None) -> Response:
        """What can be counted by."""
        async with request.app.state.get_connection(request, "r") as connection:
            catalogue = await self.cache.get(connection, [collection] if collection else [])
            if collection is not None:
                check_collection(collection, catalogue)
            rows = await offered(connection, catalogue, collection)
        return _response(request, collection, "aggregations", [described(row) for row in rows])

    async def answer(self, request: Request, body: AggregatePost, collection: str | None = None) -> Response:
        """The counts."""
        if collection is not None:
            _check_collections(body, collection)
        asked = cast("SearchBody", body.model_copy(update={"collections": [collection]}) if collection else body)
        async with request.app.state.get_connection(request, "r") as connection:
            catalogue = await self.cache.get(connection, asked.collections or ())
            if collection is not None:
                check_collection(collection, catalogue)
            rows = find(body.aggregations or (), await offered(connection, catalogue, collection), collection)
            wanted = [AggregationRequest.of(row, vars(body)) for row in rows]
            search = await read_search(asked, plain_parameters(request, catalogue), catalogue, connection)
            query = compile_query(search, catalogue.properties)
            statement = aggregate_statement(query, wanted, catalogue.properties, self.limits.max_buckets)
            snapshot = await snapshot_now(connection)
            counted = await self._count(connection, statement, snapshot)
        return _response(request, collection, "aggregate", aggregations(wanted, counted, self.limits.max_buckets))

    async def _count(self, connection: Connection, statement: Statement, snapshot: str | None) -> list[Any]:
        async def fetch() -> list[Any]:
            rows: list[Any] = await connection.fetch(statement.text, *statement.values)
            return rows

        if snapshot is None:
            return await fetch()
        return await self.flights.share((statement.text, repr(statement.values), snapshot), fetch)


def _check_collections(body: AggregatePost, own: str) -> None:
    """The address names the collection; the body may name it once more."""
    for name in body.collections or ():
        if name != own:
            reason = f"the address is that of {own!r}, not of {name[:60]!r}; use /aggregate"
            raise InvalidParameter(parameter="collections", reason=reason)


def _response(request: Request, collection: str | None, what: str, found: list[dict[str, Any]]) -> Response:
    links = page_links(request, get_base_url(request), collection, what)
    body = {"type": "AggregationCollection", "aggregations": found, "links": links}
    return Response(orjson.dumps(body), media_type=JSON)
