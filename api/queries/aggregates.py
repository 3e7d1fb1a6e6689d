"""The statement that counts the items of a search, in all the ways a request asks for at once.

The items are read once: what they are counted by is put into a narrow table, and each aggregation counts there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.queries.pages import Statement
from api.queries.sql import Parameters
from catalog_builder.vocab.aggregations import GRIDS, Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.aggregation.model import Wanted
    from api.queries.pages import Selection
    from api.search.properties import PropertyTable

TOTAL: Final = 0
"""Number of the row that counts all items; those of the aggregations follow in the order asked for."""

_CONTENT: Final = "jsonb_build_object('properties', content->'properties')"
_NARROW_FROM: Final = 3
"""Properties from which on it pays to unpack an item's content once instead of for each."""

_CENTROID: Final = (
    "CASE WHEN ST_XMax(geometry) - ST_XMin(geometry) <= 180 THEN ST_Centroid(geometry) "
    # cut at the antimeridian: its middle lies there, and not on the other side of the Earth
    "ELSE ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(geometry))) END"
)
_BOX: Final = "ST_MakeEnvelope(west, south, east, north, 4326)"
_ISO: Final = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_MERCATOR_NORTH: Final = "85.0511287798066"
"""Latitude in degrees where the square of the web map ends: atan(sinh(pi))."""


def aggregate_statement(
    selection: Selection, wanted: Sequence[Wanted], properties: PropertyTable, most: int
) -> Statement:
    """Counts items.

    Args:
        selection: Which items.
        wanted: The aggregations.
        properties: What they count by is read from items as this says.
        most: Buckets of each aggregation at most, those with the most items.

    Returns:
        A statement whose rows are number (`TOTAL`, or the place of the aggregation in `wanted`, from 1 on), key and
        frequency. Without a key are the items that lack the property; where there are more buckets than wanted, one
        more row tells so. Keys are texts: values, instants of ISO 8601, numbers of ranges from zero on, cells.
    """
    bound = Parameters(list(selection.values))
    columns: dict[str, str] = {}
    parts = [f"SELECT {TOTAL} AS number, NULL::text AS key, count(*) AS frequency FROM found"]  # noqa: S608
    for number, each in enumerate(wanted, 1):
        if each.row.count is not Count.TOTAL:
            column = columns.setdefault(_read(each, properties), f"v{len(columns)}")
            parts.append(_part(number, each, column, most, bound))
    narrow = ", ".join(f"{expression} AS {column}" for expression, column in columns.items())
    text = (
        f"WITH found AS MATERIALIZED (SELECT {narrow} FROM {_source(selection, list(columns))}) "  # noqa: S608
        + " UNION ALL ".join(f"({part})" for part in parts)
    )
    return Statement(text, tuple(bound.values))


def _read(wanted: Wanted, properties: PropertyTable) -> str:
    """SQL that reads from an item what it is counted by."""
    row = wanted.row
    if row.count in GRIDS and row.centroid:
        return _CENTROID
    assert row.of is not None  # noqa: S101 -- only the total has none
    return properties.by_name[row.of].expression


def _source(selection: Selection, expressions: Sequence[str]) -> str:
    """The items, with a content that is quick to read from where much is read from it."""
    unpacked = sum("content" in expression for expression in expressions)
    if unpacked < _NARROW_FROM:
        return f"pgstac.items WHERE {selection.where}"
    # OFFSET keeps the planner from putting the function in the place of each use
    return (
        f"(SELECT id, collection, datetime, end_datetime, geometry, {_CONTENT} AS content "  # noqa: S608
        f"FROM pgstac.items WHERE {selection.where} OFFSET 0) AS unpacked"
    )


def _part(number: int, wanted: Wanted, column: str, most: int, bound: Parameters) -> str:
    """SQL of the rows of one aggregation."""
    if wanted.row.count in (Count.LEAST, Count.LARGEST):
        function = "min" if wanted.row.count is Count.LEAST else "max"
        return f"SELECT {number}, {_instant(f'{function}({column})')}, count({column}) FROM found"  # noqa: S608
    if wanted.row.count in GRIDS and not wanted.row.centroid:
        counted = _cells(wanted, column, bound)
    else:
        counted = f"SELECT {_key(wanted, column, bound)} AS key, count(*) AS frequency FROM found GROUP BY 1"  # noqa: S608
    return (
        f"SELECT {number}, key, frequency FROM ({counted}) AS counted "  # noqa: S608
        f'ORDER BY key IS NULL DESC, frequency DESC, key COLLATE "C" LIMIT {bound.bind(most + 2, "int8")}'
    )


def _instant(expression: str) -> str:
    return f"to_char({expression} AT TIME ZONE 'UTC', {_ISO})"


def _key(wanted: Wanted, column: str, bound: Parameters) -> str:
    """SQL of the bucket that an item is in."""
    match wanted.row.count:
        case Count.CALENDAR:
            return _instant(f"date_trunc({bound.bind(wanted.buckets, 'text')}, {column}, 'UTC')")
        case Count.RANGES:
            # the decimal number that the property was written as, so that 0.3 begins the range from 0.3 on
            width = bound.bind(wanted.buckets, "numeric")
            return (
                f"CASE WHEN {column} BETWEEN '-1e300' AND '1e300' "
                f"THEN floor({column}::text::numeric / {width})::text END"
            )
        case Count.GEOHASH:
            return f"ST_GeoHash({column}, {bound.bind(wanted.buckets, 'int4')})"
        case Count.GEOTILE:
            zoom = bound.bind(wanted.buckets, "int4")
            places = _tile_x(f"ST_X({column})", zoom), _tile_y(f"ST_Y({column})", zoom)
            return " || '/' || ".join([f"{zoom}::text", *(f"{_cell(place, _tiles(zoom))}::text" for place in places)])
        case _:
            return f"{column}::text"


def _tiles(zoom: str) -> str:
    """Tiles along one side of the web map."""
    return f"power(2::float8, {zoom})"


def _tile_x(longitude: str, zoom: str) -> str:
    """Place on the web map from its west edge on, in tiles."""
    return f"(({longitude} + 180) / 360 * {_tiles(zoom)})"


def _tile_y(latitude: str, zoom: str) -> str:
    """Place on the web map from its north edge on, in tiles; the poles lie at the edges."""
    inside = f"greatest(least({latitude}, {_MERCATOR_NORTH}), -{_MERCATOR_NORTH})"
    return f"((1 - asinh(tan(radians({inside}))) / pi()) / 2 * {_tiles(zoom)})"


def _cell(place: str, cells: str) -> str:
    """The number of the cell that a place along one side is in; the far edge belongs to the last one."""
    return f"least(greatest(floor({place}), 0), {cells} - 1)::int8"


def _cells(wanted: Wanted, column: str, bound: Parameters) -> str:
    """SQL that counts items in each cell that their footprints meet. Equal footprints are looked at once."""
    precision = bound.bind(wanted.buckets, "int4")
    grid = _geohash_grid if wanted.row.count is Count.GEOHASH else _geotile_grid
    cells, box, key = grid(precision)
    return (
        f"SELECT key, sum(items)::int8 AS frequency FROM (SELECT {column} AS footprint, count(*) AS items "  # noqa: S608
        f"FROM found GROUP BY 1) AS footprints CROSS JOIN LATERAL (SELECT {key} AS key FROM ({cells}) AS cells "
        f"WHERE ST_Intersects(footprint, {box})) AS met GROUP BY 1"
    )


def _side(low: str, high: str, cells: str) -> str:
    """SQL of the numbers of cells between two places along one side.

    A footprint that ends where a cell begins does not meet it.
    """
    first = _cell(low, cells)
    return f"generate_series({first}, greatest({first}, least(ceil({high}), {cells})::int8 - 1))"


def _geohash_grid(precision: str) -> tuple[str, str, str]:
    """SQL of cells around a footprint, of the box of one, and of its name.

    A geohash of n letters has 5n bits, of which the odd ones, beginning with the first, are of the longitude.
    """
    across = f"power(2::float8, ceil({precision} * 2.5))"
    up = f"power(2::float8, floor({precision} * 2.5))"
    columns = _side(
        f"(ST_XMin(footprint) + 180) / 360 * {across}", f"(ST_XMax(footprint) + 180) / 360 * {across}", across
    )
    rows = _side(f"(ST_YMin(footprint) + 90) / 180 * {up}", f"(ST_YMax(footprint) + 90) / 180 * {up}", up)
    cells = (
        f"SELECT i / {across} * 360 - 180 AS west, (i + 1) / {across} * 360 - 180 AS east, "  # noqa: S608
        f"j / {up} * 180 - 90 AS south, (j + 1) / {up} * 180 - 90 AS north "
        f"FROM {columns} AS i CROSS JOIN {rows} AS j"
    )
    return cells, _BOX, f"ST_GeoHash(ST_MakePoint((west + east) / 2, (south + north) / 2), {precision})"


def _geotile_grid(zoom: str) -> tuple[str, str, str]:
    """The same of the tiles of a web map; those at its north and south edge go on to the poles."""
    tiles = _tiles(zoom)
    columns = _side(_tile_x("ST_XMin(footprint)", zoom), _tile_x("ST_XMax(footprint)", zoom), tiles)
    rows = _side(_tile_y("ST_YMax(footprint)", zoom), _tile_y("ST_YMin(footprint)", zoom), tiles)
    north, south = (f"degrees(atan(sinh(pi() * (1 - 2 * {edge} / {tiles}))))" for edge in ("j", "(j + 1)"))
    cells = (
        f"SELECT i, j, i / {tiles} * 360 - 180 AS west, (i + 1) / {tiles} * 360 - 180 AS east, "  # noqa: S608
        f"CASE WHEN j <= 0 THEN 90 ELSE {north} END AS north, "
        f"CASE WHEN j >= {tiles} - 1 THEN -90 ELSE {south} END AS south "
        f"FROM {columns} AS i CROSS JOIN {rows} AS j"
    )
    return cells, _BOX, f"{zoom}::text || '/' || i::text || '/' || j::text"
