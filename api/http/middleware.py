"""What every request and answer passes through.

Outermost first: request id, CORS, proxy and prefix, concurrency limit, HEAD, compression, validators, last resort, body
limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.http.body_limit import BodyLimit
from api.http.compression import CompressDocuments
from api.http.concurrency import RequestLimit
from api.http.cors import EXPOSED_HEADERS, METHODS, PREFLIGHT_MAX_AGE_S, OpenCors
from api.http.forwarded import ForwardedHeaders, TrustedProxies
from api.http.head import HeadAsGet
from api.http.request_id import RequestId
from api.http.unhandled_errors import UnhandledErrors
from api.http.validators import ConditionalResponses

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.settings.service import ServiceSettings


def add_middleware(app: FastAPI, settings: ServiceSettings) -> None:
    """Put the middleware around the application; what is added last stands outermost."""
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(ConditionalResponses, max_age_s=settings.cache_max_age_s)
    app.add_middleware(CompressDocuments)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestLimit, max_requests=settings.max_requests)
    app.add_middleware(
        ForwardedHeaders, root_path=settings.root_path, trusted=TrustedProxies.parse(settings.forwarded_allow_ips)
    )
    app.add_middleware(
        OpenCors,
        allow_origins=["*"],
        allow_methods=METHODS,
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
        max_age=PREFLIGHT_MAX_AGE_S,
    )
    app.add_middleware(RequestId)
