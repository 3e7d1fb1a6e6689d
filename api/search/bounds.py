"""Whether a collection can hold what a search asks for, from what its items lie within.

The answer is never no where there is such an item. What is not understood here is taken to be everywhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.geometries import bbox_geometry, read_bbox
from api.queries.filters.comparisons import MIRRORED
from api.queries.filters.operands import ARITHMETIC, TEXT_FUNCTIONS, Operand, Scope, moment, read_operand
from api.queries.filters.spatial import FUNCTIONS as SPATIAL
from api.queries.filters.temporal import FUNCTIONS as TEMPORAL
from api.queries.filters.temporal import comparisons
from api.queries.sql import Parameters
from api.search.properties import Kind
from catalog_builder.derived.item_bounds import END, ID, START, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from api.search.model import Search
    from api.search.properties import Property, PropertyTable


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the items of a collection lie within, as `vocab.item_bounds` has it.

    Attributes:
        collection: Which.
        values: By the SQL that reads a property; an empty mapping is anywhere.
        box: West, south, east and north of all footprints; None where there are none. Nothing is anywhere.
    """

    collection: str
    values: Mapping[str, dict[str, Any] | None]
    box: tuple[float, ...] | None = ()

    @classmethod
    def read(cls, collection: str, told: dict[str, Any] | None) -> Bounds:
        """From its JSON; without any, items lie anywhere."""
        if told is None:
            return cls(collection, {})
        box = told.get("box", ())
        return cls(collection, told.get("values", {}), box if box is None else tuple(box))


Test = Callable[[Bounds], bool]
"""Whether a collection of these bounds can hold an item that meets a condition."""


def possible(search: Search, properties: PropertyTable) -> Test | None:
    """What tells whether a collection can hold an item of a search; None where none can be passed over.

    Args:
        search: One whose conditions are known to be sound.
        properties: How properties are read.
    """
    tests = [test for test in _tests(search, properties) if test is not None]
    return (lambda bounds: all(test(bounds) for test in tests)) if tests else None


def _tests(search: Search, properties: PropertyTable) -> Iterator[Test | None]:
    if search.ids:
        yield _one_of_texts(ID, search.ids)
    if search.interval and search.interval.end:
        yield _within(START, "<=", *(microseconds(search.interval.end),) * 2)
    if search.interval and search.interval.start:
        yield _within(END, ">=", *(microseconds(search.interval.start),) * 2)
    if search.geometry:
        yield _meets(orjson.loads(search.geometry))
    for each in search.conditions:
        yield _condition(each.tree, Scope(properties, Parameters(), each.parameter))


def _condition(tree: Any, scope: Scope) -> Test | None:
    """What tells whether there can be an item for which a condition is true."""
    if tree is False:
        return lambda _: False
    if not isinstance(tree, dict):
        return None
    operator, args = str(tree.get("op")).lower(), tree.get("args")
    if operator not in _TESTS or not isinstance(args, list):
        return None
    return _TESTS[operator](operator, args, scope)


def _and(_: str, args: list[Any], scope: Scope) -> Test | None:
    return _all([_condition(arg, scope) for arg in args])


def _or(_: str, args: list[Any], scope: Scope) -> Test | None:
    return _any([_condition(arg, scope) for arg in args])


def _between(_: str, args: list[Any], scope: Scope) -> Test | None:
    value, low, high = args if len(args) == 3 else (args[0], *args[1])  # noqa: PLR2004
    return _all([_comparison(">=", [value, low], scope), _comparison("<=", [value, high], scope)])


def _in(_: str, args: list[Any], scope: Scope) -> Test | None:
    return _any([_comparison("=", [args[0], member], scope) for member in args[1]])


def _all(tests: list[Test | None]) -> Test | None:
    known = [test for test in tests if test is not None]
    return (lambda bounds: all(test(bounds) for test in known)) if known else None


def _any(tests: list[Test | None]) -> Test | None:
    known = [test for test in tests if test is not None]
    return (lambda bounds: any(test(bounds) for test in known)) if len(known) == len(tests) else None


def _comparison(operator: str, args: list[Any], scope: Scope) -> Test | None:
    sides = [_operand(side, scope) for side in args]
    if sides[0] is not None and sides[0].is_value:
        sides.reverse()
        operator = MIRRORED[operator]
    of, value = sides
    if of is None or value is None or of.of is None or not value.is_value or operator == "<>":
        return None
    return _compared(operator, of.of, value, scope)


def _compared(operator: str, of: Property, value: Operand, scope: Scope) -> Test | None:
    if of.kind is Kind.TIME:
        low, high = value.value if value.kind is Kind.TIME else moment(value.value, scope, of.name)
        return _within(of.expression, operator, microseconds(low), microseconds(high))
    if of.kind.numeric:
        return _within(of.expression, operator, value.value, value.value)
    if operator != "=":
        return None
    if of.expression == "collection":
        return lambda bounds: bool(bounds.collection == value.value)
    return _one_of_texts(of.expression, [str(value.value).lower() if of.kind is Kind.BOOLEAN else value.value])


def _operand(tree: Any, scope: Scope) -> Operand | None:
    """A property or a value; None for what is worked out of them."""
    if isinstance(tree, dict) and str(tree.get("op")).lower() in (*TEXT_FUNCTIONS, *ARITHMETIC):
        return None
    return read_operand(tree, scope)


_MAY: Final[dict[str, Callable[[Any, Any, Any, Any], bool]]] = {
    "=": lambda least, greatest, low, high: bool(least <= high and low <= greatest),
    "<": lambda least, _, low, __: bool(least < low),
    "<=": lambda least, _, __, high: bool(least <= high),
    ">": lambda _, greatest, __, high: bool(greatest > high),
    ">=": lambda _, greatest, low, __: bool(greatest >= low),
}
"""Whether one of the values from the least to the greatest compares so with the span from low to high."""


def _within(expression: str, operator: str, low: Any, high: Any) -> Test:
    may = _MAY[operator]

    def test(bounds: Bounds) -> bool:
        found = bounds.values.get(expression, _ANYWHERE)
        if found is None:
            return False  # a comparison with what an item lacks is never true
        if "set" in found:
            return any(may(value, value, low, high) for value in found["set"])
        least, greatest = found.get("range", (None, None))
        return least is None or may(least, greatest, low, high)

    return test


_ANYWHERE: Final[dict[str, Any]] = {}


def _one_of_texts(expression: str, texts: Iterable[str]) -> Test:
    ordered = sorted(set(texts))

    def between(least: str, last: str) -> bool:
        place = bisect_left(ordered, least)
        return place < len(ordered) and ordered[place] <= last

    return _some_text(expression, frozenset(ordered).__contains__, between)


def _like(_: str, args: list[Any], scope: Scope) -> Test | None:
    of, pattern = _operand(args[0], scope), args[1]
    if of is None or of.of is None or not isinstance(pattern, str):
        return None
    prefix = next((pattern[:place] for place, letter in enumerate(pattern) if letter in "%_\\"), pattern)
    return _some_text(of.of.expression, lambda text: text.startswith(prefix), lambda _, __: True)


def _some_text(expression: str, fits: Callable[[str], bool], may_fit: Callable[[str, str], bool]) -> Test:
    """Whether one of a set of texts fits, or one between two of them may."""

    def test(bounds: Bounds) -> bool:
        found = bounds.values.get(expression, _ANYWHERE)
        if found is None:
            return False
        if "set" in found:
            return any(map(fits, found["set"]))
        return may_fit(*found["range"]) if "range" in found else True

    return test


def _temporal(operator: str, args: list[Any], scope: Scope) -> Test | None:
    tests: list[Test | None] = []
    for one, compared, other in comparisons(operator, args, scope):
        if one.sql and other.value:
            tests.append(_within(one.sql, compared, *(microseconds(other.value),) * 2))
        elif other.sql and one.value:
            tests.append(_within(other.sql, MIRRORED[compared], *(microseconds(one.value),) * 2))
    return _all(tests)


def _spatial(_: str, args: list[Any], __: Scope) -> Test | None:
    """For all functions but S_DISJOINT both geometries have a point in common."""
    given = [arg for arg in args if not (isinstance(arg, dict) and "property" in arg)]
    if len(given) != 1:
        return None
    (literal,) = given
    return _meets(bbox_geometry(read_bbox(literal["bbox"])) if "bbox" in literal else literal)


def _meets(geometry: dict[str, Any]) -> Test | None:
    """Whether footprints may meet one of the parts of a geometry."""
    members = geometry.get("geometries", geometry.get("coordinates", ()))
    is_many = geometry["type"].startswith("Multi") or "geometries" in geometry
    return _any([_overlaps(part) for part in (members if is_many else [members])])


def _overlaps(part: Any) -> Test | None:
    """Whether the box of footprints meets that of a geometry, of which this is a member or the coordinates."""
    positions = list(_positions(part))
    if not positions:
        return None
    longitudes, latitudes = zip(*positions, strict=True)
    west, south, east, north = min(longitudes), min(latitudes), max(longitudes), max(latitudes)

    def test(bounds: Bounds) -> bool:
        if not bounds.box:
            return bounds.box is not None
        left, bottom, right, top = bounds.box
        return bool(left <= east and west <= right and bottom <= north and south <= top)

    return test


def _positions(tree: Any) -> Iterator[tuple[float, float]]:
    """Longitude and latitude of each vertex."""
    if isinstance(tree, dict):
        yield from _positions(tree.get("geometries", tree.get("coordinates", ())))
    elif tree and isinstance(tree[0], int | float):
        yield tree[0], tree[1]
    else:
        for part in tree:
            yield from _positions(part)


_TESTS: Final[dict[str, Callable[[str, list[Any], Scope], Test | None]]] = {
    "and": _and,
    "or": _or,
    "between": _between,
    "in": _in,
    "like": _like,
    **dict.fromkeys(MIRRORED, _comparison),
    **dict.fromkeys(set(SPATIAL) - {"s_disjoint"}, _spatial),
    **dict.fromkeys(TEMPORAL, _temporal),
}
"""What an operator says of where items are. Of the others (NOT, IS NULL, …) nothing is concluded."""
