"""Time: what users give (datetime, date, text, seconds) to what we keep (microseconds UTC)."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta, tzinfo

from combray.core.errors import InputError, quoted

Timestamp = datetime | date | str | int | float

DAY = 86_400_000_000
"""Microseconds of a day."""
AHEAD = DAY
"""How far ahead of ours a clock may be that is still followed; see `write.change.order`."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first and last moment that can be kept: the years 1 to 9999 in UTC, in microseconds."""

_SECONDS = 1e15
"""No number of seconds is as great, in whatever unit the caller thinks."""
_WHOLE = re.compile(
    r"(?P<day>\d{4}(?:-?\d{2}-?\d{2}|/\d{1,2}/\d{1,2}|-?W\d{2}-?\d))"
    r"|(?P<week>\d{4}-?W\d{2})|(?P<month>\d{4}[-/]\d{1,2})|(?P<year>\d{4})"
)
"""A day, a week, a month or a year without a time."""
_FORMATS = (
    *("%Y/%m/%d (%a) %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d_%H:%M", "%Y%m%d_%H%M"),
    *("%Y-%m", "%Y/%m", "%Y"),
)


def now() -> int:
    """The present in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def to_micros(value: Timestamp, *, what: str = "timestamp", zone: tzinfo = UTC) -> int:
    """Microseconds since 1970 UTC of a datetime, a date, ISO text or epoch seconds.

    A number is seconds, whatever it is: 2024 is 33 minutes after 1970, "2024" is the year.
    A time without a zone is one of `zone`; a date is its midnight there, and a week (`2024-W24`), a
    month (`2024-06`) or a year (`2024`) its beginning. Raises InputError when it does not parse.
    """
    return _micros(_moment(value, what), value, what, zone)


def to_last_micros(value: Timestamp, *, what: str = "timestamp", zone: tzinfo = UTC) -> int:
    """The same for the end of a span: a date, a week, a month or a year is its last moment."""
    return to_bounds(value, what=what, zone=zone)[1]


def to_bounds(value: Timestamp, *, what: str = "timestamp", zone: tzinfo = UTC) -> tuple[int, int]:
    """The first and the last moment of a date, a week, a month or a year; else the moment twice."""
    moment = _moment(value, what)
    first = _micros(moment, value, what, zone)
    length = _length(value)
    if length is None:
        return first, first
    following = _following(moment, length)
    return first, LAST if following is None else _micros(following, value, what, zone) - 1


def moment_in(value: Timestamp | None) -> datetime | None:
    """The datetime that a time is given as, with its zone where it has one; None for none."""
    return None if value is None else _moment(value, "timestamp")


def _micros(moment: datetime, value: Timestamp, what: str, zone: tzinfo) -> int:
    """The microseconds of a moment; raises InputError, with the value as given, for other years."""
    local = moment.tzinfo is None
    micros = (moment.replace(tzinfo=zone if local else moment.tzinfo) - _EPOCH) // _MICRO
    if local:
        # The first and last day of the calendar reach out of it in other zones than UTC.
        micros = min(max(micros, FIRST), LAST)
    if not FIRST <= micros <= LAST:
        raise InputError(f"{what} {quoted(value)} is outside the years 1 to 9999 in UTC.")
    return micros


def _moment(value: Timestamp, what: str) -> datetime:
    """The datetime of what was given; seconds are of UTC."""
    if isinstance(value, bool):
        raise InputError(f"{what} must be a datetime, ISO text or epoch seconds, not a bool.")
    if isinstance(value, int | float):
        if not -_SECONDS < value < _SECONDS:
            raise InputError(
                f"{what} must be epoch seconds of the years 1 to 9999, not {quoted(value)}."
            )
        return _from_seconds(float(value), what)
    if isinstance(value, str):
        return _parse(value, what)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    raise InputError(
        f"{what} must be a datetime, ISO text or epoch seconds, not {type(value).__name__}."
    )


def _length(value: Timestamp) -> str | None:
    """What a time without a clock is: a day, week, month or year; None for a moment."""
    if isinstance(value, str):
        found = _WHOLE.fullmatch(value.strip())
        return found.lastgroup if found else None
    return "day" if isinstance(value, date) and not isinstance(value, datetime) else None


def _following(first: datetime, length: str) -> datetime | None:
    """When a day, week, month or year that begins then is over; None beyond the calendar."""
    try:
        if length == "year":
            return first.replace(year=first.year + 1)
        if length == "month":
            return (first + timedelta(days=31)).replace(day=1)
        return first + timedelta(days=1 if length == "day" else 7)
    except (OverflowError, ValueError):
        return None


def to_datetime(micros: int) -> datetime:
    """The UTC datetime of a number of microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_datetime(micros: int | None) -> datetime | None:
    """The UTC datetime, or None for an open end."""
    return None if micros is None else to_datetime(micros)


def iso(micros: int | None) -> str | None:
    """ISO text with a Z, to the microsecond when there are any; None for an open end."""
    return None if micros is None else iso_of(to_datetime(micros))


def iso_of(moment: datetime) -> str:
    """ISO text of a datetime in UTC, with a Z."""
    return moment.isoformat().replace("+00:00", "Z")


def _from_seconds(seconds: float, what: str) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise InputError(
            f"{what} {quoted(seconds)} is out of range: give epoch seconds, not milliseconds."
        ) from error


def _parse(text: str, what: str) -> datetime:
    stripped = text.strip()
    try:
        return datetime.fromisoformat(stripped)
    except ValueError:
        pass
    for pattern in _FORMATS:
        try:
            return datetime.strptime(stripped, pattern)
        except ValueError:
            continue
    raise InputError(
        f"{what} {quoted(text)} is not a time. Use ISO text such as '2024-05-01T10:00:00Z', "
        "'2024-05-01' or '2024-05', a datetime, or epoch seconds."
    )
