"""Names and words of the collections, derived from region and kind; the root catalogue's too."""

from __future__ import annotations

from typing import Final

from catalog_builder.vocab.kinds import AUXILIARYDATA, INTERFEROGRAM, KINDS, TIMESERIES, Kind
from catalog_builder.vocab.regions import Region

ROOT_ID: Final = "flatsim"
ROOT_TITLE: Final = "FLATSIM: Sentinel-1 InSAR products"
ROOT_DESCRIPTION: Final = (
    "Ground deformation from Sentinel-1 radar interferometry: the products of FLATSIM, the ForM@Ter large-scale "
    "multi-temporal Sentinel-1 interferometry service of CNES. Three collections per region: "
    "interferograms, time series "
    "and auxiliary data."
)

SYNTHETIC_KEYWORD: Final = "SYNTHETIC"
"""Keyword of items made from a synthetic tree."""
SYNTHETIC_NOTE: Final = (
    "**SYNTHETIC sample data**: made by a simple physical model to show and test the software. Not a measurement."
)

COLLECTION_VERSION: Final = "1"

CONVENTIONS: Final = (
    "Perpendicular and temporal baselines are those of the secondary minus those of the reference "
    "acquisition, in metres "
    "and days. Phase is positive away from the satellite; 0 is the fill value of all rasters. Assets in "
    "radar geometry have "
    "no coordinate reference system; the lookup tables of the auxiliary data place them on the ground."
)

KEYWORDS: Final = ("InSAR", "Sentinel-1", "FLATSIM", "ForM@Ter", "ground deformation", "NSBAS")
KIND_KEYWORDS: Final = {
    INTERFEROGRAM.code: ("interferogram", "coherence", "unwrapped phase", "atmospheric phase screen"),
    TIMESERIES.code: ("time series", "line-of-sight displacement", "mean velocity"),
    AUXILIARYDATA.code: ("line-of-sight vector", "lookup table", "baseline"),
}


def collection_id(region_slug: str, kind: Kind) -> str:
    """Id of the collection that holds the items of one region and kind.

    >>> collection_id("balkans", INTERFEROGRAM)
    'flatsim-balkans-interferogram'
    """
    return f"flatsim-{region_slug}-{kind.slug}"


def sibling(collection: str, kind: Kind) -> str | None:
    """Id of the collection of the same region and another kind; None for an id of another form.

    >>> sibling("flatsim-balkans-timeseries", INTERFEROGRAM)
    'flatsim-balkans-interferogram'
    >>> sibling("sentinel-2", INTERFEROGRAM)
    """
    prefix, _, rest = collection.partition("-")
    region, _, slug = rest.rpartition("-")
    is_ours = prefix == ROOT_ID and region and any(slug == each.slug for each in KINDS)
    return collection_id(region, kind) if is_ours else None


def collection_title(region: Region, kind: Kind) -> str:
    """Title of a collection; starts with the region so that lists sort by it."""
    return f"{region.title}: {kind.title}"
