"""The `.meta` text beside each raster: `Key: value` lines in the vocabulary of the EPOS metadata files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from catalog_builder.sample.geometry import WAVELENGTH_M, Swath
from catalog_builder.sample.network import Network, Pair
from catalog_builder.sample.orbits import KM_PER_DEGREE, Acquisition
from catalog_builder.sample.products import FINE_LOOKS, LOOKS, RANGE_LOOKS_RATIO, Geometry, Product

MARK: Final = "SYNTHETIC"
"""First word of the value of `Note` in every `.meta` of a sample, and of its `Product_ID`."""
NOTE: Final = f"{MARK} sample written by flatsim-stac; not a measurement, not a CNES product"
PRODUCTION_TIME: Final = datetime(2021, 11, 18, tzinfo=UTC)
SOFTWARE_VERSION: Final = f"NSBAS:v2.3.0:{MARK}"
MISSING: Final = "N/a"

FILTER_PARAMETERS: Final = {"filterstyle": "SW", "FilterStrength": "2.0", "SWwindowsize": "8", "SWamplim": "0.05"}
UNWRAPPING_METHOD: Final = "mpd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a `.meta` describes."""

    product: Product
    geometry: Geometry
    looks: int
    stem: str
    size_bytes: int
    legend: str | None
    pair: Pair | None


def describe(subject: Subject, swath: Swath, network: Network) -> str:
    """Return the text of a `.meta`."""
    entries = {"Note": NOTE} | _identity(subject, swath) | _place(subject, swath)
    entries |= _time(subject, network) | _radar(subject, swath) | _processing(subject)
    return "".join(f"{key}: {value}\n" for key, value in entries.items())


def _identity(subject: Subject, swath: Swath) -> dict[str, str]:
    preview = f"{subject.stem}.png" if subject.legend else MISSING
    tiff = f"{subject.stem}.tiff"
    return {
        "DDSS_ID": "WP12-DDSS-024",
        "Product_ID": f"{MARK}_{subject.stem.removeprefix('CNES_')}_{swath.frame.name}",
        "Product_type": subject.product.epos_type,
        "Product_format": "GeoTIFF" if subject.geometry == "geo" else "TIFF",
        "Product_size": str(subject.size_bytes),
        "Preview_url": preview,
        "Legend_url": subject.legend or MISSING,
        "Product_url": tiff,
        "License": "https://creativecommons.org/licenses/by-nc/4.0/",
        "User_ID": MARK,
    }


def _place(subject: Subject, swath: Swath) -> dict[str, str]:
    ring = swath.outline()
    longitudes, latitudes = zip(*ring, strict=True)
    box = max(latitudes), max(longitudes), min(latitudes), min(longitudes)
    spacing_m = swath.ground.step_deg * KM_PER_DEGREE * 1000 * subject.looks / LOOKS
    return {
        "Bounding_box": " ".join(f"{value:.5f}" for value in box),
        "Bounding_box_wkt": f"POLYGON(({','.join(f'{x:.5f} {y:.5f}' for x, y in ring)}))",
        "Geographic_CS_type_code": "EPSG4326" if subject.geometry == "geo" else "RADAR_GEOMETRY",
        "Spatial_resolution": f"{spacing_m:.0f}",
    }


def _time(subject: Subject, network: Network) -> dict[str, str]:
    epochs = network.epochs
    primary = epochs[network.primary].acquisition
    first, last = epochs[0].acquisition, epochs[-1].acquisition
    entries = {}
    baseline = MISSING
    if subject.pair:
        first, last = epochs[subject.pair.reference].acquisition, epochs[subject.pair.secondary].acquisition
        baseline = f"{network.perpendicular_baseline_m(subject.pair):.4f}"
        entries = {"Master_SAR_image_ID": scene_list(first), "Slave_SAR_image_ID": scene_list(last)}
    return {
        "Date_of_measurement_start": _iso(first.start),
        "Date_of_measurement_end": _iso(last.stop),
        "Date_of_production": _iso(PRODUCTION_TIME),
        "Reference_date": _iso(primary.start),
        "Super_master_SAR_image_ID": scene_list(primary),
        **entries,
        "Perpendicular_baseline": baseline,
        "Parallel_baseline": MISSING,
        "Along_track_baseline": MISSING,
    }


def _radar(subject: Subject, swath: Swath) -> dict[str, str]:
    return {
        "Sensor": "S1",
        "Mode": "IW",
        "Antenna_side": "right",
        "Polarisation": "VV",
        "Relative_orbit_number": f"{swath.frame.relative_orbit:03d}",
        "Orbit_direction": swath.frame.direction.upper(),
        "Wavelength": f"{WAVELENGTH_M:.9f}",
        "Value_unit": subject.product.unit,
        "Number_of_looks_azimuth": str(subject.looks),
        "Number_of_looks_range": str(subject.looks * RANGE_LOOKS_RATIO),
        "Map_of_LOS_vector": f"CNES_CosENU_{subject.geometry}_{LOOKS}rlks.tiff",
        "Lookup_table_from_radar_coordinates_to_ground_coordinates": f"CNES_Lut_radar_{LOOKS}rlks.tiff",
    }


def _processing(subject: Subject) -> dict[str, str]:
    entries = {
        "Software_version": SOFTWARE_VERSION,
        "Service_used_for_generation": MARK,
        "Applied_algorithm_description": "Forward model; stands for NSBAS small-baseline processing",
        "Main_reference": "https://doi.org/10.3390/rs13183734",
        "Used_DEM": "DEM correction using SRTM.",
        "Reference_point": MISSING,
        "AffiliationIdentifier": MISSING,
    }
    if subject.pair is None:
        return entries
    code = subject.product.code
    return {
        **entries,
        "Applied_filter": "Sliding window" if code in {"InWF", "InU"} else MISSING,
        "Applied_unwrapping_algorithm": UNWRAPPING_METHOD if code == "InU" else MISSING,
        "Rlooks_int": str(FINE_LOOKS),
        "Rlooks_unw": str(LOOKS),
        **(FILTER_PARAMETERS if code in {"InW", "InWF", "InU"} else {}),
    }


def scene_list(acquisition: Acquisition) -> str:
    """Join scene names with hyphens; every second part is a scene, the others its sub-swaths."""
    return "-".join(f"{name}-iw123" for name in acquisition.scene_names())


def _iso(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
