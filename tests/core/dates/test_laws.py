"""Laws of dates: of open spans, of days in zones, and of texts that hold none."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.dates.spans import find_spans, told_of
from combray.core.dates.zones import to_wall
from combray.core.time import FIRST, LAST, to_datetime, to_micros
from tests.core.dates.expressions import ASKED, EXPRESSIONS

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata",
    # The south; half an hour of summer time; midnights that do not exist or come twice.
    "Australia/Sydney", "America/Santiago", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana",
    # The ends of the map.
    "Pacific/Kiritimati", "Etc/GMT+12",
)  # fmt: skip
SKIPPED = {
    "Pacific/Kiritimati": "1994-12-31", "Pacific/Apia": "2011-12-30",
    "Pacific/Fakaofo": "2011-12-30", "Pacific/Kwajalein": "1993-08-21",
}  # fmt: skip
"""The day that each of these zones left out when it moved over the date line."""
MIDNIGHTS = {
    "America/Sao_Paulo": "2018-11-04", "Asia/Beirut": "2024-03-31",
    "America/Havana": "2024-03-10", "America/Asuncion": "2023-10-01",
}  # fmt: skip
"""A day of each of these zones that began at one in the morning."""
HOUR = 3_600_000_000
moments = st.integers(to_micros("1990-01-01"), to_micros("2030-01-01"))
zones = st.sampled_from(ZONES).map(ZoneInfo)
written = st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(date.isoformat)


def one(text: str, asked: int, zone: ZoneInfo) -> tuple[int, int]:
    """The only span of a text."""
    (span,) = find_spans(text, asked, zone)
    return span.start, span.end


@given(moments, zones, written)
def test_before_a_day_the_day_and_after_it_are_all_of_time(
    asked: int, zone: ZoneInfo, day: str
) -> None:
    """Since and until take in the day itself."""
    start, end = one(f"on {day}", asked, zone)
    assert one(f"before {day}", asked, zone) == (FIRST, start)
    assert one(f"until {day}", asked, zone) == (FIRST, end)
    assert one(f"after {day}", asked, zone) == (end, LAST)
    assert one(f"since {day}", asked, zone) == (start, LAST)


@given(moments, zones, written, written)
def test_between_two_days_is_from_the_first_to_the_last(
    asked: int, zone: ZoneInfo, first: str, last: str
) -> None:
    """Both are in it."""
    first, last = sorted((first, last))
    if first != last:
        start, _ = one(f"on {first}", asked, zone)
        _, end = one(f"on {last}", asked, zone)
        for text in (f"between {first} and {last}", f"from {first} to {last}"):
            assert one(text, asked, zone) == (start, end)


@pytest.mark.parametrize("name", ZONES)
def test_every_moment_of_a_year_is_of_one_day(name: str) -> None:
    """On the 23, 24 or 25 hours of a day, in spring and in autumn, north and south."""
    zone, lengths, at = ZoneInfo(name), set(), to_micros("2024-01-02")
    day, (start, end) = "", (at, at)
    while at < to_micros("2025-01-02"):
        shown = to_datetime(at).astimezone(zone).date().isoformat()
        if shown != day:
            following = one(f"on {shown}", at, zone)
            assert following[0] == end or not day
            day, (start, end) = shown, following
            lengths.add((end - start) / HOUR)
            assert one("today", at, zone) == (start, end)
        assert start <= at < end
        at += HOUR // 2
    changes = {
        "UTC": set(), "Asia/Tokyo": set(), "Asia/Kolkata": set(), "Pacific/Kiritimati": set(),
        "Etc/GMT+12": set(), "Australia/Lord_Howe": {23.5, 24.5},
    }.get(name, {23.0, 25.0})  # fmt: skip
    assert lengths == {24.0} | changes


@given(moments, zones)
def test_yesterday_today_and_tomorrow_follow_each_other(asked: int, zone: ZoneInfo) -> None:
    """Today holds the moment of asking; the day before yesterday is before yesterday."""
    days = [
        one(text, asked, zone)
        for text in ("the day before yesterday", "yesterday", "today", "tomorrow")
    ]
    assert all(before[1] == after[0] for before, after in pairwise(days))
    assert days[2][0] <= asked < days[2][1]
    assert one("in the past 3 days", asked, zone) == (days[0][0], days[2][1])
    assert one("vorgestern", asked, zone) == one("前天", asked, zone) == days[0]


def around(gaps: dict[str, str]) -> st.SearchStrategy[tuple[int, ZoneInfo]]:
    """A moment within four days of a gap, in its zone."""
    return st.tuples(st.sampled_from(sorted(gaps)), st.integers(-96 * HOUR, 120 * HOUR)).map(
        lambda drawn: (to_micros(gaps[drawn[0]]) + drawn[1], ZoneInfo(drawn[0]))
    )


@given(around(SKIPPED) | around(MIDNIGHTS))
def test_days_follow_each_other_where_a_day_or_a_midnight_was_left_out(
    asked: tuple[int, ZoneInfo],
) -> None:
    """A day that nobody lived through is neither yesterday nor tomorrow, nor counted."""
    at, zone = asked
    ago = [one(f"{count} days ago", at, zone) for count in range(7, 0, -1)]
    days = [*ago, one("today", at, zone)]
    days += [one(f"in {count} days", at, zone) for count in range(1, 8)]
    assert all(before[1] == after[0] for before, after in pairwise(days))
    lengths = {(end - start) // HOUR for start, end in days}
    assert lengths <= {23, 24}
    named = ("the day before yesterday", "yesterday", "today", "tomorrow", "in two days")
    assert [one(text, at, zone) for text in named] == days[5:10]
    assert one("in the past 3 days", at, zone) == (days[5][0], days[7][1])
    assert one("in the next 3 days", at, zone) == (days[7][0], days[10][1])


@given(around(SKIPPED) | around(MIDNIGHTS), st.integers(1, 23))
def test_hours_ago_are_those_that_passed(asked: tuple[int, ZoneInfo], hours: int) -> None:
    """The moment so long ago is in them, whatever the clocks did since."""
    at, zone = asked
    start, end = one(f"{hours} hours ago", at, zone)
    assert start <= at - hours * HOUR < end


@given(around(SKIPPED), st.sampled_from(["Monday", "Friday", "Saturday", "Sunday"]))
def test_the_last_weekday_is_one_that_there_was(asked: tuple[int, ZoneInfo], name: str) -> None:
    """Not the one that was left out, but that of a week before."""
    at, zone = asked
    start, end = one(f"last {name}", at, zone)
    assert end <= at
    assert f"{to_datetime(start).astimezone(zone):%A}" == name
    assert (end - start) // HOUR == 24


@pytest.mark.parametrize("name", SKIPPED)
def test_a_day_that_was_left_out_has_no_span(name: str) -> None:
    """What was before it reaches up to what was after it."""
    zone, day = ZoneInfo(name), SKIPPED[name]
    assert find_spans(f"on {day}", to_micros("2020-01-01"), zone) == ()
    before = one(f"before {day}", to_micros("2020-01-01"), zone)
    assert before[1] == one(f"after {day}", to_micros("2020-01-01"), zone)[0]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
@pytest.mark.parametrize("hour", ["00:30", "12:00", "23:30"])
def test_yesterday_in_what_is_told_is_the_day_before_there(zone: str, hour: str) -> None:
    """Said half an hour after midnight it is not the day before that."""
    here = ZoneInfo(zone)
    said = to_micros(f"2024-05-10T{hour}", zone=here)
    offset = datetime(2024, 5, 10, tzinfo=here).isoformat()[19:]
    for text in ("I fell yesterday.", "Ich bin gestern gefallen.", "昨天我摔倒了。"):
        told = told_of(text, said, {"utc_offset": offset})
        assert told is not None
        start = to_micros("2024-05-09", zone=here)
        assert (told.start, told.end) == (start, start + 24 * HOUR)


@pytest.mark.parametrize("language", EXPRESSIONS)
@pytest.mark.parametrize("name", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_in_the_first_and_the_last_year_nothing_breaks(language: str, name: str) -> None:
    """Every expression has spans within the calendar there, or none."""
    for asked in (FIRST, FIRST + 1, to_micros("0001-12-31"), to_micros("9999-01-01"), LAST):
        for text, *_ in EXPRESSIONS[language]:
            for span in find_spans(text, asked, ZoneInfo(name)):
                assert FIRST <= span.start < span.end <= LAST
            told = told_of(text, asked, {"utc_offset": "+14:00"})
            assert told is None or FIRST <= told.start <= told.end <= LAST


@given(st.text(max_size=200), st.integers(FIRST, LAST), zones)
def test_any_text_has_spans_of_the_calendar_or_none(text: str, asked: int, zone: ZoneInfo) -> None:
    """Whoever writes whatever, whenever."""
    for span in find_spans(text, asked, zone):
        assert FIRST <= span.start < span.end <= LAST


@given(
    st.lists(st.sampled_from([row[0] for rows in EXPRESSIONS.values() for row in rows]), max_size=6)
)
def test_dates_in_a_row_break_nothing(texts: list[str]) -> None:
    """In any order, of any languages, with any words between."""
    for joint in (" ", " and ", ", ", "-", " bis "):
        for span in find_spans(joint.join(texts), to_micros(ASKED)):
            assert FIRST <= span.start < span.end <= LAST


@given(st.integers(FIRST, LAST), zones)
def test_a_wall_clock_is_within_a_day_of_utc(moment: int, zone: ZoneInfo) -> None:
    """At the ends of the calendar too."""
    assert abs(to_wall(moment, zone) - moment) <= 24 * HOUR
    assert to_wall(moment, UTC) == moment


def test_weeks_months_and_years_hold_today() -> None:
    """On each day of four years, and the last and the next ones lie beside them."""
    for n in range(0, 4 * 366, 5):
        asked = to_micros(datetime(2023, 1, 1, 9, tzinfo=UTC) + timedelta(days=n))
        for unit in ("week", "month", "quarter", "year"):
            last, this, following = (
                one(f"{head} {unit}", asked, ZoneInfo("UTC")) for head in ("last", "this", "next")
            )
            assert this[0] <= asked < this[1]
            assert (last[1], following[0]) == this


def test_single_days_are_those_that_dateparser_reads() -> None:
    """Its answers are kept, since it is no dependency: `benchmarks/dates.py` writes them."""
    kept = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))
    assert len(kept) > 200
    asked = to_micros(ASKED)
    read = {text: to_datetime(find_spans(text, asked)[0].start).date().isoformat() for text in kept}
    assert read == kept
