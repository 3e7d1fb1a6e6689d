"""What plots are made of: the network of a series, the tracks of the catalogue, and when they were looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.search.compile.page_statements import SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Connection, Record

# Not all rows of an interferogram collection are pairs of the series: those of its region, track, campaign and run are.
_NETWORK: Final = """
    WITH series AS MATERIALIZED (
        SELECT own->>'title' AS title, own->>'product:type' AS product_type, item."flatsim:track" AS track,
            item."flatsim:region" AS region, item."flatsim:campaign" AS campaign, item."flatsim:run" AS run,
            own->'cube:dimensions'->'time'->'values' AS times, own ? 'cube:dimensions' AS is_cube
        FROM flatsim.item_index AS item, flatsim.stored_item(item.collection, item.id) AS stored,
            LATERAL (SELECT stored.content->'properties' AS own) AS properties
        WHERE item.collection = $1 AND item.id = $2
    )
    SELECT title, product_type, track, times, is_cube, pairs.* FROM series CROSS JOIN LATERAL (
        SELECT array_agg(id) AS id,
            array_agg((reference AT TIME ZONE 'UTC')::date) AS reference,
            array_agg((secondary AT TIME ZONE 'UTC')::date) AS secondary,
            array_agg(perpendicular_baseline) AS perpendicular_baseline,
            array_agg(coherence) AS coherence, array_agg(rms) AS rms, array_agg(used) AS used
        FROM (
            SELECT id, "insar:reference_datetime" AS reference, "insar:secondary_datetime" AS secondary,
                "insar:perpendicular_baseline" AS perpendicular_baseline, "flatsim:coherence_mean" AS coherence,
                "flatsim:rms" AS rms, "flatsim:used_in_timeseries" AS used
            FROM flatsim.item_index AS pair
            WHERE pair.collection = $3 AND pair."flatsim:track" = series.track
                AND pair."flatsim:region" IS NOT DISTINCT FROM series.region
                AND pair."flatsim:campaign" IS NOT DISTINCT FROM series.campaign
                AND pair."flatsim:run" IS NOT DISTINCT FROM series.run
                AND pair."insar:reference_datetime" IS NOT NULL AND pair."insar:secondary_datetime" IS NOT NULL
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
        One row: title, product type, track and times of the series, and a list of values for each property of the
        pairs, None for a series without pairs. None if the item does not exist.
    """
    found: Record | None = await connection.fetchrow(_NETWORK, collection, series, pairs_collection, at_most)
    return found


_TRACKS: Final = """
    SELECT counted.*, one."flatsim:region" AS region, one."product:type" AS product_type,
        one."sat:orbit_state" AS orbit_state, one."sat:relative_orbit" AS relative_orbit,
        ST_AsGeoJSON(shape.geometry, 4) AS geometry
    FROM (
        SELECT "flatsim:track" AS track, count(*) AS items, min(start_datetime) AS first, max(end_datetime) AS last,
            min(key) AS key
        FROM flatsim.item_index WHERE collection = $1 AND "flatsim:track" IS NOT NULL GROUP BY 1
    ) AS counted
    JOIN flatsim.item_index AS one USING (key) JOIN flatsim.item_shapes AS shape USING (key)
"""

# A pair has no other dates than its two. Of other items there are few, and those that have more tell them.
_ACQUISITIONS: Final = f"""
    SELECT tracks.*, (
        SELECT array_agg(DISTINCT (moment AT TIME ZONE 'UTC')::date)
        FROM flatsim.item_index AS item CROSS JOIN unnest(ARRAY[start_datetime, end_datetime]) AS moment
        WHERE collection = $1 AND "flatsim:track" = tracks.track
    ) AS days, CASE WHEN product_type IS DISTINCT FROM 'INTERFEROGRAM' THEN ARRAY(
        SELECT stored.content->'properties'->'cube:dimensions'->'time'->'values'
        FROM flatsim.item_index AS item, LATERAL flatsim.stored_item(item.collection, item.id) AS stored
        WHERE item.collection = $1 AND "flatsim:track" = tracks.track LIMIT 100
    ) END AS times
    FROM ({_TRACKS}) AS tracks ORDER BY track
"""  # noqa: S608


async def tracks(connection: Connection, collection: str) -> Sequence[Record]:
    """The track segments of a collection's items, each with its number of items, its period, and one footprint."""
    rows: Sequence[Record] = await connection.fetch(f"{_TRACKS} ORDER BY track", collection)
    return rows


async def acquisitions(connection: Connection, collection: str) -> Sequence[Record]:
    """The same with the days of acquisitions: the first and last of every item, and those that series tell."""
    rows: Sequence[Record] = await connection.fetch(_ACQUISITIONS, collection)
    return rows


async def snapshot(connection: Connection) -> str | None:
    """The transactions that a statement sees now: where they are the same, it sees the same. A standby tells none."""
    found: str | None = await connection.fetchval(f"SELECT {SNAPSHOT}")
    return found
