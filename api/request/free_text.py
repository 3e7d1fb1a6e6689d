"""Free text: what the parameter `q` asks for.

One grammar for items and collections, in text and in lists:

| written | finds |
|---|---|
| `pairs coherence` | both words, wherever they stand; `AND` or `+` between them says the same |
| `balkans, andes` | one of them; so do `OR` and the members of a list |
| `-coherence` | items without it; `NOT` means the same |
| `"line of sight"` | these words in this order, whole |
| `(balkans, andes) series` | brackets hold together |
| `displ*` | words that begin so |

How a word is compared with those of a text is described in the migration that makes the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARAMETER: Final = "q"
MAX_CHARACTERS: Final = 1000
MAX_TERMS: Final = 32
MAX_DEPTH: Final = 8

GRAMMAR: Final = (
    "Words are compared without accents, capitals and endings. All of them must match, or any one with commas or OR "
    "between them. `-` or NOT before a word excludes it, quotation marks make a phrase, brackets group, `*` ends the "
    "beginning of a word. Parts of names and dates are found by their beginnings: `D080`, `201511`."
)
"""What the descriptions of the parameter say."""

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<quoted>"[^"]*")|(?P<comma>,)|(?P<open>\()|(?P<close>\))|(?P<sign>[-+])(?=[\w"(])|(?P<word>[^\s,()"]+))'
)
_QUOTES: Final = str.maketrans("“”„«»", '"' * 5)
_LINKING: Final = frozenset(
    ("au", "aux", "dans", "de", "des", "du", "en", "et", "la", "le", "les", "par", "pour", "sur", "un", "une")
)
"""What sentences need and searches do not; of English words, the database leaves them out. Quoted, they count."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or some that stand one after the other.

    Attributes:
        text: As it was asked for.
        exact: Whether parts of names must be whole; else `D080` finds `D080SUD`.
        partial: Whether words that only begin like the last one are found.
    """

    text: str
    exact: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Excludes what matches a part."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """What has each part."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What has one of the parts."""

    parts: tuple[Node, ...]


Node = Term | Not | All | AnyOf


def parse(asked: str | list[str]) -> Node | None:
    """Read the parameter `q`; None when it is empty.

    Args:
        asked: A text, or a list of such, one of which is to hold.

    Raises:
        InvalidParameter: It breaks the grammar, has no word, or is too long; the place is named.
    """
    members = [asked] if isinstance(asked, str) else asked
    if sum(map(len, members)) > MAX_CHARACTERS:
        raise InvalidParameter(parameter=PARAMETER, reason=f"longer than {MAX_CHARACTERS} characters")
    if not any(member.strip() for member in members):
        return None
    names = [PARAMETER] if isinstance(asked, str) else [f"{PARAMETER}[{number}]" for number in range(len(asked))]
    parts = [_Parser(name, member).parse() for name, member in zip(names, members, strict=True) if member.strip()]
    if sum(1 for part in parts for _ in terms(part)) > MAX_TERMS:
        raise InvalidParameter(parameter=PARAMETER, reason=f"more than {MAX_TERMS} words")
    return _joined(AnyOf, parts)


def terms(node: Node) -> Iterator[Term]:
    """The terms of an expression, from left to right."""
    match node:
        case Term():
            yield node
        case Not(part):
            yield from terms(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from terms(part)


def _joined(kind: Callable[[tuple[Node, ...]], Node], parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


class _Parser:
    """Reads one text."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._tokens = [*self._scan(text.translate(_QUOTES)), _Token("end", "", len(text) + 1)]
        self._next = 0

    def parse(self) -> Node:
        """The expression; it is the whole text."""
        if len(self._tokens) == 1:
            raise InvalidParameter(parameter=self._name, reason="contains no word")
        found = self._alternatives(0)
        if self._seen.kind == "close":
            raise self._refusal(reason="closing bracket without an opening one")
        if found is None:
            raise InvalidParameter(parameter=self._name, reason="contains no word")
        return found

    def _scan(self, text: str) -> Iterator[_Token]:
        """The tokens; what has neither letter nor digit is punctuation and left out."""
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None:
                place = text.index('"', position) + 1
                reason = f"the quotation mark at character {place} is not closed"
                raise InvalidParameter(parameter=self._name, reason=reason)
            kind, position = str(found.lastgroup), found.end()
            content = found[kind]
            if content == "NOT" or (kind == "word" and content.upper() in ("AND", "OR")):
                kind = content.lower()
            if kind not in ("word", "quoted") or any(map(str.isalnum, content)):
                yield _Token(kind, content, found.start(str(found.lastgroup)) + 1)

    @property
    def _seen(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *kinds: str) -> bool:
        """Whether the next token is of one of these kinds, which is then done with."""
        taken = self._seen.kind in kinds
        self._next += taken
        return taken

    def _alternatives(self, depth: int) -> Node | None:
        """Parts with commas or OR between them; commas may stand for nothing."""
        parts: list[Node] = []
        while True:
            while self._take("comma"):
                pass
            if self._seen.kind in ("end", "close"):
                break
            parts.append(self._conjunction(depth))
            while self._seen.kind == "or":
                self._next += 1
                parts.append(self._conjunction(depth))
        return _joined(AnyOf, parts) if parts else None

    def _conjunction(self, depth: int) -> Node:
        """Parts side by side, or with AND between them."""
        parts = [self._factor(depth)]
        while True:
            if self._take("and") or self._seen.kind not in ("end", "close", "comma", "or"):
                parts.append(self._factor(depth))
            else:
                break
        telling = [part for part in parts if not (isinstance(part, Term) and _links(part))]
        return _joined(All, telling or parts)

    def _factor(self, depth: int) -> Node:
        """A term or a bracket, and what stands before it."""
        negated = False
        while self._seen.kind in ("not", "sign"):
            negated ^= self._seen.text != "+"
            self._next += 1
        found = self._atom(depth)
        return Not(found) if negated else found

    def _atom(self, depth: int) -> Node:
        token = self._seen
        if self._take("open"):
            if depth == MAX_DEPTH:
                raise self._refusal(reason=f"nested too deeply; at most {MAX_DEPTH} brackets", token=token)
            found = self._alternatives(depth + 1)
            if not self._take("close"):
                raise self._refusal(reason="the bracket is not closed", token=token)
            if found is None:
                raise self._refusal(reason="the brackets contain no word", token=token)
            return found
        if self._take("quoted"):
            return Term(token.text[1:-1].strip(), exact=True)
        if self._take("word"):
            return Term(token.text.rstrip("*"), partial=token.text.endswith("*"))
        if token.kind == "end":
            raise self._refusal(reason="expected a word at the end")
        raise self._refusal(
            reason=f"expected a word, not {token.text!r}; put it between quotation marks to search for it", token=token
        )

    def _refusal(self, *, reason: str, token: _Token | None = None) -> InvalidParameter:
        place = (token or self._seen).place
        return InvalidParameter(parameter=self._name, reason=f"character {place}: {reason}")


def _links(term: Term) -> bool:
    return not term.exact and not term.partial and term.text.lower() in _LINKING
