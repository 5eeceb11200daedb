"""Runs of tokens as the periods that they may mean."""

from __future__ import annotations

from combray.core.dates.periods import Clock, Period
from combray.core.dates.phrases import find_phrases
from combray.core.dates.tokens import Token, tokens
from combray.core.time import to_datetime, to_micros

FRIDAY = Clock(to_micros("2024-03-15T13:30:00Z"))


def line(text: str) -> str:
    """The classes of a text with X for each date."""
    found = find_phrases(tokens(text), FRIDAY)
    return "".join(piece.letter if isinstance(piece, Token) else "X" for piece in found)


def first_days(text: str) -> list[str]:
    """The first day of each period that the first date of a text may mean."""
    found = find_phrases(tokens(text), FRIDAY)
    periods: tuple[Period, ...] = next(p for p in found if not isinstance(p, Token))
    return [to_datetime(period.start).date().isoformat() for period in periods]


def test_a_date_is_put_in_the_place_of_its_tokens() -> None:
    """The words around it stay, for relations to read."""
    assert line("before 5 March 2024") == "bX"
    assert line("between last Monday and yesterday") == "wX&X"
    assert line("I may march") == "_MM"


def test_a_word_that_may_be_another_needs_one_before_it() -> None:
    """A month after `in`, not after `to`; a year after `in`, not alone."""
    assert line("in May") == "iX"
    assert line("to May") == "tM"
    assert line("2023") == "Y"
    assert line("in 2023") == "iX"
    assert line("五月") == "X"


def test_what_is_joined_to_a_date_is_one() -> None:
    """Further months, days and years of a list, but not what stands beside a name."""
    assert line("in March, April and May") == "iX,X"
    assert line("on Monday and Tuesday") == "iX&X"
    assert line("Tom and May") == "_&M"
    assert line("April and June") == "M&M"


def test_a_weekday_beside_its_date_is_no_other_day() -> None:
    """Before or after it."""
    assert line("on Tuesday, 5 March 2024") == "iW,X"
    assert line("2024年3月5日星期二") == "XW"
    assert line("mardi") == "X"
    assert line("Mardi") == "W"


def test_a_number_after_a_word_of_numbering_is_no_year() -> None:
    """Over 2000 people; in 2000 alone it is one."""
    assert line("over 2000") == "iY"
    assert line("in 2000") == "iX"


def test_what_may_be_two_periods_is_both() -> None:
    """This weekend on a Friday: the coming one, then the one just over."""
    assert first_days("this weekend") == ["2024-03-16", "2024-03-09"]
    assert first_days("on 3/5/2024") == ["2024-03-05", "2024-05-03"]


def test_a_number_of_days_counts_today() -> None:
    """The past three days are today and the two before it (moorcheh-ai/memanto#1585)."""
    assert first_days("the past 3 days") == ["2024-03-13"]
    assert first_days("in the last month") == ["2024-02-16"]
    assert first_days("last month") == ["2024-02-01"]
