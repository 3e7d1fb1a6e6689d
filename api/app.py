"""The application: this file composes its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI
from stac_fastapi.api.app import StacApi
from stac_fastapi.pgstac.config import Settings as UpstreamSettings
from stac_fastapi.types.conformance import BASE_CONFORMANCE_CLASSES

from api.database.pool import database_lifespan
from api.files.browser import browser_router, has_bundle
from api.files.data import data_router
from api.files.docs import docs_router
from api.files.mounts import DataMounts
from api.files.schemas import schemas_router
from api.http.concurrency import PageCapacity
from api.http.error_responses import add_error_handlers
from api.http.health import health
from api.http.middleware import add_middleware
from api.http.response_cache import ResponseCache
from api.openapi.document import describe
from api.plots.routes import plots_router
from api.search.execute.catalogue import CatalogueCache
from api.settings.service import ServiceSettings
from api.stac.aggregation.routes import aggregation_router
from api.stac.client import FlatsimClient
from api.stac.extensions import ADDITIONAL_CONFORMANCE, ApiExtensions, api_extensions
from api.stac.queryables_routes import collection_schemas_router
from api.stac.route import StacRoute
from api.web.renderer import LazyPageRenderer
from api.web.static_files import static_router
from catalog_builder.vocab.release import __version__

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource

OPENAPI_URL: Final = "/api"
STAC_VERSION: Final = "1.1.0"


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: Without them they are read from the environment.

    Raises:
        StartError: The settings name trees that cannot be served.
    """
    settings = settings or ServiceSettings()
    mounts = DataMounts.from_paths(settings.data, settings.thumbnails)
    extensions = api_extensions(settings.limits)
    app = _framework(settings)
    app.state.service_settings = settings
    app.state.page_capacity = PageCapacity(settings.max_items, settings.pool_wait_s)
    app.state.page_renderer = LazyPageRenderer()
    app.state.response_cache = ResponseCache(settings=lambda: has_bundle(settings.browser_dir))
    cache = CatalogueCache(settings.token_secret.get_secret_value().encode() if settings.token_secret else None)
    _add_stac_api(app, settings, extensions, mounts, cache)
    app.include_router(aggregation_router(extensions.aggregate, settings.limits, cache))
    app.include_router(collection_schemas_router())
    app.include_router(plots_router(settings.pool_wait_s, cache))
    app.include_router(browser_router(settings))
    app.include_router(data_router(mounts))
    app.include_router(docs_router(settings.title, OPENAPI_URL))
    app.include_router(schemas_router())
    app.include_router(static_router())
    add_middleware(app, settings)
    add_error_handlers(app)
    describe(app)
    return app


class _StacApiSettings(UpstreamSettings):  # type: ignore[misc] # stac-fastapi-pgstac carries no types
    """stac-fastapi's settings, closed to the environment: the service reads `FLATSIM_*` and nothing else."""

    @classmethod
    def settings_customise_sources(
        cls, *_args: Any, init_settings: PydanticBaseSettingsSource, **_kwargs: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given by name."""
        return (init_settings,)


def _framework(settings: ServiceSettings) -> FastAPI:
    return FastAPI(
        title=settings.title,
        description=settings.description,
        version=__version__,
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        lifespan=database_lifespan(settings),
    )


def _add_stac_api(
    app: FastAPI, settings: ServiceSettings, extensions: ApiExtensions, mounts: DataMounts, cache: CatalogueCache
) -> None:
    """The STAC API with its extensions, `/api` and `/_mgmt/`."""
    client = FlatsimClient(  # type: ignore[call-arg] # its base's attributes are unknown to the checker
        pgstac_search_model=extensions.search_post,
        base_conformance_classes=[*BASE_CONFORMANCE_CLASSES, *ADDITIONAL_CONFORMANCE],
        landing_page_id=settings.catalog_id,
        mounts=mounts,
        limits=settings.limits,
        cache=cache,
        has_browser=lambda: has_bundle(settings.browser_dir),
    )
    StacApi(
        app=app,
        router=APIRouter(route_class=StacRoute),
        settings=_StacApiSettings(
            stac_fastapi_title=settings.title,
            stac_fastapi_description=settings.description,
            stac_fastapi_landing_id=settings.catalog_id,
            stac_fastapi_version=__version__,
        ),
        client=client,
        stac_version=STAC_VERSION,
        extensions=extensions.all,
        exceptions={},  # api.http.error_responses answers all
        search_get_request_model=extensions.search_get,
        search_post_request_model=extensions.search_post,
        items_get_request_model=extensions.items_get,
        collections_get_request_model=extensions.collections_get,
        middlewares=[],
        health_check=health,  # type: ignore[arg-type] # it may take the request
    )
