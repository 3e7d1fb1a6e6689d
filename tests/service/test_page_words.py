"""Words of the pages: both languages are whole, and what is printed is typeset."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest

from api.http.page_negotiation import Language
from api.web.form_fields import FIELDS, SORTS
from api.web.property_table import GROUPS
from api.web.typography import MINUS, THIN, day_text, moment_text, number_text, size_text
from api.web.words import BY_KEY, WORDS
from catalog_builder.vocab.files import SIDE_FILES
from catalog_builder.vocab.french import FRENCH, TITLES, file_title
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.products import PRODUCTS
from catalog_builder.vocab.queryables import BY_NAME, QUERYABLES


def places(text: str) -> list[set[str]]:
    return [{name for _, name, _, _ in Formatter().parse(part) if name} for part in text.split("|")]


def test_every_property_has_a_title_in_french() -> None:
    assert TITLES.keys() == BY_NAME.keys()


def test_products_kinds_and_files_are_known_in_french() -> None:
    english = {
        *(product.title for product in PRODUCTS), *(row.title for row in SIDE_FILES),
        *(text for kind in KINDS for text in (kind.title, kind.item_title, kind.description)),
    }  # fmt: skip
    assert english <= FRENCH.keys()
    assert file_title("nobody's file") == "nobody's file"


def test_every_word_takes_the_same_values_in_both_languages() -> None:
    assert len(BY_KEY) == len(WORDS)
    for word in WORDS:
        english, french = places(word.english), places(word.french)
        assert len({frozenset(each) for each in (*english, *french)}) <= 2, word.key
        assert set().union(*english) == set().union(*french), word.key


def test_every_word_that_a_template_asks_for_is_there() -> None:
    asked = set()
    for template in (files("api.web") / "templates").iterdir():
        asked |= set(re.findall(r'\bt\(["\']([a-z_A-Z.0-9]+)["\'][,)]', template.read_text()))
    assert len(asked) > 50
    assert asked <= BY_KEY.keys()


def test_rows_of_the_pages_name_properties_that_there_are() -> None:
    assert {name for names in GROUPS.values() for name in names} <= BY_NAME.keys()
    assert {row.name for row in FIELDS if row.label is None} <= BY_NAME.keys()
    assert {name.lstrip("-") for name in SORTS} <= {row.name for row in QUERYABLES if row.sortable}


@pytest.mark.parametrize(
    ("value", "unit", "digits", "english", "french"),
    [
        (-34.4, "m", 0, f"{MINUS}34{THIN}m", f"{MINUS}34{THIN}m"),
        (-0.4, "m", 0, f"0{THIN}m", f"0{THIN}m"),
        (12, "d", None, f"12{THIN}d", f"12{THIN}j"),
        (12345678, None, None, f"12{THIN}345{THIN}678", f"12{THIN}345{THIN}678"),
        (1234, None, None, "1234", "1234"),
        (0.5729, None, 2, "0.57", "0,57"),
        (1e-9, "rad", None, f"1e{MINUS}09{THIN}rad", f"1e{MINUS}09{THIN}rad"),
        ("<b>", "m", None, "<b>", "<b>"),
        (float("nan"), "m", None, "nan", "nan"),
        (True, "m", None, "True", "True"),
        pytest.param(10**400, None, None, None, None, id="huge"),
    ],
)
def test_numbers(value: object, unit: str | None, digits: int | None, english: str | None, french: str | None) -> None:
    shown = [number_text(value, language, unit, digits) for language in Language]
    if english is None:
        assert all(len(each) < 600 for each in shown)
    else:
        assert shown == [english, french]


@pytest.mark.parametrize("value", ["", "x", None, 3, "9999-99-99", "2015-13-01T00:00:00Z", {}])
def test_what_is_no_time_is_shown_as_it_is(value: object) -> None:
    assert day_text(value, Language.FRENCH) == moment_text(value, Language.ENGLISH) == str(value)


@pytest.mark.parametrize("value", [None, "12", -1, float("inf"), float("nan"), True])
def test_what_is_no_size_is_not_shown(value: object) -> None:
    assert size_text(value, Language.ENGLISH) == ""
