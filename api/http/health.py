"""`/_mgmt/health`: whether the service can answer searches, and what it stands on."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.database import queries
from api.errors import RETRY_AFTER_S, ServiceError
from catalog_builder.vocab.release import __version__


async def health(request: Request) -> JSONResponse:
    """State of the service and of its database; 503 while the database does not answer."""
    report: dict[str, object] = {"status": "UP", "version": __version__}
    try:
        async with request.app.state.get_connection(request, "r") as connection:
            report["database"] = {
                "status": "UP",
                "pgstac": await queries.pgstac_version(connection),
                "migrations": await queries.applied_migrations(connection),
                **await queries.server_state(connection),
            }
    except ServiceError as error:
        report |= {"status": "DOWN", "database": {"status": "DOWN", "description": str(error)}}
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return JSONResponse(report, status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
    return JSONResponse(report)
