"""Both grammars: real names, what is written is read back, and junk raises nothing but our own error."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import PackageRefused
from catalog_builder.packages.names import is_legend, item_id, parse_package, parse_product
from catalog_builder.vocab.kinds import KINDS, Kind
from catalog_builder.vocab.products import PRODUCTS

REAL_PACKAGES = {
    # names of deliveries, as public readers of them quote them
    "NSBAS_TS-PKG_S1_TIBET-HIM-A012SUD-VV-2014-2022_IW123_2015-06-03_2022-05-21":
        "flatsim_tibethim_a012sud_2014-2022_ts",
    "NSBAS_TS-PKG_S1_TIBET-HIM-A158CENTRE-VV-2014-2022_IW123_2014-10-16_2022-05-31":
        "flatsim_tibethim_a158centre_2014-2022_ts",
    "NSBAS_TS-PKG_S1_TIBET-HIM-D019SUD-VV-2021-2025_IW123_2021-06-08_2025-12-20":
        "flatsim_tibethim_d019sud_2021-2025_ts",
    "NSBAS_TS-PKG_S1_TURQUIE-A131-VV-2-2020-2025_IW123_2020-05-03_2025-08-29":
        "flatsim_turquie_a131_2020-2025-r2_ts",
}  # fmt: skip
REAL_PRODUCTS = {
    "CNES_InW_geo_20151111_20151123_sd_era_8rlks.tiff": "inw_geo",
    "CNES_InU_geo_20151111-20151123_era_8rlks.tiff": "inu_geo",
    "CNES_Coh_geo_20151111_20151123_8rlks.tiff": "coh_geo",
    "CNES_DTs_geo_8rlks.tiff": "dts_geo",
    "CNES_MV-LOS_radar_8rlks.meta": "mvlos_radar",
    "CNES_CosENU_radar_8rlks.tiff": "cosenu_radar",
    "CNES_Lut_radar_8rlks.tiff": "lut_radar",
    "cnes_LUT_geo_2RLKS.TIF": "lut_geo",
    "CNES_TCoh_radar_2rlks.tiff": "tcoh_radar",
    "legend_InWF_geo.png": "inwf_geo",
    "CNES_legend_InWF_geo_8rlks.png": "inwf_geo",
    "CNES_InU_geo_20151111_20151123_8rlks_legend.png": "inu_geo",
    "CNES_DTs_LOS_radar_8rlks.tif": "dts_radar",
    "CNES_DTS-LOS_geo_8rlks.tiff": "dts_geo",
    "CNES_MV_LOS_geo_8rlks.TIFF": "mvlos_geo",
    "CNES_MVLOS_geo_16rlks.METADATA": "mvlos_geo",
    "CNES_CosNEU_geo_2rlks.xml": "cosneu_geo",
    "CNES_LuT_radar_4rlks.tiff": "lut_radar",
    "CNES_Hgt_radar_8rlks.tiff": "dem_radar",
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), REAL_PACKAGES.items())
def test_real_package_names_give_stable_ids(name: str, expected: str) -> None:
    assert item_id(parse_package(name)) == expected


@pytest.mark.parametrize(("name", "key"), REAL_PRODUCTS.items())
def test_real_product_names(name: str, key: str) -> None:
    parsed = parse_product(name)
    assert parsed is not None
    assert parsed.key == key


@pytest.mark.parametrize(("code", "platform"), [("S1", None), ("S1A", "sentinel-1a"), ("s1d", "sentinel-1d")])
def test_the_satellite_of_a_package(code: str, platform: str | None) -> None:
    satellite = parse_package(f"NSBAS_TS-PKG_{code}_TURQUIE-A131-VV-2020-2025_IW123_2020-05-03_2025-08-29").satellite
    assert (satellite.platform if satellite else None) == platform


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_the_catalogues_for_a_kind(kind: Kind) -> None:
    name = "NSBAS_{}-PKG_S1_TURQUIE-A131-VV-2020-2025_IW123_2020-05-03_2025-08-29"
    ids = {item_id(parse_package(name.format(word))) for word in (kind.code, *kind.aliases, kind.code.lower())}
    assert len(ids) == 1
    assert parse_package(name.format(kind.product_type)).kind is kind


def test_a_run_is_told_by_the_id_whatever_its_number() -> None:
    name = "NSBAS_TS-PKG_S1_TURQUIE-A131-VV-{}2020-2025_IW123_2020-05-03_2025-08-29"
    ids = [item_id(parse_package(name.format(run))) for run in ("", "0-", "1-", "02-")]
    assert [text.rpartition("_")[0].removeprefix("flatsim_turquie_a131_2020-2025") for text in ids] == [
        "", "-r0", "-r1", "-r2",
    ]  # fmt: skip


def test_run_number_and_region_with_hyphen() -> None:
    parsed = parse_package("NSBAS_DAUX-PKG_S1_TIBET-HIM-D063SUD-VV-3-2014-2022_IW12_2014-10-22_2022-05-25")
    assert (parsed.region.code, parsed.track, parsed.run, parsed.swaths) == ("TIBETHIM", "D063SUD", 3, ("IW1", "IW2"))
    assert (parsed.orbit_state, parsed.relative_orbit) == ("descending", 63)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-02-30_2015-11-23", "2015-02-30"),
        ("NSBAS_INT-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2015-11-23_2015-11-23", "2015-11-23"),
        ("NSBAS_TS-PKG_S1_BALKANS-D080SUD-VV-2014-2021_IW123_2016-11-23_2015-11-23", "2016-11-23"),
        ("NSBAS_TS-PKG_S1_BALKANS-D176-VV-2014-2021_IW123_2015-11-11_2015-11-23", "176"),
        ("NSBAS_TS-PKG_S1_BALKANS-D000-VV-2014-2021_IW123_2015-11-11_2015-11-23", "orbit 0"),
        ("NSBAS_TS-PKG_S1_BALKANS-D080-VV-2014-2021_IW121_2015-11-11_2015-11-23", "IW1, IW2, IW1"),
        ("NSBAS_TS-PKG_S1_BALKANS-D080-VV-2014-2021_IW123_2014-04-02_2015-11-23", "launch of the first Sentinel-1"),
        ("NSBAS_TS-PKG_S1_BALKANS-D080-VV-2021-2014_IW123_2015-11-11_2015-11-23", "2021-2014"),
        ("NSBAS_whatever", "NSBAS_<kind>"),
    ],
)
def test_impossible_packages_are_refused_by_what_is_wrong(name: str, fault: str) -> None:
    with pytest.raises(PackageRefused) as refusal:
        parse_package(name)
    assert fault in refusal.value.reason
    assert refusal.value.path == name


def test_impossible_date_of_a_product() -> None:
    with pytest.raises(PackageRefused, match="20151340"):
        parse_product("CNES_InU_geo_20151340_20151123_8rlks.tiff")


DATES = st.dates(min_value=date(2014, 4, 3), max_value=date(2039, 12, 31))


@given(
    kind=st.sampled_from(KINDS),
    region=st.sampled_from(["BALKANS", "TIBET-HIM", "TIAN-SHAN", "AFAR"]),
    letter=st.sampled_from("AD"),
    orbit=st.integers(1, 175),
    subset=st.sampled_from(["", "SUD", "NORD", "CENTRE"]),
    run=st.none() | st.integers(1, 99),
    years=st.tuples(st.integers(2014, 2025), st.integers(2025, 2039)),
    swaths=st.sampled_from(["1", "12", "123", "3"]),
    dates=st.tuples(DATES, DATES).filter(lambda pair: pair[0] < pair[1]),
)
def test_what_the_package_grammar_writes_is_read_back(
    kind, region, letter, orbit, subset, run, years, swaths, dates
) -> None:
    runs = f"{run}-" if run is not None else ""
    text = (
        f"NSBAS_{kind.code}-PKG_S1_{region}-{letter}{orbit:03d}{subset}-VV-{runs}{years[0]}-{years[1]}"
        f"_IW{swaths}_{dates[0]}_{dates[1]}"
    )
    name = parse_package(text)
    assert (name.kind, name.track, name.run, name.campaign) == (kind, f"{letter}{orbit:03d}{subset}", run, years)
    assert name.region.code == region.replace("-", "")
    assert (name.first, name.last) == dates
    assert name.swaths == tuple(f"IW{digit}" for digit in swaths)
    assert name.relative_orbit == orbit
    assert item_id(name) == item_id(name).lower()


@given(
    product=st.sampled_from(PRODUCTS),
    geometry=st.sampled_from(["geo", "radar"]),
    dates=st.none() | st.tuples(DATES, DATES),
    separator=st.sampled_from("_-"),
    modifiers=st.permutations(["sd", "era"]).flatmap(lambda order: st.sampled_from([order, order[:1], []])),
    looks=st.sampled_from([2, 4, 8, 16]),
    extension=st.sampled_from(["tiff", "tif", "TIF", "meta", "png"]),
)
def test_what_the_product_grammar_writes_is_read_back(
    product, geometry, dates, separator, modifiers, looks, extension
) -> None:
    pair = f"_{dates[0]:%Y%m%d}{separator}{dates[1]:%Y%m%d}" if dates else ""
    tokens = "".join(f"_{token}" for token in modifiers)
    parsed = parse_product(f"CNES_{product.code}_{geometry}{pair}{tokens}_{looks}rlks.{extension}")
    assert parsed is not None
    assert (parsed.product, parsed.geometry, parsed.looks) == (product, geometry, looks)
    assert parsed.modifiers == tuple(modifiers)
    assert (parsed.pair is None) == (dates is None)
    if dates:
        assert (parsed.pair.reference, parsed.pair.secondary) == dates
    assert parsed.extension == extension.lower()


@given(
    st.text() | st.from_regex(r"NSBAS_(INT|TS)-PKG_S1_\w{1,9}-[AD]\d{3}-VV-\d{4}-\d{4}_IW\d_\d{4}-\d\d-\d\d_.{0,12}")
)
def test_junk_raises_nothing_but_a_refusal(text: str) -> None:
    with suppress(PackageRefused):
        item_id(parse_package(text))
    with suppress(PackageRefused):
        parse_product(f"CNES_{text}")


def test_user_derived_products_are_no_products() -> None:
    assert parse_product("CNES_MV-LOS_geo_8rlks_mmyr.tiff") is None
    assert parse_product("CNES_InU_geo_20151111_20151123.tiff") is None
    assert parse_product("CNES_InU_geo_20151111_20151123_0rlks.tiff") is None


def test_legends_are_told_from_previews() -> None:
    assert is_legend("legend_MV-LOS_geo.png")
    assert not is_legend("CNES_MV-LOS_geo_8rlks.png")
