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


def test_nothing_is_counted_by_zero() -> None:
    """No time ago is no date."""
    assert find_spans("0 weeks ago", ASKED) == ()


@pytest.mark.parametrize("text", ["2 guys ago", "three bosses ago", "2 dayz", "dayz ago"])
def test_only_a_misspelt_unit_between_number_and_ago_is_one(text: str) -> None:
    """Other words are what they are."""
    assert find_spans(text, ASKED) == ()
