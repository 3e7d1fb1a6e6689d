"""Which STAC API extensions are served, with their conformance classes and request models.

The list is stac-fastapi-pgstac's own (query, sort, fields, filter, free text, paging by token or
offset) without its transactions: this service only reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from stac_fastapi.api.models import create_request_model
from stac_fastapi.extensions import (
    CollectionSearchExtension,
    CollectionSearchFilterExtension,
    FieldsExtension,
    ItemCollectionFilterExtension,
    OffsetPaginationExtension,
    SearchFilterExtension,
    TokenPaginationExtension,
)
from stac_fastapi.extensions.collection_search.collection_search import CollectionSearchConformanceClasses
from stac_fastapi.extensions.fields import FieldsConformanceClasses
from stac_fastapi.extensions.filter.filter import FilterConformanceClasses as Filter
from stac_fastapi.extensions.free_text import FreeTextConformanceClasses, FreeTextExtension
from stac_fastapi.extensions.query import QueryConformanceClasses
from stac_fastapi.extensions.sort import (
    CollectionSearchSortExtension,
    ItemCollectionSortExtension,
    SearchSortExtension,
    SortConformanceClasses,
)
from stac_fastapi.pgstac.extensions import QueryExtension

from api.request.aggregation_models import get_model, post_model
from api.request.get_models import (
    AggregateGet,
    CollectionAggregateGet,
    CollectionsGet,
    CollectionTextGet,
    FieldsGet,
    ItemsGet,
    PageGet,
    PortalGet,
    QueryGet,
    SearchGet,
    SortGet,
    TextGet,
)
from api.request.post_models import AggregatePost, FilterPost, QueryPost, SearchPost, TextPost
from api.stac.aggregation.routes import CONFORMANCE, AggregateModels
from api.stac.queryables_routes import FiltersClient, SortablesClient
from api.stac.route import StacRoute

if TYPE_CHECKING:
    from stac_fastapi.types.extension import ApiExtension
    from stac_fastapi.types.search import APIRequest

    from api.settings.limits import Limits

ADDITIONAL_CONFORMANCE: Final = (
    # pystac-client 0.9.1 knows sort only by its first version, and warns when it is not declared
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    SortConformanceClasses.COLLECTION_SEARCH_SORTABLES,
    # What pgstac does with CQL2 beyond the basic class; STAC Browser offers only operators that are declared
    Filter.ADVANCED_COMPARISON_OPERATORS,
    Filter.CASE_INSENSITIVE_COMPARISON,
    Filter.ACCENT_INSENSITIVE_COMPARISON,
    Filter.BASIC_SPATIAL_FUNCTIONS,
    Filter.BASIC_SPATIAL_FUNCTIONS_PLUS,
    Filter.SPATIAL_FUNCTIONS,
    Filter.TEMPORAL_FUNCTIONS,
    Filter.ARRAY_FUNCTIONS,
    Filter.PROPERTY_PROPERTY,
    Filter.ARITHMETIC,
    *CONFORMANCE,
)
"""Declared in addition to the classes that the extensions declare. Each has a test that uses it."""


_OF_PAGES: Final = (SearchSortExtension, FieldsExtension, TokenPaginationExtension)
"""Extensions of the search that say nothing of which items are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiExtensions:
    """The extensions to register and the request models they add up to."""

    all: list[ApiExtension]
    search_get: Any
    search_post: Any
    items_get: Any
    collections_get: Any
    aggregate: AggregateModels


def api_extensions(limits: Limits) -> ApiExtensions:
    """The extensions of `/search`, of `/collections/{id}/items` and of `/collections`."""
    post = type("LimitedSearchPost", (SearchPost,), {"limits": limits, "__module__": __name__})
    portals: list[type[APIRequest]] = [PortalGet]
    search = _search_extensions()
    items = _items_extensions()
    collections = _collections_extension()
    return ApiExtensions(
        all=[*search, *items, collections],
        search_get=create_request_model("SearchGet", SearchGet, search, portals, request_type="GET"),
        search_post=create_request_model("SearchPost", post, search, request_type="POST"),
        items_get=create_request_model("ItemsGet", ItemsGet, items, portals, request_type="GET"),
        collections_get=collections.GET,
        aggregate=_aggregate_models(search, limits),
    )


def _aggregate_models(search: list[ApiExtension], limits: Limits) -> AggregateModels:
    """Requests for counts: whatever says which items a search finds, and nothing that says how they are shown."""
    filters = [each for each in search if not isinstance(each, _OF_PAGES)]
    post = type("LimitedAggregatePost", (AggregatePost,), {"limits": limits, "__module__": __name__})
    return AggregateModels(
        get=get_model("AggregateGet", AggregateGet, filters),
        collection_get=get_model("CollectionAggregateGet", CollectionAggregateGet, filters),
        post=post_model("AggregatePost", post, filters),
    )


def _search_extensions() -> list[ApiExtension]:
    return [
        _with(QueryExtension(), get=QueryGet, post=QueryPost),
        _with(SearchSortExtension(client=SortablesClient()), get=SortGet),
        _with(FieldsExtension(), get=FieldsGet),
        _with(SearchFilterExtension(client=FiltersClient()), post=FilterPost),
        _with(FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.SEARCH]), get=TextGet, post=TextPost),
        TokenPaginationExtension(),
    ]


def _items_extensions() -> list[ApiExtension]:
    return [
        _with(QueryExtension(conformance_classes=[QueryConformanceClasses.ITEMS]), get=QueryGet),
        _with(ItemCollectionSortExtension(client=SortablesClient()), get=SortGet),
        _with(FieldsExtension(conformance_classes=[FieldsConformanceClasses.ITEMS]), get=FieldsGet),
        _with(ItemCollectionFilterExtension(client=FiltersClient())),
        _with(FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.ITEMS]), get=TextGet),
        TokenPaginationExtension(),
    ]


def _collections_extension() -> CollectionSearchExtension:
    """Search of collections; its class takes one request model, so it is made of the parts here."""
    parts = [
        _with(QueryExtension(conformance_classes=[QueryConformanceClasses.COLLECTIONS]), get=QueryGet),
        _with(CollectionSearchSortExtension(), get=SortGet),
        _with(FieldsExtension(conformance_classes=[FieldsConformanceClasses.COLLECTIONS]), get=FieldsGet),
        CollectionSearchFilterExtension(client=FiltersClient()),
        _with(FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.COLLECTIONS]), get=CollectionTextGet),
        _with(OffsetPaginationExtension(), get=PageGet),
    ]
    return CollectionSearchExtension(
        GET=cast("type[APIRequest]", create_request_model("CollectionsGet", CollectionsGet, parts, request_type="GET")),
        conformance_classes=[
            CollectionSearchConformanceClasses.COLLECTIONSEARCH,
            CollectionSearchConformanceClasses.BASIS,
            *(uri for part in parts for uri in part.conformance_classes),
        ],
    )


def _with(extension: Any, *, get: type | None = None, post: type | None = None) -> Any:
    """The extension with our model of its parameters or of its part of the body."""
    extension.GET = get or extension.GET
    extension.POST = post or extension.POST
    if hasattr(extension, "router"):
        extension.router.route_class = StacRoute
    return extension
