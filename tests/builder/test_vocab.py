"""The rows of the vocabulary against each other."""

from __future__ import annotations

import pickle
from pathlib import Path

from catalog_builder.derived.document import vocabulary_page
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.properties import PREFIX, PROPERTIES
from catalog_builder.vocab.queryables import QUERYABLES
from catalog_builder.vocab.summaries import RANGES, VALUES


def test_every_property_of_ours_can_be_searched_and_the_other_way_round() -> None:
    ours = {row.name for row in PROPERTIES}
    assert len(ours) == len(PROPERTIES)
    assert ours == {row.name for row in QUERYABLES if row.name.startswith(PREFIX)}
    assert {name for name in (*VALUES, *RANGES) if name.startswith(PREFIX)} <= ours


def test_the_page_is_that_of_the_rows() -> None:
    page = Path(__file__).parents[2] / "docs" / "vocabulary.md"
    assert page.read_text(encoding="utf-8") == vocabulary_page(), (
        "run: python -m catalog_builder.derived.document > docs/vocabulary.md"
    )


def test_a_kind_is_the_same_object_when_it_comes_from_another_process() -> None:
    """They are compared with `is`."""
    assert [pickle.loads(pickle.dumps(kind)) is kind for kind in KINDS] == [True] * len(KINDS)
