"""Statements about the catalogue: named, bound, read-only. Everything else stac-fastapi-pgstac asks of pgstac."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Connection


async def index_faults(connection: Connection) -> list[str]:
    """Collections that have more or fewer rows in `flatsim.item_index` than items, those of one id counted once."""
    rows = await connection.fetch(
        "SELECT coalesce(i.collection, x.collection) AS collection FROM "
        "(SELECT collection, count(*) FROM pgstac.items GROUP BY 1) AS i FULL JOIN "
        "(SELECT collection, count(*) FROM flatsim.item_index GROUP BY 1) AS x ON i.collection = x.collection "
        "WHERE i.count IS DISTINCT FROM x.count AND coalesce(x.count, 0) <> (SELECT count(DISTINCT items.id) "
        "FROM pgstac.items WHERE items.collection = coalesce(i.collection, x.collection)) ORDER BY 1"
    )
    return [row["collection"] for row in rows]


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


async def collection_ids(connection: Connection) -> list[str]:
    """Ids of all collections."""
    return [row["id"] for row in await connection.fetch("SELECT id FROM pgstac.collections")]


async def properties(connection: Connection) -> list[Any]:
    """Properties that items can be filtered by: name, definition, how pgstac reads them, and their column, if any."""
    rows: list[Any] = await connection.fetch(
        "SELECT DISTINCT ON (q.name) q.name, q.definition, read.path, read.wrapper, c.kind, c.source "
        "FROM pgstac.queryables q CROSS JOIN LATERAL pgstac.queryable(q.name) read "
        "LEFT JOIN flatsim.index_columns c ON c.name = q.name "
        "WHERE read.wrapper IS NOT NULL ORDER BY q.name, q.collection_ids NULLS FIRST"
    )
    return rows


async def token_secret(connection: Connection) -> bytes:
    """What page tokens are signed with."""
    value: str = await connection.fetchval("SELECT value FROM flatsim.secrets WHERE name = 'page_tokens'")
    return value.encode()


async def catalogue_version(connection: Connection) -> str:
    """Tells one state of all collections, queryables and templates from any other.

    The rows of a state are named by the transactions that wrote them, so that none of them has to be read.
    """
    version: str = await connection.fetchval(
        """
        SELECT flatsim.database_origin() || ' ' || string_agg(concat_ws(' ', count, sum), ' ') FROM (
            SELECT count(*), sum(hashtextextended(id || ' ' || xmin, 0)) FROM pgstac.collections
            UNION ALL SELECT count(*), sum(hashtextextended(id || ' ' || xmin, 0)) FROM pgstac.queryables
            UNION ALL SELECT count(*), sum(hashtextextended(collection || ' ' || id || ' ' || xmin, 0))
                FROM pgstac.base_items
            UNION ALL SELECT count(*), sum(hashtextextended(name || ' ' || xmin, 0)) FROM flatsim.index_columns
        ) AS tables
        """
    )
    return version


async def database_origin(connection: Connection) -> int:
    """Tells this database from any other."""
    origin: int = await connection.fetchval("SELECT flatsim.database_origin()")
    return origin


async def item_template(connection: Connection, collection: str, number: int | None) -> dict[str, Any]:
    """What pgstac has taken out of items of a collection; the collection's own where that number is not known."""
    found: dict[str, Any] | None = await connection.fetchval(
        "SELECT coalesce(pgstac.collection_base_item($1, $2), pgstac.collection_base_item($1))", collection, number
    )
    return {name: value for name, value in (found or {}).items() if value is not None}


async def summaries(connection: Connection, collection: str | None) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Id, title and summaries of one collection, or of all."""
    rows = await connection.fetch(
        "SELECT id, content->>'title' AS title, content->'summaries' AS summaries FROM pgstac.collections "
        "WHERE $1::text IS NULL OR id = $1 ORDER BY id",
        collection,
    )
    return [(row["id"], row["title"], row["summaries"] or {}) for row in rows]


async def queryable_definitions(connection: Connection, collection: str | None) -> dict[str, Any]:
    """JSON Schema of each property that pgstac's table names for one collection, or for any."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (name) name, definition FROM pgstac.queryables "
        "WHERE $1::text IS NULL OR collection_ids IS NULL OR $1 = ANY (collection_ids) "
        "ORDER BY name, collection_ids NULLS FIRST",
        collection,
    )
    return {row["name"]: row["definition"] or {"type": "string"} for row in rows}


async def search_collections(connection: Connection, search: str) -> list[dict[str, Any]]:
    """All collections that match a search in pgstac's JSON, whole and in order."""
    rows = await connection.fetch("SELECT found FROM pgstac.collection_search_rows($1::text::jsonb) AS found", search)
    return [row["found"] for row in rows]


async def text_terms(
    connection: Connection, terms: Sequence[tuple[str, bool, bool]]
) -> list[tuple[str | None, list[str], list[str]]]:
    """What terms of a search in free text are in the database.

    Args:
        connection: To ask.
        terms: Each with its text, whether it is only the beginning of a word, and whether parts of names must be whole.

    Returns:
        For each a tsquery as text, None when it has no word but such as are left out; ids of the collections that have
        it for all of their items, and of those that have it anywhere.
    """
    rows = await connection.fetch(
        "SELECT query::text AS query, "
        "ARRAY(SELECT collection FROM flatsim.collection_words WHERE shared @@ query) AS shared, "
        "ARRAY(SELECT collection FROM flatsim.collection_words WHERE whole @@ query) AS whole "
        "FROM unnest($1::text[], $2::bool[], $3::bool[]) WITH ORDINALITY AS term (text, partial, exact, number) "
        "CROSS JOIN LATERAL flatsim.term_query(text, partial, exact) AS query ORDER BY number",
        *(list(column) for column in zip(*terms, strict=True)),
    )
    return [(row["query"], row["shared"], row["whole"]) for row in rows]


async def collection(connection: Connection, identifier: str) -> dict[str, Any] | None:
    """One collection as it was loaded."""
    found: dict[str, Any] | None = await connection.fetchval(
        "SELECT content FROM pgstac.collections WHERE id = $1", identifier
    )
    return found
