"""Days, months and feasts on a wall clock."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from combray.core.dates.periods import BEGIN, END, Clock, day, feast, midnight, months, part
from combray.core.time import DAY, to_datetime, to_micros


def on(text: str) -> Clock:
    """The clock at a moment."""
    return Clock(to_micros(text))


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(1999, "1999-04-04"), (2000, "2000-04-23"), (2024, "2024-03-31"), (2038, "2038-04-25")],
)
def test_easter_moves(year: int, sunday: str) -> None:
    """From Good Friday to Easter Monday."""
    found = feast("easter", year)
    assert found is not None
    assert to_datetime(found.start + 2 * DAY).date().isoformat() == sunday
    assert found.end - found.start == 4 * DAY


def test_feasts_have_their_days() -> None:
    """The fourth Thursday of November; a lunar year only where we know it."""
    found = feast("thanksgiving", 2024)
    assert found is not None
    assert found.start == to_micros("2024-11-28")
    assert feast("chinese new year", 2024) == (
        to_micros("2024-02-10"),
        to_micros("2024-02-17"),
        True,
    )
    assert feast("chinese new year", 1950) is None


def test_a_day_that_the_calendar_lacks_is_none() -> None:
    """No 30 February, no month 13, no year 0."""
    assert day(2024, 2, 29)
    assert [day(2023, 2, 29), day(2024, 13, 1), day(0, 1, 1), day(2024, 1, 0)] == [None] * 4


def test_years_beyond_the_calendar_are_its_ends() -> None:
    """Months that run over are those of the next year."""
    assert (midnight(0, 1), midnight(10_000, 1)) == (BEGIN, END)
    assert months(2023, 14) == months(2024, 2)


def test_the_recent_one_has_begun_the_past_one_is_over_and_the_nearest_is_near() -> None:
    """In July, of May, July and August."""
    asked, told = on("2024-07-10"), Clock(to_micros("2024-07-10"), nearest=True)
    assert asked.recent(lambda year: months(year, 7)) == months(2024, 7)
    assert asked.past(lambda year: months(year, 7)) == months(2023, 7)
    assert asked.recent(lambda year: months(year, 8)) == months(2023, 8)
    assert told.recent(lambda year: months(year, 8)) == months(2024, 8)


def test_a_part_is_a_third_in_whole_days() -> None:
    """The last one reaches to the end."""
    march = months(2024, 3)
    assert part(march, 0).start == march.start
    assert part(march, 2).end == march.end
    assert {part(march, n).end - part(march, n).start for n in range(3)} == {10 * DAY}


def test_days_are_counted_as_they_passed_in_a_zone() -> None:
    """The day that Samoa left out is none; where no zone is given, every day is one."""
    wall, there = to_micros("2011-12-29T18:00Z"), to_micros("2011-12-31")
    samoa = Clock(wall, zone=ZoneInfo("Pacific/Apia"))
    assert samoa.days_away(1) == there == Clock(wall).days_away(2)
    assert samoa.days_away(-1) == Clock(wall).days_away(-1)
    assert samoa.leaves_out(there - DAY)
    assert not samoa.leaves_out(there)
    assert samoa.later(DAY) == wall + 2 * DAY
    assert Clock(wall).later(-DAY) == wall - DAY
