"""Searches by chance, over what `varied_items` has."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from varied_items import COLLECTIONS, moment, pool, varied_items

from catalog_builder.vocab.queryables import QUERYABLES, Queryable

Tree = dict[str, Any]
N_ITEMS = 60
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ITEMS = varied_items(N_ITEMS, seed=5)


def op(operator: str, *args: Any) -> Tree:
    return {"op": operator, "args": list(args)}


def rows(*types: str, time: bool = False) -> st.SearchStrategy[Queryable]:
    chosen = [row for row in QUERYABLES if row.type in types and row.time is time]
    return st.sampled_from(chosen)


def reference(row: Queryable) -> Tree:
    return {"property": row.name}


@st.composite
def texts(draw: st.DrawFn) -> Tree:
    row = draw(rows("string").filter(lambda row: row.name not in ("id", "collection")))
    value = draw(st.sampled_from([*pool(row), "nowhere"]))
    left: Tree = reference(row)
    folded = draw(st.sampled_from([None, None, "casei", "accenti"]))
    if folded:
        left, value = op(folded, left), op(folded, value)
    kind = draw(st.sampled_from(["compare", "in", "like", "null"]))
    if kind == "in" and not folded:
        return op("in", left, draw(st.lists(st.sampled_from(pool(row)), min_size=1, max_size=3)))
    if kind == "like":
        pattern = draw(st.sampled_from(["%", "N%", "%th", "_tna", "100\\%", "under\\_%", "a\\\\b", "%e%", "", "%s"]))
        return op("like", left, op(folded, pattern) if folded else pattern)
    if kind == "null":
        return op("isNull", left)
    return op(draw(st.sampled_from(COMPARISONS)), left, value)


@st.composite
def numbers(draw: st.DrawFn) -> Tree:
    row = draw(rows("integer", "number"))
    values = st.sampled_from([*pool(row), 80.5, -3.5, 2**40, 12.0])
    left: Any = reference(row)
    if draw(st.integers(0, 4)) == 0:
        left = op(draw(st.sampled_from(["+", "-", "*"])), left, draw(st.sampled_from([1, 0.5, -2])))
    kind = draw(st.sampled_from(["compare", "mirrored", "between", "in", "property", "null"]))
    operator = draw(st.sampled_from(COMPARISONS))
    if kind == "mirrored":
        return op(operator, draw(values), left)
    if kind == "between":
        return op("between", left, *sorted([draw(values), draw(values)]))
    if kind == "in":
        return op("in", left, draw(st.lists(values, min_size=1, max_size=3)))
    if kind == "property":
        return op(operator, left, reference(draw(rows("integer", "number"))))
    return op("isNull", left) if kind == "null" else op(operator, left, draw(values))


INSTANTS = st.builds(moment, st.integers(-1, 7))
DAYS = INSTANTS.map(lambda text: text[:10])
TIMES = st.one_of(INSTANTS.map(lambda text: {"timestamp": text}), DAYS.map(lambda text: {"date": text}), INSTANTS, DAYS)


@st.composite
def times(draw: st.DrawFn) -> Tree:
    left = reference(draw(rows("string", time=True)))
    if draw(st.booleans()):
        return op("between", left, draw(TIMES), draw(TIMES))
    return op(draw(st.sampled_from(COMPARISONS)), left, draw(TIMES))


@st.composite
def spans(draw: st.DrawFn) -> Tree:
    """A temporal function of an interval or an instant of the item, and one of the request."""
    operator = draw(st.sampled_from(
        ["after", "before", "contains", "during", "equals", "finishedby", "finishes", "intersects", "meets", "metby",
         "overlappedby", "overlaps", "startedby", "starts", "disjoint"]
    ))  # fmt: skip
    start, end = sorted([draw(st.integers(-1, 7)), draw(st.integers(-1, 7))])
    closed, days = [moment(start), moment(end)], [moment(start)[:10], moment(end)[:10]]
    intervals = [closed, days, ["..", closed[1]], [closed[0], ".."]]
    asked = draw(st.sampled_from([*({"interval": ends} for ends in intervals), {"timestamp": closed[0]}]))
    of_item = draw(st.sampled_from([
        {"interval": [{"property": "start_datetime"}, {"property": "end_datetime"}]},
        {"interval": [{"property": "insar:reference_datetime"}, ".."]},
        {"property": "datetime"},
        {"property": "insar:secondary_datetime"},
    ]))  # fmt: skip
    return op(f"t_{operator}", *draw(st.permutations([asked, of_item])))


@st.composite
def lists(draw: st.DrawFn) -> Tree:
    row = draw(rows("array"))
    members = draw(st.lists(st.sampled_from(["a", "b", *row.enum]), max_size=2, unique=True))
    operator = draw(st.sampled_from(["a_contains", "a_containedBy", "a_equals", "a_overlaps"]))
    return op(operator, *draw(st.permutations([reference(row), members])))


@st.composite
def places(draw: st.DrawFn) -> Tree:
    west, south = draw(st.integers(-11, 11)), draw(st.integers(-6, 6))
    size = draw(st.sampled_from([0.5, 1, 4]))
    geometry = draw(st.sampled_from([
        {"type": "Point", "coordinates": [west + 0.5, south + 0.5]},
        {"type": "Point", "coordinates": [west, south]},
        {"type": "LineString", "coordinates": [[west, south], [west + size, south + size]]},
        {"bbox": [west, south, west + size, south + size]},
    ]))  # fmt: skip
    operator = draw(st.sampled_from(["intersects", "disjoint", "within", "contains", "touches", "equals"]))
    return op(f"s_{operator}", *draw(st.permutations([{"property": "geometry"}, geometry])))


def truths() -> st.SearchStrategy[Tree]:
    left = rows("boolean").map(reference)
    return st.builds(op, st.sampled_from(["=", "<>"]), left, st.booleans())


CONDITIONS = st.recursive(
    st.one_of(texts(), numbers(), times(), spans(), lists(), places(), truths(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda args: op("and", *args)),
        st.lists(inner, min_size=1, max_size=3).map(lambda args: op("or", *args)),
        inner.map(lambda arg: op("not", arg)),
    ),
    max_leaves=5,
)
TERMS = st.sampled_from(
    ["etna", "ÉTNA", "etnas", "north", "score", "100%", "item_003", "item 01", "item 012", "ascending", "Descending",
     "7", "80", "track 80", "track 8", "2015", "201501", "20150107", "2015010", "testland", "timeseries",
     "flatsim-testland-interferogram", "testland auxiliarydata", "nowhere", "interferograms"]
)  # fmt: skip
WORDS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(op, st.sampled_from(["and", "or"]), inner, inner), inner.map(lambda arg: op("not", arg))
    ),
    max_leaves=4,
)
SORTABLE = st.sampled_from([row.name for row in QUERYABLES if row.sortable])
INTERVALS = st.one_of(
    INSTANTS, DAYS, st.just("2015-01"), INSTANTS.map("{}/..".format), DAYS.map("../{}".format),
    st.tuples(st.integers(-1, 7), st.integers(0, 3)).map(lambda pair: f"{moment(pair[0])}/{moment(sum(pair))}"),
)  # fmt: skip
BOXES = st.tuples(st.integers(-11, 11), st.integers(-6, 6), st.integers(0, 9)).map(
    lambda three: [three[0], three[1], three[0] + three[2], three[1] + three[2]]
)
SEARCHES = st.fixed_dictionaries(
    {"limit": st.sampled_from([1, 4, 9, 100])},
    optional={
        "filter": CONDITIONS,
        "q": WORDS,
        "sortby": st.lists(
            st.fixed_dictionaries({"field": SORTABLE, "direction": st.sampled_from(["asc", "desc"])}),
            max_size=3,
            unique_by=lambda key: key["field"],
        ),
        "collections": st.lists(st.sampled_from(COLLECTIONS), max_size=2),
        "ids": st.lists(st.sampled_from([item["id"] for item in ITEMS]), max_size=30),
        "datetime": INTERVALS,
        "bbox": BOXES | st.just([170, -5, -8, 5]),
    },
)
