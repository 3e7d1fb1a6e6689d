"""What plots are made of: the network of a series, the tracks of the catalogue, and when they were looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.queries.pages import SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Connection, Record

# Properties of an item are unpacked once a row: OFFSET 0 keeps the planner from unpacking them for each that is read.
_NETWORK: Final = """
    WITH series AS MATERIALIZED (
        SELECT own->>'title' AS title, own->>'product:type' AS product_type, own->>'flatsim:track' AS track,
            own->'flatsim:region' AS region, own->'flatsim:campaign' AS campaign, own->'flatsim:run' AS run,
            own->'cube:dimensions'->'time'->'values' AS times, own ? 'cube:dimensions' AS is_cube
        FROM (SELECT content->'properties' AS own FROM pgstac.items WHERE collection = $1 AND id = $2 OFFSET 0) AS item
    )
    SELECT title, product_type, track, times, is_cube, pairs.* FROM series CROSS JOIN LATERAL (
        SELECT array_agg(id) AS id,
            array_agg(own->>'insar:reference_datetime') AS reference,
            array_agg(own->>'insar:secondary_datetime') AS secondary,
            array_agg(own->>'insar:perpendicular_baseline') AS perpendicular_baseline,
            array_agg(own->>'flatsim:coherence_mean') AS coherence,
            array_agg(own->>'flatsim:rms') AS rms,
            array_agg(own->>'flatsim:used_in_timeseries') AS used
        FROM (
            SELECT id, own FROM (
                SELECT id, content->'properties' AS own FROM pgstac.items
                WHERE collection = $3
                    AND pgstac.to_text(content->'properties'->'flatsim:track') = series.track OFFSET 0
            ) AS found
            WHERE own->'flatsim:region' IS NOT DISTINCT FROM series.region
                AND own->'flatsim:campaign' IS NOT DISTINCT FROM series.campaign
                AND own->'flatsim:run' IS NOT DISTINCT FROM series.run
                AND own ? 'insar:reference_datetime' AND own ? 'insar:secondary_datetime'
            ORDER BY id LIMIT $4::int8
        ) AS rows
    ) AS pairs
"""


async def network(
    connection: Connection, collection: str, series: str, pairs_collection: str | None, at_most: int
) -> Record | None:
    """A series and its pairs, those of its region, track segment, campaign and run, by id.

    Args:
        connection: To ask.
        collection: Of the series.
        series: Its id.
        pairs_collection: Where its pairs are; None where that is not known.
        at_most: Pairs at most.

    Returns:
        One row: title, product type, track and times of the series, and a list of texts for each property of the pairs,
        None where there is no pair. None where there is no such item.
    """
    found: Record | None = await connection.fetchrow(_NETWORK, collection, series, pairs_collection, at_most)
    return found


# The tracks of a collection are read off the index of tracks, one step for each; pgstac's columns of times lie beside
# the properties, which are unpacked of one item a track.
_STEPS: Final = """
    WITH RECURSIVE steps (track) AS (
        SELECT (
            SELECT pgstac.to_text(content->'properties'->'flatsim:track') FROM pgstac.items
            WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') IS NOT NULL
            ORDER BY pgstac.to_text(content->'properties'->'flatsim:track') LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT pgstac.to_text(content->'properties'->'flatsim:track') FROM pgstac.items
            WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') > s.track
            ORDER BY pgstac.to_text(content->'properties'->'flatsim:track') LIMIT 1
        ) FROM steps AS s WHERE track IS NOT NULL
    ), tracks AS (
        SELECT track, counted.*, own->>'flatsim:region' AS region, own->>'product:type' AS product_type,
            own->>'sat:orbit_state' AS orbit_state, own->>'sat:relative_orbit' AS relative_orbit,
            ST_AsGeoJSON(geometry, 4) AS geometry
        FROM steps
        CROSS JOIN LATERAL (
            SELECT count(*) AS items, min(datetime) AS first, max(end_datetime) AS last FROM pgstac.items
            WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') = steps.track
        ) AS counted
        CROSS JOIN LATERAL (
            SELECT content->'properties' AS own, geometry FROM pgstac.items
            WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') = steps.track LIMIT 1
        ) AS one
        WHERE track IS NOT NULL
    )
"""
_TRACKS: Final = f"{_STEPS} SELECT * FROM tracks ORDER BY track"  # noqa: S608 -- text of ours

# A pair has no other dates than its two. Of other items there are few, and those that have more tell them.
_ACQUISITIONS: Final = f"""
    {_STEPS}
    SELECT tracks.*, (
        SELECT array_agg(DISTINCT (moment AT TIME ZONE 'UTC')::date)
        FROM pgstac.items CROSS JOIN unnest(ARRAY[datetime, end_datetime]) AS moment
        WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') = tracks.track
    ) AS days, CASE WHEN product_type IS DISTINCT FROM 'INTERFEROGRAM' THEN ARRAY(
        SELECT content->'properties'->'cube:dimensions'->'time'->'values' FROM pgstac.items
        WHERE collection = $1 AND pgstac.to_text(content->'properties'->'flatsim:track') = tracks.track LIMIT 100
    ) END AS times
    FROM tracks ORDER BY track
"""  # noqa: S608


async def tracks(connection: Connection, collection: str) -> Sequence[Record]:
    """The track segments of a collection's items, each with its number of items, its period, and one footprint."""
    rows: Sequence[Record] = await connection.fetch(_TRACKS, collection)
    return rows


async def acquisitions(connection: Connection, collection: str) -> Sequence[Record]:
    """The same with the days of acquisitions: the first and last of every item, and those that series tell."""
    rows: Sequence[Record] = await connection.fetch(_ACQUISITIONS, collection)
    return rows


async def snapshot(connection: Connection) -> str | None:
    """The transactions that a statement sees now: where they are the same, it sees the same. A standby tells none."""
    found: str | None = await connection.fetchval(f"SELECT {SNAPSHOT}")
    return found
