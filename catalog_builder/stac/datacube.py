"""The displacement cube of a series → datacube extension fields. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from catalog_builder.packages.model import Grid, Package
from catalog_builder.stac.assets import nodata_of
from catalog_builder.vocab.products import SIGN


def cube_fields(package: Package, time_text: Callable[[date], str]) -> dict[str, Any]:
    """`cube:dimensions` and `cube:variables` of a series.

    Args:
        package: a series package.
        time_text: RFC 3339 time of an epoch.

    Returns:
        The fields; nothing when the ground-geometry cube or the list of its dates is missing.
    """
    grids = {raster.name.key: raster.grid for raster in package.rasters}
    units = {raster.name.key: package.texts.unit_of(raster.name) for raster in package.rasters}
    grid, epochs = grids.get("dts_geo"), package.texts.epochs
    if grid is None or not grid.is_referenced or not epochs:
        return {}
    times = [time_text(epoch) for epoch in epochs]
    text = "Asset dts_geo: displacement" if units["dts_geo"] else f"Asset dts_geo: phase delay. {SIGN}"
    variables = {"los_phase_delay": _variable(grid, ["time", "y", "x"], units["dts_geo"] or "rad", text)}
    if "mvlos_geo" in grids:
        unit = units["mvlos_geo"]
        text = f"Asset mvlos_geo: mean velocity{'' if unit else ', positive away from the satellite'}"
        variables["los_velocity"] = _variable(grids["mvlos_geo"], ["y", "x"], unit or "rad/a", text)
    return {"cube:dimensions": {**_axes(grid), "time": _time(times)}, "cube:variables": variables}


def _axes(grid: Grid) -> dict[str, Any]:
    assert grid.bounds is not None and grid.transform is not None  # noqa: S101, PT018 (the caller asked)
    west, south, east, north = grid.bounds
    a, b, _, d, e, _ = grid.transform
    system = int(grid.crs.removeprefix("EPSG:")) if grid.crs else grid.wkt
    x_step, y_step = ({"step": a}, {"step": e}) if (b, d) == (0, 0) else ({}, {})  # a turned grid has no single step
    return {
        "x": {"type": "spatial", "axis": "x", "extent": [west, east], **x_step, "reference_system": system},
        "y": {"type": "spatial", "axis": "y", "extent": [south, north], **y_step, "reference_system": system},
    }


def _time(times: list[str]) -> dict[str, Any]:
    return {
        "type": "temporal",
        "extent": [min(times), max(times)],
        "values": times,
        "step": None,
        "description": "Acquisitions; value i is band i+1 of the asset dts_geo",
    }


def _variable(grid: Grid, dimensions: list[str], unit: str, description: str) -> dict[str, Any]:
    return {
        "dimensions": dimensions,
        "type": "data",
        "unit": unit,
        "data_type": grid.dtype,
        "nodata": nodata_of(grid),
        "description": description,
    }
