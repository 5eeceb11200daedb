"""Identifiers: UUIDs of version 7 that sort by the time they were made."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from combray.core import ids
from combray.core.ids import new_id


def milliseconds(id_: str) -> int:
    """The time that an id holds."""
    return uuid.UUID(id_).int >> 80


def test_ids_are_uuid7_and_grow() -> None:
    """Every id is a valid UUID of version 7, greater than the one before it."""
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {uuid.UUID(id_).version for id_ in made} == {7}
    assert {uuid.UUID(id_).variant for id_ in made} == {uuid.RFC_4122}


def test_an_id_is_spelt_one_way() -> None:
    """As `uuid` writes it: 36 lower-case letters, so that texts of ids can be compared."""
    for _ in range(100):
        id_ = new_id()
        assert str(uuid.UUID(id_)) == id_
        assert len(id_) == 36


def test_an_id_holds_its_moment() -> None:
    """To the millisecond, so that it sorts among the ids of other processes."""
    before = time.time_ns() // 1_000_000
    told = milliseconds(new_id())
    # A burst of ids may run some milliseconds ahead of the clock.
    assert before <= told <= time.time_ns() // 1_000_000 + 10


def test_ids_grow_when_the_clock_stands_or_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was set back makes no id that sorts before one already made."""
    last = new_id()
    for nanoseconds in (time.time_ns(), 10**18, 0):
        monkeypatch.setattr(time, "time_ns", lambda now=nanoseconds: now)
        for _ in range(3):
            made = new_id()
            assert made > last
            last = made


def test_more_than_4096_ids_fit_in_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count runs over into the next millisecond and stays a valid UUID."""
    moment = (ids._last >> 12) + 1000
    monkeypatch.setattr(time, "time_ns", lambda: moment * 1_000_000)
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert [milliseconds(made[0]), milliseconds(made[-1])] == [moment, moment + 1]
    assert {uuid.UUID(id_).version for id_ in made} == {7}


def test_ids_cannot_be_guessed() -> None:
    """Half of each is random: two of the same moment share none of it."""
    tails = {uuid.UUID(new_id()).int & (1 << 62) - 1 for _ in range(1000)}
    assert len(tails) == 1000


def test_threads_never_share_an_id() -> None:
    """Ids made at once by several threads are distinct."""
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(new_id() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id_ for mine in made for id_ in mine}) == 8000
    assert all(mine == sorted(mine) for mine in made)
