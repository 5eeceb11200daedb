"""Phrases: what a run of tokens means, by one pattern over their classes for each way of writing.

The patterns are tried in their order at each place; every one is bounded in length. What they find
becomes a token of class `X`, with the periods that it may mean, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from combray.core.dates.counted import away, away_between, rolling, weekdays_ago
from combray.core.dates.lexicon import FEASTS, UNITS
from combray.core.dates.periods import (
    QUARTER,
    Clock,
    Period,
    day,
    days,
    feast,
    last_of,
    months,
    season,
    year_of,
)
from combray.core.dates.tokens import DECADE, DMY, YM, YMD, Token, letters
from combray.core.time import DAY

Found = Sequence["Period | None"]
Read = Callable[[Sequence[Token], Clock], Found]

_UNIT = f"[{UNITS}]"
_HALVES = f"½?{_UNIT}½?"
_YEAR = "(?:y?Y|V|[LTNJ]y|y[LTNJ])"
_OF_YEAR = f"(?:[,dli]{{0,2}}{_YEAR})"
_PRE = "(?<=[icbftvwFdzx&-])"
_PATTERNS = {
    "written": "D",
    "short_spread": "wl?S&l?S",
    "short": "(?<=[ilbftcvwFz-])S",
    "spread": f"[wFd]?l?[nou][tiz&-][ld]{{0,2}}[nou]d?l?M{_OF_YEAR}?Z?"
    f"|[wF]?l?M[nou](?:[tiz&-]|Ed?)l?[nou](?!{_UNIT})U?Z?",
    "date": f"n-M-Y|Mlo{_OF_YEAR}?|"
    f"[nou][ld]{{0,2}}M{_OF_YEAR}?|{_YEAR}d?M[no]|[LTN]?M[nou](?!{_UNIT}){_OF_YEAR}?",
    "week_of_month": f"[uo]d?kd?l?M{_OF_YEAR}?",
    "month_spread": f"(?:[wFd]l?)?M[t&iz-]l?M{_OF_YEAR}?Z?",
    "month": f"M[,dl]{{0,3}}{_YEAR}|M[di]?{_YEAR}|{_YEAR}d?M|[LTNJ]d?M|M[LTN]|{_PRE}l?M|M",
    "season": f"s[,dli]{{0,3}}{_YEAR}|{_YEAR}d?l?s|[LTNJ]d?s|s[LTN]"
    "|(?<=[icbftvF])s|(?<=[icbftvF]l)s",
    "feast": f"H[,dl]{{0,3}}{_YEAR}|{_YEAR}d?l?H|[LTNJ]d?H|H[LTN]|{_PRE}l?H|H",
    "ago_between": f"n[~tlz-]nd?{_UNIT}A|[av]n[~tlz-]n{_UNIT}",
    "ahead_between": f"[iw]n[~tlz-]n{_UNIT}(?![AB])|n[~tlz-]nd?{_UNIT}[OG]",
    "weekdays_ago": "nd?[WI]A|[av]n[WI]",
    "ago": f"gA|[nz]{{1,2}}d?{_HALVES}(?:[&,]?[nz]d?{_HALVES})?[AB]"
    f"|[av]l?[nz]{{1,2}}{_HALVES}(?:&[nz]{{1,2}}{_HALVES})?",
    "ahead": f"[iw][nz]{{1,2}}{_HALVES}(?![AB])|[nz]d?{_HALVES}[OG]",
    "rolling": f"[LP]l?n{_UNIT}|nd?[LP]{_UNIT}|N[n]{_UNIT}|nN{_UNIT}|cn{_UNIT}|P[hjkmgypq]",
    "of_late": "(?<=[il])L[kmgyq]",
    "quarter": f"Q[,d]?{_YEAR}?|{_YEAR}-?Q|(?:#n|u|o)d?g{_OF_YEAR}?|{_YEAR}d?(?:#n|u)d?g"
    "|[LTNJ]g|g[LTNJ]",
    "day_of_week": "[LTN]kd?l?W|W[,dl]{0,3}[LTN]k|W[dl]{0,2}k[LN]|kd?[LN]d?W|K",
    "weekday": "[LTNP]W|W[LTN]|(?<![oD])W(?![,l]{0,2}(?:[nou][ld]{0,2}M|M[nou]|D))",
    "unit": "[LTNJP][kemy]|[kemy][LNJ]|[kemy]bL(?![kemysWMH])|(?<=[il])e",
    "relative": "R",
    "year": f"{_YEAR}",
    "nth": "(?<=i)o|(?<=il)o|o",
}
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
_BACK = {"J": -2, "L": -1, "P": -1, "T": 0, "N": 1}


def find_phrases(found: Sequence[Token], clock: Clock) -> list[Token | tuple[Period, ...]]:
    """The tokens with each date as the periods that it may mean, in the place of its tokens."""
    line = letters(found)
    out: list[Token | tuple[Period, ...]] = []
    place = 0
    for match in _ANY.finditer(line):
        said = found[match.start() : match.end()]
        before = found[max(match.start() - 2, 0) : match.start()]
        name = match.lastgroup or ""
        joined = 0 < place == match.start() - 1 and found[place].letter in "&,-"
        if _is_weak(said, name) and not (joined or _led(before, name)):
            continue
        periods = tuple(p for p in _READ[name](said, clock) if p)
        if periods:
            out += [*found[place : match.start()], periods]
            place = match.end()
    return [*out, *found[place:]]


_WEAK = {
    "month": "icbftvwFdzx", "month_spread": "icbftvwFdzx", "feast": "icbftvwFdzx",
    "weekday": "ilbftcvwFdz", "year": "icbftvwFdx", "nth": "i", "written": "ilbftcvwFdz",
}  # fmt: skip
"""What a word that may be another one follows where it is a date, unless it is joined to a date."""


def _is_weak(said: Sequence[Token], name: str) -> bool:
    """Whether words may be others: `May`, `April and June`, `4.2.11`."""
    alone = len(said) == 1 or (name == "month_spread" and letters(said) == "M&M")
    return name in _WEAK and alone and not said[0].sure


def _led(before: Sequence[Token], name: str) -> bool:
    """Whether what stands before a word makes it a date."""
    if before and before[-1].letter in "l-" and name not in ("weekday", "year", "written"):
        before = before[:-1]
    if not before or before[-1].letter not in _WEAK[name]:
        return False
    if name == "year" and before[-1][:2] == ("i", 2):
        return False
    # To May, somebody may go.
    return name != "month" or before[-1][:2] != ("t", 1)


def _one(said: Sequence[Token], wanted: str) -> Token | None:
    """The first token of some classes."""
    return next((token for token in said if token.letter in wanted), None)


def _numbers(said: Sequence[Token], wanted: str = "nou") -> list[int]:
    return [token.value for token in said if token.letter in wanted]


def _year_in(said: Sequence[Token], clock: Clock) -> int | None:
    """The year that is said, as a number or from now."""
    if named := _one(said, "Y"):
        return named.value
    if counted := _one(said, "V"):
        return clock.date.year + counted.value
    if _one(said, "y") and (head := _one(said, "JLTN")):
        return clock.date.year + _BACK[head.letter]
    return None


def _yearly(
    said: Sequence[Token], clock: Clock, make: Callable[[int], Period | None]
) -> list[Period | None]:
    """A yearly period by the year that is said, or by last, this and next, or the last one."""
    if (year := _year_in(said, clock)) is not None:
        return [make(year)]
    head = _one(said, "LJTN")
    if head is None:
        return [clock.recent(make)]
    if head.letter in "LJ":
        return [clock.past(make)]
    this = make(clock.date.year)
    if head.letter == "N":
        return [this if this and this.start > clock.wall else make(clock.date.year + 1)]
    return [this, clock.recent(make)] if this and this.start > clock.wall else [this]


def _written(said: Sequence[Token], clock: Clock) -> Found:
    _, how, parts, _ = said[0]
    if how == YMD:
        return [day(*parts)]
    if how == YM:
        return [months(*parts)] if 1 <= parts[1] <= 12 else []
    if how == DECADE:
        return [months(parts[0], 1, 120)]
    one, other, year = parts
    return [day(year, month, number) for number, month in _orders(one, other, how, clock)]


def _short(said: Sequence[Token], clock: Clock) -> Found:
    one, other = said[0].parts
    return [
        clock.recent(_day_in(month, number))
        for number, month in _orders(one, other, said[0].value, clock)
    ]


def _short_spread(said: Sequence[Token], clock: Clock) -> Found:
    first, last = (_short([token], clock) for token in said if token.letter == "S")
    ends = zip(first, last, strict=True)
    return [Period(a.start, b.end, True) for a, b in ends if a and b and a.start < b.end]


def _orders(one: int, other: int, how: int, clock: Clock) -> list[tuple[int, int]]:
    """The day and the month of two numbers, in each order that is meant."""
    if how == DMY or clock.day_first is True:
        return [(one, other)]
    if clock.day_first is False:
        return [(other, one)]
    return [(other, one), (one, other)]


def _date(said: Sequence[Token], clock: Clock) -> Found:
    month, number = _one(said, "M"), _numbers(said)[0]
    assert month is not None
    return _yearly(said, clock, _day_in(month.value, number))


def _day_in(month: int, number: int) -> Callable[[int], Period | None]:
    """The day of a month, by the year."""
    return lambda year: day(year, month, number)


def _month_in(month: int, count: int = 1) -> Callable[[int], Period | None]:
    """Some months from one on, by the year."""
    return lambda year: months(year, month, count)


def _spread(said: Sequence[Token], clock: Clock) -> Found:
    """From one day of a month to another; each by itself where `and` joins them alone."""
    month, (first, last) = _one(said, "M"), _numbers(said)
    assert month is not None
    start, end = (_yearly(said, clock, _day_in(month.value, n))[0] for n in (first, last))
    if start is None or end is None or first >= last:
        return [start, end]
    if _one(said, "&") and not _one(said, "wZ"):
        return [start, end]
    end = day(_date_of(start)[0], month.value, last) or end
    return [Period(start.start, end.end, True)]


def _date_of(period: Period) -> tuple[int, int, int]:
    return Clock(period.start).date.timetuple()[:3]


def _month(said: Sequence[Token], clock: Clock) -> Found:
    month = _one(said, "M")
    assert month is not None
    return _yearly(said, clock, _month_in(month.value))


def _month_spread(said: Sequence[Token], clock: Clock) -> Found:
    first, last = (token.value for token in said if token.letter == "M")
    if _one(said, "&") and not _one(said, "wZ"):
        return [p for m in (first, last) for p in _yearly(said, clock, _month_in(m))]
    return _yearly(said, clock, _month_in(first, (last - first) % 12 + 1))


def _week_of_month(said: Sequence[Token], clock: Clock) -> Found:
    month, number = _one(said, "M"), _numbers(said)[0]
    assert month is not None
    if not 1 <= number <= 5:
        return []
    whole = _yearly(said, clock, _month_in(month.value))
    return [days(p.start + 7 * (number - 1) * DAY, 7, named=True) for p in whole if p]


def _season(said: Sequence[Token], clock: Clock) -> Found:
    which = _one(said, "s")
    assert which is not None
    return _yearly(said, clock, lambda year: season(which.value, year))


def _feast(said: Sequence[Token], clock: Clock) -> Found:
    which = _one(said, "H")
    assert which is not None
    name = tuple(FEASTS)[which.value]
    return _yearly(said, clock, lambda year: feast(name, year))


def _quarter(said: Sequence[Token], clock: Clock) -> Found:
    number = _one(said, "Qnuo")
    if number is not None:
        first = QUARTER * (number.value - 1) + 1
        if not 1 <= number.value <= 4:
            return []
        return _yearly(said, clock, _month_in(first, QUARTER))
    head = _one(said, "LTNJ")
    assert head is not None
    here = (clock.date.month - 1) // QUARTER + _BACK[head.letter]
    return [months(clock.date.year, QUARTER * here + 1, QUARTER, named=False)]


def _ago(said: Sequence[Token], clock: Clock) -> Found:
    # A quarter ago may be said without a number, in Japanese.
    return away([Token("n", 1), *said] if said[0].letter == "g" else said, -1, clock)


def _ago_between(said: Sequence[Token], clock: Clock) -> Found:
    return away_between(said, -1, clock)


def _ahead(said: Sequence[Token], clock: Clock) -> Found:
    lead = said[0]
    return [] if lead.letter in "iw" and lead.value != 1 else away(said, 1, clock)


def _ahead_between(said: Sequence[Token], clock: Clock) -> Found:
    lead = said[0]
    return [] if lead.letter in "iw" and lead.value != 1 else away_between(said, 1, clock)


def _of_late(said: Sequence[Token], clock: Clock) -> Found:
    """`The last month` reaches up to now, where `last month` is one of the calendar."""
    if said[0].value or said[1].letter == "q":
        return rolling(said, clock)
    return _quarter(said, clock) if said[1].letter == "g" else _unit(said, clock)


def _unit(said: Sequence[Token], clock: Clock) -> Found:
    """The last, this or the next week, weekend, month or year, by the calendar."""
    unit, head = _one(said, "kemy"), _one(said, "LTNJP")
    assert unit is not None
    away = _BACK[head.letter] if head else 0
    if _one(said, "b"):
        away = _BACK["J"]
    if unit.letter == "m":
        return [months(clock.date.year, clock.date.month + away, named=False)]
    if unit.letter == "y":
        return [year_of(clock.date.year + away, named=False)]
    if unit.letter == "k":
        return [days(clock.monday + 7 * away * DAY, 7)]
    saturday = clock.monday + (5 + 7 * away) * DAY
    weekend = days(saturday, 2)
    if away or clock.nearest or saturday <= clock.today:
        return [weekend]
    # On a working day it is the coming one, or the one just over.
    return [weekend, days(saturday - 7 * DAY, 2)]


def _day_of_week(said: Sequence[Token], clock: Clock) -> Found:
    """A weekday of last, this or next week."""
    if known := _one(said, "K"):
        return [days(clock.monday + known.value * DAY)]
    weekday, head = _one(said, "W"), _one(said, "LTN")
    assert weekday is not None
    assert head is not None
    return [days(clock.monday + (7 * _BACK[head.letter] + weekday.value) * DAY)]


def _weekday(said: Sequence[Token], clock: Clock) -> Found:
    """The last such day before today, or the next one."""
    weekday = _one(said, "W")
    assert weekday is not None
    last = last_of(weekday.value, clock)
    if _one(said, "N"):
        ahead = (weekday.value - clock.date.weekday()) % 7 or 7
        return [days(clock.today + ahead * DAY)]
    coming = days(last.start + 7 * DAY)
    if clock.nearest:
        # What is told on a Friday may be of last Monday or of the next, unless it says which.
        return [last] if _one(said, "LP") else [coming] if _one(said, "T") else [last, coming]
    if _one(said, "T") or (coming.start == clock.today and not _one(said, "LP")):
        return [last, coming]
    return [last]


def _relative(said: Sequence[Token], clock: Clock) -> Found:
    return [days(clock.days_away(said[0].value))]


def _year(said: Sequence[Token], clock: Clock) -> Found:
    year = _year_in(said, clock)
    return [] if year is None else [year_of(year, named=_one(said, "Y") is not None)]


def _nth(said: Sequence[Token], clock: Clock) -> Found:
    """A day of the month: the last that came."""
    number, at = said[0].value, clock.date
    for month in range(at.month, at.month - 3, -1):
        year, rest = at.year + (month - 1) // 12, (month - 1) % 12 + 1
        found = day(year, rest, number)
        if found and found.start <= clock.wall:
            return [found]
    return []


_READ: dict[str, Read] = {
    "written": _written, "short": _short, "short_spread": _short_spread, "spread": _spread,
    "date": _date, "month": _month, "week_of_month": _week_of_month, "month_spread": _month_spread,
    "season": _season, "feast": _feast, "quarter": _quarter, "ago": _ago, "ahead": _ahead,
    "ago_between": _ago_between, "ahead_between": _ahead_between, "weekdays_ago": weekdays_ago,
    "rolling": rolling,
    "of_late": _of_late, "unit": _unit, "day_of_week": _day_of_week, "weekday": _weekday,
    "relative": _relative, "year": _year, "nth": _nth,
}  # fmt: skip
