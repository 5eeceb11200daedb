from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import InputError
from combray.core.time import iso, to_datetime, to_micros


def test_every_form_of_a_moment_is_the_same() -> None:
    """A datetime, ISO text and epoch seconds of one moment give the same number."""
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    forms = [moment, "2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", 1714557600, 1714557600.0]
    assert len({to_micros(form) for form in forms}) == 1


def test_a_time_without_a_zone_is_utc() -> None:
    """Naive times are read as UTC, whatever the machine's zone is."""
    assert to_micros("2024-05-01 10:00") == to_micros("2024-05-01T10:00:00Z")


def test_a_date_is_its_midnight() -> None:
    """A day without a time begins at midnight UTC, like the same day as text."""
    assert to_micros(date(2024, 5, 1)) == to_micros("2024-05-01") == to_micros("2024-05-01T00:00Z")


@pytest.mark.parametrize("bad", ["yesterday-ish", "", True, float("nan"), 1e30, [], "2024-13-01"])
def test_what_is_not_a_time_is_refused(bad: object) -> None:
    """Anything else is an InputError that says what is accepted."""
    with pytest.raises(InputError):
        to_micros(bad)  # type: ignore[arg-type]


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_survive_the_round_trip(moment: datetime) -> None:
    """No microsecond is lost on the way in and out."""
    micros = to_micros(moment)
    assert to_datetime(micros) == moment
    assert to_micros(iso(micros) or "") == micros
