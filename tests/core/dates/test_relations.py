"""Before, after, since, until, between, and the day before: periods made of others."""

from __future__ import annotations

import pytest

from combray.core.dates.periods import BEGIN, END, Clock
from combray.core.dates.phrases import find_phrases
from combray.core.dates.relations import find_relations
from combray.core.dates.tokens import tokens
from combray.core.time import to_datetime, to_micros

FRIDAY = Clock(to_micros("2024-03-15T13:30:00Z"))


def days(text: str) -> list[tuple[str, str]]:
    """The periods of a text by their first day and the day after their last."""
    found = find_relations(find_phrases(tokens(text), FRIDAY), FRIDAY)
    return [(shown(period.start), shown(period.end)) for period in found]


def shown(wall: int) -> str:
    """A day, or … for an open end."""
    return "…" if wall in (BEGIN, END) else to_datetime(wall).date().isoformat()


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("before 5 March", "…", "2024-03-05"),
        ("after 5 March", "2024-03-06", "…"),
        ("since 5 March", "2024-03-05", "…"),
        ("until 5 March", "…", "2024-03-06"),
        ("from Monday to Friday", "2024-03-11", "2024-03-16"),
        ("from 10 March to 12 April", "2024-03-10", "2024-04-13"),
        ("between yesterday and today", "2024-03-14", "2024-03-16"),
        ("the week after Christmas", "2023-12-27", "2024-01-03"),
        ("three days after 5 March", "2024-03-08", "2024-03-09"),
        ("the week of 6 March", "2024-03-04", "2024-03-11"),
        ("the photo from 6 March", "2024-03-06", "2024-03-07"),
        ("das Foto von gestern", "2024-03-14", "2024-03-15"),
        ("mid-March", "2024-03-11", "2024-03-21"),
        ("late last week", "2024-03-04", "2024-03-11"),
    ],
)
def test_a_relation_makes_a_period_of_dates(text: str, first: str, after: str) -> None:
    """An end without a year comes after its start; only long spans of the calendar have parts."""
    assert days(text) == [(first, after)]


def test_to_alone_is_no_end() -> None:
    """`to last Monday` does not mean until then."""
    assert days("compare it to last Monday") == [("2024-03-11", "2024-03-12")]
