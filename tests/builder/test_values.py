"""Values that come from lists and metadata files, and what is taken where one of them is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fuzzing import catalogued
from trap_tree import Corner, tiff

Items = dict[str, dict[str, Any]]


@pytest.fixture
def here(tmp_path: Path) -> Corner:
    (tmp_path / "tree").mkdir()
    return Corner(tmp_path / "tree", 1, tmp_path)


def items(here: Corner) -> Items:
    found, outcome = catalogued(here.folder)
    assert outcome.refused == []
    return found


@pytest.mark.parametrize(
    ("stated", "unit"),
    [("rad/yr", "rad/a"), ("mm/yr", "mm/a"), ("MM / year", "mm/a"), ("degree", "rad/a"), ("", "rad/a")],
)
def test_unit_of_a_velocity_is_what_its_own_metadata_state(here: Corner, stated: str, unit: str) -> None:
    series = here.series()
    here.meta(series, f"Value_unit: {stated}\n", acronym="MV-LOS")
    here.meta(series, "Value_unit: mm\n", acronym="DTs")
    item = items(here)[series.name]
    asset = item["assets"]["mvlos_geo"]
    assert [band["unit"] for band in asset["bands"]] == [unit]
    assert item["properties"]["cube:variables"]["los_velocity"]["unit"] == unit
    assert item["properties"]["cube:variables"]["los_phase_delay"]["unit"] == item["assets"]["dts_geo"]["unit"] == "mm"
    assert ("x phase in rad" in asset["description"]) == (unit == "rad/a")


def test_no_unit_of_a_phase_is_taken_from_metadata(here: Corner) -> None:
    pair = here.pair()
    here.meta(pair, "Value_unit: mm\n")
    assert items(here)[pair.name]["assets"]["inu_geo"]["bands"][0]["unit"] == "rad"


def test_filter_is_told_by_the_pair_else_by_the_track(here: Corner) -> None:
    auxiliary = here.auxiliary()
    (auxiliary / "nsbas.proc").write_text("filterstyle = SW\nSWwindowsize = 8\nunw_method = mpd\nratio = 5\n")
    pair, other = here.pair(), here.pair(last="2016-01-25")
    tiff(pair / "CNES_InWF_geo_20160101_20160113_8rlks.tiff", bands=2)
    tiff(other / "CNES_InWF_geo_20160101_20160125_8rlks.tiff", bands=2)
    here.meta(other, "filterstyle: Goldstein\nFilterStrength: 2.0\nApplied_unwrapping_algorithm: snaphu\n")
    found = items(here)
    lineage = {name: item["properties"]["processing:lineage"] for name, item in found.items()}
    assert lineage[pair.name].endswith("; filter parameters: filterstyle SW, SWwindowsize 8; unwrapping: mpd.")
    told = "; filter parameters: filterstyle Goldstein, FilterStrength 2.0, SWwindowsize 8; unwrapping: snaphu."
    assert lineage[other.name].endswith(told)
    assert "filter" not in lineage[auxiliary.name]
    bands = [found[name]["assets"]["inwf_geo"]["bands"][1]["description"] for name in (pair.name, other.name)]
    assert [words.split()[0] for words in bands] == ["Coherence", "Product"]
    assert found[pair.name]["assets"]["inwf_geo"]["sar:looks_range"] == 40


def test_the_list_of_the_stack_stands_in_for_the_pairs_of_the_inversion(here: Corner) -> None:
    series, kept, dropped = here.series(), here.pair(), here.pair(last="2016-01-25")
    (series / "RMSinterfero.txt").unlink()
    (series / "CNES_Stk-In_list_InU.txt").write_text("CNES_InU_radar_20160113_20160101_sd_8rlks.tiff\n# 2 lines\n")
    found = items(here)
    used = [found[one.name]["properties"].get("flatsim:used_in_timeseries") for one in (kept, dropped)]
    assert used == [True, None]  # no pair of the list has the third date of the cube: it may be in a line that is lost
    assert not {"flatsim:n_interferograms", "flatsim:network_connected"} & found[series.name]["properties"].keys()
    lines = "".join(f"CNES_InU_radar_2016{days}_sd_8rlks.tiff\n" for days in ("0113_20160101", "0125_20160113"))
    (series / "CNES_Stk-In_list_InU.txt").write_text(lines)
    found = items(here)
    used = [found[one.name]["properties"]["flatsim:used_in_timeseries"] for one in (kept, dropped)]
    assert used == [True, False]
    properties = found[series.name]["properties"]
    assert (properties["flatsim:n_interferograms"], properties["flatsim:network_connected"]) == (2, True)
    (series / "RMSinterfero.txt").write_text("0 20160101 20160125 0.3\n1 20160125 20160113 0.3\n")
    (series / "CNES_Stk-In_list_InU.txt").unlink()
    found = items(here)
    used = [found[one.name]["properties"]["flatsim:used_in_timeseries"] for one in (kept, dropped)]
    assert used == [False, True]


def test_baselines_at_the_top_stand_in_for_those_of_the_image(here: Corner) -> None:
    auxiliary, pair = here.auxiliary(), here.pair()
    (auxiliary / "baseline_top_bot.rsc").write_text("20160101 0 0\n20160113 49 51\n")
    assert items(here)[pair.name]["properties"]["insar:perpendicular_baseline"] == 50
    (auxiliary / "baseline.rsc").unlink()
    assert items(here)[pair.name]["properties"]["insar:perpendicular_baseline"] == 49


@pytest.mark.parametrize(
    ("primary", "times"),
    [("20160101", ["2016-01-01T23:59:50Z", "2016-01-13T23:59:50Z"]), ("20160102", ["2016-01-01T00:00:00Z"] * 1)],
)
def test_the_day_of_a_primary_over_midnight_is_what_the_track_calls_it(
    here: Corner, primary: str, times: list[str]
) -> None:
    """Called by the later day, all dates of the track are, and their acquisitions begin the evening before."""
    auxiliary, pair = here.auxiliary(), here.pair()
    here.meta(
        auxiliary,
        "Super_master_SAR_image_ID: S1A_IW_SLC__1SDV_20160101T235950_20160102T000017_009346_01CBB8_3A0F-iw1\n",
        acronym="CosENU",
    )
    (auxiliary / "nsbas.proc").write_text(f"SarMasterDir = {primary}\n")
    properties = items(here)[pair.name]["properties"]
    assert properties["insar:reference_datetime"] == times[0]
    assert properties["insar:secondary_datetime"][11:] == times[0][11:]


def test_counts_gap_and_connection_of_a_network(here: Corner) -> None:
    series = here.series(3)
    item = items(here)[series.name]["properties"]
    counts = ("n_dates", "n_interferograms", "max_gap_days", "network_connected")
    assert [item[f"flatsim:{name}"] for name in counts] == [3, 2, 12, True]
    (series / "RMSdate.txt").write_text("1 20160101 0\n2 20160107 0\n3 20160119 0\n4 20160125 0\n")
    (series / "RMSinterfero.txt").write_text("1 20160101 20160107 0.1\n2 20160119 20160125 0.1\n")
    tiff(series / "CNES_DTs_geo_8rlks.tiff", bands=4)
    item = items(here)[series.name]["properties"]
    assert [item[f"flatsim:{name}"] for name in counts] == [4, 2, 12, False]


@pytest.mark.parametrize("towards_ground", [True, False])
def test_each_map_of_vectors_says_its_own_direction(here: Corner, towards_ground: bool) -> None:
    auxiliary = here.auxiliary()
    sign = -1 if towards_ground else 1
    for geometry in ("geo", "radar"):
        corner = (20.0, 41.0) if geometry == "geo" else None
        vector = (-sign * 0.13, -sign * 0.6, sign * 0.79)
        tiff(auxiliary / f"CNES_CosNEU_{geometry}_8rlks.tiff", bands=3, values=vector, corner=corner)
    assets = items(here)[auxiliary.name]["assets"]
    assert "from the satellite to the ground" in assets["cosenu_geo"]["description"]
    words = "from the satellite to the ground" if towards_ground else "from the ground to the satellite"
    assert all(words in assets[f"cosneu_{geometry}"]["description"] for geometry in ("geo", "radar"))
