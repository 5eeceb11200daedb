"""The laws of slots over random histories: what an oracle that replays nothing says is so."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from combray import Memory
from combray.recall.graph.dag import in_order
from combray.recall.task.slots import Slots, after_step
from combray.store.tables.steps import Step
from tests.crash import killed, say
from tests.recall.task.histories import Oracle, play, seen
from tests.words import Words

HISTORIES, EDITS = int(os.environ.get("COMBRAY_HISTORIES", "24")), 200


def follow(memory: Memory, seed: int, edits: int = EDITS) -> Counter[str]:
    """Play a history beside the oracle and compare after each change; return what was done."""
    tasks = memory.user("u").tasks(f"history {seed}")
    oracle, draw, done = Oracle(), random.Random(seed), Counter[str]()
    for number in range(edits):
        done[play(tasks, oracle, draw)] += 1
        assert seen(tasks) == oracle.seen(), f"history {seed}, edit {number}"
    state = tasks.state()
    assert len(in_order(state.needs())) == len(state)
    again = memory.user("u").tasks(tasks.name)
    assert again.state() == state
    return done


def test_histories_of_two_hundred_edits_are_what_the_oracle_says(tmp_path: Path) -> None:
    """Value, status, staleness, versions and dependencies after every edit; all kinds occur."""
    done = Counter[str]()
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        for seed in range(HISTORIES):
            done += follow(memory, seed)
    assert {"set", "done", "after", "back", "name", "undo", "circle"} <= set(done)


@pytest.mark.postgres
def test_histories_are_the_same_on_a_server(postgres_location: str) -> None:
    """Two of them, through PostgreSQL."""
    with Memory(postgres_location, embedder=Words()) as memory:
        for seed in range(2):
            follow(memory, 1000 + seed, 60)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_histories(tmp_path: Path) -> None:
    """The same, many more."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        for seed in range(2000, 4000):
            follow(memory, seed)


def edit(log: Path, path: Path) -> None:
    """Edit a task for ever, and say after each change what it must hold at least."""
    with Memory(path, embedder=Words()) as memory:
        tasks = memory.user("u").tasks("trip")
        number = 0
        while True:
            number += 1
            tasks.add(f"slot {number}", number, after=[f"slot {number - 1}"] if number > 1 else [])
            say(log, str(number))


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """Killed in the middle: all that was said is there, whole, and no half of a change."""
    for seed in range(3):
        path = tmp_path / f"{seed}.db"
        told = killed(edit, tmp_path / f"{seed}.log", path, within=0.6, seed=seed)
        with Memory(path, embedder=Words()) as memory:
            tasks = memory.user("u").tasks("trip")
            slots = tasks.slots()
            assert len(slots) >= int(told[-1])
            assert all(slot.value is not None for slot in slots)
            assert all(len(slot.after) == 1 for slot in slots[1:])
            assert memory.verify().ok
            tasks.add("after all", "it goes on")


def step(number: int, op: str, **value: object) -> Step:
    """A step as a file of others may hold it."""
    return Step(number=number, first=number, op=op, actor="x", at_us=number, value=value)


SLOTS = after_step(
    after_step(Slots(), step(1, "add", id="a", title="A")), step(2, "add", id="b", title="B")
)
FORGED = [
    step(3, "add", id="a", title="again"),
    step(3, "add", id=7, title="A"),
    step(3, "add", id="c"),
    step(3, "add", id="c", title=7),
    step(3, "add", id="c", title="C", versions=[1]),
    step(3, "add", id="c", title="C", parent="nobody"),
    step(3, "set", id="c", value=1, status="open"),
    step(3, "set", id="a", value=1, status="lost"),
    step(3, "change", id="a", after=["a"]),
    step(3, "change", id="a", after=5),
    step(3, "change", id="a", claim={"by": "x"}),
    step(3, "roll back", id="a", to=1),
    step(3, "roll back", id="a", to="1"),
    step(3, "claim", id="a", until="ever"),
    step(3, "claim", id="a", until=2**62),
    step(3, "drop", id="a", replaced_by="nobody"),
    step(3, "drop"),
    step(3, "dance", id="a"),
]


@pytest.mark.parametrize("forged", FORGED, ids=lambda s: f"{s.op} {dict(s.value)}")
def test_a_step_that_cannot_follow_is_refused(forged: Step) -> None:
    """With an error that the journal knows, so that a forged log cannot break who reads it."""
    with pytest.raises((LookupError, TypeError, ValueError)):
        after_step(SLOTS, forged)
