"""The keys of `.meta` files: those that the builder uses, those that are known and left alone, and no others.

Keys: the EPOS metadata vocabulary, of which `Super_master_SAR_image_ID` and `Reference_date` are attested in FLATSIM
files, and the parameters that the producer's product pages say are in the metadata. Keys that are in no row are counted
in the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Value = Literal["dem", "software", "datetime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a `.meta` file and the properties that its value feeds."""

    key: str
    properties: tuple[str, ...]
    value: Value
    """How the text is read: see `catalog_builder.packages.sidecars`."""


FIELDS: Final = (
    Field(key="Used_DEM", properties=("insar:processing_dem", "insar:geocoding_dem"), value="dem"),
    Field(key="Software_version", properties=("processing:software",), value="software"),
    Field(key="Date_of_production", properties=("processing:datetime",), value="datetime"),
)

UNWRAPPING_ALGORITHM: Final = "Applied_unwrapping_algorithm"
LINEAGE_PHRASES: Final = {
    "Applied_filter": "filter: {}",
    UNWRAPPING_ALGORITHM: "unwrapping: {}",
    "Reference_point": "reference point: {}",
}
"""Keys whose value is given in `processing:lineage`, in this order, and how; they have no property of their own."""

FILTER_STYLE: Final = "filterstyle"
FILTER_PARAMETERS: Final = (FILTER_STYLE, "FilterStrength", "SWwindowsize", "SWamplim")
"""Of the `.meta` of an interferogram, else of the track's `nsbas.proc`; told in `processing:lineage` in this order."""
UNWRAPPING_METHOD: Final = "unw_method"
"""Of `nsbas.proc`, told in `processing:lineage` where no `.meta` names the algorithm."""
FILTER_QUALITY: Final = {
    "SW": "Coherence from 0 to 1, as the sliding-window filter gives it",
    "GOLDSTEIN": "Product of the two amplitudes, as the Goldstein filter gives it",
}
"""`filterstyle`, upper case → what the second band of a filtered interferogram is."""
LOOKS_RATIO: Final = "ratio"
"""Of `nsbas.proc`: looks in range for one in azimuth."""
PRIMARY: Final = "SarMasterDir"
"""Of `nsbas.proc`: date of the primary, YYYYMMDD."""
VALUE_UNIT: Final = "Value_unit"
"""Unit of the values of one raster. `degree` stands in it for the grid of a phase product: see `stated_unit`."""

OUTLINE: Final = "Bounding_box_wkt"
"""Polygon around the package, the last resort for its footprint."""
SUPER_MASTER: Final = "Super_master_SAR_image_ID"
"""Scenes of the track's primary acquisition, joined by `-` with other words; carries its time of day."""
REFERENCE_DATE: Final = "Reference_date"
"""Acquisition time of the primary where no scene is named."""
PAIR_SCENES: Final = ("Master_SAR_image_ID", "Slave_SAR_image_ID")
"""Scenes of the pair itself: reference, then secondary."""
MEASUREMENT_START: Final = "Date_of_measurement_start"
MEASUREMENT_END: Final = "Date_of_measurement_end"
ORBIT_DIRECTION: Final = "Orbit_direction"
RELATIVE_ORBIT: Final = "Relative_orbit_number"
PERPENDICULAR_BASELINE: Final = "Perpendicular_baseline"
SYNTHETIC: Final = "Note"
"""A note whose value starts with SYNTHETIC marks a tree made by `flatsim-stac sample`."""
MISSING: Final = frozenset({"", "n/a", "na", "none", "null", ":null", "-"})
"""Values that stand for none, folded to lower case."""
NOT_A_NUMBER: Final = "nan"
"""Stands for none where no number is due; where one is, it is the remains of a failed computation."""

COMPARED_KEYS: Final = (
    MEASUREMENT_START,
    MEASUREMENT_END,
    ORBIT_DIRECTION,
    RELATIVE_ORBIT,
    PERPENDICULAR_BASELINE,
)
"""Keys that are compared with what the package's name, rasters and lists say."""

TYPED_KEYS: Final[dict[str, Literal["number", "time"]]] = {
    MEASUREMENT_START: "time",
    MEASUREMENT_END: "time",
    REFERENCE_DATE: "time",
    "Date_of_production": "time",
    RELATIVE_ORBIT: "number",
    PERPENDICULAR_BASELINE: "number",
}
"""Keys whose value must be a number or a time."""

KNOWN_KEYS: Final = frozenset(
    {
        *(field.key for field in FIELDS),
        *LINEAGE_PHRASES,
        *COMPARED_KEYS,
        *PAIR_SCENES,
        *FILTER_PARAMETERS,
        VALUE_UNIT,
        OUTLINE,
        SUPER_MASTER,
        REFERENCE_DATE,
        SYNTHETIC,
    }
)
"""Keys that the builder uses."""

UNUSED_KEYS: Final = frozenset(
    {
        "DDSS_ID", "Product_ID", "Product_type", "Product_format", "Product_size", "Preview_url", "Legend_url",
        "Product_url", "kmz_url", "Bounding_box", "License", "User_ID", "AffiliationIdentifier",
        "Main_reference", "Applied_algorithm_description", "MethodDescription", "Service_used_for_generation",
        "Geographic_CS_type_code", "Parallel_baseline", "Along_track_baseline", "Map_of_LOS_vector",
        "Spatial_resolution", "Sensor", "Mode", "Antenna_side", "Polarisation", "Wavelength",
        "Number_of_looks_azimuth", "Number_of_looks_range", "Lookup_table_from_radar_coordinates_to_ground_coordinates",
        "Rlooks_int", "Rlooks_unw",
    }
)  # fmt: skip
"""Known keys that nothing is taken from: rasters, names and rows of the vocabulary say the same with more certainty.

`Bounding_box` is among them: latitude and longitude have been seen swapped.
"""

VOCABULARY: Final = KNOWN_KEYS | UNUSED_KEYS
"""All known keys."""

DEM_NAMES: Final = (
    (re.compile(r"cop(ernicus)?[-_ ]?dem|glo-?30", re.IGNORECASE), "COP-DEM_GLO30"),
    (re.compile(r"srtm[-_ ]?3(?!0)", re.IGNORECASE), "SRTM3"),
    (re.compile(r"srtm(?![-_ ]?30)", re.IGNORECASE), "SRTM1"),
)
"""DEMs as texts name them → names proposed by the insar extension, tried in order; other texts are kept as they are."""

CORRECTIONS: Final = {"sd": "spectral_diversity", "era": "era5"}
"""Tokens of product file names → `flatsim:corrections`."""
CORRECTION_WORDS: Final = {"spectral_diversity": "spectral diversity", "era5": "ERA5 stratified delay"}
