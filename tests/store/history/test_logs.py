"""Task memories that a disk changed: named by verify, marked by repair, and never guessed."""

from __future__ import annotations

import logging

import pytest

from combray.core.errors import StoreError
from combray.store.history.mend import mend
from combray.store.history.verify import verify
from combray.store.store import Store
from combray.store.tables import blobs
from combray.store.tables.steps import DAMAGED, remove, steps_after
from combray.write.task.slot_memory import SlotMemory


@pytest.fixture
def tasks(store: Store) -> SlotMemory:
    """A task of three values, each after the one before it."""
    made = SlotMemory(store, "u", "trip")
    made.set("city", "Lisbon")
    made.add("hotel", "Hotel Roma", after=["city"])
    made.set("city", "Porto")
    return made


def spoil(store: Store, sets: str, where: str) -> None:
    """Change a row behind the back of its checksum."""
    with store.engine.write() as cursor:
        cursor.run(f"UPDATE steps SET {sets} WHERE {where}")


def test_a_sound_task_memory_is_sound(store: Store, tasks: SlotMemory) -> None:
    """Verify counts its steps and finds nothing; repair changes nothing."""
    report = verify(store)
    assert report.ok
    assert report.counts["steps"] == len(tasks.log()) == 6
    assert mend(store) == 0


@pytest.mark.parametrize(
    "sets",
    ["value = '{}'", "actor = 'eve'", "at = at + 1", "value = '{'", "log = 'tr'", "number = 99"],
)
def test_a_damaged_step_is_named_and_marked(
    store: Store, tasks: SlotMemory, sets: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Repair leaves its place and what can be read of it; every other step still counts."""
    sound = tasks.log()
    spoil(store, sets, "number = 6")
    found = verify(store).problems
    assert any("task memory" in problem for problem in found), found
    mend(store)
    assert verify(store).ok
    if sets == "log = 'tr'":
        # The last step of a log is not missed there: it stands, marked, where it was found.
        assert [step.op for step in SlotMemory(store, "u", "tr").log()] == [DAMAGED]
        assert SlotMemory(store, "u", "trip").log() == sound[:5]
        return
    again = SlotMemory(store, "u", "trip")
    with caplog.at_level(logging.WARNING):
        assert again.get("city").value == "Lisbon"
    assert "Step 6 of 'trip' is left out: it is damaged" in caplog.text
    assert again.log()[:5] == sound[:5]
    assert again.log()[5].op == DAMAGED
    assert "op" not in again.log()[5].value or again.log()[5].value
    assert "kept" in again.log()[5].value


def test_what_rests_on_a_damaged_step_is_left_out(
    store: Store, tasks: SlotMemory, caplog: pytest.LogCaptureFixture
) -> None:
    """The slot that it added is not there, so its value cannot be set; the others are as before."""
    added = next(s.number for s in tasks.log() if s.value.get("title") == "hotel")
    spoil(store, "value = '{}'", f"number = {added}")
    with pytest.raises(StoreError, match="damaged"):
        SlotMemory(store, "u", "trip").slots()
    mend(store)
    again = SlotMemory(store, "u", "trip")
    with caplog.at_level(logging.WARNING):
        assert [slot.title for slot in again.slots()] == ["city"]
    assert again.get("city").value == "Porto"
    assert "rests on what is not there" in caplog.text
    again.set("hotel", "Hotel Nova")
    assert SlotMemory(store, "u", "trip").get("hotel").value == "Hotel Nova"


def test_a_missing_step_is_named_and_marked(store: Store, tasks: SlotMemory) -> None:
    """A gap in the numbers is no shorter history: a mark stands there."""
    with store.engine.write("u") as cursor:
        cursor.run("DELETE FROM steps WHERE tenant = 'u' AND number = 2")
    assert any("lacks its steps 2" in problem for problem in verify(store).problems)
    with pytest.raises(StoreError, match="missing"):
        SlotMemory(store, "u", "trip").slots()
    mend(store)
    assert verify(store).ok
    assert SlotMemory(store, "u", "trip").log()[1].op == DAMAGED


def test_a_damaged_content_is_named_and_removed(store: Store) -> None:
    """Contents are checked by their digests."""
    with store.engine.write("u") as cursor:
        name = blobs.put(cursor, "u", b"words " * 50)
        kept = blobs.put(cursor, "u", b"others")
        cursor.run("UPDATE blobs SET data = ? WHERE digest = ?", (b"\0" * 40, name))
    assert any(name[:12] in problem for problem in verify(store).problems)
    mend(store)
    assert verify(store).ok
    assert blobs.names(store.engine.tenant_reader("u"), "u") == [kept]


def test_other_users_are_left_alone(store: Store, tasks: SlotMemory) -> None:
    """What is damaged of one user changes nothing of another's."""
    other = SlotMemory(store, "v", "trip")
    other.set("city", "Oslo")
    spoil(store, "value = '{}'", "tenant = 'u' AND number = 1")
    mend(store)
    read = store.engine.tenant_reader("v")
    assert steps_after(read, "v", "trip") == list(other.log())
    with store.engine.write("u") as cursor:
        assert remove(cursor, "u") == len(tasks.log())
