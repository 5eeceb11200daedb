"""Doing what a sentence wants, and refusing what cannot be done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray import Memory, RejectedChange, TaskMemory, UnknownName
from combray.write.task.intents import Intent
from combray.write.task.tell import do
from tests.words import Words


@pytest.fixture
def tasks() -> Iterator[TaskMemory]:
    """A task of one slot."""
    with Memory(embedder=Words()) as memory:
        made = memory.user("u").tasks("trip")
        made.set("city", "Rome")
        yield made


def test_each_intent_is_done(tasks: TaskMemory) -> None:
    """A new slot with what it comes after, another value, going back; a check is nothing."""
    do(tasks, Intent(kind="new", title="hotel", value="Roma", after=("city",)), by="ann")
    do(tasks, Intent(kind="new", title="City", value="Porto"), by="ann")
    assert tasks.get("city").value == "Porto"
    assert tasks.stale() == ["hotel"]
    do(tasks, Intent(kind="update", title="city", value="Faro"), by="ann")
    do(tasks, Intent(kind="rollback", title="city", to=1), by="ann")
    assert tasks.get("city").value == "Rome"
    before = tasks.log()
    do(tasks, Intent(kind="check", title="city"), by="ann")
    assert tasks.log() == before
    assert {step.actor for step in before[2:]} == {"ann"}


def test_what_cannot_be_done_is_refused(tasks: TaskMemory) -> None:
    """Going back to what was not, and of what is not there; nothing is changed."""
    before = tasks.log()
    with pytest.raises(RejectedChange, match="the values it had: Rome"):
        do(tasks, Intent(kind="rollback", title="city"), by=None)
    with pytest.raises(UnknownName, match="Known: city"):
        do(tasks, Intent(kind="rollback", title="town", to=1), by=None)
    with pytest.raises(UnknownName):
        do(tasks, Intent(kind="rollback"), by=None)
    assert tasks.log() == before
