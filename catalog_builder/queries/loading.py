"""Statements that write items, and keep in order what pgstac knows of its partitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from catalog_builder.derived.item_documents import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """What the rows of a collection's items depend on."""

    key: int
    """Number of the collection, of which its partitions are named."""
    partition_trunc: str | None
    base_item: dict[str, Any]
    base_item_id: int | None
    """Written into rows; none until the collection's `item_assets` change for the first time."""


def upsert_collection(connection: Connection[Any], content: dict[str, Any]) -> None:
    """Put a collection in the place of one of the same id."""
    connection.execute("SELECT pgstac.upsert_collection(%s)", (Jsonb(content),))


def load_target(connection: Connection[Any], collection_id: str) -> LoadTarget | None:
    """How rows of a collection are to be made, or None where there is no such collection."""
    with connection.cursor(row_factory=class_row(LoadTarget)) as cursor:
        return cursor.execute(
            "SELECT c.key, c.partition_trunc, b.base_item, b.base_item_id "
            "FROM pgstac.collections c, pgstac.current_base_item(c.id) b WHERE c.id = %s",
            (collection_id,),
        ).fetchone()


def partition_names(connection: Connection[Any], collection_id: str, starts_us: Sequence[int]) -> list[str]:
    """The partition of each of some starts, in microseconds since the year 2000; it need not exist yet."""
    found = connection.execute(
        "SELECT p.partition_name FROM unnest(%s::bigint[]) WITH ORDINALITY AS s (us, place), "
        "pgstac.partition_name(%s, '2000-01-01 00:00+00'::timestamptz + s.us * interval '1 microsecond') p "
        "ORDER BY place",
        (list(starts_us), collection_id),
    )
    return [name for (name,) in found]


def check_partition(
    connection: Connection[Any], collection_id: str, starts_us: tuple[int, int], ends_us: tuple[int, int]
) -> str:
    """Make the partition of some items unless it is there, with its indexes; first and last start and end."""
    found = connection.execute(
        "SELECT pgstac.check_partition(%s, tstzrange(t[1], t[2], '[]'), tstzrange(t[3], t[4], '[]')) FROM ("
        "SELECT array_agg('2000-01-01 00:00+00'::timestamptz + us * interval '1 microsecond' ORDER BY place) "
        "FROM unnest(%s::bigint[]) WITH ORDINALITY AS s (us, place)) AS times (t)",
        (collection_id, [*starts_us, *ends_us]),
    ).fetchone()
    assert found is not None  # noqa: S101  a function answers
    return str(found[0])


def make_partition(connection: Connection[Any], collection_id: str) -> None:
    """Make the one partition of a collection that is not divided by time, unless it is there; no one has to wait."""
    connection.execute("SELECT flatsim.make_partition(%s)", (collection_id,))


def admits(
    connection: Connection[Any], partition: str, starts_us: tuple[int, int], ends_us: tuple[int, int]
) -> bool | None:
    """Whether a partition's constraint lets items of these times in; None where there is no such partition."""
    found = connection.execute(
        "SELECT m.constraint_dtrange @> tstzrange(t[1], t[2], '[]') "
        "AND m.constraint_edtrange @> tstzrange(t[3], t[4], '[]') FROM ("
        "SELECT array_agg('2000-01-01 00:00+00'::timestamptz + us * interval '1 microsecond' ORDER BY place) "
        "FROM unnest(%s::bigint[]) WITH ORDINALITY AS s (us, place)) AS times (t), "
        "pgstac.partition_catalog_meta(%s) m",
        ([*starts_us, *ends_us], partition),
    ).fetchone()
    return None if found is None else bool(found[0])


def drop_time_constraint(connection: Connection[Any], partition: str) -> None:
    """Let items of any time into a partition. Readers wait, but for a change of the catalogue alone."""
    connection.execute("SELECT pgstac.drop_table_constraints(%s)", (partition,))


def limit_lock_waits(connection: Connection[Any], milliseconds: int) -> None:
    """Have the running transaction give up sooner than keep readers waiting behind it."""
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{milliseconds}ms",))


def lock_against_vacuum(connection: Connection[Any], partition: str) -> None:
    """Take the lock that vacuum takes, which keeps neither readers nor writers out."""
    statement = sql.SQL("LOCK TABLE pgstac.{} IN SHARE UPDATE EXCLUSIVE MODE")
    connection.execute(statement.format(sql.Identifier(partition)))


def stored_digests(connection: Connection[Any], collection_id: str, ids: Sequence[str]) -> dict[str, bytes | None]:
    """Those of some ids that are among a collection's items, with the digest of what was loaded, where it is known."""
    # Not one statement: joined, a planner without statistics may well read all of a table for each batch.
    rows = connection.execute(
        "SELECT key, id FROM flatsim.item_index WHERE collection = %s AND id = ANY(%s)", (collection_id, list(ids))
    ).fetchall()
    if not rows:
        return {}
    digests = connection.execute(
        "SELECT key, digest FROM flatsim.item_documents WHERE key = ANY(%s) AND format = %s",
        ([key for key, _ in rows], FORMAT),
    )
    by_key = dict(digests.fetchall())
    return {name: by_key.get(key) for key, name in rows}


def lock_items(connection: Connection[Any], collection_id: str, ids: Sequence[str]) -> None:
    """Have some items stay as they are until the transaction ends."""
    connection.execute(
        "SELECT FROM pgstac.items WHERE collection = %s AND id = ANY(%s) ORDER BY id FOR SHARE",
        (collection_id, list(ids)),
    )


def item_keys(connection: Connection[Any], collection_id: str, ids: Sequence[str]) -> dict[str, int]:
    """Key of the row in `flatsim.item_index` of each of some items."""
    found = connection.execute(
        "SELECT id, key FROM flatsim.item_index WHERE collection = %s AND id = ANY(%s)", (collection_id, list(ids))
    )
    return dict(found.fetchall())


def defer_indexing(connection: Connection[Any]) -> None:
    """Have the items that the running transaction inserts indexed by `index_items`, a batch at a time."""
    connection.execute("SET LOCAL flatsim.indexing = 'by batch'")


def index_items(connection: Connection[Any], partition: str, ids: Sequence[str]) -> dict[str, int]:
    """Make the rows in `flatsim.item_index` of items that were inserted while it was deferred; the key of each."""
    found = connection.execute(
        "SELECT id, key FROM flatsim.index_items(%s::regclass, %s)", (f'pgstac."{partition}"', list(ids))
    )
    return dict(found.fetchall())


def copy_items(connection: Connection[Any], partition: str, lines: Iterable[bytes]) -> None:
    """Write rows into a partition; `lines` is a stream of COPY in binary."""
    statement = sql.SQL(
        "COPY pgstac.{} (id, collection, datetime, end_datetime, geometry, private, content) FROM STDIN (FORMAT binary)"
    )
    with connection.cursor() as cursor, cursor.copy(statement.format(sql.Identifier(partition))) as copy:
        for some in lines:
            copy.write(some)


def partitions_of(connection: Connection[Any], collection_id: str) -> list[str]:
    """Names of a collection's partitions, in order."""
    found = connection.execute(
        "SELECT partition FROM pgstac.partition_stats WHERE collection = %s ORDER BY partition", (collection_id,)
    )
    return [name for (name,) in found]


def unstated_times(connection: Connection[Any], partition: str) -> tuple[str, str] | None:
    """Ranges of the starts and ends in a partition; None where its constraint says just that, or it is empty."""
    statement = sql.SQL(
        "SELECT starts::text, ends::text FROM ("
        "SELECT tstzrange(min(datetime), max(datetime), '[]'), tstzrange(min(end_datetime), max(end_datetime), '[]') "
        "FROM pgstac.{}) AS found (starts, ends), pgstac.partition_catalog_meta(%s) m "
        "WHERE lower(starts) IS NOT NULL AND (starts, ends) <> (m.constraint_dtrange, m.constraint_edtrange)"
    )
    return connection.execute(statement.format(sql.Identifier(partition)), (partition,)).fetchone()


def state_times(connection: Connection[Any], partition: str, starts: str, ends: str) -> None:
    """Constrain a partition to ranges of starts and ends, without proof."""
    connection.execute("SELECT flatsim.state_times(%s, %s::tstzrange, %s::tstzrange)", (partition, starts, ends))


def prove_times(connection: Connection[Any], partition: str) -> None:
    """Have the planner believe a partition's constraint. Others may read and write meanwhile."""
    connection.execute("SELECT flatsim.prove_times(%s)", (partition,))


def update_partition_stats(connection: Connection[Any], partition: str) -> None:
    """Have pgstac look again which times a partition holds, and constrain it to them."""
    connection.execute("SELECT pgstac.update_partition_stats(%s)", (partition,))


def make_durable(connection: Connection[Any]) -> None:
    """Wait until all that this session has committed is on disk."""
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        connection.execute("SELECT pg_current_xact_id()")
