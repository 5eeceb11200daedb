"""Relations: before, after, since, until and between make a period of others.

They read a line of classes once more, in which each date that was found is an `X`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from combray.core.dates.periods import BEGIN, END, Clock, Period, day, days, part
from combray.core.dates.tokens import Token
from combray.core.time import DAY

MONTH = 28 * DAY
"""The least that has an early and a late part."""
Piece = Token | tuple[Period, ...]
_PATTERNS = {
    "between": "wl?X&l?X|X&l?XZ|[Fd]l?X[tziU-]l?X|XEl?XU?|X[t-]l?XU?",
    "shifted": "n?[jkmy]d?l?[bfv]d?l?X",
    "week": "k[ld]{0,2}X",
    "before": "[bv]l?X|XA",
    "after": "fl?X|X[GO]",
    "since": "[cF]l?X[CE]?|X[CE]",
    "until": "tl?X|XU",
    "part": "x[ld-]{0,2}X|Xr",
    "plain": "X",
}
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))


def find_relations(pieces: Sequence[Piece], clock: Clock) -> Iterator[Period]:
    """The periods of a text: of each way to read it the likeliest first."""
    line = "".join([piece.letter if isinstance(piece, Token) else "X" for piece in pieces])
    for match in _ANY.finditer(line):
        said = pieces[match.start() : match.end()]
        dates = [piece for piece in said if not isinstance(piece, Token)]
        words = [piece for piece in said if isinstance(piece, Token)]
        yield from (period for period in _READ[match.lastgroup or ""](dates, words) if period)


Dates = Sequence[tuple[Period, ...]]
Read = Callable[[Dates, Sequence[Token]], Sequence[Period]]


def _between(dates: Dates, _words: Sequence[Token]) -> Sequence[Period]:
    (first, *_), (last, *_) = dates
    if first.start >= last.end:
        last = _later(last)
    return [Period(first.start, last.end, first.named and last.named)]


def _later(period: Period) -> Period:
    """The same a year later, or a week later where it is counted from now: an end after a start."""
    if not period.named:
        return Period(period.start + 7 * DAY, period.end + 7 * DAY)
    at = Clock(period.start).date
    moved = day(at.year + 1, at.month, min(at.day, 28)) or period
    return Period(moved.start, moved.start + period.end - period.start, True)


def _shifted(dates: Dates, words: Sequence[Token]) -> Sequence[Period]:
    """The day before a date, two weeks after it."""
    unit = next(word.letter for word in words if word.letter in "jkmy")
    number = next((word.value for word in words if word.letter == "n"), 1)
    back = any(word.letter in "bv" for word in words)
    whole, counted = dates[0][0], any(word.letter == "n" for word in words)
    span = {"j": 1, "k": 7, "m": 30, "y": 365}[unit]
    if unit == "j" or counted:
        away = number * span
        at = whole.start - away * DAY if back else whole.end + (away - 1) * DAY
        return [days(at, named=whole.named)]
    start = whole.start - span * DAY if back else whole.end
    return [days(start, span, named=whole.named)]


def _week(dates: Dates, _words: Sequence[Token]) -> Sequence[Period]:
    """The week that a day is in; of what is longer there is no one week."""
    found = dates[0][0]
    if found.end - found.start > 7 * DAY:
        return dates[0]
    return [days(Clock(found.start).monday, 7, named=found.named)]


def _before(dates: Dates, _words: Sequence[Token]) -> Sequence[Period]:
    return [Period(BEGIN, period.start, period.named) for period in dates[0]]


def _after(dates: Dates, _words: Sequence[Token]) -> Sequence[Period]:
    return [Period(period.end, END, period.named) for period in dates[0]]


def _since(dates: Dates, words: Sequence[Token]) -> Sequence[Period]:
    """From its beginning on; `the photo from May` is one of May."""
    if words[0][:2] == ("F", 1) and len(words) == 1:
        return dates[0]
    return [Period(period.start, END, period.named) for period in dates[0]]


def _until(dates: Dates, words: Sequence[Token]) -> Sequence[Period]:
    if words[0].letter == "t" and words[0].value:
        return dates[0]
    return [Period(BEGIN, period.end, period.named) for period in dates[0]]


def _part(dates: Dates, words: Sequence[Token]) -> Sequence[Period]:
    third = next(word.value for word in words if word.letter in "xr")
    return [part(p, third) if p.named and p.end - p.start >= MONTH else p for p in dates[0]]


def _plain(dates: Dates, _words: Sequence[Token]) -> Sequence[Period]:
    return dates[0]


_READ: dict[str, Read] = {
    "between": _between, "shifted": _shifted, "week": _week, "before": _before, "after": _after,
    "since": _since, "until": _until, "part": _part, "plain": _plain,
}  # fmt: skip
