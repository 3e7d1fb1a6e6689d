"""Free text: words compared without accents, capitals and plurals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_CHARACTERS: Final = 1000

_WORD: Final = re.compile(r"[^\W_]+")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "đ": "d"})
_SHORTEST: Final = 4
"""Letters from which on an ending is taken for one: LOS and GPS are no plurals."""


def words(text: str) -> list[str]:
    """The words of a text in the form they are compared in.

    >>> words("Séries temporelles: Sentinel-1") == words("SERIE temporelle sentinel 1")
    True
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return [_stem(word) for word in _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))]


def _stem(word: str) -> str:
    """A word without the endings of English and French plurals; that both become the same is all that matters."""
    if not word.isalpha() or len(word) < _SHORTEST:
        return word
    if word[-1] in "sx":
        word = word[:-1]
    if word[-1] == "e" and len(word) > _SHORTEST:
        word = word[:-1]
    return f"{word[:-1]}i" if word[-1] == "y" else word


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Phrases, one of which a text must have: each a row of words.

    A word with a digit in it also finds longer ones that begin like it: `D080` finds `D080SUD`.
    """

    phrases: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> TextQuery | None:
        """Read the parameter `q`: phrases with commas between; None when it is empty.

        Raises:
            InvalidParameter: It has no word, or is too long.
        """
        if len(text) > MAX_CHARACTERS:
            raise InvalidParameter(parameter="q", reason=f"longer than {MAX_CHARACTERS} characters")
        if not text.strip():
            return None
        phrases = tuple(phrase for part in text.split(",") if (phrase := tuple(words(part))))
        if not phrases:
            raise InvalidParameter(parameter="q", reason="has no word in it")
        return cls(phrases)

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether one of the phrases is in one of the texts."""
        read = [words(text) for text in texts]
        return any(_has(found, phrase) for found in read for phrase in self.phrases)


def _has(found: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(phrase)
    return any(
        all(_meets(word, wanted) for word, wanted in zip(found[start : start + size], phrase, strict=True))
        for start in range(len(found) - size + 1)
    )


def _meets(word: str, wanted: str) -> bool:
    return word == wanted or (not wanted.isalpha() and not wanted.isdecimal() and word.startswith(wanted))
