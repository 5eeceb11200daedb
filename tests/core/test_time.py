"""Time: every form that users give, and the one that is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import InputError
from combray.core.time import (
    FIRST,
    LAST,
    iso,
    maybe_datetime,
    now,
    to_bounds,
    to_datetime,
    to_last_micros,
    to_micros,
)


def test_every_form_of_a_moment_is_the_same() -> None:
    """A datetime, ISO text and epoch seconds of one moment give the same number."""
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    forms = [moment, "2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", 1714557600, 1714557600.0]
    assert len({to_micros(form) for form in forms}) == 1


def test_a_year_is_text_and_a_number_is_seconds() -> None:
    """The text 2024 is the whole year, the number is a moment in 1970."""
    assert to_bounds("2024") == (to_micros("2024-01-01"), to_micros("2025-01-01") - 1)
    assert to_bounds(2024) == (2024_000_000, 2024_000_000)


def test_a_time_without_a_zone_is_utc() -> None:
    """Naive times are read as UTC, whatever the machine's zone is."""
    assert to_micros("2024-05-01 10:00") == to_micros("2024-05-01T10:00:00Z")


def test_a_date_is_its_midnight() -> None:
    """A day without a time begins at midnight UTC, like the same day as text."""
    assert to_micros(date(2024, 5, 1)) == to_micros("2024-05-01") == to_micros("2024-05-01T00:00Z")


def test_a_time_without_a_zone_is_of_the_zone_that_is_given() -> None:
    """An offset of its own counts first; the ends of the calendar are cut."""
    tokyo = ZoneInfo("Asia/Tokyo")
    assert to_micros("2024-05-01", zone=tokyo) == to_micros("2024-04-30T15:00Z")
    assert to_micros("2024-05-01T00:00Z", zone=tokyo) == to_micros("2024-05-01")
    assert to_micros("0001-01-01", zone=tokyo) == FIRST


def test_the_end_of_a_date_is_its_last_moment() -> None:
    """A day is whole in its zone; a time is itself; the last day ends with the calendar."""
    midnight = to_micros("2024-06-11")
    for day in ("2024-06-10", "20240610", "2024/6/10", "2024-W24-1", date(2024, 6, 10)):
        assert to_last_micros(day) == midnight - 1
    assert to_last_micros("2024-06-10T00:00") == to_micros("2024-06-10")
    assert to_last_micros(datetime(2024, 6, 10)) == to_micros("2024-06-10")
    assert to_last_micros("9999-12-31") == LAST
    berlin = ZoneInfo("Europe/Berlin")
    length = to_last_micros("2024-03-31", zone=berlin) - to_micros("2024-03-31", zone=berlin)
    assert length + 1 == 23 * 3_600_000_000


@pytest.mark.parametrize(
    ("said", "first", "after"),
    [
        ("2024-06", "2024-06-01", "2024-07-01"),
        ("2024/6", "2024-06-01", "2024-07-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        (" 2024 ", "2024-01-01", "2025-01-01"),
        ("2024-W24", "2024-06-10", "2024-06-17"),
        ("2024-06-10", "2024-06-10", "2024-06-11"),
    ],
)
def test_a_part_of_the_calendar_has_a_beginning_and_an_end(
    said: str, first: str, after: str
) -> None:
    """A month, a year, a week and a day are whole in their zone."""
    for zone in (UTC, ZoneInfo("Europe/Berlin")):
        assert to_micros(said, zone=zone) == to_micros(first, zone=zone)
        assert to_last_micros(said, zone=zone) == to_micros(after, zone=zone) - 1
        assert to_bounds(said, zone=zone)[0] == to_micros(first, zone=zone)


@pytest.mark.parametrize("last", ["9999", "9999-12", "9999-12-31"])
def test_the_last_of_the_calendar_ends_with_it(last: str) -> None:
    """There is no day after it."""
    assert to_last_micros(last) == LAST


@pytest.mark.parametrize(
    "bad",
    ["yesterday-ish", "", True, float("nan"), 1e30, [], "2024-13-01", "2024-13", "202", "0000"],
)
def test_what_is_not_a_time_is_refused(bad: object) -> None:
    """Anything else is an InputError that says what is accepted."""
    with pytest.raises(InputError):
        to_micros(bad)  # type: ignore[arg-type]


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_survive_the_round_trip(moment: datetime) -> None:
    """No microsecond is lost on the way in and out."""
    micros = to_micros(moment)
    assert to_datetime(micros) == moment
    assert to_micros(iso(micros) or "") == micros


@pytest.mark.parametrize(
    "text",
    [
        "2023/05/20 (Sat) 02:21",
        "2023/05/20 02:21",
        "20230520_02:21",
        "20230520_0221",
        " 2023-05-20T02:21 ",
        "2023-05-20T02:21:00.000000Z",
        "2023-05-20T04:21+02:00",
    ],
)
def test_the_spellings_of_public_sets_are_read(text: str) -> None:
    """Chats are stamped in many ways; all of these are the same minute."""
    assert to_micros(text) == to_micros("2023-05-20T02:21Z")


def test_a_day_alone_is_read_with_slashes_too() -> None:
    """As its midnight."""
    assert to_micros("2023/05/20") == to_micros(date(2023, 5, 20))


@pytest.mark.parametrize(
    ("moment", "micros"),
    [
        ("0001-01-01T00:00:00Z", FIRST),
        ("9999-12-31T23:59:59.999999Z", LAST),
        (0, 0),
        (-1.5, -1_500_000),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_the_ends_of_time_can_be_kept(moment: str | float, micros: int) -> None:
    """From the first moment of year 1 to the last of year 9999, and before 1970."""
    assert to_micros(moment) == micros
    assert to_micros(to_datetime(micros)) == micros


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", 253_402_300_800, -62_135_596_801],
)
def test_beyond_the_ends_is_refused(moment: str | int) -> None:
    """Also where only the zone carries it over, in the name of what was given."""
    with pytest.raises(InputError, match="birthday"):
        to_micros(moment, what="birthday")


def test_milliseconds_are_recognised() -> None:
    """The likeliest mistake with epoch numbers is named."""
    with pytest.raises(InputError, match="milliseconds"):
        to_micros(1_714_557_600_000)


def test_open_ends_stay_open() -> None:
    """None is no moment, and is written as none."""
    assert iso(None) is None
    assert maybe_datetime(None) is None
    assert maybe_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_iso_text_is_short_where_it_can_be() -> None:
    """With a Z, and microseconds only when there are any."""
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(1) == "1970-01-01T00:00:00.000001Z"


def test_now_is_now() -> None:
    """In microseconds, as everything that is kept."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert before < to_datetime(now()) < before + timedelta(seconds=60)


@given(st.integers(FIRST, LAST))
def test_every_number_that_is_kept_has_its_text(micros: int) -> None:
    """ISO text gives the number again, and sorts as the numbers do."""
    text = iso(micros)
    assert text is not None
    assert to_micros(text) == micros
    assert (text[:19] <= str(iso(LAST))[:19]) is True
