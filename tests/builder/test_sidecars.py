"""Texts of sidecar files, in the forms that are documented, and broken."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import PackageRefused
from catalog_builder.packages import sidecars
from catalog_builder.packages.model import DatePair

FIRST, SECOND = date(2015, 11, 11), date(2015, 11, 23)


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


def test_tables() -> None:
    assert sidecars.parse_baselines("date bp\n20151111 -12.5 0 0 0\n20151123 3e1\n", "b") == {
        FIRST: -12.5,
        SECOND: 30.0,
    }
    assert sidecars.parse_pairs("20151111 20151123\n# end\n", "p") == (DatePair(FIRST, SECOND),)
    assert sidecars.parse_unwrapped_fraction("20151111 20151123 0.87\n", "u") == {DatePair(FIRST, SECOND): 0.87}
    assert sidecars.parse_rms("0 20151111 20151123 0.4\n", "r") == {DatePair(FIRST, SECOND): 0.4}
    assert sidecars.parse_epochs("1 20151111 0.1\n2 20151123 0.2\n", "e") == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("parse", "text", "fault"),
    [
        (sidecars.parse_baselines, "20151340 1.0\n", "20151340"),
        (sidecars.parse_baselines, "20151111 many\n", "many"),
        (sidecars.parse_rms, "0 20151111 20150230 0.4\n", "20150230"),
        (sidecars.parse_epochs, "0 2015-11-11 0.4\n", "2015-11-11"),
        (sidecars.parse_epochs, "0 2015111 0.4\n", "2015111"),
        (sidecars.parse_unwrapped_fraction, "20151111 20151123 87.5\n", "87.5 of 2015-11-11/2015-11-23"),
    ],
)
def test_a_wrong_date_or_number_is_refused_by_name(parse, text: str, fault: str) -> None:
    with pytest.raises(PackageRefused, match=fault):
        parse(text, "file.txt")


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


def test_a_file_without_numbers_where_one_is_due() -> None:
    pair = DatePair(FIRST, SECOND)
    assert sidecars.parse_baselines("20151111 nan\n20151123 1.5\n", "b") == {SECOND: 1.5}
    assert sidecars.parse_unwrapped_fraction("20151111 20151123 inf\n", "u") == {}
    assert list(sidecars.parse_rms("0 20151111 20151123 nan\n", "r")) == [pair]


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
def test_arbitrary_bytes_raise_nothing_but_refusals(content: bytes) -> None:
    text = sidecars.decode(content)
    sidecars.collect_meta([text])
    sidecars.parse_parameters(text)
    for parse in (
        sidecars.parse_baselines,
        sidecars.parse_pairs,
        sidecars.parse_unwrapped_fraction,
        sidecars.parse_epochs,
        sidecars.parse_rms,
    ):
        with suppress(PackageRefused):
            parse(text, "x")
