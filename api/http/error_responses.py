"""How errors are answered: a table of their statuses, and JSON `{"code": …, "description": …}` or a page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from stac_fastapi.types.errors import (
    ConflictError,
    DatabaseError,
    ForeignKeyError,
    InvalidQueryParameter,
    NotFoundError,
    StacApiError,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from api.errors import (
    DatabaseUnavailable,
    InvalidParameter,
    InvalidSearch,
    NotAcceptable,
    NotFound,
    NotReadable,
    Overloaded,
    RangeNotSatisfiable,
    ServiceError,
    SlowSearch,
    WrongContentType,
)
from api.http.page_negotiation import is_page_requested
from api.http.page_renderer import renderer_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.types import Scope

_logger = logging.getLogger("api.errors")

_MAX_DESCRIPTION: Final = 1000

STATUS_CODES: Final[Mapping[type[Exception], HTTPStatus]] = {
    InvalidParameter: HTTPStatus.BAD_REQUEST,
    InvalidSearch: HTTPStatus.BAD_REQUEST,
    WrongContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    NotFound: HTTPStatus.NOT_FOUND,
    NotReadable: HTTPStatus.FORBIDDEN,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    SlowSearch: HTTPStatus.SERVICE_UNAVAILABLE,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    # stac-fastapi's own
    NotFoundError: HTTPStatus.NOT_FOUND,
    InvalidQueryParameter: HTTPStatus.BAD_REQUEST,
    ConflictError: HTTPStatus.CONFLICT,
    ForeignKeyError: HTTPStatus.FAILED_DEPENDENCY,
    DatabaseError: HTTPStatus.FAILED_DEPENDENCY,
    # FastAPI says 422; the STAC API specification wants 400
    RequestValidationError: HTTPStatus.BAD_REQUEST,
    ValidationError: HTTPStatus.BAD_REQUEST,
}

_CODES: Final[Mapping[type[Exception], str]] = {
    NotFoundError: "NotFound",
    InvalidQueryParameter: "InvalidParameter",
    RequestValidationError: "InvalidParameter",
    ValidationError: "InvalidParameter",
}
"""Codes that are not the name of the class."""


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of the table, and every HTTP error of the framework, in one way."""
    for kind in STATUS_CODES:
        app.add_exception_handler(kind, _answer_error)
    app.add_exception_handler(StacApiError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_error)


def error_response(
    scope: Scope, status: int, code: str, description: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that failed: JSON, or a page where one was asked for."""
    return failure_response(Failure(status, code, description, headers or {}), Request(scope))


def internal_error_response(scope: Scope) -> Response:
    """The answer to an unexpected error; the log has the details, the answer has none."""
    return failure_response(_INTERNAL, Request(scope))


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as the client sees it."""

    status: int
    code: str
    description: str
    headers: Mapping[str, str]


_INTERNAL: Final = Failure(
    HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", "The service failed; its log says why.", {}
)


def make_failure(error: Exception, request: Request) -> Failure:
    """An error as the client sees it."""
    if isinstance(error, HTTPException):
        if not isinstance(error.__cause__, ValidationError):
            return _make_http_failure(error, request)
        error = error.__cause__
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS_CODES), None)
    if kind is None:
        _logger.error("no status for %s", type(error).__name__, exc_info=error)
        return _INTERNAL
    headers = error.headers if isinstance(error, ServiceError) else {}
    return Failure(STATUS_CODES[kind], _CODES.get(kind, type(error).__name__), describe_error(error), headers)


def _make_http_failure(error: HTTPException, request: Request) -> Failure:
    code = HTTPStatus(error.status_code).phrase.title().replace(" ", "").replace("-", "")
    headers = dict(error.headers or {})
    description = str(error.detail)
    if error.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        description = f"{error.detail}: {request.method} {request.url.path}"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
    return Failure(error.status_code, code, description, headers)


def failure_response(failure: Failure, request: Request) -> Response:
    """The answer that describes a failure."""
    description = failure.description
    if len(description) > _MAX_DESCRIPTION:
        description = f"{description[:_MAX_DESCRIPTION]}…"
    if is_page_requested(request):
        return renderer_of(request).render_failure(request, failure.status, description, failure.headers)
    body = {"code": failure.code, "description": description}
    return JSONResponse(body, status_code=failure.status, headers={"Vary": "Accept", **failure.headers})


async def _answer_error(request: Request, error: Exception) -> Response:
    if (
        isinstance(error, HTTPException)
        and request.method == "OPTIONS"
        and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    ):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": _allowed_methods(request)})
    return failure_response(make_failure(error, request), request)


def _allowed_methods(request: Request) -> str:
    """Methods of an address. Starlette names those of the first route alone, and `/search` has two."""
    methods = [method for method in ("GET", "POST") if _has_route(request, method)]
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])


def _has_route(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def describe_error(error: Exception) -> str:
    """The description of an error: for a failed validation, each parameter with its problem."""
    if isinstance(error, RequestValidationError):  # its locations begin with the place: body, query, path
        return "; ".join(dict.fromkeys(_describe_problem(problem, problem["loc"][1:]) for problem in error.errors()))
    if isinstance(error, ValidationError):
        return "; ".join(dict.fromkeys(_describe_problem(problem, problem["loc"]) for problem in error.errors()))
    return str(error) or type(error).__name__


def _describe_problem(problem: Mapping[str, Any], location: Sequence[Any]) -> str:
    """One problem found by pydantic as `parameter: what is wrong`."""
    if problem["type"] == "json_invalid":
        return f"body: not JSON: {problem.get('ctx', {}).get('error', problem['msg'])}"
    names = [str(part) for part in location if "[" not in str(part)]  # pydantic's names of types have brackets
    return f"{'.'.join(names) or 'body'}: {problem['msg'].removeprefix('Value error, ')}"
