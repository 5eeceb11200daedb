"""The order of the log: what is told later counts as later, whatever the clocks say."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

import pytest

from combray import Memory
from combray.core import ids
from combray.core.items import Item
from combray.core.time import AHEAD, DAY, to_datetime
from combray.write.change.order import is_automatic

SECOND, HOUR, YEAR = 1_000_000, 3_600_000_000, 365 * DAY


class Clock:
    """The clock of a machine: the right time, and how far it is off."""

    def __init__(self) -> None:
        self.off = 0
        self._right = time.time_ns

    def __call__(self) -> int:
        """Nanoseconds, as `time.time_ns` gives them."""
        return self._right() + self.off * 1000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that everything here goes by."""
    made = Clock()
    monkeypatch.setattr(time, "time_ns", made)
    monkeypatch.setattr(ids, "_last", 0)
    return made


@pytest.fixture
def servers(location: str) -> Iterator[Sequence[Memory]]:
    """Two processes' memories of one place."""
    with ExitStack() as stack:
        yield [stack.enter_context(Memory(location, embedder="hashed")) for _ in range(2)]


def facts(memory: Memory) -> dict[str, bool]:
    """What the user's facts say, and whether it goes on."""
    listed = memory.list(user_id="u", kinds=["fact"])
    return {fact.text: fact.valid_to is None for fact in listed}


def first_hit(memory: Memory) -> tuple[str, bool]:
    """The first answer to where the user lives, and whether it is superseded."""
    hit = memory.search("Where do I live?", user_id="u")[0]
    return hit.text, hit.superseded


def told(items: Sequence[Item]) -> list[int]:
    """When items were said."""
    return [item.first_at_us for item in items]


@pytest.mark.parametrize("off", [-5 * SECOND, -20 * HOUR, -YEAR, 0])
def test_what_is_told_later_wins_when_the_clock_steps_back(
    servers: Sequence[Memory], clock: Clock, off: int
) -> None:
    """By seconds, hours or a year, in one process or another; at once and when it is right."""
    one, other = servers
    one.add("I live in Rome.", user_id="u")
    clock.off = off
    other.add("I moved to Paris.", user_id="u")
    for moment in (off, HOUR):
        clock.off = moment
        for memory in servers:
            assert facts(memory) == {"u lives in Rome": False, "u lives in Paris": True}
            assert first_hit(memory) == ("I moved to Paris.", False)
    assert one.verify().ok


def test_a_server_that_is_ahead_does_not_win_for_good(
    servers: Sequence[Memory], clock: Clock
) -> None:
    """What it told is past as soon as another tells otherwise, now and when its date comes."""
    ahead, right = servers
    clock.off = YEAR
    ahead.add("I live in Rome.", user_id="u")
    clock.off = 0
    right.add("I moved to Paris.", user_id="u")
    (paris,) = [item for item in right.list(user_id="u") if item.text == "I moved to Paris."]
    assert abs(paris.first_at_us - clock() // 1000) < HOUR
    (rome,) = [f for f in right.list(user_id="u", kinds=["fact"]) if "Rome" in f.text]
    change = right.history(rome.id)[-1]
    assert "clock" in " ".join(event.why for event in right.history(rome.id))
    for off in (0, HOUR, 2 * YEAR):
        clock.off = off
        assert facts(ahead) == {"u lives in Rome": False, "u lives in Paris": True}
        assert first_hit(ahead) == ("I moved to Paris.", False)
    clock.off = 0
    assert right.repair()["facts_added"] == 0
    right.add("I live in Rome.", user_id="u")
    assert first_hit(ahead)[0] == "I live in Rome."
    assert facts(right)["u lives in Paris"] is False
    assert right.verify().ok
    assert change.item_id == rome.id


@pytest.mark.parametrize("seed", range(40))
def test_the_last_that_was_told_holds_whatever_the_clocks_were(clock: Clock, seed: int) -> None:
    """Steps of seconds, hours, days and years, forwards and back, over up to six moves."""
    dice, last = random.Random(seed), ""
    with Memory(embedder="hashed") as memory:
        for _ in range(dice.randint(2, 6)):
            steps = (0, 5 * SECOND, HOUR, 3 * DAY, YEAR)
            clock.off = dice.choice((1, -1)) * dice.choice(steps)
            last = dice.choice([place for place in ("Rome", "Paris", "Oslo") if place != last])
            form = dice.choice(("I moved to {}.", "I live in {}.", "I live in {} now."))
            memory.add(form.format(last), user_id="u")
        listed = memory.list(user_id="u", kinds=["fact"])
        open_ = [fact.text for fact in listed if fact.valid_to is None]
        assert open_ == [f"u lives in {last}"]
        hit = memory.search("Where do I live?", user_id="u")[0]
        assert (last in hit.text, hit.superseded) == (True, False)
        assert memory.verify().ok


def test_what_a_clock_ahead_told_keeps_its_own_order(memory: Memory, clock: Clock) -> None:
    """Two moves stamped a year ahead come before the next, one after the other."""
    for place, off in (("Rome", YEAR), ("Paris", YEAR), ("Oslo", 0)):
        clock.off = off
        memory.add(f"I moved to {place}.", user_id="u")
    listed = memory.list(user_id="u", kinds=["fact"])
    starts = {fact.text.split()[-1]: (fact.valid_from_us, fact.valid_to_us) for fact in listed}
    (rome, paris, oslo) = (starts[place] for place in ("Rome", "Paris", "Oslo"))
    assert rome[0] is not None
    assert rome == (rome[0], rome[0] + 1)
    assert paris == (rome[0] + 1, rome[0] + 2)
    assert oslo == (rome[0] + 2, None)


def test_facts_that_are_given_follow_the_log_too(servers: Sequence[Memory], clock: Clock) -> None:
    """With all messages of a call as their sources, which their clock told one after the other."""
    ahead, right = servers
    for memory, value, off in ((ahead, "Rome", YEAR), (right, "Paris", 0)):
        clock.off = off
        said = [{"role": "user", "content": text} for text in ("Hello.", f"It is {value} now.")]
        memory.add(said, user_id="u", facts=[("u", "lives in", value)])
    clock.off = 2 * YEAR
    assert facts(right) == {"u lives in Rome": False, "u lives in Paris": True}
    assert right.verify().ok


def test_a_clock_that_is_a_year_behind_is_followed_by_order_alone(
    servers: Sequence[Memory], clock: Clock
) -> None:
    """Who tells what with a clock far behind is believed; the next with a right one again."""
    right, behind = servers
    right.add("I live in Rome.", user_id="u")
    clock.off = -YEAR
    behind.add("I moved to Paris.", user_id="u")
    clock.off = 0
    right.add("I moved to Oslo.", user_id="u")
    assert facts(right) == {
        "u lives in Rome": False,
        "u lives in Paris": False,
        "u lives in Oslo": True,
    }
    assert right.verify().ok


@pytest.mark.parametrize("off", [-1, -5 * SECOND, -20 * HOUR])
def test_automatic_times_of_a_user_only_grow(
    servers: Sequence[Memory], clock: Clock, off: int
) -> None:
    """Over calls, within a call, and in the history; by no more than is needed."""
    one, other = servers
    items = one.add(["First.", "Second."], user_id="u")
    clock.off = off
    items += other.add(["Third.", "Fourth."], user_id="u")
    items += one.add("Fifth.", user_id="u")
    times = told(items)
    assert times == sorted(set(times))
    assert all(is_automatic(item) for item in items)
    if off < -SECOND:
        assert times[-1] - times[1] == 3
    events = [event.at_us for item in items for event in one.history(item.id)]
    assert events == sorted(events)
    for item, event in zip(items, events, strict=True):
        assert event >= item.known_from_us
    gone = one.delete(items[0].id, user_id="u")
    assert one.history(gone.id)[-1].at_us >= events[-1]
    assert one.undo(since=to_datetime(events[-1] - 1), user_id="u")
    assert [one.get(item.id).status for item in items] == ["live"] * 4 + ["undone"]


def test_every_user_has_an_order_of_their_own(memory: Memory, clock: Clock) -> None:
    """A clock that was ahead for one user moves no time of another."""
    clock.off = HOUR
    memory.add("I live in Rome.", user_id="v")
    clock.off = 0
    (item,) = memory.add("I live in Rome.", user_id="u")
    assert abs(item.first_at_us - clock() // 1000) < 60 * SECOND


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A memory in this process alone."""
    with Memory(embedder="hashed") as made:
        yield made


def test_a_time_that_is_given_stays(memory: Memory, clock: Clock) -> None:
    """Earlier or later than all that is known; only when it was learnt follows the log."""
    (first,) = memory.add("I like tea.", user_id="u")
    clock.off = -HOUR
    for given in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        (item,) = memory.add("I like gin.", user_id="u", timestamp=given)
        assert item.first_at.isoformat() == given.replace("Z", "+00:00")
        assert item.valid_from == item.first_at
        assert item.known_from_us > first.known_from_us
    clock.off = 0
    (last,) = memory.add("I like rum.", user_id="u")
    assert abs(last.first_at_us - clock() // 1000) < 60 * SECOND


def test_an_end_that_is_given_is_not_passed(memory: Memory, clock: Clock) -> None:
    """What is said to hold until a moment does not begin after it, wherever the log puts it."""
    memory.add("I like tea.", user_id="u")
    clock.off = -HOUR
    now = clock() // 1000
    (item,) = memory.add("I like gin.", user_id="u", valid_to=(now + 60 * SECOND) / SECOND)
    assert item.valid_from_us is not None
    assert item.valid_to_us is not None
    assert item.valid_from_us < item.valid_to_us


def test_a_later_fact_of_a_longer_history_is_not_ahead(memory: Memory) -> None:
    """What is told of the past beside it changes nothing of what was told at its own time."""
    memory.add("I moved to Paris.", user_id="u")
    memory.add("I live in Rome.", user_id="u", timestamp="2020-01-01")
    assert facts(memory) == {"u lives in Rome": False, "u lives in Paris": True}
    (paris,) = [f for f in memory.list(user_id="u", kinds=["fact"]) if "Paris" in f.text]
    assert [event.op for event in memory.history(paris.id)] == ["add", "link"]


def test_what_is_deleted_was_known_before(memory: Memory, clock: Clock) -> None:
    """With a clock that steps back too nothing ends before it began."""
    (item,) = memory.add("I like tea.", user_id="u")
    clock.off = -HOUR
    gone = memory.delete(item.id, user_id="u")
    assert gone.known_to_us is not None
    assert gone.known_to_us >= gone.known_from_us
    assert memory.verify().ok
    memory.undo(memory.history(item.id)[-1].change_id)
    assert memory.get(item.id).known_to is None


def test_a_correction_of_a_clock_is_undone_with_what_corrected_it(
    memory: Memory, clock: Clock
) -> None:
    """It is part of the change: without the later words the earlier stand as they were told."""
    clock.off = YEAR
    memory.add("I live in Rome.", user_id="u")
    (rome,) = memory.list(user_id="u", kinds=["fact"])
    clock.off = 0
    (item,) = memory.add("I moved to Paris.", user_id="u")
    assert memory.get(rome.id).first_at_us == item.first_at_us - 1
    memory.undo(memory.history(item.id)[0].change_id)
    assert memory.get(rome.id).first_at == rome.first_at
    assert facts(memory) == {"u lives in Rome": True}


def test_a_day_is_as_far_as_a_clock_is_followed() -> None:
    """Longer than any step of a clock that is right, shorter than what dates would suffer from."""
    assert timedelta(microseconds=AHEAD) == timedelta(days=1)
