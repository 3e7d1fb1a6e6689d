"""What figures say, in the languages of the pages; the texts are `api.web.words_of_figures`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.web.typography import number_text
from api.web.words import translate

if TYPE_CHECKING:
    from api.http.page_negotiation import Language


def figure_text(key: str, language: Language, **values: Any) -> str:
    """A text in a language, with values put in."""
    return translate(f"figure.{key}", language, values)


def count(key: str, language: Language, number: int) -> str:
    """A number of things, in the singular where it takes that.

    >>> from api.http.page_negotiation import Language
    >>> count("days", Language.ENGLISH, 1), count("days", Language.FRENCH, 0), count("days", Language.ENGLISH, 0)
    ('1 day', '0 jour', '0 days')
    """
    return translate(f"figure.{key}", language, {"n": number_text(number, language)}, count=number)
