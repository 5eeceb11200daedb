"""Zones: whose days the days are.

    wall   microseconds that a clock on the wall of a zone shows, counted as UTC ones are

A zone is named as the IANA database does (`Europe/Berlin`) or by its offset (`+09:00`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from combray.core.errors import InputError, UnknownName, quoted
from combray.core.items import Item
from combray.core.time import DAY, FIRST, LAST, Timestamp, moment_in, to_datetime

OFFSET = "utc_offset"
"""The key of the metadata that keeps the offset from UTC of where something was said."""
_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)(?::?([0-5]\d))?")


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of a name or an offset; raises UnknownName with the nearest names."""
    if name == "UTC":
        return UTC
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes, seconds = offset.groups("0")
        apart = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return timezone(-apart if sign == "-" else apart)
    try:
        return ZoneInfo(name)
    # A folder of the database, or a name that cannot be a path, is no zone either.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownName("timezone", name, _by_city(name, available_timezones())) from error


def check_zone(name: Any, where: str = "timezone") -> str | None:
    """The name as given when there is such a zone; raises InputError for another."""
    if name is not None and not isinstance(name, str):
        raise InputError(
            f"{where} must be a name such as 'Europe/Berlin' or '+09:00', not {quoted(name)}."
        )
    if name is not None:
        zone_of(name)
    return name


def to_wall(micros: int, zone: tzinfo) -> int:
    """What the clock of a zone shows at a moment."""
    if zone is UTC:
        return micros
    # A day from the ends of the calendar no zone can lead out of it.
    inner = to_datetime(min(max(micros, FIRST + DAY), LAST - DAY)).astimezone(zone)
    offset = inner.utcoffset() or timedelta(0)
    return min(max(micros + offset // _MICRO, FIRST), LAST)


def to_moment(wall: int, zone: tzinfo) -> int:
    """The moment at which the clock of a zone shows a time; within the years 1 to 9999."""
    shown = min(max(wall, FIRST), LAST)
    if zone is not UTC:
        offset = (_EPOCH + timedelta(microseconds=shown)).replace(tzinfo=zone).utcoffset()
        shown -= (offset or timedelta(0)) // _MICRO
    return min(max(shown, FIRST), LAST)


def day_of(micros: int, zone: str = "UTC") -> str:
    """The day of a moment in a zone, as `2024-05-01`."""
    return to_datetime(to_wall(micros, zone_of(zone))).date().isoformat()


def offset_at(micros: int, zone: str) -> str:
    """The offset of a zone from UTC at a moment, as `+09:00`."""
    minutes = (to_wall(micros, zone_of(zone)) - micros) // 60_000_000
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def offset_in(value: Timestamp | None) -> str | None:
    """The offset that a time is given with; None without one, and for UTC, which is no place."""
    moment = moment_in(value)
    apart = None if moment is None else moment.utcoffset()
    if not apart:
        return None
    minutes = apart // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def place_of(metadata: Any, zone: str = "UTC") -> str:
    """The offset that metadata keep of where something was said, else the zone given."""
    kept = metadata.get(OFFSET)
    return kept if isinstance(kept, str) and _OFFSET.fullmatch(kept) else zone


def days_said(items: Iterable[Item], zone: str = "UTC") -> tuple[str, ...]:
    """The days on which items were said, where each was said, else in a zone; oldest first."""
    in_order = sorted(items, key=lambda item: item.first_at_us)
    days = (day_of(item.first_at_us, place_of(item.metadata, zone)) for item in in_order)
    return tuple(dict.fromkeys(days))


def _by_city(name: str, zones: set[str]) -> list[str]:
    """The zones whose city a name names, or is near to; examples where none is."""
    cities: dict[str, list[str]] = {}
    for zone in sorted(zones):
        cities.setdefault(zone.rsplit("/", 1)[-1].casefold(), []).append(zone)
    city = name.rsplit("/", 1)[-1].replace(" ", "_").casefold()
    near = [city] if city in cities else get_close_matches(city, cities, n=3)
    return [zone for each in near for zone in cities[each]] or ["Europe/Berlin", "UTC", "+09:00"]
