"""What a text says of days, as spans of moments: in eight languages, in zones, in linear time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from combray.core.dates.spans import Span, find_spans, told_of
from combray.core.dates.zones import OFFSET
from combray.core.time import FIRST, LAST, to_datetime, to_micros
from tests.core.dates.expressions import ASKED, EXPRESSIONS
from tests.effort import seconds

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000_000


def days(text: str, **options: bool) -> list[tuple[str, str]]:
    """The first day of each span of a question and the day after its last; … for an open end."""
    spans = find_spans(text, to_micros(ASKED), **options)
    return [(shown(span.start), shown(span.end)) for span in spans]


def shown(moment: int) -> str:
    """A day, or … for an end of the calendar."""
    return "…" if moment in (FIRST, LAST) else to_datetime(moment).date().isoformat()


@pytest.mark.parametrize("language", EXPRESSIONS)
def test_the_right_days_come_first_in_every_language(language: str) -> None:
    """Every expression of the table means the days beside it."""
    wrong = {
        text: days(text)
        for text, first, after in EXPRESSIONS[language]
        if days(text)[:1] != [(first, after)]
    }
    assert not wrong


@pytest.mark.parametrize(
    "text",
    [
        "on Fridays", "two Fridays", "3d", "a 2d game", "two or three weeks", "二三年", "3h long",
        "may I ask", "the March", "3/5 of the cake", "24/7", "version 5.3.1 is out", "at noon",
        "Was ist hier passiert?", "Guten Morgen", "sell the estate", "talk to May about it",
        "J'ai été malade", "por la mañana", "una volta", "it takes 3 days", "5 apples a day",
        "once a week", "the day before", "before the war", "first, second and third", "last name",
        "on the 5 of them", "per day", "每天", "一天", "下午", "日本", "本人",
        "in 1 2 3", "192.168.1.20",
        "at 10:30", "covid19", "on 2023-02-30", "Q5", "what I said to you",
        # names and verbs
        "May I come in?", "March on!", "we march in protest", "he sat on the sofa", "sat nav",
        "Mai ist meine Freundin", "Frau Mai kommt", "mit Mai im Garten", "Mai und Linh",
        "April and June are my nieces", "I asked Tom and May about it", "Domingo cantó",
        "Vendredi est un roman", "mardi gras", "Sabato Rossi", "August Strindberg wrote it",
        "mar y sol", "Jan kommt aus Köln", "open Mon-Fri", "I fall asleep", "the fall hurt me",
        "the summer dress", "hot springs", "Man Friday", "夏目漱石", "秋田", "中国",
        # versions, prices, numbers of phones, books, accounts
        "version 2.3.2024", "v2024.03.01", "Version: 05.10.20", "Django 4.2.11 fixes it",
        "Kernel 5.10.20", "10.4.2 is out", "it costs 19.99 euros", "12.50 €", "$2024", "€2019",
        "2019 €", "in 2019 €", "1,999 dollars", "over 2000 people", "at 1990 Main Street",
        "call 555-1234", "call 212-555-0187", "phone 06-12-34-56-78", "01.02.03.04.05",
        "01/23/45/67/89", "+49 30 2019 2020", "ISBN 978-3-16-148410-0", "ISBN: 0-306-40615-2",
        "order 20-12-3456", "token 20240305abc", "id 20231231", "9/11", "10.0.0.1", "1/2 cup",
        "DE89 3704 0044 0532 0130 00", "123e4567-e89b-12d3-a456-426614174000", "Route 66",
    ],
)  # fmt: skip
def test_what_is_no_date_gives_none(text: str) -> None:
    """Words of other senses, fractions, versions, days that the calendar lacks."""
    assert days(text) == []


@pytest.mark.parametrize(
    "text", ["at 5 pm", "in the nineties", "au T2 2023", "na terça", "version 5.10.20", "May came"]
)
def test_what_the_guide_says_is_not_read_is_not(text: str) -> None:
    """Times of the day, decades in words, T2, and terça; nor what only looks like a date."""
    assert days(text) == []


def test_homes_may_be_taken_for_a_year() -> None:
    """The guide says so of "in 2000 homes"."""
    assert days("in 2000 homes") == [("2000-01-01", "2001-01-01")]


def test_the_order_of_day_and_month_is_the_askers() -> None:
    """3/5 is either, unless it is told, or the language or a dot tells."""
    march, may = ("2024-03-05", "2024-03-06"), ("2023-05-03", "2023-05-04")
    assert days("on 3/5") == [march, may]
    assert days("on 3/5", day_first=False) == [march]
    assert days("on 3/5", day_first=True) == [may]
    assert days("on 3/5/2023", day_first=True) == [("2023-05-03", "2023-05-04")]
    assert days("am 5.3.", day_first=False) == [march]
    assert days("le 3/5") == [may]


def test_spans_of_the_calendar_come_before_those_from_now() -> None:
    """Each span once, and each says which it is."""
    spans = find_spans("yesterday, 2024-03-14, last week and 5 March", to_micros(ASKED))
    assert [(shown(s.start), s.named) for s in spans] == [
        ("2024-03-14", True),
        ("2024-03-05", True),
        ("2024-03-04", False),
    ]


def test_days_are_days_of_the_zone() -> None:
    """In the evening it is tomorrow already further east (vectorize-io/hindsight#4356)."""
    asked = to_micros("2024-03-27T23:30:00Z")
    assert days_in("today", asked, "Asia/Tokyo") == ("2024-03-27T15:00", "2024-03-28T15:00")
    assert days_in("today", asked, "America/New_York") == ("2024-03-27T04:00", "2024-03-28T04:00")
    assert days_in("5 March 2024", asked, "Asia/Tokyo") == ("2024-03-04T15:00", "2024-03-05T15:00")


def days_in(text: str, asked: int, zone: str) -> tuple[str, str]:
    """The moments between which the first span of a text lies, in UTC."""
    span = find_spans(text, asked, ZoneInfo(zone))[0]
    return to_datetime(span.start).isoformat()[:16], to_datetime(span.end).isoformat()[:16]


@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)])
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is(day: str, hours: int) -> None:
    """23 hours in spring, 25 in autumn."""
    (span,) = find_spans(f"on {day}", to_micros("2024-12-01"), BERLIN)
    assert span.end - span.start == hours * HOUR


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_first_and_the_last_year_are_years(zone: str) -> None:
    """What reaches out of the calendar is cut, in any zone, and nothing breaks."""
    for asked in (FIRST, LAST):
        for text in (
            "yesterday",
            "last year",
            "this year",
            "in 3 days",
            "before 2020",
            "since May",
        ):
            for span in find_spans(text, asked, ZoneInfo(zone)):
                assert FIRST <= span.start < span.end <= LAST
    assert find_spans("today", LAST)[0].end == LAST


def test_what_is_told_is_about_the_day_that_it_names() -> None:
    """Yesterday is the day before it was said, where it was said (itlackey/akm#396)."""
    said = to_micros("2024-05-10T01:00:00+09:00")
    here = told_of("I saw the dentist yesterday.", said, {})
    assert here == Span(to_micros("2024-05-08"), to_micros("2024-05-09"))
    there = told_of("I saw the dentist yesterday.", said, {OFFSET: "+09:00"})
    start = to_micros("2024-05-09T00:00:00+09:00")
    assert there == Span(start, start + 24 * HOUR)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Ich war gestern beim Zahnarzt.", ("2024-05-09", "2024-05-10", False)),
        ("昨天我去看牙医了。", ("2024-05-09", "2024-05-10", False)),
        ("The fair is on 12 June.", ("2024-06-12", "2024-06-13", True)),
        ("Yesterday Ann came, today Bob.", ("2024-05-09", "2024-05-11", False)),
        ("We meet this Sunday.", ("2024-05-12", "2024-05-13", False)),
        ("We met last Sunday.", ("2024-05-05", "2024-05-06", False)),
        ("We meet on Sunday.", None),
        ("Three weeks ago I fell.", None),
        ("Last year I fell.", None),
        ("On 2 May we met, on 20 May we shall again.", None),
        ("I fell.", None),
    ],
)
def test_only_days_move_what_is_told(text: str, about: tuple[str, str, bool] | None) -> None:
    """A day, or a few in a row; the nearest where no year is told; longer spans move nothing."""
    found = told_of(text, to_micros("2024-05-10T09:00"), {})
    assert (found and (shown(found.start), shown(found.end), found.named)) == about


def test_the_quick_look_overlooks_no_day() -> None:
    """Whatever of the table is named by the day is told, but for weekdays of no one week."""
    said, weekdays = to_micros(ASKED), {
        "on Monday", "on Tue", "am Montag", "ce que j'ai fait mardi", "el martes",
        "cosa ho fatto martedì", "cosa ho fatto sabato", "周一", "月曜日に",
    }  # fmt: skip
    for rows in EXPRESSIONS.values():
        for text, first, after in rows:
            if (
                text not in weekdays
                and "…" not in (first, after)
                and to_micros(after) - to_micros(first) <= 48 * HOUR
            ):
                assert told_of(text, said, {}), text


@pytest.mark.parametrize(
    "words",
    ["you ", "5 ", "March ", "on 5 ", "last ", "三", "月", "A-", "5.3.", "1", "12/", "1-", "1.",
     "version ", "v: 1 ", "$1 ", "20240305", "20240305T", "the day before ", "March and ",
     "3月5日から", "' ", "hier ", "new year's ", "before ", "the day after ", "2024-03-", "- "],
)  # fmt: skip
def test_the_time_grows_with_the_text_and_no_faster(words: str) -> None:
    """Four times the length takes some four times as long, not sixteen."""
    assert_linear(partial(find_spans, asked_at=to_micros(ASKED)), words)


@pytest.mark.parametrize("words", ["on 5 March ", "yesterday ", "昨", "1-", "a"])
def test_the_quick_look_takes_no_longer(words: str) -> None:
    """Whatever is told is looked at once."""
    assert_linear(partial(told_of, said_at=to_micros(ASKED), metadata={}), words)


def assert_linear(read: Callable[[str], object], words: str) -> None:
    """10, 20 and 40 thousand characters take times in proportion, with room for noise."""
    times = [
        seconds(partial(read, (words * length)[:length])) for length in (10_000, 20_000, 40_000)
    ]
    assert times[2] < max(0.05, 8 * times[0]), times
