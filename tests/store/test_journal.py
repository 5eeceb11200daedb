"""A state as the replay of its steps: shared, undone, and never decided by what is old."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping

import pytest

from combray.core.errors import InputError
from combray.store.connect import connect
from combray.store.journal import Journal
from combray.store.store import Store
from combray.store.tables.steps import Step, remove

State = Mapping[str, object]


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """An empty store, on each database."""
    made = connect(location)
    yield made
    made.close()


def reduce(state: State, step: Step) -> State:
    """A dictionary: one name is set, or added to."""
    name = str(step.value["name"])
    if step.op == "add":
        return {**state, name: int(str(state.get(name, 0))) + 1}
    return {**state, name: step.value["value"]}


def open_journal(store: Store, tenant: str = "u") -> Journal[State]:
    """A journal of a dictionary."""
    return Journal(store, tenant, "trip", empty={}, reduce=reduce)


def put(journal: Journal[State], name: str, value: object) -> None:
    """Set one name."""
    with journal.changing("ann") as change:
        change.add("set", name=name, value=value)


def test_every_opening_replays_to_the_same_state(store: Store) -> None:
    """A second opening, and one that was open all the time, see what the first did."""
    one, other = open_journal(store), open_journal(store)
    assert other.state() == {}
    put(one, "a", 1)
    put(other, "b", [2])
    assert one.state() == other.state() == open_journal(store).state() == {"a": 1, "b": [2]}
    assert [step.number for step in one.steps()] == [1, 2]
    assert open_journal(store, "v").state() == {}


def test_a_change_counts_in_full_or_not_at_all(store: Store) -> None:
    """What raises leaves neither steps nor a state behind."""
    journal = open_journal(store)

    def fail() -> None:
        with journal.changing("ann") as change:
            change.add("set", name="a", value=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert journal.state() == {}
    assert journal.steps() == ()


def test_a_state_is_restored_by_replay(store: Store) -> None:
    """Any step's state comes back exactly, and restoring can itself be undone."""
    journal, draw, states = open_journal(store), random.Random(0), [{}]
    for number in range(1, 200):
        if draw.random() < 0.4:
            to = draw.randrange(number)
            assert journal.restore(to, "ann") == states[to]
        else:
            put(journal, draw.choice("abcd"), draw.randrange(9))
        states.append(dict(journal.state()))
    fresh = open_journal(store)
    assert [fresh.state_at(number) for number in range(200)] == states


def test_many_undos_in_a_row_are_no_deep_stack(store: Store) -> None:
    """Each restores the state before the restoring before it."""
    journal = open_journal(store)
    put(journal, "a", 1)
    put(journal, "a", 2)
    with journal.changing("ann") as change:
        change.add("restore", to=1)
        for number in range(3, 1200):
            change.add("restore", to=number)
    assert open_journal(store).state() == {"a": 1}


def test_two_writers_never_decide_by_the_same_state(store: Store) -> None:
    """Forty threads' additions, each read and written in one change, are all counted."""

    def count() -> None:
        journal = open_journal(store)
        for _ in range(10):
            with journal.changing("ann") as change:
                change.add("add", name="n")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert open_journal(store).state() == {"n": 40}


def test_what_was_erased_is_gone_for_everybody(store: Store) -> None:
    """A journal that was open sees the empty state, and goes on from the first number."""
    one, other = open_journal(store), open_journal(store)
    put(one, "a", 1)
    put(other, "b", 1)
    with store.engine.write("u") as cursor:
        assert remove(cursor, "u", "trip") == 2
    assert other.state() == {}
    put(other, "c", 1)
    assert [step.number for step in one.steps()] == [1]


@pytest.mark.parametrize("number", [-1, 2, True, "1", None])
def test_a_step_that_is_none_is_refused(store: Store, number: object) -> None:
    """Only a step that there is can be gone back to; nothing is appended."""
    journal = open_journal(store)
    put(journal, "a", 1)
    with pytest.raises(InputError, match="step"):
        journal.restore(number, "ann")  # type: ignore[arg-type]
    assert len(journal.steps()) == 1


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\0", object()])
def test_what_is_no_plain_data_is_refused(store: Store, value: object) -> None:
    """A step holds what every store can keep."""
    journal = open_journal(store)
    with pytest.raises(InputError):
        put(journal, "a", value)
    assert journal.state() == {}
