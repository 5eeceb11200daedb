"""So many days, weeks or hours away from now, or up to it."""

from __future__ import annotations

import pytest

from combray.core.dates.counted import counted
from combray.core.dates.spans import find_spans
from combray.core.dates.tokens import tokens
from combray.core.time import DAY, to_micros

ASKED = to_micros("2024-03-15T13:30Z")


def around(text: str) -> tuple[int, int]:
    """How many hours before now the first reading of a text begins, and ends."""
    first = find_spans(text, ASKED)[0]
    hour = DAY // 24
    return (ASKED - first.start) // hour, (ASKED - first.end) // hour


def test_what_is_counted_adds_up() -> None:
    """A half before or behind its unit, and a unit beside another."""
    told = {
        "one week": [(1, 7 * DAY)],
        "a week and a half": [(1.5, 7 * DAY)],
        "two and a half weeks": [(2.5, 7 * DAY)],
        "2 weeks and 3 days": [(2, 7 * DAY), (3, DAY)],
        "zwei Tage": [(2, DAY)],
        "zwei Jahrzehnten": [(2, 3652 * DAY)],
    }
    assert {text: counted(tokens(text)) for text in told} == told


@pytest.mark.parametrize("count", [24, 36, 48, 72, 100])
def test_many_hours_ago_is_a_day(count: int) -> None:
    """The one in which the moment lies; a few hours are an hour of it."""
    begins, ends = around(f"{count} hours ago")
    assert begins - ends == 24
    assert ends < count <= begins
    begins, ends = around("3 hours ago")
    assert begins - ends == 1


@pytest.mark.parametrize("text", ["5m ago", "5 min ago", "30s ago", "90s ago"])
def test_minutes_and_seconds_ago_are_of_this_hour(text: str) -> None:
    """As they are written for short; 30s is a decade elsewhere."""
    assert around(text) == (0, -1)
    assert around("3h ago") == around("3 hours ago")


def test_a_number_or_the_next_reaches_from_the_farther_to_the_nearer() -> None:
    """Whichever is said first; the days around a week belong to it."""
    week = 7 * 24
    assert around("two or three weeks ago")[0] == around("three weeks ago")[0]
    assert around("two or three weeks ago")[1] == around("two weeks ago")[1]
    assert around("3-2 weeks ago") == around("2-3 weeks ago")
    assert around("two or three weeks ago")[0] - around("two weeks ago")[0] == week


def test_so_many_weekdays_ago_are_counted_from_the_last() -> None:
    """On a Friday the last Friday is a week ago."""
    day = ASKED % DAY // (DAY // 24)
    assert around("one Friday ago")[0] == 7 * 24 + day
    assert around("two Fridays ago")[0] == 14 * 24 + day
    assert find_spans("zero Fridays ago", ASKED) == find_spans("0 Fridays ago", ASKED) == ()


def test_nothing_is_counted_by_zero() -> None:
    """No time ago is no date."""
    assert find_spans("0 weeks ago", ASKED) == ()


@pytest.mark.parametrize("text", ["2 guys ago", "three bosses ago", "2 dayz", "dayz ago"])
def test_only_a_misspelt_unit_between_number_and_ago_is_one(text: str) -> None:
    """Other words are what they are."""
    assert find_spans(text, ASKED) == ()
