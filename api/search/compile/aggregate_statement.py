"""The statement that counts the items of a search, in all the ways a request asks for at once.

The items are read once, and grouped by each property as they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.database.sql import Parameters
from api.search.compile.page_statements import from_tables
from api.search.compile.query import Statement
from catalog_builder.vocab.aggregations import GRIDS, Count

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from api.search.compile.aggregation import AggregationRequest
    from api.search.compile.query import CompiledQuery
    from api.search.properties import PropertyTable

TOTAL: Final = 0
"""Number of the row that counts all items; those of the aggregations follow in the order asked for."""

_CENTROID: Final = (
    "CASE WHEN ST_XMax(shape.geometry) - ST_XMin(shape.geometry) <= 180 THEN ST_Centroid(shape.geometry) "
    # cut at the antimeridian: its middle lies there, and not on the other side of the Earth
    "ELSE ST_ShiftLongitude(ST_Centroid(ST_ShiftLongitude(shape.geometry))) END"
)
_ISO: Final = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_MERCATOR_NORTH: Final = "85.0511287798066"
"""Latitude in degrees where the square of the web map ends: atan(sinh(pi))."""


def aggregate_statement(
    query: CompiledQuery, wanted: Sequence[AggregationRequest], properties: PropertyTable, most: int
) -> Statement:
    """Counts items.

    Args:
        query: Which items.
        wanted: The aggregations.
        properties: What they count by is read from items as this says.
        most: Buckets of each aggregation at most, those with the most items.

    Returns:
        A statement whose rows are number (`TOTAL`, or the place of the aggregation in `wanted`, from 1 on), key and
        frequency. Without a key are the items that lack the property; where there are more buckets than wanted, one
        more row tells so. Keys are texts: values, instants of ISO 8601, numbers of ranges from zero on, cells.
    """
    bound = Parameters(list(query.values))
    numbered = dict(enumerate(wanted, 1))
    groups = {number: _group(each, properties, bound) for number, each in numbered.items() if _is_grouped(each)}
    ends = {number: _read(each, properties) for number, each in numbered.items() if each.row.count in _ENDS}
    parts = [f"SELECT {TOTAL}, NULL::text, frequency FROM counted WHERE grouping = {_mask(groups, None)}"]  # noqa: S608
    for number, each in numbered.items():
        if number in ends:
            parts.append(
                f"SELECT {number}, {_instant(f'end{number}')}, n{number} FROM counted "  # noqa: S608
                f"WHERE grouping = {_mask(groups, None)}"
            )
        elif number in groups:
            parts.append(_ordered(number, _regroup(each, number, _mask(groups, number), bound), most, bound))
        elif each.row.count in GRIDS:
            parts.append(_ordered(number, _cells(query, each, bound), most, bound))
    counted = _counted(query, numbered, groups, ends)
    return Statement(
        f"WITH counted AS MATERIALIZED ({counted}), answers (number, key, frequency) AS ("  # noqa: S608
        + " UNION ALL ".join(f"({part})" for part in parts)
        + ") SELECT * FROM answers",
        tuple(bound.values),
    )


def _counted(
    query: CompiledQuery, wanted: Mapping[int, AggregationRequest], groups: Mapping[int, str], ends: Mapping[int, str]
) -> str:
    """SQL of the items' numbers: of all of them, and of each group of each aggregation."""
    read = [f"{of} AS k{number}" for number, of in groups.items()]
    read += [f"{of} AS v{number}" for number, of in ends.items()]
    columns = [
        f"GROUPING({', '.join(f'k{number}' for number in groups)}) AS grouping" if groups else "0 AS grouping",
        "count(*) AS frequency",
        *(f"k{number}" for number in groups),
    ]
    for number in ends:
        columns += [f"{_ENDS[wanted[number].row.count]}(v{number}) AS end{number}", f"count(v{number}) AS n{number}"]
    sets = ", ".join(["()", *(f"(k{number})" for number in groups)])
    return (
        f"SELECT {', '.join(columns)} FROM "  # noqa: S608
        f"(SELECT {', '.join(read)} FROM {from_tables(query.where, *read)} WHERE {query.where}) AS items "
        f"GROUP BY GROUPING SETS ({sets})"
    )


def _regroup(wanted: AggregationRequest, number: int, mask: int, bound: Parameters) -> str:
    """SQL of the buckets of one aggregation, from the groups that were counted."""
    return (
        f"SELECT {_key(wanted, f'k{number}', bound)} AS key, sum(frequency)::int8 AS frequency "  # noqa: S608
        f"FROM counted WHERE grouping = {mask} GROUP BY 1"
    )


_ENDS: Final = {Count.LEAST: "min", Count.LARGEST: "max"}
"""Functions that give one end of all values."""


def _is_grouped(wanted: AggregationRequest) -> bool:
    """Whether each item counts in one bucket."""
    count = wanted.row.count
    return count is not Count.TOTAL and count not in _ENDS and (count not in GRIDS or wanted.row.centroid)


def _mask(groups: Collection[int], number: int | None) -> int:
    """What GROUPING gives in the rows of one aggregation, or of all items: a bit for each property not grouped by."""
    return sum(0 if each == number else 1 << place for place, each in enumerate(reversed(list(groups))))


def _ordered(number: int, counted: str, most: int, bound: Parameters) -> str:
    """Rows of one aggregation, the most frequent first."""
    return (
        f"SELECT {number}, key, frequency FROM ({counted}) AS counted "  # noqa: S608
        f'ORDER BY key IS NULL DESC, frequency DESC, key COLLATE "C" LIMIT {bound.bind(most + 2, "int8")}'
    )


def _read(wanted: AggregationRequest, properties: PropertyTable) -> str:
    """SQL that reads from an item what it is counted by."""
    if wanted.row.count in GRIDS and wanted.row.centroid:
        return _CENTROID
    assert wanted.row.of is not None  # noqa: S101 -- only the total has none
    return properties.by_name[wanted.row.of].expression


def _group(wanted: AggregationRequest, properties: PropertyTable, bound: Parameters) -> str:
    """SQL of what items are grouped by as they are read."""
    value = _read(wanted, properties)
    match wanted.row.count:
        case Count.RANGES:
            # near an end of a range the decimal number that was written decides, so that 0.3 begins the range from 0.3
            width = bound.bind(wanted.buckets, "numeric")
            place = f"({value} / {width}::float8)"
            return (
                f"CASE WHEN abs({place}) < 1e9 AND abs({place} - round({place})) > 1e-6 THEN floor({place})::numeric "
                f"WHEN {value} BETWEEN '-1e300' AND '1e300' THEN floor({value}::text::numeric / {width}) END"
            )
        case Count.GEOHASH:
            return f"ST_GeoHash({value}, {bound.bind(wanted.buckets, 'int4')})"
        case Count.GEOTILE:
            zoom = bound.bind(wanted.buckets, "int4")
            places = _tile_x(f"ST_X({value})", zoom), _tile_y(f"ST_Y({value})", zoom)
            tile = " || '/' || ".join([f"{zoom}::text", *(f"{_cell(place, _tiles(zoom))}::text" for place in places)])
            return f"CASE WHEN NOT ST_IsEmpty({value}) THEN {tile} END"
        case _:
            return value


def _instant(expression: str) -> str:
    return f"to_char({expression} AT TIME ZONE 'UTC', {_ISO})"


def _key(wanted: AggregationRequest, column: str, bound: Parameters) -> str:
    """SQL of the bucket of a group."""
    if wanted.row.count is Count.CALENDAR:
        return _instant(f"date_trunc({bound.bind(wanted.buckets, 'text')}, {column}, 'UTC')")
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


def _cells(query: CompiledQuery, wanted: AggregationRequest, bound: Parameters) -> str:
    """SQL that counts items in each cell that their footprints meet.

    Footprints that lie in the same rows and columns of the grid, as those of a track do, share the boxes of its cells.
    """
    grid = _geohash_grid if wanted.row.count is Count.GEOHASH else _geotile_grid
    (x0, x1), (y0, y1), cell = grid("footprint", bound.bind(wanted.buckets, "int4"))
    return (
        f"WITH placed AS MATERIALIZED (SELECT footprint, {x0} AS x0, {x1} AS x1, {y0} AS y0, {y1} AS y1 "  # noqa: S608
        f"FROM (SELECT shape.geometry AS footprint FROM {from_tables('shape.', query.where)} WHERE {query.where}) "
        "AS footprints), "
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
