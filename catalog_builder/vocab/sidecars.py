"""The keys of `.meta` files that the builder uses, one row each; all other keys are left alone and counted.

Keys: the EPOS metadata vocabulary, of which `Super_master_SAR_image_ID` and `Reference_date` are attested in FLATSIM
files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Value = Literal["text", "number", "dem", "software", "datetime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a `.meta` file and the properties that its value feeds."""

    key: str
    properties: tuple[str, ...]
    value: Value
    """How the text is read: see `catalog_builder.sidecars`."""


FIELDS: Final = (
    Field(key="Used_DEM", properties=("insar:processing_dem", "insar:geocoding_dem"), value="dem"),
    Field(key="Software_version", properties=("processing:software",), value="software"),
    Field(key="Date_of_production", properties=("processing:datetime",), value="datetime"),
)

SUPER_MASTER: Final = "Super_master_SAR_image_ID"
"""Scenes of the track's primary acquisition, joined by `-` with other words; carries its time of day."""
REFERENCE_DATE: Final = "Reference_date"
"""Acquisition time of the primary where no scene is named."""
PAIR_SCENES: Final = ("Master_SAR_image_ID", "Slave_SAR_image_ID")
"""Scenes of the pair itself: reference, then secondary."""
SYNTHETIC: Final = "Note"
"""A note whose value starts with SYNTHETIC marks a tree made by `flatsim-stac sample`."""
MISSING: Final = frozenset({"", "n/a", "na", "none", "null", "-"})
"""Values that stand for none, folded to lower case."""

KNOWN_KEYS: Final = frozenset(
    {*(field.key for field in FIELDS), SUPER_MASTER, REFERENCE_DATE, *PAIR_SCENES, SYNTHETIC, "Perpendicular_baseline"}
)

DEM_NAMES: Final = (
    (re.compile(r"cop(ernicus)?[-_ ]?dem|glo-?30", re.IGNORECASE), "COP-DEM_GLO30"),
    (re.compile(r"srtm[-_ ]?3(?!0)", re.IGNORECASE), "SRTM3"),
    (re.compile(r"srtm(?![-_ ]?30)", re.IGNORECASE), "SRTM1"),
)
"""DEMs as texts name them → names proposed by the insar extension, tried in order; other texts are kept as they are."""

CORRECTIONS: Final = {"sd": "spectral_diversity", "era": "era5"}
"""Tokens of product file names → `flatsim:corrections`."""
CORRECTION_WORDS: Final = {"spectral_diversity": "spectral diversity", "era5": "ERA5 stratified delay"}
