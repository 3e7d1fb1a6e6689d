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
            tile = " || '/' || ".join([f"{zoom}::text", *(f"{_cell(place, _tiles(zoom))}::text" for place in places)])
            return f"CASE WHEN NOT ST_IsEmpty({column}) THEN {tile} END"
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
    """SQL that counts items in each cell that their footprints meet.

    Footprints that lie in the same rows and columns of the grid, as those of a track do, share the boxes of its cells.
    """
    grid = _geohash_grid if wanted.row.count is Count.GEOHASH else _geotile_grid
    (x0, x1), (y0, y1), cell = grid("footprint", bound.bind(wanted.buckets, "int4"))
    return (
        f"WITH placed AS MATERIALIZED (SELECT footprint, {x0} AS x0, {x1} AS x1, {y0} AS y0, {y1} AS y1 "  # noqa: S608
        f"FROM (SELECT {column} AS footprint FROM found) AS footprints), "
        f"cells AS MATERIALIZED (SELECT x0, x1, y0, y1, {cell} "
        "FROM (SELECT DISTINCT x0, x1, y0, y1 FROM placed) AS spans "
        "CROSS JOIN LATERAL generate_series(x0, x1) AS i CROSS JOIN LATERAL generate_series(y0, y1) AS j) "
        "SELECT key, count(*) AS frequency FROM placed JOIN cells USING (x0, x1, y0, y1) "
        "WHERE ST_Intersects(footprint, box) GROUP BY 1"
    )


_Ends = tuple[str, str]
"""SQL of the numbers of the first and the last cell of a footprint along one side of a grid."""


def _ends(places: Sequence[str], cells: str) -> _Ends:
    """The cells between two places; a footprint that ends where a cell begins does not meet it."""
    first = _cell(places[0], cells)
    return first, f"greatest({first}, least(ceil({places[1]}), {cells})::int8 - 1)"


def _geohash_grid(footprint: str, precision: str) -> tuple[_Ends, _Ends, str]:
    """SQL of the columns and rows of a footprint, and of name and box of the cell in column i and row j.

    A geohash of n letters has 5n bits, of which the odd ones, beginning with the first, are of the longitude.
    """
    across, up = (f"power(2::float8, {bits}({precision} * 2.5))" for bits in ("ceil", "floor"))
    columns = [f"(ST_X{end}({footprint}) + 180) / 360 * {across}" for end in ("Min", "Max")]
    rows = [f"(ST_Y{end}({footprint}) + 90) / 180 * {up}" for end in ("Min", "Max")]
    west, east = (f"{edge} / {across} * 360 - 180" for edge in ("i", "(i + 1)"))
    south, north = (f"{edge} / {up} * 180 - 90" for edge in ("j", "(j + 1)"))
    middle = f"ST_MakePoint((i + 0.5) / {across} * 360 - 180, (j + 0.5) / {up} * 180 - 90)"
    cell = f"ST_GeoHash({middle}, {precision}) AS key, ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326) AS box"
    return _ends(columns, across), _ends(rows, up), cell


def _geotile_grid(footprint: str, zoom: str) -> tuple[_Ends, _Ends, str]:
    """The same of the tiles of a web map; those at its north and south edge go on to the poles."""
    tiles = _tiles(zoom)
    columns = [_tile_x(f"ST_X{end}({footprint})", zoom) for end in ("Min", "Max")]
    rows = [_tile_y(f"ST_Y{end}({footprint})", zoom) for end in ("Max", "Min")]
    west, east = (f"{edge} / {tiles} * 360 - 180" for edge in ("i", "(i + 1)"))
    north, south = (f"degrees(atan(sinh(pi() * (1 - 2 * {edge} / {tiles}))))" for edge in ("j", "(j + 1)"))
    north = f"CASE WHEN j <= 0 THEN 90 ELSE {north} END"
    south = f"CASE WHEN j >= {tiles} - 1 THEN -90 ELSE {south} END"
    key = f"{zoom}::text || '/' || i::text || '/' || j::text"
    cell = f"{key} AS key, ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326) AS box"
    return _ends(columns, tiles), _ends(rows, tiles), cell
