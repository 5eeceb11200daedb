"""Cues: what a question says about who, when and what kind of answer it wants.

Rules only, English first; a question in another language simply has no cues. Dates become ranges
that are scored softly, so a wrong guess cannot lose the answer.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from combray.core.items import ROLES
from combray.core.text import NUMBER_WORDS, words
from combray.core.time import to_datetime, to_micros

DAY = timedelta(days=1)
_BEGIN, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name and name != "May"}
_WEEKDAYS = {name.lower(): i for i, name in enumerate(calendar.day_name)}
_NUMBERS = NUMBER_WORDS | {"couple of": 2, "few": 3}
_SEASONS = {
    "spring": (3, 5),
    "summer": (6, 8),
    "autumn": (9, 11),
    "fall": (9, 11),
    "winter": (12, 2),
}
_SPANS = {"day": 1, "week": 7, "weekend": 7, "month": 30, "year": 365}

_month = "|".join(sorted(_MONTHS, key=len, reverse=True))
_year = "(?:19|20)\\d{2}"
_ISO = re.compile(r"\b((?:19|20)\d{2})([-/]?)(\d{1,2})\2(\d{1,2})\b")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_month})\b\.?,?(?:\s+({_year}))?", re.I
)
_MONTH_DAY = re.compile(
    rf"\b({_month})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|:)(?:,?\s+({_year}))?", re.I
)
_MONTH_YEAR = re.compile(rf"\b({_month})\b\.?,?\s+(?:of\s+)?({_year})\b", re.I)
_MONTH_ONLY = re.compile(rf"\b(?:(last|in|during|of|since|by|this)\s+)({_month})\b(?!\s*\d)", re.I)
_YEAR = re.compile(r"\b(?:in|during|of|since|before|after)\s+((?:19|20)\d{2})\b", re.I)
_SEASON = re.compile(
    r"\b(?:last|this|in|during|the)\s+(?:the\s+)?(spring|summer|autumn|fall|winter)\b", re.I
)
_number = "|".join(["\\d{1,3}", *sorted(_NUMBERS, key=len, reverse=True)])
_AGO = re.compile(rf"\b({_number})\s+(day|week|weekend|month|year)s?\s+ago\b", re.I)
_LAST = re.compile(r"\b(last|past|previous|this)\s+(week|weekend|month|year)\b", re.I)
_WEEKDAY = re.compile(rf"\b(?:last|this|on|past)\s+({'|'.join(_WEEKDAYS)})\b", re.I)
_NEAR = re.compile(r"\b(yesterday|today|last night|this morning|tonight)\b", re.I)
_YOU = re.compile(r"\byour?\b", re.I)
_TOLD = re.compile(
    r"\b(?:said|told|mention|suggest|recommend|gave|provid|list|describ|explain|wrote|generat|share|"
    r"creat|previous|earlier|last time)",
    re.I,
)
_TO_ASSISTANT = re.compile(
    r"\bremind me\b|"
    r"\b(?:our|previous|last|earlier)\s+(?:\w+\s+)?(?:chat|conversation|discussion)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What the question says. `dates` are [start, end) in microseconds UTC, most certain first.

    `first_person` is the question as the speakers it names would put it: "When did Ann move?"
    becomes "When did I move?", which is nearer to what Ann said.
    """

    speakers: frozenset[str]
    first_person: str
    name_words: frozenset[str]
    dates: tuple[tuple[int, int], ...]
    asks_when: bool
    asks_assistant: bool


def find_cues(text: str, *, asked_at: int, speakers: Sequence[str]) -> Cues:
    """The cues of a question; relative dates are resolved against `asked_at` (microseconds)."""
    lowered = [word.lower().removesuffix("'s").removesuffix("’s") for word in words(text)]
    said = set(lowered) | {first + second for first, second in pairwise(lowered)}
    named = frozenset(s for s in speakers if s not in ROLES and said & _name_words(s))
    name_words = frozenset(word for s in named for word in _name_words(s))
    return Cues(
        speakers=named,
        first_person=_first_person(text, name_words),
        name_words=name_words,
        dates=tuple(dict.fromkeys(_dates(text, to_datetime(asked_at)))),
        asks_when=bool(
            re.match(r"\s*(?:when|what (?:day|date|year|month|time)|how long)\b", text, re.I)
        ),
        asks_assistant=_asks_assistant(text),
    )


def _asks_assistant(text: str) -> bool:
    """Whether a question is about what the assistant said: "you" with a verb of saying behind it.

    Both stand in one line. Each line is read once, however long it is.
    """
    if _TO_ASSISTANT.search(text):
        return True
    lines = ((line, _YOU.search(line)) for line in text.split("\n"))
    return any(you is not None and _TOLD.search(line, you.end()) for line, you in lines)


def _first_person(text: str, name_words: frozenset[str]) -> str:
    """The question in the first person of whoever it names; runs of names become one word."""
    if not name_words:
        return text
    name = "|".join(re.escape(word) for word in sorted(name_words, key=len, reverse=True))
    name = rf"\b(?:{name})(?:\s+(?:{name}))*"
    told = re.sub(rf"{name}['’]s\b", "my", text, flags=re.I)
    return re.sub(rf"{name}\b", "I", told, flags=re.I)


def _name_words(speaker: str) -> set[str]:
    """The words that name a speaker: the first, the last, or all of them as one."""
    parts = [part.lower() for part in words(_CAMEL.sub(" ", speaker)) if len(part) > 1]
    return {*parts[:1], *parts[-1:], "".join(parts)}


def _dates(text: str, asked: datetime) -> Iterator[tuple[int, int]]:
    for start, end in (*_absolute(text, asked), *_relative(text, asked)):
        if start < end:
            yield to_micros(start), to_micros(end)


Range = tuple[datetime, datetime]


def _absolute(text: str, asked: datetime) -> Iterator[Range]:
    taken = False
    for year, _separator, month, day in _ISO.findall(text):
        yield from _day(int(year), int(month), int(day))
    for pattern, order in ((_DAY_MONTH, (1, 0)), (_MONTH_DAY, (0, 1))):
        for groups in pattern.findall(text):
            month, day = _MONTHS[groups[order[0]].lower()], int(groups[order[1]])
            taken = True
            yield from _day(
                int(groups[2]) if groups[2] else _year_of(month, day, asked), month, day
            )
    for month_name, year in _MONTH_YEAR.findall(text):
        taken = True
        yield _month_range(int(year), _MONTHS[month_name.lower()])
    if not taken:
        for _word, month_name in _MONTH_ONLY.findall(text):
            month = _MONTHS[month_name.lower()]
            yield _month_range(_year_of(month, 1, asked), month)
        for year in _YEAR.findall(text):
            yield _first_of(int(year), 1), _first_of(int(year) + 1, 1)
    for season in _SEASON.findall(text):
        yield _season_range(*_SEASONS[season.lower()], asked)


def _relative(text: str, asked: datetime) -> Iterator[Range]:
    today = asked.replace(hour=0, minute=0, second=0, microsecond=0)
    for number, unit in _AGO.findall(text):
        n = int(number) if number.isdigit() else _NUMBERS[number.lower()]
        span = _SPANS[unit.lower()]
        slack = max(1, span // 2)
        yield _moved(today, -n * span - slack), _moved(today, -n * span + slack + 1)
    for word, unit in _LAST.findall(text):
        length, this = _SPANS[unit.lower()], word.lower() == "this"
        yield _moved(today, -length if this else -2 * length), _moved(today, int(this))
    for weekday in _WEEKDAY.findall(text):
        back = (today.weekday() - _WEEKDAYS[weekday.lower()]) % 7 or 7
        yield _moved(today, -back), _moved(today, 1 - back)
    for word in _NEAR.findall(text):
        back = int(word.lower() in ("yesterday", "last night"))
        yield _moved(today, -back), _moved(today, 1 - back)


def _moved(moment: datetime, days: int) -> datetime:
    """The moment so many days later; the first or last of the calendar where it ends before."""
    try:
        return moment + days * DAY
    except OverflowError:
        return _BEGIN if days < 0 else _END


def _day(year: int, month: int, day: int) -> Iterator[Range]:
    if year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
        start = _first_of(year, month)
        yield _moved(start, day - 1), _moved(start, day)


def _first_of(year: int, month: int) -> datetime:
    """The first of a month; the first or last moment of the calendar when it has no such year."""
    if not _BEGIN.year <= year <= _END.year:
        return _BEGIN if year < _BEGIN.year else _END
    return datetime(year, month, 1, tzinfo=UTC)


def _month_range(year: int, month: int) -> Range:
    return _first_of(year, month), _first_of(year + month // 12, month % 12 + 1)


def _year_of(month: int, day: int, asked: datetime) -> int:
    """The year of the last such date before the question."""
    return asked.year if (month, day) <= (asked.month, asked.day) else asked.year - 1


def _season_range(first: int, last: int, asked: datetime) -> Range:
    year = _year_of(first, 1, asked)
    start = _month_range(year, first)[0]
    return start, _month_range(year + (last < first), last)[1]
