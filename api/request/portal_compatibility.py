"""Portal compatibility: requests that differ from STAC's are rewritten before anything else reads them.

FORM@TER's portal, pyGeodes and EODAG's provider `geodes` speak to CNES's catalogue, which is older than the
extensions they would need. `RULES` says who wants what; nothing else in the service knows of any portal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATER: Final = "FORM@TER"
PYGEODES: Final = "pyGeodes"
EODAG: Final = "EODAG"

SORTBY: Final = "sortBy"
PAGE: Final = "page"
FIELDS: Final = "fields"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which requests differ.

    Attributes:
        sent: What a portal sends.
        meant: What it is read as.
        portals: Who sends it.
        rewrite: Puts the body of `POST /search` into STAC's words; None where no word has to change.
    """

    sent: str
    meant: str
    portals: tuple[str, ...]
    rewrite: Callable[[Body], Body] | None = None


def normalise_body(body: Body) -> Body:
    """The body of a search as STAC has it; the body itself is left as it is.

    >>> normalise_body({"page": "2", "bbox": None, "sortBy": [{"field": "id", "direction": "dsc"}]})
    {'page': 2, 'sortby': [{'field': 'id', 'direction': 'desc'}]}

    Raises:
        InvalidParameter: It says one thing twice.
    """
    for rule in RULES:
        if rule.rewrite is not None:
            body = rule.rewrite(body)
    return body


def normalise_values(tree: Any) -> Any:
    """A CQL2 expression in which values are spelled as the catalogue spells them.

    >>> normalise_values({"op": "=", "args": [{"property": "product:type"}, "TIMESERIE"]})
    {'op': '=', 'args': [{'property': 'product:type'}, 'TIMESERIES']}
    """
    if isinstance(tree, list):
        return [normalise_values(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("op") in _EXACT and isinstance(args := tree.get("args"), list):
        names = (part["property"] for part in args if isinstance(part, dict) and isinstance(part.get("property"), str))
        for name in names:
            if (spelled := _SPELLINGS.get(name.removeprefix("properties."))) is not None:
                return {**tree, "args": [_respelled(part, spelled) for part in args]}
    return {name: normalise_values(part) for name, part in tree.items()}


_EXACT: Final = ("=", "<>", "in")
"""Operators that compare whole values."""
_SPELLINGS: Final = {
    "product:type": {alias: kind.product_type for kind in KINDS for alias in kind.aliases},
}
"""Other spellings of the values of a property."""


def _respelled(part: Any, spelled: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_respelled(each, spelled) for each in part]
    return spelled.get(part, part) if isinstance(part, str) else part


def _without_nulls(body: Body) -> Body:
    """Null alone for `fields` is refused as stac-api-validator wants it, unless another member tells of a portal."""
    if body.get(FIELDS, ...) is None and not {PAGE, SORTBY} & body.keys():
        raise InvalidParameter(parameter=FIELDS, reason="expected an object, not null; leave the member out")
    return {name: member for name, member in body.items() if member is not None}


def _one_sortby(body: Body) -> Body:
    if SORTBY not in body:
        return body
    keys = body[SORTBY]
    if not isinstance(keys, list):
        raise InvalidParameter(parameter=SORTBY, reason="expected a list of fields with their directions")
    if body.get("sortby", keys) != keys:
        raise InvalidParameter(parameter=SORTBY, reason="cannot be combined with sortby")
    return {**{name: member for name, member in body.items() if name != SORTBY}, "sortby": keys}


def _directions(body: Body) -> Body:
    keys = body.get("sortby")
    return {**body, "sortby": [_direction(key) for key in keys]} if isinstance(keys, list) else body


def _direction(key: Any) -> Any:
    value = key.get("direction") if isinstance(key, dict) else None
    if not isinstance(value, str):
        return key
    return {**key, "direction": {"dsc": "desc"}.get(value.lower(), value.lower())}


def _page_number(body: Body) -> Body:
    value = body.get(PAGE)
    return {**body, PAGE: int(value)} if isinstance(value, str) and value.isascii() and value.isdecimal() else body


def _property_names(body: Body) -> Body:
    query = body.get("query")
    if not isinstance(query, dict):
        return body
    renamed: Body = {}
    for name, conditions in query.items():
        known = _known_name(name)
        if known in renamed and conditions != renamed[known]:
            renamed[known] = _both(known, renamed[known], conditions)
        else:
            renamed[known] = conditions
    return {**body, "query": renamed}


def _known_name(name: str) -> str:
    """The property that a name without a colon is made from."""
    return name if name in BY_NAME else _NAMES.get(name, name)


_NAMES: Final = {name.replace(":", "_"): name for name in BY_NAME if ":" in name}


def _both(name: str, first: Any, second: Any) -> Any:
    """Conditions on one property that was named in two ways."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    if any(first[operator] != second[operator] for operator in first.keys() & second.keys()):
        raise InvalidParameter(parameter=f"query.{name}", reason="given twice, in two spellings")
    return {**first, **second}


RULES: Final = (
    Rule(
        "`null` for what is not set",
        "as if the member were not there",
        (PYGEODES, FORMATER),
        _without_nulls,
    ),
    Rule("`sortBy`", "`sortby`", (FORMATER, PYGEODES, EODAG), _one_sortby),
    Rule("direction `dsc`, or one in capitals", "`desc`, `asc`", (EODAG,), _directions),
    Rule('`page` as text: `"2"`', "the number", (EODAG,), _page_number),
    Rule("`page` with `limit`", "that page in the order of the search", (FORMATER, PYGEODES, EODAG)),
    Rule('`"query": {}`', "no condition", (FORMATER,)),
    Rule("a facet as `product_type` in `query`", "`product:type`", (FORMATER,), _property_names),
    Rule(
        "`TIMESERIE`, the producer's word, as `product:type` in any filter",
        "`TIMESERIES`, the catalogue's",
        (FORMATER, PYGEODES, EODAG),
    ),
    Rule('numbers, true and false as text in `query`: `{"eq": "80"}`', "the values", (EODAG,)),
    Rule(
        "the total and the number of items in `context`",
        "`context: {matched, returned, limit}` beside `numberMatched` and `numberReturned`",
        (FORMATER, PYGEODES, EODAG),
    ),
)
"""Who wants what. Those without a rewriting hold because searches and answers are made so for everyone."""
