"""What the operator may set: `FLATSIM_*` variables, read when `ServiceSettings()` is made and not before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.settings.limits import (
    COUNT_TIME_MS,
    EXACT_COUNT,
    MAX_BUCKETS,
    MAX_FILTER_CHARACTERS,
    MAX_FILTER_DEPTH,
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_STREAM,
    MAX_VERTICES,
    Limits,
)
from api.settings.web_hosts import Basemap, Origin
from catalog_builder.vocab.collections import ROOT_DESCRIPTION, ROOT_ID, ROOT_TITLE

_SEARCHES: Final = (
    "aggregate",
    "aggregations",
    "collections",
    "collections-queryables",
    "collections-sortables",
    "queryables",
    "search",
    "sortables",
)
ROUTES: Final = frozenset(
    ("_mgmt", "api", "api.html", "browser", "conformance", "coverage", "data", "pages", "thumbnails", *_SEARCHES)
)
"""First parts of the service's own addresses; a prefix of one of these names would be ambiguous."""

_CHECKOUT = Path(__file__).resolve().parents[2]


class ServiceSettings(BaseSettings):
    """Settings of the service; every field is the variable `FLATSIM_<FIELD>` in upper case."""

    model_config = SettingsConfigDict(env_prefix="FLATSIM_", extra="ignore")

    database: SecretStr | None = Field(
        default=None,
        description="PostgreSQL address, `postgresql://…`; without it libpq's own `PG*` variables hold",
    )
    database_role: str = Field(
        default="flatsim_read", description="Role every session acts as; the login must be a member of it"
    )
    pool_min: int = Field(default=1, ge=0, description="Connections kept open")
    pool_max: int = Field(default=10, ge=1, description="Connections at most; further requests wait")
    pool_wait_s: float = Field(
        default=10.0, gt=0, description="Seconds a request waits for a connection, or a long page for its turn"
    )
    statement_timeout_ms: int = Field(
        default=20_000, ge=1, description="Milliseconds one statement may take before it is cancelled with 503"
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    workers: int = Field(
        default=1, ge=1, description="Processes that serve; each has its own connections and its own caches"
    )
    root_path: str = Field(
        default="", description="Path prefix under which a proxy publishes the service, for example `/stac`"
    )
    forwarded_allow_ips: str = Field(
        default="127.0.0.1",
        description="Proxies whose `Forwarded` and `X-Forwarded-*` are believed: addresses, networks or `*`",
    )
    max_requests: int = Field(
        default=256, ge=1, description="Requests that one process answers at once; more get 503 with `Retry-After`"
    )
    max_items: int = Field(
        default=4000,
        ge=100,
        description="Items of all pages of more than 100 that one process sends at once; further such pages wait",
    )
    max_body_bytes: int = Field(default=4_194_304, ge=1024, description="Largest request body in bytes")
    cache_max_age_s: int = Field(
        default=60, ge=0, description="Seconds that clients and caches may keep an answer without asking again"
    )
    max_limit: int = Field(
        default=MAX_LIMIT,
        ge=1,
        le=MAX_LIMIT,
        description="Entries on a page at most; a larger `limit` is served as this",
    )
    max_vertices: int = Field(
        default=MAX_VERTICES, ge=5, description="Positions of one geometry in a request at most; more are refused"
    )
    max_offset: int = Field(
        default=MAX_OFFSET,
        ge=0,
        description="Items before a page that is asked for by its number at most; tokens lead further",
    )
    max_stream: int = Field(
        default=MAX_STREAM,
        ge=1,
        description="Items of a whole result in one answer (GeoJSON text sequence, NDJSON, CSV) at most",
    )
    exact_count: int = Field(
        default=EXACT_COUNT,
        ge=0,
        description="Matching items that are counted one by one; a larger number is estimated, and marked so",
    )
    count_time_ms: int = Field(
        default=COUNT_TIME_MS,
        ge=1,
        description="Milliseconds for which matching items are counted before their number is estimated",
    )
    max_buckets: int = Field(
        default=MAX_BUCKETS,
        ge=1,
        le=MAX_BUCKETS,
        description="Buckets of one aggregation at most; of more, those with the most items are given",
    )
    max_filter_depth: int = Field(
        default=MAX_FILTER_DEPTH,
        ge=1,
        le=MAX_FILTER_DEPTH,
        description="Operators or brackets in each other in a filter at most; more are refused",
    )
    max_filter_characters: int = Field(
        default=MAX_FILTER_CHARACTERS, ge=1, description="Characters of a filter that is text at most"
    )
    token_secret: SecretStr | None = Field(
        default=None,
        description="What page tokens are signed with; without it a secret that the database keeps",
    )
    strict_times: bool = Field(
        default=False,
        description="Refuse dates, months and years in `datetime`, for which RFC 3339 has no place",
    )

    data: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description=f"Product trees served under `/data/`, separated by `{os.pathsep}`"
    )
    thumbnails: Path | None = Field(
        default=None, description="Folder of thumbnails served under `/thumbnails/`, as `build --thumbnails` makes it"
    )
    browser_dir: Path = Field(
        default=_CHECKOUT / "browser" / "build", description="Built STAC Browser served under `/browser/`"
    )
    basemaps: Annotated[tuple[Basemap, ...], NoDecode] = Field(
        default=(),
        description="Tile servers that maps of STAC Browser offer besides the coastlines, as a JSON list; see below",
    )
    asset_hosts: Annotated[tuple[Origin, ...], NoDecode] = Field(
        default=(),
        description="Other hosts that pages may fetch files of items from, `https://…`, separated by spaces",
    )

    title: str = Field(default=ROOT_TITLE, description="Title of the landing page")
    description: str = Field(default=ROOT_DESCRIPTION, description="Description of the landing page")
    catalog_id: str = Field(default=ROOT_ID, description="Id of the root catalogue")

    @property
    def limits(self) -> Limits:
        """How much one request may ask for."""
        return Limits(
            max_limit=self.max_limit,
            max_vertices=self.max_vertices,
            max_offset=self.max_offset,
            max_stream=self.max_stream,
            strict_times=self.strict_times,
            exact_count=self.exact_count,
            count_time_ms=self.count_time_ms,
            max_buckets=self.max_buckets,
            max_filter_depth=self.max_filter_depth,
            max_filter_characters=self.max_filter_characters,
        )

    @field_validator("database", "token_secret", "thumbnails", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        """An empty variable means the same as none."""
        return value or None

    @field_validator("data", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        """One variable holds several paths, as in `PATH`."""
        return tuple(part for part in value.split(os.pathsep) if part) if isinstance(value, str) else value

    @field_validator("basemaps", mode="before")
    @classmethod
    def _read_json(cls, value: Any) -> Any:
        """The variable holds a JSON list."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value or "[]")
        except json.JSONDecodeError as error:
            msg = f"not JSON: {error}"
            raise ValueError(msg) from None

    @field_validator("asset_hosts", mode="before")
    @classmethod
    def _split_words(cls, value: Any) -> Any:
        """One variable holds several hosts."""
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("pool_max")
    @classmethod
    def _holds_the_least(cls, value: int, info: ValidationInfo) -> int:
        """The pool cannot keep more connections open than it may have."""
        if value < info.data.get("pool_min", 0):
            msg = "less than FLATSIM_POOL_MIN"
            raise ValueError(msg)
        return value

    @field_validator("root_path")
    @classmethod
    def _normal_prefix(cls, value: str) -> str:
        """`stac/` and `/stac` both mean `/stac`; `/` means no prefix."""
        inner = value.strip("/")
        if inner.split("/")[0] in ROUTES:
            msg = f"/{inner} is an address of the service itself; publish it under another prefix"
            raise ValueError(msg)
        return f"/{inner}" if inner else ""
