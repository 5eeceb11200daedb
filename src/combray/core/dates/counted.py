"""Counted spans: so many days, weeks or hours away from now, or up to it.

What is longer than a day is rounded as people do: three weeks ago are the days around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.dates.lexicon import UNITS
from combray.core.dates.periods import (
    END,
    HOUR,
    QUARTER,
    Clock,
    Period,
    last_of,
    midnight,
    months_before,
)
from combray.core.dates.tokens import Token
from combray.core.time import DAY

_SPANS = {
    "p": HOUR // 60, "h": HOUR, "j": DAY, "k": 7 * DAY, "e": 7 * DAY, "m": 30 * DAY,
    "g": 91 * DAY, "y": 365 * DAY, "q": DAY,
}  # fmt: skip
_MONTHS = {"m": 1, "g": QUARTER, "y": 12}


def away(said: Sequence[Token], way: int, clock: Clock) -> list[Period]:
    """The time so far from now, -1 before and 1 after it; a day from 24 hours on."""
    spans = counted(said)
    if not spans or not all(count for count, _ in spans):
        return []
    distance, finest = sum(round(count * span) for count, span in spans), spans[-1][1]
    if finest < DAY:
        at, size = clock.later(way * distance), DAY if distance >= DAY else HOUR
        return [_within(at // size * size, at // size * size + size)]
    middle = clock.days_away(way * round(distance / DAY))
    slack = finest // (2 * DAY) * DAY
    return [_within(middle - slack, middle + slack + DAY)]


def away_between(said: Sequence[Token], way: int, clock: Clock) -> list[Period]:
    """Two or three weeks away: both of the times, and what is between them."""
    unit = next(token for token in said if token.letter in UNITS)
    ends = [p for n in said if n.letter == "n" for p in away([n, unit], way, clock)]
    return [Period(min(p.start for p in ends), max(p.end for p in ends))] if ends else []


def weekdays_ago(said: Sequence[Token], clock: Clock) -> list[Period]:
    """Two Fridays ago: the one before the last."""
    weekday = next(token.value for token in said if token.letter in "WI")
    count = next(token.value for token in said if token.letter == "n")
    start = last_of(weekday, clock).start - 7 * (count - 1) * DAY
    return [_within(start, start + DAY)] if count else []


def counted(said: Sequence[Token]) -> list[tuple[float, int]]:
    """How many of which span, for each unit; a half stands before its unit or behind it."""
    found: list[tuple[float, int]] = []
    count, behind = 0.0, True
    for token in said:
        if token.letter in "nz":
            count, behind = token.value, False
        elif token.letter == "½" and behind:
            found[-1] = (found[-1][0] + 0.5, found[-1][1])
        elif token.letter == "½":
            count += 0.5
        elif token.letter in UNITS:
            found.append((count, _span(token)))
            behind = True
    return found


def rolling(said: Sequence[Token], clock: Clock) -> list[Period]:
    """So many days, weeks, months or years up to now, today among them; or from today on."""
    unit = next(token for token in said if token.letter in UNITS)
    number = next((token.value for token in said if token.letter == "n"), 1)
    tomorrow, span = clock.today + DAY, number * _span(unit)
    if any(token.letter == "N" for token in said):
        return [_within(clock.today, clock.days_away(1 + span // DAY))]
    if unit.letter in "hp":
        return [_within(clock.later(-span), clock.wall + 1)]
    if unit.letter in _MONTHS:
        return [_within(months_before(clock, number * _MONTHS[unit.letter]) + DAY, tomorrow)]
    return [_within(clock.days_away(1 - span // DAY), tomorrow)]


def _span(unit: Token) -> int:
    return _SPANS[unit.letter] * (unit.value if unit.letter == "q" else 1)


def _within(start: int, end: int) -> Period:
    return Period(max(start, midnight(0, 1)), min(end, END))
