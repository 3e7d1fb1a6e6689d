"""Text files of a track: dates, pairs, baselines, quality, and the parameters of the processing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import numpy as np

from catalog_builder.sample.geometry import Swath
from catalog_builder.sample.inversion import Series
from catalog_builder.sample.network import Network, Pair
from catalog_builder.sample.products import (
    BY_CODE,
    FINE_LOOKS,
    LOOKS,
    RANGE_LOOKS_RATIO,
    product_stem,
)
from catalog_builder.sample.sidecars import FILTER_PARAMETERS, UNWRAPPING_METHOD

SPECTRAL_DIVERSITY_TERMS: Final = ("sx", "sy", "qy", "syy", "sigma", "cst")
SUB_SWATHS: Final = ("iw1", "iw2", "iw3")
FIGURES: Final = {
    "list_ramp_az_ra_sigma_inverted_img": tuple(f"list_ramp_{term}_inverted_img" for term in ("az", "ra", "sigma")),
    "list_iw_merge_inverted_img": ("list_iw12_merge_inverted_img", "list_iw23_merge_inverted_img"),
    **{f"list_{swath}_sd_cst_inverted_img": (f"list_{swath}_sd_cst_inverted_img",) for swath in SUB_SWATHS},
}
"""Pictures of listings: name of the picture, and of the listings in it, without extensions."""


def _table(rows: Iterable[Iterable[str]]) -> str:
    return "".join(" ".join(row) + "\n" for row in rows)


def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"


def _decimal_year(day: date) -> float:
    start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day - start).days / (end - start).days


def _dates(network: Network) -> list[date]:
    return [epoch.acquisition.day for epoch in network.epochs]


def _pair_dates(network: Network, pair: Pair) -> tuple[date, date]:
    days = _dates(network)
    return days[pair.reference], days[pair.secondary]


def series_files(network: Network, series: Series, swath: Swath) -> dict[str, str]:
    """Return the text files of a TS package by name.

    `RMSdate.txt` (index from 1, date, rms in rad) has one row for each band of the cube, in order;
    `RMSinterfero.txt` (index, two dates, rms in rad) has the pairs that were inverted.
    """
    used = [pair for pair in network.pairs if pair.used]
    dates = zip(_dates(network), series.rms_of_epochs, strict=True)
    pairs = zip(used, series.rms_of_pairs, strict=True)
    return {
        "RMSdate.txt": _table((str(i), _compact(day), f"{rms:.4f}") for i, (day, rms) in enumerate(dates, 1)),
        "RMSinterfero.txt": _table(
            (str(i), *map(_compact, _pair_dates(network, pair)), f"{rms:.4f}") for i, (pair, rms) in enumerate(pairs, 1)
        ),
        "lect.in": f"{swath.radar_columns} {swath.radar_rows} columns lines\n1 nsamp\n",
        "Stk-In_list_InW": _stack_list(network, network.pairs, "InW"),
        "Stk-In_list_InU": _stack_list(network, used, "InU"),
    }


def _stack_list(network: Network, pairs: Sequence[Pair], code: str) -> str:
    stems = (product_stem(BY_CODE[code], "radar", dates=_pair_dates(network, pair)) for pair in pairs)
    return "".join(f"{stem}.tiff\n" for stem in stems)


def auxiliary_files(
    network: Network, fractions: Sequence[float], swath: Swath, rng: np.random.Generator
) -> dict[str, str]:
    """Return the text files of a DAUX package by name.

    Args:
        network: dates, baselines and pairs.
        fractions: unwrapped share of each pair, in the order of the network.
        swath: for the size of the radar grid.
        rng: draws the estimates of ramps and spectral diversity, which no raster of the sample contains.
    """
    return (
        _network_files(network, fractions)
        | _ramp_files(network, rng)
        | _burst_files(network, rng)
        | {"nsbas.proc": _parameters(network, swath)}
    )


def _network_files(network: Network, fractions: Sequence[float]) -> dict[str, str]:
    primary = _dates(network)[network.primary]
    baselines = [(_compact(e.acquisition.day), e.perpendicular_baseline_m, e.acquisition.day) for e in network.epochs]
    pairs = [tuple(map(_compact, _pair_dates(network, pair))) for pair in network.pairs]
    return {
        "baseline.rsc": _table(
            (name, f"{metres:.4f}", str((day - primary).days), "0.0", f"{_decimal_year(day):.4f}")
            for name, metres, day in baselines
        ),
        "baseline_top_bot.rsc": _table(
            (name, f"{metres:.4f}", f"{metres * 1.004:.4f}") for name, metres, _ in baselines
        ),
        "interf_pair.rsc": _table(pairs),
        "list_unw_frac.txt": _table(
            (*pair, f"{fraction:.4f}") for pair, fraction in zip(pairs, fractions, strict=True)
        ),
    }


def _image_table(network: Network, rng: np.random.Generator, scale: float, *, positive: bool = False) -> str:
    """Format decimal year, value, error, index, date for each image."""
    values = scale * rng.standard_normal(len(network.epochs))
    if positive:
        values = np.abs(values)
    errors = 0.1 * scale * (0.5 + rng.random(len(network.epochs)))
    rows = zip(_dates(network), values, errors, strict=True)
    return _table(
        (f"{_decimal_year(day):.4f}", f"{value:.6e}", f"{error:.3e}", str(i), _compact(day))
        for i, (day, value, error) in enumerate(rows, 1)
    )


def _ramp_files(network: Network, rng: np.random.Generator) -> dict[str, str]:
    days = _dates(network)
    sigma = 0.4 + 0.5 * rng.random(len(days))
    ramps, noise = rng.standard_normal((len(network.pairs), 6)), rng.random(len(network.pairs))
    pairs = [tuple(map(_compact, _pair_dates(network, pair))) for pair in network.pairs]
    return {
        "list_ramp_az_inverted_img.txt": _image_table(network, rng, 1e-3),
        "list_ramp_ra_inverted_img.txt": _image_table(network, rng, 1e-3),
        "list_ramp_sigma_inverted_img.txt": _table(
            (f"{_decimal_year(day):.4f}", f"{value:.4f}", _compact(day)) for day, value in zip(days, sigma, strict=True)
        ),
        "list_ramp_ra_estimated_ifg.txt": _table(
            (*pair, *(f"{1e-3 * value:.6e}" for value in row), "1") for pair, row in zip(pairs, ramps, strict=True)
        ),
        "list_ramp_sigma_estimated_ifg.txt": _table(
            (*pair, "0.0000", f"{0.4 + 0.6 * value:.4f}") for pair, value in zip(pairs, noise, strict=True)
        ),
    }


def _burst_files(network: Network, rng: np.random.Generator) -> dict[str, str]:
    files = {
        f"list_{swath}_sd_{term}_inverted_img.txt": _image_table(network, rng, 1e-2, positive=term == "sigma")
        for swath in SUB_SWATHS
        for term in SPECTRAL_DIVERSITY_TERMS
    }
    for joint in ("iw12", "iw23"):
        files[f"list_{joint}_merge_inverted_img.txt"] = _image_table(network, rng, 1e-1)
    jumps = rng.standard_normal((len(network.pairs), 2))
    files["list_iw12_merge_estimated_ifg.txt"] = _table(
        (*map(_compact, _pair_dates(network, pair)), f"{0.1 * jump[0]:.5f}", f"{0.01 * abs(jump[1]):.5f}")
        for pair, jump in zip(network.pairs, jumps, strict=True)
    )
    return files


def _parameters(network: Network, swath: Swath) -> str:
    """Format `nsbas.proc`: one `key = value` a line."""
    entries = {
        "SarMasterDir": _compact(_dates(network)[network.primary]),
        "ListInterfero": "interf_pair.rsc",
        "IntDir": "INTERFERO",
        "EraDir": "ERA",
        "Rlooks_int": str(FINE_LOOKS),
        "Rlooks_unw": str(LOOKS),
        "ratio": str(RANGE_LOOKS_RATIO),
        **FILTER_PARAMETERS,
        "Filt_method": "Gauss_filter",
        "threshold_unw": "0.05",
        "unw_method": UNWRAPPING_METHOD,
        "unw_seedx": str(swath.radar_columns // 2),
        "unw_seedy": str(swath.radar_rows // 2),
        "RefLeft": "1",
        "RefTop": "1",
        "nfit_range": "-1",
        "nfit_az": "-1",
        "nfit_topo": "-1",
        "thresh_amp_range": "0.2",
        "thresh_amp_az": "0.2",
        "thresh_amp_atmo": "0.2",
        "z_ref": "0",
        "ivar": "1",
    }
    return "# SYNTHETIC sample\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
