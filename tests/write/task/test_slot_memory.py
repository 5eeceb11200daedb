"""The verbs of a task: each is one change, decided inside it, refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from combray import InputError, RejectedChange, StaleChange, UnknownName
from combray.store.connect import connect
from combray.write.task.slot_memory import SlotMemory


@pytest.fixture
def tasks(location: str) -> Iterator[SlotMemory]:
    """An empty task, on each store."""
    store = connect(location)
    yield SlotMemory(store, "u", "trip")
    store.close()


def test_a_verb_is_one_change(tasks: SlotMemory) -> None:
    """Everything that an addition brings with it is taken back at once."""
    tasks.add("hotel", "Roma", after=["city", "dates"])
    assert len({step.first for step in tasks.log()}) == 1
    tasks.undo()
    assert tasks.slots() == []
    with pytest.raises(InputError, match="nothing to take back"):
        tasks.undo()


def test_setting_the_same_is_no_step(tasks: SlotMemory) -> None:
    """Unless what it was made for has changed: then it is said anew."""
    tasks.set("city", "Rome")
    tasks.add("hotel", "Roma", after=["city"])
    count = len(tasks.log())
    tasks.set("city", "Rome")
    assert len(tasks.log()) == count
    tasks.set("city", "Porto")
    tasks.set("hotel", "Roma")
    assert tasks.stale() == []
    assert len(tasks.get("hotel").versions) == 2


def test_a_new_dependency_is_said_of_the_present(tasks: SlotMemory) -> None:
    """A slot is not stale because somebody says what it depends on."""
    tasks.set("city", "Rome")
    tasks.set("hotel", "Roma")
    tasks.depend("hotel", ["city"])
    assert tasks.stale() == []
    tasks.set("city", "Porto")
    assert tasks.stale() == ["hotel"]


BAD: dict[str, tuple[type[Exception], Any]] = {
    "a slot that is there": (InputError, lambda t: t.add("CITY")),
    "a title of nothing": (InputError, lambda t: t.set(" ", 1)),
    "a value that is no data": (InputError, lambda t: t.set("city", {1, 2})),
    "an unknown slot": (UnknownName, lambda t: t.get("citty")),
    "an unknown parent": (UnknownName, lambda t: t.add("x", parent="nowhere")),
    "a title that another has": (InputError, lambda t: t.rename("hotel", "city")),
    "a status that is none": (UnknownName, lambda t: t.mark("city", "finished")),
    "a version that is none": (InputError, lambda t: t.rollback("city", 9)),
    "a version of words": (InputError, lambda t: t.rollback("city", "1")),
    "a lease of nothing": (InputError, lambda t: t.claim("open", seconds=0)),
    "what waits": (RejectedChange, lambda t: t.claim("later")),
    "what is settled": (RejectedChange, lambda t: t.claim("city")),
    "what another holds": (StaleChange, lambda t: t.done("held", 1, by="bob")),
    "a drop of what another holds": (StaleChange, lambda t: t.drop("held", by="bob")),
    "an actor of no name": (InputError, lambda t: t.set("city", 1, by="")),
    "letters for titles": (InputError, lambda t: t.depend("hotel", "city")),
    "itself": (RejectedChange, lambda t: t.depend("city", ["city"])),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused_and_nothing_half_done(tasks: SlotMemory, name: str) -> None:
    """Each with an error of its kind; the log is as it was."""
    tasks.set("city", "Rome")
    tasks.add("hotel", "Roma", after=["city"])
    tasks.add("open")
    tasks.add("later", after=["open"])
    tasks.add("held")
    tasks.claim("held", by="ann")
    before = list(tasks.log())
    kind, act = BAD[name]
    with pytest.raises(kind):
        act(tasks)
    assert list(tasks.log()) == before


def test_a_circle_in_a_schema_is_shown(tasks: SlotMemory) -> None:
    """A schema whose dependencies go round is refused when a slot of it comes."""
    asked = {"a": ["b"], "b": ["a"]}
    circular = SlotMemory(tasks._journal._store, "u", "circle", requires=asked)
    with pytest.raises(RejectedChange, match=r"circle: [ab] → [ab] → [ab]"):
        circular.add("a")
    assert circular.slots() == []
    with pytest.raises(InputError, match="list of titles"):
        SlotMemory(tasks._journal._store, "u", "x", requires={"a": "b"})


def test_a_finished_claim_ends(tasks: SlotMemory) -> None:
    """Whoever finishes a slot lets go of it; so does a release."""
    tasks.add("part")
    tasks.claim("part", by="ann")
    tasks.release("part", by="ann")
    tasks.claim("part", by="bob")
    assert tasks.done("part", 1, by="bob").claim is None
