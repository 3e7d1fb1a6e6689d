"""More than can be answered at once is turned away or waits, and what is answered comes as ever."""

from __future__ import annotations

import asyncio
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx2 as httpx
import pytest
from starlette.responses import Response

from api.database.pool import Sessions
from api.errors import Overloaded
from api.http.concurrency import PageCapacity
from catalog_builder.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import psycopg

    from api.settings.service import ServiceSettings


def test_requests_beyond_the_bound_get_503_at_once(
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
    catalogue_dsn: str,
) -> None:
    """Two searches wait for a table that somebody holds; the third is not kept waiting, and all is well afterwards."""
    settings = make_settings(max_requests=2, statement_timeout_ms=20_000)
    with run_service(settings) as address, ThreadPoolExecutor(2) as others:
        assert httpx.get(f"{address}search").status_code == 200
        with connect(catalogue_dsn) as holder, connect(catalogue_dsn, autocommit=True) as watcher:
            holder.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
            waiting = [others.submit(httpx.get, f"{address}search", timeout=30) for _ in range(2)]
            _wait_until_held(watcher, 2)
            refused = httpx.get(f"{address}conformance")
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.headers["access-control-allow-origin"] == "*"
            assert refused.headers["cache-control"] == "no-store"
            assert refused.json()["code"] == "Overloaded"
            assert httpx.get(f"{address}_mgmt/ping").status_code == 200
            assert not any(each.done() for each in waiting)
        assert [each.result().status_code for each in waiting] == [200, 200]
        assert httpx.get(f"{address}conformance").status_code == 200


def _wait_until_held(watcher: psycopg.Connection[Any], sessions: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        row = watcher.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        if row and row[0] == sessions:
            return
        time.sleep(0.02)
    pytest.fail(f"there are not {sessions} sessions that wait for the table")


def test_long_pages_take_turns_in_order() -> None:
    async def check() -> list[str]:
        capacity = PageCapacity(max_items=1000, timeout_s=5)
        told: list[str] = []

        async def page(name: str, items: int) -> None:
            reservation = await capacity.reserve(items)
            told.append(f"+{name}")
            await asyncio.sleep(0.01)
            told.append(f"-{name}")
            reservation.release()
            reservation.release()

        await asyncio.gather(page("a", 800), page("huge", 10_000), page("b", 200), page("short", 100))
        assert capacity.is_idle
        return told

    assert asyncio.run(check()) == ["+a", "+short", "-a", "-short", "+huge", "-huge", "+b", "-b"]


def test_room_that_is_not_needed_is_given_back() -> None:
    async def check() -> None:
        capacity = PageCapacity(max_items=1000, timeout_s=0.05)
        first = await capacity.reserve(1000)
        with pytest.raises(Overloaded):
            await capacity.reserve(500)
        first.reduce(20)
        second = await capacity.reserve(900)
        given_up = asyncio.ensure_future(capacity.reserve(900))
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        answer = Response()
        second.release_with(answer)
        del answer
        gc.collect()
        first.release()
        assert capacity.is_idle

    asyncio.run(check())


def test_long_pages_leave_nothing_behind(
    make_settings: Callable[..., ServiceSettings],
    run_service: Callable[[ServiceSettings], AbstractContextManager[str]],
) -> None:
    """Neither answers, nor 304, nor refusals."""
    with run_service(make_settings(max_items=100, pool_wait_s=2)) as address:
        for _ in range(3):
            answer = httpx.get(f"{address}search?limit=10000")
            assert answer.status_code == 200
            known = {"if-none-match": answer.headers["etag"]}
            assert httpx.get(f"{address}search?limit=10000", headers=known).status_code == 304
            assert httpx.get(f"{address}search?limit=10000&token=x").status_code == 400


async def _others_served(dsn: str, clients: int, sessions: int) -> list[int]:
    """How many others were given a session while one waited for it."""
    pool = await asyncpg.create_pool(dsn, min_size=sessions, max_size=sessions)
    given, served, waits = Sessions(pool, sessions, 60), 0, []

    async def client() -> None:
        nonlocal served
        for _ in range(20):
            before = served
            session = await given.acquire()
            waits.append(served - before)
            served += 1
            await session.fetchval("SELECT 1")
            await given.release(session)
            await asyncio.sleep(0)

    async with pool:
        await asyncio.gather(*(client() for _ in range(clients)))
    return waits


def test_sessions_are_given_in_the_order_of_requests(catalogue_dsn: str) -> None:
    """The pool's own order lets some wait for five times as many others."""
    assert max(asyncio.run(_others_served(catalogue_dsn, clients=20, sessions=2))) <= 20
