"""The `datetime` parameter: every form people write, each read in one way or refused with the part at fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.errors import InvalidParameter
from api.request.times import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

PAIRS = "flatsim-testland-interferogram"

READ = [
    ("2015-11-12T04:39:00Z", "2015-11-12T04:39:00Z"),
    ("2015-11-12t04:39:00z", "2015-11-12T04:39:00Z"),
    ("2015-11-12 04:39:00Z", "2015-11-12T04:39:00Z"),
    ("2015-11-12T04:39:00.5Z", "2015-11-12T04:39:00.500000Z"),
    ("2015-11-12T04:39:00.123456789Z", "2015-11-12T04:39:00.123456Z"),
    ("2015-11-12T04:39:00+05:30", "2015-11-11T23:09:00Z"),
    ("2015-11-12T04:39:00 05:30", "2015-11-11T23:09:00Z"),  # a + that no one encoded
    ("2015-11-12T04:39:00-00:00", "2015-11-12T04:39:00Z"),
    ("2015-11-12", "2015-11-12T00:00:00Z/2015-11-12T23:59:59.999999Z"),
    ("2015-11", "2015-11-01T00:00:00Z/2015-11-30T23:59:59.999999Z"),
    ("2016-02", "2016-02-01T00:00:00Z/2016-02-29T23:59:59.999999Z"),
    ("2015", "2015-01-01T00:00:00Z/2015-12-31T23:59:59.999999Z"),
    ("2015/2016-02", "2015-01-01T00:00:00Z/2016-02-29T23:59:59.999999Z"),
    ("../2015-11-12", "../2015-11-12T23:59:59.999999Z"),
    ("/2015-11-12", "../2015-11-12T23:59:59.999999Z"),
    ("2015-11-12/", "2015-11-12T00:00:00Z/.."),
    ("2015-11-12/..", "2015-11-12T00:00:00Z/.."),
    ("2015-11-12T00:00:00Z/2015-11-12T00:00:00Z", "2015-11-12T00:00:00Z"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
    ("2017-01-01T00:59:60.9+01:00", "2017-01-01T00:00:00Z"),
    ("0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z/9999-12-31T23:59:59Z"),
    ("9999", "9999-01-01T00:00:00Z/9999-12-31T23:59:59.999999Z"),
]

REFUSED = [
    ("yesterday", "not a time"),
    ("2015-11-12T04:39:00", "offset"),
    ("2015-11-12T04:39", "offset"),
    ("2015-11-12T04:39Z", "not a time"),
    ("2015-11-12T04:39:00+0530", "not a time"),
    ("2015-11-12T04:39:00.Z", "not a time"),
    ("2015-11-12T04:39:00,5Z", "not a time"),
    ("2015-11-12T04:39:00+24:00", "offset"),
    ("2015-11-12T04:39:00+05:60", "offset"),
    ("2015-11-12T24:00:00Z", "hour"),
    ("2015-11-12T04:60:00Z", "minute"),
    ("2015-11-12T04:39:61Z", "second"),
    ("2015-11-12T04:39:60Z", "23:59:60"),
    ("2016-12-31T23:59:60+01:00", "23:59:60"),
    ("2015-13", "month"),
    ("2015-00", "month"),
    ("2015-02-29", "day"),
    ("2015-11-31T00:00:00Z", "day"),
    ("0000-01-01T00:00:00Z", "year"),
    ("10000-01-01T00:00:00Z", "year must"),
    ("-0044-03-15T00:00:00Z", "year must"),
    ("0001-01-01T00:00:00+01:00", "range"),
    ("٢٠٢٠", "not a time"),
    ("", "not a time"),
    ("/", "both ends"),
    ("../..", "both ends"),
    ("..", "not a time"),
    ("2015/2016/2017", "more than one"),
    ("2016/2015", "before the start"),
    ("2015-11-12T00:00:00Z/2015-11-11T23:59:59Z", "before the start"),
    ("x/2015", "(start)"),
    ("2015/x", "(end)"),
    ("2015-02-30/..", "(start)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "plain"), READ)
def test_what_can_be_read(text: str, plain: str) -> None:
    assert str(Interval.parse(text)) == plain
    assert str(Interval.parse(plain)) == plain


@pytest.mark.parametrize(("text", "named"), REFUSED)
def test_what_is_refused(text: str, named: str) -> None:
    with pytest.raises(InvalidParameter, match="datetime") as refused:
        Interval.parse(text)
    assert named in str(refused.value)


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30)),  # noqa: DTZ001
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_instant_is_read_as_python_reads_it(local: datetime, zone: timezone) -> None:
    moment = local.replace(tzinfo=zone)
    assert Interval.parse(moment.isoformat()) == Interval(moment.astimezone(UTC), moment.astimezone(UTC))


@given(st.text(alphabet="0123456789-:TtZz+./ ", max_size=50))
def test_no_text_fails_otherwise(text: str) -> None:
    try:
        interval = Interval.parse(text)
    except InvalidParameter:
        return
    assert interval.start is None or interval.end is None or interval.start <= interval.end


def _meets(item: dict[str, Any], text: str) -> bool:
    interval = Interval.parse(text)
    start, end = (datetime.fromisoformat(item["properties"][name]) for name in ("start_datetime", "end_datetime"))
    return (interval.end is None or start <= interval.end) and (interval.start is None or end >= interval.start)


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-01T00:00:00Z", "2015-03-02T04:39:00Z", "2015-03-02T04:39:00.000001Z", "2015-03-02T05:39:00+01:00",
        "2015-03-02", "2015-03", "2015", "2014", "2015-02/2015-03", "../2015-01-01", "2015-11-01/..",
        "0001-01-01T00:00:00Z/..", "../9999-12-31T23:59:59Z", "2015-06-30T23:59:60Z",
    ],
)  # fmt: skip
def test_the_whole_range_of_an_item_counts(client: TestClient, documents: Any, text: str) -> None:
    expected = {item["id"] for item in documents.pairs if _meets(item, text)}
    asked = {"collections": PAIRS, "datetime": text}
    for answer in (
        client.get("/search", params=asked),
        client.post("/search", json={**asked, "collections": [PAIRS]}),
        client.get(f"/collections/{PAIRS}/items", params={"datetime": text}),
    ):
        assert answer.status_code == 200, answer.text
        assert {item["id"] for item in answer.json()["features"]} == expected


def test_the_letter_of_the_standard_can_be_asked_for(make_settings: Callable[..., ServiceSettings]) -> None:
    app = create_app(make_settings(strict_times=True))
    with TestClient(app, raise_server_exceptions=False) as client:
        for text, status in (("2015-03-02", 400), ("2015", 400), ("2015-03-02T00:00:00Z/..", 200)):
            for path in ("/search", f"/collections/{PAIRS}/items", "/collections"):
                assert client.get(path, params={"datetime": text}).status_code == status, (path, text)
            assert client.post("/search", json={"datetime": text}).status_code == status
