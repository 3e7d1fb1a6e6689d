"""The SQL of our own: named, bound, read-only. Everything else is asked of pgstac by stac-fastapi-pgstac."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncpg import Connection


async def collection_titles(connection: Connection) -> list[tuple[str, str | None]]:
    """Id and title of every collection, by id."""
    rows = await connection.fetch("SELECT id, content->>'title' AS title FROM pgstac.collections ORDER BY id")
    return [(row["id"], row["title"]) for row in rows]


async def pgstac_version(connection: Connection) -> str:
    """Version of the pgstac schema."""
    version: str = await connection.fetchval("SELECT pgstac.get_version()")
    return version


async def applied_migrations(connection: Connection) -> list[str]:
    """Names of our migrations that the database has, in order."""
    return [row["name"] for row in await connection.fetch("SELECT name FROM flatsim.migrations ORDER BY name")]


async def server_state(connection: Connection) -> dict[str, Any]:
    """Version of PostgreSQL, the role the session acts as, and whether it can write."""
    row = await connection.fetchrow(
        "SELECT current_setting('server_version') AS postgresql, current_user AS role, "
        "current_setting('transaction_read_only') = 'on' AS read_only"
    )
    return dict(row)
