"""Searches carried out in plain Python over items in a list: what the service has to answer.

Written from the standard and from docs/decisions/0010-searches.md, without any of the service's code.
"""

from __future__ import annotations

import functools
import math
import operator as operators
import re
import unicodedata
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shapely import box
from shapely.geometry import shape

from catalog_builder.vocab.queryables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Item = dict[str, Any]
EARLY, LATE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def read_time(text: str) -> tuple[datetime, datetime]:
    """First and last moment of an instant, a day or a month."""
    if "T" in text:
        moment = datetime.fromisoformat(text)
        return moment, moment
    year, month, day = (int(part) for part in [*text.split("-"), "1"][:3])
    start = datetime(year, month, day, tzinfo=UTC)
    days = 1 if text.count("-") == 2 else monthrange(year, month)[1]
    return start, start + timedelta(days=days) - MICROSECOND


def value_of(item: Item, name: str) -> Any:
    """Value of a property: times as such, lists as sets, None where it is missing."""
    if name in ("id", "collection"):
        return item[name]
    if name == "geometry":
        return shape(item["geometry"])
    properties = item["properties"]
    found = properties.get(name)
    if found is None and name in ("start_datetime", "end_datetime"):
        found = properties["datetime"]
    if found is None:
        return None
    if BY_NAME[name].time:
        return datetime.fromisoformat(found)
    return frozenset(found) if BY_NAME[name].type == "array" else found


def holds(tree: Any, item: Item) -> bool | None:
    """Whether a CQL2 condition holds; None where that cannot be said."""
    if isinstance(tree, bool):
        return tree
    operator, args = tree["op"].lower(), tree["args"]
    if operator in ("and", "or"):
        return _joined(operator, [holds(arg, item) for arg in args])
    if operator == "not":
        inner = holds(args[0], item)
        return None if inner is None else not inner
    return _predicate(operator, args, item)


def _predicate(operator: str, args: list[Any], item: Item) -> bool | None:
    if operator == "isnull":
        return _scalar(args[0], item) is None
    if operator == "in":
        return _joined("or", [_compared("=", args[0], member, item) for member in args[1]])
    if operator == "between":
        bounds = zip((">=", "<="), args[1:], strict=True)
        return _joined("and", [_compared(one, args[0], bound, item) for one, bound in bounds])
    if operator.startswith("t_"):
        return _temporal(operator, *(_span(arg, item) for arg in args))
    if operator in _OTHERS:
        left, right = (_scalar(arg, item) for arg in args)
        return None if left is None or right is None else _OTHERS[operator](left, right)
    return _compared(operator, args[0], args[1], item)


def _joined(operator: str, parts: Sequence[bool | None]) -> bool | None:
    decisive = operator == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _compared(operator: str, left: Any, right: Any, item: Item) -> bool | None:
    one, other = _scalar(left, item), _scalar(right, item)
    if one is None or other is None:
        return None
    if isinstance(one, datetime) and isinstance(other, str):
        other = read_time(other)
    if isinstance(other, tuple):
        first, last = other
        return {
            "=": first <= one <= last, "<>": not first <= one <= last,
            "<": one < first, "<=": one <= last, ">": one > last, ">=": one >= first,
        }[operator]  # fmt: skip
    return bool(_COMPARED[operator](one, other))


_COMPARED = {
    "=": operators.eq, "<>": operators.ne, "<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge,
}  # fmt: skip


def _scalar(tree: Any, item: Item) -> Any:
    """Value of an operand."""
    if isinstance(tree, list):
        return frozenset(tree)
    if not isinstance(tree, dict):
        return tree
    if "property" in tree:
        return value_of(item, tree["property"])
    for name, read in _LITERALS.items():
        if name in tree:
            return read(tree)
    args = [_scalar(arg, item) for arg in tree["args"]]
    return None if None in args else _FUNCTIONS[tree["op"]](*args)


_LITERALS: dict[str, Any] = {
    "timestamp": lambda tree: datetime.fromisoformat(tree["timestamp"]),
    "date": lambda tree: read_time(tree["date"]),
    "bbox": lambda tree: box(*tree["bbox"]),
    "type": shape,
}
_FUNCTIONS: dict[str, Any] = {
    "casei": str.lower,
    "accenti": lambda text: text.translate(str.maketrans("éàçü", "eacu")),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "div": lambda a, b: math.trunc(a / b),
    "%": math.fmod,
    "^": lambda a, b: a**b,
}


def _like(text: str, pattern: str) -> bool:
    parts = re.findall(r"\\(.)|(%)|(_)|(.)", pattern, re.DOTALL)
    regex = "".join(
        ".*" if many else "." if one else re.escape(escaped or plain) for escaped, many, one, plain in parts
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None


_OTHERS: dict[str, Any] = {
    "like": _like,
    "a_contains": lambda a, b: a >= b,
    "a_containedby": lambda a, b: a <= b,
    "a_equals": lambda a, b: a == b,
    "a_overlaps": lambda a, b: bool(a & b),
    **{
        f"s_{name}": functools.partial(lambda method, a, b: getattr(a, method)(b), name)
        for name in ("contains", "crosses", "disjoint", "equals", "intersects", "overlaps", "touches", "within")
    },
}


def _span(tree: Any, item: Item) -> tuple[datetime | None, datetime | None]:
    """Both ends of a temporal operand."""
    if isinstance(tree, dict) and "interval" in tree:
        first, last = tree["interval"]
        start = EARLY if first == ".." else _span(first, item)[0]
        return start, LATE if last == ".." else _span(last, item)[1]
    found = read_time(tree) if isinstance(tree, str) else _scalar(tree, item)
    return found if isinstance(found, tuple) else (found, found)


_ALLEN = {
    "t_after": "a>d", "t_before": "b<c", "t_contains": "a<c b>d", "t_during": "a>c b<d", "t_equals": "a=c b=d",
    "t_finishedby": "a<c b=d", "t_finishes": "a>c b=d", "t_intersects": "a<=d b>=c", "t_meets": "b=c", "t_metby": "a=d",
    "t_overlaps": "a<c b>c b<d", "t_overlappedby": "a>c a<d b>d", "t_startedby": "a=c b>d", "t_starts": "a=c b<d",
}  # fmt: skip
"""What a function says of an interval from a to b and one from c to d."""


def _temporal(operator: str, one: tuple[Any, Any], other: tuple[Any, Any]) -> bool | None:
    """A relation of two intervals; only the ends that it speaks of need be there."""
    if operator == "t_disjoint":
        meeting = _temporal("t_intersects", one, other)
        return None if meeting is None else not meeting
    ends = dict(zip("abcd", (*one, *other), strict=True))
    parts: list[bool | None] = []
    for said in _ALLEN[operator].split():
        first, relation, second = ends[said[0]], said[1:-1], ends[said[-1]]
        parts.append(None if first is None or second is None else bool(_COMPARED[relation](first, second)))
    return _joined("and", parts)


Words = str | dict[str, Any]
"""A search in words: a term, or `and`, `or`, `not` of such. A term with a blank in it is a phrase."""


def in_words(tree: Words) -> str:
    """It as the parameter `q` has it."""
    if isinstance(tree, str):
        return f'"{tree}"' if " " in tree else tree
    args = [in_words(arg) for arg in tree["args"]]
    if tree["op"] == "not":
        return f"NOT {args[0]}"
    joined = f" {tree['op'].upper()} ".join(args)
    return f"({joined})"


def says(tree: Words, item: Item) -> bool:
    """Whether an item's own texts, or the id of its collection, have the words; endings of plurals aside."""
    if isinstance(tree, dict):
        parts = (says(arg, item) for arg in tree["args"])
        return not next(parts) if tree["op"] == "not" else (all if tree["op"] == "and" else any)(parts)
    wanted = _plain_words(tree)
    return any(
        all(map(_is_word, wanted, words[start : start + len(wanted)], [tree] * len(wanted)))
        for words in map(_plain_words, _texts(item))
        for start in range(len(words) - len(wanted) + 1)
    )


def _texts(item: Item) -> Iterator[str]:
    properties = item["properties"]
    names = ("title", "identifier", "flatsim:region", "flatsim:track", "sat:orbit_state", "description")
    yield from (item["id"], item["collection"], *(str(properties[name]) for name in names if properties.get(name)))
    yield from properties.get("keywords", ())
    yield f"track {properties.get('sat:relative_orbit')}"
    yield from (properties[name][:10].replace("-", "") for name in ("start_datetime", "end_datetime"))


def _plain_words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return [word.removesuffix("s") for word in re.findall(r"[^\W_]+", plain)]


def _is_word(wanted: str, word: str, term: str) -> bool:
    """Whether words are the same; one with a digit is the beginning of others, unless it is short or in a phrase."""
    begins = " " not in term and any(map(str.isdigit, wanted)) and (not wanted.isdigit() or len(wanted) >= 4)
    return word.startswith(wanted) if begins else word == wanted


def matches(search: dict[str, Any], item: Item) -> bool:
    """Whether an item is found by the body of a `POST /search`, its query left aside and `q` as `Words`."""
    if "q" in search and not says(search["q"], item):
        return False
    if (ids := search.get("ids")) and item["id"] not in ids:
        return False
    if (collections := search.get("collections")) and item["collection"] not in collections:
        return False
    if not _is_there(search, value_of(item, "geometry")) or not _is_then(search.get("datetime"), item):
        return False
    return "filter" not in search or holds(search["filter"], item) is True


def _is_there(search: dict[str, Any], footprint: Any) -> bool:
    places = [shape(search["intersects"])] if search.get("intersects") else []
    if bbox := search.get("bbox"):
        west, south, east, north = bbox
        places = [box(west, south, 180, north), box(-180, south, east, north)] if west > east else [box(*bbox)]
    return not places or any(place.intersects(footprint) for place in places)


def _is_then(text: str | None, item: Item) -> bool:
    if text is None:
        return True
    first, _, last = text.partition("/") if "/" in text else (text, "", text)
    start = EARLY if first in ("", "..") else read_time(first)[0]
    end = LATE if last in ("", "..") else read_time(last)[1]
    return bool(value_of(item, "start_datetime") <= end and value_of(item, "end_datetime") >= start)


def ordered(items: Iterable[Item], sortby: Sequence[dict[str, str]] = ()) -> list[Item]:
    """Items in the order of a search."""
    keys = [(key["field"], key.get("direction") == "desc") for key in sortby] or [("datetime", True)]
    ties = ("collection", "id") if {"datetime", "start_datetime"} & dict(keys).keys() else ("", "collection", "id")
    keys += [(tie, keys[0][1]) for tie in ties if tie not in dict(keys)]
    found = list(items)
    for name, descending in reversed(keys):
        found.sort(key=lambda item: _rank(_sort_value(item, name)), reverse=descending)
        found.sort(key=lambda item: _sort_value(item, name) is None)
    return found


def _sort_value(item: Item, name: str) -> Any:
    """Value of a property; without a name the nominal time, by which equal items are sorted."""
    if name:
        return value_of(item, name)
    moment = value_of(item, "datetime")
    return value_of(item, "start_datetime") if moment is None else moment


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def found(search: dict[str, Any], items: Iterable[Item]) -> list[str]:
    """Ids of what a search finds, in its order."""
    return [
        item["id"] for item in ordered((item for item in items if matches(search, item)), search.get("sortby") or ())
    ]
