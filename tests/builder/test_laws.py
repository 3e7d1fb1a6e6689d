"""Laws of the grammars and the sidecars: what they can write is read back, forms do not matter, junk is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import PackageRefused
from catalog_builder.packages import sidecars, tables
from catalog_builder.packages.model import DatePair
from catalog_builder.packages.names import item_id, parse_package, parse_product, with_kind_and_dates
from catalog_builder.read.track import largest_gap_days, network_components
from catalog_builder.vocab.files import is_user_made, media_type, side_file
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.products import PRODUCTS, fold, stated_unit
from catalog_builder.vocab.regions import REGIONS, catalogue_code
from catalog_builder.vocab.sidecars import KNOWN_KEYS, TYPED_KEYS, VOCABULARY

DAYS = st.dates(min_value=date(2014, 4, 3), max_value=date(2039, 12, 31))
PAIRS = st.tuples(DAYS, DAYS).filter(lambda days: days[0] != days[1])
CASES = st.sampled_from([str, str.lower, str.upper, str.title, str.swapcase])
WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8)
REGION = st.sampled_from([region.code for region in REGIONS]) | st.lists(WORD, min_size=1, max_size=3).map("-".join)
SUBSET = st.sampled_from(["", "NORD", "CENTRE", "SUD", "_sud", "2"]) | st.text("ABCXYZ019_", max_size=6)


@st.composite
def packages(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A package name in some case, and what it says."""
    kind = draw(st.sampled_from(KINDS))
    days = draw(PAIRS)
    days = days if kind.per_pair else tuple(sorted(days))
    said = {
        "kind": kind,
        "region": catalogue_code(region := draw(REGION)),
        "track": f"{draw(st.sampled_from('AD'))}{draw(st.integers(1, 175)):03d}{draw(SUBSET)}",
        "satellite": draw(st.sampled_from(["S1", "S1A", "S1B", "S1C", "S1D"])),
        "polarization": draw(st.sampled_from(["VV", "VH", "HH", "HV"])),
        "run": draw(st.none() | st.integers(0, 999)),
        "campaign": tuple(sorted(draw(st.tuples(st.integers(2014, 2039), st.integers(2014, 2039))))),
        "swaths": tuple(draw(st.lists(st.sampled_from(["IW1", "IW2", "IW3"]), min_size=1, max_size=3, unique=True))),
        "days": days,
    }
    run = "" if said["run"] is None else f"{said['run']}-"
    text = (
        f"NSBAS_{draw(st.sampled_from([kind.code, *kind.aliases]))}-PKG_{said['satellite']}_{region}-{said['track']}"
        f"-{said['polarization']}-{run}{said['campaign'][0]}-{said['campaign'][1]}"
        f"_IW{''.join(swath[-1] for swath in said['swaths'])}_{days[0]}_{days[1]}"
    )
    return draw(CASES)(text), said


@given(packages())
def test_a_package_name_is_read_back(written: tuple[str, dict[str, Any]]) -> None:
    text, said = written
    name = parse_package(text)
    read = {
        "kind": name.kind, "region": name.region.code, "track": name.track, "polarization": name.polarization,
        "satellite": name.satellite.code if name.satellite else "S1", "run": name.run, "campaign": name.campaign,
        "swaths": name.swaths, "days": (name.first, name.last),
    }  # fmt: skip
    assert read == said | {"track": said["track"].upper()}
    assert name.text == text


@given(packages(), CASES)
def test_the_case_of_a_name_does_not_matter(written: tuple[str, dict[str, Any]], case: Any) -> None:
    text, _ = written
    assert item_id(parse_package(case(text))) == item_id(parse_package(text)) == item_id(parse_package(text)).lower()


@given(packages(), st.sampled_from(KINDS), PAIRS)
def test_names_of_one_track_are_made_of_each_other(
    written: tuple[str, dict[str, Any]], kind: Any, days: tuple[date, date]
) -> None:
    text, said = written
    first, last = days if kind.per_pair else sorted(days)
    other = with_kind_and_dates(text, kind, first, last)
    name = parse_package(other)
    assert (name.kind, name.first, name.last, name.key) == (kind, first, last, parse_package(text).key)
    assert with_kind_and_dates(other, kind, first, last) == other
    back = with_kind_and_dates(other, said["kind"], *said["days"])
    assert item_id(parse_package(back)) == item_id(parse_package(text))


@st.composite
def products(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A file name of a product in any spelling, without its extension, and what it says."""
    product = draw(st.sampled_from(PRODUCTS))
    letters = draw(st.sampled_from([fold(product.code), *product.aliases]))
    joints = draw(st.lists(st.sampled_from(["", "", "", "-", "_"]), min_size=len(letters), max_size=len(letters)))
    acronym = letters[0] + "".join(f"{joint}{letter}" for joint, letter in zip(joints, letters[1:], strict=False))
    geometry = draw(st.sampled_from(["geo", "radar"]))
    days = draw(st.none() | PAIRS)
    tokens = draw(st.lists(st.sampled_from(["sd", "era", "atmo", "x"]), max_size=3))
    looks = draw(st.integers(1, 999))
    dates = "" if days is None else f"_{days[0]:%Y%m%d}{draw(st.sampled_from('_-'))}{days[1]:%Y%m%d}"
    stem = f"{acronym}_{geometry}{dates}{''.join(f'_{token}' for token in tokens)}_{looks}rlks"
    said = {"product": product, "geometry": geometry, "pair": days and DatePair(*days), "modifiers": tuple(tokens)}
    return draw(CASES)(f"CNES_{stem}"), said | {"looks": looks}


@given(products(), st.sampled_from(["tif", "tiff", "meta", "metadata", "xml", "png", "jpg", "jpeg"]), CASES)
def test_a_product_name_is_read_back(written: tuple[str, dict[str, Any]], extension: str, case: Any) -> None:
    stem, said = written
    name = parse_product(f"{stem}.{case(extension)}")
    assert name is not None
    assert {key: getattr(name, key) for key in said} == said
    assert (name.extension, name.key) == (extension, f"{said['product'].key}_{said['geometry']}")


@given(products())
def test_the_files_of_a_product_find_each_other(written: tuple[str, dict[str, Any]]) -> None:
    stem, _ = written
    names = (f"{stem}.tiff", f"{stem}.META", f"{stem}.png", f"legend_{stem}.png", f"{stem}_legend.png")
    parsed = [parse_product(name) for name in names]
    assert {name.stem for name in parsed if name} == {stem.lower()}
    assert all(parsed)


@given(st.text(max_size=12))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert catalogue_code(catalogue_code(text)) == catalogue_code(text)


def _refusal(parse: Any, name: str) -> PackageRefused | None:
    try:
        parse(name)
    except PackageRefused as refusal:
        return refusal
    return None


@given(packages() | products(), st.integers(0, 200), st.text(max_size=3), st.integers(0, 5))
def test_a_bent_name_is_read_or_refused_by_name(
    written: tuple[str, dict[str, Any]], place: int, piece: str, lost: int
) -> None:
    text = written[0]
    bent = text[:place] + piece + text[place + lost :]
    refusals = [_refusal(parse_package, bent), _refusal(parse_product, f"{bent}.tiff")]
    assert all(refusal.reason and bent in str(refusal) for refusal in refusals if refusal)


@given(st.text())
def test_any_text_is_some_file(text: str) -> None:
    is_user_made(text)
    side_file(text)
    assert "/" in media_type(text)


TEXT_FORMS = st.sampled_from(
    [str.encode, lambda text: text.encode("utf-8-sig"), lambda text: text.replace("\n", "\r\n").encode("latin-1"),
     lambda text: f"# Région\n\n{text}\n\n".encode("latin-1"), lambda text: text.replace(" ", "\t  ").encode()]
)  # fmt: skip
NUMBERS = st.floats(-9999, 9999)
FRACTIONS = st.floats(0, 1)
UNORDERED = PAIRS.map(lambda days: DatePair(*sorted(days)))
"""A table holds a pair once, whichever date is named first."""


def _year_of(day: date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


TABLES: dict[str, tuple[Any, Any, Any]] = {
    "baseline.rsc": (
        st.dictionaries(DAYS, NUMBERS),
        lambda day, value: f"{day:%Y%m%d} {value!r} {day.toordinal()} 0 {_year_of(day)}",
        tables.parse_baselines,
    ),
    "list_unw_frac.txt": (
        st.dictionaries(UNORDERED, FRACTIONS),
        lambda pair, value: f"{pair.reference:%Y%m%d} {pair.secondary:%Y%m%d} {value!r}",
        tables.parse_unwrapped_fraction,
    ),
    "RMSinterfero.txt": (
        st.dictionaries(UNORDERED, st.floats(0, 1000)),
        lambda pair, value: f"7 {pair.reference:%Y%m%d} {pair.secondary:%Y%m%d} {value!r} 0",
        tables.parse_rms,
    ),
}


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data(), form=TEXT_FORMS)
def test_a_table_is_read_back(name: str, data: st.DataObject, form: Any) -> None:
    values, line, parse = TABLES[name]
    table = data.draw(values)
    content = form("".join(f"{line(key, value)}\n" for key, value in table.items()))
    read = parse(sidecars.decode(content))
    assert read.content == table
    assert [fault.text for fault in read.faults] == ([] if table else ["holds no line of data"])


@given(st.lists(UNORDERED, unique=True), TEXT_FORMS)
def test_lists_of_pairs_and_dates_are_read_back(pairs: list[DatePair], form: Any) -> None:
    rows = [f"{pair.reference:%Y%m%d} {pair.secondary:%Y%m%d}" for pair in pairs]
    text = sidecars.decode(form("".join(f"{row}\n" for row in rows)))
    assert tables.parse_pairs(text).content == tuple(pairs)
    assert tables.parse_stack(text).content == frozenset(pairs)
    dates = "".join(f"{number} {row.split()[0]}\n" for number, row in enumerate(rows))
    assert tables.parse_epochs(dates).content == tuple(pair.reference for pair in pairs)


VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Zl", "Zs"]), min_size=1, max_size=20)
METAS = st.dictionaries(st.sampled_from(sorted(VOCABULARY)), VALUES.filter(lambda text: text[0].isalnum()))


@given(METAS, st.sampled_from([": ", " ", " : ", ":\t"]), st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]))
def test_metadata_are_read_back_once_however_often_they_are_said(
    meta: dict[str, str], separator: str, encoding: str
) -> None:
    missing = sidecars.MISSING | {"nan"}  # where a number is due it is told, and no number
    said = {
        key: value
        for key, value in meta.items()
        if value.lower() not in missing or (value.lower() == "nan" and TYPED_KEYS.get(key) == "number")
    }
    content = "".join(f"{key}{separator}{value}\n" for key, value in meta.items()).encode(encoding)
    text = sidecars.decode(content)
    if encoding == "latin-1" and text != content.decode("latin-1"):  # by chance its bytes are UTF-8 too
        return
    assert dict(sidecars.parse_meta(text)) == said
    once = sidecars.collect_meta([text])
    assert once == sidecars.collect_meta([text, text])
    assert once.first == {key: value for key, value in said.items() if key in KNOWN_KEYS}
    assert (once.variants, once.unknown) == ({}, frozenset())


@given(st.dictionaries(WORD, WORD))
def test_parameters_are_read_back(parameters: dict[str, str]) -> None:
    text = "".join(f" {key}\t=  {value} \n# {key} = other\n" for key, value in parameters.items())
    assert sidecars.parse_parameters(text) == parameters


FROM, TO = (datetime(year, 1, 1) for year in (2014, 2099))  # noqa: DTZ001 (the texts tell the zone)


@given(st.datetimes(FROM, TO), st.sampled_from("ZzX "), st.integers(-12, 12))
def test_times_are_read_back(moment: datetime, letter: str, hours: int) -> None:
    there = moment + timedelta(hours=hours)
    for text in (f"{moment.isoformat()}{letter}", f"{moment}", f"{there.isoformat(' ')}{hours:+03d}:00"):
        assert sidecars.iso_time(text) == moment.replace(tzinfo=UTC)


@given(st.text() | st.binary().map(sidecars.decode))
def test_any_value_is_read_or_passed_over(text: str) -> None:
    for read in (sidecars.iso_time, sidecars.number, sidecars.orbit_state, sidecars.scene_start, sidecars.dem_name):
        read(text)
    sidecars.software(text)
    stated_unit(PRODUCTS[0], text)
    sidecars.parse_parameters(text)
    for parse in (
        tables.parse_stack,
        tables.parse_baselines,
        tables.parse_epochs,
        tables.parse_rms,
        tables.parse_pairs,
    ):
        parse(text)


SMALL_DAYS = st.integers(0, 9).map(lambda number: date(2020, 1, 1) + timedelta(days=number))


@given(st.lists(st.tuples(SMALL_DAYS, SMALL_DAYS)))
def test_parts_of_a_network_are_those_that_a_walk_finds(edges: list[tuple[date, date]]) -> None:
    left = {day for edge in edges for day in edge}
    parts = 0
    while left:
        parts += 1
        reached = {left.pop()}
        while grown := {day for edge in edges if reached & set(edge) for day in edge} - reached:
            reached |= grown
        left -= reached
    assert network_components([DatePair(*edge) for edge in edges]) == parts


@given(st.lists(DAYS, min_size=2))
def test_the_largest_gap_is_where_no_date_lies(days: list[date]) -> None:
    gap = largest_gap_days(days)
    ends = [day for day in days if not any(day < other < day + timedelta(days=gap or 0) for other in days)]
    assert gap is not None
    assert any(day + timedelta(days=gap) in days for day in ends)
    assert gap <= (max(days) - min(days)).days
