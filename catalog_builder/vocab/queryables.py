"""What may be searched and sorted by: one row per property.

From a row follow the entry in pgstac's `queryables` table (the wrapper decides whether values compare as numbers, times
or text), the typed column of `flatsim.item_index` with its index, and the JSON Schema that `/queryables` answers with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.sidecars import CORRECTIONS

JsonType = Literal["string", "integer", "number", "boolean", "array"]

_WRAPPERS: Final[dict[JsonType, str]] = {
    "string": "to_text",
    "integer": "to_int",
    "number": "to_float",
    "boolean": "to_text",
    "array": "to_text_array",
}
_TIME_WRAPPER: Final = "to_tstz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queryable:
    """One searchable property of an item.

    `unit` is a UCUM code. `format` is a JSON Schema format where no `type` fits. A `column` is a property
    that pgstac keeps in a column of its own, which has its index and no wrapper. `indexed` is one that the plain
    stac-fastapi-pgstac needs an index on every partition for. An `acquisition` is a time at which the item's images
    were taken. `searched_with` names the properties that searches combine it with most often: its index holds them too.
    """

    name: str
    title: str
    description: str
    type: JsonType | None = "string"
    time: bool = False
    unit: str | None = None
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    format: str | None = None
    column: bool = False
    indexed: bool = False
    acquisition: bool = False
    searched_with: tuple[str, ...] = ()
    examples: tuple[str | int | float, ...] = ()

    @property
    def wrapper(self) -> str | None:
        """The pgstac function that values are compared through."""
        if self.column or self.type is None:
            return None
        return _TIME_WRAPPER if self.time else _WRAPPERS[self.type]

    @property
    def pgstac_index(self) -> str | None:
        """The kind of index on every partition that pgstac's own searches need, if any."""
        if not self.indexed or self.column:
            return None
        return "GIN" if self.type == "array" else "BTREE"

    @property
    def sortable(self) -> bool:
        """Whether items have an order by it."""
        return self.type not in (None, "array")

    def definition(self) -> dict[str, Any]:
        """The property's JSON Schema (draft 7); the unit is in the title and as `x-ogc-unit`."""
        found: dict[str, Any] = {
            "title": f"{self.title} [{self.unit}]" if self.unit else self.title,
            "description": self.description,
            "type": self.type,
            "format": "date-time" if self.time else self.format,
            "items": {"type": "string", "enum": list(self.enum)} if self.type == "array" and self.enum else None,
            "enum": list(self.enum) if self.type != "array" and self.enum else None,
            "pattern": self.pattern,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "x-ogc-unit": self.unit,
            "examples": list(self.examples) or None,
        }
        if self.type == "array" and not self.enum:
            found["items"] = {"type": "string"}
        return {key: value for key, value in found.items() if value is not None}


QUERYABLES: Final = (
    # Kept by pgstac in columns.
    Queryable(name="id", title="Item id", description="Identifier of the item in its collection", column=True),
    Queryable(name="collection", title="Collection id", description="Collection of the item", column=True),
    Queryable(
        name="geometry",
        title="Footprint",
        description="Outline of the valid data, longitude and latitude in WGS 84",
        type=None,
        format="geometry-any",
        column=True,
    ),
    Queryable(
        name="datetime",
        title="Nominal time",
        description="Time of the item: the middle of a pair, the last acquisition of a series",
        time=True,
        column=True,
    ),
    Queryable(
        name="start_datetime",
        title="First acquisition",
        description="Time of the earliest acquisition that went into the item",
        time=True,
        column=True,
    ),
    Queryable(
        name="end_datetime",
        title="Last acquisition",
        description="Time of the latest acquisition that went into the item",
        time=True,
        column=True,
    ),
    # What and where.
    Queryable(
        name="product:type",
        title="Product kind",
        description="Interferogram of one pair, displacement time series, or auxiliary data of a track segment",
        enum=tuple(kind.product_type for kind in KINDS),
        indexed=True,
    ),
    Queryable(
        name="identifier",
        title="Package name",
        description="The producer's name of the package",
        indexed=True,
    ),
    Queryable(name="title", title="Title", description="The item in words"),
    Queryable(
        name="grid:code",
        title="Region code",
        description="The producer's code of the region, in capitals",
        examples=("BALKANS",),
    ),
    Queryable(
        name="flatsim:region",
        title="Region",
        description="Region in small letters, as in the collection id",
        examples=("balkans",),
        indexed=True,
    ),
    Queryable(
        name="flatsim:track",
        title="Track segment",
        description="Orbit direction, relative orbit in three digits, and part of the track",
        pattern="^[AD][0-9]{3}[A-Z0-9_]*$",
        indexed=True,
        searched_with=("insar:temporal_baseline", "insar:perpendicular_baseline", "flatsim:coherence_mean"),
        examples=("D080SUD",),
    ),
    Queryable(
        name="flatsim:campaign",
        title="Campaign",
        description="First and last year of the processing campaign",
        pattern="^[0-9]{4}-[0-9]{4}$",
        examples=("2014-2021",),
        indexed=True,
    ),
    Queryable(
        name="flatsim:run",
        title="Run",
        description="Number of the processing run, where a campaign was processed more than once",
        type="integer",
        minimum=0,
    ),
    # Sensor and geometry of view.
    Queryable(name="constellation", title="Constellation", description="Satellites that took the images"),
    Queryable(name="platform", title="Satellite", description="Satellite, where one took all images"),
    Queryable(name="instrument", title="Instrument", description="Instrument as portals name it"),
    Queryable(name="instruments", title="Instruments", description="Instruments", type="array"),
    Queryable(
        name="sat:orbit_state",
        title="Orbit direction",
        description="Direction of flight",
        enum=("ascending", "descending"),
        indexed=True,
    ),
    Queryable(
        name="sat:relative_orbit",
        title="Relative orbit (track)",
        description="Number of the orbit in the repeat cycle of Sentinel-1",
        type="integer",
        minimum=1,
        maximum=175,
        indexed=True,
        searched_with=("sat:orbit_state", "insar:reference_datetime", "insar:secondary_datetime"),
    ),
    Queryable(name="sar:instrument_mode", title="Instrument mode", description="Acquisition mode", examples=("IW",)),
    Queryable(name="sar:frequency_band", title="Frequency band", description="Radar band", examples=("C",)),
    Queryable(
        name="sar:polarizations",
        title="Polarizations",
        description="Polarizations used",
        type="array",
        enum=("HH", "HV", "VH", "VV"),
    ),
    Queryable(
        name="sar:beam_ids",
        title="Subswaths",
        description="Subswaths of the package",
        type="array",
        enum=("IW1", "IW2", "IW3"),
    ),
    Queryable(
        name="view:incidence_angle",
        title="Incidence angle",
        description="Angle between the line of sight and the vertical at the scene centre",
        type="number",
        unit="deg",
        minimum=0,
        maximum=90,
    ),
    Queryable(
        name="view:azimuth",
        title="Azimuth of view",
        description="Direction from the sub-satellite point to the scene centre, clockwise from north",
        type="number",
        unit="deg",
        minimum=0,
        maximum=360,
    ),
    # The pair.
    Queryable(
        name="insar:reference_datetime",
        title="Reference acquisition",
        description="Time of the reference image of the pair",
        time=True,
        indexed=True,
        acquisition=True,
    ),
    Queryable(
        name="insar:secondary_datetime",
        title="Secondary acquisition",
        description="Time of the secondary image of the pair",
        time=True,
        indexed=True,
        acquisition=True,
    ),
    Queryable(
        name="insar:temporal_baseline",
        title="Temporal baseline",
        description="Date of the secondary minus date of the reference acquisition",
        type="number",
        unit="d",
        indexed=True,
        searched_with=("insar:perpendicular_baseline", "flatsim:coherence_mean"),
    ),
    Queryable(
        name="insar:perpendicular_baseline",
        title="Perpendicular baseline",
        description="Of the secondary minus that of the reference acquisition",
        type="number",
        unit="m",
        indexed=True,
        searched_with=("insar:temporal_baseline", "flatsim:coherence_mean"),
    ),
    Queryable(
        name="insar:height_of_ambiguity",
        title="Height of ambiguity",
        description="Height difference that makes one cycle of phase; signed as the perpendicular baseline",
        type="number",
        unit="m",
    ),
    Queryable(
        name="insar:processing_dem",
        title="Elevation model of the processing",
        description="Digital elevation model that the topographic phase was computed from",
    ),
    Queryable(
        name="insar:geocoding_dem",
        title="Elevation model of the geocoding",
        description="Digital elevation model that the products were placed on the ground with",
    ),
    # Quality and network.
    Queryable(
        name="flatsim:coherence_mean",
        title="Mean coherence",
        description="Mean of the spatial coherence over the valid area, from sampled rows of a large map",
        type="number",
        minimum=0,
        maximum=1,
        indexed=True,
        searched_with=("insar:temporal_baseline", "insar:perpendicular_baseline"),
    ),
    Queryable(
        name="flatsim:unwrapped_fraction",
        title="Unwrapped fraction",
        description="Share of the scene that was unwrapped",
        type="number",
        minimum=0,
        maximum=1,
        indexed=True,
    ),
    Queryable(
        name="flatsim:used_in_timeseries",
        title="Used in the time series",
        description="Whether the pair is part of the inverted network",
        type="boolean",
    ),
    Queryable(
        name="flatsim:rms",
        title="Misclosure of the pair",
        description="Root mean square of the pair's residual in the inversion of the network",
        type="number",
        unit="rad",
        minimum=0,
    ),
    Queryable(
        name="flatsim:n_dates",
        title="Number of dates",
        description="Acquisition dates of the network",
        type="integer",
        minimum=0,
    ),
    Queryable(
        name="flatsim:n_interferograms",
        title="Number of interferograms",
        description="Interferograms of the network",
        type="integer",
        minimum=0,
    ),
    Queryable(
        name="flatsim:max_gap_days",
        title="Longest gap",
        description="Longest time between two successive acquisitions of the series",
        type="integer",
        unit="d",
        minimum=0,
    ),
    Queryable(
        name="flatsim:network_connected",
        title="Network in one piece",
        description="Whether interferograms link all dates of the series",
        type="boolean",
    ),
    Queryable(
        name="flatsim:corrections",
        title="Corrections",
        description="Corrections applied to the phase",
        type="array",
        enum=tuple(CORRECTIONS.values()),
    ),
    Queryable(
        name="flatsim:time_is_nominal",
        title="Nominal time of day",
        description="Whether the time of day is the track's usual one, since that of the acquisition is unknown",
        type="boolean",
    ),
    Queryable(
        name="flatsim:footprint_source",
        title="Source of the footprint",
        description="What the footprint outlines: a raster of the package in ground geometry, one of its track, "
        "the lookup table, or the polygon that the metadata state",
        enum=("geo", "sibling", "lut", "meta"),
    ),
    Queryable(
        name="flatsim:warnings",
        title="Warnings",
        description="What the package says in two places and differently; items without it were sound",
        type="array",
    ),
    # Processing and metadata.
    Queryable(name="processing:level", title="Processing level", description="Level of processing", examples=("L2",)),
    Queryable(name="processing:facility", title="Processing facility", description="Who processed the data"),
    Queryable(
        name="processing:datetime", title="Time of processing", description="When the data were processed", time=True
    ),
    Queryable(name="version", title="Version", description="Version of the item"),
    Queryable(name="created", title="Created", description="When the item's metadata were first written", time=True),
    Queryable(
        name="updated",
        title="Updated",
        description="When the item's metadata last changed; harvesters ask for what is newer than their last visit",
        time=True,
        indexed=True,
    ),
    Queryable(name="published", title="Published", description="End of the embargo, where there was one", time=True),
)

BY_NAME: Final = {row.name: row for row in QUERYABLES}
