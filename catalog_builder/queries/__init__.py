"""Every SQL statement the builder sends that is not a numbered migration: named, and bound.

Each function takes an open connection and decides nothing about transactions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql
from psycopg.errors import LockNotAvailable
from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What decides whether a migration can succeed.

    `installed` and `available` map extensions to versions: those made in this database, and those whose
    files the server has. `may_create_in_schema` is about pgstac's schema, or `public` before that is made.
    `trusted` are extensions that an ordinary user may make, `roles` the names of all roles there.
    """

    version: int
    encoding: str
    user: str
    is_superuser: bool
    may_create_roles: bool
    may_create_in_database: bool
    may_create_in_schema: bool
    installed: dict[str, str]
    available: dict[str, str]
    trusted: list[str]
    roles: list[str]


def database_exists(connection: Connection[Any], name: str) -> bool:
    """Whether the server has a database of this name."""
    return connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def create_database(connection: Connection[Any], name: str, template: str = "template1") -> None:
    """Make a database as a copy of another one."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(connection: Connection[Any], name: str) -> None:
    """Remove a database, whoever is connected to it."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def role_exists(connection: Connection[Any], name: str) -> bool:
    """Whether the server has a role of this name."""
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is not None


def ensure_group_role(connection: Connection[Any], name: str) -> None:
    """Make a role that no one logs in as, unless it is there."""
    if not role_exists(connection, name):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def join_role(connection: Connection[Any], name: str) -> None:
    """Make the session's user a member of a role."""
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))


def create_login(connection: Connection[Any], name: str, verifier: str, group: str, *, read_only: bool) -> None:
    """Make a login user that is a member of `group`; `verifier` is its SCRAM secret."""
    user = sql.Identifier(name)
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
    connection.execute(create.format(user, sql.Literal(verifier), sql.Identifier(group)))
    connection.execute(sql.SQL("ALTER ROLE {} SET search_path TO pgstac, public").format(user))
    if read_only:
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only TO on").format(user))
        connection.execute(sql.SQL("ALTER ROLE {} SET pgstac.readonly TO 'true'").format(user))


def lift_timeouts(connection: Connection[Any]) -> None:
    """Let this session take as long as it needs, whatever its user's defaults are."""
    connection.execute(
        "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', "
        "'idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')"
    )


def take_migration_lock(connection: Connection[Any], patience_s: int) -> None:
    """Wait for the lock that migrations hold; the server releases it when the session ends, however it does.

    Who waits in a statement has a snapshot, which the one who has the lock would wait for when it makes an index
    concurrently. So the lock is asked for again and again.

    Args:
        connection: of the owner, in no transaction, autocommit.
        patience_s: how long.

    Raises:
        psycopg.errors.LockNotAvailable: somebody else kept it for longer than that.
    """
    deadline = time.monotonic() + patience_s
    while not _try_migration_lock(connection):
        if time.monotonic() > deadline:
            raise LockNotAvailable
        time.sleep(_LOCK_PAUSE_S)


_LOCK_PAUSE_S: Final = 0.1


def _try_migration_lock(connection: Connection[Any]) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(hashtext('flatsim.migrations'))").fetchone()
    return bool(found and found[0])


def server_facts(connection: Connection[Any]) -> ServerFacts:
    """What the server is and what the session's user may do on it."""
    with connection.cursor(row_factory=kwargs_row(ServerFacts)) as cursor:
        found = cursor.execute(
            """
            SELECT
                current_setting('server_version_num')::int AS version,
                current_setting('server_encoding') AS encoding,
                current_user AS user,
                rolsuper AS is_superuser,
                rolcreaterole AS may_create_roles,
                has_database_privilege(current_database(), 'CREATE') AS may_create_in_database,
                coalesce(has_schema_privilege(coalesce(to_regnamespace('pgstac'), to_regnamespace('public')), 'CREATE'),
                    false) AS may_create_in_schema,
                (SELECT coalesce(jsonb_object_agg(extname, extversion), '{}') FROM pg_extension) AS installed,
                (SELECT coalesce(jsonb_object_agg(name, default_version), '{}')
                    FROM pg_available_extensions) AS available,
                (SELECT coalesce(jsonb_agg(DISTINCT name), '[]')
                    FROM pg_available_extension_versions WHERE trusted) AS trusted,
                (SELECT jsonb_agg(r.rolname) FROM pg_roles r) AS roles
            FROM pg_roles WHERE rolname = current_user
            """
        ).fetchone()
    assert found is not None  # noqa: S101  a session has a user
    return found


def pgstac_version(connection: Connection[Any]) -> str | None:
    """The version of pgstac's schema, nothing where it is missing."""
    if _relation_missing(connection, "pgstac.migrations"):
        return None
    found = connection.execute(
        "SELECT version FROM pgstac.migrations ORDER BY datetime DESC, version DESC LIMIT 1"
    ).fetchone()
    return found[0] if found else None


def make_ledger(connection: Connection[Any]) -> None:
    """Make the tables that remember what was applied, unless they are there."""
    connection.execute(
        """
        CREATE SCHEMA IF NOT EXISTS flatsim;
        CREATE TABLE IF NOT EXISTS flatsim.migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE TABLE IF NOT EXISTS flatsim.queryables (name text PRIMARY KEY);
        """
    )


def applied_migrations(connection: Connection[Any]) -> dict[str, str]:
    """Checksums of the applied migrations by name, in order."""
    found = connection.execute("SELECT name, checksum FROM flatsim.migrations ORDER BY name")
    return dict(found.fetchall())


def record_migration(connection: Connection[Any], name: str, checksum: str) -> None:
    """Write down that a migration was applied."""
    connection.execute("INSERT INTO flatsim.migrations (name, checksum) VALUES (%s, %s)", (name, checksum))


def transaction_id(connection: Connection[Any]) -> int:
    """Number of the transaction that runs."""
    found = connection.execute("SELECT txid_current()").fetchone()
    assert found is not None  # noqa: S101  a function answers
    return int(found[0])


def global_queryables(connection: Connection[Any]) -> dict[str, tuple[Any, str | None, str | None]]:
    """Definition, wrapper and index of each queryable that holds for all collections, by name."""
    found = connection.execute(
        "SELECT name, definition, property_wrapper, property_index_type FROM pgstac.queryables "
        "WHERE collection_ids IS NULL AND property_path IS NULL"
    )
    return {name: (definition, wrapper, index) for name, definition, wrapper, index in found}


def our_queryables(connection: Connection[Any]) -> set[str]:
    """Names of the queryables that we have written."""
    return {name for (name,) in connection.execute("SELECT name FROM flatsim.queryables")}


def write_queryable(
    connection: Connection[Any], name: str, definition: dict[str, Any], wrapper: str | None, index: str | None
) -> None:
    """Put a queryable for all collections in place of any of that name; indexes of all partitions follow."""
    connection.execute("SELECT pgstac.upsert_queryable(%s, %s, %s, %s)", (name, Jsonb(definition), wrapper, index))


def remove_queryable(connection: Connection[Any], name: str) -> None:
    """Take a queryable for all collections out, if it is there."""
    connection.execute("DELETE FROM pgstac.queryables WHERE name = %s AND collection_ids IS NULL", (name,))


def record_queryables(connection: Connection[Any], names: list[str]) -> None:
    """Write down which queryables are ours."""
    connection.execute("DELETE FROM flatsim.queryables WHERE name <> ALL(%s)", (names,))
    connection.execute("INSERT INTO flatsim.queryables SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (names,))


def queryable_indexes(connection: Connection[Any], names: list[str]) -> list[str]:
    """Indexes on partitions that these queryables have asked for."""
    if not names:
        return []
    found = connection.execute(
        "SELECT indexname FROM pgstac.queryable_indexes('items') WHERE field = ANY(%s) "
        "AND queryable_id IS NOT NULL AND indexname IS NOT NULL AND pgstac.queryable_column(field) IS NULL",
        (names,),
    )
    return [name for (name,) in found]


def drop_unpaired_indexes(connection: Connection[Any], names: list[str]) -> None:
    """Drop those of the indexes that no queryable asks for any more."""
    if not names:
        return
    found = connection.execute(
        "SELECT partition, indexname FROM pgstac.queryable_indexes('items', true) "
        "WHERE indexname = ANY(%s) AND queryable_id IS NULL",
        (names,),
    ).fetchall()
    for partition, name in found:
        connection.execute("SELECT pgstac.maintain_index(%s, %s, NULL, true)", (partition, name))


def collection_content(connection: Connection[Any], collection_id: str) -> dict[str, Any] | None:
    """A collection as it was loaded, or None."""
    found = connection.execute("SELECT content FROM pgstac.collections WHERE id = %s", (collection_id,)).fetchone()
    return found[0] if found else None


def item_ids(connection: Connection[Any], collection_id: str) -> list[str]:
    """Ids of all items of a collection."""
    return [
        name for (name,) in connection.execute("SELECT id FROM pgstac.items WHERE collection = %s", (collection_id,))
    ]


def items_by_id(connection: Connection[Any], collection_id: str, ids: list[str]) -> list[dict[str, Any]]:
    """Some items of a collection, each with the template it was stored against under `pgstac:base_item`."""
    found = connection.execute(
        "SELECT pgstac.content_nonhydrated(items) FROM pgstac.items WHERE collection = %s AND id = ANY(%s)",
        (collection_id, ids),
    )
    return [item for (item,) in found]


def delete_items(connection: Connection[Any], collection_id: str, ids: list[str]) -> int:
    """Delete items of a collection; the number of those that were there."""
    found = connection.execute("DELETE FROM pgstac.items WHERE collection = %s AND id = ANY(%s)", (collection_id, ids))
    return found.rowcount


def delete_collection(connection: Connection[Any], collection_id: str) -> None:
    """Delete a collection, and by pgstac's own trigger its tables of items."""
    connection.execute("DELETE FROM pgstac.collections WHERE id = %s", (collection_id,))


def built_packages(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """Rows of the manifest: package, fingerprint, collection, item, warnings, ignored."""
    return connection.execute(
        "SELECT package, fingerprint, collection, item, warnings, ignored FROM flatsim.built"
    ).fetchall()


def record_built(connection: Connection[Any], rows: list[tuple[str, str, str, str, list[Any], list[Any]]]) -> None:
    """Write rows of the manifest, in place of those of the same packages."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO flatsim.built (package, fingerprint, collection, item, warnings, ignored) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (package) DO UPDATE SET fingerprint = excluded.fingerprint, "
            "collection = excluded.collection, item = excluded.item, warnings = excluded.warnings, "
            "ignored = excluded.ignored",
            [(*row[:4], *map(Jsonb, row[4:])) for row in rows],
        )


def forget_built(connection: Connection[Any], packages: list[str]) -> None:
    """Delete rows of the manifest."""
    connection.execute("DELETE FROM flatsim.built WHERE package = ANY(%s)", (packages,))


def unfinished_collections(connection: Connection[Any]) -> set[str]:
    """Collections whose items have changed since their own document was written."""
    return {name for (name,) in connection.execute("SELECT collection FROM flatsim.unfinished")}


def begin_collection(connection: Connection[Any], collection_id: str) -> None:
    """Write down that items of a collection are about to change."""
    connection.execute("INSERT INTO flatsim.unfinished VALUES (%s) ON CONFLICT DO NOTHING", (collection_id,))


def finish_collection(connection: Connection[Any], collection_id: str) -> None:
    """Write down that a collection agrees with its items."""
    connection.execute("DELETE FROM flatsim.unfinished WHERE collection = %s", (collection_id,))


def collection_ids(connection: Connection[Any]) -> list[str]:
    """Ids of all collections, in order."""
    return [name for (name,) in connection.execute("SELECT id FROM pgstac.collections ORDER BY id")]


def limit_lock_waits(connection: Connection[Any], milliseconds: int) -> None:
    """Let this session's statements wait for locks no longer than this."""
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (str(milliseconds),))


def _relation_missing(connection: Connection[Any], name: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
    return found is None or found[0] is None
