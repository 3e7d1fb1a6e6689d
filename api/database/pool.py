"""The database: where it is, how a session is set up, and its errors as errors of this service.

Sessions read only: they act as the read role, in read-only transactions, with a statement timeout. All of that is
set in the start-up packet, so that it holds on any server and for any login that is a member of the role.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import asyncpg
import orjson

from api.capacity import CapacityLimiter
from api.database import queries
from api.database.dsn import connection_arguments
from api.errors import DatabaseUnavailable, InvalidSearch, ServiceError, SlowSearch, StartError
from catalog_builder.derived.item_documents import read_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from fastapi import FastAPI
    from starlette.requests import Request

    from api.settings.service import ServiceSettings

_logger = logging.getLogger("api.database")

CONNECT_TIMEOUT_S: Final = 10.0
_SHARED: Final = "connection"

_ERRORS: Final[Mapping[str, type[ServiceError]]] = {
    "57014": SlowSearch,  # query_canceled: the statement timeout
    "55P03": SlowSearch,  # lock_not_available
    "22": InvalidSearch,  # a value that cannot be what it is compared with
    "42": InvalidSearch,  # no such operator or function for these operands
    "54": InvalidSearch,  # too complex, too deep
    "0A": InvalidSearch,  # not supported
    "P0001": InvalidSearch,  # pgstac's own refusals
    "XX000": InvalidSearch,  # PostGIS on a geometry it cannot use
    "42501": DatabaseUnavailable,  # insufficient_privilege: not of the user's making
    "42P01": DatabaseUnavailable,  # undefined_table: the schema is not there
    "3F000": DatabaseUnavailable,
    "08": DatabaseUnavailable,
    "53": DatabaseUnavailable,
    "57P": DatabaseUnavailable,
}
"""What an SQLSTATE means to the user; the longest prefix counts. Others are errors of the service."""


class Session(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A session whose settings are those it was opened with."""

    def get_reset_query(self) -> str:
        """Nothing is left behind that would have to be undone: one round trip less for every request."""
        return ""


def session_arguments(settings: ServiceSettings) -> dict[str, Any]:
    """Arguments of `asyncpg.connect` for the server and the sessions on it.

    Raises:
        StartError: `FLATSIM_DATABASE` is not a PostgreSQL address.
    """
    dsn = settings.database.get_secret_value() if settings.database else None
    return {
        "timeout": CONNECT_TIMEOUT_S,
        "server_settings": _session(settings),
        "connection_class": Session,
        **connection_arguments(dsn),
    }


def _session(settings: ServiceSettings) -> dict[str, str]:
    return {
        "application_name": "flatsim-stac",
        "role": settings.database_role,
        "search_path": "pgstac,public",
        "default_transaction_read_only": "on",
        "statement_timeout": str(settings.statement_timeout_ms),
        "jit": "off",  # compiling pgstac's short queries costs more than running them
        "max_parallel_workers_per_gather": "0",  # starting another process takes longer than reading a page
        "plan_cache_mode": "force_custom_plan",  # how many items match depends on the values that are bound
        "random_page_cost": "1.1",  # what is searched by is in memory
        "pgstac.readonly": "true",  # searches are not written to a table
        "pgstac.context": "on",  # numberMatched
    }


def database_lifespan(settings: ServiceSettings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The application's lifespan: a pool of sessions while it runs."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = await asyncpg.create_pool(
            **session_arguments(settings), min_size=settings.pool_min, max_size=settings.pool_max, init=prepare_session
        )
        app.state.pool = Sessions(pool, settings.pool_max, settings.pool_wait_s)
        app.state.get_connection = read_connection
        try:
            yield
        finally:
            await _close(pool)

    return lifespan


async def prepare_session(connection: asyncpg.Connection) -> None:
    """Have JSON read and written."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=orjson.dumps, decoder=read_json, schema="pg_catalog")


class Sessions:
    """Sessions of a pool, given in the order that requests come in.

    The pool itself gives a session that comes back to whoever asks at that moment; who has waited for it goes to the
    end of the line, so that some wait for many times as long as others.
    """

    def __init__(self, pool: Any, most: int, wait_s: float) -> None:
        """The pool's sessions, at most so many at once; a request waits for one no longer than this."""
        self._pool = pool
        self._limiter = CapacityLimiter(capacity=most, refusal="No session is free.")
        self._wait_s = wait_s

    async def acquire(self) -> asyncpg.Connection:
        """A session.

        Raises:
            TimeoutError: No session was free in time.
        """
        async with asyncio.timeout(self._wait_s):
            await self._limiter.reserve()
            try:
                return await self._pool.acquire()
            except BaseException:
                self._limiter.free(1)
                raise

    async def release(self, session: asyncpg.Connection) -> None:
        """Give a session back."""
        try:
            await self._pool.release(session)
        finally:
            self._limiter.free(1)

    async def expire(self) -> None:
        """Reopen all sessions before they are used again."""
        await self._pool.expire_connections()


async def _close(pool: Any) -> None:
    """Close the pool; a search still running is not waited for longer than a moment."""
    try:
        await asyncio.wait_for(pool.close(), timeout=2.0)
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def read_connection(request: Request, readwrite: Literal["r", "w"] = "r") -> AsyncIterator[asyncpg.Connection]:
    """A session from the pool; stac-fastapi-pgstac takes all of its own from here.

    Raises:
        DatabaseUnavailable: No session was free in time, or the database cannot be reached.
        ServiceError: The database refused what was asked of it.
    """
    assert readwrite == "r"  # noqa: S101 -- nothing here writes
    if (shared := getattr(request.state, _SHARED, None)) is not None:
        with translated_errors():
            yield shared
        return
    pool: Sessions = request.app.state.pool
    try:
        connection = await pool.acquire()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _logger.warning("no connection to the database: %s", _one_line(error))
        msg = "The database cannot be reached or is busy; try again in a moment."
        raise DatabaseUnavailable(msg) from error
    try:
        with translated_errors():
            yield connection
    except DatabaseUnavailable:
        await pool.expire()  # the others are likely as dead as this one
        raise
    finally:
        await pool.release(connection)


@contextmanager
def sharing(request: Request, connection: asyncpg.Connection) -> Iterator[None]:
    """Let everything that answers a request use the session that was already taken for it."""
    setattr(request.state, _SHARED, connection)
    try:
        yield
    finally:
        setattr(request.state, _SHARED, None)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn errors of the driver into errors of this service, by their SQLSTATE."""
    try:
        yield
    except asyncpg.PostgresError as error:
        kind = _error_kind(error.sqlstate or "")
        if kind is None:
            raise
        if kind is not InvalidSearch:
            _logger.warning("%s: %s", kind.__name__, _one_line(error))
        raise kind(_DESCRIPTIONS.get(kind, "The search cannot be carried out: {}").format(_one_line(error))) from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError) as error:
        _logger.warning("the database went away: %s", _one_line(error))
        raise DatabaseUnavailable(_DESCRIPTIONS[DatabaseUnavailable]) from error


_DESCRIPTIONS: Final[Mapping[type[ServiceError], str]] = {
    SlowSearch: "The search took too long; ask for less at a time, or try again later.",
    DatabaseUnavailable: "The database does not answer as it should; try again in a moment.",
}


def _error_kind(sqlstate: str) -> type[ServiceError] | None:
    found = max((prefix for prefix in _ERRORS if sqlstate.startswith(prefix)), key=len, default=None)
    return _ERRORS[found] if found else None


def _one_line(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:300]


async def check_database(settings: ServiceSettings) -> None:
    """Connect once and look whether everything the service needs is there.

    Raises:
        StartError: Something is missing; the message says what to do.
    """
    try:
        connection = await asyncpg.connect(**session_arguments(settings))
    except (OSError, TimeoutError) as error:
        msg = (
            f"The database cannot be reached ({_one_line(error)}). Start it (`flatsim-stac db start` for the embedded "
            "one) or set FLATSIM_DATABASE."
        )
        raise StartError(msg) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StartError(_refused(error, settings)) from error
    try:
        await queries.applied_migrations(connection)
        await queries.collection_titles(connection)
        await queries.token_secret(connection)
        await queries.database_origin(connection)
        state = await queries.server_state(connection)
        faults = await queries.index_faults(connection)
    except asyncpg.PostgresError as error:
        msg = (
            f"The database has no catalogue the service can read ({_one_line(error)}). "
            "Run `flatsim-stac db migrate` on it."
        )
        raise StartError(msg) from error
    finally:
        await connection.close()
    if faults:
        msg = (
            f"The item index does not agree with the items of {', '.join(faults[:5])}: they were written while "
            "triggers were off, as by a restore. Run `flatsim-stac db check` on the database."
        )
        raise StartError(msg)
    if state["role"] != settings.database_role or not state["read_only"]:
        msg = (
            f"The session acts as {state['role']} and not, reading only, as {settings.database_role}: something before "
            "the database drops start-up parameters. Let it pass them, or connect without it."
        )
        raise StartError(msg)


def _refused(error: Exception, settings: ServiceSettings) -> str:
    """Why a server that is there lets us not in, and the way out."""
    role = settings.database_role
    if isinstance(error, asyncpg.InvalidParameterValueError):
        return f"The database has no role {role} ({_one_line(error)}). Run `flatsim-stac db migrate` on it."
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return f"The login may not act as {role} ({_one_line(error)}). Run `GRANT {role} TO <login>` on the database."
    return f"The database refuses the connection ({_one_line(error)}). Check FLATSIM_DATABASE."
