"""What a question says about who, when and what kind of answer it wants."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from combray.core.time import FIRST, LAST, to_datetime, to_micros
from combray.recall.query.cues import Cues, find_cues
from tests.effort import seconds

FRIDAY = "2024-03-15T13:30:00Z"
"""A Friday, some hours after its beginning."""


def cues(text: str, *speakers: str, asked: str = FRIDAY) -> Cues:
    """The cues of a question put on a Friday in March."""
    return find_cues(text, asked_at=to_micros(asked), speakers=speakers)


def days(text: str, asked: str = FRIDAY) -> list[tuple[str, str]]:
    """The first day of each date range of a question and the day after its last."""
    spans = cues(text, asked=asked).dates
    return [(f"{to_datetime(a):%Y-%m-%d}", f"{to_datetime(b):%Y-%m-%d}") for a, b, _ in spans]


# ── dates that are named ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("What was on 2023-05-07?", "2023-05-07", "2023-05-08"),
        ("What was on 2023/5/7?", "2023-05-07", "2023-05-08"),
        ("What was on 20230507?", "2023-05-07", "2023-05-08"),
        ("What was on 1999-12-31?", "1999-12-31", "2000-01-01"),
        ("on May 7, 2023", "2023-05-07", "2023-05-08"),
        ("on MAY 7th 2023", "2023-05-07", "2023-05-08"),
        ("on Sep 2 2023", "2023-09-02", "2023-09-03"),
        ("in May 2023", "2023-05-01", "2023-06-01"),
        ("in December of 2023", "2023-12-01", "2024-01-01"),
        ("in Feb, 2024", "2024-02-01", "2024-03-01"),
        ("in 2019", "2019-01-01", "2020-01-01"),
        ("since 1999", "1999-01-01", "9999-12-31"),
    ],
)
def test_a_date_is_its_day_its_month_or_its_year(text: str, first: str, after: str) -> None:
    """In every way of writing it; the range ends where the next day, month or year begins."""
    assert days(text) == [(first, after)]


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("on March 15", "2024-03-15", "2024-03-16"),
        ("on March 16", "2023-03-16", "2023-03-17"),
        ("on 14 March", "2024-03-14", "2024-03-15"),
        ("on 1 April", "2023-04-01", "2023-04-02"),
        ("in March", "2024-03-01", "2024-04-01"),
        ("in April", "2023-04-01", "2023-05-01"),
        ("last December", "2023-12-01", "2024-01-01"),
        ("since May", "2023-05-01", "9999-12-31"),
        ("last winter", "2023-12-01", "2024-03-01"),
        ("in the spring", "2024-03-01", "2024-06-01"),
        ("during the fall", "2023-09-01", "2023-12-01"),
        ("last autumn", "2023-09-01", "2023-12-01"),
    ],
)
def test_without_a_year_it_is_the_last_one_that_came(text: str, first: str, after: str) -> None:
    """Up to the day of the question, of its own year; else of the year before."""
    assert days(text) == [(first, after)]


@pytest.mark.parametrize("number", range(1, 13))
@pytest.mark.parametrize("names", [calendar.month_name, calendar.month_abbr])
def test_every_month_is_known_by_its_name_and_its_abbreviation(number: int, names: Any) -> None:
    """Beside a day, beside a year, alone."""
    month, after = names[number], f"{2023 + number // 12}-{number % 12 + 1:02}-01"
    day = (f"2023-{number:02}-07", f"2023-{number:02}-08")
    assert days(f"on {month} 7, 2023") == [day]
    assert days(f"on 7 {month}. 2023")[0] == day
    assert days(f"in {month} 2023") == [(f"2023-{number:02}-01", after)]
    assert days(f"in {month}", asked="2023-12-31") == [(f"2023-{number:02}-01", after)]


def test_a_season_has_come_on_its_first_day() -> None:
    """On the day before it may be the coming one or that of the year before."""
    this, last = ("2024-03-01", "2024-06-01"), ("2023-03-01", "2023-06-01")
    assert days("this spring", asked="2024-03-01") == [this]
    assert days("this spring", asked="2024-02-29") == [this, last]
    assert days("last spring", asked="2024-04-01") == [last]


@pytest.mark.parametrize(
    "text",
    [
        "on 2023-13-01", "on 2023-02-30", "on 2023-00-10", "on 2023-05-00", "on May 32 2023",
        "on February 29 2023", "may I ask", "the March", "in room 2019a", "of 1850", "in 2150",
        "3/5 of it", "March 2:30", "the season", "at noon",
    ],
)  # fmt: skip
def test_what_is_no_date_gives_none(text: str) -> None:
    """Days that the calendar lacks, words that only look like dates, other centuries."""
    assert days(text) == []


def test_a_leap_day_is_a_day() -> None:
    """In a leap year."""
    assert days("on February 29 2024") == [("2024-02-29", "2024-03-01")]


@pytest.mark.parametrize("text", ["the 7 May 2023", "the 7th of May, 2023", "7th May. 2023"])
def test_a_day_before_its_month_and_year_is_that_day_alone(text: str) -> None:
    """`7 May 2023` is no month of May (CortexReach/memory-lancedb-pro#280)."""
    assert days(text) == [("2023-05-07", "2023-05-08")]


def test_what_was_understood_narrowly_is_not_understood_widely_again() -> None:
    """A day takes its month and its year with it."""
    assert days("on 7 May in 2019") == [("2019-05-07", "2019-05-08")]
    assert days("in May 2023, since June") == [
        ("2023-05-01", "2023-06-01"),
        ("2023-06-01", "9999-12-31"),
    ]


def test_several_dates_come_as_they_are_certain_and_once() -> None:
    """Dates of the calendar before those that are counted from now; the same range once."""
    assert days("yesterday, on 2024-03-14 or May 7, 2023 or May 7, 2023?") == [
        ("2024-03-14", "2024-03-15"),
        ("2023-05-07", "2023-05-08"),
    ]
    assert days("in May or in June") == [("2023-05-01", "2023-06-01"), ("2023-06-01", "2023-07-01")]
    assert days("in 2019 and in 2021") == [
        ("2019-01-01", "2020-01-01"),
        ("2021-01-01", "2022-01-01"),
    ]


# ── dates that are counted back ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("yesterday", "2024-03-14", "2024-03-15"),
        ("Last night", "2024-03-14", "2024-03-15"),
        ("today", "2024-03-15", "2024-03-16"),
        ("this morning", "2024-03-15", "2024-03-16"),
        ("tonight", "2024-03-15", "2024-03-16"),
        ("last Thursday", "2024-03-14", "2024-03-15"),
        ("on Monday", "2024-03-11", "2024-03-12"),
        ("last Friday", "2024-03-08", "2024-03-09"),
        ("last week", "2024-03-04", "2024-03-11"),
        ("the past weekend", "2024-03-09", "2024-03-11"),
        ("previous month", "2024-02-01", "2024-03-01"),
        ("last year", "2023-01-01", "2024-01-01"),
        ("this week", "2024-03-11", "2024-03-18"),
        ("this month", "2024-03-01", "2024-04-01"),
        ("this year", "2024-01-01", "2025-01-01"),
        ("1 day ago", "2024-03-14", "2024-03-15"),
        ("3 days ago", "2024-03-12", "2024-03-13"),
        ("two weeks ago", "2024-02-27", "2024-03-05"),
        ("a week ago", "2024-03-05", "2024-03-12"),
        ("a few weekends ago", "2024-02-20", "2024-02-27"),
        ("a couple of months ago", "2023-12-31", "2024-01-31"),
        ("an year ago", "2022-09-15", "2023-09-15"),
        ("10 years ago", "2013-09-17", "2014-09-17"),
    ],
)
def test_a_relative_date_is_counted_back_from_the_question(
    text: str, first: str, after: str
) -> None:
    """In whole days; what is weeks ago and longer is known to half of its unit."""
    assert days(text) == [(first, after)]


def test_what_may_be_coming_or_just_over_is_both() -> None:
    """This Saturday, and on a Friday last Friday or today."""
    saturdays = [("2024-03-09", "2024-03-10"), ("2024-03-16", "2024-03-17")]
    assert days("this Saturday") == saturdays
    assert days("on Friday") == [("2024-03-08", "2024-03-09"), ("2024-03-15", "2024-03-16")]
    assert days("this weekend") == [("2024-03-16", "2024-03-18"), ("2024-03-09", "2024-03-11")]


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
    st.sampled_from(["yesterday", "today", "last monday", "last sunday"]),
)
def test_a_day_is_a_whole_day_before_the_end_of_that_of_the_question(
    asked: datetime, text: str
) -> None:
    """From midnight to midnight, and a weekday is the last one before today."""
    moment = to_micros(asked.replace(tzinfo=UTC))
    spans = find_cues(text, asked_at=moment, speakers=()).dates
    midnight = datetime(asked.year, asked.month, asked.day, tzinfo=UTC)
    back = {"yesterday": 1, "today": 0}.get(text)
    if back is None:
        name = text.split()[1].capitalize()
        back = (asked.weekday() - list(calendar.day_name).index(name)) % 7 or 7
    try:
        start = midnight - timedelta(days=back)
    except OverflowError:
        return
    assert spans == ((to_micros(start), to_micros(start + timedelta(days=1)), False),)


QUESTIONS = st.sampled_from(
    "today|yesterday|999 years ago|last year|this year|in March|in December|December 31|January 1|"
    "last winter|in the fall|on Monday|3 weeks ago|in 1999|2024-02-29|May 7 2023|a month ago".split(
        "|"
    )
)


@given(QUESTIONS, st.integers(FIRST, LAST))
@example("in December", LAST)
@example("today", LAST)
@example("last winter", LAST)
@example("in March", FIRST)
@example("December 31", FIRST)
@example("yesterday", FIRST)
@example("999 years ago", FIRST)
@example("in the fall", FIRST)
def test_a_question_may_be_put_at_any_moment_that_can_be_kept(text: str, asked: int) -> None:
    """Ranges are cut at the ends of the calendar, have a length, and none is an error."""
    for start, end, _named in find_cues(text, asked_at=asked, speakers=()).dates:
        assert FIRST <= start < end <= LAST


@pytest.mark.parametrize(
    ("text", "asked", "span"),
    [
        ("today", FIRST, (FIRST, FIRST + 86_400_000_000)),
        ("today", LAST, (LAST - 86_400_000_000 + 1, LAST)),
        ("this year", FIRST, (FIRST, to_micros("0002-01-01"))),
        ("in December", LAST, (to_micros("9999-12-01"), LAST)),
        ("January 1", FIRST, (FIRST, FIRST + 86_400_000_000)),
        ("yesterday", FIRST, None),
        ("in March", FIRST, None),
        ("December 31", FIRST, None),
    ],
)
def test_at_the_ends_of_the_calendar_ranges_are_cut(
    text: str, asked: int, span: tuple[int, int] | None
) -> None:
    """What reaches over an end stops there, and what lies beyond it is no date."""
    dates = find_cues(text, asked_at=asked, speakers=()).dates
    assert [date[:2] for date in dates] == ([] if span is None else [span])


# ── who ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Where did Ann go?", {"Ann"}),
        ("where did ann go?", {"Ann"}),
        ("What is Ann's job?", {"Ann"}),
        ("What is Ann’s job?", {"Ann"}),
        ("Where did Bob Miller go?", {"Bob Miller"}),
        ("Where did Miller go?", {"Bob Miller"}),
        ("Where did Carla go?", {"CarlaVanDyke"}),
        ("Where did Van go?", set()),
        ("Where did Dyke go?", {"CarlaVanDyke"}),
        ("Where did CarlaVanDyke go?", {"CarlaVanDyke"}),
        ("Where did bobmiller go?", {"Bob Miller"}),
        ("Is the banner new?", set()),
        ("Did the user or assistant say so?", set()),
        ("Did Ann meet Bob?", {"Ann", "Bob Miller"}),
    ],
)
def test_speakers_are_named_by_a_first_or_last_name(text: str, who: set[str]) -> None:
    """In any case, with a possessive, or in one word; a role is nobody."""
    found = cues(text, "Ann", "Bob Miller", "CarlaVanDyke", "user", "assistant")
    assert found.speakers == who


def test_a_name_written_in_two_words_is_the_speaker_in_one() -> None:
    """`Sun Flower` names the speaker `Sunflower`, and an initial names nobody."""
    assert cues("Did Sun Flower call?", "Sunflower").speakers == {"Sunflower"}
    assert cues("Did J call?", "J Smith").speakers == set()
    assert cues("Did Smith call?", "J Smith").name_words == {"smith"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("When did Ann move?", "When did I move?"),
        ("What is Ann's job?", "What is my job?"),
        ("What is ann’s job?", "What is my job?"),
        ("Did Bob Miller call Ann?", "Did I call I?"),
        ("Is Bob Miller's sister Annie?", "Is my sister Annie?"),
        ("Where is the banner?", "Where is the banner?"),
    ],
)
def test_the_question_is_put_as_whom_it_names_would(text: str, told: str) -> None:
    """A run of names becomes one word, and only whole words do."""
    assert cues(text, "Ann", "Bob Miller").first_person == told


def test_names_are_no_patterns() -> None:
    """A speaker may be called anything."""
    found = cues("Did C++ (Dev) call?", "C++ (Dev)", "a|b", "")
    assert found.speakers == {"C++ (Dev)"}
    assert found.first_person == "Did C++ (I) call?"


# ── what kind of answer ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("When did Ann move?", True),
        ("  what year was it?", True),
        ("What date is it?", True),
        ("How long did it take?", True),
        ("Whenever did she?", False),
        ("What day-care is it?", True),
        ("Tell me when Ann moved.", False),
        ("How longingly?", False),
        ("What is the time?", False),
    ],
)
def test_a_question_for_a_time_begins_with_one(text: str, when: bool) -> None:
    """When, what day, date, month, year or time, how long: at the beginning."""
    assert cues(text).asks_when is when


@pytest.mark.parametrize(
    ("text", "assistant"),
    [
        ("What did you recommend?", True),
        ("Which of your earlier lists was it?", True),
        ("Remind me of the book.", True),
        ("What was in our last chat?", True),
        ("What came up in our long conversation?", True),
        ("In the previous discussion, what was it?", True),
        ("Do you ski?", False),
        ("He said that you ski.", False),
        ("What did Ann recommend?", False),
        ("Who reminds me?", False),
    ],
)
def test_a_question_about_what_the_assistant_said_is_told(text: str, assistant: bool) -> None:
    """`you` before a word of saying, a reminder, or a conversation that was ours."""
    assert cues(text).asks_assistant is assistant


@pytest.mark.parametrize("words", ["you ", "Ann ", "your said", "last chat ", "hier ", "our  "])
def test_the_time_grows_with_the_question_and_no_faster(words: str) -> None:
    """A question of 80 KB in one line is read in no time (NVIDIA/SkillSpector#151)."""

    times = [
        seconds(partial(cues, (words * length)[:length], "Ann"))
        for length in (10_000, 20_000, 40_000)
    ]
    assert times[2] < max(0.1, 8 * times[0]), times


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("What did I eat last week?", (1.0,)),
        ("I was in Rome last week. What did I eat?", (1.0,)),
        ("Tell me of last week. And of the trip. And of Ann.", (1.0,)),
        ("Lovely weather today. My phone is slow. Where do I live?", (1 / 16,)),
        ("I slept well. I saw a film yesterday. Where do I live?", (1 / 4,)),
        ("今天天气真好。我的手机很慢。对了，那个人的生日是什么？", (1 / 16,)),
        ("The sun shines. I slept well today. What did I do today?", (1.0,)),
    ],
)
def test_a_date_told_by_the_way_counts_less(text: str, weights: tuple[float, ...]) -> None:
    """The less the further from what is asked; whole where nothing asks or one sentence leads."""
    assert cues(text).date_weights == weights


def test_a_question_in_another_language_has_no_names() -> None:
    """Without a date nothing is found, and nothing breaks."""
    assert cues("她什么时候搬家的？", "Ann") == Cues(
        speakers=frozenset(), first_person="她什么时候搬家的？", name_words=frozenset(),
        dates=(), date_weights=(), asks_when=False, asks_assistant=False,
    )  # fmt: skip
