"""Periods: days, weeks, months, seasons and feasts on a wall clock, and which of them is meant.

    wall   microseconds since 1970 as the clock of the asker shows them

A period reaches from its start up to its end, which is outside of it. Years before 1 and after 9999
are cut off.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from combray.core.dates.zones import to_moment, to_wall
from combray.core.time import DAY, FIRST, LAST

BEGIN, END = FIRST, LAST + 1
_EPOCH = date(1970, 1, 1).toordinal()
_LUNAR = (
    "0214 0203 0123 0210 0131 0219 0208 0128 0216 0205 0125 0212 0201 0122 0210 0129 0217 0206 "
    "0126 0213 0203"
).split()
"""The Chinese New Year of 2010 to 2030."""
SEASON_MONTHS = (3, 6, 9, 12)
QUARTER, HOUR = 3, DAY // 24


class Period(NamedTuple):
    """A span of the wall clock; `named` where it is the same whoever asks, and whenever."""

    start: int
    end: int
    named: bool = False

    def __bool__(self) -> bool:
        return self.start < self.end


@dataclass(frozen=True)
class Clock:
    """What the clock shows when something is asked or said.

    `nearest` says that a day without a year is the nearest one, as in what is told, and not the
    last that came, as in what is asked. `day_first` is how 3/5 is read; None for either way.
    The days and hours that are counted from it are those that there were in its `zone`.
    """

    wall: int
    nearest: bool = False
    day_first: bool | None = None
    zone: tzinfo = UTC

    @cached_property
    def today(self) -> int:
        """Midnight before."""
        return self.wall // DAY * DAY

    @cached_property
    def date(self) -> date:
        """The day."""
        return date.fromordinal(self.wall // DAY + _EPOCH)

    @property
    def monday(self) -> int:
        """The first day of the week."""
        return self.today - self.date.weekday() * DAY

    def days_away(self, count: int) -> int:
        """Midnight so many days from today; a day that the zone left out is not counted."""
        plain = self.today + count * DAY
        if self.zone is UTC or not FIRST + 2 * DAY < plain < LAST - 2 * DAY:
            return plain
        # From noon an hour more or less leads to no other day.
        return self._passed(self.today + DAY // 2, count * DAY) // DAY * DAY

    def later(self, time: int) -> int:
        """What the clock shows when so much time has passed; before now when it is negative."""
        return self.wall + time if self.zone is UTC else self._passed(self.wall, time)

    def _passed(self, wall: int, time: int) -> int:
        return to_wall(to_moment(wall, self.zone) + time, self.zone)

    def leaves_out(self, midnight: int) -> bool:
        """Whether the zone has no such day, as Samoa had no 30 December 2011."""
        return to_moment(midnight, self.zone) >= to_moment(midnight + DAY, self.zone)

    def recent(self, make: Callable[[int], Period | None]) -> Period | None:
        """The last of a yearly period that has begun, or the nearest one."""
        year = self.date.year
        # Nine years hold a leap day, also around 1900.
        made = (period for y in range(year + 1, year - 9, -1) if (period := make(y)))
        if self.nearest:
            first = list(islice(made, 3))
            return min(
                first, key=lambda p: max(p.start - self.wall, self.wall - p.end), default=None
            )
        return next((period for period in made if period.start <= self.wall), None)

    def past(self, make: Callable[[int], Period | None]) -> Period | None:
        """The last of a yearly period that is over."""
        year = self.date.year
        made = (period for y in range(year, year - 10, -1) if (period := make(y)))
        return next((period for period in made if period.end <= self.wall), None)


def days(start: int, count: int = 1, *, named: bool = False) -> Period:
    """Whole days from a midnight on."""
    return Period(max(start, BEGIN), min(start + count * DAY, END), named)


def midnight(year: int, month: int, day: int = 1) -> int:
    """The midnight before a day; an end of the calendar for other years; months may run over."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        return BEGIN if year < 1 else END
    return (date(year, month, day).toordinal() - _EPOCH) * DAY


def day(year: int, month: int, number: int) -> Period | None:
    """A day by its numbers; None where the calendar has no such day."""
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    if not 1 <= number <= calendar.monthrange(year, month)[1]:
        return None
    return days(midnight(year, month, number), named=True)


def months(year: int, month: int, count: int = 1, *, named: bool = True) -> Period:
    """So many months from the first of one."""
    return Period(midnight(year, month), midnight(year, month + count), named)


def year_of(year: int, *, named: bool = True) -> Period:
    """A whole year."""
    return months(year, 1, 12, named=named)


def season(number: int, year: int) -> Period:
    """Spring, summer, autumn or winter; the winter reaches into the next year."""
    return months(year, SEASON_MONTHS[number], 3)


def feast(name: str, year: int) -> Period | None:
    """The days of a feast in a year; None where we do not know them."""
    if name in _FIXED:
        month, number, count = _FIXED[name]
        return days(midnight(year, month, number), count, named=True)
    if not 1 <= year <= 9999:
        return None
    if name == "easter":
        return days(_easter(year) - 2 * DAY, 4, named=True)
    if name == "thanksgiving":
        first = midnight(year, 11)
        return days(first + ((3 - date(year, 11, 1).weekday()) % 7 + 21) * DAY, named=True)
    if 2010 <= year <= 2030:
        written = _LUNAR[year - 2010]
        return days(midnight(year, int(written[:2]), int(written[2:])), 7, named=True)
    return None


_FIXED = {
    "christmas": (12, 24, 3),
    "christmas eve": (12, 24, 1),
    "new year": (1, 1, 1),
    "new year's eve": (12, 31, 1),
    "halloween": (10, 31, 1),
    "valentine": (2, 14, 1),
}


def _easter(year: int) -> int:
    """Midnight before Easter Sunday: the Gregorian rule as Meeus gives it."""
    century = year // 100
    epact = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - year % 19) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    month = 3 + (moon - weekday + 40) // 44
    number = moon - weekday + 28 - 31 * (month // 4)
    return midnight(year, month, number)


def months_before(clock: Clock, count: int) -> int:
    """The midnight so many months before today; the last of a shorter month."""
    at = clock.date
    month = at.month - count
    year, month = at.year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        return BEGIN if year < 1 else END
    return midnight(year, month, min(at.day, calendar.monthrange(year, month)[1]))


def part(period: Period, third: int) -> Period:
    """The first, the middle or the last third of a period, in whole days."""
    step = (period.end - period.start) // DAY // 3 * DAY
    if third == 2:
        return Period(period.end - step, period.end, period.named)
    return Period(period.start + third * step, period.start + (third + 1) * step, period.named)


def last_of(weekday: int, clock: Clock) -> Period:
    """The last such day before today."""
    start = clock.today - ((clock.date.weekday() - weekday) % 7 or 7) * DAY
    return days(start - 7 * DAY if clock.leaves_out(start) else start)
