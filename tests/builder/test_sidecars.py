"""Texts of sidecar files, in the forms that are documented, and broken."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.packages import sidecars


def test_meta_with_and_without_colon_repeats_and_missing_values() -> None:
    text = "Used_DEM: SRTM\nUsed_DEM: other\nReference_date 2015-11-11T04:39:40Z\nUser_ID: N/a\n\nNoValue\n"
    meta = sidecars.collect_meta([text])
    assert meta.first == {"Used_DEM": "SRTM", "Reference_date": "2015-11-11T04:39:40Z"}
    assert meta.variants == {"Used_DEM": ("other",)}
    assert not meta.unknown


def test_meta_value_with_colons_is_whole() -> None:
    assert dict(sidecars.parse_meta("Software_version: NSBAS:v2.3.0:02fa")) == {"Software_version": "NSBAS:v2.3.0:02fa"}


def test_latin1_is_read() -> None:
    assert sidecars.decode("Région".encode("latin-1")) == "Région"


def test_scene_times_across_midnight_take_the_start() -> None:
    scenes = (
        "S1A_IW_SLC__1SDV_20170628T000010_20170628T000036_017223_01CBB8_3A0F-x-"
        "S1A_IW_SLC__1SDV_20170627T235945_20170628T000012_017223_01CBB8_3A0F"
    )
    assert sidecars.scene_start(scenes) == datetime(2017, 6, 27, 23, 59, 45, tzinfo=UTC)
    assert sidecars.scene_start("burst") is None
    assert sidecars.scene_start("S1A_IW_SLC__1SDV_20171327T235945_20170628T000012") is None


def test_a_day_of_an_acquisition_over_midnight() -> None:
    scene = "S1A_IW_SLC__1SDV_20170627T235945_20170628T000012_017223_01CBB8_3A0F"
    assert sidecars.scene_start(scene, date(2017, 6, 27)) == datetime(2017, 6, 27, 23, 59, 45, tzinfo=UTC)
    assert sidecars.scene_start(scene, date(2017, 6, 28)) == datetime(2017, 6, 28, tzinfo=UTC)
    assert sidecars.scene_start(scene, date(2017, 6, 29)) is None
    assert sidecars.scene_start("burst 1 2", date(2017, 6, 27)) is None


def test_a_key_is_matched_whole() -> None:
    text = "My_Used_DEM: a\nUsed_DEM_2: b\nused_dem: c\nSee Used_DEM: d\n"
    meta = sidecars.collect_meta([text])
    assert meta.first == {}
    assert meta.unknown == {"My_Used_DEM", "Used_DEM_2", "used_dem", "See"}


def test_bytes_that_no_database_takes_are_left_out() -> None:
    assert sidecars.decode(b"\xef\xbb\xbfUsed\0_DEM: SRTM") == "Used_DEM: SRTM"


def test_times_are_utc_whatever_the_offset() -> None:
    assert sidecars.iso_time("2020-01-01T01:00:00+01:00") == datetime(2020, 1, 1, tzinfo=UTC)
    assert sidecars.iso_time("2020-01-01T00:00:00.5X") == datetime(2020, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    for text in ("yesterday", "", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2020-02-30T00:00:00Z"):
        assert sidecars.iso_time(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SRTM", "SRTM1"), ("srtm 3", "SRTM3"), ("SRTM30", "SRTM30"), ("Copernicus DEM", "COP-DEM_GLO30"),
        ("DEM correction using SRTM.", "SRTM1"), ("NASADEM", "NASADEM"),
    ],
)  # fmt: skip
def test_dem_names(text: str, name: str) -> None:
    assert sidecars.dem_name(text) == name


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing(content: bytes) -> None:
    text = sidecars.decode(content)
    sidecars.collect_meta([text])
    sidecars.parse_parameters(text)


def test_utf16_with_its_mark_is_read() -> None:
    assert sidecars.decode("Used_DEM: SRTM é\n".encode("utf-16")) == "Used_DEM: SRTM é\n"


def test_values_that_are_no_number_or_time_are_told() -> None:
    text = "Perpendicular_baseline: nan\nDate_of_production: yesterday\nRelative_orbit_number: 080\nUsed_DEM: nan\n"
    assert sidecars.collect_meta([text, "Perpendicular_baseline: N/a\n"]).unreadable == (
        ("Perpendicular_baseline", "nan"),
        ("Date_of_production", "yesterday"),
    )
    for value in ("-2,5708", "NoData", "inf", "1D3", "1_0"):
        assert sidecars.number(value) is None
        assert sidecars.collect_meta([f"Perpendicular_baseline: {value}\n"]).unreadable
