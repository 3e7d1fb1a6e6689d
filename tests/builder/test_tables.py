"""Tables of a track: what is right is read, and each line that cannot be read is reported with its number."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from catalog_builder.packages import tables
from catalog_builder.packages.model import DatePair

FIRST, SECOND = date(2015, 11, 11), date(2015, 11, 23)


def test_tables_are_read() -> None:
    baselines = "date bp bt doppler dec\n20151111 -12.5 0 0 2015.86\n20151123 3e1 12 0 2015.89\n"
    assert tables.parse_baselines(baselines).content == {FIRST: -12.5, SECOND: 30.0}
    assert tables.parse_pairs("20151111 20151123\n# end\n").content == (DatePair(FIRST, SECOND),)
    assert tables.parse_unwrapped_fraction("20151111 20151123 0.87\n").content == {DatePair(FIRST, SECOND): 0.87}
    assert tables.parse_rms("0 20151111 20151123 0.4\n").content == {DatePair(FIRST, SECOND): 0.4}
    assert tables.parse_epochs("1 20151111 0.1\n2 20151123 0.2\n").content == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("parse", "text", "fault"),
    [
        (tables.parse_baselines, "20151340 1.0\n", "line 1: '20151340' is not a date"),
        (tables.parse_baselines, "20151111 many\n", "line 1: 'many' is not a number"),
        (tables.parse_baselines, "# a\n20151111 12.5 0 0 2015.86\n20151123 12 0 2015.89\n", "line 3: 4 columns"),
        (tables.parse_baselines, "20151111 1 0 0 2015.86\n20151123 2 12 0 2016.89\n", "line 2: the decimal year"),
        (tables.parse_baselines, "20151111 1 0 2015.86\n20151123 2 12 2015.89\n", "line 1: 4 columns, expected 2, 3"),
        (tables.parse_rms, "0 20151111 20150230 0.4\n", "'20150230'"),
        (tables.parse_rms, "0 20151111 20151123 -5\n", "-5 of 2015-11-11/2015-11-23 is not between 0 and 1000 rad"),
        (tables.parse_epochs, "0 2015-11-11 0.4\n", "'2015-11-11'"),
        (tables.parse_epochs, "", "holds no line of data"),
        (tables.parse_epochs, "1 20151111 0.4\n3 20151123 0.4\n4 20151205 0.4\n", "line 2: number 3 where 2 is due"),
        (tables.parse_pairs, "20151111 20151123", "ends without a line break"),
        (tables.parse_stack, "no dates\n", "line 1: 'no dates' names no two dates"),
        (tables.parse_unwrapped_fraction, "20151111 20151123 87.5\n", "87.5 of 2015-11-11/2015-11-23"),
        (tables.parse_unwrapped_fraction, "20151111 20151123 1\n20151123 20151111 0\n", "is already in line 1"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_data_is_told(parse: Any, text: str, fault: str) -> None:
    assert any(fault in one.text for one in parse(text).faults)


def test_the_pair_of_a_bad_misclosure_is_still_one() -> None:
    table = tables.parse_rms("0 20151111 20151123 ****\n")
    assert list(table.content) == [DatePair(FIRST, SECOND)]
    assert table.is_whole
    assert not tables.parse_rms("0 20151111 2015112 0.1\n").is_whole


def test_many_bad_lines_are_told_in_few_words() -> None:
    faults = tables.parse_pairs("x 1\n" * 5000).faults
    assert len(faults) == tables.MAX_FAULTS + 1
    assert faults[-1].text == "4990 further lines cannot be read, the last of them line 5000"


DAYS = [date(2016, 1, 1) + timedelta(days=12 * number) for number in range(8)]
PAIRS = [*pairwise(DAYS), *zip(DAYS, DAYS[2:], strict=False)]
TEXTS: dict[str, tuple[Any, list[str]]] = {
    "baseline.rsc": (
        tables.parse_baselines,
        [f"{day:%Y%m%d} {number * 7.25 - 20:.4f} {12 * number - 24} 0.0 {day.year + day.timetuple().tm_yday / 366:.4f}"
         for number, day in enumerate(DAYS)],
    ),
    "interf_pair.rsc": (tables.parse_pairs, [f"{a:%Y%m%d} {b:%Y%m%d}" for a, b in PAIRS]),
    "list_unw_frac.txt": (
        tables.parse_unwrapped_fraction,
        [f"{a:%Y%m%d} {b:%Y%m%d} {0.5 + number / 100}" for number, (a, b) in enumerate(PAIRS)],
    ),
    "RMSdate.txt": (tables.parse_epochs, [f"{n} {day:%Y%m%d} 0.1{n}" for n, day in enumerate(DAYS, start=1)]),
    "RMSinterfero.txt": (
        tables.parse_rms,
        [f"{n} {a:%Y%m%d} {b:%Y%m%d} 0.2{n}" for n, (a, b) in enumerate(PAIRS, start=1)],
    ),
    "Stk-In_list_InU": (tables.parse_stack, [f"CNES_InU_radar_{a:%Y%m%d}_{b:%Y%m%d}_8rlks.tiff" for a, b in PAIRS]),
}  # fmt: skip
WORDS = (
    "****",
    "1.5D+01",
    "0,5",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "87%",
    "20160230",
    "2016011",
    "201601133",
    "x",
    "--",
    "1e",
)
"""What no column of any table may hold."""


def _values(content: Any) -> dict[Any, Any]:
    """What a table tells, by what it tells it of."""
    return content if isinstance(content, dict) else dict.fromkeys(content)


@pytest.mark.parametrize("name", TEXTS)
def test_any_one_word_deleted_or_bent_gives_right_values_or_none_and_names_its_line(name: str) -> None:
    parse, lines = TEXTS[name]
    sound = parse("\n".join([*lines, ""]))
    assert sound.faults == ()
    right = _values(sound.content)
    chance = random.Random(1)
    for number, line in enumerate(lines):
        for place in range(len(line.split())):
            for word in ("", *chance.sample(WORDS, 5)):
                words = line.split()
                words[place] = word
                bent = [*lines[:number], " ".join(filter(None, words)), *lines[number + 1 :], ""]
                table = parse("\n".join(bent))
                wrong = {
                    key: value
                    for key, value in _values(table.content).items()
                    if value == value and (key not in right or right[key] != value)  # noqa: PLR0124 (NaN is none)
                }
                assert wrong == {}, (line, word)
                told = [fault.line for fault in table.faults]
                is_emptied = not " ".join(filter(None, words))
                is_unread = name == "baseline.rsc" and place == 3 and tables.is_number(word)  # the Doppler
                assert number + 1 in told or is_emptied or is_unread, (line, word, table.faults)


@pytest.mark.parametrize("name", TEXTS)
def test_a_table_that_is_cut_anywhere_in_a_line_is_never_wrong_and_never_whole(name: str) -> None:
    parse, lines = TEXTS[name]
    text = "\n".join([*lines, ""])
    right = _values(parse(text).content)
    for length in range(1, len(text) - 1):
        table = parse(text[:length])
        told = _values(table.content)
        assert all(key in right and (value != value or value == right[key]) for key, value in told.items())  # noqa: PLR0124
        if not text[:length].endswith("\n"):
            assert table.faults, text[:length][-30:]
            assert not table.is_whole
