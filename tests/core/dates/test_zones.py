"""Zones: names, offsets, and what the clock of a zone shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.dates.zones import (
    check_zone,
    day_of,
    offset_at,
    offset_in,
    place_of,
    to_moment,
    to_wall,
    zone_of,
)
from combray.core.errors import InputError, UnknownName
from combray.core.time import FIRST, LAST, to_micros

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "+14:00", "-12:00"])


def test_an_unknown_zone_is_refused_with_the_nearest() -> None:
    """By a city alone, or by a slip."""
    with pytest.raises(UnknownName, match="'Europe/Berlin'"):
        zone_of("Berlin")
    with pytest.raises(UnknownName, match="'Europe/Berlin'"):
        zone_of("Europe/Berln")
    with pytest.raises(UnknownName, match="'Asia/Tokyo'"):
        zone_of("tokio")
    for bad in ("", "Europe", "+25:00", "+09:60", "../etc", "a\0b", "XX"):
        with pytest.raises(InputError) as refused:
            zone_of(bad)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize("bad", [5, b"UTC", ["UTC"]])
def test_a_zone_is_a_name(bad: Any) -> None:
    """Anything else is an InputError; None is no zone."""
    with pytest.raises(InputError, match="Europe/Berlin"):
        check_zone(bad)
    assert check_zone(None) is None
    assert check_zone("Europe/Berlin") == "Europe/Berlin"


def test_the_clock_of_a_zone_follows_its_summer_time() -> None:
    """One hour ahead in winter, two in summer."""
    assert offset_at(to_micros("2024-01-01"), "Europe/Berlin") == "+01:00"
    assert offset_at(to_micros("2024-07-01"), "Europe/Berlin") == "+02:00"
    assert offset_at(to_micros("2024-07-01"), "America/St_Johns") == "-02:30"


def test_a_day_is_shown_where_it_is() -> None:
    """The same moment is of two days (mem0ai/mem0#4402); years have four digits."""
    moment = to_micros("2024-05-02T01:00:00+09:00")
    assert (day_of(moment), day_of(moment, "+09:00")) == ("2024-05-01", "2024-05-02")
    assert day_of(FIRST) == "0001-01-01"
    assert day_of(LAST, "+09:00") == "9999-12-31"


def test_only_an_offset_that_names_a_place_is_kept() -> None:
    """A time in UTC, and one without a zone, say nothing of where."""
    assert offset_in("2024-05-02T01:00:00+09:00") == "+09:00"
    assert offset_in("2024-05-02T01:00:00-03:30") == "-03:30"
    for plain in (None, 0, "2024-05-02", "2024-05-02T01:00", "2024-05-02T01:00:00Z"):
        assert offset_in(plain) is None
    assert offset_in(datetime(2024, 5, 2, tzinfo=UTC)) is None


def test_what_is_kept_of_a_place_counts_before_the_zone() -> None:
    """Metadata of one's own that is no offset is none."""
    assert place_of({"utc_offset": "+09:00"}, "Europe/Berlin") == "+09:00"
    assert place_of({"utc_offset": 9}, "Europe/Berlin") == "Europe/Berlin"
    assert place_of({}) == "UTC"


@given(st.integers(FIRST, LAST), ZONES)
def test_every_moment_has_a_time_on_the_wall(moment: int, zone: str) -> None:
    """Within the calendar, and back within the hour that a clock may be set by."""
    wall = to_wall(moment, zone_of(zone))
    assert FIRST <= wall <= LAST
    if FIRST < wall < LAST:
        assert abs(to_moment(wall, zone_of(zone)) - moment) <= 3_600_000_000
