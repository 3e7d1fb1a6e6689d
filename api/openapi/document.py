"""FastAPI's document of the routes, made exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from api.openapi.bodies import COMPONENTS as CONDITIONS
from api.openapi.bodies import MEMBERS, documents
from api.openapi.operations import BY_PLACE
from api.openapi.parameters import COMPONENTS as PROPERTIES
from api.openapi.parameters import plain_parameters, refine
from api.openapi.responses import HEADERS, answers
from api.openapi.schemas import COMPONENTS, reference
from api.request.post_models import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

_REFERENCE = "#/components/schemas/"
_INVALID = "422"
"""FastAPI describes this status on its own accord; it is never answered."""


def describe(app: FastAPI) -> None:
    """Let an application tell its OpenAPI document, which is made when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's way of giving another document


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=app.servers,
    )
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _refine(path, method, operation)
    schemas = found["components"]["schemas"] | COMPONENTS | CONDITIONS
    for name in set(_bodies(found["paths"])):
        _refine_body(schemas[name])
    found["components"] = {"schemas": _used(found["paths"], schemas), "headers": HEADERS, "parameters": PROPERTIES}
    return found


def _refine(path: str, method: str, operation: dict[str, Any]) -> None:
    """Make the description of one operation exact."""
    row = BY_PLACE.get((path, method))
    if row is not None:
        operation |= {"operationId": row.name, "summary": row.summary}
        if operation.get("description") == "Endpoint.":  # stac-fastapi's functions say no more
            operation["description"] = f"{row.summary}."
    content = dict(operation["responses"].get("200", {}).get("content", {}))
    if row is not None:
        content |= {row.media_type: {"schema": reference(row.answer)}}
    operation["responses"].pop(_INVALID, None)
    operation["responses"] = {**operation["responses"], **answers(method, path, content)}
    given = [refine(path, parameter, documents(path)) for parameter in operation.get("parameters", ())]
    if method == "get":
        given += plain_parameters(path, [parameter["name"] for parameter in given])
    if given:
        operation["parameters"] = given


def _bodies(paths: dict[str, Any]) -> Iterator[str]:
    """Names of the schemas of what is posted."""
    for methods in paths.values():
        for operation in methods.values():
            yield from _references(operation.get("requestBody"))


def _refine_body(body: dict[str, Any]) -> None:
    """Make the description of what is posted exact; `conf`, which pgstac's clients send, is read past."""
    for name, schema in body["properties"].items():
        if name in MEMBERS:
            texts = {key: value for key, value in schema.items() if key in ("title", "description")}
            body["properties"][name] = {**texts, **MEMBERS[name]}
    body["properties"] |= {name: {"description": "Read past"} for name in sorted(IGNORED)}
    body["additionalProperties"] = False


def _used(paths: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas that something refers to, directly or not."""
    waiting, used = set(_references(paths)), set()
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= set(_references(schemas[name])) - used
    return {name: schemas[name] for name in sorted(used)}


def _references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, part in tree.items():
            if name == "$ref" and isinstance(part, str):
                if part.startswith(_REFERENCE):
                    yield part.removeprefix(_REFERENCE)
            else:
                yield from _references(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _references(part)
