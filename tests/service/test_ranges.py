"""The Range header by the rules of RFC 9110."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import RangeNotSatisfiable
from api.http.ranges import satisfiable_ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", "bytes=0-0"),
        ("bytes=0-", "bytes=0-99"),
        ("bytes=90-200", "bytes=90-99"),
        ("bytes=-1", "bytes=99-99"),
        ("bytes=-500", "bytes=0-99"),
        ("BYTES = 1-2 , 4-5", "bytes=1-2,4-5"),
        ("bytes=0-1,200-300", "bytes=0-1"),
        ("bytes=0-1,,5-6", "bytes=0-1,5-6"),
    ],
)
def test_ranges_that_lie_in_the_file(header: str, expected: str) -> None:
    assert satisfiable_ranges(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "lines=0-1", "bytes=1-2-3", "bytes=1",
     "bytes=" + ",".join(["0-1"] * 101), "bytes=²-3", "bytes=0-" + "9" * 5000],
)  # fmt: skip
def test_headers_that_are_ignored(header: str) -> None:
    assert satisfiable_ranges(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=500-600,700-"])
def test_ranges_outside_the_file(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        satisfiable_ranges(header, 100)
    assert refused.value.headers == {"Content-Range": "bytes */100"}


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_no_range_lies_in_an_empty_file(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        satisfiable_ranges(header, 0)


SPANS = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda pair: f"{min(pair)}-{max(pair)}")
PARTS = SPANS | st.integers(0, 200).map(lambda first: f"{first}-") | st.integers(0, 200).map(lambda count: f"-{count}")


@given(parts=st.lists(PARTS, min_size=1, max_size=5), size=st.integers(0, 150))
def test_the_same_bytes_as_by_the_definition(parts: list[str], size: int) -> None:
    wanted: set[int] = set()
    for part in parts:
        first, _, last = part.partition("-")
        if first:
            wanted |= set(range(int(first), min(int(last or size), size - 1) + 1))
        elif int(last):
            wanted |= set(range(max(size - int(last), 0), size))
    try:
        header = satisfiable_ranges("bytes=" + ",".join(parts), size)
    except RangeNotSatisfiable:
        assert not wanted
        return
    assert header is not None
    got: set[int] = set()
    for part in header.removeprefix("bytes=").split(","):
        first, _, last = part.partition("-")
        got |= set(range(int(first), int(last) + 1))
    assert got == wanted
