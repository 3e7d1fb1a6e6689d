"""Free text and the catalogue: which collections have the words, and what is left to be asked of their items.

An item has a word when its own text has it, or the id, title or keywords of its collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.database import queries
from api.request.free_text import All, AnyOf, Not, Term, parse, terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from asyncpg import Connection

    from api.request.free_text import Node


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What the words of an item must meet.

    Attributes:
        asked: What was asked for, whatever the collections' words are at the moment.
        condition: A tsquery as text; True where all items meet it, False where none does.
    """

    asked: str
    condition: str | bool


@dataclass(frozen=True, slots=True)
class TermMatch:
    """What the database says of a term.

    Attributes:
        query: It as the text of a tsquery; None when it has only words that tell nothing, like "the".
        shared: Ids of the collections that have it for all of their items.
        whole: Ids of the collections that have it anywhere.
    """

    query: str | None
    shared: frozenset[str]
    whole: frozenset[str]


async def match_items(
    asked: str | list[str] | None, collections: Sequence[str], connection: Connection
) -> TextMatch | None:
    """What a request's `q` asks of items; None when it asks nothing.

    Args:
        asked: The parameter.
        collections: Ids of those whose items are searched; none means all.
        connection: To ask for the collections' words.

    Raises:
        InvalidParameter: It breaks the grammar.
    """
    tree = parse(asked or "")
    if tree is None:
        return None
    found, everywhere = await _looked_up(tree, connection)
    telling = _telling(tree, found)
    scope = frozenset(collections or everywhere)
    return TextMatch(repr(tree), telling is None or _condition(telling, found, scope))


async def matching_collections(tree: Node, connection: Connection) -> frozenset[str]:
    """Ids of the collections that have the words."""
    found, everywhere = await _looked_up(tree, connection)
    telling = _telling(tree, found)
    return everywhere if telling is None else _holders(telling, found, everywhere)


async def _looked_up(tree: Node, connection: Connection) -> tuple[dict[Term, TermMatch], frozenset[str]]:
    wanted = list(dict.fromkeys(terms(tree)))
    rows = await queries.text_terms(connection, [(term.text, term.partial, term.exact) for term in wanted])
    matches = [TermMatch(query, frozenset(shared), frozenset(whole)) for query, shared, whole in rows]
    return dict(zip(wanted, matches, strict=True)), frozenset(await queries.collection_ids(connection))


def _telling(node: Node, found: Mapping[Term, TermMatch]) -> Node | None:
    """The expression without what tells nothing."""
    match node:
        case Term():
            return node if found[node].query is not None else None
        case Not(part):
            term = _telling(part, found)
            return term and Not(term)
        case All(parts) | AnyOf(parts):
            left = [term for part in parts if (term := _telling(part, found))]
            return type(node)(tuple(left)) if left else None


def _holders(node: Node, found: Mapping[Term, TermMatch], everywhere: frozenset[str]) -> frozenset[str]:
    match node:
        case Term():
            return found[node].whole
        case Not(part):
            return everywhere - _holders(part, found, everywhere)
        case All(parts):
            return everywhere.intersection(*(_holders(part, found, everywhere) for part in parts))
        case AnyOf(parts):
            return frozenset().union(*(_holders(part, found, everywhere) for part in parts))


def _condition(node: Node, found: Mapping[Term, TermMatch], scope: frozenset[str]) -> str | bool:
    """The tsquery of an expression, as far as the collections have not decided it."""
    match node:
        case Term():
            holders = found[node].shared & scope
            if holders == scope:
                return True
            return _joined(" | ", [f"({found[node].query})", *(_in(name) for name in sorted(holders))])
        case Not(part):
            inner = _condition(part, found, scope)
            return not inner if isinstance(inner, bool) else f"!{inner}"
        case All(parts):
            return _decided([_condition(part, found, scope) for part in parts], decisive=False)
        case AnyOf(parts):
            return _decided([_condition(part, found, scope) for part in parts], decisive=True)


def _decided(parts: Collection[str | bool], *, decisive: bool) -> str | bool:
    """Parts joined by OR, where one that is true decides, or by AND, where one that is false does."""
    if decisive in parts:
        return decisive
    left = [part for part in parts if isinstance(part, str)]
    return _joined(" | " if decisive else " & ", left) if left else not decisive


def _joined(operator: str, parts: Iterable[str]) -> str:
    return f"({operator.join(parts)})"


def _in(collection: str) -> str:
    """The lexeme that the items of a collection have."""
    quoted = collection[:500].replace("\\", "\\\\").replace("'", "''")
    return f"'in:{quoted}'"
